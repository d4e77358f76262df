# SPDX-License-Identifier: MIT
"""The real servers stand as the other tests of this directory expect them,
seen by Python's poplib: ports, TLS, logins, and messages as they were made.

    python3 servers_test.py dovecot|mailutils|courier

If this fails, the set-up is wrong and not the library.
"""

import poplib
import signal
import ssl
import sys
import unittest

import courier
import servers

# poplib refuses lines over 2,048 octets; the messages have such lines.
poplib._MAXLINE = 1 << 24  # pylint: disable=protected-access

KINDS = servers.SERVERS | {"courier": courier.Courier}
KIND = "dovecot"


class Stands(unittest.TestCase):
    """One server for all; a maildrop of its own for each test."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(KINDS[KIND]())
        cls.trust = ssl.create_default_context(cafile=cls.server.ca_file)

    def connect(self, port="clear"):
        if port == "tls":
            client = poplib.POP3_SSL("localhost", self.server.ports[port],
                                     timeout=20, context=self.trust)
        else:
            client = poplib.POP3("127.0.0.1", self.server.ports[port],
                                 timeout=20)
        self.addCleanup(client.close)
        return client

    def serves(self, client, drop):
        self.assertEqual(client.stat()[0], len(drop.messages))
        for number, message in enumerate(drop.messages, 1):
            lines = client.retr(number)[1]
            self.assertEqual(b"".join(line + b"\r\n" for line in lines),
                             message, f"message {number}")
        client.quit()

    def test_user(self):
        drop = self.server.add_user("u1", "a secret", 30)
        client = self.connect()
        client.user(drop.login)
        client.pass_(drop.password)
        self.serves(client, drop)

    def test_apop(self):
        if not self.server.has_apop:
            self.assertNotIn(b"<", self.connect().getwelcome())
            return
        drop = self.server.add_user("u2", "a secret", 3)
        client = self.connect()
        client.apop(drop.login, drop.password)
        self.serves(client, drop)

    def test_stls(self):
        drop = self.server.add_user("u3", "a secret", 3)
        client = self.connect()
        client.stls(self.trust)
        client.user(drop.login)
        client.pass_(drop.password)
        self.serves(client, drop)

    def test_tls(self):
        drop = self.server.add_user("u4", "a secret", 3)
        client = self.connect("tls")
        client.user(drop.login)
        client.pass_(drop.password)
        self.serves(client, drop)

    def test_wrong_password(self):
        drop = self.server.add_user("u5", "a secret")
        client = self.connect()
        client.user(drop.login)
        with self.assertRaisesRegex(poplib.error_proto,
                                    self.server.wrong_password):
            client.pass_("wrong")

    def test_killed_and_back(self):
        drop = self.server.add_user("u6", "a secret", 3)
        client = self.connect()
        self.server.kill()
        with self.assertRaises((OSError, poplib.error_proto)):
            client.user(drop.login)
        self.server.start()
        client = self.connect()
        client.user(drop.login)
        client.pass_(drop.password)
        self.serves(client, drop)


def run():
    """The exit status: 77 means that it was skipped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        KINDS[KIND]()
    except servers.Missing as missing:
        print(f"SKIP {missing}")
        return 77
    done = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2)
    return 0 if done.result.wasSuccessful() else 1


if __name__ == "__main__":
    KIND = sys.argv[1]
    sys.exit(run())
