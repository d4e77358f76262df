# SPDX-License-Identifier: MIT
"""Servers behind a proxy: one of tests/server, and real ones of Debian."""

import contextlib
import os
import socket
import subprocess

import program
from program import CONFIG, FINE, NO_SERVER, PROTOCOL, USAGE, Case, until

from proxy import Proxy     # that of tests/server

NAME = "mail.nobody-knows.test"     # nobody but the proxy


class ByProxy(Case):
    """Each test says --proxy by itself."""

    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.secret = self.path("proxy-password")
        with open(self.secret, "w", encoding="utf-8") as file:
            file.write("s/e:s@me\n")
        os.chmod(self.secret, 0o600)

    def proxy(self, kind="tls", **kwargs):
        proxy = Proxy(self.server.ports[kind], **kwargs)
        proxy.__enter__()
        self.addCleanup(proxy.__exit__)
        return proxy

    def check(self, proxy, *args, status=FINE, host=NAME, scheme="socks5h",
              user="", **kwargs):
        return self.pop3("check", "--proxy",
                         f"{scheme}://{user}127.0.0.1:{proxy.port}",
                         "--server-name", "localhost", *args,
                         f"pops://demo@{host}", status=status, **kwargs)

    def test_names_are_the_proxys_to_look_up(self):
        for scheme, kind in (("socks5h", "socks"), ("socks5", "socks"),
                             ("http", "http")):
            with self.subTest(scheme=scheme):
                proxy = self.proxy()
                done = self.check(proxy, scheme=scheme)
                self.assertIn("12 messages", done.stdout)
                self.assertEqual(proxy.asked, [(kind, NAME, 995, None)])
                # A ClientHello, and nothing in clear text.
                self.assertEqual(proxy.seen[:2], b"\x16\x03")

    def test_addresses_stay_addresses(self):
        for host, told in (("192.0.2.1", "192.0.2.1"),
                           ("[2001:DB8::1]", "2001:db8::1")):
            proxy = self.proxy()
            self.check(proxy, host=host)
            self.assertEqual(proxy.asked, [("socks", told, 995, None)])
        proxy = self.proxy()
        self.check(proxy, host="[2001:db8::1]", scheme="http")
        self.assertEqual(proxy.asked, [("http", "[2001:db8::1]", 995, None)])

    def test_the_certificate_is_the_servers(self):
        """It is good for localhost, where the proxy is: that counts not."""
        proxy = self.proxy()
        done = self.pop3("check", "--proxy",
                         f"socks5h://localhost:{proxy.port}",
                         f"pops://demo@{NAME}", status=PROTOCOL)
        self.assertIn(NAME, done.stderr)
        self.assertEqual(self.server.log.events("login"), [])
        self.assertEqual(len(proxy.asked), 1)

    def test_fetch_and_stls(self):
        proxy = self.proxy("stls")
        self.pop3("fetch", "--deliver", "maildir:" + self.maildir, "--state",
                  self.state, "--stls", "--server-name", "localhost",
                  "--proxy", f"http://127.0.0.1:{proxy.port}",
                  f"pop://demo@{NAME}:110")
        self.assert_delivered()

    def test_the_greeting_may_come_with_the_answer(self):
        for scheme in ("socks5h", "http"):
            proxy = self.proxy("clear", greeting=True)
            done = self.pop3("check", "--tls", "none", "--auth", "user",
                             "--proxy", f"{scheme}://127.0.0.1:{proxy.port}",
                             f"pop://demo@{NAME}")
            self.assertIn("12 messages", done.stdout)

    def test_login(self):
        for scheme in ("socks5h", "http"):
            proxy = self.proxy(login="al:s/e:s@me")
            self.check(proxy, "--proxy-password-file", self.secret,
                       scheme=scheme, user="al@")
            self.assertEqual(proxy.asked[0][3], "al:s/e:s@me")

    def test_login_refused_tells_no_secret(self):
        for scheme, words in (("socks5h", "refused user and password"),
                              ("http", "wants a login: 407")):
            proxy = self.proxy(login="al:other")
            done = self.check(proxy, "--proxy-password-file", self.secret,
                              "--trace", "--verbose", scheme=scheme,
                              user="al@", status=NO_SERVER)
            self.assertIn(words, done.stderr)
            self.assertIn("check its user and password", done.stderr)
            self.assertNotIn("s@me", done.stderr + done.stdout)
            done = self.check(proxy, scheme=scheme, status=NO_SERVER)
            self.assertIn("it may want a user and a password", done.stderr)

    def test_password_file_of_others(self):
        os.chmod(self.secret, 0o644)
        done = self.check(self.proxy(), "--proxy-password-file", self.secret,
                          user="al@", status=CONFIG)
        self.assertIn("chmod 600", done.stderr)

    def test_no_password_in_urls(self):
        proxy = self.proxy()
        done = self.check(proxy, user="al:sesame@", status=USAGE)
        self.assertIn("--proxy-password-file", done.stderr)
        self.assertNotIn("sesame", done.stderr)
        env = self.environment(
            ALL_PROXY=f"http://al:sesame@127.0.0.1:{proxy.port}")
        done = self.pop3("check", self.url(self.server), env=env,
                         status=USAGE)
        self.assertIn("ALL_PROXY: a password", done.stderr)
        self.assertNotIn("sesame", done.stderr)
        self.assertEqual(proxy.asked, [])

    def test_environment(self):
        proxy = self.proxy()
        url = self.url(self.server)
        for changes, asked in (
                ({"ALL_PROXY": "socks5h://127.0.0.1:{}"}, 1),
                ({"all_proxy": "http://127.0.0.1:{}/"}, 2),
                ({"ALL_PROXY": "socks5h://127.0.0.1:{}",
                  "NO_PROXY": "example.org, localhost"}, 2),
                ({"ALL_PROXY": "socks5h://127.0.0.1:{}",
                  "no_proxy": "example.org"}, 3)):
            env = self.environment(**{key: value.format(proxy.port)
                                      for key, value in changes.items()})
            self.pop3("check", url, env=env)
            self.assertEqual(len(proxy.asked), asked, changes)
        env = self.environment(ALL_PROXY="http://127.0.0.1:1")
        self.pop3("check", "--proxy", "none", url, env=env)
        env = self.environment(ALL_PROXY="ftp://127.0.0.1:1")
        done = self.pop3("check", url, env=env, status=CONFIG)
        self.assertIn("no other kind of proxy", done.stderr)

    def test_configuration(self):
        proxy = self.proxy(login="al:s/e:s@me")
        config = self.path("config")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""\
