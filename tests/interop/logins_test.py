# SPDX-License-Identifier: MIT
"""Every mechanism that Dovecot has, right and wrong, through the program.

    python3 logins_test.py POP3 [TEST...]

A token is a JWT that Dovecot verifies by itself, with a key of this run; the
client certificate comes from the authority of this run; the Kerberos realm is
realm.py's. Without its packages the test of GSSAPI fails: it is not skipped.
"""

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
import unittest

import realm
import servers

SECONDS = 60
LOGIN = 77
PASSWORDS = ["plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256"]
KEY = b"a key that only this test and its Dovecot know"


class Everything(servers.Dovecot):
    """Dovecot with all mechanisms, for users in one of two kinds: with their
    password, and in the scheme of SCRAM-SHA-1 alone ("hashed")."""

    EXTRA = """\
auth_mechanisms = plain login apop cram-md5 scram-sha-1 scram-sha-256 \\
  anonymous external xoauth2 oauthbearer{gssapi}
auth_ssl_username_from_cert = yes
auth_verbose = yes
ssl_verify_client_cert = yes
ssl_require_crl = no
ssl_ca = <{ca}
ssl_cert_username_field = commonName
{kerberos}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = external gssapi
  args = nopassword=y
}}
"""
    OAUTH = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={dir}/keys/
