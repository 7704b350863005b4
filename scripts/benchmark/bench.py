"""Runs the sections of scripts/bench and prints the results."""

import argparse
import fcntl
import json
import os
import socket
import struct
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import cpu_time
import exactness
import many_targets
import schedule
import soak
import startup
from processes import Processes
from results import Results

SECTIONS = {"cpu": cpu_time, "exactness": exactness, "schedule": schedule, "targets": many_targets,
            "startup": startup, "soak": soak}


@dataclass
class Bench:
    """Context of every section."""
    processes: Processes
    results: Results
    rounds: int
    short: bool
    is_root: bool

    def size(self, full, short):
        return short if self.short else full


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", usage="scripts/bench [--short] [--rounds N] [--json FILE] "
                                     "[--synack PATH] [SECTION...]")
    for internal in ("synack", "work", "namespace"):
        parser.add_argument(internal, help=argparse.SUPPRESS)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--json", type=Path)
    parser.add_argument("section", nargs="*", metavar="SECTION")
    options = parser.parse_intermixed_args()
    unknown = set(options.section) - set(SECTIONS)
    if unknown or (options.rounds is not None and not 1 <= options.rounds <= 100):
        parser.error(f"no section {', '.join(unknown)}" if unknown else "--rounds is 1 to 100")
    return options


def loopback_up():
    """Sets lo up in a new namespace (netdevice(7): SIOCGIFFLAGS 0x8913, SIOCSIFFLAGS 0x8914, IFF_UP 1)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1]
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))


def host():
    return {"kernel": os.uname().release, "cpus": os.cpu_count(), "load": os.getloadavg()[0]}


def main():
    options = arguments()
    if options.namespace:
        loopback_up()
    processes = Processes(options.synack, options.work)
    results = Results()
    rounds = options.rounds or (1 if options.short else 5)
    bench = Bench(processes, results, rounds, options.short, os.environ.get("ROOT") == "0")
    metadata = {"time": datetime.now(timezone.utc).isoformat(timespec="seconds"), "rounds": rounds,
                "short": options.short, "synack": processes.version(), "host": host()}
    for name, section in SECTIONS.items():
        if not options.section or name in options.section:
            print(f"{name} ...", file=sys.stderr, flush=True)
            results.begin(name)
            section.run(bench)
    print(f"{metadata['synack']}, Linux {metadata['host']['kernel']}, {metadata['host']['cpus']} CPUs, load "
          f"{metadata['host']['load']:.1f} at the start; rounds: {rounds}; median (min..max)")
    print(results.text())
    if options.json:
        options.json.write_text(json.dumps(metadata | results.data(), indent=1) + "\n")
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
