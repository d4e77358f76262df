# SPDX-License-Identifier: MIT
"""Each command, its output, and how it fails."""

import json
import os
import re
import signal
import socket
import subprocess
import time

import manual
import program
from program import (CONFIG, FINE, LATER, LOGIN, NO_SERVER, PARTIAL, PROTOCOL,
                     USAGE, Case, Options, until)

PAGE = os.path.join(program.HERE, "..", "..", "man", "pop3.1")


class Help(Case):
    def test_version(self):
        done = self.run_argv([program.PROGRAM, "--version"])
        self.assertRegex(done.stdout, r"^pop3 \d+\.\d+\.\d+\n$")

    def test_every_command_has_help(self):
        listing = self.run_argv([program.PROGRAM, "help"]).stdout
        names = re.findall(r"^  ([a-z]+)  ", listing, re.M)
        self.assertEqual(names, ["check", "list", "show", "save", "delete",
                                 "fetch", "seen", "login", "logout",
                                 "setup", "doctor", "daemon", "status",
                                 "config", "import", "completions", "help"])
        for name in names:
            long = self.run_argv([program.PROGRAM, name, "--help"]).stdout
            self.assertEqual(
                long, self.run_argv([program.PROGRAM, "help", name]).stdout)
            self.assertIn(f"Usage: pop3 {name}", long)
            self.assertLess(max(map(len, long.splitlines())), 80)

    def test_no_arguments(self):
        done = self.run_argv([program.PROGRAM], USAGE)
        self.assertEqual(done.stdout, "")
        self.assertIn("Usage", done.stderr)

    def test_manual_page_agrees(self):
        for name, argv in manual.PAGES.items():
            with open(os.path.join(manual.MAN, name),
                      encoding="utf-8") as file:
                page = file.read()
            made = self.run_argv([program.PROGRAM, *argv]).stdout
            self.assertGreater(made.count(".It"), 20)
            self.assertIn(made, page,
                          "run tests/cli/manual.py to renew the page")

    def test_every_flag_is_in_the_manual(self):
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        for command in ("check", "fetch", "show", "save"):
            text = self.run_argv([program.PROGRAM, command, "-h"]).stdout
            flags = re.findall(r"^ +(?:-\w, )?--([a-z-]+)", text, re.M)
            self.assertGreater(len(flags), 15)
            for flag in flags:
                self.assertIn("Fl -" + flag, page)


class Usage(Case):
    def complain(self, *args):
        return self.run_argv([program.PROGRAM, *args], USAGE).stderr

    def test_mistyped_command(self):
        self.assertIn("did you mean fetch?", self.complain("fetsh", "x"))
        self.assertIn("pop3 help", self.complain("zzz"))
        self.assertIn("did you mean list?", self.complain("help", "lixt"))

    def test_mistyped_flag(self):
        self.assertIn("did you mean --delete?",
                      self.complain("fetch", "--delte", "pops://a@h"))
        self.assertIn("--help", self.complain("fetch", "--zzz", "pops://a@h"))
        self.assertIn("has no flag --delete",
                      self.complain("check", "--delete", "pops://a@h"))
        self.assertIn("-z", self.complain("check", "-z", "pops://a@h"))

    def test_values(self):
        for args, words in (
                (["--timeout", "0"], "more than 0"),
                (["--timeout=0.0"], "more than 0"),
                (["--timeout", "-1"], "seconds"),
                (["--deadline", "1h"], "seconds"),
                (["--connect-timeout", "99999999999"], "seconds"),
                (["--max-size", "10X"], "octets"),
                (["--max-size", "0"], "octets"),
                (["--max-messages", "0"], "at least 1"),
                (["--tls", "maybe"], "implicit|stls|none"),
                (["--auth", "ntlm"], "auto|user|apop|plain|login|cram-md5"),
                (["--delete=yes"], "no value"),
                (["--state="], "needs a value"),
                (["--keep", "--delete"], "choose one"),
                (["-q", "-v"], "choose one"),
                (["--password-file", "a", "--password-command", "b"],
                 "choose one")):
            self.assertIn(words, self.complain("fetch", *args, "pops://a@h"))
        self.assertIn("needs a value", self.complain("fetch", "--state"))

    def test_arguments(self):
        self.assertIn("needs ACCOUNT", self.complain("check"))
        self.assertIn("needs ACCOUNT MESSAGE",
                      self.complain("show", "pops://a@h"))
        self.assertIn("takes only", self.complain("list", "a", "b"))
        self.assertIn("--deliver", self.complain("fetch", "pops://a@h"))

    def test_urls(self):
        for url, words in (
                ("pops://a:secret@h", "--password-file"),
                ("http://h", "pops://"),
                ("pops://a@h/INBOX", "folders")):
            text = self.complain("check", url)
            self.assertIn(words, text)
            self.assertNotIn("secret", text)
        self.assertIn("use pop://",
                      self.complain("check", "--stls", "pops://a@h"))
        self.assertIn("choose one", self.complain(
            "check", "--auth", "user", "pops://a;AUTH=PLAIN@h"))
        self.assertIn("names no user", self.complain("check", "pops://h"))


