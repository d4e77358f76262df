# SPDX-License-Identifier: MIT
"""docs/moving.md: each of its snippets, behind a run of the program that is
left, fetches only what is new."""

import os
import re

import program
from peers import Peers
from program import Case

DOC = os.path.join(program.HERE, "..", "..", "docs", "moving.md")


def snippets():
    with open(DOC, encoding="utf-8") as file:
        return re.findall(r"```sh\n(.*?)```", file.read(), re.S)


class Moving(Case, Peers):
    count = 6

    def setUp(self):
        super().setUp()
        self.write_private(".mail-password", "demo\n")
        os.mkdir(self.path("bin"))
        os.symlink(program.PROGRAM, self.path("bin", "pop3"))

    def run_snippet(self, text, server):
        """With the names and the port of the test."""
        for old, new in (("alice", "demo"), ("pop.example.org", "localhost"),
                         ("-995-", f"-{server.ports['tls']}-")):
            text = text.replace(old, new)
        return self.run_argv(["sh", "-ec", text], env=self.environment(
            PATH=self.path("bin") + ":/usr/bin:/bin"), cwd=self.dir)

    def assert_moves(self, index, run):
        server = self.serve()
        run(server)
        before = len(self.retrieved(server))
        self.add("zz-new", b"Subject: new\n\nbody\n")
        done = self.run_snippet(snippets()[index], server)
        self.assertIn("would fetch 1 message", done.stderr)
        self.assertIn("fetched 1 message,", done.stderr)
        self.assertEqual(self.retrieved(server)[before:], [len(self.uids)])
        self.assertEqual(self.delivered(), {self.expected["zz-new"]: 1})

    def test_fetchmail(self):
        # It has no field of a header, so fetchmail leaves it.
        name = next(uid for uid in self.uids
                    if self.expected[uid].startswith(b".dot line"))
        for sub in ("new", "cur"):
            for file in os.listdir(os.path.join(self.box, sub)):
                if file.startswith(name):
                    os.remove(os.path.join(self.box, sub, file))
        del self.expected[name]
        self.uids = sorted(self.expected)

        def run(server):
            config = self.write_private(".fetchmailrc", (
                "poll localhost protocol pop3 service "
                f"{server.ports['tls']} uidl auth password user demo password "
                f'demo keep ssl sslproto "TLS1.2+" sslcertck sslcertfile '
                f"{self.authority.ca_file} bsmtp /dev/null\n"))
            self.run_argv(["fetchmail", "-f", config, "--nosyslog",
                           "--nodetach", "-s", "-i", self.path(".fetchids"),
                           "--pidfile", self.path("pid")])
        self.assert_moves(0, run)

    def test_getmail(self):
        os.mkdir(self.path(".getmail"))

        def run(server):
            text = "\n".join([
                "[retriever]", "type = SimplePOP3SSLRetriever",
                "server = localhost", f"port = {server.ports['tls']}",
                "username = demo", "password = demo",
                f"ca_certs = {self.authority.ca_file}", "[destination]",
                "type = Maildir", f"path = {self.path('getmail')}/",
                self.getmail_user(), "[options]", "verbose = 0",
                "delete = false", ""])
            config = self.write_private(".getmail/getmailrc", text)
            self.run_argv(["getmail", "--getmaildir", self.path(".getmail"),
                           "--rcfile", config])
            # Delivered for good: else it would be the one of the snippet.
            self.write_private(".getmail/getmailrc", text.replace(
                self.path("getmail"), self.maildir))
            for sub in ("tmp", "new", "cur"):
                os.makedirs(os.path.join(self.maildir, sub))
        self.assert_moves(1, run)

    def test_mpop(self):
        os.mkdir(self.path(".mpop_uidls"))

        def run(server):
            text = "\n".join([
                "account work", "host localhost",
                f"port {server.ports['tls']}", "user demo", "password demo",
                "auth user", "tls on", "tls_starttls off", "keep on",
                f"tls_trust_file {self.authority.ca_file}",
                f"delivery maildir {self.maildir}", ""])
            config = self.write_private(".mpoprc", text)
            for sub in ("tmp", "new", "cur"):
                os.makedirs(os.path.join(self.maildir, sub))
            self.run_argv(["mpop", "-C", config, "-q", "work"])
            for path in self.files():
                os.remove(path)
        self.assert_moves(2, run)

    def test_export(self):
        self.test_mpop()
        done = self.run_snippet(snippets()[3], self.served)
        self.assertIn("0 ids are remembered now", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), len(self.uids))

    def test_all_are_tested(self):
        self.assertEqual(len(snippets()), 4)


if __name__ == "__main__":
    program.main()
