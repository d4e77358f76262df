# SPDX-License-Identifier: MIT
"""What Cyrus makes of our logins, and we of its mail.

    python3 cyrus_test.py POP3 [TEST...]
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

import cyrus
import servers

SECONDS = 60
PROTOCOL, LOGIN = 76, 77
MECHANISMS = ["plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256"]
MESSAGE = ("Date: Thu, 1 Jan 2026 00:00:00 +0000\r\n"
           "From: a@example.org\r\nSubject: {0}\r\nMessage-Id: <{0}@x>\r\n"
           "\r\nbody {0}\r\n.\r\n..two dots\r\n\r\nend\r\n")


class Opinion(unittest.TestCase):
    pop3 = ""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(cyrus.Cyrus())
        cls.own = cls.enterClassContext(tempfile.TemporaryDirectory())
        for user in "alice", "bob":
            cls.server.set_password(user, "sesame")
        for number in range(1, 6):
            cls.server.deliver("alice", MESSAGE.format(number))
        cls.server.deliver("bob", MESSAGE.format(1))

    def run_pop3(self, command, *flags, user="alice", secret="sesame",
                 status=0, scheme="pops"):
        name = os.path.join(self.server.dir, "secret")
        with open(name, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(secret + "\n")
        port = self.server.ports["tls" if scheme == "pops" else "clear"]
        done = subprocess.run(
            [self.pop3, command, "--trace", "--password-file", name,
             "--ca-file", self.server.ca_file, *flags,
             f"{scheme}://{user}@localhost:{port}"], check=False,
            timeout=SECONDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, encoding="utf-8",
            env={"PATH": servers.PATH, "HOME": self.server.dir})
        self.assertEqual(done.returncode, status,
                         f"\n{done.stderr}{done.stdout}")
        self.assertNotIn(secret, done.stderr)
        return done

    def check(self, *flags, **more):
        done = self.run_pop3("check", "--json", *flags, **more)
        return json.loads(done.stdout)["accounts"][0]["messages"]

    def test_mechanisms(self):
        for how in [*MECHANISMS, "user"]:
            for scheme in "pops", "pop":
                with self.subTest(how, scheme=scheme):
                    self.assertEqual(self.check("--auth", how, scheme=scheme),
                                     5)

    def test_wrong_passwords(self):
        for how in MECHANISMS:
            with self.subTest(how):
                done = self.run_pop3("check", "--auth", how, secret="no",
                                     status=LOGIN)
                self.assertEqual(done.stderr.count("C: AUTH"), 1)

    def test_bound_in_another_way(self):
        """Cyrus 3.6 compares `tls-unique`, whatever the client names, which
        no client can have with TLS 1.3. So the proof is refused; it could be
        somebody in the middle as well, hence nothing else is tried, and the
        user is told."""
        for flags in [], ["--auth", "scram-sha-256-plus"]:
            done = self.run_pop3("check", *flags, status=LOGIN)
            self.assertEqual(done.stderr.count("C: AUTH"), 1)
            self.assertIn("bound to this TLS connection", done.stderr)
            self.assertIn("without -PLUS", done.stderr)

    def test_mail(self):
        target = os.path.join(self.own, "out")
        flags = ["--auth", "scram-sha-256", "--deliver", "maildir:" + target,
                 "--state", os.path.join(self.own, "seen")]
        self.run_pop3("fetch", *flags)
        place = os.path.join(target, "new")
        texts = []
        for name in os.listdir(place):
            with open(os.path.join(place, name), encoding="ascii") as file:
                texts.append(file.read())
        self.assertEqual(len(texts), 5)
        for number in range(1, 6):
            wanted = MESSAGE.format(number).replace("\r\n", "\n")
            self.assertEqual(sum(text.endswith(wanted) for text in texts), 1)
        self.run_pop3("fetch", *flags)
        self.assertEqual(len(os.listdir(place)), 5)

    def test_delete(self):
        target = "maildir:" + os.path.join(self.own, "bobs")
        flags = ["--auth", "plain", "--deliver", target, "--delete",
                 "--state", os.path.join(self.own, "seen")]
        self.run_pop3("fetch", *flags, user="bob")
        self.assertEqual(self.check("--auth", "plain", user="bob"), 0)


def main():
    if len(sys.argv) < 2:
        print("usage: cyrus_test.py POP3 [TEST...]", file=sys.stderr)
        return 64
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    Opinion.pop3 = os.path.abspath(sys.argv[1])
    names = [f"Opinion.{name}" for name in sys.argv[2:]] or ["Opinion"]
    done = unittest.main(argv=sys.argv[:1] + names, exit=False, verbosity=2)
    return 0 if done.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
