"""Error of the times that a tool reports, against a packet capture on the client.

usage: capture_error.py LABEL RESULTS CAPTURE
RESULTS is synack's JSON, or the output of ping, fping, hping3 or nping in the order of their requests.
"""

import json
import re
import struct
import sys

CLIENT = bytes([10, 30, 0, 1])
MILLISECONDS = re.compile(r"(?:time=|rtt=|bytes, )([\d.]+) ms")
NPING = re.compile(r"^(SENT|RCVD) \(([\d.]+)s\)", re.MULTILINE)


def key(protocol, segment, is_request):
    """Matches a reply to its request: the client's port of TCP, the payload of UDP, identifier, number and data of echo."""
    if protocol == 6:
        return struct.unpack("!HH", segment[:4])[0 if is_request else 1]
    return segment[8:] if protocol == 17 else segment[4:]


def captured(path):
    """Key and time of each request, and the time of the first reply to each key, in nanoseconds."""
    data = open(path, "rb").read()
    unit = 1 if struct.unpack("<I", data[:4])[0] == 0xA1B23C4D else 1000
    requests, replies, at = [], {}, 24
    while at < len(data):
        seconds, fraction, length, _ = struct.unpack("<IIII", data[at:at + 16])
        packet = data[at + 30:at + 16 + length]
        at += 16 + length
        time = seconds * 10**9 + fraction * unit
        protocol, is_request = packet[9], packet[12:16] == CLIENT
        segment = packet[(packet[0] & 15) * 4:struct.unpack("!H", packet[2:4])[0]]
        name = key(protocol, segment, is_request)
        if is_request:
            requests.append((name, time))
        else:
            replies.setdefault(name, time)
    return requests, replies


def times_of_synack(lines):
    """Times of each probe by clock, in microseconds, in the order of sending."""
    probes = [line for line in lines if line["type"] == "probe"]
    probes.sort(key=lambda line: (not line["warmup"], line["seq"]))
    return [{"rtt_us": line["rtt_us"], "connect_us": line["connect_us"]} if line["rtt_clock"] == "kernel" else {}
            for line in probes]


def times_of_tool(text):
    """As above, for a tool with a line per reply. nping has the times of sending and receiving instead."""
    sent = []
    for event, time in NPING.findall(text):
        if event == "SENT":
            sent.append(float(time))
        elif sent:
            yield {"time": (float(time) - sent.pop(0)) * 1e6}
    for value in MILLISECONDS.findall(text):
        yield {"time": float(value) * 1e3}


def main(label, results, capture):
    text = open(results).read()
    is_json = text.startswith("{")
    reported = times_of_synack(map(json.loads, text.splitlines())) if is_json else list(times_of_tool(text))
    requests, replies = captured(capture)
    requests = [(name, sent) for name, sent in requests if name in replies]
    # tcpdump may miss the first requests after it has printed "listening".
    if not len(reported) * 0.45 < len(requests) <= len(reported):
        sys.exit(f"{label}: {len(requests)} requests with a reply captured, {len(reported)} reported")
    errors = {}
    for (name, sent), times in zip(requests, reported[-len(requests):]):
        for clock, time in times.items():
            errors.setdefault(clock, []).append(abs(time - (replies[name] - sent) / 1000))
    for clock, of_clock in errors.items():
        of_clock.sort()
        print(f"{label:12} {clock:10} {len(of_clock):5} probes, error against the capture: "
              f"p50 {of_clock[len(of_clock) // 2]:7.1f} us  p99 {of_clock[len(of_clock) * 99 // 100]:8.1f} us")


main(*sys.argv[1:])
