# SPDX-License-Identifier: MIT
"""Every snippet of docs/python.md runs, as it stands.

The names pop.example.org and pop.example.net lead to test servers, whose
authority is trusted by way of SSL_CERT_FILE, as that of a real one would be.
"""

import builtins
import contextlib
import io
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from client_support import HERE, MESSAGES, ClientCase, pop3

PAGE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs",
                    "python.md")
HOSTS = ("pop.example.org", "pop.example.net")


def snippets():
    """(heading, code) of each block."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    heading = ""
    for found in re.finditer(r"^## ([^\n]*)$|^```python\n(.*?)^```$", text,
                             re.M | re.S):
        if found[1] is not None:
            heading = found[1]
        else:
            yield heading, found[2]


class DocumentationTest(ClientCase):
    def setUp(self):
        super().setUp()
        self.pair = self.authority.issue("good", san=",".join(
            "DNS:" + host for host in HOSTS))
        self.servers = {}
        self.real = socket.getaddrinfo
        self._replace(socket, "getaddrinfo", self.getaddrinfo)
        self.addCleanup(self.restore, dict(os.environ), os.getcwd(),
                        sys.modules.get("poplib"),
                        pop3.poplib.verify_by_default)
        os.environ["SSL_CERT_FILE"] = self.authority.ca_file
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        os.chdir(scratch.name)

    def restore(self, environment, directory, poplib, verify):
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        sys.modules.pop("poplib", None)
        if poplib is not None:
            sys.modules["poplib"] = poplib
        pop3.poplib.verify_by_default = verify

    def getaddrinfo(self, host, port, *args, **kwargs):
        if host in HOSTS and port == 995:
            if kwargs.get("flags", 0) & socket.AI_NUMERICHOST:
                raise socket.gaierror(socket.EAI_NONAME, "a name")
            host, port = "127.0.0.1", self.servers[host].ports["tls"]
        return self.real(host, port, *args, **kwargs)

    def run_snippet(self, heading, code):
        """Each finds full mailboxes."""
        self.servers = {host: self.serve() for host in HOSTS}
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, f"python.md, {heading}", "exec"),
                 {"__name__": "snippet"})
        return out.getvalue()

    def test_every_snippet(self):
        ran = 0
        for heading, code in snippets():
            with self.subTest(heading, code=code):
                self.run_snippet(heading, code)
                ran += 1
        self.assertGreater(ran, 12)

    def test_what_they_print(self):
        said = [self.run_snippet(heading, code)
                for heading, code in snippets()]
        together = "\n".join(said)
        for words in (f"{MESSAGES} are gone, 0 were refused",
                      "the password is wrong: ", "refused: ", "TLSv1.3",
                      "True ['en English'", "\r2144 of 2144"):
            self.assertIn(words, together)
        self.assertIn(f"[{MESSAGES}, {MESSAGES}]", together)

    def test_every_name_exists(self):
        with open(PAGE, encoding="utf-8") as file:
            text = file.read()
        told = set(re.findall(r"`([A-Z][A-Za-z]+Error)`", text))
        for name in told:
            self.assertTrue(hasattr(pop3, name) or hasattr(builtins, name),
                            name)
        self.assertEqual({"Error", "InternalError"},
                         set(pop3.errors.__all__) - told)

    def test_the_context_is_the_systems(self):
        self.assertTrue(ssl.create_default_context().get_ca_certs())

    def test_import_is_lazy(self):
        """Who wants the drop-in does not pay for the rest."""
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from pop3 import poplib; "
             "print(sorted({'asyncio', 'email', 'pop3.client'} & "
             "set(sys.modules)))"], check=True, stdout=subprocess.PIPE,
            text=True)
        self.assertEqual(done.stdout.strip(), "[]")


if __name__ == "__main__":
    unittest.main()
