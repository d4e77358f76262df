# SPDX-License-Identifier: MIT
"""Accounts: the configuration file, what counts for more, and passwords."""

import os
import sqlite3
import stat
import subprocess
import unittest

import program
from program import CONFIG, FINE, PARTIAL, USAGE, Case


class Accounts(Case):
    """A configuration file in the usual place, and a server."""

    def setUp(self):
        super().setUp()
        self.config = self.path(".config", "pop3", "config")
        os.makedirs(os.path.dirname(self.config))

    def write(self, text, mode=0o600, newline="\n"):
        with open(self.config, "w", encoding="utf-8",
                  newline=newline) as file:
            file.write(text)
        os.chmod(self.config, mode)

    def account(self, server, name="work", more=""):
        return (f"[account {name}]\naddress = demo\nserver = localhost\n"
                f"port = {server.ports['tls']}\n"
                f"ca-file = {self.authority.ca_file}\n"
                f"password = file: ~/password\n{more}\n")

    def plain(self, *args, status=FINE, **changes):
        """Without the flags that the other tests give."""
        return self.run_argv([program.PROGRAM, *args], status,
                             env=self.environment(**changes))

    def errors(self, text, **kwargs):
        """Of a file, each as (line, column, text)."""
        self.write(text, **kwargs)
        done = self.plain("config", "check", status=CONFIG)
        self.assertEqual(done.stdout, "")
        prefix = f"pop3: {self.config}:"
        rows = []
        for line in done.stderr.splitlines()[:-1]:
            if line.startswith(prefix) and "there are more" not in line:
                at, column, rest = line[len(prefix):].split(":", 2)
                rows.append((int(at), int(column), rest.strip()))
        return rows


