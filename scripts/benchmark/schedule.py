"""Probes at a steady pace: how many started late, how many never, and whether the summary says so."""

import struct
import subprocess
import time
from contextlib import contextmanager

from programs import missing

LATE = 0.001  # seconds after its time, from which a probe counts as late


@contextmanager
def capture(bench, port):
    """Writes when each SYN to `port` left, in a file."""
    path, said = bench.programs.work / "pcap", bench.programs.work / "tcpdump"
    command = ["tcpdump", "-Z", "root", "-i", "lo", "--time-stamp-precision=nano", "-B", "32768", "-w", str(path),
               f"tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and dst port {port}"]
    with open(said, "wb") as errors, bench.programs.background(command, stderr=errors):
        for _ in range(50):
            if b"listening" in said.read_bytes():
                break
            time.sleep(0.1)
        yield path
        time.sleep(1.2)  # the kernel hands packets over once a second


def times(path):
    """When each packet in a file of tcpdump's left, in nanoseconds."""
    data = path.read_bytes()
    found, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, length, _ = struct.unpack_from("<IIII", data, at)
        found.append(seconds * 10**9 + fraction)
        at += 16 + length
    return sorted(found)


def lags(sent, interval):
    """How late each probe was, in seconds. Nobody outside knows when the first was due, so the punctual ones tell;
    a schedule that moved on after a standstill stays moved, so those that come later tell."""
    earliest, late = float("inf"), []
    for index in range(len(sent) - 1, -1, -1):
        offset = sent[index] / 1e9 - index * interval - sent[0] / 1e9
        earliest = min(earliest, offset)
        late.append(offset - earliest)
    return sorted(late)


def check(bench, name, summary, planned, seen):
    """No probe may go missing: planned are those sent, those left out, and those under way at the end."""
    parts = {key: summary[key] for key in ("sent", "local_errors", "unfinished", "skipped")}
    bench.table.check(sum(parts.values()) == planned, f"{name}: {planned} planned, but {parts}")
    bench.table.check(summary["succeeded"] == summary["sent"] <= seen <= summary["sent"] + summary["unfinished"],
                      f"{name}: the server took {seen} connections, {parts}, {summary['outcomes']}")


def add(bench, name, summary, outside):
    table, lag = bench.table, summary["schedule_lag_us"]
    if outside:
        late = sum(1 for each in outside if each > LATE)
        table.add(name, "later than 1 ms, on the wire", 100 * late / len(outside), "%", goal=0.1)
        table.add(name, "p99 of the lag, on the wire", outside[len(outside) * 99 // 100] * 1e6, "us")
    table.add(name, "p99 of the lag, by the summary", lag["p99"], "us")
    if outside:
        table.add(name, "largest lag, on the wire", outside[-1] * 1e6, "us")
    table.add(name, "largest lag, by the summary", lag["max"], "us")
    table.add(name, "left out, by the summary", summary["skipped"], "probes")
    behind = summary["run"]["behind_us"] + summary["run"]["standstill_us"]
    table.add(name, "behind, by the summary", behind / 1e3, "ms")


def timer(bench, name, interval, count):
    """How late this machine wakes a process that does nothing else, and one that makes the barest probes at that pace:
    what no schedule that sleeps can do better. And the same where neither sleeps."""
    for mode, what in (("timer", ""), ("awake", " awake")):
        floor(bench, name, f"bare timer{what}", count, mode, interval, count)
        with bench.programs.server("accept") as accept:
            floor(bench, name, f"connects in C{what}", count, mode, interval, count, accept.port)


def floor(bench, name, what, count, *arguments):
    bench.programs.run([bench.programs.work / "floor", *arguments])
    late = sorted(int(line) / 1e9 for line in bench.programs.output.read_text().split())
    if bench.table.check(len(late) == count, f"{name}: {len(late)} of {count} wake-ups of a {what}"):
        share = 100 * sum(1 for each in late if each > LATE) / count
        bench.table.add(name, f"floor: {what}, later than 1 ms", share, "%")
        bench.table.add(name, f"floor: {what}, p99", late[count * 99 // 100] * 1e6, "us")


def measure(bench, name, interval, seconds):
    programs = bench.programs
    with programs.server("accept") as accept:
        command = programs.synack("--json", "-i", f"{interval}us", "-n", f"{seconds}s", f"127.0.0.1:{accept.port}")
        outside = []
        if bench.short or missing("tcpdump"):
            programs.run(command)
        else:
            with capture(bench, accept.port) as path:
                programs.run(command)
            outside = lags(times(path), interval / 1e6)
    summary = programs.summaries()[0]
    check(bench, name, summary, seconds * 10**6 // interval, accept.served)
    if outside and len(outside) != summary["sent"]:
        bench.table.skip(f"{name}, on the wire", f"{len(outside)} SYNs captured of {summary['sent']} probes")
        outside = []
    add(bench, name, summary, outside)


def run(bench):
    if bench.short or missing("tcpdump"):
        bench.table.skip("lag on the wire", "not in the short form" if bench.short else "tcpdump not installed")
    for _ in range(bench.rounds):
        for rate in (1_000, 10_000):
            name, interval, seconds = f"{rate:,} probes a second", 10**6 // rate, bench.size(10, 1)
            measure(bench, name, interval, seconds)
            if not bench.short:
                timer(bench, name, interval, seconds * rate)