class Commands(Case):
    def test_check(self):
        server = self.serve()
        done = self.pop3("check", self.url(server))
        self.assertRegex(done.stdout,
                         r"^demo@localhost: 12 messages, \d+\.\d kB\n$")
        self.assertEqual(done.stderr, "")
        self.assertNotIn("RETR", server.log.verbs())

    def test_check_several(self):
        server = self.serve()
        answer = self.json("check", self.url(server, "stls"),
                           self.url(server, user="other"), self.url(server),
                           status=PARTIAL)
        one, other, three = answer["accounts"]
        self.assertEqual(one["messages"], 12)
        self.assertEqual(one, three)
        self.assertEqual(other["status"], LOGIN)
        self.assertIn("error", other)

    def test_list(self):
        server = self.serve()
        rows = [line.split("\t") for line in
                self.pop3("list", self.url(server)).stdout.splitlines()]
        self.assertEqual([row[0] for row in rows],
                         [str(n) for n in range(1, 13)])
        self.assertEqual([row[2] for row in rows], self.uids)
        answer = self.json("list", self.url(server))
        self.assertEqual([[str(m["number"]), str(m["octets"]), m["uid"]]
                          for m in answer["messages"]], rows)

    def test_list_without_uidl(self):
        server = self.serve("no-uidl")
        answer = self.json("list", self.url(server))
        self.assertEqual({m["uid"] for m in answer["messages"]}, {None})

    def test_list_disagrees(self):
        server = self.serve("hide=LIST:3", "hide=UIDL:5", "shuffle-rows",
                            "odd-rows")
        answer = self.json("list", self.url(server), status=PARTIAL)
        self.assertEqual([m["number"] for m in answer["messages"]],
                         [1, 2, 4, 6, 7, 8, 9, 10, 11, 12])

    def test_show(self):
        server = self.serve()
        raw = self.pop3("show", self.url(server), "4", text=False).stdout
        self.assertTrue(raw.startswith(b"From: "))
        self.assertIn("TOP 4 20", server.log.commands())
        self.pop3("show", "--lines", "0", self.url(server), self.uids[1])
        self.assertIn("TOP 2 0", server.log.commands())

    def test_show_without_top(self):
        server = self.serve("err-on=TOP")
        self.assertIn("pop3 save", self.pop3(
            "show", self.url(server), "1", status=PROTOCOL).stderr)

    def test_save(self):
        server = self.serve()
        out = self.path("out")
        os.mkdir(out)
        done = self.pop3("save", "--output", out, self.url(server), "2",
                         "uid:" + self.uids[5])
        self.assertEqual(done.stdout, "2.eml\n6.eml\n")
        for number in (2, 6):
            with open(os.path.join(out, f"{number}.eml"), "rb") as file:
                data = file.read()
            self.assertEqual(data.replace(b"\r\n", b"\n"),
                             self.expected[self.uids[number - 1]])
            self.assertNotRegex(data, rb"[^\r]\n")
        again = self.json("save", "--output", out, self.url(server), "2", "3",
                          status=PARTIAL)
        self.assertEqual([m["file"] for m in again["messages"]], ["3.eml"])
        self.assertIn("exists", again["error"])

    def test_save_fails(self):
        server = self.serve("err-on=RETR:2", "cut-reply=RETR:4/60")
        done = self.pop3("save", "--output", self.dir, self.url(server), "2",
                         "3", "4", "5", status=LATER)
        self.assertEqual(done.stdout, "3.eml\n")
        self.assertEqual([name for name in os.listdir(self.dir)
                          if name.endswith(".eml")], ["3.eml"])

    def test_delete(self):
        server = self.serve()
        answer = self.json("delete", self.url(server), "2", self.uids[3])
        self.assertEqual((answer["marked"], answer["deleted"]), (2, 2))
        self.assertEqual(self.left(), 10)

    def test_delete_nothing_by_mistake(self):
        server = self.serve()
        self.pop3("delete", self.url(server), "1", "no-such-id",
                  status=PARTIAL)
        self.pop3("delete", self.url(server), "1", "0", status=USAGE)
        self.assertEqual(self.deleted(server), [])
        self.assertEqual(self.left(), 12)

    def test_delete_same_id_twice(self):
        server = self.serve("duplicate-uids=2")
        done = self.pop3("delete", self.url(server), self.uids[0],
                         status=PARTIAL)
        self.assertIn("2 messages have this", done.stderr)
        self.assertEqual(self.left(), 12)

    def test_delete_tells_the_truth(self):
        for fault, status, words in (
                ("err-on=DELE:1", PARTIAL, "DELE 1"),
                ("quit-err", PARTIAL, "still there"),
                ("close-on=QUIT", LATER, "nobody knows")):
            with self.subTest(fault):
                server = self.serve(fault)
                done = self.pop3("delete", self.url(server), "1",
                                 status=status)
                self.assertIn(words, done.stderr)
                self.assertIn("deleted 0 messages", done.stderr)
        self.assertEqual(self.left(), 12)

    def test_full_output(self):
        server = self.serve()
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                self.argv("list", self.url(server)), stdout=full,
                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30,
                env=self.environment(), check=False)
        self.assertEqual(done.returncode, program.DISK)

    def test_trace_has_no_secret(self):
        self.password("s3cret-w0rd")
        server = self.serve(options=Options({"demo": "s3cret-w0rd"}))
        for auth in ("auto", "user", "plain"):
            done = self.pop3("check", "--trace", "--auth", auth,
                             self.url(server))
            self.assertIn("C: STAT", done.stderr)
            self.assertIn("****", done.stderr)
            self.assertNotIn("s3cret", done.stderr)
            self.assertNotIn("AGRlbW8A", done.stderr)