class Use(Accounts):
    def test_fetch_by_name_and_all(self):
        server = self.serve()
        self.write(self.account(server, more="deliver = maildir:~/Mail"))
        done = self.plain("check", "work")
        self.assertIn("demo@localhost: 12 messages", done.stdout)
        self.plain("fetch", "work")
        self.assert_delivered()
        self.assertIn("12 fetched before", self.plain("fetch",
                                                      "--all").stderr)
        # By URL it is the same mailbox.
        done = self.pop3("fetch", "--deliver", "maildir:" + self.maildir,
                         self.url(server))
        self.assertIn("12 fetched before", done.stderr)

    def test_one_account_commands(self):
        server = self.serve()
        self.write(self.account(server))
        self.assertEqual(len(self.plain("list", "work").stdout.splitlines()),
                         12)
        self.assertIn("Subject", self.plain("show", "work", "3").stdout)
        self.plain("save", "--output", self.dir, "work", "2", "3")
        self.assertTrue(os.path.exists(self.path("3.eml")))
        self.plain("delete", "work", "1")
        self.assertEqual(self.left(), 11)

    def test_stls(self):
        server = self.serve()
        text = self.account(server).replace(str(server.ports["tls"]),
                                            str(server.ports["stls"]))
        self.write(text + "tls = stls\n")
        self.plain("check", "work")
        self.assertIn("STLS", server.log.commands())

    def test_precedence(self):
        server = self.serve()
        deliver = "deliver = maildir:~/%s\n"
        self.write("[defaults]\nmax-messages = 1\n" + deliver % "defaults" +
                   self.account(server, "a") +
                   self.account(server, "b", deliver % "own"))
        self.plain("fetch", "a")
        self.assertEqual(len(os.listdir(self.path("defaults", "new"))), 1)
        self.plain("fetch", "b")
        self.assertEqual(len(os.listdir(self.path("own", "new"))), 1)
        self.plain("fetch", "b", "--deliver", "maildir:" + self.path("flag"),
                   "--max-messages=2")
        self.assertEqual(len(os.listdir(self.path("flag", "new"))), 2)
        # The defaults hold for a URL, as far as they concern delivery.
        self.pop3("fetch", self.url(server))
        self.assertEqual(len(os.listdir(self.path("defaults", "new"))), 2)

    def test_no_password_of_the_defaults_for_a_url(self):
        server = self.serve()
        self.write("[defaults]\npassword = file: ~/password\n"
                   f"ca-file = {self.authority.ca_file}\n")
        done = self.run_argv(
            [program.PROGRAM, "check", "--ca-file", self.authority.ca_file,
             self.url(server)], CONFIG)
        self.assertIn("no terminal", done.stderr)
        done = self.run_argv(
            [program.PROGRAM, "check", "--password-file",
             self.path("password"), self.url(server)], program.PROTOCOL)
        self.assertNotIn("PASS", "".join(server.log.commands()))

    def test_flag_beats_the_password_of_the_account(self):
        server = self.serve()
        self.write(self.account(server).replace("file: ~/password",
                                                "command: false"))
        self.plain("check", "work", status=CONFIG)
        self.plain("check", "--password-file", self.path("password"), "work")

    def test_keep_for_a_time(self):
        server = self.serve()
        self.write(self.account(
            server, more="deliver = maildir:~/Mail\nkeep = 2h\n"))
        self.plain("fetch", "--state", self.state, "work")
        self.plain("fetch", "--state", self.state, "work")
        self.assertEqual(self.deleted(server), [])
        database = sqlite3.connect(self.state)
        with database:
            database.execute("UPDATE message SET done_at = done_at - 7300"
                             " WHERE uid <= ?", (self.uids[3].encode(),))
        database.close()
        self.plain("fetch", "--state", self.state, "--keep=3h", "work")
        self.plain("fetch", "--state", self.state, "--keep", "work")
        self.assertEqual(self.deleted(server), [])
        done = self.plain("fetch", "--state", self.state, "work")
        self.assertIn("4 deleted on the server", done.stderr)
        self.assertEqual(self.left(), 8)
        self.assert_delivered()

    def test_several_accounts_one_fails(self):
        server = self.serve()
        self.write(self.account(server, "good") +
                   self.account(server, "bad").replace("= demo", "= nobody"))
        done = self.plain("check", "bad", "good", status=PARTIAL)
        self.assertIn("demo@localhost: 12", done.stdout)

    def test_unknown_account(self):
        self.write("[account work]\nserver = h\nuser = u\n")
        self.assertIn("did you mean work?",
                      self.plain("check", "worc", status=USAGE).stderr)
        self.assertIn("no account \"zzz\" in",
                      self.plain("check", "zzz", status=USAGE).stderr)
        os.remove(self.config)
        self.assertIn("no configuration file",
                      self.plain("check", "work", status=CONFIG).stderr)

    def test_an_address_that_is_no_account(self):
        self.write("[account me@a.test]\nserver = h\nuser = u\n")
        for command in ("doctor", "login", "check", "fetch"):
            for address, words in (
                    ("me@b.test", 'did you mean me@a.test? "pop3 setup '
                                  'me@b.test" adds it'),
                    ("you@example.org", 'account "you@example.org"; "pop3 '
                                        'setup you@example.org" adds it')):
                self.assertIn(words, self.plain(
                    command, address, status=USAGE).stderr)
        os.remove(self.config)
        self.assertIn('"pop3 setup me@a.test" adds it', self.plain(
            "doctor", "me@a.test", status=CONFIG).stderr)

    def test_a_choice_that_is_none(self):
        """The nearest word, on the command line and in the file."""
        for typed, meant in (("scram-sha256", "scram-sha-256"),
                             ("PLAIN", "plain"), ("XOAUTH", "xoauth2"),
                             ("oauth-bearer", "oauthbearer"),
                             ("cram", "cram-md5")):
            words = f'cannot be "{typed}"; did you mean {meant}? It is one of'
            self.assertIn(f"--auth {words} auto|user", self.plain(
                "check", "--auth", typed, "work", status=USAGE).stderr)
            self.write(f"[account work]\nserver = h\nauth = {typed}\n")
            self.assertIn(words, self.plain("config", "check",
                                            status=CONFIG).stderr)
        self.assertIn('cannot be "ntlm"; it is one of', self.plain(
            "check", "--auth", "ntlm", "work", status=USAGE).stderr)

    def test_all(self):
        self.write("[defaults]\nkeep = 0\n")
        self.assertIn("no account in",
                      self.plain("fetch", "--all", status=CONFIG).stderr)
        self.assertIn("choose one",
                      self.plain("fetch", "--all", "x", status=USAGE).stderr)
        os.remove(self.config)
        for command in (["status"], ["daemon"], ["check", "--all"]):
            said = self.plain(*command, status=CONFIG).stderr
            self.assertIn("no configuration file", said)
            self.assertIn("pop3 setup", said)

    def test_deliver_is_missing(self):
        server = self.serve()
        self.write(self.account(server, "a", "deliver = maildir:~/Mail") +
                   self.account(server, "b"))
        done = self.plain("fetch", "a", "b", status=CONFIG)
        self.assertIn("mail of b go", done.stderr)
        self.assertEqual(server.log.commands(), [])


