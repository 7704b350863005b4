"""How far the times are from the wire; scripts/exactness measures it."""

import re
import subprocess

from programs import missing

LINE = re.compile(r"(?P<what>.+?) +(?P<clock>rtt_us|connect_us|time) +(?P<count>\d+) probes.*"
                  r"p50 +(?P<p50>[\d.]+) us +p99 +(?P<p99>[\d.]+) us")


def run(bench):
    table = bench.table
    if bench.short:
        return table.skip("exactness", "takes two minutes: not in the short form")
    if not bench.root:
        return table.skip("exactness", "needs root")
    for tool in ("ip", "tcpdump"):
        if missing(tool):
            return table.skip("exactness", f"{tool} not installed")
    result = subprocess.run(["scripts/exactness", bench.programs.path], capture_output=True, text=True, timeout=300)
    table.check(result.returncode == 0, f"scripts/exactness: {result.stderr.strip()}")
    for found in map(LINE.match, result.stdout.splitlines()):
        if found:
            for percentile in ("p50", "p99"):
                table.add(f"off the wire, {found['clock']}", f"{found['what']}, {percentile}",
                          float(found[percentile]), "us")