class Connecting(Case):
    def test_no_server(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        done = self.pop3("check", f"pops://demo@127.0.0.1:{port}",
                         status=NO_SERVER)
        self.assertRegex(done.stderr, r"^pop3: 127\.0\.0\.1: connect: ")
        self.pop3("check", "--connect-timeout", "5",
                  "pops://demo@no-such-host.invalid", status=NO_SERVER)

    def test_refused_greeting(self):
        self.pop3("check", self.url(self.serve("refuse")), status=NO_SERVER)
        self.pop3("check", self.url(self.serve("err-on=GREETING")),
                  status=NO_SERVER)

    def test_certificates(self):
        server = self.serve()
        url = self.url(server)
        done = self.run_argv([program.PROGRAM, "check", "--password-file",
                              self.path("password"), url], PROTOCOL)
        self.assertNotIn("USER", server.log.verbs())
        self.pop3("check", "--server-name", "wrong.example", url,
                  status=PROTOCOL)
        self.pop3("check", "--ca-file", self.path("none.pem"), url,
                  status=CONFIG)
        done = self.run_argv([program.PROGRAM, "check", "--insecure",
                              "--password-file", self.path("password"), url])
        self.assertIn("WARNING", done.stderr)

    def test_client_certificate(self):
        """In PKCS#12, with a passphrase that no command line shows."""
        mine = self.authority.issue("client")
        bundle = self.path("me.p12")
        subprocess.run(["openssl", "pkcs12", "-export", "-in", mine.cert,
                        "-inkey", mine.key, "-passout", "pass:p4ss",
                        "-out", bundle], check=True)
        server = self.serve(client_ca=self.authority.ca_file)
        check = ["check", "--cert", bundle, self.url(server)]
        secret = self.path("phrase")
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w",
                  encoding="ascii") as file:
            file.write("p4ss\n")
        self.pop3(*check, "--cert-password-file", secret)
        self.pop3(*check, "--cert-password-command", "echo p4ss")
        self.assertTrue(all(event["client_cert"]
                            for event in server.log.events("tls")))
        done = self.pop3(*check, "--cert-password-command", "echo wrong",
                         status=CONFIG)
        self.assertIn("may be wrong", done.stderr)
        done = self.pop3(*check, status=CONFIG)
        self.assertIn("--cert-password-file", done.stderr)
        os.chmod(secret, 0o644)
        self.pop3(*check, "--cert-password-file", secret, status=CONFIG)

    def test_pins(self):
        """A refusal shows the fingerprint; who pins it gets in."""
        pair = self.authority.issue("self-signed")
        server = self.serve(tls=pair)
        url = self.url(server)
        check = [program.PROGRAM, "check", "--password-file",
                 self.path("password")]
        done = self.run_argv([*check, url], PROTOCOL)
        pin = re.search(r"--tls-fingerprint (sha256:[0-9a-f]{64})",
                        done.stderr)[1]
        self.run_argv([*check, "--tls-fingerprint", pin, url])
        self.assertIn("AUTH", server.log.verbs())
        other = pin[:-1] + ("0" if pin[-1] != "0" else "1")
        sent = len(server.log.commands())
        done = self.run_argv([*check, "--tls-fingerprint", other, url],
                             PROTOCOL)
        self.assertIn(pin, done.stderr)
        self.run_argv([*check, "--tls-fingerprint", "sha1:00", url], CONFIG)
        self.run_argv([*check, "--tls-fingerprint", pin, "--insecure", url],
                      CONFIG)
        self.assertEqual(len(server.log.commands()), sent)

    def test_language(self):
        """Asked for before the login, of servers that have some; a refusal
        is no failure."""
        for lang, drop, asked in (("de", [], True), ("tlh", [], True),
                                  ("de", ["LANG"], False)):
            server = self.serve(options=Options(capa_drop=drop))
            self.pop3("check", "--lang", lang, self.url(server))
            said = [line.split(" ")[0] for line in server.log.commands()]
            login = said.index("AUTH")
            self.assertEqual(said[0], "CAPA")
            self.assertEqual("LANG" in said[:login], asked)
            self.assertNotIn("LANG", said[login:])
        server = self.serve()
        self.pop3("check", self.url(server))
        self.assertNotIn("LANG", server.log.verbs())

    def test_clear_text_is_refused(self):
        server = self.serve(clear=True)
        done = self.pop3("check", self.url(server, "clear"), status=PROTOCOL)
        self.assertIn("STLS", done.stderr)
        self.pop3("check", "--tls", "none", self.url(server, "clear"),
                  status=CONFIG)
        self.assertEqual(set(server.log.verbs()) & {"USER", "PASS", "AUTH",
                                                    "APOP"}, set())
        self.pop3("check", "--tls", "none", "--auth", "user",
                  self.url(server, "clear"))
        self.assertIn("PASS", server.log.verbs())

    def test_stls_refused(self):
        server = self.serve("stls-refuse")
        self.pop3("check", self.url(server, "stls"), status=PROTOCOL)
        self.assertEqual(set(server.log.verbs()) & {"USER", "PASS", "AUTH"},
                         set())

    def test_mechanisms(self):
        server = self.serve(options=Options(apop=True))
        base = self.url(server)
        for url, verb in ((base, "AUTH"),
                          (base.replace("@", ";AUTH=PLAIN@"), "AUTH"),
                          (base.replace("@", ";AUTH=+APOP@"), "APOP")):
            self.pop3("check", url)
            self.assertIn(verb, server.log.verbs())
            server.log.entries.clear()
        self.pop3("check", "--auth", "user", base)
        self.assertIn("PASS", server.log.verbs())

    def test_server_that_dies_of_capa(self):
        server = self.serve("capa-close")
        self.pop3("check", self.url(server))
        verbs = server.log.verbs()
        self.assertEqual((verbs["CAPA"], verbs["STAT"]), (1, 1))
        server = self.serve("capa-close")
        self.pop3("check", "--no-capa", self.url(server))
        self.assertEqual(server.log.verbs()["CAPA"], 0)

    def test_stalls(self):
        for fault, args, status in (
                ("stall-on=STAT", ["--timeout", "0.3"], LATER),
                ("stall-on=STAT", ["--deadline", "0.3"], LATER),
                ("drip=20", ["--deadline", "0.4"], NO_SERVER)):
            with self.subTest(fault):
                self.pop3("check", *args, self.url(self.serve(fault)),
                          status=status)
        self.pop3("check", "--connect-timeout", "0.3",
                  self.url(self.serve("tls-stall")), status=NO_SERVER)