class Errors(Accounts):
    def test_where_and_what(self):
        for text, line, column, words in (
                ("[account a]\nserver = h\nuser = u\ntimeuot = 3\n", 4, 1,
                 "did you mean timeout?"),
                ("[account a]\nserver = h\nuser = u\n  zzz = 3\n", 4, 3,
                 "unknown key zzz"),
                ("[account a]\nserver = h\nuser = u\nmax-size = 9x\n", 4, 12,
                 "octets"),
                ("[account a]\nserver = h\nuser = u\nkeep = 30\n", 4, 8,
                 "unit"),
                ("[account a]\nserver = h\nuser = u\nevery = 0\n", 4, 9,
                 "unit"),
                ("[account a]\nserver = h\nuser = u\nport = 0\n", 4, 8,
                 "65535"),
                ("[account a]\nserver = h\nuser = u\nno-capa = 1\n", 4, 11,
                 "yes or no"),
                ("[account a]\nserver = h\nuser = u\ninsecure = yes\n", 4, 1,
                 "command line only"),
                ("[account a]\nserver = h\nuser = u\ndelete = yes\n", 4, 1,
                 "keep = 0"),
                ("[account a]\nserver = h\nuser = u\nca-file = x.pem\n", 4,
                 11, "absolute"),
                ("[account a]\nserver = h\nuser = u\n"
                 "deliver = maildir:Mail\n", 4, 11, "absolute"),
                ("[account a]\nserver = h\nuser = u\n"
                 "deliver = maildirs:/x\n", 4, 11, "known forms"),
                ("[account a]\nserver = h\nuser = u\n"
                 "deliver = mbox:\n", 4, 11, "needs a file"),
                ("[account a]\nserver = h\nuser = u\n"
                 "deliver = lmtp:24\n", 4, 11, "LMTP server"),
                ("[account a]\nserver = h\nuser = u\n"
                 "deliver = cmd: a 'b\n", 4, 11, "not closed"),
                ("[account a]\nserver = h\nuser = u\n"
                 "password = env: MAIL\n", 4, 12, "environment"),
                ("[account a]\nserver = h\nuser = u\n"
                 "password = command: a 'b\n", 4, 12, "not closed"),
                ("[account a]\nserver = h\nuser = u\nuser = w\n", 4, 1,
                 "in line 3"),
                ("[account a]\nserver = h\nuser = u\npassword = prompt\n"
                 "password-file = /x\n", 5, 1, "in line 4"),
                ("[account a]\nserver = h\nuser = u\n[account a]\n", 4, 2,
                 "in line 1"),
                ("[defaults]\n[defaults]\n", 2, 2, "in line 1"),
                ("[account a b]\n", 1, 2, "only letters"),
                ("[account pop://h]\n", 1, 2, "only letters"),
                ("[account $(id)]\n", 1, 2, "only letters"),
                ("[account -a]\n", 1, 2, "dash"),
                ("[account]\n", 1, 2, "needs a name"),
                ("[accounts a]\n", 1, 2, "[account NAME]"),
                ("server = h\n", 1, 1, "heading must come first"),
                ("[account a]\nserver = h\nuser = u\nport 1\n", 4, 7, "\"=\""),
                ("[account é]\nserver = h\nuser = u\néé\n", 4, 3, "\"=\""),
                ("[account a]\nuser = u\n", 1, 2, "no server"),
                ("[account a]\nserver = h\n", 1, 2, "no user"),
                ("[account a]\nserver = h h\nuser = u\n", 1, 2, "character"),
                ("[account a]\nuser = a\x00b\n", 2, 9, "NUL"),
                ("[account a]\nuser = a\x1b[0m\n", 2, 9, "control")):
            with self.subTest(text=text):
                rows = self.errors(text)
                self.assertEqual([row[:2] for row in rows], [(line, column)],
                                 rows)
                self.assertIn(words, rows[0][2])
                self.plain("check", "--all", status=CONFIG)

    def test_all_errors_at_once(self):
        rows = self.errors("[account a]\nx = 1\ny = 2\n[zzz]\nq\n"
                           "[account b]\nport = p\nserver = h\nuser = u\n")
        self.assertEqual([row[0] for row in rows], [2, 3, 4, 5, 7, 1, 1])
        rows = self.errors("[account a]\n" + "zzz = 1\n" * 100)
        self.assertEqual(len(rows), 20)

    def test_passwords_are_not_repeated(self):
        for key in ("password", "passwort", "password-fiel"):
            self.write(f"[account a]\n{key} = hunter2\n")
            done = self.plain("config", "check", status=CONFIG)
            self.assertNotIn("hunter2", done.stderr)

    def test_not_utf8(self):
        with open(self.config, "wb") as file:
            file.write(b"[account a]\nuser = \xe9\n")
        done = self.plain("config", "check", status=CONFIG)
        self.assertIn(f"{self.config}:2:8: the text is not UTF-8",
                      done.stderr)

    def test_mark_and_windows_line_ends(self):
        self.write("\ufeff[account a]\nserver = h\nuser = \\\n  \"ü ö\"\n",
                   newline="\r\n")
        self.assertEqual(self.plain("config", "show").stdout,
                         "[account a]\nserver = h\nuser = ü ö\n")

    def test_files(self):
        done = self.plain("check", "--config", self.path("none"), "a",
                          status=CONFIG)
        self.assertIn("No such file", done.stderr)
        done = self.plain("check", "--config", self.dir, "a", status=CONFIG)
        self.assertIn("is a directory", done.stderr)
        done = self.plain("config", "check", status=CONFIG)
        self.assertIn("there is no configuration file", done.stderr)
        self.write("# x\n" * 300000)
        done = self.plain("config", "check", status=CONFIG)
        self.assertIn("larger than", done.stderr)

    def test_others_may_not_write_it(self):
        for mode in (0o660, 0o602, 0o666):
            self.write("[account a]\nserver = h\nuser = u\n", mode)
            done = self.plain("config", "check", status=CONFIG)
            self.assertIn("chmod go-w", done.stderr)
            self.plain("fetch", "--all", status=CONFIG)
        self.write("[account a]\nserver = h\nuser = u\n", 0o644)
        self.plain("config", "check")

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files away")
    def test_somebody_else_owns_it(self):
        self.write("[account a]\nserver = h\nuser = u\n")
        os.chown(self.config, 12345, -1)
        done = self.plain("config", "check", status=CONFIG)
        self.assertIn("belongs to somebody else", done.stderr)

    def test_what_it_names(self):
        self.password("x", mode=0o640)
        rows = self.errors(
            "[account a]\nserver = h\nuser = u\nca-file = /nowhere\n"
            "password = file: ~/password\n"
            "[account b]\nserver = h\nuser = u\nkey = /nowhere\n"
            "password = command: no-such-program-here -x\n")
        self.assertEqual([row[0] for row in rows], [4, 5, 9, 10])
        self.assertIn("mode 640", rows[1][2])
        self.assertIn("no program no-such-program-here", rows[3][2])

    def test_show(self):
        self.write("[defaults]\nkeep = 0\ntls = stls\n[account a]\n"
                   "server = h\nuser = \" u # \"\ntls = implicit\n"
                   "ca-path = ~/x\n")
        shown = self.plain("config", "show").stdout
        self.assertEqual(shown, "[account a]\nserver = h\nuser = \" u # \"\n"
                         f"tls = implicit\nca-path = {self.dir}/x\n"
                         "keep = 0\n")
        self.write(shown)
        self.assertEqual(self.plain("config", "show").stdout, shown)
        self.assertIn("check and show",
                      self.plain("config", "edit", status=USAGE).stderr)


