"""Runs the sections of scripts/bench and prints what came out."""

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

import cost
import endless
import exactness
import many
import schedule
import startup
from programs import Programs
from table import Table

SECTIONS = {"cost": cost, "exactness": exactness, "schedule": schedule, "many": many, "startup": startup,
            "endless": endless}


@dataclass
class Bench:
    """What every section gets."""
    programs: Programs
    table: Table
    rounds: int
    short: bool
    root: bool

    def size(self, long, short):
        """The one of two sizes that this run is for."""
        return short if self.short else long


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", usage="scripts/bench [--short] [--rounds N] [--json FILE] "
                                     "[--synack PATH] [SECTION...]")
    for inner in ("synack", "work", "namespace"):
        parser.add_argument(inner, help=argparse.SUPPRESS)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--json", type=Path)
    parser.add_argument("section", nargs="*", metavar="SECTION")
    given = parser.parse_intermixed_args()
    unknown = set(given.section) - set(SECTIONS)
    if unknown or (given.rounds is not None and not 1 <= given.rounds <= 100):
        parser.error(f"no section {', '.join(unknown)}" if unknown else "--rounds is 1 to 100")
    return given


def loopback_up():
    """A new namespace's loopback is down (netdevice(7): SIOCGIFFLAGS 0x8913, SIOCSIFFLAGS 0x8914, IFF_UP 1)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1]
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))


def host():
    return {"kernel": os.uname().release, "cpus": os.cpu_count(), "load": os.getloadavg()[0]}


def main():
    given = arguments()
    if given.namespace:
        loopback_up()
    programs = Programs(given.synack, given.work)
    table = Table()
    rounds = given.rounds or (1 if given.short else 5)
    bench = Bench(programs, table, rounds, given.short, os.environ.get("ROOT") == "0")
    about = {"time": datetime.now(timezone.utc).isoformat(timespec="seconds"), "rounds": rounds, "short": given.short,
             "synack": programs.version(), "host": host()}
    for name, section in SECTIONS.items():
        if not given.section or name in given.section:
            print(f"{name} ...", file=sys.stderr, flush=True)
            table.begin(name)
            section.run(bench)
    print(f"{about['synack']}, Linux {about['host']['kernel']}, {about['host']['cpus']} CPUs, load "
          f"{about['host']['load']:.1f} at the start; rounds: {rounds}; median (min..max)")
    print(table.text())
    if given.json:
        given.json.write_text(json.dumps(about | table.data(), indent=1) + "\n")
    return 1 if table.failures else 0


if __name__ == "__main__":
    sys.exit(main())
