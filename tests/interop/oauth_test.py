# SPDX-License-Identifier: MIT
"""Dovecot that asks a provider about tokens, and pop3 that gets them there.

    python3 oauth_test.py POP3 [TEST...]

The provider is tests/server/oauth.py, with TLS of this run's authority. pop3
logs in there by device, and Dovecot's oauth2 passdb asks it, by introspection
(RFC 7662), whether the token is good.
"""

import json
import os
import subprocess
import sys
import unittest

import servers

import oauth        # that of tests/server

SECONDS = 60
LOGIN = 77


class Introspecting(servers.Dovecot):
    """Dovecot that knows nobody but by token."""

    EXTRA = """\
auth_mechanisms = xoauth2 oauthbearer
auth_verbose = yes
auth_cache_size = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
"""
    OAUTH = """\
introspection_mode = post
introspection_url = {url}
tls_ca_cert_file = {ca}
username_attribute = username
active_attribute = active
active_value = true
"""

    def __init__(self):
        super().__init__()
        self.provider = None

    def __exit__(self, *args):
        super().__exit__(*args)
        if self.provider is not None:
            self.provider.stop()

    def configure(self):
        super().configure()
        if self.provider is None:
            self.provider = oauth.OAuth(self.pair).start()
        self.write("oauth2.conf", self.OAUTH.format(
            url=self.provider.url("/introspect"), ca=self.ca_file))
        with open(self.path("dovecot.conf"), encoding="utf-8") as file:
            text = file.read()
        self.write("dovecot.conf", text.replace(
            "auth_mechanisms = plain login apop\n",
            self.EXTRA.format(dir=self.dir)))


class Tokens(unittest.TestCase):
    pop3 = ""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Introspecting())
        cls.provider = cls.server.provider
        cls.server.add_user(oauth.USER, "unused", 3)

    def setUp(self):
        self.home = os.path.join(self.server.dir, self.id())
        os.makedirs(os.path.join(self.home, ".config", "pop3"))
        self.account()

    def account(self, **more):
        keys = {"server": "localhost", "user": oauth.USER,
                "port": self.server.ports["tls"],
                "ca-file": self.server.ca_file,
                "oauth-ca-file": self.server.ca_file,
                **self.provider.config(), **more}
        with open(os.path.join(self.home, ".config", "pop3", "config"), "w",
                  encoding="utf-8") as file:
            file.write("[account work]\n" + "".join(
                f"{key} = {value}\n" for key, value in keys.items()))

    def run_pop3(self, command, *flags, status=0):
        done = subprocess.run(
            [self.pop3, command, *flags, "work"], check=False, timeout=SECONDS,
            stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
            env={"PATH": servers.PATH, "HOME": self.home})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr +
                         self.server.log()[-2000:])
        for secret in self.provider.given:
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done

    def test_both_mechanisms(self):
        self.run_pop3("login", "--device")
        for name in ("xoauth2", "oauthbearer"):
            done = self.run_pop3("check", "--json", "--auth", name)
            self.assertEqual(json.loads(done.stdout)["accounts"][0]
                             ["messages"], 3)
        self.run_pop3("check")      # the mechanism is found

    def test_a_token_that_was_withdrawn_is_renewed(self):
        self.run_pop3("login", "--device")
        self.provider.access.clear()
        before = self.provider.count("/token")
        self.run_pop3("check")
        self.assertEqual(self.provider.count("/token"), before + 1)

    def test_a_login_that_was_withdrawn(self):
        self.run_pop3("login", "--device")
        self.provider.access.clear()
        self.provider.refresh.clear()
        done = self.run_pop3("check", status=LOGIN)
        self.assertIn("invalid_token", done.stderr)
        self.assertIn("pop3 login", done.stderr)

    def test_the_token_of_somebody_else(self):
        self.run_pop3("login", "--device")
        self.account(user="mallory")
        kept = os.path.join(self.home, ".local", "state", "pop3", "oauth")
        os.rename(os.path.join(kept, "demo@localhost.json"),
                  os.path.join(kept, "mallory@localhost.json"))
        self.run_pop3("check", status=LOGIN)


if __name__ == "__main__":
    Tokens.pop3 = os.path.abspath(sys.argv.pop(1))
    unittest.main()