class Passwords(Accounts):
    def check(self, server, source, status=FINE, **changes):
        self.write(self.account(server).replace("file: ~/password", source))
        return self.plain("check", "work", status=status, **changes).stderr

    def script(self, name, text):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o700)
        return path

    def test_command(self):
        server = self.serve()
        self.check(server, "command: printf 'de%s' \"mo\"")
        self.check(server, "command: false", CONFIG)

    def test_file_mode(self):
        server = self.serve()
        os.chmod(self.path("password"), 0o604)
        self.assertIn("chmod 600",
                      self.check(server, "file: ~/password", CONFIG))
        self.assertEqual(stat.S_IMODE(os.stat(self.path("password")).st_mode),
                         0o604)

    def test_credential(self):
        server = self.serve()
        os.mkdir(self.path("creds"))
        os.rename(self.path("password"), self.path("creds", "mail"))
        os.chmod(self.path("creds", "mail"), 0o440)    # as systemd does
        here = {"CREDENTIALS_DIRECTORY": self.path("creds")}
        self.check(server, "credential: mail", **here)
        self.assertIn("LoadCredential",
                      self.check(server, "credential: mail", CONFIG))
        self.assertIn("No such file", self.check(server, "credential: none",
                                                 CONFIG, **here))
        for name in ("../password", ".x", "/etc/passwd"):
            self.assertIn("no proper name",
                          self.check(server, f"credential: {name}", CONFIG,
                                     **here))

    def test_keyring(self):
        """A stand-in for secret-tool, which tells what it was asked."""
        server = self.serve()
        os.mkdir(self.path("bin"))
        tool = self.script("bin/secret-tool",
                           f'echo "$@" >{self.path("asked")}\necho demo\n')
        found = {"PATH": self.path("bin") + ":/usr/bin:/bin"}
        self.check(server, "keyring", **found)
        with open(self.path("asked"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "lookup host localhost service "
                             "pop3 user demo\n")
        self.script("bin/secret-tool", "exit 1\n")
        self.assertIn("secret-tool store",
                      self.check(server, "keyring", CONFIG, **found))
        os.remove(tool)

    def test_real_keyring(self):
        """GNOME Keyring on a bus of its own, and libsecret's secret-tool."""
        server = self.serve()
        self.write(self.account(server).replace("file: ~/password",
                                                "keyring"))
        script = self.script(
            "session",
            "printf key | gnome-keyring-daemon --unlock --components=secrets"
            " >/dev/null\n"
            f"{program.PROGRAM} check work && exit 1\n"
            "printf demo | secret-tool store --label=mail host localhost"
            " service pop3 user demo\n"
            f"exec {program.PROGRAM} check work\n")
        done = self.run_argv(
            ["dbus-run-session", "--", script],
            env=self.environment(XDG_RUNTIME_DIR=self.dir))
        self.assertIn("12 messages", done.stdout)
        self.assertIn("secret-tool store", done.stderr)

    def test_prompt_without_a_terminal(self):
        server = self.serve()
        self.assertIn("no terminal", self.check(server, "prompt", CONFIG))


class Color(Accounts):
    def test_no_color_in_a_file(self):
        for changes in ({}, {"TERM": "xterm"}, {"NO_COLOR": "1"}):
            self.assertNotIn("\x1b", self.plain("zzz", status=USAGE,
                                                **changes).stderr)
        done = self.plain("check", "--color=always", "zzz", status=CONFIG,
                          NO_COLOR="1")
        self.assertTrue(done.stderr.startswith("\x1b[1;31mpop3:\x1b[0m "))

    def test_terminal(self):
        for changes, colored in (({"TERM": "xterm"}, True),
                                 ({"TERM": "xterm", "NO_COLOR": ""}, True),
                                 ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                                 ({"TERM": "dumb"}, False)):
            master, slave = os.openpty()
            self.run_on(slave, changes)
            os.close(slave)
            text = os.read(master, 4096)
            os.close(master)
            self.assertIn(b"zzz", text)
            self.assertEqual(b"\x1b[" in text, colored, changes)

    def run_on(self, terminal, changes):
        env = self.environment(**changes)
        if "NO_COLOR" not in changes:
            env.pop("NO_COLOR", None)
        subprocess.run([program.PROGRAM, "check", "zzz"], env=env,
                       stdin=subprocess.DEVNULL, stderr=terminal,
                       check=False, timeout=60)


if __name__ == "__main__":
    program.main()
