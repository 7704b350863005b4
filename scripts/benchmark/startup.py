"""A whole process with one probe, beside others."""

import os
import platform
import subprocess
from statistics import median

import peers
from programs import missing


def candidates(bench, port):
    """Name: command and goal; synack first."""
    found = {"synack": (bench.programs.synack("-n", 1, f"127.0.0.1:{port}"), None)}
    for name, (command, goal) in peers.single(port).items():
        if missing(command[0]):
            bench.table.skip(name, peers.NOT_HERE)
        elif command[0] == "hping3" and not bench.root:
            bench.table.skip(name, "needs root")
        else:
            found[name] = (command, goal)
    return found


def one_round(bench, found, runs):
    """Everyone once, then everyone again: medians of wall and CPU time in ms."""
    costs = {name: [] for name in found}
    for _ in range(runs):
        for name, (command, _) in found.items():
            cost = bench.programs.run(command, limit=20)
            bench.table.check(cost.status == 0 or name != "synack", f"{name} -n 1: exit code {cost.status}")
            costs[name].append(cost)
    return {name: (median(c.wall for c in some) * 1e3, median(c.cpu for c in some) * 1e3)
            for name, some in costs.items()}


def add(bench, found, times, index, group):
    own = times["synack"][index]
    for name, (_, goal) in found.items():
        value = times[name][index]
        bench.table.add(group, name, value, "ms", None if name == "synack" else own / value, goal)


# The C library, the unwinder and libm: what a Rust program with a histogram in it needs.
EXPECTED_LIBRARIES = {"libc.so.6", "libgcc_s.so.1", "libm.so.6"}


def libraries(bench):
    """The shared libraries that the binary loads: each one costs start-up time."""
    listed = subprocess.run(["ldd", bench.programs.path], capture_output=True, text=True, check=False).stdout
    found = [line.split()[0] for line in listed.splitlines() if "=>" in line]
    bench.table.add("program", "shared libraries", len(found), "")
    if platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc":
        unexpected = ", ".join(set(found) - EXPECTED_LIBRARIES)
        bench.table.check(not unexpected, f"startup: loads {unexpected}")


def run(bench):
    with bench.programs.server("accept") as accept:
        found = candidates(bench, accept.port)
        slow = {name: found.pop(name) for name in ("nping", "hping3", "tcping") if name in found}
        for _ in range(bench.rounds):
            times = one_round(bench, found, bench.size(200 // bench.rounds or 1, 5))
            if not bench.short: # half a second each and more
                times |= one_round(bench, slow, 3)
            everyone = found if bench.short else found | slow
            add(bench, everyone, times, 0, "wall time")
            add(bench, everyone, times, 1, "CPU time")
    bench.table.add("program", "size", os.path.getsize(bench.programs.path) / 2**20, "MiB", goal=3)
    libraries(bench)