class Passwords(Case):
    def test_wrong(self):
        self.password("wrong")
        server = self.serve()
        done = self.pop3("check", self.url(server), status=LOGIN)
        self.assertIn("check user and password", done.stderr)
        self.assertEqual(server.log.verbs()["AUTH"], 1)
        self.assertEqual(server.log.verbs()["PASS"], 0)

    def test_later(self):
        done = self.pop3("check", self.url(self.serve("in-use")),
                         status=LATER)
        self.assertIn("try again later", done.stderr)
        self.pop3("check", self.url(self.serve("login-err=[LOGIN-DELAY] x")),
                  status=LATER)

    def test_file_mode(self):
        server = self.serve()
        for mode in (0o640, 0o604, 0o620):
            self.password("demo", mode)
            done = self.pop3("check", self.url(server), status=CONFIG)
            self.assertIn("chmod 600", done.stderr)
        self.assertEqual(set(server.log.verbs()) & {"AUTH", "PASS"}, set())

    def test_file_content(self):
        server = self.serve()
        for text, status in (("demo\r", FINE), ("demo\nmore", FINE),
                             ("", CONFIG), ("x" * 16384, CONFIG)):
            self.password(text)
            self.pop3("check", self.url(server), status=status)
        os.unlink(self.path("password"))
        self.pop3("check", self.url(server), status=CONFIG)

    def check(self, command, status=FINE):
        return self.pop3("check", "--password-command", command,
                         self.url(self.serve()), password=False,
                         status=status).stderr

    def test_command(self):
        self.check("printf 'de%s\\nmore' mo")
        self.check("cat " + self.path("password"))
        # No shell: these are plain arguments.
        self.assertIn("cannot run", self.check("demo; echo demo", CONFIG))
        self.check("echo $HOME", LOGIN)

    def test_command_fails(self):
        self.assertIn("status 1", self.check("false", CONFIG))
        self.assertIn("empty", self.check("true", CONFIG))
        self.assertIn("quote", self.check("echo 'demo", CONFIG))
        self.assertIn("No such file", self.check("./no-such-program", CONFIG))

    def test_command_fails_once(self):
        """The cause is told, and not what follows from it."""
        for command, words in (("false", "status 1"),
                               ("/nonexistent", "cannot run")):
            lines = self.check(command, CONFIG).splitlines()
            self.assertEqual(len(lines), 2, lines)
            self.assertIn(words, lines[0])
            self.assertIn("no password", lines[1])

    def test_command_has_more_to_say(self):
        for command in ("echo demo; head -c 300000 /dev/zero",
                        "echo demo; printf %5000s x; sleep 0.1; echo more"):
            self.check(f'sh -c "{command}"')
        self.check("head -c 300000 /dev/zero", CONFIG)

    def test_command_has_usual_signals(self):
        """A shell that starts with ignored signals cannot see them."""
        self.check("sh -c 'kill -PIPE $$; echo demo'", CONFIG)
        self.check("sh -c 'kill -XFSZ $$; echo demo'", CONFIG)

    def test_command_that_hangs(self):
        pid = self.path("pid")
        start = time.monotonic()
        done = self.pop3("check", "--deadline", "0.5", "--password-command",
                         f"sh -c 'sleep 50 & echo $! >{pid}; wait'",
                         self.url(self.serve()), password=False,
                         status=CONFIG)
        self.assertLess(time.monotonic() - start, 20)
        self.assertIn("--deadline", done.stderr)
        with open(pid, encoding="ascii") as file:
            sleeper = int(file.read())
        until(lambda: not self.is_running(sleeper))

    @staticmethod
    def is_running(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().split()[2] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def test_command_leaves_something_behind(self):
        """Its end counts, not that of the pipe; the first line may come
        after its end."""
        start = time.monotonic()
        pid = self.path("pid")
        self.check(f"sh -c 'echo demo; sleep 50 2>&- & echo $! >{pid}'")
        self.assertLess(time.monotonic() - start, 20)
        with open(pid, encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGKILL)
        self.check("sh -c '(sleep 0.2; echo demo) &'")

    def test_no_terminal(self):
        done = self.pop3("check", self.url(self.serve()), password=False,
                         status=CONFIG)
        self.assertIn("--password-command", done.stderr)


class Urls(Case):
    def test_address_of_ipv6(self):
        try:
            server = self.serve(host="::1")
        except OSError as error:
            self.skipTest(f"no IPv6 loopback: {error}")
        self.pop3("check", f"pops://demo@[::1]:{server.ports['tls']}")

    def test_encoded_user(self):
        server = self.serve(options=Options({"a b@c": "demo"}))
        url = f"pops://a%20b%40c@localhost:{server.ports['tls']}"
        answer = self.json("check", url)
        self.assertEqual(answer["accounts"][0]["account"], "a b@c@localhost")

    def test_hostile_words(self):
        server = self.serve("escape", "err-on=STAT/\x1b[31m")
        done = self.pop3("check", "-v", "--trace", self.url(server),
                         status=PROTOCOL)
        self.assertNotIn("\x1b", done.stderr)
        self.assertNotIn("\u202e", done.stderr)
        self.assertIn("\\x1B", done.stderr)
        self.assertTrue(json.dumps(done.stderr))


if __name__ == "__main__":
    program.main()