username_attribute = sub
"""

    def __init__(self, kerberos=None):
        super().__init__()
        self.kerberos = kerberos

    def configure(self):
        super().configure()
        self.write("oauth2.conf", self.OAUTH.format(dir=self.dir))
        self.write("keys/default/HS256/default",
                   base64.b64encode(KEY).decode())
        self.own(self.path("keys"))
        kerberos = ""
        if self.kerberos:
            kerberos = (f"auth_krb5_keytab = {self.kerberos.keytab}\n"
                        "auth_gssapi_hostname = \"$ALL\"\n"
                        f"import_environment = TZ KRB5_CONFIG="
                        f"{self.kerberos.config} KRB5RCACHETYPE=none")
        with open(self.path("dovecot.conf"), encoding="utf-8") as file:
            text = file.read()
        # The first passdb that knows a mechanism answers: ours come first.
        extra = self.EXTRA.format(
            dir=self.dir, ca=self.ca_file, kerberos=kerberos,
            gssapi=" gssapi" if self.kerberos else "")
        self.write("dovecot.conf", text.replace(
            "auth_mechanisms = plain login apop\n", extra))

    def set_hashed(self, user, password):
        """A user whose verifier is that of SCRAM-SHA-1 alone."""
        salt, rounds = os.urandom(12), 4096
        salted = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, rounds)
        stored = hashlib.sha1(hmac.digest(salted, b"Client Key",
                                          "sha1")).digest()
        server = hmac.digest(salted, b"Server Key", "sha1")
        b64 = [base64.b64encode(part).decode() for part in
               (salt, stored, server)]
        self.write(f"users/{user}",
                   f"{user}:{{SCRAM-SHA-1}}{rounds},{','.join(b64)}\n")


def token(user, key=KEY, seconds=600):
    """A signed JWT (RFC 7519)."""
    now = int(time.time())
    parts = [{"alg": "HS256", "typ": "JWT"},
             {"sub": user, "iat": now - 1, "nbf": now - 1,
              "exp": now + seconds}]
    text = b".".join(base64.urlsafe_b64encode(
        json.dumps(part).encode()).rstrip(b"=") for part in parts)
    mark = base64.urlsafe_b64encode(hmac.digest(key, text, "sha256"))
    return (text + b"." + mark.rstrip(b"=")).decode()


class Logins(unittest.TestCase):
    pop3 = ""

    @classmethod
    def setUpClass(cls):
        cls.realm = cls.enterClassContext(realm.Realm())
        cls.server = cls.enterClassContext(Everything(cls.realm))
        cls.realm.start()
        cls.server.add_user("alice", "sesame", 3)
        cls.server.add_user("demo", "sesame", 2)
        cls.server.add_user("hashed", "sesame", 4)
        cls.server.set_hashed("hashed", "sesame")

    def run_pop3(self, *flags, user="alice", secret="sesame", status=0,
                 env=None, part="tls"):
        name = os.path.join(self.server.dir, "secret")
        with open(name, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(secret + "\n")
        scheme = "pops" if part == "tls" else "pop"
        url = f"{scheme}://{user}@localhost:" + str(
            self.server.ports["tls" if part == "tls" else "clear"])
        done = subprocess.run(
            [self.pop3, "check", "--json", "--trace", "--password-file", name,
             "--ca-file", self.server.ca_file, *flags, url], check=False,
            timeout=SECONDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, encoding="utf-8",
            env=dict({"PATH": servers.PATH, "HOME": self.server.dir},
                     **(env or {})))
        self.assertEqual(done.returncode, status,
                         f"\n{done.stderr}{done.stdout}")
        self.assertNotIn(secret, done.stderr)
        if status == 0:
            return (json.loads(done.stdout)["accounts"][0]["messages"],
                    done.stderr)
        return done.stderr

    def test_passwords(self):
        for how in PASSWORDS:
            for part in ("tls", "stls"):
                with self.subTest(how, part=part):
                    count, said = self.run_pop3("--auth", how, part=part)
                    self.assertEqual(count, 3)
                    self.assertIn("AUTH " + how.upper(), said)

    def test_wrong_passwords(self):
        for how in PASSWORDS:
            with self.subTest(how):
                said = self.run_pop3("--auth", how, secret="not this one",
                                     status=LOGIN)
                self.assertEqual(said.count("C: AUTH"), 1)

    def test_safest_is_chosen(self):
        count, said = self.run_pop3()
        self.assertEqual(count, 3)
        self.assertIn("AUTH SCRAM-SHA-256 ****", said)
        self.assertNotIn("AUTH PLAIN", said)

    def test_next_safest(self):
        """SCRAM-SHA-256 is refused before anything was made from the
        password, since the server has no verifier for it."""
        count, said = self.run_pop3(user="hashed")
        self.assertEqual(count, 4)
        self.assertIn("AUTH SCRAM-SHA-256 ****", said)
        self.assertIn("AUTH SCRAM-SHA-1 ****", said)
        self.assertNotIn("AUTH PLAIN", said)

    def test_named_is_not_replaced(self):
        said = self.run_pop3("--auth", "scram-sha-256", user="hashed",
                             status=LOGIN)
        self.assertEqual(said.count("C: AUTH"), 1)

    def test_tokens(self):
        for how in ("xoauth2", "oauthbearer"):
            with self.subTest(how):
                count, _ = self.run_pop3("--auth", how, secret=token("alice"))
                self.assertEqual(count, 3)

    def test_tokens_that_are_refused(self):
        for how in ("xoauth2", "oauthbearer"):
            for bad in (token("alice", b"another key"),
                        token("alice", seconds=-60), token("bob")):
                with self.subTest(how):
                    said = self.run_pop3("--auth", how, secret=bad,
                                         status=LOGIN)
                    self.assertIn("refused the token", said)

    def test_certificate(self):
        pair = self.server.authority.issue("client")
        count, said = self.run_pop3("--auth", "external", "--cert", pair.cert,
                                    "--key", pair.key, user="demo")
        self.assertEqual(count, 2)
        self.assertIn("C: AUTH EXTERNAL", said)

    def test_external_without_certificate(self):
        said = self.run_pop3("--auth", "external", user="demo", status=78)
        self.assertNotIn("C: AUTH", said)

    def test_ticket(self):
        env = self.realm.ticket("alice")
        count, said = self.run_pop3("--auth", "gssapi", env=env)
        self.assertEqual(count, 3)
        self.assertIn("AUTH GSSAPI", said)

    def test_no_ticket(self):
        said = self.run_pop3("--auth", "gssapi", env=self.realm.env(),
                             status=78)
        self.assertIn("kinit", said)


def main():
    if len(sys.argv) < 2:
        print("usage: logins_test.py POP3 [TEST...]", file=sys.stderr)
        return 64
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    Logins.pop3 = os.path.abspath(sys.argv[1])
    names = [f"Logins.{name}" for name in sys.argv[2:]] or ["Logins"]
    done = unittest.main(argv=sys.argv[:1] + names, exit=False, verbosity=2)
    return 0 if done.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
