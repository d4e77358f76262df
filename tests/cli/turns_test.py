# SPDX-License-Identifier: MIT
"""How often the program waits for the network: no clock, the server counts."""

import os

import program
from program import Case


def bare(*absent):
    """A server without UTF8, which is asked for where it is."""
    return program.Options(capa_drop=["UTF8", *absent])


class Turns(Case):
    """Waits for the network, the handshake and the connection not counted: as
    often as the server has answered all it got, and waits."""
    count = 60      # in one window

    def turns(self, *args, options=None):
        server = self.serve(options=options or bare())
        self.fetch(server, "--delete", *args)
        self.assert_delivered()
        return server.log.wait("close")[0]["turns"]

    def counted(self, *args):
        server = self.serve(options=bare())
        self.pop3(*args, self.url(server))
        return server.log.wait("close")[0]["turns"]

    def test_list_and_check(self):
        """CAPA; AUTH; then all there is to ask, with QUIT."""
        self.assertEqual(self.counted("list"), 3)
        self.assertEqual(self.counted("check"), 3)

    def test_whole_session(self):
        """CAPA; AUTH; CAPA, STAT, UIDL, LIST; RETR, STAT, STAT; DELE, STAT,
        QUIT."""
        self.assertEqual(self.turns(), 5)

    def test_user_and_pass_together(self):
        self.assertEqual(self.turns(options=bare("SASL")), 5)

    def test_utf8_is_one_more(self):
        self.assertEqual(self.turns(options=program.Options()), 6)

    def test_lock_step(self):
        self.assertGreater(self.turns("--no-pipelining"), 120)


class Whole(Case):
    """2,000 messages within TLS: one group."""
    count = 0

    def test_two_thousand(self):
        for i in range(2000):
            name = f"17{i:08}.M1P{i}.test"
            self.expected[name] = b"Subject: %d\n\n%d\n" % (i, i)
            with open(os.path.join(self.box, "new", name), "wb") as file:
                file.write(self.expected[name])
        self.uids = sorted(self.expected)
        server = self.serve(options=bare())
        done = self.fetch(server, "--delete")
        self.assertIn("2000 deleted on the server", done.stderr)
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        verbs = server.log.verbs()
        self.assertEqual([verbs[verb] for verb in (
            "CAPA", "UIDL", "LIST", "RETR", "DELE", "QUIT")],
            [2, 1, 1, 2000, 2000, 1])
        turns = server.log.wait("close")[0]["turns"]
        print(turns, "turns")
        self.assertLessEqual(turns, 7)


if __name__ == "__main__":
    program.main()
