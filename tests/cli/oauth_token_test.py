# SPDX-License-Identifier: MIT
"""Tokens in a login: where they come from, how they are renewed and kept."""

import os
import resource
import signal
import sys
import threading
import time

import program
from oauth_case import REFUSAL, OAuthCase
from program import CONFIG, DISK, FINE, LATER, LOGIN, USAGE, Options

import oauth                    # these are of tests/server
from oauth import Answer, refuse, reply

# Prints a token, and notes what it was told.
HELPER = """\
#!{python}
import os, sys
with open({seen!r}, "a") as file:
    print(repr(os.environ.get("POP3_OAUTH_ERROR")), file=file)
print({second!r} if "POP3_OAUTH_ERROR" in os.environ else {first!r})
"""


class Command(OAuthCase):
    """oauth = command: …"""

    def helper(self, first, second=None):
        path = self.path("helper")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HELPER.format(python=sys.executable, first=first,
                                     second=second or first,
                                     seen=self.path("seen")))
        os.chmod(path, 0o755)
        return "command: " + path

    def told(self):
        with open(self.path("seen"), encoding="utf-8") as file:
            return file.read().splitlines()

    def test_a_good_token(self):
        self.provider.access.add("good")
        self.account(oauth=self.helper("good"))
        # What we were started with is not told as if a server had said it.
        self.assertIn("3 messages", self.check(POP3_OAUTH_ERROR="x").stdout)
        self.assertEqual(self.told(), ["None"])
        self.assertEqual(self.sent_tokens(), ["good"])

    def test_asked_once_more_with_the_reason(self):
        self.provider.access.add("good")
        self.account(oauth=self.helper("bad", "good"))
        self.check()
        self.assertEqual(self.told(), ["None", repr(REFUSAL.decode())])
        self.assertEqual(self.sent_tokens(), ["bad", "good"])

    def test_refused_for_good(self):
        self.account(oauth=self.helper("bad", "worse"))
        done = self.check(status=LOGIN)
        self.assertIn("status 401, scope https://mail.example.org/",
                      done.stderr)
        self.assertEqual(self.sent_tokens(), ["bad", "worse"])
        self.assertEqual(len(self.told()), 2)

    def test_the_same_token_is_not_sent_twice(self):
        self.account(oauth=self.helper("bad"))
        self.check(status=LOGIN)
        self.assertEqual(self.sent_tokens(), ["bad"])

    def test_refused_without_json(self):
        """It is asked once more all the same, and told that nothing was
        said."""
        self.server = self.serve(options=Options(
            tokens=set(), capa_drop=["USER", "SASL"],
            capa_add=["SASL XOAUTH2"]))
        self.account(oauth=self.helper("bad", "worse"))
        done = self.check(status=LOGIN)
        self.assertNotIn("status", done.stderr)
        self.assertEqual(self.told(), ["None", "''"])
        self.assertEqual(self.sent_tokens(), ["bad", "worse"])

    def test_what_the_server_says_is_a_strangers(self):
        for said in (b"not json \x1b[31m", b"[]", b'{"status":',
                     b'{"status":[1]}', b'{"scope":"\\u001b[31mx\\u202e"}',
                     b'{"status":"' + b"x" * 3000 + b'"}',
                     b'{"status":"\xff"}'):
            with self.subTest(said=said[:30]):
                self.server = self.serve(options=Options(
                    tokens=set(), refusal=said, capa_drop=["USER", "SASL"],
                    capa_add=["SASL XOAUTH2"]))
                self.account(oauth=self.helper("bad", "worse"))
                done = self.check(status=LOGIN)
                self.assertNotIn("\x1b", done.stderr)
                self.assertNotIn("\u202e", done.stderr)
                self.assertLess(len(done.stderr), 1500)

    def test_commands_that_fail(self):
        for text, words in (("command: false", "status 1"),
                            ("command: ./not-there", "cannot run"),
                            ("command: true", "no token"),
                            ("file: " + self.path("nothing"), "token file")):
            self.account(oauth=text)
            done = self.check(status=CONFIG)
            self.assertIn(words, done.stderr)
            self.assertIn("token", done.stderr)
        self.assertEqual(self.sent_tokens(), [])

    def test_file_and_credential(self):
        self.provider.access.add("good")
        self.password("good")
        self.account(oauth="file: " + self.path("password"))
        self.check()
        self.account(oauth="credential: password")
        self.check(CREDENTIALS_DIRECTORY=self.dir)
        self.password("good", mode=0o644)
        self.account(oauth="file: " + self.path("password"))
        self.assertIn("token file", self.check(status=CONFIG).stderr)

    def test_on_the_command_line(self):
        self.provider.access.add("good")
        self.account(password="file: " + self.path("password"))
        self.check("--oauth", self.helper("good"))
        for text in ("ya29.a-token", "keyring", "prompt", "env: X", "good"):
            done = self.check("--oauth", text, status=USAGE)
            self.assertNotIn("ya29", done.stderr)

    def test_a_password_of_the_account_goes_before_defaults(self):
        self.server = self.serve()
        self.account(password="file: " + self.path("password"))
        with open(self.path(".config", "pop3", "config"), "a",
                  encoding="utf-8") as file:
            file.write("[defaults]\noauth = command: false\n")
        self.check()

    def test_conflicts(self):
        self.account(oauth=self.helper("x"), auth="plain")
        self.assertIn("choose one", self.check(status=CONFIG).stderr)
        self.account(oauth=self.helper("x"), auth="xoauth2")
        self.check(status=LOGIN)

    def test_no_token_over_clear_text(self):
        self.provider.access.add("good")
        self.account(oauth=self.helper("good"), tls="none")
        with open(self.path(".config", "pop3", "config"),
                  encoding="utf-8") as file:
            text = file.read()
        with open(self.path(".config", "pop3", "config"), "w",
                  encoding="utf-8") as file:
            file.write(text.replace(f"port = {self.server.ports['tls']}",
                                    f"port = {self.server.ports['clear']}"))
        self.check(status=CONFIG)
        self.assertEqual(self.sent_tokens(), [])


