# SPDX-License-Identifier: MIT
"""Accounts of fetchmail, getmail and mpop become ours."""

import os
import re
import subprocess

import program
from program import CONFIG, Case

FETCHMAIL = r"""# all my mail
set daemon 300
set postmaster "root"
set no bouncemail
defaults proto pop3 timeout 60 keep

poll pop.example.org with protocol POP3 and options no dns, uidl
    user 'alice' there with password 's3cr#t "x"' is alice here
        options ssl sslcertck fetchall limit 1000000
    user "bob.b" has pass hunter2 ssl no keep mda "/usr/bin/procmail -d %T"
skip mail.example.net via 192.0.2.7 port 1110 proto APOP:
    username carol, pass "a, b", fetchlimit 5
poll imap.example.org proto IMAP user dave pass x ssl
"""

GETMAIL = """[retriever]
type = SimplePOP3SSLRetriever
server = pop.example.org
port: 1995
username = alice@example.org
password_command = ("pass", "show", "my mail")

[destination]
type = Maildir
path = ~/Mail/

[options]
read_all = false
delete_after = 30
max_message_size = 0
max_messages_per_session = 50
message_log = ~/getmail.log
"""

MPOP = """# defaults for all
defaults
tls on
tls_starttls off
keep on
tls_trust_file /etc/ssl/certs/ca-certificates.crt

account work
host pop.example.org
user "alice"
passwordeval "echo pw"
delivery maildir ~/Mail/work
skipsize 5000000

account home : work
host pop.example.net
port 1110
user bob
password hunter2
tls_starttls on
keep off
killsize 10

account default : work
"""


