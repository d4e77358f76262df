# SPDX-License-Identifier: MIT
"""What the tests of sinks share: each kind of delivery, and what it holds.

A sink here has the value of --deliver, and tells what was delivered to it:
the octets of each message with LF, counted.
"""

import collections
import os
import re
import subprocess
import sys

import program

FROM = re.compile(rb"From MAILER-DAEMON [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d "
                  rb"\d\d:\d\d:\d\d \d{4}\n")


def read_mboxrd(data):
    """The messages of an mbox, strictly: as mboxrd is to be undone."""
    messages = []
    lines = data.splitlines(keepends=True) if b"\r" not in data else \
        [line + b"\n" for line in data[:-1].split(b"\n")]
    for line in lines:
        if line.startswith(b"From "):
            if not FROM.fullmatch(line) or (
                    messages and messages[-1][-1:] != [b"\n"]):
                raise ValueError(f"no entry begins so: {line!r}")
            messages.append([])
        elif not messages:
            raise ValueError(f"it begins with {line!r}")
        else:
            messages[-1].append(re.sub(rb"^>(>*From )", rb"\1", line))
    if messages and messages[-1][-1:] != [b"\n"]:
        raise ValueError("the last entry has no empty line at its end")
    return [b"".join(message[:-1]) for message in messages]


def read_by_python(path):
    """The same file by the standard library: how many, and all octets."""
    script = ("import mailbox, sys\n"
              "box = mailbox.mbox(sys.argv[1], create=False)\n"
              "for key in box.keys():\n"
              "    data = box.get_bytes(key)\n"
              "    sys.stdout.buffer.write(b'%d\\n' % len(data) + data)\n")
    out = subprocess.run([sys.executable, "-I", "-c", script, path],
                         check=True, capture_output=True).stdout
    found = []
    while out:
        size, _, out = out.partition(b"\n")
        found.append(out[:int(size)])
        out = out[int(size):]
    return found


class Mbox:
    def __init__(self, path):
        self.path = path
        self.deliver = "mbox:" + path

    def messages(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, "rb") as file:
            return read_mboxrd(file.read())

    def litter(self):
        folder, name = os.path.split(self.path)
        return [other for other in os.listdir(folder)
                if other.startswith(name + ".")]


class Eml:
    def __init__(self, path):
        self.path = path
        self.deliver = "eml:" + path

    def raw(self):
        if not os.path.isdir(self.path):
            return []
        found = []
        for name in sorted(os.listdir(self.path)):
            if re.fullmatch(r"[0-9a-f]{32}\.eml", name):
                with open(os.path.join(self.path, name), "rb") as file:
                    found.append(file.read())
        return found

    def messages(self):
        return [data.replace(b"\r\n", b"\n") for data in self.raw()]

    def litter(self):
        if not os.path.isdir(self.path):
            return []
        return [name for name in os.listdir(self.path)
                if not re.fullmatch(r"[0-9a-f]{32}\.eml", name)]


class SinkCase(program.Case):
    """fetch() delivers to self.sink."""
    sink = None

    def sink_argv(self, server, *args, kind="clear"):
        extra = (["--tls", "none", "--auth", "user"] if kind == "clear"
                 else [])
        return self.argv("fetch", "--deliver", self.sink.deliver, "--state",
                         self.state, *extra, *args, self.url(server, kind))

    def fetch(self, server, *args, status=program.FINE, kind="clear",
              **kwargs):
        return self.run_argv(self.sink_argv(server, *args, kind=kind), status,
                             **kwargs)

    def delivered(self):
        return collections.Counter(self.sink.messages())

    def assert_delivered(self, *leave_out):
        self.assertEqual(self.delivered(), self.wanted(*leave_out))
        self.assertEqual(self.sink.litter(), [])
        self.assertEqual([name for name in os.listdir(self.dir)
                          if name.endswith((".mbox", ".lmtp"))], [])

    def add_odd_ones(self):
        """What a mailbox must bear, with LF as the server keeps it."""
        for name, data in {
                "zz-empty": b"",
                "zz-nul": b"Subject: n\n\na\0b\0\n\0\n",
                "zz-no-header": b"\nonly a body\n",
                "zz-from": b"From here\n>From there\n\nFrom \n>>From x\n",
                "zz-bare-cr": b"a\rb\r\rc\n\rFrom x\n",
                "zz-no-body": b"Subject: x\n",
                "zz-blank-ends": b"Subject: x\n\n\n\n\n",
                "zz-long": b"Subject: x\n\n" + b"y" * (10 << 20) + b"\n",
                "zz-quotes": b">" * 70000 + b"From x\n"}.items():
            self.add(name, data)
