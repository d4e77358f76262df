# SPDX-License-Identifier: MIT
"""Where GNU SASL cannot be loaded: what needs it says so, and what to install;
all else works."""

import os

import program
from program import FINE, Case, Options


class WithoutGnuSasl(Case):
    count = 2

    def environment(self, **changes):
        """Libraries of that name which are none, before those of the system.
        """
        folder = self.path("lib")
        os.makedirs(folder, exist_ok=True)
        for number in ("7", "18"):
            with open(os.path.join(folder, "libgsasl.so." + number), "wb"):
                pass
        return super().environment(LD_LIBRARY_PATH=folder, **changes)

    def check(self, server, *args, status=FINE):
        return self.pop3("check", *args, self.url(server), status=status)

    def refused(self, server, *args):
        done = self.check(server, *args, status=None)
        self.assertNotEqual(done.returncode, FINE)
        for words in ("needs GNU SASL", "install libgsasl.so."):
            self.assertIn(words, done.stderr)
        verbs = [line.split(" ")[0] for line in server.log.commands()]
        self.assertNotIn("AUTH", verbs)
        self.assertNotIn("USER", verbs)

    def test_by_name(self):
        server = self.serve(options=Options(
            capa_add=["SASL CRAM-MD5 GSSAPI PLAIN"]))
        for mechanism in ("cram-md5", "gssapi"):
            self.refused(server, "--auth", mechanism)

    def test_nothing_else_is_announced(self):
        self.refused(self.serve(options=Options(
            capa_drop=["USER", "SASL"], capa_add=["SASL CRAM-MD5"])))

    def test_the_others(self):
        server = self.serve(options=Options(
            capa_drop=["SASL"], capa_add=["SASL CRAM-MD5 GSSAPI PLAIN"]))
        for args in ((), ("--auth", "plain"), ("--auth", "user")):
            self.assertIn("2 messages", self.check(server, *args).stdout)


if __name__ == "__main__":
    program.main()
