# SPDX-License-Identifier: MIT
"""The Python package logs in to Dovecot by every mechanism that both have.

    PYTHONPATH=... python3 python_logins_test.py
"""

import json
import os
import ssl
import sys
import unittest
from unittest import mock

import logins_test
import pop3
import realm
from logins_test import token

PASSWORD = "sesame"


class Logins(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.realm = cls.enterClassContext(realm.Realm())
        cls.server = cls.enterClassContext(logins_test.Everything(cls.realm))
        cls.realm.start()
        cls.server.add_user("alice", PASSWORD, 3)
        cls.server.add_user("demo", PASSWORD, 2)
        cls.server.add_user("hashed", PASSWORD, 4)
        cls.server.set_hashed("hashed", PASSWORD)

    def connect(self, security="tls", pair=None, **options):
        context = ssl.create_default_context(cafile=self.server.ca_file)
        if pair is not None:
            context.load_cert_chain(pair.cert, pair.key)
        port = self.server.ports["tls" if security == "tls" else "clear"]
        self.shown = []
        client = pop3.Client("localhost", port, security=security,
                             context=context, timeout=60,
                             trace=lambda *row: self.shown.append(row[1]),
                             **options)
        self.addCleanup(client.close)
        return client

    def used(self):
        return [line.split(" ")[1] for line in self.shown
                if line.startswith("AUTH ")]

    def test_passwords(self):
        for security in ("tls", "stls"):
            for how in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN",
                        "CRAM-MD5", "USER", "APOP"):
                with self.subTest(how, security=security):
                    if how == "APOP" and security == "stls":
                        continue        # the timestamp came in clear
                    client = self.connect(security)
                    client.login("alice", PASSWORD, how)
                    self.assertEqual(client.stat().count, 3)
                    self.assertNotIn(PASSWORD, "".join(self.shown))

    def test_wrong_passwords(self):
        for how in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN",
                    "CRAM-MD5"):
            with self.subTest(how):
                client = self.connect()
                with self.assertRaises(pop3.AuthenticationError):
                    client.login("alice", "not this one", how)
                self.assertEqual(self.used(), [how])

    def test_the_safest(self):
        client = self.connect()
        client.login("alice", PASSWORD)
        self.assertEqual(self.used(), ["SCRAM-SHA-256"])
        self.assertEqual(client.stat().count, 3)

    def test_the_next_safest(self):
        client = self.connect()
        client.login("hashed", PASSWORD)
        self.assertEqual(self.used(), ["SCRAM-SHA-256", "SCRAM-SHA-1"])
        self.assertEqual(client.stat().count, 4)

    def test_tokens(self):
        for how in (None, "XOAUTH2", "OAUTHBEARER"):
            with self.subTest(how):
                client = self.connect()
                client.login("alice", None, how,
                             token=lambda error: token("alice"))
                self.assertEqual(client.stat().count, 3)
                self.assertEqual(self.used(), [how or "OAUTHBEARER"])

    def test_a_token_that_is_over(self):
        for how in ("XOAUTH2", "OAUTHBEARER"):
            with self.subTest(how):
                said = []

                def fetch(error):
                    said.append(error)
                    return token("alice", seconds=-60 if error is None
                                 else 600)
                client = self.connect()
                client.login("alice", None, how, token=fetch)
                self.assertEqual(client.stat().count, 3)
                self.assertIsNone(said[0])
                self.assertIn("status", json.loads(said[1]))

    def test_certificate(self):
        pair = self.server.authority.issue("client")
        client = self.connect(pair=pair)
        client.login("demo", mechanism="EXTERNAL")
        self.assertEqual(client.stat().count, 2)

    def test_ticket(self):
        with mock.patch.dict(os.environ, self.realm.ticket("alice")):
            client = self.connect()
            client.login("alice", mechanism="GSSAPI")
        self.assertEqual(client.stat().count, 3)
        self.assertEqual(self.used(), ["GSSAPI"])

    def test_no_ticket(self):
        with mock.patch.dict(os.environ, self.realm.env()):
            client = self.connect()
            with self.assertRaisesRegex(pop3.ArgumentError, "kinit"):
                client.login("alice", mechanism="GSSAPI")
        self.assertEqual(self.used(), [])

    def test_nothing_but_a_context(self):
        """It may hold a certificate; ANONYMOUS is never chosen."""
        client = self.connect()
        with self.assertRaises(pop3.AuthenticationError):
            client.login()
        self.assertEqual(self.used(), ["EXTERNAL"])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
