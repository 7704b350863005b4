"""Other tools with the same task, where they are installed."""

import re
import time

from processes import free_port, is_missing

PROBES = 5_000  # per tool: enough to neglect its start, few enough for the slowest

NOT_INSTALLED = "not installed"


def commands(case):
    """Name and command of each tool for a case of the section cpu."""
    is_tcp, port = case.scheme == "", case.port
    if is_tcp and case.in_flight == 1:
        yield "nping", ["nping", "--tcp-connect", "-q", "-H", "--rate", 100_000, "-c", PROBES, "-p", port,
                        "127.0.0.1"]
        yield "hping3 (raw SYN)", ["hping3", "-q", "-S", "-i", "u100", "-c", PROBES, "-p", port, "127.0.0.1"]
    if not is_tcp:
        yield "fping (ICMP echo)", ["fping", "-q", "-p", 1, "-i", 0, "-c", PROBES, "127.0.0.1"]


def cpu_time(bench, case, own):
    """Adds a row per tool; `own`: CPU time of synack."""
    results, processes = bench.results, bench.processes
    for name, command in commands(case):
        if is_missing(command[0]):
            results.skip(name, NOT_INSTALLED)
            continue
        if command[0] != "nping" and not bench.is_root:
            results.skip(name, "needs root")
            continue
        usage = processes.run(command, limit=60)
        if usage.status < 0:
            results.skip(name, "over 60 s")
            continue
        each = usage.cpu / PROBES * 1e6
        results.add(case.name, name, each, "us/probe", own / each)
    if case.scheme:
        sockperf(bench, case, own)
    else:
        results.skip("tcping", "its only interval is 1 s: in startup only")


def sockperf(bench, case, own):
    """Ping-pong of datagrams with a sockperf server."""
    results, processes = bench.results, bench.processes
    if is_missing("sockperf"):
        results.skip("sockperf", NOT_INSTALLED)
        return
    port = str(free_port())
    with processes.background(["sockperf", "server", "-i", "127.0.0.1", "-p", port]):
        time.sleep(0.3)
        usage = processes.run(["sockperf", "ping-pong", "-i", "127.0.0.1", "-p", port, "-t", 2, "-m", 32], limit=20)
    sent = re.search(r"SentMessages=(\d+)", processes.stdout.read_text())
    if usage.status or not sent:
        results.skip("sockperf", f"exit code {usage.status}")
        return
    each = usage.cpu / int(sent.group(1)) * 1e6
    results.add(case.name, "sockperf (1 in flight)", each, "us/probe", own / each)


def one_probe_commands(port):
    """Name: command with one probe, and goal for the ratio."""
    return {
        "nc -z": (["nc", "-z", "127.0.0.1", port], 1.4),
        "tcping": (["tcping", "-c", 1, f"127.0.0.1:{port}"], None),
        "nping": (["nping", "--tcp-connect", "-q", "-H", "-c", 1, "-p", port, "127.0.0.1"], None),
        "hping3": (["hping3", "-q", "-S", "-c", 1, "-p", port, "127.0.0.1"], None),
        "fping": (["fping", "-q", "-c", 1, "127.0.0.1"], None),
    }
