# SPDX-License-Identifier: MIT
"""pop3 login and pop3 logout, against a provider of the tests' own."""

import http.client
import os
import socket
import subprocess
import urllib.parse

import program
from oauth_case import OAuthCase
from program import CONFIG, FINE, LATER, LOGIN, USAGE

import oauth                    # these are of tests/server
from oauth import Answer, refuse, reply
from proxy import Proxy
from web import Request


class Browser(OAuthCase):
    """The loopback redirect (RFC 8252)."""

    def test_login_then_check(self):
        done = self.login(**self.with_browser())
        self.assertIn("logged in", done.stderr)
        self.assertIn("3 messages", self.check().stdout)
        self.assertEqual(self.provider.count("/token"), 1)
        # Once more: the same token, as it lasts.
        self.check()
        self.assertEqual(self.provider.count("/token"), 1)
        self.assertEqual(len(set(self.sent_tokens())), 1)

    def test_what_is_kept_is_private(self):
        self.login(**self.with_browser())
        self.assertEqual(self.mode(self.kept), 0o600)
        self.assertEqual(self.mode(os.path.dirname(self.kept)), 0o700)
        names = set(os.listdir(os.path.dirname(self.kept)))
        self.assertEqual(names, {"demo@localhost.json", "tokens.lock"})

    def test_the_trace_shows_no_secret(self):
        done = self.login("--trace", **self.with_browser())
        self.assertIn("POST https://localhost:", done.stderr)
        self.assertIn("****", self.check("--trace").stderr)

    def test_client_secret(self):
        self.provider.secret = oauth.SECRET
        done = self.login(status=LOGIN, **self.with_browser())
        self.assertIn("oauth-client-secret", done.stderr)
        self.password(oauth.SECRET)
        self.account(**self.provider.config(), oauth_client_secret="file: " +
                     self.path("password"))
        self.login(**self.with_browser())

    # ---- by hand ---------------------------------------------------------

    def begin(self, *args, status=FINE):
        """Starts a login without a browser; the URL, and a way to ask."""
        process = subprocess.Popen(
            [program.PROGRAM, "login", "--no-browser", *args, "work"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.environment(), text=True)
        self.addCleanup(self._end, process)
        url = urllib.parse.urlsplit(process.stdout.readline().strip())
        query = dict(urllib.parse.parse_qsl(url.query))
        back = urllib.parse.urlsplit(query["redirect_uri"])
        self.assertEqual(back.hostname, "127.0.0.1")

        def ask(target, method="GET", host=None, **headers):
            peer = http.client.HTTPConnection("127.0.0.1", back.port, 10)
            peer.request(method, target, headers={
                "Host": host or f"127.0.0.1:{back.port}", **headers})
            answer = peer.getresponse()
            body = answer.read()
            peer.close()
            return answer, body

        def end():
            out, err = process.communicate(timeout=20)
            self.assertEqual(process.returncode, status, out + err)
            self.assert_no_secret(err)
            return err
        return query, ask, end

    def code_for(self, query):
        answer = self.provider.answer(oauth_request("/authorize", query))
        place = urllib.parse.urlsplit(dict(answer.headers)["Location"])
        return dict(urllib.parse.parse_qsl(place.query))["code"]

    def test_only_the_one_request_is_served(self):
        query, ask, end = self.begin()
        code, state = self.code_for(query), query["state"]
        good = "/?" + urllib.parse.urlencode({"code": code, "state": state})
        for target, kwargs, status in (
                ("/favicon.ico", {}, 404), ("/", {}, 404),
                ("/x?code=a&state=" + state, {}, 404),
                (good, {"method": "POST"}, 405),
                (good, {"host": "evil.example.org"}, 421),
                (good, {"host": "localhost.evil.example.org"}, 421),
                (f"/?code={code}&state=wrong", {}, 400),
                (f"/?code={code}", {}, 400),
                (f"/?state={state}", {}, 400),
                (f"/?code={code}&state={state[:-1]}", {}, 400),
                (f"/?code=a&code={code}&state={state}", {}, 400),
                (f"/?code={code}&error=no&state={state}", {}, 400),
                (f"/?code=%zz&state={state}", {}, 400)):
            with self.subTest(target=target, **kwargs):
                answer, body = ask(target, **kwargs)
                self.assertEqual(answer.status, status)
                self.assertNotIn(b"goes on", body)
        self.assertEqual(self.provider.count("/token"), 0)
        answer, body = ask(good)
        self.assertEqual(answer.status, 200)
        self.assertIn(b"goes on", body)
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        end()
        self.check()

    def test_long_requests_and_idle_connections(self):
        query, ask, end = self.begin()
        port = urllib.parse.urlsplit(query["redirect_uri"]).port
        idle = [http.client.HTTPConnection("127.0.0.1", port, 10)
                for _ in range(12)]
        for peer in idle:
            peer.connect()
        for peer in idle:
            peer.close()
        self.assertEqual(ask("/?code=" + "x" * 9000)[0].status, 400)
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", port), 10) as peer:
                peer.sendall(b"GET / HTTP/1.1\r\n".ljust(64 << 10, b"x"))
                self.assertIn(b" 431 ", peer.makefile("rb").readline())
        # The cookies of every port of this machine come along.
        answer, _ = ask("/?" + urllib.parse.urlencode(
            {"code": self.code_for(query), "state": query["state"]}),
            Cookie="x=" + "y" * 60000)
        self.assertEqual(answer.status, 200)
        said = end()
        self.assertEqual(said.count("more than 64 KiB"), 1, said)
        self.assertIn("cookies", said)

    def test_error_in_words(self):
        query, ask, end = self.begin(status=LOGIN)
        answer, body = ask("/?" + urllib.parse.urlencode({
            "error": "access_denied", "state": query["state"],
            "error_description": "not today\u202e"}))
        self.assertEqual(answer.status, 200)
        self.assertIn(b"not let in", body)
        said = end()
        self.assertIn("access_denied", said)
        self.assertIn("not today", said)
        self.assertNotIn("\u202e", said)

    def test_the_code_goes_with_the_verifier(self):
        query, ask, end = self.begin(status=LOGIN)
        self.assertEqual(len(query["code_challenge"]), 43)
        self.assertGreaterEqual(len(query["state"]), 22)
        self.assertEqual(query["login_hint"], "demo")
        other = dict(query, code_challenge="A" * 43)
        ask("/?" + urllib.parse.urlencode(
            {"code": self.code_for(other), "state": query["state"]}))
        self.assertIn("invalid_grant", end())

    def test_time_runs_out(self):
        _, _, end = self.begin("--deadline", "0.3", status=LATER)
        self.assertIn("in time", end())

    def test_no_desktop(self):
        process = subprocess.Popen(
            [program.PROGRAM, "login", "work"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment(DISPLAY="", WAYLAND_DISPLAY=""), text=True)
        self.addCleanup(self._end, process)
        said = process.stderr.readline() + process.stderr.readline()
        self.assertIn("code_challenge=", said)


def oauth_request(path, query):
    return Request("GET", path, query, {}, b"")


class Device(OAuthCase):
    """The device grant (RFC 8628)."""

    def test_login(self):
        done = self.login("--device")
        self.assertIn("WDJB-MJHT", done.stderr)
        self.assertIn("/type-it", done.stderr)
        self.check()

    def test_pending(self):
        self.provider.device_answers = ["authorization_pending"]
        self.login("--device")
        self.assertEqual(self.provider.count("/token"), 2)

    def test_refusals_in_words(self):
        for error, words in (("access_denied", "said no"),
                             ("expired_token", "in time")):
            with self.subTest(error=error):
                self.provider.device_answers = [error]
                done = self.login("--device", status=LOGIN)
                self.assertIn(words, done.stderr)
                self.assertIn(error, done.stderr)
        self.assertFalse(os.path.exists(self.kept))

    def test_answers_that_lack_something(self):
        good = dict(device_code="d", user_code="A-B",
                    verification_uri="https://localhost/")
        for name in good:
            self.provider.answers["/device"] = reply(
                **{k: v for k, v in good.items() if k != name})
            self.login("--device", status=CONFIG)
        for url in ("http://localhost/", "javascript:alert(1)", "x"):
            self.provider.answers["/device"] = reply(
                **{**good, "verification_uri": url})
            done = self.login("--device", status=CONFIG)
            self.assertNotIn(url + " in", done.stderr)

    def test_no_device_login(self):
        keys = self.provider.config()
        del keys["oauth-device-url"]
        self.account(**keys)
        done = self.login("--device", status=CONFIG)
        self.assertIn("without --device", done.stderr)


class Configured(OAuthCase):
    def test_what_is_missing(self):
        keys = self.provider.config()
        self.account(**{k: v for k, v in keys.items()
                        if k != "oauth-client-id"})
        self.assertIn("oauth-client-id", self.login(status=CONFIG).stderr)
        self.account()
        self.assertIn("oauth-provider", self.login(status=CONFIG).stderr)
        self.account(oauth_provider="nobody", oauth_client_id="x")
        self.assertIn("nobody", self.login(status=CONFIG).stderr)
        self.assertIn("nobody", self.run_pop3("config", "check",
                                              status=CONFIG).stderr)
        self.account(**{**keys, "oauth-token-url": "http://localhost/"})
        self.assertIn("https://", self.login(status=CONFIG).stderr)

    def test_providers_of_the_user(self):
        keys = self.provider.config()
        self.account(oauth_provider="mine",
                     oauth_client_id=keys["oauth-client-id"])
        with open(self.path(".config", "pop3", "oauth-providers"), "w",
                  encoding="utf-8") as file:
            file.write("[provider other]\ntoken-url = https://localhost/\n"
                       "[provider mine]\n")
            for name in ("authorization-url", "token-url", "scope"):
                file.write(f"{name} = {keys['oauth-' + name]}\n")
            file.write("servers = localhost\n")
        self.run_pop3("config", "check")
        self.login(**self.with_browser())
        self.check()
        self.account()
        self.assertIn("oauth-provider = mine",
                      self.login(status=CONFIG).stderr)

    def test_the_providers_that_are_built_in(self):
        """They lead to an https page."""
        for name in ("google", "microsoft", "yahoo"):
            self.account(oauth_provider=name, oauth_client_id="the-id")
            done = self.login("--no-browser", "--deadline", "0.1",
                              status=LATER)
            url = urllib.parse.urlsplit(done.stdout.strip())
            query = dict(urllib.parse.parse_qsl(url.query))
            self.assertEqual(url.scheme, "https")
            self.assertEqual(query["client_id"], "the-id")
            self.assertTrue(query["scope"])

    def test_errors_in_the_file_have_their_line(self):
        self.account(oauth_provider="mine", oauth_client_id="x")
        for text, line in (("token-url = https://localhost/\n", None),
                           ("[provider mine]\nscop = x\n", 2),
                           ("[provider mine]\ntoken-url = http://x/\n", 2),
                           ("[mine]\n", 1)):
            with open(self.path(".config", "pop3", "oauth-providers"), "w",
                      encoding="utf-8") as file:
                file.write(text)
            done = self.login(status=CONFIG)
            if line:
                self.assertIn(f"oauth-providers:{line}:", done.stderr)

    def test_logout(self):
        self.login(**self.with_browser())
        self.run_pop3("logout", "work")
        self.assertFalse(os.path.exists(self.kept))
        self.assertIn("pop3 login", self.check(status=LOGIN).stderr)
        self.run_pop3("logout", "work")     # twice does no harm

    def providers(self, **keys):
        with open(self.path(".config", "pop3", "oauth-providers"), "w",
                  encoding="utf-8") as file:
            file.write("[provider mine]\n")
            for key, value in keys.items():
                file.write(f"{key.replace('_', '-')} = {value}\n")

    def test_logout_tells_the_provider(self):
        keys = self.provider.config()
        self.account(**keys, oauth_provider="mine")
        self.providers(token_url=keys["oauth-token-url"],
                       revocation_url=self.provider.url("/revoke"))
        self.login(**self.with_browser())
        self.assertEqual(len(self.provider.refresh), 1)
        self.assertEqual(self.run_pop3("logout", "work").stderr, "")
        self.assertEqual(self.provider.refresh, set())

    def test_logout_tells_nobody_else(self):
        other = oauth.OAuth(self.pair).start()
        self.addCleanup(other.stop)
        self.account(**self.provider.config(), oauth_provider="mine")
        self.providers(token_url=other.url("/token"),
                       revocation_url=other.url("/revoke"))
        self.login(**self.with_browser())
        said = self.run_pop3("logout", "work").stderr
        self.assertIn("the provider was not told", said)
        self.assertIn("revocation-url", said)
        self.assertEqual(other.requests, [])
        self.assertFalse(os.path.exists(self.kept))

    def test_logout_of_a_login_with_another_provider(self):
        self.login(**self.with_browser())
        other = oauth.OAuth(self.pair).start()
        self.addCleanup(other.stop)
        self.account(oauth_client_id="x", oauth_provider="mine")
        self.providers(token_url=other.url("/token"),
                       revocation_url=other.url("/revoke"))
        said = self.run_pop3("logout", "work").stderr
        self.assertIn("with another one", said)
        self.assertEqual(other.requests, [])

    def test_logout_removes_what_a_crash_left(self):
        self.login(**self.with_browser())
        left = self.path(os.path.dirname(self.kept), ".demo@localhost.new")
        for names in ((self.kept, left), (left,)):
            for name in names:
                with open(name, "w", encoding="utf-8") as file:
                    file.write("{}")
                os.chmod(name, 0o600)
            self.run_pop3("logout", "work")
            for name in names:
                self.assertFalse(os.path.exists(name), name)

    def test_the_proxy_of_the_environment(self):
        """It is that of the session, with its password."""
        self.password("secret")
        with Proxy(self.provider.port, login="me:secret") as proxy:
            self.account(**self.provider.config(),
                         proxy_password="file: " + self.path("password"))
            self.login("--device",
                       ALL_PROXY=f"socks5://me@127.0.0.1:{proxy.port}")
            self.assertEqual(set(proxy.asked), {
                ("socks", "localhost", self.provider.port, "me:secret")})

    def test_usage(self):
        self.run_pop3("login", status=USAGE)
        self.run_pop3("login", "work", "work", status=USAGE)


if __name__ == "__main__":
    program.main()