[defaults]
proxy = socks5h://al@127.0.0.1:{proxy.port}
proxy-password = file: {self.secret}

[account a]
server = {NAME}
user = demo
ca-file = {self.authority.ca_file}
server-name = localhost
password-file = {self.path("password")}
""")
        os.chmod(config, 0o600)
        self.run_argv([program.PROGRAM, "check", "--config", config, "a"])
        # What is asked by URL must not go past the proxy either.
        self.pop3("check", "--config", config, "--server-name", "localhost",
                  f"pops://demo@{NAME}")
        self.assertEqual(len(proxy.asked), 2)
        self.run_argv([program.PROGRAM, "config", "check", "--config",
                       config])
        # Its password is for no other proxy, though that one wants the same.
        other = self.proxy(login="al:s/e:s@me")
        self.check(other, "--config", config, user="al@", status=NO_SERVER)
        with open(config, "a", encoding="utf-8") as file:
            file.write(f"proxy = socks5h://al@127.0.0.1:{other.port}\n")
        argv = [program.PROGRAM, "check", "--config", config, "a"]
        self.run_argv(argv, status=NO_SERVER)
        self.assertEqual(other.asked, [])
        with open(config, "a", encoding="utf-8") as file:
            file.write(f"proxy-password = file: {self.secret}\n")
        self.run_argv(argv)
        self.assertEqual(len(other.asked), 1)
        os.remove(self.secret)
        done = self.run_argv([program.PROGRAM, "config", "check", "--config",
                              config], status=CONFIG)
        self.assertIn("proxy-password", done.stderr)

    def test_answers_that_fail(self):
        for scheme, answer, status, words in (
                ("socks5h", b"\5\5\0\1", NO_SERVER, "connection was refused"),
                ("socks5h", b"\5\0\0\1", NO_SERVER, "closed the connection"),
                ("socks5h", b"\4\0\0\1", PROTOCOL, "proxy of SOCKS 5?"),
                ("http", b"HTTP/1.1 403 No\r\n\r\n", NO_SERVER, "403 No"),
                ("http", b"HTTP/1.1 200", NO_SERVER, "closed the connection"),
                ("http", b"+OK hello\r\n", PROTOCOL, "proxy of HTTP?"),
                ("http", b"HTTP/1.1 200 " + b"a" * 5000, PROTOCOL,
                 "more than an answer has")):
            with self.subTest(answer=answer[:20]):
                done = self.check(self.proxy(answer=answer), scheme=scheme,
                                  status=status)
                self.assertIn(words, done.stderr)

    def test_silence(self):
        done = self.check(self.proxy(silent=True), "--connect-timeout", "0.4",
                          status=NO_SERVER)
        self.assertIn("the proxy gave no connection", done.stderr)

    def test_no_proxy_there(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        done = self.pop3("check", "--proxy", f"http://127.0.0.1:{port}",
                         f"pops://demo@{NAME}", status=NO_SERVER)
        self.assertIn("the proxy: cannot connect to 127.0.0.1", done.stderr)

    def test_bind(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            process = self.start(self.argv(
                "check", "--bind", "127.0.0.9",
                f"pops://demo@127.0.0.1:{port}"))
            connection, peer = listener.accept()
            self.assertEqual(peer[0], "127.0.0.9")
            connection.close()
            process.communicate()
        done = self.pop3("check", "--bind", "nowhere0", self.url(self.server),
                         status=CONFIG)
        self.assertIn("neither an address nor an interface", done.stderr)
        done = self.pop3("check", "--bind", "192.0.2.77",
                         self.url(self.server), status=NO_SERVER)
        self.assertIn("from the address that was asked for", done.stderr)


class Real(Case):
    """microsocks and tinyproxy: their packages stand in tests/cli/packages."""

    def setUp(self):
        super().setUp()
        self.server = self.serve()

    def run_proxy(self, port, *argv):
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        until(lambda: self.listens(port))
        return port

    @staticmethod
    def listens(port):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return True
        return False

    @staticmethod
    def free_port():
        with socket.create_server(("127.0.0.1", 0)) as free:
            return free.getsockname()[1]

    def tinyproxy(self, *lines):
        port = self.free_port()
        config = self.path("tinyproxy.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("\n".join([f"Port {port}", "Listen 127.0.0.1",
                                  "Timeout 60", *lines, ""]))
        return self.run_proxy(port, "tinyproxy", "-d", "-c", config)

    def microsocks(self, *args):
        port = self.free_port()
        return self.run_proxy(port, "microsocks", "-i", "127.0.0.1", "-p",
                              str(port), *args)

    def fetch_by(self, proxy, *args, status=FINE):
        return self.fetch(self.server, "--proxy", proxy, *args, status=status)

    def check_all(self, scheme, port):
        """Right, wrong, missing; and a server that is not there."""
        secret = self.path("proxy-password")
        for text, user, status in (("wrong", "al@", NO_SERVER),
                                   ("sesame", "", NO_SERVER),
                                   ("sesame", "al@", FINE)):
            with open(secret, "w", encoding="ascii") as file:
                file.write(text + "\n")
            os.chmod(secret, 0o600)
            done = self.fetch_by(f"{scheme}://{user}127.0.0.1:{port}",
                                 "--proxy-password-file", secret,
                                 status=status)
            if status != FINE:
                self.assertIn("user and", done.stderr)
        self.assert_delivered()
        return self.pop3("check", "--proxy", f"{scheme}://al@127.0.0.1:{port}",
                         "--proxy-password-file", secret,
                         f"pops://demo@localhost:{self.free_port()}",
                         status=NO_SERVER)

    def test_microsocks(self):
        self.fetch_by(f"socks5h://127.0.0.1:{self.microsocks()}")
        self.assert_delivered()

    def test_microsocks_with_login(self):
        port = self.microsocks("-u", "al", "-P", "sesame")
        done = self.check_all("socks5h", port)
        self.assertIn("connection was refused (reply 5)", done.stderr)

    def test_tinyproxy(self):
        self.fetch_by(f"http://127.0.0.1:{self.tinyproxy()}")
        self.assert_delivered()

    def test_tinyproxy_with_login(self):
        port = self.tinyproxy("BasicAuth al sesame")
        done = self.check_all("http", port)
        self.assertIn("does not connect to localhost", done.stderr)


if __name__ == "__main__":
    program.main()
