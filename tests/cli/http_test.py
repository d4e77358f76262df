# SPDX-License-Identifier: MIT
"""cli/http.c by its probe, against a web server of the tests' own.

Run as: python3 http_test.py PROBE
"""

import os
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "server"))

import certs                    # noqa: E402
from proxy import Proxy         # noqa: E402
from web import Answer, Web     # noqa: E402

PROBE = ""
BUSY, CONFIG = 4, 2     # mail_result


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._root = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._root.cleanup)
        cls.authority = certs.Authority(os.path.join(cls._root.name, "ca"))
        cls.pair = cls.authority.issue("good")

    def web(self, answer, pair="good"):
        if not callable(answer):
            given = answer
            def answer(_request):
                return given
        if pair == "good":
            pair = self.pair
        elif pair is not None:
            pair = self.authority.issue(pair)
        web = Web(pair, answer)
        self.addCleanup(web.stop)
        return web.start()

    def ask(self, url, *words, status=0, env=None, ca=True):
        words = [f"url={url}", *words]
        if ca:
            words.append(f"ca={self.authority.ca_file}")
        clean = {key: value for key, value in os.environ.items()
                 if not key.upper().endswith("_PROXY")}
        done = subprocess.run([PROBE, *words], capture_output=True, text=True,
                              timeout=60, check=False,
                              env={**clean, **(env or {})})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def refused(self, url, *words, kind, **kwargs):
        said = self.ask(url, *words, status=1, **kwargs)
        self.assertTrue(said.startswith(f"error {kind} "), said)
        self.assertEqual(said.count("\n"), 1, said)
        return said

    # ---- what is sent, and what comes -----------------------------------

    def test_get(self):
        web = self.web(Answer(b"hello", type="text/plain"))
        said = self.ask(web.url("/a?b=c"), "accept=application/json")
        self.assertEqual(said, "200 text/plain 5\nhello")
        request, = web.requests
        self.assertEqual((request.method, request.path, request.query),
                         ("GET", "/a", {"b": "c"}))
        self.assertEqual(request.headers["accept"], "application/json")
        for name in ("cookie", "authorization", "referer"):
            self.assertNotIn(name, request.headers)

    def test_post(self):
        web = self.web(Answer(b"{}", status=400))
        said = self.ask(web.url(), "body=a=1&b=%20",
                        "type=application/x-www-form-urlencoded")
        self.assertEqual(said, "400 application/json 2\n{}")
        request, = web.requests
        self.assertEqual((request.method, request.form),
                         ("POST", {"a": "1", "b": " "}))
        self.assertEqual(request.headers["content-type"],
                         "application/x-www-form-urlencoded")

    def test_any_status_is_an_answer(self):
        for status in (404, 429, 500, 503):
            web = self.web(Answer(b"no", status=status))
            self.assertTrue(self.ask(web.url()).startswith(f"{status} "))

    # ---- whom to believe ------------------------------------------------

    def test_certificates(self):
        for kind in ("expired", "wrong-host", "self-signed", "other-ca"):
            with self.subTest(kind=kind):
                web = self.web(Answer(), pair=kind)
                self.refused(web.url(), "body=secret", kind=CONFIG)
                self.assertEqual(web.requests, [])

    def test_the_systems_authorities_do_not_know_ours(self):
        web = self.web(Answer())
        self.refused(web.url(), kind=CONFIG, ca=False)
        self.assertEqual(web.requests, [])

    def test_only_https(self):
        web = self.web(Answer(), pair=None)
        for url in (web.url(), f"ftp://localhost:{web.port}/", "file:///etc/",
                    "https://", "https:///x", "https://user@localhost/",
                    "https://user:pw@localhost/", "https://a b/", "", "x",
                    "https://localhost/\x1b", "https://l\u00f6/"):
            with self.subTest(url=url):
                self.refused(url, kind=CONFIG)
        self.assertEqual(web.requests, [])

    # ---- where to go ----------------------------------------------------

    def test_redirects(self):
        def answer(request):
            if request.path == "/there":
                return Answer(b"got it")
            return Answer(status=302, headers=(("Location", "/there"),))
        web = self.web(answer)
        self.assertTrue(self.ask(web.url()).startswith("302 "))
        self.assertIn("got it", self.ask(web.url(), "redirects=1"))
        before = len(web.requests)
        self.ask(web.url(), "redirects=1", "body=secret")
        self.assertEqual(len(web.requests), before + 1)     # not followed

    def test_never_from_https_to_http(self):
        clear = self.web(Answer(b"got you"), pair=None)
        for target in (clear.url(), "file:///etc/passwd",
                       f"pop3://localhost:{clear.port}/"):
            web = self.web(Answer(status=302, headers=(("Location", target),)))
            self.refused(web.url(), "redirects=3", kind=CONFIG)
        self.assertEqual(clear.requests, [])

    def test_redirects_end(self):
        web = self.web(Answer(status=302, headers=(("Location", "/"),)))
        self.refused(web.url(), "redirects=3", kind=CONFIG)
        self.assertEqual(len(web.requests), 4)

    # ---- bounds ---------------------------------------------------------

    def test_size(self):
        web = self.web(Answer(b"x" * 1000))
        self.assertIn(" 1000\n", self.ask(web.url(), "max=1000"))
        said = self.refused(web.url(), "max=999", kind=CONFIG)
        self.assertIn("999 octets", said)

    def test_size_without_length_and_by_default(self):
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        web = self.web(head + b"x" * (64 << 10))
        self.assertIn("200 - 65536\n", self.ask(web.url()))
        web = self.web(head + b"x" * ((64 << 10) + 1))
        self.refused(web.url(), kind=CONFIG)

    def test_time(self):
        """It gives up although no answer ever comes."""
        over = threading.Event()
        web = self.web(lambda _request: over.wait(50) and None)
        self.refused(web.url(), "ms=300", kind=BUSY)
        over.set()

    def test_nobody_listens(self):
        web = self.web(Answer())
        web.stop()
        self.refused(web.url(), kind=BUSY)

    def test_nonsense(self):
        for octets in (b"", b"\x00\xff" * 400, b"+OK POP3 ready\r\n",
                       b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
                       b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                       b"\r\nzz\r\n"):
            with self.subTest(octets=octets[:30]):
                web = self.web(octets)
                said = self.ask(web.url(), status=1)
                self.assertTrue(said.isprintable() or
                                said[:-1].isprintable(), said)

    # ---- proxies --------------------------------------------------------

    def test_proxy(self):
        web = self.web(Answer(b"hello"))
        name = f"https://localhost:{web.port}/"
        for scheme, kind in (("socks5", "socks"), ("socks5h", "socks"),
                             ("http", "http")):
            with self.subTest(scheme=scheme), Proxy(web.port) as proxy:
                self.assertIn("hello", self.ask(
                    name, f"proxy={scheme}://127.0.0.1:{proxy.port}",
                    env={"NO_PROXY": "localhost"}))
                self.assertEqual(proxy.asked,
                                 [(kind, "localhost", web.port, None)])
                self.assertEqual(proxy.seen[:2], b"\x16\x03")

    def test_proxy_of_the_environment(self):
        web = self.web(Answer(b"hello"))
        with Proxy(web.port) as proxy:
            env = {"ALL_PROXY": f"socks5h://127.0.0.1:{proxy.port}"}
            self.ask(web.url(), env=env)
            self.assertEqual(len(proxy.asked), 1)
            self.ask(web.url(), "proxy=none", env=env)
            self.assertEqual(len(proxy.asked), 1)
            self.ask(web.url(), env={**env, "NO_PROXY": "localhost"})
            self.assertEqual(len(proxy.asked), 1)

    def test_the_proxy_of_the_environment_looks_names_up(self):
        web = self.web(Answer(b"hello"))
        name = f"https://localhost:{web.port}/"
        with Proxy(web.port) as proxy, Proxy(web.port) as other:
            url = f"socks5://127.0.0.1:{proxy.port}"
            away = {"ALL_PROXY": "socks5://127.0.0.1:1"}
            want = []
            for words, env in (([], {"ALL_PROXY": url}),
                               ([], {"all_proxy": url}),
                               ([f"all_proxy={url}"], away)):
                with self.subTest(words=words, env=env):
                    self.ask(name, *words, env=env)
                    want.append(("socks", "localhost", web.port, None))
                    self.assertEqual(proxy.asked, want)
            self.ask(name, f"all_proxy={url}", env={"NO_PROXY": "localhost"})
            self.ask(name, f"all_proxy={url}", env={
                "HTTPS_PROXY": f"socks5h://127.0.0.1:{other.port}"})
            self.assertEqual(proxy.asked, want)
            self.assertEqual(len(other.asked), 1)

    def test_a_proxy_that_fails_may_work_later(self):
        web = self.web(Answer())
        with Proxy(web.port, answer=b"\5\5\0\1\0\0\0\0\0\0") as proxy:
            self.refused(web.url(), f"proxy=socks5://127.0.0.1:{proxy.port}",
                         kind=BUSY)
        self.assertEqual(len(proxy.asked), 1)

    def test_a_proxy_that_is_away_is_not_left_out(self):
        web = self.web(Answer())
        with Proxy(web.port) as proxy:
            port = proxy.port
        self.refused(web.url(), f"proxy=socks5h://127.0.0.1:{port}", kind=BUSY)
        self.assertEqual(web.requests, [])


if __name__ == "__main__":
    PROBE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
