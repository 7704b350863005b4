"""Many targets at one probe a second each: what another target costs."""

import re
import time
from datetime import datetime
from pathlib import Path

from programs import child_of

SUMMARY = 0.3  # seconds, the goal for 10,000 targets
PER_TARGET = 6  # KiB
FOR_ONE = 8  # MiB


def targets(count, port):
    """Addresses of loopback: each a target of its own, and one server behind them all."""
    return [f"127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}:{port}" for n in range(count)]


def used(pid):
    """CPU time of the process's main thread, in seconds (/proc/PID/schedstat)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def cpu_between(process, since, until):
    """CPU time it takes between two times, by its own age; None if it is gone by then."""
    pid, began = child_of(process), time.monotonic()
    readings = []
    for moment in (since, until):
        time.sleep(max(0, began + moment - time.monotonic()))
        try:
            readings.append(used(pid))
        except OSError:
            return None
    return readings[1] - readings[0]


def check(bench, name, summaries, count):
    """Every target has its summary, and every probe is in it."""
    short = [s["target"] for s in summaries if s["sent"] == 0 or s["succeeded"] != s["sent"]]
    bench.table.check(len(summaries) == count and not short,
                      f"{name}: {len(summaries)} summaries, not right: {short[:3]}")


def steady(bench, count, port):
    """Text, until Ctrl-C: CPU time of a probe while it runs, memory, the time to print the summary."""
    programs, seconds = bench.programs, bench.size(5, 0.4)
    command = programs.synack("--close", "rst", "-t", *targets(count, port))
    process = programs.start(command, interrupt=seconds + 1.5)
    taken = cpu_between(process, 1.2, 1.2 + seconds)
    process.wait(timeout=30)
    printed = len(re.findall(r"(?m)^ *(?:127\.\S+|TCP +127\.\S+|--- 127\.\S+)", programs.output.read_text()))
    bench.table.check(printed >= count, f"{count:,} targets: {printed} lines about targets in the summary")
    return programs.cost(), taken and taken / (count * seconds) * 1e6


def as_json(bench, count, port):
    """JSON with every probe, until Ctrl-C."""
    programs = bench.programs
    command = [programs.path, "--json", "-w", "0", "--close", "rst", "-t", *targets(count, port)]
    began = time.time()
    programs.start(command, interrupt=bench.size(3.2, 1.4)).wait(timeout=60)
    lines = programs.lines()
    check(bench, f"{count:,} targets", [line for line in lines if line["type"] == "summary"], count)
    first = {}
    for line in lines:
        if line["type"] == "probe":
            first.setdefault(line["target"], datetime.fromisoformat(line["time"]).timestamp())
    bench.table.check(len(first) == count, f"{count:,} targets: {len(first)} had a probe")
    start = datetime.fromisoformat(lines[0]["time"]).timestamp()
    return programs.cost(), start - began, max(first.values()) - start


def one_round(bench, port):
    add, counts = bench.table.add, (1, 100, 1_000, 10_000) if not bench.short else (1, 10_000)
    runs = {count: steady(bench, count, port) for count in counts}
    for count, (cost, each) in runs.items():
        if each is not None and count > 1:
            base = runs[100][1] if count == 10_000 and 100 in runs else None
            add("CPU time of a probe", f"{count:,} targets", each, "us/probe", base and each / base, base and 1.2)
    alone = runs[1][0].peak
    add("memory", "one target", alone / 1024, "MiB", goal=FOR_ONE)
    bench.table.check(alone <= FOR_ONE * 1024, f"{alone} KiB for one target")
    for count in counts[1:]:
        cost, beginning, last = as_json(bench, count, port)
        for form, peak in (("text", runs[count][0].peak), ("JSON", cost.peak)):
            each = (peak - alone) / (count - 1)
            add("memory", f"another of {count:,} targets, {form}", each, "KiB",
                goal=PER_TARGET if count > 100 else None)
            bench.table.check(count < 10_000 or each <= PER_TARGET, f"{each:.1f} KiB for each of {count} targets")
        goal = SUMMARY if count == 10_000 else None
        add("time to print the summary", f"{count:,} targets, text", runs[count][0].ending, "s", goal=goal)
        add("time to print the summary", f"{count:,} targets, JSON", cost.ending, "s", goal=goal)
        add("start", f"{count:,} targets, until it begins", beginning, "s")
        add("start", f"{count:,}, until each had a probe", last, "s", goal=1.01)


def filled(bench, port, count=10_000, probes=40):
    """Each target keeps its last probes one by one and then tallies: memory is at its peak only after some dozens."""
    command = bench.programs.synack("--json", "--close", "rst", "-i", "500ms", "-n", probes, *targets(count, port))
    cost = bench.programs.run(command)
    summaries = bench.programs.summaries()
    check(bench, f"{count:,} targets, {probes} probes each", summaries, count)
    sent = sum(summary["sent"] for summary in summaries)
    bench.table.check(sent == count * probes, f"{count:,} targets: {sent} of {count * probes} probes")
    alone = bench.programs.run(bench.programs.synack("--json", "-i", "10ms", "-n", probes, *targets(1, port))).peak
    bench.table.add("memory", f"the same, {probes} probes each, JSON", (cost.peak - alone) / (count - 1), "KiB",
                    goal=PER_TARGET)


def run(bench):
    with bench.programs.server("accept") as accept:
        for _ in range(bench.rounds):
            one_round(bench, accept.port)
        if not bench.short:
            filled(bench, accept.port)
