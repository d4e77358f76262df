# SPDX-License-Identifier: MIT
"""The places for mail, and how a test looks into them.

A sink is a class: argument is what --deliver is told in the lane's home;
delivered() counts the octets of all messages, with LF; litter() names what a
run left behind and nobody wants.
"""

import collections
import os
import re

import sink_lmtp_test       # that of tests/cli


class Sink:
    def __init__(self, lane):
        self.lane = lane
        self.place = os.path.join(lane.home, "Mail")

    def reset(self):
        pass

    def stop(self):
        pass

    def litter(self):
        return []

    @staticmethod
    def form(data):
        """What becomes of a message with LF."""
        return data

    def unsettled(self, _expected):
        """delivered(), before the run that mends it."""
        return self.delivered()


class Maildir(Sink):
    argument = "maildir:Mail"

    def _files(self, *subs):
        for sub in subs:
            folder = os.path.join(self.place, sub)
            if os.path.isdir(folder):
                for name in os.listdir(folder):
                    yield os.path.join(folder, name)

    def delivered(self):
        counted = collections.Counter()
        for path in self._files("new", "cur"):
            with open(path, "rb") as file:
                counted[file.read()] += 1
        return counted

    def litter(self):
        return list(self._files("tmp"))


class Mbox(Sink):
    argument = "mbox:Mail"

    def _entries(self):
        if not os.path.exists(self.place):
            return []
        with open(self.place, "rb") as file:
            data = file.read()
        return [re.sub(rb"(?m)^>(>*From )", rb"\1", entry)
                for entry in re.split(rb"(?m)^From MAILER-DAEMON .*\n",
                                      data)[1:]]

    def delivered(self):
        """Each entry ends with an empty line."""
        return collections.Counter(
            entry[:-1] if entry.endswith(b"\n") else entry
            for entry in self._entries())

    def unsettled(self, expected):
        """The last one may be a piece, which the next run takes away."""
        got = self.delivered()
        for piece in self._entries()[-1:]:
            piece = piece[:-1] if piece.endswith(b"\n") else piece
            if got[piece] > expected[piece]:
                got[piece] -= 1
        return got

    def litter(self):
        state = os.path.join(self.lane.home, ".local", "state", "pop3")
        found = [self.place + ".lock"] if os.path.exists(
            self.place + ".lock") else []
        return found + [name for name in os.listdir(state)
                        if name.endswith(".mbox")]


class Eml(Sink):
    argument = "eml:Mail"

    def _names(self):
        return os.listdir(self.place) if os.path.isdir(self.place) else []

    def delivered(self):
        counted = collections.Counter()
        for name in self._names():
            if not name.startswith("."):
                with open(os.path.join(self.place, name), "rb") as file:
                    counted[file.read().replace(b"\r\n", b"\n")] += 1
        return counted

    def litter(self):
        return [name for name in self._names() if name.startswith(".")]


class Command(Sink):
    """A program that keeps each message under its delivery id: what is handed
    over twice takes the place of what was there."""
    argument = "cmd: ./keep"

    def reset(self):
        script = os.path.join(self.lane.home, "keep")
        with open(script, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nmkdir -p Mail\n"
                       "cat >\"Mail/.$POP3_DELIVERY_ID.$$\" && exec mv "
                       "\"Mail/.$POP3_DELIVERY_ID.$$\" "
                       "\"Mail/$POP3_DELIVERY_ID\"\n")
        os.chmod(script, 0o755)

    def delivered(self):
        counted = collections.Counter()
        if os.path.isdir(self.place):
            for name in os.listdir(self.place):
                if not name.startswith("."):
                    with open(os.path.join(self.place, name), "rb") as file:
                        counted[file.read()] += 1
        return counted


class Lmtp(Sink):
    """The same over a socket; a lone CR becomes a line end, as the protocol
    wants it."""

    def __init__(self, lane):
        super().__init__(lane)
        self.server = sink_lmtp_test.Lmtp(lane.path("lmtp"))
        self.argument = self.server.deliver

    def reset(self):
        self.server.taken.clear()

    def stop(self):
        self.server.stop()

    @staticmethod
    def form(data):
        return data.replace(b"\r", b"\n")

    def delivered(self):
        by_id = dict(zip(self.server.ids(), self.server.messages()))
        return collections.Counter(by_id.values())


# Those of which a model of the file system knows everything.
FILES = {"maildir": Maildir, "mbox": Mbox, "eml": Eml}
SINKS = {**FILES, "cmd": Command, "lmtp": Lmtp}
