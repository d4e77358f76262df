# SPDX-License-Identifier: MIT
"""Quirks 1 to 10: connection and login."""

import os
import time
import urllib.parse

from quirks import SHORT, Quirks, program
from program import LATER, LOGIN, PROTOCOL, Options

from proxy import Proxy     # that of tests/server

SECRETS = {"USER", "PASS", "APOP", "AUTH"}


class Login(Quirks):
    def test_quirk_01(self):
        """CAPA is refused, not answered, or the end of the connection."""
        for fault, args, connections in (("capa-err", (), 1),
                                         ("stall-on=CAPA", SHORT, 2),
                                         ("capa-close", (), 2)):
            with self.subTest(fault):
                self.again()
                server = self.serve(fault)
                self.fetch_all(server, *args)
                self.assertEqual(self.connections(server), connections)

    def test_quirk_02(self):
        """Capabilities that come with the login, or only with TLS; and those
        that were told in clear and are not there within TLS."""
        for tag in ("UIDL", "TOP", "PIPELINING"):
            self.again()
            server = self.serve("capa-late=" + tag)
            self.fetch_all(server)
            self.assertEqual(server.log.verbs()["CAPA"], 2)
        turns = server.log.wait("close")[0]["turns"]
        self.assertLess(turns, 10, "PIPELINING is used")
        self.again()
        server = self.serve("capa-tls=PIPELINING")
        self.fetch_all(server, kind="stls")
        self.assertEqual(server.log.verbs()["CAPA"], 3)
        self.assertLess(server.log.wait("close")[0]["turns"], 12)
        self.again()
        server = self.serve("capa-clear=PIPELINING")
        self.fetch_all(server, kind="stls")
        self.assertGreater(server.log.wait("close")[0]["turns"], 12)

    def test_quirk_03(self):
        """CAPA is -ERR behind the login: what was known holds."""
        server = self.serve("capa-err-late")
        self.fetch_all(server)
        self.assertLess(server.log.wait("close")[0]["turns"], 10)

    def test_quirk_04(self):
        """STLS is offered and refused, or not even offered."""
        for faults, options in ((("stls-refuse",), None),
                                ((), Options(capa_drop=["STLS"]))):
            self.again()
            server = self.serve(*faults, options=options)
            done = self.fetch(server, kind="stls", status=PROTOCOL)
            self.assertIn("STLS", done.stderr)
            self.assertFalse(SECRETS & set(server.log.verbs()))

    def test_quirk_05(self):
        """Status lines without text; and a challenge that is sent as +OK."""
        self.fetch_all(self.serve("bare-ok"), "--delete")
        for mechanism, dialogue in (("login", """
                C: AUTH LOGIN
                S: +OK VXNlcm5hbWU6
                C: ZGVtbw==
                S: + UGFzc3dvcmQ6
                C: ZGVtbw=="""), ("plain", """
                C: AUTH PLAIN
                S: +OK
                C: AGRlbW8AZGVtbw==""")):
            server = self.play(f"S: +OK\n{dialogue}\nS: +OK\nC: STAT")
            self.check(server, "--auth", mechanism, "--no-capa")
            self.assertEqual(server.log.events("mismatch"), [])
            self.assertIn("STAT", server.log.commands())

    def test_quirk_06(self):
        """XOAUTH2 without an initial response, announced or not."""
        said = "dXNlcj1kZW1vAWF1dGg9QmVhcmVyIGRlbW8BAQ=="
        for capa, first in (("S: SASL XOAUTH2", f"""
            C: AUTH XOAUTH2 {said}
            S: -ERR what"""), ("S: TOP", "")):
            server = self.play(f"""
                S: +OK
                C: CAPA
                S: +OK
                {capa}
                S: .{first}
                C: AUTH XOAUTH2
                S: +\x20
                C: {said}
                S: +OK
                """)
            self.check(server, "--auth", "xoauth2", status=None)
            self.assertEqual(server.log.events("mismatch"), [])
            self.assertIn(said, server.log.commands())

    def play(self, script):
        path = self.path("script")
        with open(path, "w", encoding="utf-8") as file:
            for line in script.splitlines():
                file.write(line.lstrip() + "\n")
        server = program.Server(script=program.transcript.read(path),
                                tls=self.pair).start()
        self.addCleanup(server.stop)
        return server

    def check(self, server, *args, status=None):
        return self.pop3("check", *args, "--timeout", "2", self.url(server),
                         status=status)

    def test_quirk_07(self):
        """A maildrop that is locked is no wrong password."""
        for words in ("[IN-USE] x", "[LOGIN-DELAY] x", "[SYS/TEMP] x",
                      "maildrop is locked", "please wait a minute",
                      "temporarily unavailable"):
            with self.subTest(words):
                server = self.serve("login-err=" + words)
                self.fetch(server, status=LATER)
        self.fetch(self.serve("login-err=[AUTH] locked"), status=LOGIN)

    def test_quirk_08(self):
        """A close behind a password that is wrong, or behind any APOP. What
        was named is not replaced by what is less safe."""
        self.password("wrong")
        server = self.serve("close-after-bad-pass")
        self.assertIn("check user and password",
                      self.fetch(server, status=LOGIN).stderr)
        self.assertEqual(self.connections(server), 1)
        self.password("demo")
        server = self.serve("close-on=APOP", options=Options(apop=True))
        self.fetch(server, "--auth", "apop", status=LATER)
        self.assertFalse({"USER", "PASS", "AUTH"} & set(server.log.verbs()))
        self.fetch_all(self.serve("close-on=APOP",
                                  options=Options(apop=True)))

    def test_quirk_09(self):
        """PASS may take longer than other answers; and a mailbox has several
        addresses, one after the other."""
        begin = time.monotonic()
        self.fetch_all(self.serve("delay-on=AUTH/1.2"))
        self.assertGreater(time.monotonic() - begin, 1.1)
        self.again()
        servers = [self.serve(), self.serve(maildir=self.box)]
        fetched = []
        for server in servers:
            with Proxy(server.ports["tls"]) as proxy:
                self.pop3("fetch", "--deliver", "maildir:" + self.maildir,
                          "--state", self.state, "--server-name", "localhost",
                          "--proxy", f"socks5h://127.0.0.1:{proxy.port}",
                          "pops://demo@mail.test")
            fetched.append(len(self.retrieved(server)))
        self.assertEqual(fetched, [len(self.uids), 0])
        self.assert_delivered()

    def test_quirk_10(self):
        """Names with spaces, of digits, of 8-bit octets."""
        for user in ("two words", "0123456789", "jürgen", "a@b.test"):
            for auth in ("user", "plain"):
                with self.subTest(user=user, auth=auth):
                    server = self.serve(options=Options({user: "demo"}))
                    self.pop3("check", "--auth", auth, self.url(
                        server, user=urllib.parse.quote(user, safe="")))


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    program.main()