class Refresh(OAuthCase):
    """What `pop3 login` got is renewed, and kept before it is used."""

    def test_expired(self):
        self.logged_in(expires_at=1, issued_at=0)
        first = self.read_kept()
        self.check()
        self.assertEqual(self.provider.count("/token"), 2)
        second = self.read_kept()
        self.assertNotEqual(first["access_token"], second["access_token"])
        self.assertEqual(first["refresh_token"], second["refresh_token"])
        self.assertEqual(self.sent_tokens(), [second["access_token"]])
        self.check()
        self.assertEqual(self.provider.count("/token"), 2)

    def test_before_it_expires(self):
        now = int(time.time())
        self.logged_in(issued_at=now - 3540, expires_at=now + 60)
        self.check()
        self.assertEqual(self.provider.count("/token"), 2)

    def test_a_clock_that_went_back(self):
        now = int(time.time())
        self.logged_in(issued_at=now + 9000, expires_at=now + 12600)
        self.check()
        self.assertEqual(self.provider.count("/token"), 2)

    def test_refused_by_the_server(self):
        self.logged_in()
        self.provider.access.clear()
        self.check()
        self.assertEqual(self.provider.count("/token"), 2)
        self.assertEqual(len(set(self.sent_tokens())), 2)

    def test_refused_again(self):
        self.logged_in()
        self.server = self.serve(options=Options(
            tokens=set(), refusal=REFUSAL, capa_drop=["USER", "SASL"],
            capa_add=["SASL XOAUTH2"]))
        self.account(**self.provider.config())
        done = self.check(status=LOGIN)
        self.assertIn("status 401", done.stderr)
        self.assertEqual(self.provider.count("/token"), 2)
        self.assertEqual(len(self.sent_tokens()), 2)

    def test_rotation(self):
        self.provider.rotate = True
        self.logged_in(expires_at=1, issued_at=0)
        first = self.read_kept()
        for _ in range(3):
            self.check()
            second = self.read_kept()
            self.assertNotEqual(first["refresh_token"],
                                second["refresh_token"])
            first = second
            self.keep(expires_at=1, issued_at=0)
        self.assertEqual(len(self.provider.refresh), 1)

    def test_a_login_that_ended(self):
        self.logged_in(expires_at=1, issued_at=0)
        self.provider.refresh.clear()
        done = self.check(status=LOGIN)
        self.assertIn("pop3 login", done.stderr)
        self.assertIn("Token has been expired", done.stderr)
        self.assertEqual(self.sent_tokens(), [])
        self.logged_in(expires_at=1, issued_at=0, refresh_token=None)
        self.assertIn("no refresh token", self.check(status=LOGIN).stderr)

    def test_tokens_go_nowhere_else(self):
        self.logged_in(expires_at=1, issued_at=0)
        other = oauth.OAuth(self.pair).start()
        self.addCleanup(other.stop)
        self.account(**other.config())
        self.assertIn("another provider", self.check(status=LOGIN).stderr)
        self.account(**{**self.provider.config(), "oauth-client-id": "x"})
        self.assertIn("another provider", self.check(status=LOGIN).stderr)
        self.assertEqual(other.requests, [])

    def test_hostile_answers(self):
        self.logged_in(expires_at=1, issued_at=0)
        before = self.read_kept()
        good = dict(access_token="a", token_type="Bearer", expires_in=60)
        deep = b"[" * 5000 + b"]" * 5000
        for answer, status in (
                (reply(), CONFIG),
                (reply(**{**good, "access_token": 7}), CONFIG),
                (reply(**{**good, "access_token": "a b"}), CONFIG),
                (reply(**{**good, "access_token": "a\nb"}), CONFIG),
                (reply(**{**good, "access_token": ""}), CONFIG),
                (reply(**{**good, "access_token": "x" * 9000}), CONFIG),
                (reply(**{**good, "access_token": {"x": 1}}), CONFIG),
                (reply(**{**good, "refresh_token": ["r"]}), CONFIG),
                (reply(**{**good, "token_type": "mac"}), CONFIG),
                (reply(**{**good, "expires_in": -5}), CONFIG),
                (reply(**{**good, "expires_in": "soon"}), CONFIG),
                (Answer(b'{"access_token":"a","access_token":"b"}'), CONFIG),
                (Answer(b'{"access_token":"a"'), CONFIG),
                (Answer(b'["access_token"]'), CONFIG), (Answer(deep), CONFIG),
                (Answer(b""), CONFIG), (Answer(b"\xff\xfe"), CONFIG),
                (Answer(b"<html>log in</html>", type="text/html"), CONFIG),
                (Answer(b" " * (1 << 20)), CONFIG),
                (Answer(b"no", status=404), CONFIG),
                (refuse("invalid_client", 401), LOGIN),
                (refuse("server_error"), LATER),
                (Answer(b"", status=503), LATER),
                (Answer(b"", status=429), LATER), (b"", LATER),
                (Answer(status=302, headers=(("Location", "/elsewhere"),)),
                 CONFIG)):
            with self.subTest(answer=str(answer)[:80]):
                self.provider.answers["/token"] = answer
                done = self.check(status=status)
                self.assertLess(len(done.stderr), 1500)
                self.assertEqual(self.read_kept(), before)
        self.assertEqual(self.provider.count("/elsewhere"), 0)
        self.assertEqual(self.sent_tokens(), [])

    def test_numbers_as_text_and_unknown_fields(self):
        self.logged_in(expires_at=1, issued_at=0)
        self.provider.access.add("from-afar")
        self.provider.answers["/token"] = reply(
            access_token="from-afar", token_type="bearer",
            expires_in="99999999999", id_token=[1], scope=None)
        self.check()
        self.assertEqual(self.sent_tokens(), ["from-afar"])

    # ---- the disk ----------------------------------------------------------

    def test_modes_that_are_too_loose(self):
        self.logged_in()
        for path in (self.kept, os.path.dirname(self.kept)):
            mode = self.mode(path)
            for loose in (0o640, 0o604, 0o660):
                os.chmod(path, mode | loose)
                done = self.check(status=CONFIG)
                self.assertIn(path + " can be read", done.stderr)
            os.chmod(path, mode)
        self.check()

    def test_a_file_that_cannot_be_read_now(self):
        """It is not damaged, so nobody is told to remove it."""
        self.logged_in()
        done = self.run_argv(
            ["strace", "-f", "-o", "/dev/null", "-P", self.kept, "-e",
             "inject=read:error=EIO", program.PROGRAM, "check", "work"],
            None, env=self.environment(ASAN_OPTIONS="detect_leaks=0"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cannot read " + self.kept, done.stderr)
        self.assertNotIn("damaged", done.stderr)
        self.check()

    def test_links_are_not_followed(self):
        self.logged_in()
        os.rename(self.kept, self.kept + ".real")
        os.symlink(self.kept + ".real", self.kept)
        self.check(status=CONFIG)
        self.assertEqual(self.sent_tokens(), [])

    def test_a_damaged_file(self):
        self.logged_in()
        for text in ("", "{", "[]", "\0", '{"a":1,"a":2}'):
            with open(self.kept, "w", encoding="utf-8") as file:
                file.write(text)
            self.assertIn("damaged", self.check(status=CONFIG).stderr)
        self.login(**self.with_browser())
        self.check()

    def test_no_room_is_seen_before_the_server_is_asked(self):
        """A rotated token that cannot be kept would be lost."""
        self.provider.rotate = True
        self.logged_in(expires_at=1, issued_at=0)
        before = self.read_kept()
        argv = [program.PROGRAM, "check", "work"]
        done = self.run_argv(argv, DISK, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (4096, 4096)))
        self.assertIn("no room", done.stderr)
        self.assertEqual(self.provider.count("/token"), 1)
        self.assertEqual(self.read_kept(), before)
        self.check()

    def test_kept_before_it_is_used(self):
        """By strace: rename, and the directory on the disk, come before the
        token goes to the POP3 server."""
        self.provider.rotate = True
        self.logged_in(expires_at=1, issued_at=0)
        log = self.path("strace")
        self.run_argv(["strace", "-f", "-o", log, "-yy", "-e",
                       "trace=renameat,fsync,fallocate,write,sendto,sendmsg",
                       program.PROGRAM, "check", "work"],
                      env=self.environment(ASAN_OPTIONS="detect_leaks=0"))
        with open(log, encoding="utf-8", errors="replace") as file:
            calls = [line.split(None, 1)[1] for line in file]
        def at(start, what):
            found = [i for i, call in enumerate(calls)
                     if call.startswith(start) and what in call]
            self.assertTrue(found, (start, what))
            return found
        room = at("fallocate", ".new")[0]
        synced = at("fsync", ".new")[0]
        renamed = at("renameat", "demo@localhost.json")[0]
        durable = [i for i in at("fsync", "pop3/oauth>") if i > renamed][0]
        self.assertLess(room, synced)
        self.assertLess(synced, renamed)
        port = self.server.ports["tls"]
        last = max(i for i, call in enumerate(calls)
                   if call.startswith(("write", "send")) and
                   f":{port}]" in call)
        self.assertLess(durable, last)

    def test_killed_at_any_time(self):
        """The file is the old one or the new one, whole, and the next run
        gets in as far as the provider lets an old token live on."""
        self.provider.rotate = self.provider.grace = True
        self.logged_in(expires_at=1, issued_at=0)
        for call in ("fallocate", "ftruncate", "fsync:when=1", "renameat",
                     "fsync:when=2", "sendto:when=1"):
            self.keep(expires_at=1, issued_at=0)
            before = self.read_kept()
            name, _, when = call.partition(":")
            self.run_argv(
                ["strace", "-f", "-o", "/dev/null", "-e",
                 f"inject={name}:signal=KILL" + (f":{when}" if when else ""),
                 program.PROGRAM, "check", "work"], None)
            after = self.read_kept()
            self.assertIn(after["refresh_token"], self.provider.refresh)
            if name in ("fallocate", "ftruncate"):
                self.assertEqual(after, before)
            self.check()
            self.assertEqual(
                {n for n in os.listdir(os.path.dirname(self.kept))
                 if n.endswith(".new")}, set())

    def test_signals_wait_for_what_was_asked(self):
        """A token that was replaced is kept before a signal counts."""
        self.provider.rotate = True
        self.logged_in(expires_at=1, issued_at=0)
        for command, number in (("check", signal.SIGINT),
                                ("check", signal.SIGTERM),
                                ("list", signal.SIGHUP)):
            with self.subTest(command=command, number=number):
                self.keep(expires_at=1, issued_at=0)
                before = self.read_kept()["refresh_token"]
                asked = self.provider.count("/token")
                over = threading.Event()
                def slow(request):
                    over.wait(50)
                    return self.provider._token(request)
                self.provider.answers["/token"] = slow
                process = self.start(
                    [program.PROGRAM, command, "work"], preexec_fn=lambda:
                    signal.signal(signal.SIGINT, signal.SIG_DFL))
                program.until(lambda:
                              self.provider.count("/token") > asked)
                process.send_signal(number)
                over.set()
                process.communicate(timeout=60)
                self.assertEqual(process.returncode, -number)
                after = self.read_kept()["refresh_token"]
                self.assertNotEqual(before, after)
                self.assertEqual(self.provider.refresh, {after})
        del self.provider.answers["/token"]
        self.check()

    # ---- several at once ---------------------------------------------------

    def test_two_at_once_ask_once(self):
        self.provider.rotate = True
        self.logged_in(expires_at=1, issued_at=0)
        def slow(request):
            time.sleep(0.5)
            return self.provider._token(request)
        self.provider.answers["/token"] = slow
        runs = [self.start([program.PROGRAM, "check", "work"])
                for _ in range(3)]
        for process in runs:
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, FINE, out + err)
        self.assertEqual(self.provider.count("/token"), 2)
        self.assertEqual(len(set(self.sent_tokens())), 1)

    def test_who_waits_too_long_gives_up(self):
        self.logged_in(expires_at=1, issued_at=0)
        over = threading.Event()
        self.provider.answers["/token"] = lambda _: over.wait(50) and None
        first = self.start([program.PROGRAM, "check", "work"])
        program.until(lambda: self.provider.count("/token") == 2)
        done = self.check("--deadline", "0.2", status=LATER)
        self.assertIn("another pop3", done.stderr)
        first.send_signal(signal.SIGKILL)
        over.set()
        del self.provider.answers["/token"]
        self.check()    # the lock died with it


