# SPDX-License-Identifier: MIT
"""What a user of pop3 reads when a certificate is not good, and that nothing
was sent by then: no command, and no credential above all."""

import subprocess
import threading

import program
from program import CONFIG, FINE, PROTOCOL, Case

# A kind of certs.py, and what has to stand in the error.
WORDS = {
    "expired": ["expired on 2021-01-01", "check the date of this computer"],
    "not-yet": ["is not valid before 2070-01-01", "check the date"],
    "wrong-host": ["is not for localhost", "check the host name",
                   'it is for "other.example.test"'],
    "wildcard": ["is not for localhost", '"*.example.test"'],
    "wildcard-part": ["is not for localhost", '"local*"'],
    "wildcard-middle": ["is not for localhost"],
    "wildcard-all": ["is not for localhost"],
    "ip": ["is not for localhost", "it is for 127.0.0.1"],
    "cn-only": ["is not for localhost", "no subjectAltName for a host",
                "a name in its subject does not count"],
    "nul": ["is not for localhost", r"localhost\x00.evil.test"],
    "sha1": ["signed by means of SHA1", "can be forged"],
    "rsa1024": ["has a weak key (RSA, 1024 bits)"],
    "wrong-eku": ["is not meant for servers"],
    "self-signed": ["is signed by itself", "--ca-file", "--tls-fingerprint"],
    "other-ca": ["an authority that is unknown here", "--ca-file"],
    "incomplete": ["does not send all of the chain",
                   'issued by "libpop3 test middle"'],
    "not-ca": ["certificate 2 of the chain",
               "issues others without being an authority"],
    "critical": ["a critical extension that is not understood"],
    "must-staple": ["demands an OCSP staple (must-staple)",
                    "the server sent no staple"],
}


class Staples:
    """openssl s_server, which staples a file to its certificate and says what
    a POP3 server with an empty mailbox would say."""

    ANSWERS = {"CAPA": "+OK\r\nUSER\r\n.", "USER": "+OK", "PASS": "+OK",
               "STAT": "+OK 0 0", "LIST": "+OK\r\n.", "UIDL": "+OK\r\n.",
               "QUIT": "+OK"}

    def __init__(self, pair, staple):
        self._process = subprocess.Popen(
            ["openssl", "s_server", "-naccept", "1", "-accept",
             "127.0.0.1:0", "-cert", pair.cert, "-key", pair.key,
             "-status_file", staple],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, bufsize=0)
        self.lines = []
        # "ACCEPT 127.0.0.1:12345", and then what it is asked among much else.
        for line in self._process.stdout:
            if line.startswith(b"ACCEPT "):
                self.port = int(line.rsplit(b":", 1)[1])
                break
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _say(self, text):
        self._process.stdin.write(text.encode() + b"\r\n")

    def _talk(self):
        try:
            self._say("+OK ready")
            for line in self._process.stdout:
                verb = line.decode("latin-1").strip().split(" ")[0]
                if verb in self.ANSWERS:
                    self.lines.append(line.decode().strip())
                    self._say(self.ANSWERS[verb])
        except OSError:
            pass            # the client went

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._process.stdin.close()
        self._process.stdout.close()


class Certificates(Case):
    count = 1

    def check(self, server, *flags, status=FINE):
        return self.pop3("check", *flags, self.url(server), status=status)

    def test_words(self):
        for kind, words in WORDS.items():
            with self.subTest(kind):
                server = self.serve(tls=self.authority.issue(kind))
                done = self.check(server, status=PROTOCOL)
                for some in words:
                    self.assertIn(some, done.stderr)
                self.assertEqual(server.log.commands(), [])

    def test_names_that_match(self):
        for kind, name in (("wildcard", "mail.example.test"),
                           ("wildcard", "MAIL.Example.test."),
                           ("ip", "127.0.0.1"), ("good", "::1"),
                           ("chain", "localhost")):
            with self.subTest(kind=kind, name=name):
                server = self.serve(tls=self.authority.issue(kind))
                self.check(server, "--server-name", name)

    # ---- names with letters outside ASCII -------------------------------

    def test_international_name(self):
        pair = self.authority.issue("good",
                                    san="DNS:xn--bcher-kva.example")
        server = self.serve(tls=pair)
        self.check(server, "--server-name", "B\u00fccher.example")
        done = self.check(server, "--server-name", "b\u00fccherei.example",
                          status=PROTOCOL)
        self.assertIn("is not for xn--bcherei-n2a.example", done.stderr)
        self.assertIn('"xn--bcher-kva.example"', done.stderr)
        # A wildcard stands for no such label.
        server = self.serve(tls=self.authority.issue("wildcard"))
        self.check(server, "--server-name", "\u00fc.example.test",
                   status=PROTOCOL)

    def test_no_such_international_name(self):
        server = self.serve()
        done = self.check(server, "--server-name", "a\uff0fb.example",
                          status=CONFIG)
        self.assertIn("cannot be one: it holds a character that no host name "
                      "has", done.stderr)
        self.assertEqual(server.log.commands(), [])

    # ---- staples --------------------------------------------------------

    def test_required_staple(self):
        server = self.serve()
        self.check(server, "--tls-ocsp", "stapled")
        sent = len(server.log.commands())
        done = self.check(server, "--tls-ocsp", "require", status=PROTOCOL)
        self.assertIn("needs an OCSP staple (--tls-ocsp require)",
                      done.stderr)
        self.check(server, "--tls-ocsp", "require", "--insecure",
                   status=CONFIG)
        self.assertEqual(len(server.log.commands()), sent)

    def by_openssl(self, pair, staple, status):
        server = Staples(pair, staple)
        self.addCleanup(server.stop)
        done = self.pop3("check", "--tls-ocsp", "require",
                         f"pops://demo@localhost:{server.port}",
                         status=status)
        server.stop()
        return server, done

    def test_staples_of_openssl(self):
        pair = self.authority.issue("must-staple", cn="stapled")
        good = self.authority.staple(pair)
        server, _ = self.by_openssl(pair, good, FINE)
        self.assertIn("USER demo", server.lines)
        revoked = self.authority.staple(pair, revoke="keyCompromise")
        server, done = self.by_openssl(pair, revoked, PROTOCOL)
        self.assertRegex(done.stderr, r"was revoked by its authority on 20\d\d"
                         r"-\d\d-\d\d \(keyCompromise\)")
        self.assertEqual(server.lines, [])


if __name__ == "__main__":
    program.main()
