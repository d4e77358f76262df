#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pop3 beside fetchmail, getmail6, mpop and fdm in the same faults.

    peers.py POP3 PRELOAD [--only NAME]...

Each cell is a new mailbox of 5 messages, one run under the fault, and one run
that is healthy; then the messages in the Maildir are counted. It prints the
table of docs/faults.md; on standard error what each program said. It needs
root, for a disk that is full (a small tmpfs).

Each program has the settings that its own manual recommends against loss, and
a timeout of 5 s. fetchmail has no Maildir: it gets a delivery program that
syncs file and directory.
"""

import argparse
import collections
import contextlib
import dataclasses
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import lab      # finds the test server

Server = lab.program.Server
COUNT, LINES = 5, 1000      # messages, and lines of each
SECONDS = 30                # more is a program that does not end
TOKEN = re.compile(rb"^token-(\d+)-begins", re.M)

DELIVER = """#!/usr/bin/python3
import os, sys
top, data = sys.argv[1], sys.stdin.buffer.read()
name = f"{os.getpid()}.{os.urandom(8).hex()}"
tmp = os.path.join(top, "tmp", name)
with open(tmp, "wb") as file:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())
os.rename(tmp, os.path.join(top, "new", name))
folder = os.open(os.path.join(top, "new"), os.O_RDONLY)
os.fsync(folder)
"""


# ---- the programs -----------------------------------------------------------

def pop3(job, keep):
    return [job.pop3, "fetch", "-q", "--tls", "none", "--auth", "user",
            "--timeout", "5", "--password-file", job.write("password", "s\n"),
            "--state", job.path("seen.db"), "--deliver",
            "maildir:" + job.maildir, *([] if keep else ["--delete"]),
            f"pop://a@127.0.0.1:{job.port}"]


def fetchmail(job, keep):
    """uidl remembers what was fetched, also with nokeep; expunge 1 ends a
    session after each message, "a good defensive measure"."""
    script = job.write("deliver", DELIVER, 0o755)
    config = job.write(
        "fetchmailrc", f"poll 127.0.0.1 protocol pop3 service {job.port} "
        "uidl timeout 5 auth password user a password s "
        f"{'keep' if keep else 'nokeep expunge 1'} sslproto '' "
        f'mda "env -u LD_PRELOAD {script} {job.maildir}"\n')
    return ["fetchmail", "-f", config, "--nosyslog", "--nodetach", "-s",
            "-i", job.path("ids"), "--pidfile", job.path("pid")]


def getmail6(job, keep):
    user = ""
    if os.getuid() == 0:        # it does not deliver as root
        nobody = pwd.getpwnam("nobody")
        for sub in ("", "tmp", "new", "cur"):
            os.chown(os.path.join(job.maildir, sub), nobody.pw_uid,
                     nobody.pw_gid)
        user = "user = nobody"
    job.write("getmailrc", f"""[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = {job.port}
username = a
password = s
timeout = 5
[destination]
type = Maildir
path = {job.maildir}/
{user}
[options]
verbose = 0
read_all = false
delete = {"false" if keep else "true"}
delivered_to = false
received = false
""")
    return ["getmail", "--getmaildir", job.dir, "--rcfile",
            job.path("getmailrc")]


def mpop(job, keep):
    config = job.write("mpoprc", f"""account default
host 127.0.0.1
port {job.port}
user a
password s
auth user
tls off
timeout 5
keep {"on" if keep else "off"}
uidls_file {job.path("uidls")}
delivery maildir {job.maildir}
""")
    return ["mpop", "-C", config, "-q"]


def fdm(job, keep):
    """With keep it needs a cache, or it would fetch all mail each time."""
    user = pwd.getpwuid(os.getuid()).pw_name
    cache = f'new-only cache "{job.path("tmp")}/cache"' if keep else ""
    config = job.write("fdm.conf", f"""set lock-file "{job.path("lock")}"
set timeout 5
set default-user "{user}"
action "it" maildir "{job.maildir}"
account "a" pop3 server "127.0.0.1" port {job.port} user "a" pass "s" \
{cache} no-apop
match all action "it"
""")
    os.makedirs(job.path("tmp"), exist_ok=True)
    os.chmod(job.path("tmp"), 0o1777)
    return ["env", "TMPDIR=" + job.path("tmp"), "fdm", "-q", "-f", config,
            *(["-k"] if keep else []), "fetch"]


PROGRAMS = {"pop3": pop3, "fetchmail": fetchmail, "getmail6": getmail6,
            "mpop": mpop, "fdm": fdm}
PACKAGES = ("fetchmail", "getmail6", "mpop", "fdm")


# ---- one mailbox ------------------------------------------------------------

@dataclasses.dataclass
class Found:
    """What is in the Maildir, and on the server."""
    lost: int = 0
    twice: int = 0
    cut: int = 0
    left: int = 0
    endless: bool = False

    def words(self, keep):
        said = []
        if self.endless:
            said.append("does not end")
        if self.lost:
            said.append(f"**{self.lost} lost**")
        if self.cut:
            said.append(f"**{self.cut} cut short**")
        if self.twice:
            said.append(f"{self.twice} twice")
        if not keep and self.left and not self.lost:
            said.append(f"{self.left} left on the server")
        return ", ".join(said) or "fine"


class Job:
    def __init__(self, top, arguments, program, keep, count=COUNT):
        self.count = count
        self.dir = tempfile.mkdtemp(dir=top)
        os.chmod(self.dir, 0o755)
        self.pop3, self.preload = arguments.pop3, arguments.preload
        self.program, self.keep = program, keep
        self.box = os.path.join(tempfile.mkdtemp(dir=top), "box")
        os.makedirs(os.path.join(self.box, "new"))
        for number in range(1, count + 1):
            with open(os.path.join(self.box, "new", f"{number:02}.x"),
                      "wb") as file:
                file.write(self.message(number))
        self.server = Server(
            maildir=self.box,
            options=lab.program.Options({"a": "s"})).start()
        self.port = self.server.ports["clear"]
        self.maildir = self.path("Mail")
        self.endless = False
        self.said = []

    def prepare(self):
        """After a disk was mounted over the folder, if one is."""
        for sub in ("", "tmp", "new", "cur"):
            os.makedirs(os.path.join(self.maildir, sub), 0o700,
                        exist_ok=True)

    @staticmethod
    def message(number):
        lines = b"".join(b"line %04d of %d, and so much text that it takes "
                         b"some room\n" % (line, number)
                         for line in range(LINES))
        return (b"From: a@b.test\nSubject: %d\nMessage-ID: <%d@b.test>\n\n"
                b"token-%d-begins\n%stoken-%d-ends\n" %
                (number, number, number, lines, number))

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
        return self.path(name)

    def start(self, **faults):
        env = {"PATH": os.environ["PATH"], "HOME": self.dir,
               "FETCHMAILHOME": self.dir, "USER": "a", "LOGNAME": "a"}
        if faults:
            env["LD_PRELOAD"] = self.preload
            env.update((f"FAULTS_{name.upper()}", str(value))
                       for name, value in faults.items())
        with open(self.path("said"), "ab") as said:
            return subprocess.Popen(
                PROGRAMS[self.program](self, self.keep), env=env,
                cwd=self.dir, stdin=subprocess.DEVNULL, stdout=said,
                stderr=said, start_new_session=True)

    def wait(self, process):
        """The exit status; None if there is no end."""
        try:
            return process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.endless = True
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def run(self, **faults):
        return self.wait(self.start(**faults))

    def heal(self):
        self.server.set_faults([])
        return self.run()

    def delivered(self):
        """(whole messages by number, how many files are something else)"""
        whole, cut = collections.Counter(), 0
        for sub in ("new", "cur"):
            folder = os.path.join(self.maildir, sub)
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read().replace(b"\r\n", b"\n")
                token = TOKEN.search(data)
                end = token and b"token-%s-ends" % token[1]
                lines = data.count(b"so much text that it takes some room\n")
                if token and end in data and lines == LINES:
                    whole[int(token[1])] += 1
                else:
                    cut += 1
        return whole, cut

    def found(self):
        whole, cut = self.delivered()
        left = {int(name[:2]) for name in
                os.listdir(os.path.join(self.box, "new"))}
        every = set(range(1, self.count + 1))
        return Found(len(every - set(whole) - left),
                     sum(whole.values()) - len(whole), cut, len(left),
                     self.endless)

    def stop(self):
        self.server.stop()
        with open(self.path("said"), encoding="utf-8",
                  errors="replace") as file:
            print(file.read(), file=sys.stderr)


# ---- the faults: what a cell says -----------------------------------------

def by_server(*faults):
    """A server that is wrong in one run."""
    def cell(new_job):
        job = new_job()
        job.server.set_faults(faults)
        job.run()
        job.heal()
        return job.found().words(job.keep)
    return cell


def bad_message(fault):
    """One message never comes: do the others? Two runs."""
    def cell(new_job):
        job = new_job()
        job.server.set_faults([fault])
        statuses = [job.run(), job.run()]
        found = job.found()
        came = len(set(job.delivered()[0]) - {1})
        said = [f"{came} of {COUNT - 1} others"]
        if found.cut or found.lost or found.twice or found.endless:
            said.append(found.words(True))
        if all(status == 0 for status in statuses):
            said.append("exit status 0")
        return ", ".join(said)
    return cell


def run_to_call(job, at):
    """Killed before its system call of this number."""
    return job.run(call="any", under=job.dir, at=at, how="killgroup")


def run_to_command(job, at):
    """Killed when the server got so many commands."""
    process = job.start()
    while process.poll() is None:
        if len(job.server.log.events("command")) >= at:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.001)
    return job.wait(process)


def killed(new_job):
    """At many moments, all processes of the program together."""
    total, points, bad = collections.Counter(), 0, 0
    for run, at in [(run_to_command, n) for n in range(1, 20)] + [
            (run_to_call, n) for n in (*range(1, 12), *range(12, 40, 3),
                                       *range(40, 130, 9))]:
        job = new_job()
        if run(job, at) != -signal.SIGKILL:
            continue
        job.heal()
        found = job.found()
        points += 1
        for name in ("lost", "twice", "cut"):
            total[name] += getattr(found, name)
        left = 0 if job.keep else found.left
        total["left"] += left
        bad += bool(found.lost or found.twice or found.cut or left or
                    found.endless)
    words = Found(total["lost"], total["twice"], total["cut"],
                  total["left"]).words(job.keep)
    return f"{bad} of {points} runs: {words}" if bad else \
        f"fine ({points} runs)"


def full_disk(new_job):
    """300 kB hold less than all messages; later there is room."""
    job = new_job(mounted=True)
    job.run()
    subprocess.run(["mount", "-o", "remount,size=20m", job.dir], check=True)
    job.heal()
    return job.found().words(job.keep)


def two_at_once(new_job):
    """A server without a lock: many have none."""
    job = new_job()
    job.server._maildrop.acquire = lambda _timeout: True
    job.server._maildrop.release = lambda: None
    job.server.set_faults(["delay-on=RETR/0.1"])
    started = [job.start(), job.start()]
    threads = [threading.Thread(target=job.wait, args=[one])
               for one in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job.heal()
    return job.found().words(job.keep)


def changed_ids(new_job):
    """Of 20 messages: for a few, pop3 does not bother anybody."""
    job = new_job(count=20)
    job.run()
    job.server.set_faults(["new-uids"])
    status = job.run()
    found = job.found()
    if found.twice == 0 and status != 0:
        return "stops and says so"
    return found.words(job.keep)


def stall(new_job):
    job = new_job()
    job.server.set_faults(["stall-reply=RETR:3/9000"])
    begin = time.monotonic()
    job.run()
    seconds = time.monotonic() - begin
    job.heal()
    words = job.found().words(job.keep)
    return words if job.endless else f"{words} ({seconds:.0f} s)"


MIDDLE = "cut-reply=RETR:3/30000@1"
END = "cut-reply=RETR:3/-3@1"
FAULTS = [
    ("none, two runs", "delete", by_server()),
    ("none, two runs", "keep", by_server()),
    ("cut in the middle of a message", "delete", by_server(MIDDLE)),
    ("the same", "keep", by_server(MIDDLE)),
    ("cut before the final dot", "delete", by_server(END)),
    ("cut at that message each time in the run", "delete",
     by_server(MIDDLE.replace("@1", ""))),
    ("QUIT never arrives", "delete", by_server("close-on=QUIT")),
    ("QUIT's answer never arrives", "delete", by_server("quit-close")),
    ("QUIT is refused, nothing is deleted", "delete", by_server("quit-err")),
    ("kill -9", "delete", killed),
    ("kill -9", "keep", killed),
    ("full disk", "delete", full_disk),
    ("full disk", "keep", full_disk),
    ("RETR of one message is -ERR", "delete",
     bad_message("err-on=RETR:1/cannot read it")),
    ("the server dies of one message", "delete",
     bad_message("dies-of=01.x")),
    ("the server stalls in a message", "delete", stall),
    ("two copies at once", "keep", two_at_once),
    ("two copies at once", "delete", two_at_once),
    ("all unique-ids change", "keep", changed_ids),
]


# ---- the table --------------------------------------------------------------

def cell(top, arguments, program, policy, test):
    jobs, mounts = [], []

    def new_job(mounted=False, count=COUNT):
        job = Job(top, arguments, program, policy == "keep", count)
        jobs.append(job)
        if mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o",
                            "size=300k,mode=755", "tmpfs", job.dir],
                           check=True)
            mounts.append(job.dir)
        job.prepare()
        return job

    try:
        return test(new_job)
    finally:
        for job in jobs:
            job.stop()
        for place in mounts:
            subprocess.run(["umount", place], check=True)


def version(program):
    """As Debian has it."""
    if program not in PACKAGES:
        return program
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", program],
                          stdout=subprocess.PIPE, check=True, text=True)
    return f"{program} {said.stdout.split('-')[0]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pop3", type=os.path.abspath)
    parser.add_argument("preload", type=os.path.abspath)
    parser.add_argument("--only", action="append", choices=PROGRAMS)
    parser.add_argument("--fault", default="", help="rows with these words")
    arguments = parser.parse_args()
    programs = arguments.only or list(PROGRAMS)
    print("| fault | policy | " + " | ".join(
        version(name) for name in programs) + " |")
    print("|---|---" + "|---" * len(programs) + "|", flush=True)
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        copy = os.path.join(top, "preload.so")  # who is not root reads it too
        arguments.preload = shutil.copy(arguments.preload, copy)
        for name, policy, test in FAULTS:
            if arguments.fault not in name:
                continue
            row = [cell(top, arguments, program, policy, test)
                   for program in programs]
            print(f"| {name} | {policy} | " + " | ".join(row) + " |",
                  flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
