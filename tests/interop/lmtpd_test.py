# SPDX-License-Identifier: MIT
"""`pop3 fetch` to Dovecot's lmtpd, which writes into a Maildir of its own.

    python3 lmtpd_test.py POP3 [TEST...]

Behind the fields that Dovecot and pop3 put before it, each message stands
there once, octet for octet; what Dovecot refuses stays on the server, and is
told.
"""

import os
import re
import signal
import sys

import cyrus
import servers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "cli"))

import program                          # noqa: E402
from program import CONFIG, PARTIAL     # noqa: E402
from sink_support import SinkCase       # noqa: E402

LARGEST = 12 << 20
ROOM = 16 << 20
USER = "bob"


class Lmtpd(servers.Dovecot):
    """On a socket and on a port, for users that are there."""
    listeners = ("clear", "tls", "lmtp")
    CONFIG = servers.Dovecot.CONFIG.replace(
        "protocols = pop3", "protocols = pop3 lmtp").replace(
        " allow_all_users=yes", "") + f"""\
mail_plugins = quota
plugin {{{{
  quota = maildir:Here
  quota_grace = 0
  quota_rule = *:bytes={ROOM}
  quota_max_mail_size = {LARGEST}
}}}}
service lmtp {{{{
  chroot =
  user = {{user}}
  unix_listener {{dir}}/lmtp {{{{
    mode = 0666
  }}}}
  inet_listener lmtp {{{{
    address = 127.0.0.1
    port = {{lmtp}}
  }}}}
}}}}
"""

    def __init__(self):
        super().__init__()
        if not os.path.exists("/usr/lib/dovecot/lmtp"):
            raise servers.Missing("Dovecot is here without LMTP: please "
                                  "install dovecot-lmtpd")


class Sink:
    """What was delivered to one user of it."""

    def __init__(self, server, user, deliver):
        self.deliver = deliver
        self._server = server
        self._drop = server.add_user(user)

    def raw(self):
        """Without the fields before, of which pop3's is the last one."""
        return [re.sub(rb"\A.*?^Delivery-Id: <[0-9a-f]{32}@pop3>\r\n", b"",
                       data, count=1, flags=re.DOTALL | re.MULTILINE)
                for data in self._server.held(self._drop)]

    def messages(self):
        return [data.replace(b"\r\n", b"\n") for data in self.raw()]

    def throw_away(self):
        """All, and what Dovecot counted."""
        os.unlink(os.path.join(self._drop.path, "maildirsize"))
        new = os.path.join(self._drop.path, "new")
        for name in os.listdir(new):
            os.unlink(os.path.join(new, name))

    @staticmethod
    def litter():
        return []


class LmtpdTest(SinkCase):
    count = 60      # of all kinds
    users = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lmtpd = cls.enterClassContext(Lmtpd())

    def setUp(self):
        super().setUp()
        LmtpdTest.users += 1
        self.user = f"{USER}{LmtpdTest.users}"
        self.ways = {"socket": "lmtp:" + self.lmtpd.path("lmtp"),
                     "port": f"lmtp://127.0.0.1:{self.lmtpd.ports['lmtp']}"}
        self.sink = Sink(self.lmtpd, self.user, self.ways["socket"])

    def take(self, *flags, user=None, **kwargs):
        return self.fetch(self.serve(), "--recipient", user or self.user,
                          *flags, **kwargs)

    def all_kinds(self):
        self.add_odd_ones()
        self.take("--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.take("--delete")
        self.assert_delivered()

    def test_all_kinds_by_socket(self):
        self.all_kinds()

    def test_all_kinds_by_port(self):
        self.sink.deliver = self.ways["port"]
        self.all_kinds()

    def test_kept(self):
        """Nothing comes twice."""
        for flags in [], [], ["--keep=1h"], ["--batch", "5"]:
            self.take(*flags)
            self.assert_delivered()
            self.assertEqual(self.left(), self.count)

    def test_too_large(self):
        """Dovecot calls that 451; so it is told, kept and tried again."""
        self.add("zz-large", b"Subject: large\n\n" + b"x" * LARGEST + b"\n")
        for retrieved in (len(self.uids), 1):
            server = self.serve()
            done = self.fetch(server, "--recipient", self.user, "--delete",
                              status=PARTIAL)
            self.assertIn("maximum size", done.stderr)
            self.assertEqual(len(self.retrieved(server)), retrieved)
            self.assert_delivered(len(self.uids))
            self.assertEqual(self.left(), 1)

    def test_full(self):
        """What has no room now (552 5.2.2) comes when there is."""
        for name in ("zz-1", "zz-2"):
            self.add(name, f"Subject: {name}\n\n".encode() +
                     b"x" * (ROOM * 2 // 3) + b"\n")
        done = self.take("--delete", status=PARTIAL)
        self.assertIn("Quota exceeded", done.stderr)
        self.assert_delivered(len(self.uids))
        self.assertEqual(self.left(), 1)
        self.sink.throw_away()
        self.take("--delete")
        self.assert_delivered(*range(1, len(self.uids)))
        self.assertEqual(self.left(), 0)

    def test_nobody_of_that_name(self):
        done = self.take("--delete", user="nobody-here", status=CONFIG)
        self.assertIn("--recipient", done.stderr)
        self.assertEqual(self.left(), self.count)
        self.take("--delete")
        self.assert_delivered()


class CyrusTest(SinkCase):
    """Which takes less than Dovecot."""
    count = 0

    def test_never(self):
        """What it refuses for good is told each time, kept, and not fetched
        once more."""
        cyrus_there = self.enterContext(cyrus.Cyrus())
        self.sink = Sink(cyrus_there, "carol",
                         "lmtp:" + cyrus_there.path("sock", "lmtp"))
        for name, body in {"1": b"one\n", "2": b"NUL: \0\n", "3": b"three\n",
                           "4": b"x" * (10 << 20) + b"\n..\n.\n"}.items():
            # With the fields that Cyrus would add.
            self.add(name, b"Date: Sat, 01 Aug 2026 00:00:00 +0000\n"
                     b"Message-Id: <%b@x>\n\n%b" % (name.encode(), body))
        for retrieved in ([1, 2, 3, 4], []):
            server = self.serve()
            done = self.fetch(server, "--recipient", "carol", "--delete",
                              status=PARTIAL)
            self.assertIn("refused", done.stderr)
            self.assertEqual(self.retrieved(server), retrieved)
            self.assert_delivered(2)
            self.assertEqual(self.left(), 1)
            self.assertEqual("NUL" in done.stderr, bool(retrieved))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        Lmtpd()
    except servers.Missing as reason:
        print(f"SKIP {reason}")
        sys.exit(77)
    program.main()


if __name__ == "__main__":
    main()