class Import(Case):
    def write(self, name, text, mode=0o600):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def read(self, name, text):
        """The accounts by name, and the notes as (line, text)."""
        path = self.write(name, text)
        done = self.run_argv([program.PROGRAM, "import", path])
        for secret in ("hunter2", "s3cr", "a, b"):
            self.assertNotIn(secret, done.stdout + done.stderr)
        # What is printed is a configuration that can be read.
        made = self.write("made", done.stdout)
        shown = self.run_argv([program.PROGRAM, "config", "show", "--config",
                               made]).stdout
        accounts = {}
        for row in shown.splitlines():
            if row.startswith("["):
                entries = accounts[row[9:-1]] = {}
            elif row:
                key, value = row.split(" = ", 1)
                entries[key] = value
        notes = [(int(line), note) for line, note in re.findall(
            rf"^{re.escape(path)}:(\d+): (.*)$", done.stderr, re.M)]
        self.assertEqual(len(notes), len(done.stderr.splitlines()))
        return accounts, notes

    def noted(self, notes, line, words):
        self.assertTrue(any(at == line and words in note
                            for at, note in notes), (line, words, notes))

    def test_fetchmail(self):
        accounts, notes = self.read(".fetchmailrc", FETCHMAIL)
        self.assertEqual(accounts, {
            "alice@pop.example.org": {
                "every": "300s", "timeout": "60", "server": "pop.example.org",
                "user": "alice", "max-size": "1000000", "keep": "forever"},
            "bob.b@pop.example.org": {
                "every": "300s", "timeout": "60", "server": "pop.example.org",
                "user": "bob.b", "keep": "0"},
            "carol@192.0.2.7": {
                "every": "300s", "timeout": "60", "server": "192.0.2.7",
                "port": "1110", "auth": "apop", "user": "carol",
                "max-messages": "5", "tls": "stls", "keep": "forever"}})
        for line, words in ((3, "postmaster"), (4, "bouncemail"),
                            (8, "password is not copied"), (8, "deliver"),
                            (9, "fetchall"), (10, "delivery"), (11, "skip"),
                            (12, "password"), (13, "IMAP")):
            self.noted(notes, line, words)
        self.assertFalse(any("not understood" in note for _, note in notes))

    def test_characters_that_no_line_can_hold(self):
        for user in (r"ab\nkeep = 0\n[account evil]", r"b\351b", r"a\r",
                     r"a\33[2J"):
            path = self.write(".fetchmailrc", "poll pop.example.org proto "
                              f'POP3 user "{user}" ssl keep\n')
            done = self.run_argv([program.PROGRAM, "import", path])
            self.assertRegex(done.stderr, r":1: user has characters that a "
                             "configuration cannot hold\n")
            self.assertIn("server = pop.example.org\n", done.stdout)
            self.assertNotRegex(done.stdout, r"(?m)^user|^keep = 0|evil\]$")
            self.assertEqual(done.stdout.count("[account "), 1)

    def test_fetchmail_reads_it_alike(self):
        """fetchmail's own reading of the same file."""
        path = self.write(".fetchmailrc", FETCHMAIL)
        dump = self.run_argv(["fetchmail", "-f", path, "--configdump"]).stdout
        # It is the text of Python literals.
        space = {}
        exec(re.sub(r"^(.*)$", r"\1", dump, flags=re.M), space)
        theirs = {}
        for server in space["fetchmailrc"]["servers"]:
            if server["protocol"] == "IMAP":
                continue
            for user in server["users"]:
                host = server.get("via") or server["pollname"]
                theirs[f"{user['remote']}@{host}"] = (
                    "forever" if user["keep"] else "0", bool(user["ssl"]),
                    str(server["timeout"]), user["limit"] or None,
                    user["fetchlimit"] or None)
        accounts, _ = self.read(".fetchmailrc", FETCHMAIL)
        ours = {name: (entries["keep"], "tls" not in entries,
                       entries["timeout"],
                       int(entries.get("max-size", 0)) or None,
                       int(entries.get("max-messages", 0)) or None)
                for name, entries in accounts.items()}
        self.assertEqual(ours, theirs)

    def test_getmail(self):
        accounts, notes = self.read("getmailrc", GETMAIL)
        self.assertEqual(accounts, {"getmailrc": {
            "server": "pop.example.org", "port": "1995",
            "user": "alice@example.org",
            "password": "command: \"pass\" \"show\" \"my mail\"",
            "deliver": f"maildir:{self.dir}/Mail/", "keep": "30d",
            "max-messages": "50"}})
        self.assertEqual([line for line, _ in notes], [17])
        accounts, notes = self.read("rc", GETMAIL.replace(
            "SSLRetriever", "Retriever").replace(
            "delete_after = 30", "delete = True").replace(
            "Maildir", "MultiDestination"))
        self.assertEqual(accounts["rc"]["keep"], "0")
        self.assertEqual(accounts["rc"]["tls"], "stls")
        self.assertNotIn("deliver", accounts["rc"])
        self.noted(notes, 9, "MultiDestination")

    def delivery(self, name, text):
        """What deliver becomes, and the notes."""
        accounts, notes = self.read(name, text)
        (entries,) = accounts.values()
        return entries.get("deliver"), notes

    def test_delivery_of_fetchmail(self):
        for words, wanted, line in (
                ('mda "/usr/bin/maildrop -d alice"',
                 "cmd: /usr/bin/maildrop -d alice", None),
                ("mda '/bin/x \"a b\"' smtphost localhost",
                 'cmd: /bin/x "a b"', None),
                ('mda "procmail -d %T"', None, "has no match"),
                ('mda "cat >>~/mbox"', None, "needs a shell"),
                ('mda "x \'a"', None, "has no match"),
                ("smtphost localhost, other is alice here", None,
                 "local server"),
                ("smtphost mx.example.org/2424 lmtp",
                 "lmtp://mx.example.org:2424", "set recipient"),
                ("lmtp smtp localhost", "lmtp://localhost:24",
                 "set recipient"),
                ("smtphost /run/dovecot/lmtp no lmtp",
                 "lmtp:/run/dovecot/lmtp", "set recipient"),
                ("smtphost localhost/lmtp lmtp", None, "local server")):
            with self.subTest(words=words):
                deliver, notes = self.delivery(
                    ".fetchmailrc", "poll a.example proto pop3 user u ssl "
                    f"{words} keep\n")
                self.assertEqual(deliver, wanted)
                if line is None:
                    self.assertEqual(notes, [])
                else:
                    self.noted(notes, 1, line)

    def test_delivery_of_getmail(self):
        for rows, wanted, line in (
                ("type = Mboxrd\npath = ~/mbox", f"mbox:{self.dir}/mbox",
                 None),
                ("path = /var/mail/u\ntype = Mboxrd", "mbox:/var/mail/u",
                 None),
                ("type = Mboxrd\npath = mbox", None, "absolute"),
                ('type = MDA_external\npath = /bin/deliver\n'
                 'arguments = ("-d", "a b",)',
                 'cmd: "/bin/deliver" "-d" "a b"', None),
                ("type = MDA_external\npath = /bin/x", 'cmd: "/bin/x"', None),
                ("type = MDA_external\npath = ~/x", None, "program"),
                ('type = MDA_external\npath = /bin/x\narguments = ("a",',
                 None, "program"),
                ('type = MDA_external\npath = /bin/x\n'
                 'arguments = ("-f", "%(sender)")', None, "has no match")):
            with self.subTest(rows=rows):
                deliver, notes = self.delivery(
                    "rc", "[retriever]\ntype = SimplePOP3SSLRetriever\n"
                    "server = a.example\nusername = u\n[destination]\n" +
                    rows + "\n")
                self.assertEqual(deliver, wanted)
                if line is None:
                    self.assertEqual(notes, [])
                else:
                    self.assertIn(line, notes[0][1])

    def test_delivery_of_mpop(self):
        for words, wanted, line in (
                ("mbox ~/mbox", f"mbox:{self.dir}/mbox", None),
                ("mda /bin/maildrop -d u", "cmd: /bin/maildrop -d u", None),
                ('mda "/bin/maildrop -d u"', "cmd: /bin/maildrop -d u", None),
                ('mda "/usr/bin/procmail -f \'%F\' -d $USER"', None,
                 "has no match"),
                ("exchange /x", None, "set deliver")):
            with self.subTest(words=words):
                deliver, notes = self.delivery(
                    ".mpoprc", "account a\nhost a.example\nuser u\ntls on\n"
                    f"tls_starttls off\ndelivery {words}\n")
                self.assertEqual(deliver, wanted)
                if line is None:
                    self.assertEqual(notes, [])
                else:
                    self.noted(notes, 6, line)

    def test_mpop(self):
        accounts, notes = self.read(".mpoprc", MPOP)
        common = {"ca-file": "/etc/ssl/certs/ca-certificates.crt",
                  "password": "command: echo pw",
                  "deliver": f"maildir:{self.dir}/Mail/work",
                  "max-size": "5000000"}
        self.assertEqual(accounts, {
            "work": {"server": "pop.example.org", "user": "alice",
                     "keep": "forever", **common},
            "home": {"server": "pop.example.net", "user": "bob",
                     "port": "1110", "tls": "stls", "keep": "0", **common}})
        self.assertEqual([line for line, _ in notes], [19, 22, 24])
        _, notes = self.read(".mpoprc", MPOP.replace("\ntls on\n", "\n"))
        self.noted(notes, 7, "without TLS")

    def test_mpop_pins(self):
        for digits, kept in ((64, True), (40, False)):
            pin = ":".join(["aB"] * (digits // 2))
            accounts, notes = self.read(
                ".mpoprc", f"account a\nhost h\nuser u\ntls on\n"
                f"tls_starttls off\ntls_fingerprint {pin}\n")
            self.assertEqual(accounts["a"].get("tls-fingerprint"),
                             pin if kept else None)
            self.assertEqual([line for line, _ in notes], [] if kept else [6])

    def test_mpop_reads_it_alike(self):
        path = self.write(".mpoprc", MPOP)
        accounts, _ = self.read(".mpoprc", MPOP)
        for name, entries in accounts.items():
            done = self.run_argv(["mpop", "-C", path, "-P", name])
            text = done.stdout
            theirs = dict(re.findall(r"^(\w+) += (.*)$", text, re.M))
            self.assertEqual(theirs["host"], entries["server"])
            self.assertEqual(theirs["user"], entries["user"])
            self.assertEqual(theirs["skipsize"], entries["max-size"])
            self.assertEqual(theirs["keep"] == "on",
                             entries["keep"] == "forever")
            self.assertEqual(theirs["tls_starttls"] == "on",
                             entries.get("tls") == "stls")

    def test_nothing_in_it(self):
        for text in ("", "poll x proto imap user a\n", "\n\n# x\n"):
            path = self.write("empty", text)
            self.assertIn("no account in it", self.run_argv(
                [program.PROGRAM, "import", path], CONFIG).stderr)
        self.run_argv([program.PROGRAM, "import", self.path("none")], CONFIG)

    def test_any_cut_of_a_file(self):
        """No end of file, wherever it comes, does harm."""
        for name, text in ((".fetchmailrc", FETCHMAIL),
                           ("getmailrc", GETMAIL), (".mpoprc", MPOP)):
            for end in range(0, len(text), 17):
                path = self.write(name, text[:end])
                done = subprocess.run([program.PROGRAM, "import", path],
                                      capture_output=True, check=False)
                self.assertIn(done.returncode, (0, CONFIG), text[:end])


class Write(Case):
    """import --write: into the configuration, and over nothing."""
    count = 0

    def imported(self, text, *args, **kwargs):
        with open(self.path("mpoprc"), "w", encoding="utf-8") as file:
            file.write(text)
        return self.run_argv([program.PROGRAM, "import", "--write",
                              "--config", self.path("config"), *args,
                              self.path("mpoprc")], **kwargs)

    def config(self):
        with open(self.path("config"), encoding="utf-8") as file:
            return file.read()

    def test_behind_what_is_there(self):
        text = "account work\nhost pop.example.org\nuser alice\n"
        before = "# mine\n[account work]\nserver = a.example\nuser = x\n"
        with open(self.path("config"), "w", encoding="utf-8") as file:
            file.write(before)
        os.chmod(self.path("config"), 0o640)
        done = self.imported(text)
        self.assertEqual(done.stdout, "")
        self.assertIn("1 account was written", done.stderr)
        self.assertTrue(self.config().startswith(before))
        self.assertIn("\n[account work-2]\nserver = pop.example.org\n",
                      self.config())
        self.assertEqual(os.stat(self.path("config")).st_mode & 0o777, 0o640)
        self.imported(text)
        self.assertIn("[account work-3]", self.config())
        self.run_argv([program.PROGRAM, "config", "check", "--config",
                       self.path("config")])

    def test_nothing_is_written_into_an_error(self):
        before = "[account work]\nsever = a.example\n"
        with open(self.path("config"), "w", encoding="utf-8") as file:
            file.write(before)
        self.imported("account w\nhost h.example\nuser a\n", status=CONFIG)
        self.assertEqual(self.config(), before)

    def test_nothing_is_written_of_nothing(self):
        with open(self.path("config"), "w", encoding="utf-8") as file:
            file.write("# empty\n")
        self.imported("# nothing\n", status=CONFIG)
        self.assertEqual(self.config(), "# empty\n")


if __name__ == "__main__":
    program.main()
