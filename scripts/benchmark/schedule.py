"""Probes at a fixed rate: lateness, skipped probes, and whether the summary reports both."""

import struct
import time
from contextlib import contextmanager

from processes import is_missing

LATE = 0.001  # seconds


@contextmanager
def capture(bench, port):
    """Captures SYNs to `port`; yields the path of the pcap file."""
    path, stderr_path = bench.processes.work / "pcap", bench.processes.work / "tcpdump"
    command = ["tcpdump", "-Z", "root", "-i", "lo", "--time-stamp-precision=nano", "-B", "32768", "-w", str(path),
               f"tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and dst port {port}"]
    with open(stderr_path, "wb") as stderr, bench.processes.background(command, stderr=stderr):
        for _ in range(50):
            if b"listening" in stderr_path.read_bytes():
                break
            time.sleep(0.1)
        yield path
        time.sleep(1.2)  # the kernel passes packets on once per second


def packet_times(path):
    """Times of the packets in a nanosecond pcap file, sorted, in nanoseconds."""
    data = path.read_bytes()
    times, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, length, _ = struct.unpack_from("<IIII", data, at)
        times.append(seconds * 10**9 + fraction)
        at += 16 + length
    return sorted(times)


def lateness(sent, interval):
    """Seconds by which each probe was late, sorted. The capture does not have the start of the schedule: the earliest
    probes give it. A schedule that moved on after a stall stays moved, so only later probes count for that."""
    earliest, late = float("inf"), []
    for index in range(len(sent) - 1, -1, -1):
        offset = sent[index] / 1e9 - index * interval - sent[0] / 1e9
        earliest = min(earliest, offset)
        late.append(offset - earliest)
    return sorted(late)


def check(bench, name, summary, planned, served):
    """Planned probes are sent, local errors, unfinished or skipped."""
    counts = {key: summary[key] for key in ("sent", "local_errors", "unfinished", "skipped")}
    bench.results.check(sum(counts.values()) == planned, f"{name}: {planned} planned, but {counts}")
    bench.results.check(summary["succeeded"] == summary["sent"] <= served <= summary["sent"] + summary["unfinished"],
                        f"{name}: the server accepted {served} connections, {counts}, {summary['outcomes']}")


def add(bench, name, summary, captured):
    results, lag = bench.results, summary["schedule_lag_us"]
    if captured:
        late = sum(1 for each in captured if each > LATE)
        results.add(name, "over 1 ms late, captured", 100 * late / len(captured), "%", goal=0.1)
        results.add(name, "p99 of the lag, captured", captured[len(captured) * 99 // 100] * 1e6, "us")
    results.add(name, "p99 of the lag, summary", lag["p99"], "us")
    if captured:
        results.add(name, "maximum lag, captured", captured[-1] * 1e6, "us")
    results.add(name, "maximum lag, summary", lag["max"], "us")
    results.add(name, "skipped, summary", summary["skipped"], "probes")
    behind = summary["run"]["behind_us"] + summary["run"]["standstill_us"]
    results.add(name, "behind, summary", behind / 1e3, "ms")


def baselines(bench, name, interval, count):
    """Lateness of a bare timer, and of a C program with a blocking connect per interval; both also without sleeping."""
    for mode, suffix in (("timer", ""), ("busy-timer", ", busy")):
        baseline(bench, name, f"timer{suffix}", count, mode, interval, count)
        with bench.processes.server("accept") as accept:
            baseline(bench, name, f"connect{suffix}", count, mode, interval, count, accept.port)


def baseline(bench, name, label, count, *arguments):
    bench.processes.run([bench.processes.work / "baseline", *arguments])
    late = sorted(int(line) / 1e9 for line in bench.processes.stdout.read_text().split())
    if bench.results.check(len(late) == count, f"{name}: {len(late)} of {count} wake-ups of {label}"):
        share = 100 * sum(1 for each in late if each > LATE) / count
        bench.results.add(name, f"baseline: {label}, over 1 ms late", share, "%")
        bench.results.add(name, f"baseline: {label}, p99", late[count * 99 // 100] * 1e6, "us")


def measure(bench, name, interval, seconds):
    processes = bench.processes
    with processes.server("accept") as accept:
        command = processes.synack("--json", "-i", f"{interval}us", "-n", f"{seconds}s", f"127.0.0.1:{accept.port}")
        captured = []
        if bench.short or is_missing("tcpdump"):
            processes.run(command)
        else:
            with capture(bench, accept.port) as path:
                processes.run(command)
            captured = lateness(packet_times(path), interval / 1e6)
    summary = processes.summaries()[0]
    check(bench, name, summary, seconds * 10**6 // interval, accept.served)
    if captured and len(captured) != summary["sent"]:
        bench.results.skip(f"{name}, captured", f"{len(captured)} SYNs captured of {summary['sent']} probes")
        captured = []
    add(bench, name, summary, captured)


def run(bench):
    if bench.short or is_missing("tcpdump"):
        bench.results.skip("captured lag", "not with --short" if bench.short else "tcpdump not installed")
    for _ in range(bench.rounds):
        for rate in (1_000, 10_000):
            name, interval, seconds = f"{rate:,} probes per second", 10**6 // rate, bench.size(10, 1)
            measure(bench, name, interval, seconds)
            if not bench.short:
                baselines(bench, name, interval, seconds * rate)
