"""Starts the measured commands and their servers, all with a time limit."""

import json
import random
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT = 120  # seconds


@dataclass
class Usage:
    """Resources of a finished command: seconds, and peak memory in KiB."""
    status: int
    wall: float
    cpu: float
    after_sigint: float
    peak: int


class Server:
    """After `stop`, `served` is the number of connections or datagrams."""

    def __init__(self, process, port):
        self.process, self.port, self.served = process, port, None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.served = int(self.process.communicate(timeout=TIME_LIMIT)[0])


def free_port():
    """An unused port below the ephemeral range."""
    while True:
        port = random.randrange(20000, 30000)
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as unused:
                    unused.bind(("127.0.0.1", port))
            return port
        except OSError:
            pass


class Processes:
    def __init__(self, synack, work):
        self.path, self.work = synack, Path(work)
        self.stdout, self.stderr = self.work / "stdout", self.work / "stderr"

    def version(self):
        return subprocess.run([self.path, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def baseline(self, mode, port, count, in_flight):
        return [str(self.work / "baseline"), mode, "127.0.0.1", str(port), str(count), str(in_flight)]

    def synack(self, *arguments):
        return [self.path, "-q", "-w", "0", *map(str, arguments)]

    def measured(self, command, limit=TIME_LIMIT, interrupt=0):
        """The command under `rusage`, which writes the file `usage`."""
        return [str(self.work / "rusage"), str(self.work / "usage"), str(limit), str(interrupt), *map(str, command)]

    def start(self, command, **options):
        """Starts the command with its output in files. Call `usage` when it has ended."""
        with open(self.stdout, "wb") as stdout, open(self.stderr, "wb") as stderr:
            return subprocess.Popen(self.measured(command, **options), stdout=stdout, stderr=stderr,
                                    stdin=subprocess.DEVNULL)

    def usage(self):
        status, wall, user, system, after_sigint, peak = map(int, (self.work / "usage").read_text().split())
        return Usage(status, wall / 1e6, (user + system) / 1e6, after_sigint / 1e6, peak)

    def run(self, command, **options):
        self.start(command, **options).wait(timeout=2 * TIME_LIMIT)
        return self.usage()

    def lines(self):
        """JSON lines of the last command."""
        with open(self.stdout) as stdout:
            return [json.loads(line) for line in stdout]

    def summaries(self):
        return [line for line in self.lines() if line["type"] == "summary"]

    @contextmanager
    def background(self, command, stderr=subprocess.DEVNULL):
        """Runs the command until the end of the block."""
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
        """A loopback_server until the end of the block."""
        port = free_port()
        command = [str(self.work / "loopback_server"), kind, str(port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            server = Server(process, port)
            try:
                if process.stdout.readline() != "ready\n":
                    raise RuntimeError(f"loopback_server {kind} did not start")
                yield server
                server.stop()
            finally:
                process.kill()


def child_of(process):
    """Process id of the command under `rusage`."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        children = path.read_text().split()
        if children:
            return int(children[0])
    return None


def is_missing(program):
    return shutil.which(program) is None
