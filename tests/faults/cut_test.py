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
# Of them, those that are in the sessions of batches, too.
IN_BATCHES = [command for command in COMMANDS
              if command.split(":")[1:] not in (["3"], ["4"], ["5"])]
EACH = {**lab.POLICIES, **lab.BATCHES}
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

    def cut_everywhere(self, kind, first, *args, sink="maildir"):
        """first: only the first connection; or each one."""
        total = self.octets(*args, kind=kind)
        about = self.about if sink == "maildir" else 4
        self.cut_at([(octets, 1 if first else None)
                     for octets in range(total + 1)], kind, args, sink, about)

    def cut_at(self, points, kind, args, sink, about):
        """Each of points: how many octets, and of which connection."""
        def one(lane, point):
            octets, only = point
            faults = {} if only is None else {"only": only}
            status, said = lane.fetch(*args, kind=kind, cut=octets, **faults)
            if status < 0 or status in (64, 78):
                raise AssertionError(f"status {status}: {said}")
            # What comes of the connection is known to who made it.
            lane.check_broken(slack=0)
            lane.heal(*args, kind=kind)

        self.each(lab.thin(points, about), one, sink)

    def cut_batches(self, sink):
        """Each connection of a healthy run alone; and all that there are."""
        args = lab.BATCHES["batches"]
        lane = self.lane()
        lane.heal(*args)
        sent = [end["sent"] for end in lane.server.log.wait("close", 3)]
        self.assertEqual(len(sent), 3)
        self.cut_at([(octets, only)
                     for only, total in [*enumerate(sent, 1),
                                         (None, max(sent))]
                     for octets in range(total + 1)], "clear", args, sink, 12)

    def stall_everywhere(self, sink):
        """At each command, of each connection; the deadline ends it. In
        batches also at those of a later connection alone."""
        points = []
        for policy, args in EACH.items():
            some = IN_BATCHES if policy == "batches" else COMMANDS
            commands = [(args, word, only)
                        for only in ([None, 2, 3] if policy == "batches" else
                                     [None])
                        for word in some
                        if args or not word.startswith("DELE")]
            if sink != "maildir" or policy == "batches":
                commands = lab.thin(commands, 3)
            points += commands

        def one(lane, point):
            args, command, only = point
            before = len(lane.server.log.events("open"))
            where = "" if only is None else f"@{before + only}"
            lane.server.set_faults([f"stall-on={command}{where}"])
            status, said = lane.fetch("--timeout", "0.3", *args)
            if status < 0:
                raise AssertionError(f"status {status}: {said}")
            lane.check_broken(slack=0)
            lane.server.set_faults([])
            lane.heal(*args)

        self.each(points, one, sink, lanes=10)

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
    comes again, with the same delivery id. In batches there is a connection
    for each."""
    about = 3

    def cut_taker(self, way, sink, args):
        """way: cut_in, behind so many octets that it received, or cut_out,
        that it sent."""
        lane = self.lane(sink)
        lane.heal(*args)
        totals = [getattr(peer, "received" if way == "cut_in" else "sent")
                  for peer in lane.sink.server.peers]
        points = [(octets, only)
                  for only, total in [(None, max(totals)),
                                      *enumerate(totals, 1)]
                  for octets in range(total)]

        def one(lane, point):
            taker = lane.sink.server
            octets, taker.only = point
            setattr(taker, way, octets)
            status, said = lane.fetch(*args)
            if status < 0 or status in (64, 65, 78):
                raise AssertionError(f"status {status}: {said}")
            lane.check_broken(slack=lane.sink.slack * len(taker.peers))
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
                              len(lane.sink.server.peers))
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
    setattr(Cut, f"test_{sink_name}_batches", call("cut_batches", sink_name))
    for policy, flags in EACH.items():
        if sink_name != "maildir" and policy != "batches":
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
