"""How far the times that a program tells are from those of a capture at its own machine.

usage: offwire.py LABEL RESULTS CAPTURE
RESULTS is synack's JSON, or what ping, fping, hping3 or nping print, whose values are in the order of their requests.
"""

import json
import re
import struct
import sys

CLIENT = bytes([10, 30, 0, 1])
MILLISECONDS = re.compile(r"(?:time=|rtt=|bytes, )([\d.]+) ms")
NPING = re.compile(r"^(SENT|RCVD) \(([\d.]+)s\)", re.MULTILINE)


def key(protocol, packet, request):
    """What names a request, and again its answer: the SYN's port, the datagram's bytes, the echo's number and data."""
    if protocol == 6:
        return struct.unpack("!HH", packet[:4])[0 if request else 1]
    return packet[8:] if protocol == 17 else packet[4:]


def captured(path):
    """Each request's name with when it left, and when the answer to each name came, in nanoseconds."""
    data = open(path, "rb").read()
    unit = 1 if struct.unpack("<I", data[:4])[0] == 0xA1B23C4D else 1000
    asked, wire, at = [], {}, 24
    while at < len(data):
        seconds, fraction, length, _ = struct.unpack("<IIII", data[at:at + 16])
        packet = data[at + 30:at + 16 + length]
        at += 16 + length
        time = seconds * 10**9 + fraction * unit
        protocol, request = packet[9], packet[12:16] == CLIENT
        body = packet[(packet[0] & 15) * 4:struct.unpack("!H", packet[2:4])[0]]
        name = key(protocol, body, request)
        if request:
            asked.append((name, time))
        else:
            wire.setdefault(name, time)
    return asked, wire


def of_synack(lines):
    """What it says of each probe, in microseconds, in the order in which they were sent."""
    probes = [line for line in lines if line["type"] == "probe"]
    probes.sort(key=lambda line: (not line["warmup"], line["seq"]))
    return [{"rtt_us": line["rtt_us"], "connect_us": line["connect_us"]} if line["rtt_clock"] == "kernel" else {}
            for line in probes]


def of_peer(text):
    """The same of a program that prints a line for each answer; nping prints when it sent and heard instead."""
    sent = []
    for what, time in NPING.findall(text):
        if what == "SENT":
            sent.append(float(time))
        elif sent:
            yield {"time": (float(time) - sent.pop(0)) * 1e6}
    for value in MILLISECONDS.findall(text):
        yield {"time": float(value) * 1e3}


def main(label, results, capture):
    text = open(results).read()
    told = of_synack(map(json.loads, text.splitlines())) if text.startswith("{") else list(of_peer(text))
    asked, wire = captured(capture)
    asked = [(name, sent) for name, sent in asked if name in wire]
    # A capture may begin a moment after it says so, and miss the first requests.
    if not len(told) * 0.45 < len(asked) <= len(told):
        sys.exit(f"{label}: {len(asked)} answered requests on the wire, {len(told)} told")
    errors = {}
    for (name, sent), values in zip(asked, told[-len(asked):]):
        for clock, value in values.items():
            errors.setdefault(clock, []).append(abs(value - (wire[name] - sent) / 1000))
    for clock, off in errors.items():
        off.sort()
        print(f"{label:12} {clock:10} {len(off):5} probes, off the wire by: "
              f"p50 {off[len(off) // 2]:7.1f} us  p99 {off[len(off) * 99 // 100]:8.1f} us")


main(*sys.argv[1:])
