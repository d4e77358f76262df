# SPDX-License-Identifier: MIT
"""A connection that is cut behind each octet that the server sends, TLS and
its handshake included, and a server that is silent from each command on.

The cut is made below TLS, by faults_preload.c: what the program sends after it
is lost, and what it sent before arrives. The server's own death, after which
nothing arrives, is that of cut_by_server.
"""

import lab

# What a session of 5 messages asks, with --delete.
COMMANDS = ["GREETING", "CAPA", "USER", "PASS", "STAT", "UIDL", "LIST",
            *(f"RETR:{n}" for n in range(1, 6)),
            *(f"DELE:{n}" for n in range(1, 6)), "QUIT"]


class Cut(lab.Lab):
    about = 7

    def messages(self):
        """Short ones: each of their octets is a point."""
        return {f"17000000{n:02}.M1P1.test": data for n, data in enumerate([
            b"Subject: one\n\nfirst\n",
            b".dot\n.\n..\n",
            b"",
            b"Subject: four\n\n\rbare\r\0nul\n\n.\n",
            b"Subject: five\n\nlast\n"], 1)}

    def octets(self, *args, kind):
        """How many a whole session receives."""
        return self.lane().counted(*args, kind=kind)[1]

    def cut_everywhere(self, kind, first, *args):
        total = self.octets(*args, kind=kind)
        faults = {"first": "1"} if first else {}

        def one(lane, octets):
            status, said = lane.fetch(*args, kind=kind, cut=octets, **faults)
            if status < 0 or status in (64, 78):
                raise AssertionError(f"status {status}: {said}")
            lane.check_broken()
            lane.heal(*args, kind=kind)

        self.each(lab.thin(range(total + 1), self.about), one)

    def test_stall(self):
        """At each command; the deadline ends it."""
        for args in lab.POLICIES.values():
            commands = [word for word in COMMANDS
                        if args or not word.startswith("DELE")]

            def one(lane, command, args=args):
                lane.server.set_faults([f"stall-on={command}"])
                status, said = lane.fetch("--timeout", "0.3", *args)
                if status < 0:
                    raise AssertionError(f"status {status}: {said}")
                lane.check_broken()
                lane.server.set_faults([])
                lane.heal(*args)

            self.each(commands, one, lanes=8)

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


def cut_test(kind, args, first):
    return lambda self: self.cut_everywhere(kind, first, *args)


for kind_name in ("clear", "tls"):
    for policy, flags in lab.POLICIES.items():
        for only in (False, True):
            setattr(Cut, f"test_{kind_name}_{policy}_"
                    f"{'first' if only else 'each'}_connection",
                    cut_test(kind_name, flags, only))

if __name__ == "__main__":
    lab.main()
