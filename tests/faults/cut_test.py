# SPDX-License-Identifier: MIT
"""A connection that is cut behind each octet that the server sends, TLS and
its handshake included, and a server that is silent from each command on.

The cut is made below TLS, by faults_preload.c: what the program sends after it
is lost, and what it sent before arrives. The server's own death, after which
nothing arrives, is that of cut_by_server. The connection to an LMTP server is
cut by that server.
"""

import lab
import sinks

# What a session of 5 messages asks, with --delete.
COMMANDS = ["GREETING", "CAPA", "USER", "PASS", "STAT", "UIDL", "LIST",
            *(f"RETR:{n}" for n in range(1, 6)),
            *(f"DELE:{n}" for n in range(1, 6)), "QUIT"]
# What an LMTP server is asked; "dot" is the end of a message.
VERBS = ["greeting", "lhlo", "mail", "rcpt", "data", "dot", "quit"]


class Short(lab.Lab):
    def messages(self):
        """Short ones: each of their octets is a point."""
        return {f"17000000{n:02}.M1P1.test": data for n, data in enumerate([
            b"Subject: one\n\nfirst\n",
            b".dot\n.\n..\n",
            b"",
            b"Subject: four\n\n\rbare\r\0nul\n\n.\n",
            b"Subject: five\n\nlast\n"], 1)}


class Cut(Short):
    about = 7

    def octets(self, *args, kind):
        """How many a whole session receives."""
        return self.lane().counted(*args, kind=kind)[1]

    def cut_everywhere(self, kind, first, *args, sink="maildir", total=None):
        total = total or self.octets(*args, kind=kind)
        faults = {"first": "1"} if first else {}

        def one(lane, octets):
            status, said = lane.fetch(*args, kind=kind, cut=octets, **faults)
            if status < 0 or status in (64, 78):
                raise AssertionError(f"status {status}: {said}")
            # What comes of the connection is known to who made it.
            lane.check_broken(slack=0)
            lane.heal(*args, kind=kind)

        about = self.about if sink == "maildir" else 4
        self.each(lab.thin(range(total + 1), about), one, sink)

    def test_in_batches(self):
        """Behind each octet of the first one, and of each one, as long as a
        session without batches is: that is longer."""
        total = self.octets("--delete", kind="clear")
        for first in (False, True):
            self.cut_everywhere("clear", first, "--delete", "--batch=2",
                                total=total)

    def stall_everywhere(self, sink):
        """At each command; the deadline ends it."""
        for args in lab.POLICIES.values():
            commands = [word for word in COMMANDS
                        if args or not word.startswith("DELE")]
            if sink != "maildir":
                commands = lab.thin(commands, 3)

            def one(lane, command, args=args):
                lane.server.set_faults([f"stall-on={command}"])
                status, said = lane.fetch("--timeout", "0.3", *args)
                if status < 0:
                    raise AssertionError(f"status {status}: {said}")
                lane.check_broken(slack=0)
                lane.server.set_faults([])
                lane.heal(*args)

            self.each(commands, one, sink, lanes=8)

    def test_cut_by_server(self):
        """It dies with what it got: nothing is deleted."""
        for args in lab.POLICIES.values():
            total = self.octets(*args, kind="clear")

            def one(lane, octets, args=args):
                how = ("cut-after", "reset-after")[octets % 2]
                lane.server.set_faults([f"{how}={octets}"])
                lane.fetch(*args)
                lane.check_broken()
                lane.server.set_faults([])
                lane.heal(*args)

            self.each(lab.thin(range(total + 1), self.about), one)


class CutLmtp(Short):
    """The same on the other side: the connection to the LMTP server. What it
    took is not always known, so one message for each connection that was cut
    comes again, with the same delivery id."""
    about = 3

    def cut_taker(self, way, sink, args):
        """way: cut_in, behind so many octets that it received, or cut_out,
        that it sent."""
        lane = self.lane(sink)
        lane.heal(*args)
        total = getattr(lane.sink.server,
                        "received" if way == "cut_in" else "sent")
        points = [(octets, first) for first in (False, True)
                  for octets in range(total)]

        def one(lane, point):
            taker = lane.sink.server
            octets, taker.only_first = point
            setattr(taker, way, octets)
            status, said = lane.fetch(*args)
            if status < 0 or status in (64, 65, 78):
                raise AssertionError(f"status {status}: {said}")
            lane.check_broken(slack=lane.sink.slack * taker.connections)
            taker.mend()
            lane.heal(*args)

        self.each(lab.thin(points, self.about), one, sink)

    def stall_taker(self, sink, args):
        def one(lane, verb):
            lane.sink.server.stall(verb)
            status, said = lane.fetch("--timeout", "0.3", *args)
            # A QUIT that nobody answers is of no account.
            if status < 0 or (status == 0) != (verb == "quit"):
                raise AssertionError(f"status {status}: {said}")
            lane.check_broken(slack=lane.sink.slack *
                              lane.sink.server.connections)
            lane.sink.server.mend()
            lane.heal(*args)

        self.each(lab.thin(VERBS, self.about), one, sink, lanes=8)


def call(name, *args, **kwargs):
    return lambda self: getattr(self, name)(*args, **kwargs)


for kind_name in ("clear", "tls"):
    for policy, flags in lab.POLICIES.items():
        for only in (False, True):
            setattr(Cut, f"test_{kind_name}_{policy}_"
                    f"{'first' if only else 'each'}_connection",
                    call("cut_everywhere", kind_name, only, *flags))

for sink_name in sinks.SINKS:
    setattr(Cut, f"test_{sink_name}_stall",
            call("stall_everywhere", sink_name))
    for policy, flags in lab.POLICIES.items():
        if sink_name != "maildir":
            setattr(Cut, f"test_{sink_name}_{policy}",
                    call("cut_everywhere", "clear", False, *flags,
                         sink=sink_name))
        if sink_name.startswith("lmtp"):
            setattr(CutLmtp, f"test_{sink_name}_{policy}_stall",
                    call("stall_taker", sink_name, flags))
            for direction in ("cut_in", "cut_out"):
                setattr(CutLmtp, f"test_{sink_name}_{policy}_{direction}",
                        call("cut_taker", direction, sink_name, flags))

if __name__ == "__main__":
    lab.main()
