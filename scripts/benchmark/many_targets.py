"""Many targets with one probe per second each: cost of a further target."""

import re
import time
from datetime import datetime
from pathlib import Path

from processes import child_of

SUMMARY_GOAL = 0.3  # seconds, with 10,000 targets
KIB_PER_TARGET = 6
MIB_FOR_ONE = 8


def targets(count, port):
    """Distinct addresses of 127.0.0.0/8 with one server."""
    return [f"127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}:{port}" for n in range(count)]


def main_thread_cpu(pid):
    """CPU time of the main thread in seconds (/proc/PID/schedstat)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def cpu_between(process, since, until):
    """CPU time between two ages of the process in seconds; None if it has ended by then."""
    pid, started_at = child_of(process), time.monotonic()
    readings = []
    for age in (since, until):
        time.sleep(max(0, started_at + age - time.monotonic()))
        try:
            readings.append(main_thread_cpu(pid))
        except OSError:
            return None
    return readings[1] - readings[0]


def check(bench, name, summaries, count):
    """Every target has a summary, and all its probes succeeded."""
    wrong = [s["target"] for s in summaries if s["sent"] == 0 or s["succeeded"] != s["sent"]]
    bench.results.check(len(summaries) == count and not wrong,
                        f"{name}: {len(summaries)} summaries, wrong: {wrong[:3]}")


def text_run(bench, count, port):
    """Text output until SIGINT: resources, and CPU time per probe in us."""
    processes, seconds = bench.processes, bench.size(5, 0.4)
    command = processes.synack("--close", "rst", "-t", *targets(count, port))
    process = processes.start(command, interrupt=seconds + 1.5)
    cpu = cpu_between(process, 1.2, 1.2 + seconds)
    process.wait(timeout=30)
    printed = len(re.findall(r"(?m)^ *(?:127\.\S+|TCP +127\.\S+|--- 127\.\S+)", processes.stdout.read_text()))
    bench.results.check(printed >= count, f"{count:,} targets: {printed} target lines in the summary")
    return processes.usage(), cpu and cpu / (count * seconds) * 1e6


def json_run(bench, count, port):
    """JSON output until SIGINT: resources, time to the start line, time until every target has a probe."""
    processes = bench.processes
    command = [processes.path, "--json", "-w", "0", "--close", "rst", "-t", *targets(count, port)]
    started_at = time.time()
    processes.start(command, interrupt=bench.size(3.2, 1.4)).wait(timeout=60)
    lines = processes.lines()
    check(bench, f"{count:,} targets", [line for line in lines if line["type"] == "summary"], count)
    first_probes = {}
    for line in lines:
        if line["type"] == "probe":
            first_probes.setdefault(line["target"], datetime.fromisoformat(line["time"]).timestamp())
    bench.results.check(len(first_probes) == count, f"{count:,} targets: {len(first_probes)} with a probe")
    start_line = datetime.fromisoformat(lines[0]["time"]).timestamp()
    return processes.usage(), start_line - started_at, max(first_probes.values()) - start_line


def one_round(bench, port):
    add, counts = bench.results.add, (1, 100, 1_000, 10_000) if not bench.short else (1, 10_000)
    text_runs = {count: text_run(bench, count, port) for count in counts}
    for count, (_, each) in text_runs.items():
        if each is not None and count > 1:
            base = text_runs[100][1] if count == 10_000 and 100 in text_runs else None
            add("CPU time per probe", f"{count:,} targets", each, "us/probe", base and each / base, base and 1.2)
    one_target = text_runs[1][0].peak
    add("memory", "one target", one_target / 1024, "MiB", goal=MIB_FOR_ONE)
    bench.results.check(one_target <= MIB_FOR_ONE * 1024, f"{one_target} KiB for one target")
    for count in counts[1:]:
        usage, start, last_probe = json_run(bench, count, port)
        for output, peak in (("text", text_runs[count][0].peak), ("JSON", usage.peak)):
            each = (peak - one_target) / (count - 1)
            add("memory", f"each further of {count:,}, {output}", each, "KiB",
                goal=KIB_PER_TARGET if count > 100 else None)
            bench.results.check(count < 10_000 or each <= KIB_PER_TARGET, f"{each:.1f} KiB for each of {count} targets")
        goal = SUMMARY_GOAL if count == 10_000 else None
        add("SIGINT to end", f"{count:,} targets, text", text_runs[count][0].after_sigint, "s", goal=goal)
        add("SIGINT to end", f"{count:,} targets, JSON", usage.after_sigint, "s", goal=goal)
        add("start", f"{count:,} targets, start line", start, "s")
        add("start", f"{count:,} targets, all with a probe", last_probe, "s", goal=1.01)


def full_sample_stores(bench, port, count=10_000, probes=40):
    """A target stores its last samples, then counters: memory reaches its peak after some dozens of probes."""
    processes = bench.processes
    options = ("--json", "--close", "rst", "-n", probes)
    usage = processes.run(processes.synack(*options, "-i", "500ms", *targets(count, port)))
    summaries = processes.summaries()
    check(bench, f"{count:,} targets, {probes} probes each", summaries, count)
    sent = sum(summary["sent"] for summary in summaries)
    bench.results.check(sent == count * probes, f"{count:,} targets: {sent} of {count * probes} probes")
    one_target = processes.run(processes.synack("--json", "-i", "10ms", "-n", probes, *targets(1, port))).peak
    bench.results.add("memory", f"the same, {probes} probes each, JSON", (usage.peak - one_target) / (count - 1),
                      "KiB", goal=KIB_PER_TARGET)


def run(bench):
    with bench.processes.server("accept") as accept:
        for _ in range(bench.rounds):
            one_round(bench, accept.port)
        if not bench.short:
            full_sample_stores(bench, accept.port)
