"""Error of the reported times against a packet capture, as scripts/exactness measures it."""

import re
import subprocess

from processes import is_missing

LINE = re.compile(r"(?P<probes>.+?) +(?P<clock>rtt_us|connect_us|time) +\d+ probes.*"
                  r"p50 +(?P<p50>[\d.]+) us +p99 +(?P<p99>[\d.]+) us")


def run(bench):
    results = bench.results
    if bench.short:
        return results.skip("exactness", "takes two minutes: not with --short")
    if not bench.is_root:
        return results.skip("exactness", "needs root")
    for tool in ("ip", "tcpdump"):
        if is_missing(tool):
            return results.skip("exactness", f"{tool} not installed")
    result = subprocess.run(["scripts/exactness", bench.processes.path], capture_output=True, text=True, timeout=300)
    results.check(result.returncode == 0, f"scripts/exactness: {result.stderr.strip()}")
    for line in map(LINE.match, result.stdout.splitlines()):
        if line:
            for percentile in ("p50", "p99"):
                results.add(f"error of {line['clock']}", f"{line['probes']}, {percentile}", float(line[percentile]), "us")
