"""Other tools at the same task, as far as they are installed."""

import re
import time

from programs import free_port, missing

PROBES = 5_000  # of a peer: enough to lose its start in, and little enough for the slowest

NOT_HERE = "not installed"


def commands(case):
    """Each peer's command for a case of the cost section, and how many probes it makes."""
    tcp, port = case.scheme == "", case.port
    if tcp and case.in_flight == 1:
        yield "nping", ["nping", "--tcp-connect", "-q", "-H", "--rate", 100_000, "-c", PROBES, "-p", port,
                        "127.0.0.1"]
        yield "hping3 (raw SYN)", ["hping3", "-q", "-S", "-i", "u100", "-c", PROBES, "-p", port, "127.0.0.1"]
    if not tcp:
        yield "fping (ICMP echo)", ["fping", "-q", "-p", 1, "-i", 0, "-c", PROBES, "127.0.0.1"]


def cost(bench, case, own):
    """A row for each peer: CPU time of a probe."""
    table, programs = bench.table, bench.programs
    for name, command in commands(case):
        if missing(command[0]):
            table.skip(name, NOT_HERE)
            continue
        if command[0] != "nping" and not bench.root:
            table.skip(name, "needs root")
            continue
        taken = programs.run(command, limit=60)
        if taken.status < 0:
            table.skip(name, "not done in 60 s")
            continue
        each = taken.cpu / PROBES * 1e6
        table.add(case.name, name, each, "us/probe", own / each)
    if case.scheme:
        sockperf(bench, case, own)
    else:
        table.skip("tcping", "one probe a second, no other interval: only in startup")


def sockperf(bench, case, own):
    """Datagrams one after the other, against a server of its own."""
    table, programs = bench.table, bench.programs
    if missing("sockperf"):
        table.skip("sockperf", NOT_HERE)
        return
    port = str(free_port())
    with programs.background(["sockperf", "server", "-i", "127.0.0.1", "-p", port]):
        time.sleep(0.3)
        taken = programs.run(["sockperf", "ping-pong", "-i", "127.0.0.1", "-p", port, "-t", 2, "-m", 32], limit=20)
    sent = re.search(r"SentMessages=(\d+)", programs.output.read_text())
    if taken.status or not sent:
        table.skip("sockperf", f"ended with status {taken.status}")
        return
    each = taken.cpu / int(sent.group(1)) * 1e6
    table.add(case.name, "sockperf (1 in flight)", each, "us/probe", own / each)


def single(port):
    """Each peer's command for one probe."""
    return {
        "nc -z": (["nc", "-z", "127.0.0.1", port], 1.4),
        "tcping": (["tcping", "-c", 1, f"127.0.0.1:{port}"], None),
        "nping": (["nping", "--tcp-connect", "-q", "-H", "-c", 1, "-p", port, "127.0.0.1"], None),
        "hping3": (["hping3", "-q", "-S", "-c", 1, "-p", port, "127.0.0.1"], None),
        "fping": (["fping", "-q", "-c", 1, "127.0.0.1"], None),
    }

