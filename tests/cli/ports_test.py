# SPDX-License-Identifier: MIT
"""Which ports of a host are one mailbox, and which are others."""

import contextlib
import os
import sqlite3

import program
from program import Case

from proxy import Proxy     # that of tests/server


class Ports(Case):
    def two_servers(self):
        """Of one host, with other mail under the same ids and sizes."""
        first = self.serve()
        box = self.path("box2")
        os.makedirs(os.path.join(box, "new"))
        os.makedirs(os.path.join(box, "cur"))
        more = {}
        for name, data in self.expected.items():
            more[name] = data.swapcase()
            with open(os.path.join(box, "new", name), "wb") as file:
                file.write(more[name])
        return first, self.serve(maildir=box), more, box

    def test_two_ports(self):
        first, second, more, box = self.two_servers()
        wanted = self.wanted()
        wanted.update(more.values())
        for _ in range(2):
            for server in (first, second):
                self.fetch(server, "--delete")
            self.assertEqual(self.delivered(), wanted)
        self.assertEqual(self.left(), 0)
        self.assertEqual(os.listdir(os.path.join(box, "new")), [])

    def names_in_state(self):
        with contextlib.closing(sqlite3.connect(self.state)) as state:
            return [name for name, in state.execute(
                "SELECT name FROM account ORDER BY id")]

    def test_usual_ports(self):
        """They are one mailbox, and no other is taken for it."""
        server = self.serve()
        names = []
        for url, kind, name in (
                ("pops://demo@mail.test", "tls", "demo@mail.test"),
                ("pops://demo@mail.test:995", "tls", "demo@mail.test"),
                ("pop://demo@mail.test:110", "stls", "demo@mail.test"),
                ("pops://demo@mail.test:9950", "tls", "demo@mail.test:9950"),
                ("pops://demo@[2001:db8::1]:9950", "tls",
                 "demo@[2001:db8::1]:9950")):
            with Proxy(server.ports[kind]) as proxy:
                self.pop3("fetch", "--deliver", "maildir:" + self.maildir,
                          "--state", self.state, "--server-name", "localhost",
                          "--proxy", f"socks5h://127.0.0.1:{proxy.port}",
                          *(["--stls"] if kind == "stls" else []), url)
            names += [name] if name not in names else []
            self.assertEqual(self.names_in_state(), names)
            self.assertEqual(len(self.files()),
                             self.count * len(names))


if __name__ == "__main__":
    program.main()
