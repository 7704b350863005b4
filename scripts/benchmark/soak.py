"""Soak test: memory and descriptors do not grow over millions of probes."""

import os
import time
from pathlib import Path

from processes import TIME_LIMIT, child_of

IN_FLIGHT = 64
GROWTH_GOAL = 64  # KiB: a histogram grows with its largest value, not with the number of values
GROWTH_LIMIT = 384  # KiB: two histograms with a value over 1 s, of a lost SYN, take half of it
KIB_PER_PORT_SET = 64  # for each further set of ports in use
OTHER_DESCRIPTORS = 20  # besides those of probes


def memory_and_descriptors(pid):
    """Resident memory in KiB, and the number of descriptors."""
    status = Path(f"/proc/{pid}/status").read_text()
    memory = int(status.split("VmRSS:")[1].split()[0])
    return memory, len(os.listdir(f"/proc/{pid}/fd"))


def sampled(process):
    """Memory and descriptors every 10 ms until the end of the process."""
    pid, samples, deadline = child_of(process), [], time.monotonic() + 2 * TIME_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            samples.append(memory_and_descriptors(pid))
        except (OSError, IndexError):
            break
        time.sleep(0.01)
    process.wait(timeout=2 * TIME_LIMIT)
    return samples


def maximum(samples, fifth):
    """Largest memory and number of descriptors in one fifth of the run."""
    length = len(samples) // 5
    part = samples[fifth * length:(fifth + 1) * length]
    return max(memory for memory, _ in part), max(descriptors for _, descriptors in part)


def measure(bench, scheme, kind, outcome, count, port_sets):
    processes, results = bench.processes, bench.results
    name = f"{scheme or 'tcp://'} {count:,} probes"
    with processes.server(kind) as server:
        options = ("--json", "-i", 0, "--in-flight", IN_FLIGHT, "-n", count)
        command = processes.synack(*options, f"{scheme}127.0.0.1:{server.port}")
        process = processes.start(command, limit=2 * TIME_LIMIT)
        samples = sampled(process)
    summary = processes.summaries()[0]
    counts = {"sent": summary["sent"], "outcomes": summary["outcomes"], "served": server.served}
    results.check(counts == {"sent": count, "outcomes": {outcome: count}, "served": count}, f"{name}: {counts}")
    if len(samples) < 20:
        return results.skip(f"{name}: memory and descriptors", f"too short a run: {len(samples)} samples")
    growth = maximum(samples, 4)[0] - maximum(samples, 0)[0]
    descriptors = [maximum(samples, fifth)[1] for fifth in range(5)]
    limit = port_sets * IN_FLIGHT + OTHER_DESCRIPTORS
    results.check(growth <= GROWTH_LIMIT + KIB_PER_PORT_SET * (port_sets - 1), f"{name}: memory grew by {growth} KiB")
    results.check(max(descriptors) <= limit, f"{name}: {max(descriptors)} descriptors")
    results.add(name, "memory, last minus first fifth", growth, "KiB", goal=GROWTH_GOAL)
    results.add(name, "descriptors, maximum", max(descriptors), "", goal=limit)
    if not bench.short:  # a short run ends before the number of port sets is steady
        results.add(name, "descriptors, last minus 2nd fifth", max(0, descriptors[4] - descriptors[1]), "",
                    goal=0 if port_sets > 1 else OTHER_DESCRIPTORS)
    results.add(name, "peak memory", processes.usage().peak / 1024, "MiB", goal=8)


def run(bench):
    # UDP takes new ports every 0.9 s and keeps old ones open for late replies for 3 s.
    measure(bench, "udp://", "echo", "reply", bench.size(5_000_000, 400_000), 6)
    measure(bench, "", "accept", "connected", bench.size(1_000_000, 60_000), 1)
