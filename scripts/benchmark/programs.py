"""Starts what is measured and what it talks to; everything has a time limit and an end."""

import json
import random
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LIMIT = 120  # seconds that anything may take


@dataclass
class Cost:
    """What a command took: seconds, and KiB at its peak."""
    status: int
    wall: float
    cpu: float
    ending: float
    peak: int


class Server:
    """One that answers; once stopped, `served` is how often it did."""

    def __init__(self, process, port):
        self.process, self.port, self.served = process, port, None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.served = int(self.process.communicate(timeout=LIMIT)[0])


def free_port():
    """A port nobody uses now, below the range that connections draw from."""
    while True:
        port = random.randrange(20000, 30000)
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as tried:
                    tried.bind(("127.0.0.1", port))
            return port
        except OSError:
            pass


class Programs:
    def __init__(self, synack, work):
        self.path, self.work = synack, Path(work)
        self.output, self.errors = self.work / "output", self.work / "errors"

    def version(self):
        return subprocess.run([self.path, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def floor(self, mode, port, count, in_flight):
        return [str(self.work / "floor"), mode, "127.0.0.1", str(port), str(count), str(in_flight)]

    def synack(self, *arguments):
        return [self.path, "-q", "-w", "0", *map(str, arguments)]

    def measured(self, command, limit=LIMIT, interrupt=0):
        """The command under `measure`, which tells in the file `cost` what it took."""
        return [str(self.work / "measure"), str(self.work / "cost"), str(limit), str(interrupt), *map(str, command)]

    def start(self, command, **how):
        """Starts it, with its output in a file; `cost` tells afterwards what it took."""
        with open(self.output, "wb") as output, open(self.errors, "wb") as errors:
            return subprocess.Popen(self.measured(command, **how), stdout=output, stderr=errors,
                                    stdin=subprocess.DEVNULL)

    def cost(self):
        status, wall, user, system, ending, peak = map(int, (self.work / "cost").read_text().split())
        return Cost(status, wall / 1e6, (user + system) / 1e6, ending / 1e6, peak)

    def run(self, command, **how):
        """Runs it to its end."""
        self.start(command, **how).wait(timeout=2 * LIMIT)
        return self.cost()

    def lines(self):
        """The last command's output as JSON lines."""
        with open(self.output) as output:
            return [json.loads(line) for line in output]

    def summaries(self):
        return [line for line in self.lines() if line["type"] == "summary"]

    @contextmanager
    def background(self, command, stderr=subprocess.DEVNULL):
        """Runs it for as long as the block takes."""
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr) as process:
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    process.kill()

    @contextmanager
    def server(self, kind):
        """A server of ours, for as long as the block takes."""
        port = free_port()
        command = [str(self.work / "server"), kind, str(port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            server = Server(process, port)
            try:
                if process.stdout.readline() != "ready\n":
                    raise RuntimeError(f"server {kind} did not start")
                yield server
                server.stop()
            finally:
                process.kill()


def child_of(process):
    """The process that a `measure` runs, once there is one."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        children = path.read_text().split()
        if children:
            return int(children[0])
    return None


def missing(program):
    return shutil.which(program) is None
