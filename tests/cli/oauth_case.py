# SPDX-License-Identifier: MIT
"""What the tests of OAuth 2 share: an account, a provider and a mailbox."""

import base64
import json
import os
import stat
import sys

import program
from program import Case, FINE, Options

import oauth                    # that of tests/server

REFUSAL = json.dumps({"status": "401", "schemes": "bearer",
                      "scope": "https://mail.example.org/"}).encode()

# Stands for xdg-open and a browser that agrees to everything.
BROWSER = """\
#!{python}
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile={ca!r})
urllib.request.urlopen(sys.argv[1], context=context).read()
"""


class OAuthCase(Case):
    count = 3

    def setUp(self):
        super().setUp()
        self.provider = oauth.OAuth(self.pair).start()
        self.addCleanup(self.provider.stop)
        self.server = self.serve(options=Options(
            tokens=self.provider.access, refusal=REFUSAL,
            capa_drop=["USER", "SASL"], capa_add=["SASL XOAUTH2"]))
        self.kept = self.path(".local", "state", "pop3", "oauth",
                              "demo@localhost.json")
        self.account(**self.provider.config())

    def account(self, **keys):
        keys = {key.replace("_", "-"): value for key, value in keys.items()}
        lines = ["[account work]", "server = localhost", "user = demo",
                 f"port = {self.server.ports['tls']}",
                 f"ca-file = {self.authority.ca_file}",
                 f"oauth-ca-file = {self.authority.ca_file}"]
        lines += [f"{key} = {value}" for key, value in keys.items()]
        config = self.path(".config", "pop3", "config")
        os.makedirs(os.path.dirname(config), exist_ok=True)
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def run_pop3(self, command, *args, status=FINE, **changes):
        done = self.run_argv([program.PROGRAM, command, *args], status,
                             env=self.environment(**changes))
        self.assert_no_secret(done.stdout + done.stderr)
        return done

    def check(self, *args, status=FINE, **changes):
        return self.run_pop3("check", *args, "work", status=status, **changes)

    def login(self, *args, status=FINE, **changes):
        return self.run_pop3("login", *args, "work", status=status, **changes)

    def with_browser(self):
        """The environment in which pop3 finds one."""
        path = self.path("bin", "xdg-open")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(BROWSER.format(python=sys.executable,
                                      ca=self.authority.ca_file))
        os.chmod(path, 0o755)
        return {"PATH": self.path("bin") + ":" + os.environ["PATH"],
                "DISPLAY": ":7"}

    def logged_in(self, **tokens):
        """As after a login, with these in place of what was got."""
        self.login(**self.with_browser())
        if tokens:
            self.keep(**tokens)

    def read_kept(self):
        with open(self.kept, encoding="utf-8") as file:
            return json.load(file)

    def keep(self, **tokens):
        kept = {**self.read_kept(), **tokens}
        with open(self.kept, "w", encoding="utf-8") as file:
            json.dump({k: v for k, v in kept.items() if v is not None}, file)

    def mode(self, path):
        return stat.S_IMODE(os.stat(path).st_mode)

    def sent_tokens(self):
        return [entry["token"] for entry in self.server.log.events("token")]

    def assert_no_secret(self, said):
        """Neither as it is nor as it goes to a POP3 server."""
        for given in self.provider.given + [oauth.SECRET]:
            self.assertNotIn(given, said)
            wire = f"user=demo\1auth=Bearer {given}\1\1".encode()
            self.assertNotIn(base64.b64encode(wire).decode(), said)
