# SPDX-License-Identifier: MIT
"""pop3 doctor: each step, the certificate, what is odd, and what it never
does: fetch, change or delete."""

import hashlib
import json
import ssl

import program
from program import (FINE, LOGIN, NO_SERVER, PROTOCOL, USAGE, Case, Options)

ALLOWED = {"CAPA", "STLS", "UTF8", "AUTH", "USER", "PASS", "STAT", "UIDL",
           "LIST", "QUIT"}


class Doctor(Case):
    count = 4

    def look(self, server, *args, kind="tls", status=FINE):
        done = self.json("doctor", *args, self.url(server, kind),
                         status=status)
        self.assertLessEqual(set(server.log.verbs()), ALLOWED)
        self.assertEqual(self.left(), self.count)
        self.assertEqual(done["status"], status)
        return done

    def steps(self, done):
        return [step["name"].split(" ")[0] for step in done["steps"]]

    def found(self, done):
        return "\n".join(f["what"] for f in done["findings"])

    def test_all_is_well(self):
        server = self.serve()
        done = self.look(server)
        self.assertEqual([name for name in self.steps(done)
                          if name != "connect"],
                         ["resolve", "TLS", "connect,", "CAPA", "login",
                          "CAPA", "STAT", "UIDL", "LIST", "QUIT"])
        self.assertTrue(any(step["good"] and step["microseconds"] > 0
                            for step in done["steps"]
                            if step["name"].startswith("connect ")))
        self.assertTrue(all(step["good"] for step in done["steps"]
                            if not step["name"].startswith("connect ")))
        self.assertIn("TLSv1.3", done["tls"])
        self.assertEqual(done["mail"]["messages"], self.count)
        self.assertEqual(done["mail"]["unique_ids"], self.count)
        self.assertTrue(done["logged_in"])
        self.assertEqual(server.log.verbs()["QUIT"], 1)

    def test_the_certificate(self):
        done = self.look(self.serve())["certificate"]
        with open(self.pair.cert, encoding="ascii") as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        self.assertEqual(done["sha256"],
                         "sha256:" + hashlib.sha256(der).hexdigest())
        self.assertEqual(done["subject"], "CN=localhost")
        self.assertEqual(done["issuer"], "CN=libpop3 test root")
        self.assertIn("localhost, 127.0.0.1", done["names"])
        self.assertEqual(done["not_before"], "2020-01-01T00:00:00Z")
        self.assertEqual(done["not_after"], "2071-01-01T00:00:00Z")
        self.assertGreater(done["days_left"], 10000)
        self.assertFalse(done["self_signed"])

    def test_pins_that_are_shown_can_be_used(self):
        pair = self.authority.issue("self-signed")
        server = self.serve(tls=pair)
        done = self.look(server, status=PROTOCOL)
        self.assertIn("signed by itself", self.found(done))
        self.assertLessEqual(set(server.log.verbs()), {"CAPA", "QUIT"})
        for pin in ("sha256", "spki_sha256"):
            self.look(server, "--tls-fingerprint",
                      done["certificate"][pin])

    def test_certificates_that_are_refused(self):
        """They are shown all the same, and no credential goes out."""
        for kind in ("expired", "wrong-host", "sha1", "rsa1024", "other-ca"):
            with self.subTest(kind):
                server = self.serve(tls=self.authority.issue(kind))
                done = self.look(server, status=PROTOCOL)
                self.assertIn("certificate", done)
                self.assertIn("certificate", done["error"])
                self.assertEqual(set(server.log.verbs()) - {"CAPA", "QUIT"},
                                 set())
        done = self.look(self.serve(tls=self.authority.issue("expired")),
                         status=PROTOCOL)
        self.assertIn("has ended", self.found(done))
        self.assertTrue(done["certificate"]["ended"])

    def test_old_tls(self):
        server = self.serve(tls_version="TLSv1_1")
        done = self.look(server, status=PROTOCOL)
        self.assertIn("no TLS newer than 1.1", self.found(done))

    def test_stls(self):
        server = self.serve()
        done = self.look(server, kind="stls")
        self.assertIn("STLS", self.steps(done))
        self.assertIn("certificate", done)

    def test_stls_refused(self):
        server = self.serve("err-on=STLS")
        done = self.look(server, kind="stls", status=PROTOCOL)
        self.assertNotIn("certificate", done)
        self.assertEqual({"USER", "PASS", "AUTH"} & set(server.log.verbs()),
                         set())

    def test_nobody_there(self):
        server = self.serve()
        server.stop()
        done = self.look(server, status=NO_SERVER)
        self.assertFalse(any(step["good"] for step in done["steps"][1:]))
        self.assertIn("listens", done["error"])

    def test_a_refused_login(self):
        self.password("wrong")
        server = self.serve()
        done = self.look(server, status=LOGIN)
        self.assertEqual(self.steps(done)[-1], "login")
        self.assertEqual(server.log.verbs()["STAT"], 0)
        self.assertNotIn("wrong", json.dumps(done).replace(
            "wrong password", ""))

    def test_without_login(self):
        server = self.serve()
        done = json.loads(self.pop3("doctor", "--json", "--no-login",
                                    self.url(server),
                                    password=False).stdout)
        self.assertFalse(done["logged_in"])
        self.assertLessEqual(set(server.log.verbs()), {"CAPA", "QUIT"})
        self.assertNotEqual(done["capabilities_before_login"], [])
        self.assertNotEqual(done["mechanism"], "")

    def test_oddities(self):
        for fault, words, advice in (
                ("no-uidl", "no unique-ids", "--delete"),
                ("capa-err", "does not know CAPA", "no-capa"),
                ("capa-close", "ends the connection at CAPA", "no-capa"),
                ("capa-late=UIDL", "after login only: UIDL", "asks again"),
                ("long-uids=90", "more than 70 octets", "1,024"),
                ("bad-rows", "make no sense", "left alone"),
                ("duplicate-uids=4", "3 unique-ids", "once"),
                ("say-on=STAT/+OK 7 700", "STAT counts 7", "both listings")):
            with self.subTest(fault):
                done = self.look(self.serve(fault))
                self.assertIn(words, self.found(done))
                self.assertIn(advice, "\n".join(
                    f["advice"] for f in done["findings"]))

    def test_capabilities(self):
        server = self.serve(options=Options(
            capa_drop=["PIPELINING", "TOP", "RESP-CODES", "AUTH-RESP-CODE",
                       "EXPIRE"],
            capa_add=["LOGIN-DELAY 900", "EXPIRE 0"]))
        found = self.found(self.look(server))
        for words in ("no PIPELINING", "TOP is not announced",
                      "900 seconds", "EXPIRE 0", "no response codes"):
            self.assertIn(words, found)

    def test_mechanisms(self):
        done = self.look(self.serve())
        self.assertIn("safest", done["mechanism_why"])
        done = self.look(self.serve(), "--auth", "user")
        self.assertEqual(done["mechanism"], "USER")
        self.assertIn("you named it", done["mechanism_why"])

    def test_a_certificate_that_is_not_verified(self):
        """It is said, before the password goes out and at the end."""
        server = self.serve(tls=self.authority.issue("self-signed"))
        for more in ([], ["--no-login"]):
            done = self.pop3("doctor", "--insecure", *more, self.url(server))
            self.assertIn("NOT verified (--insecure)", done.stdout)
            self.assertNotIn(", verified TLS", done.stdout)
            self.assertIn("no certificate was verified", done.stdout)
            self.assertNotIn("All is well", done.stdout)
            self.assertIn("WARNING: --insecure", done.stderr)

    def test_tokens(self):
        """The mechanism is chosen by what the account has."""
        server = self.serve(options=Options(
            tokens={"a-token"}, capa_drop=["SASL"],
            capa_add=["SASL PLAIN XOAUTH2"]))
        done = self.look(server, "--oauth", "command:echo a-token")
        self.assertEqual(done["mechanism"], "XOAUTH2")
        self.assertIn("the token is shown", done["mechanism_why"])
        self.assertTrue(done["logged_in"])

    def test_text(self):
        done = self.pop3("doctor", self.url(self.serve()))
        for words in ("TLS handshake", "Certificate, over TLSv1.3",
                      "Capabilities before login", "Login: ",
                      "All is well; no mail was fetched or changed."):
            self.assertIn(words, done.stdout)

    def test_hostile_words(self):
        """Nothing of what a server says reaches the terminal as it is."""
        server = self.serve("escape",
                            options=Options(capa_add=["X\x1b[31m"]))
        for kind in ("tls", "stls"):
            done = self.pop3("doctor", self.url(server, kind), status=None)
            self.assertIn("\\x1B", done.stdout)
            for text in (done.stdout, done.stderr):
                self.assertNotIn("\x1b", text)
                self.assertNotIn("\x9b", text)

    def test_wrong_urls(self):
        self.pop3("doctor", "nonsense", status=None)
        self.pop3("doctor", "http://x", status=USAGE)


if __name__ == "__main__":
    program.main()
