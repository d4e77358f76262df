# SPDX-License-Identifier: MIT
"""The places for mail, and how a test looks into them.

A sink is a class: argument is what --deliver is told in the lane's home;
delivered() counts the octets of all messages, with LF; litter() names what a
run left behind and nobody wants; slack is how many messages a fault may bring
twice.
"""

import collections
import os
import re

import sink_lmtp_test       # that of tests/cli


class Sink:
    slack = 0

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


class Taker(Sink):
    """What is handed over to another program. It can be watched: handed()
    tells after how many octets of a log it took what; and give() makes it
    have that, and nothing else."""
    watched = None      # the log

    def watch(self, log):
        self.watched = log

    def handed(self):
        """[(octets of the log, delivery id, message with LF)], in order."""
        raise NotImplementedError

    def give(self, entries):
        raise NotImplementedError


class Command(Taker):
    """A program that keeps each message under its delivery id: what is handed
    over twice takes the place of what was there."""
    argument = "cmd: ./keep"
    name = "name=$POP3_DELIVERY_ID"

    def reset(self):
        watch = (f"echo \"$(wc -c <{self.watched}) $POP3_DELIVERY_ID\" "
                 f">>{self.order()}\n" if self.watched else "")
        script = os.path.join(self.lane.home, "keep")
        with open(script, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nset -e\nmkdir -p Mail\n"
                       f"{self.name}\ncat >\"Mail/.$name.$$\"\n{watch}"
                       "exec mv \"Mail/.$name.$$\" \"Mail/$name\"\n")
        os.chmod(script, 0o755)

    def order(self):
        return self.lane.path("order")

    def files(self):
        """{name: octets}"""
        found = {}
        if os.path.isdir(self.place):
            for name in os.listdir(self.place):
                if not name.startswith("."):
                    with open(os.path.join(self.place, name), "rb") as file:
                        found[name] = file.read()
        return found

    def delivered(self):
        return collections.Counter(self.files().values())

    def watch(self, log):
        super().watch(log)
        self.reset()
        if os.path.exists(self.order()):
            os.unlink(self.order())

    def handed(self):
        files = self.files()
        with open(self.order(), encoding="ascii") as file:
            for octets, key in map(str.split, file):
                yield int(octets), key, files[key]

    def give(self, entries):
        os.makedirs(self.place)
        for key, data in entries:
            with open(os.path.join(self.place, key), "wb") as file:
                file.write(data)


class PlainCommand(Command):
    """A program that does not look at the id: what comes twice is there
    twice."""
    name = "name=$POP3_DELIVERY_ID.$(date +%s%N)"
    slack = 1

    def handed(self):
        files = {name.split(".")[0]: data
                 for name, data in self.files().items()}
        with open(self.order(), encoding="ascii") as file:
            for octets, key in map(str.split, file):
                yield int(octets), key, files[key]


class Server(sink_lmtp_test.Lmtp):
    """It can be cut off, behind so many octets that it received or sent in a
    connection; be silent at a command; be watched."""
    watched = None
    sizes = ()
    cut_in = cut_out = stalls = None
    only = None             # the number of the connection that is cut

    def __init__(self, *args, **kwargs):
        self.peers = []     # all connections
        super().__init__(*args, **kwargs)

    def mend(self):
        self.say = {}
        self.cut_in = self.cut_out = None
        self.only = None

    def stall(self, verb):
        """Until the other side is gone."""
        def silent(_server):
            self.peer.socket.settimeout(30)
            while self.peer.socket.recv(1000):
                pass
        self.say = {verb: silent}

    def refuse(self, recipient):
        """Until it is mended, but for others."""
        self.say = {"dot": lambda _: "451 not now\r\n" if
                    self.current == recipient else "250 taken\r\n"}

    def take(self, peer, data):
        """It has it before it says so."""
        for self.current in self.rcpt:
            if self.watched:
                self.sizes.append(os.path.getsize(self.watched))
            self.taken.append((self.current, data))
            if not self.answer(peer, ".", "250 taken\r\n"):
                self.taken.pop()

    def serve(self, peer):
        cut = self.only in (None, len(self.peers) + 1)
        self.peer = Peer(peer, self.cut_in if cut else None,
                         self.cut_out if cut else None)
        self.peers.append(self.peer)
        try:
            super().serve(self.peer)
        finally:
            self.peer.file.close()


class Peer:
    """Of a connection that ends behind some octets."""

    def __init__(self, peer, cut_in, cut_out):
        self.socket, self.file = peer, peer.makefile("rb")
        self.cut_in, self.cut_out = cut_in, cut_out
        self.received = self.sent = 0

    def makefile(self, _mode):
        return self

    def _came(self, data):
        self.received += len(data)
        if self.received == self.cut_in:
            raise EOFError
        return data

    def _left(self):
        return -1 if self.cut_in is None else self.cut_in - self.received

    def readline(self):
        return self._came(self.file.readline(self._left()))

    def sendall(self, data):
        end = len(data) if self.cut_out is None else self.cut_out - self.sent
        self.socket.sendall(data[:end])
        self.sent += len(data[:end])
        if end < len(data):
            raise EOFError


class Lmtp(Taker):
    """The same over a socket; a lone CR becomes a line end, as the protocol
    wants it."""

    def __init__(self, lane):
        super().__init__(lane)
        self.server = Server(lane.path("lmtp"))
        self.argument = self.server.deliver

    def reset(self):
        self.server.mend()
        self.server.peers.clear()
        self.server.taken.clear()

    def stop(self):
        self.server.stop()

    @staticmethod
    def form(data):
        return data.replace(b"\r", b"\n")

    def delivered(self):
        by_id = dict(zip(self.server.ids(), self.server.messages()))
        return collections.Counter(by_id.values())

    def watch(self, log):
        super().watch(log)
        self.server.watched, self.server.sizes = log, []

    def handed(self):
        return zip(self.server.sizes, self.server.ids(),
                   (data for _, data in self.server.taken))

    def give(self, entries):
        self.server.taken += [("", data) for _, data in entries]


    def taken_by(self, recipient):
        """How often it has which message."""
        return collections.Counter(
            data for (who, _), data in zip(self.server.taken,
                                           self.server.messages())
            if who == recipient)


class PlainLmtp(Lmtp):
    """A server that does not look at the id."""
    slack = 1

    def delivered(self):
        return collections.Counter(self.server.messages())


# Those of which a model of the file system knows everything; and those that
# see a message come again, or do not.
FILES = {"maildir": Maildir, "mbox": Mbox, "eml": Eml}
TAKERS = {"cmd": Command, "lmtp": Lmtp, "cmd_plain": PlainCommand,
          "lmtp_plain": PlainLmtp}
SINKS = {**FILES, **TAKERS}
