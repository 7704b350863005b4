"""A run without an end: memory and descriptors must stay what they were."""

import os
import time
from pathlib import Path

from programs import LIMIT, child_of

IN_FLIGHT = 64
SLACK = 64  # KiB: a histogram grows with the largest value, not with the number of values
LEAK = 384  # KiB of growth that is too much: two histograms that met a lost SYN's second take half of that
PORTS = 64  # and KiB for each further set of open ports
OWN = 20  # descriptors besides those of probes


def resident(pid):
    """Resident memory in KiB, and descriptors."""
    status = Path(f"/proc/{pid}/status").read_text()
    memory = int(status.split("VmRSS:")[1].split()[0])
    return memory, len(os.listdir(f"/proc/{pid}/fd"))


def watched(process):
    """Its memory and descriptors at equal distances of time, and with that of probes."""
    pid, seen, deadline = child_of(process), [], time.monotonic() + 2 * LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            seen.append(resident(pid))
        except (OSError, IndexError):
            break
        time.sleep(0.01)
    process.wait(timeout=2 * LIMIT)
    return seen


def most(seen, fifth):
    """The most KiB and descriptors in one fifth of the run."""
    length = len(seen) // 5
    part = seen[fifth * length:(fifth + 1) * length]
    return max(memory for memory, _ in part), max(descriptors for _, descriptors in part)


def measure(bench, scheme, kind, outcome, count, at_once):
    programs, table = bench.programs, bench.table
    name = f"{scheme or 'tcp://'} {count:,} probes"
    with programs.server(kind) as server:
        flags = ("--json", "-i", 0, "--in-flight", IN_FLIGHT, "-n", count)
        process = programs.start(programs.synack(*flags, f"{scheme}127.0.0.1:{server.port}"), limit=2 * LIMIT)
        seen = watched(process)
    summary = programs.summaries()[0]
    counts = {"sent": summary["sent"], "outcomes": summary["outcomes"], "served": server.served}
    table.check(counts == {"sent": count, "outcomes": {outcome: count}, "served": count}, f"{name}: {counts}")
    if len(seen) < 20:
        return table.skip(f"{name}: memory and descriptors", f"over too soon to be watched ({len(seen)} looks)")
    grown = most(seen, 4)[0] - most(seen, 0)[0]
    open_files = [most(seen, fifth)[1] for fifth in range(5)]
    limit = at_once * IN_FLIGHT + OWN
    table.check(grown <= LEAK + PORTS * (at_once - 1), f"{name}: memory grew by {grown} KiB")
    table.check(max(open_files) <= limit, f"{name}: {max(open_files)} descriptors at once")
    table.add(name, "memory, last fifth above first", grown, "KiB", goal=SLACK)
    table.add(name, "descriptors at once", max(open_files), "", goal=limit)
    if not bench.short: # ports are new every second and linger for three: a short run is over before it is steady
        table.add(name, "descriptors, last fifth above 2nd", max(0, open_files[4] - open_files[1]), "",
                  goal=0 if at_once > 1 else OWN)
    table.add(name, "peak memory", programs.cost().peak / 1024, "MiB", goal=8)


def run(bench):
    # UDP takes new ports every 0.9 s, and hears late answers on the old ones for 3 s.
    measure(bench, "udp://", "echo", "reply", bench.size(5_000_000, 400_000), 6)
    measure(bench, "", "accept", "connected", bench.size(1_000_000, 60_000), 1)