class Seed(OAuthCase):
    """oauth-refresh-token: a first token from outside."""

    def seed(self, token):
        with open(self.path("seed"), "w", encoding="utf-8") as file:
            file.write(token)
        os.chmod(self.path("seed"), 0o600)
        self.provider.refresh.add(token)

    def setUp(self):
        super().setUp()
        self.account(**self.provider.config(),
                     oauth_refresh_token="credential: seed")
        self.seed("seed-1")

    def check(self, *args, **kwargs):
        return super().check(*args, CREDENTIALS_DIRECTORY=self.dir, **kwargs)

    def test_it_is_used_and_its_successor_too(self):
        self.provider.rotate = True
        self.check()
        self.keep(expires_at=1, issued_at=0)
        self.check()        # by the second one: the first is gone
        self.assertNotIn("seed-1", self.provider.refresh)
        self.assertEqual(self.provider.count("/token"), 2)
        self.check()
        self.assertEqual(self.provider.count("/token"), 2)

    def test_a_new_one_counts(self):
        self.check()
        self.seed("seed-2")
        self.check()
        forms = [r.form["refresh_token"] for r in self.provider.requests]
        self.assertEqual(forms, ["seed-1", "seed-2"])

    def test_what_is_kept_does_not_hold_it_in_clear(self):
        self.provider.rotate = True
        self.check()
        with open(self.kept, encoding="utf-8") as file:
            self.assertNotIn("seed-1", file.read())

    def test_nobody_logs_in(self):
        done = self.login(status=CONFIG, **self.with_browser())
        self.assertIn("oauth-refresh-token", done.stderr)
        self.assertEqual(self.provider.requests, [])

    def test_the_advice_is_not_to_log_in(self):
        for error in ("invalid_grant", "consent_required",
                      "interaction_required"):
            self.provider.answers["/token"] = refuse(error)
            said = self.check(status=LOGIN).stderr
            self.assertIn("oauth-refresh-token", said)
            self.assertNotIn("pop3 login", said)
        del self.provider.answers["/token"]
        self.server = self.serve(options=Options(
            tokens=set(), refusal=REFUSAL, capa_drop=["USER", "SASL"],
            capa_add=["SASL XOAUTH2"]))
        self.account(**self.provider.config(),
                     oauth_refresh_token="credential: seed")
        said = self.check(status=LOGIN).stderr
        self.assertIn("oauth-refresh-token", said)
        self.assertNotIn("pop3 login", said)

    def test_none(self):
        os.remove(self.path("seed"))
        self.assertIn("credential", super().check(
            status=CONFIG, CREDENTIALS_DIRECTORY=self.dir).stderr)


if __name__ == "__main__":
    program.main()
