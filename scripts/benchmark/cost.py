"""CPU time of a probe, beside floors and peers with as many in flight."""

from dataclasses import dataclass

import peers
from programs import free_port

NO_URING = 77  # floor's exit code


@dataclass
class Case:
    name: str
    scheme: str
    port: int
    outcome: str
    in_flight: int
    floors: dict  # mode: goal


def cases(opened, closed, echo):
    one = {"loop": None, "block": None, "walk": None, "uring": None}
    more = {mode: None for mode in one if mode != "block"}
    for name, port, outcome, goal in (("open", opened, "connected", 1.05), ("refused", closed, "refused", 1.1)):
        yield Case(f"TCP {name}, 1 in flight", "", port, outcome, 1, one | {"loop": goal})
        yield Case(f"TCP {name}, 64 in flight", "", port, outcome, 64, more | {"loop": goal})
    yield Case("UDP echo, 64 in flight", "udp://", echo, "reply", 64, {"udp": 1.5})


NAMES = {"loop": "floor: event loop", "block": "floor: blocking connect", "walk": "floor: loop, same system calls",
         "uring": "floor: io_uring", "udp": "floor: sendmmsg, recvmmsg"}


def counts_floor(bench, case, mode, count):
    """Whether every probe of the floor ended as it had to."""
    connected, refused, other = map(int, bench.programs.output.read_text().split()[:3])
    expected = (0, count, 0) if case.outcome == "refused" else (count, 0, 0)
    return bench.table.check((connected, refused, other) == expected,
                             f"{case.name}: floor {mode}: {connected} connected, {refused} refused, {other} other")


def counts_synack(bench, case, count):
    summary = bench.programs.summaries()[0]
    seen = {key: summary[key] for key in ("sent", "outcomes", "skipped", "unfinished", "local_errors", "late")}
    expected = {"sent": count, "outcomes": {case.outcome: count}, "skipped": 0, "unfinished": 0, "local_errors": 0,
                "late": 0}
    return bench.table.check(seen == expected, f"{case.name}: {seen}")


def synack(bench, case, count):
    flags = ("--json", "-i", 0, "-n", count, "--in-flight", case.in_flight)
    cost = bench.programs.run(bench.programs.synack(*flags, f"{case.scheme}127.0.0.1:{case.port}"))
    if counts_synack(bench, case, count):
        bench.table.check(cost.peak <= 8192, f"{case.name}: {cost.peak} KiB for one target")
        bench.table.add("memory", case.name, cost.peak / 1024, "MiB", goal=8)
    return cost.cpu / count * 1e6


def floor(bench, case, mode, count):
    """Microseconds of a probe, if there is this floor here."""
    cost = bench.programs.run(bench.programs.floor(mode, case.port, count, case.in_flight))
    if cost.status == NO_URING:
        bench.table.skip(NAMES[mode], bench.programs.errors.read_text().strip())
        return None
    if not bench.table.check(cost.status == 0, f"{case.name}: floor {mode}: {bench.programs.errors.read_text()}"):
        return None
    counts_floor(bench, case, mode, count)
    return cost.cpu / count * 1e6


def one_round(bench, case, count):
    """The floor that the goal is about runs on either side of synack, for a machine's pace changes meanwhile."""
    first, *others = case.floors
    before = floor(bench, case, first, count)
    own = synack(bench, case, count)
    bench.table.add(case.name, "synack", own, "us/probe")
    after = floor(bench, case, first, count)
    if before and after:
        mean = (before + after) / 2
        bench.table.add(case.name, NAMES[first], mean, "us/probe", own / mean, case.floors[first])
    for mode in others:
        base = floor(bench, case, mode, count)
        if base:
            bench.table.add(case.name, NAMES[mode], base, "us/probe", own / base)
    return own


def run(bench):
    count = bench.size(200_000, 5_000)
    programs = bench.programs
    with programs.server("accept") as accept, programs.server("echo") as echo:
        for case in cases(accept.port, free_port(), echo.port):
            for _ in range(bench.rounds):
                own = one_round(bench, case, count)
                if not bench.short:
                    peers.cost(bench, case, own)
