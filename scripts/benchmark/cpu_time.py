"""CPU time per probe, compared with baselines and other tools with as many probes in flight."""

from dataclasses import dataclass

import other_tools
from processes import free_port

NO_IO_URING = 77  # exit code of baseline


@dataclass
class Case:
    name: str
    scheme: str
    port: int
    outcome: str
    in_flight: int
    baselines: dict  # mode: goal for the ratio


def cases(open_port, closed_port, echo_port):
    one_in_flight = {"epoll": None, "blocking": None, "same-syscalls": None, "io_uring": None}
    more_in_flight = {mode: None for mode in one_in_flight if mode != "blocking"}
    for name, port, outcome, goal in (("open", open_port, "connected", 1.05),
                                      ("refused", closed_port, "refused", 1.1)):
        yield Case(f"TCP {name}, 1 in flight", "", port, outcome, 1, one_in_flight | {"epoll": goal})
        yield Case(f"TCP {name}, 64 in flight", "", port, outcome, 64, more_in_flight | {"epoll": goal})
    yield Case("UDP echo, 64 in flight", "udp://", echo_port, "reply", 64, {"udp": 1.5})


NAMES = {"epoll": "baseline: epoll", "blocking": "baseline: blocking connect",
         "same-syscalls": "baseline: epoll, same syscalls", "io_uring": "baseline: io_uring",
         "udp": "baseline: sendmmsg, recvmmsg"}


def check_baseline(bench, case, mode, count):
    """Every probe of the baseline has the expected outcome."""
    connected, refused, other = map(int, bench.processes.stdout.read_text().split()[:3])
    expected = (0, count, 0) if case.outcome == "refused" else (count, 0, 0)
    return bench.results.check((connected, refused, other) == expected,
                               f"{case.name}: baseline {mode}: {connected} connected, {refused} refused, {other} other")


def check_synack(bench, case, count):
    summary = bench.processes.summaries()[0]
    found = {key: summary[key] for key in ("sent", "outcomes", "skipped", "unfinished", "local_errors", "late")}
    expected = {"sent": count, "outcomes": {case.outcome: count}, "skipped": 0, "unfinished": 0, "local_errors": 0,
                "late": 0}
    return bench.results.check(found == expected, f"{case.name}: {found}")


def synack(bench, case, count):
    """Microseconds per probe."""
    options = ("--json", "-i", 0, "-n", count, "--in-flight", case.in_flight)
    target = f"{case.scheme}127.0.0.1:{case.port}"
    usage = bench.processes.run(bench.processes.synack(*options, target))
    if check_synack(bench, case, count):
        bench.results.check(usage.peak <= 8192, f"{case.name}: {usage.peak} KiB for one target")
        bench.results.add("memory", case.name, usage.peak / 1024, "MiB", goal=8)
    return usage.cpu / count * 1e6


def baseline(bench, case, mode, count):
    """Microseconds per probe; None where this machine lacks io_uring, or after a failure."""
    usage = bench.processes.run(bench.processes.baseline(mode, case.port, count, case.in_flight))
    stderr = bench.processes.stderr.read_text()
    if usage.status == NO_IO_URING:
        bench.results.skip(NAMES[mode], stderr.strip())
        return None
    if not bench.results.check(usage.status == 0, f"{case.name}: baseline {mode}: {stderr}"):
        return None
    check_baseline(bench, case, mode, count)
    return usage.cpu / count * 1e6


def one_round(bench, case, count):
    """The baseline of the goal runs before and after synack, as the speed of the machine drifts."""
    first, *others = case.baselines
    before = baseline(bench, case, first, count)
    own = synack(bench, case, count)
    bench.results.add(case.name, "synack", own, "us/probe")
    after = baseline(bench, case, first, count)
    if before and after:
        mean = (before + after) / 2
        bench.results.add(case.name, NAMES[first], mean, "us/probe", own / mean, case.baselines[first])
    for mode in others:
        base = baseline(bench, case, mode, count)
        if base:
            bench.results.add(case.name, NAMES[mode], base, "us/probe", own / base)
    return own


def run(bench):
    count = bench.size(200_000, 5_000)
    processes = bench.processes
    with processes.server("accept") as accept, processes.server("echo") as echo:
        for case in cases(accept.port, free_port(), echo.port):
            for _ in range(bench.rounds):
                own = one_round(bench, case, count)
                if not bench.short:
                    other_tools.cpu_time(bench, case, own)
