"""Time of a whole process with one probe, compared with other tools."""

import os
import platform
import subprocess
from statistics import median

import other_tools
from processes import is_missing


def candidates(bench, port):
    """Name: command, and goal for the ratio; synack first."""
    found = {"synack": (bench.processes.synack("-n", 1, f"127.0.0.1:{port}"), None)}
    for name, (command, goal) in other_tools.one_probe_commands(port).items():
        if is_missing(command[0]):
            bench.results.skip(name, other_tools.NOT_INSTALLED)
        elif command[0] == "hping3" and not bench.is_root:
            bench.results.skip(name, "needs root")
        else:
            found[name] = (command, goal)
    return found


def one_round(bench, found, runs):
    """Runs the commands in turn; medians of wall and CPU time in ms."""
    usages = {name: [] for name in found}
    for _ in range(runs):
        for name, (command, _) in found.items():
            usage = bench.processes.run(command, limit=20)
            bench.results.check(usage.status == 0 or name != "synack", f"{name} -n 1: exit code {usage.status}")
            usages[name].append(usage)
    return {name: (median(it.wall for it in of_command) * 1e3, median(it.cpu for it in of_command) * 1e3)
            for name, of_command in usages.items()}


def add(bench, found, times, index, group):
    own = times["synack"][index]
    for name, (_, goal) in found.items():
        value = times[name][index]
        bench.results.add(group, name, value, "ms", None if name == "synack" else own / value, goal)


# C library, unwinder, libm: the minimum of a Rust program with a histogram.
EXPECTED_LIBRARIES = {"libc.so.6", "libgcc_s.so.1", "libm.so.6"}


def libraries(bench):
    """Shared libraries of the binary: each costs start-up time."""
    listed = subprocess.run(["ldd", bench.processes.path], capture_output=True, text=True, check=False).stdout
    found = [line.split()[0] for line in listed.splitlines() if "=>" in line]
    bench.results.add("program", "shared libraries", len(found), "")
    if platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc":
        unexpected = ", ".join(set(found) - EXPECTED_LIBRARIES)
        bench.results.check(not unexpected, f"startup: loads {unexpected}")


def run(bench):
    with bench.processes.server("accept") as accept:
        found = candidates(bench, accept.port)
        slow = {name: found.pop(name) for name in ("nping", "hping3", "tcping") if name in found}
        for _ in range(bench.rounds):
            times = one_round(bench, found, bench.size(200 // bench.rounds or 1, 5))
            if not bench.short:  # over half a second each
                times |= one_round(bench, slow, 3)
            measured = found if bench.short else found | slow
            add(bench, measured, times, 0, "wall time")
            add(bench, measured, times, 1, "CPU time")
    bench.results.add("program", "size", os.path.getsize(bench.processes.path) / 2**20, "MiB", goal=3)
    libraries(bench)
