# SPDX-License-Identifier: MIT
"""One run of one client against the server, and whether it did its work: what
the client cost is told by clients/measure.c, what it did by the server."""

import dataclasses
import os
import re
import shutil
import subprocess
import tempfile

import benchserver
import workloads


class Failed(Exception):
    """A client that did not do its work has no speed."""


@dataclasses.dataclass
class Figures:
    wall: float
    cpu: float
    kib: int
    turns: int
    octets: int
    syscalls: int = 0


def environment(folder):
    """Nothing of whoever runs this, but for where programs are."""
    return {"HOME": folder, "LC_ALL": "C.UTF-8", "TMPDIR": folder,
            "FETCHMAILHOME": folder, "GETMAIL_CONFIG": folder,
            "PATH": os.environ.get("PATH", "/usr/bin:/bin")}


def delivered(folder):
    """(files, octets) that stand in new/ of the Maildir."""
    new = os.path.join(folder, "Maildir", "new")
    sizes = [entry.stat().st_size for entry in os.scandir(new)] \
        if os.path.isdir(new) else []
    return len(sizes), sum(sizes)


def wanted(client, load):
    """{counter of the server: what it has to be, at least}"""
    if load.what in ("list", "keep"):
        return {"LIST": 1, "UIDL": 1, "octets": load.messages * 12}
    count = load.messages * load.accounts
    least = {"RETR": count, "octets": load.octets(), "logins": load.accounts}
    if load.what in ("session", "maildir") and client.deletes:
        least.update(deleted=count, QUIT=1)
    return least


def check(client, load, seen, folder):
    """Raises Failed unless the server saw the work done."""
    for name, least in wanted(client, load).items():
        if seen[name] < least:
            raise Failed(f"{name} is {seen[name]}, not {least}")
    if seen["RETR"] > load.messages * load.accounts:
        raise Failed(f"{seen['RETR']} messages were retrieved")
    if load.tls != (seen["handshakes"] > 0):
        raise Failed(f"{seen['handshakes']} TLS handshakes")
    if load.what == "maildir":
        files, octets = delivered(folder)
        # Line ends have one octet less on the disk.
        if files != load.messages or octets < load.octets() * 0.95:
            raise Failed(f"{files} files of {octets} octets in the Maildir")


class Bench:
    """The server of one workload, and runs against it."""

    def __init__(self, tools, load, where):
        self.tools, self.load, self.where = tools, load, where
        self.server = benchserver.Server(
            tools["server"], where, tls=load.tls, messages=load.messages,
            size=load.size, delay_ms=load.delay_ms)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.server.__exit__(*exc)

    def job(self, folder):
        port = self.server.tls_port if self.load.tls else self.server.port
        return workloads.Job(self.load, folder, port, self.server.ca_file,
                             self.tools)

    def run(self, client, limit, before=()):
        """Figures of one run, or None if the client cannot do this. `before`
        is put before its command."""
        folder = tempfile.mkdtemp(dir=self.where)
        try:
            command = client.command(self.job(folder))
            if command is None:
                return None
            return self.measure(client, folder, [*before, *command], limit)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def measure(self, client, folder, command, limit):
        result = os.path.join(self.where, "result")
        said = os.path.join(self.where, "said")
        self.server.reset()
        with open(said, "w", encoding="utf-8") as output:
            subprocess.run([self.tools["measure"], result, str(limit),
                            *command], check=True, cwd=folder,
                           env=environment(folder), stdout=subprocess.DEVNULL,
                           stdin=subprocess.DEVNULL, stderr=output)
        with open(result, encoding="utf-8") as file:
            status, wall, user, system, kib = file.read().split()
        seen = self.server.report()
        # A floor talks to nobody when it writes files.
        alone = client.kind == "floor" and self.load.what == "maildir"
        if status != "0":
            with open(said, encoding="utf-8", errors="replace") as file:
                raise Failed(f"exit status {status}: {file.read()[-300:]}")
        if not alone:
            check(client, self.load, seen, folder)
        elif delivered(folder)[0] != self.load.messages:
            raise Failed("not all files were written")
        return Figures(float(wall), float(user) + float(system), int(kib),
                       seen["turns"], seen["octets"])

    def count_calls(self, client, limit):
        """System calls, by strace, in a run of its own; 0 if unknown."""
        if not shutil.which("strace"):
            return 0
        table = os.path.join(self.where, "strace")
        try:
            self.run(client, limit, ("strace", "-f", "-q", "-c", "-o", table))
        except Failed:
            return 0
        with open(table, encoding="utf-8") as file:
            total = re.search(r"^100\.00\s+\S+\s+\S+\s+(\d+).*total$",
                              file.read(), re.M)
        return int(total[1]) if total else 0

    def count_turns(self, client, limit):
        """Network turns in a run with a delay, for clients that pipeline:
        without one the server answers before they have finished asking."""
        self.server.delay(20)
        try:
            return self.run(client, limit).turns
        except Failed:
            return 0
        finally:
            self.server.delay(self.load.delay_ms)
