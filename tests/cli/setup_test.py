# SPDX-License-Identifier: MIT
"""pop3 setup: who is asked for a server, who is believed, what is written."""

import json
import os

import program
from program import (CONFIG, FINE, LOGIN, NO_SERVER, USAGE)

from terminal_test import Terminal

from discover import ADDRESS, DOMAIN, Finding


class Srv(Finding):
    def test_implicit_tls_comes_first(self):
        """Whatever the priorities are (RFC 8314 §5.1)."""
        good = self.pop("pop." + DOMAIN)
        other = self.pop("old." + DOMAIN)
        self.srv("pop3s", (50, 0, good.ports["tls"], "pop." + DOMAIN))
        self.srv("pop3", (0, 0, other.ports["stls"], "old." + DOMAIN))
        done = self.setup_()
        self.assertIn("3 messages", done.stdout)
        self.assertEqual(
            self.written(),
            f"[account {ADDRESS}]\naddress = {ADDRESS}\n"
            f"server = pop.{DOMAIN}\nport = {good.ports['tls']}\n"
            f"ca-file = {self.authority.ca_file}\ntimeout = 20\n"
            f"password-file = {self.path('password')}\n"
            f"dns-server = {self.dns.address}\n")
        self.assertEqual(os.stat(self.config).st_mode & 0o7777, 0o600)
        self.assertEqual(other.log.commands(), [])
        self.assertEqual(self.web.requests, [])

    def test_what_was_written_works(self):
        good = self.pop("pop." + DOMAIN)
        self.srv("pop3s", (0, 0, good.ports["tls"], "pop." + DOMAIN))
        self.setup_("--name", "work", "--deliver",
                    "maildir:" + self.maildir)
        self.run_argv([program.PROGRAM, "fetch", "--config", self.config,
                       "work"])
        self.assert_delivered()

    def test_priorities(self):
        """A server that is dead, and one that comes behind."""
        good = self.pop("b." + DOMAIN)
        last = self.pop("c." + DOMAIN)
        self.zone["a." + DOMAIN] = [("A", "127.0.0.1")]
        self.srv("pop3s", (9, 0, last.ports["tls"], "c." + DOMAIN),
                 (2, 0, good.ports["tls"], "B." + DOMAIN.upper() + "."),
                 (1, 0, 1, "a." + DOMAIN))
        self.setup_()
        self.assertIn(f"server = b.{DOMAIN}\n", self.written())
        self.assertEqual(last.log.commands(), [])

    def test_stls(self):
        good = self.pop("pop." + DOMAIN)
        self.srv("pop3s", (0, 0, 0, ""))
        self.srv("pop3", (0, 0, good.ports["stls"], "pop." + DOMAIN))
        self.setup_()
        self.assertIn("tls = stls\n", self.written())

    def test_stls_is_not_left_out(self):
        """A server that lost its STLS on the way gets no password."""
        good = self.pop("pop." + DOMAIN)
        self.srv("pop3s", (0, 0, 0, ""))
        for port, fault in ((good.ports["clear"], ()),
                            (None, ("err-on=STLS",))):
            server = self.pop("pop." + DOMAIN, *fault) if port is None \
                else good
            self.srv("pop3", (0, 0, port or server.ports["stls"],
                              "pop." + DOMAIN))
            self.routes.pop(("pop." + DOMAIN, 995))
            done = self.setup_("--connect-timeout", "5", status=NO_SERVER)
            self.assertIn("STLS", done.stderr)
            self.assert_no_login(server)
            self.assertFalse(os.path.exists(self.config))

    def test_not_offered(self):
        """The domain says that it has no POP3: nobody else is asked."""
        server = self.pop("pop." + DOMAIN)
        for services in (("pop3s",), ("pop3",), ("pop3s", "pop3")):
            self.zone.clear()
            for service in services:
                self.srv(service, (0, 0, 0, ""))
            done = self.setup_(status=NO_SERVER)
            self.assertIn("no POP3", done.stderr)
        self.assertEqual(self.web.requests, [])
        self.assertEqual(server.log.events("open"), [])

    def test_a_stranger(self):
        """A target outside of the domain may be forged (RFC 6186 §4)."""
        server = self.pop("pop.elsewhere.test")
        self.srv("pop3s", (0, 0, server.ports["tls"], "pop.elsewhere.test"))
        done = self.setup_("--connect-timeout", "5", status=CONFIG)
        self.assertIn("--server pop.elsewhere.test", done.stderr)
        self.assert_no_login(server)
        self.assertFalse(os.path.exists(self.config))
        self.setup_("--server", "pop.elsewhere.test", "--port",
                    str(server.ports["tls"]))
        self.assertIn("server = pop.elsewhere.test\n", self.written())

    def shows_certificates(self, name, *args, **kwargs):
        """Whether a server that demands one got one."""
        mine = self.authority.issue("client")
        server = self.pop(name, client_ca=self.authority.ca_file)
        self.srv("pop3s", (0, 0, server.ports["tls"], name))
        self.setup_("--cert", mine.cert, "--key", mine.key,
                    "--connect-timeout", "5", *args, **kwargs)
        return any(event["client_cert"] for event in server.log.events("tls"))

    def test_a_stranger_gets_no_client_certificate(self):
        """It tells who the user is."""
        self.assertFalse(self.shows_certificates("pop.elsewhere.test",
                                                 status=NO_SERVER))

    def test_a_server_that_demands_a_client_certificate(self):
        """It answers: the login is with the certificate."""
        name = "pop." + DOMAIN
        self.assertFalse(self.shows_certificates(name, "--no-login"))
        self.assertIn(f"server = {name}\n", self.written())
        self.assertTrue(self.shows_certificates(name, "--name", "again"))

    def test_a_domain_that_only_ends_alike(self):
        server = self.pop("pop.not-" + DOMAIN)
        self.srv("pop3s", (0, 0, server.ports["tls"], "pop.not-" + DOMAIN))
        self.setup_("--connect-timeout", "5", status=CONFIG)
        self.assert_no_login(server)

    def test_a_stranger_with_the_domains_certificate(self):
        """Its owner has the key of a certificate for the domain itself."""
        server = self.pop("pop.elsewhere.test", pair=self.issue(DOMAIN))
        self.srv("pop3s", (0, 0, server.ports["tls"], "pop.elsewhere.test"))
        self.setup_()
        self.assertIn(f"server-name = {DOMAIN}\n", self.written())
        self.run_argv([program.PROGRAM, "check", "--config", self.config,
                       ADDRESS])

    def test_the_server_of_a_known_provider(self):
        server = self.pop("pop.elsewhere.test")
        self.providers("[x]\nname = Elsewhere\ndomains = elsewhere.test\n"
                       "server = pop.elsewhere.test\nevery = 15m\n")
        self.srv("pop3s", (0, 0, server.ports["tls"], "pop.elsewhere.test"))
        self.setup_()
        self.assertIn("every = 15m\n", self.written())

    def test_a_certificate_for_somebody_else(self):
        server = self.pop("pop." + DOMAIN, pair=self.issue("other.test"))
        self.srv("pop3s", (0, 0, server.ports["tls"], "pop." + DOMAIN))
        self.routes.pop(("pop." + DOMAIN, 995))
        self.setup_("--connect-timeout", "5", status=NO_SERVER)
        self.assert_no_login(server)

    def test_hostile_answers(self):
        """Loops, garbage, targets that are no hosts: nothing is found, and
        nothing of it gets anywhere."""
        name = "_pop3s._tcp." + DOMAIN
        for answer in ([("CNAME", name)],
                       [("CNAME", "a." + DOMAIN)],
                       "fail", b"\xc0\x0c\x00\x21\x00\x01\x00\x00\x00\x01\xff",
                       [("SRV", 0, 0, 995, b"\x0bpop\n[x]evil\0")],
                       [("SRV", 0, 0, 995, b"\x03a b\x04test\0")],
                       [("SRV", 0, 0, 995, "127.0.0.1")],
                       [("SRV", 0, 0, 0, "pop." + DOMAIN)],
                       [("SRV", 0, 0, 995, "localhost")]):
            with self.subTest(answer):
                self.zone.clear()
                self.zone["a." + DOMAIN] = [("CNAME", name)]
                self.zone[name] = answer
                self.setup_("--connect-timeout", "5", status=NO_SERVER)

    def test_many_records(self):
        """Sixteen are looked at, all of one size at most."""
        # "pN." and a pointer to the domain in the question: 512 octets.
        self.srv("pop3s", *((n, 0, 1, b"\2p%c\xc0\x18" % (97 + n))
                            for n in range(18)))
        done = json.loads(self.setup_("--json", "--connect-timeout", "5",
                                      status=NO_SERVER).stdout)
        tried = [step["what"] for step in done["steps"]
                 if ".example.test:1 " in step["what"]]
        self.assertEqual(len(tried), 16)

    def test_no_name_server(self):
        done = self.pop3("setup", "--dns-server", "nonsense", "--no-login",
                         "--config", self.config, ADDRESS, status=NO_SERVER)
        self.assertIn("no address of a name server", done.stderr)

    def test_nothing_passes_a_proxy_by(self):
        server = self.pop("pop." + DOMAIN)
        self.srv("pop3s", (0, 0, server.ports["tls"], "pop." + DOMAIN))
        self.setup_(*self.by_proxy())
        self.assertEqual(self.dns.asked, [])
        self.assertIn(("http", "pop." + DOMAIN, 995, None), self.proxy.asked)


class Writing(Finding):
    def setUp(self):
        super().setUp()
        self.server = self.pop("pop." + DOMAIN)
        self.srv("pop3s", (0, 0, self.server.ports["tls"], "pop." + DOMAIN))

    def put(self, text, mode=0o640):
        with open(self.config, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(self.config, mode)

    def test_all_that_stands_there_stays(self):
        for old in ("# mine\r\n[account a]\r\nserver = a.test\r\n"
                    "user = \"x\" # y\r\n",
                    "[account a]\nserver = a.test\nuser = x",
                    "[account a]\nserver = a.test\nuser = x \\\n",
                    "\ufeff[defaults]\nkeep = 30d\n# end", ""):
            with self.subTest(old):
                self.put(old)
                self.setup_()
                with open(self.config, encoding="utf-8",
                          newline="") as file:
                    new = file.read()
                self.assertTrue(new.startswith(old))
                self.assertIn(f"\n[account {ADDRESS}]\n", "\n" + new)
                self.assertEqual(os.stat(self.config).st_mode & 0o7777,
                                 0o640)
        self.assertEqual(os.listdir(self.dir).count("config"), 1)
        self.assertEqual([name for name in os.listdir(self.dir)
                          if name.startswith("config.")], [])

    def test_an_account_is_never_replaced(self):
        old = f"[account {ADDRESS}]\nserver = a.test\nuser = x\n"
        self.put(old)
        done = self.setup_(status=CONFIG)
        self.assertIn("line 1", done.stderr)
        self.assertEqual(self.written(), old)
        self.assertEqual(self.dns.asked, [])
        self.setup_("--name", "other")

    def test_the_defaults_count(self):
        """As they will for the account that is written."""
        defaults = (f"[defaults]\nca-file = {self.authority.ca_file}\n"
                    f"password = file: {self.path('password')}\n"
                    "auth = plain\nlang = de\n")
        self.put(defaults)
        self.run_argv([program.PROGRAM, "setup", "--config", self.config,
                       "--dns-server", self.dns.address, ADDRESS])
        self.assertEqual(self.written().removeprefix(defaults),
                         f"\n[account {ADDRESS}]\naddress = {ADDRESS}\n"
                         f"server = pop.{DOMAIN}\n"
                         f"port = {self.server.ports['tls']}\n"
                         f"dns-server = {self.dns.address}\n")
        self.assertIn("AUTH PLAIN", " ".join(self.server.log.commands()))
        self.run_argv([program.PROGRAM, "check", "--config", self.config,
                       ADDRESS])

    def test_another_servers_defaults_do_not(self):
        """What the account would get from there stands in it."""
        self.put("[defaults]\nserver = 127.0.0.1\nport = 1\nuser = bob\n"
                 "tls = none\nserver-name = elsewhere.test\n"
                 "address = bob@elsewhere.test\n")
        self.setup_("--deliver", "maildir:" + self.maildir)
        for line in (f"address = {ADDRESS}", f"server = pop.{DOMAIN}",
                     f"port = {self.server.ports['tls']}", "tls = implicit",
                     f"server-name = pop.{DOMAIN}", f"user = {ADDRESS}"):
            self.assertIn(f"\n{line}\n", self.written())
        self.run_argv([program.PROGRAM, "fetch", "--config", self.config,
                       ADDRESS])
        self.assert_delivered()

    def test_a_file_with_errors_is_left_alone(self):
        self.put("[account a]\nwhat = 1\n")
        self.setup_(status=CONFIG)
        self.assertEqual(self.written(), "[account a]\nwhat = 1\n")

    def test_links_stay_links(self):
        self.put("# real\n")
        os.rename(self.config, self.path("real"))
        os.symlink("real", self.config)
        self.setup_()
        self.assertTrue(os.path.islink(self.config))
        self.assertIn("server = ", self.written())

    def test_the_usual_place_is_made(self):
        argv = self.argv("setup", "--dns-server", self.dns.address, ADDRESS)
        self.run_argv(argv)
        path = self.path(".config", "pop3", "config")
        self.assertEqual(os.stat(path).st_mode & 0o7777, 0o600)
        self.assertEqual(os.stat(os.path.dirname(path)).st_mode & 0o7777,
                         0o700)

    def test_dry_run(self):
        done = self.setup_("--dry-run")
        self.assertIn(f"[account {ADDRESS}]\naddress = ", done.stdout)
        self.assertFalse(os.path.exists(self.config))

    def test_a_dry_run_checks(self):
        """As if it were to be written."""
        done = self.setup_("--dry-run", "--no-login", "--password-command",
                           "echo 'x", password=False, status=CONFIG)
        self.assertIn("unreadable", done.stderr)

    def test_a_dry_run_shows_no_controls(self):
        name = "M\u009b31m\u202e\\"
        done = self.setup_("--dry-run", "--deliver",
                           "maildir:" + self.path(name))
        self.assertNotIn("\u009b", done.stdout)
        self.assertNotIn("\u202e", done.stdout)
        self.assertIn("/M?", done.stdout)

    def test_values_of_more_than_one_line(self):
        """They would be keys that nobody has seen."""
        for flag in ("--deliver=maildir:M\nproxy = socks5h://127.0.0.1",
                     "--password-command=cat a\rb"):
            with self.subTest(flag=flag):
                done = self.setup_(flag, "--no-login", password=False,
                                   status=USAGE)
                self.assertIn("line break", done.stderr)
                self.assertFalse(os.path.exists(self.config))

    def test_a_folder_of_more_than_one_line(self):
        """Its name would become a part of a relative path."""
        for name in ("M\nproxy = socks5h:", "M\rproxy = socks5h:"):
            os.mkdir(self.path(name))
            for flag in ("--deliver=maildir:Mail", "--ca-file=ca",
                         "--password-file=password"):
                with self.subTest(name=name, flag=flag):
                    done = self.run_argv(self.there(flag), status=USAGE,
                                         cwd=self.path(name))
                    self.assertIn(flag.split("=", maxsplit=1)[0], done.stderr)
                    self.assertIn("line break", done.stderr)
                    self.assertEqual(done.stderr.count("\n"), 1)
                    self.assertFalse(os.path.exists(self.config))
            self.run_argv(self.there("--deliver=maildir:~/M"),
                          cwd=self.path(name))
            os.unlink(self.config)

    def there(self, flag):
        """What does not care for where it runs, but for the flag."""
        return [program.PROGRAM, "setup", "--dns-server", self.dns.address,
                "--config", self.config, "--no-login", "--ca-file",
                self.authority.ca_file, flag, ADDRESS]

    def test_a_folder_that_is_gone(self):
        os.mkdir(self.path("gone"))
        argv = self.there("--deliver=maildir:Mail")
        done = self.run_argv(["sh", "-c", 'rmdir "$PWD" && exec "$0" "$@"',
                              *argv], status=CONFIG, cwd=self.path("gone"))
        self.assertIn("cannot be found", done.stderr)
        self.assertFalse(os.path.exists(self.config))

    def test_no_room(self):
        if os.geteuid() == 0:
            config = "/proc/self/config"    # where not even root can write
        else:
            config = "/config"
        done = self.pop3("setup", "--dns-server", self.dns.address,
                         "--config", config, ADDRESS, status=None)
        self.assertIn(done.returncode, (74, CONFIG))
        self.assertIn(config, done.stderr)

    def test_relative_paths_become_absolute(self):
        self.run_argv([program.PROGRAM, "setup", "--config", "config",
                       "--dns-server", self.dns.address,
                       "--ca-file", os.path.relpath(self.authority.ca_file,
                                                    self.dir),
                       "--deliver", "maildir:Mail",
                       "--password-file", "password", ADDRESS], cwd=self.dir)
        for line in (f"password-file = {self.dir}/password\n",
                     f"deliver = maildir:{self.dir}/Mail\n"):
            self.assertIn(line, self.written())

    def test_a_refused_login_writes_nothing(self):
        self.password("wrong")
        self.setup_(status=LOGIN)
        self.assertFalse(os.path.exists(self.config))
        self.assertEqual(sum(line.startswith(("AUTH", "PASS"))
                             for line in self.server.log.commands()), 1)

    def test_without_a_terminal(self):
        done = self.setup_(password=False, status=USAGE)
        self.assertIn("--no-login", done.stderr)
        self.assertFalse(os.path.exists(self.config))
        self.setup_("--no-login", password=False)
        self.assert_no_login(self.server)

    def test_ways_in_that_ask_for_nothing(self):
        # For tests/leaks.
        options = os.environ.get("ASAN_OPTIONS", "")
        env = self.environment(
            ASAN_OPTIONS=options + ":fast_unwind_on_malloc=0")
        for auth in ("external", "anonymous", "gssapi"):
            argv = self.argv("setup", "--dns-server", self.dns.address,
                             "--auth", auth, ADDRESS, password=False)
            done = self.run_argv(argv, status=None, env=env)
            self.assertIn(done.returncode, (LOGIN, CONFIG))
            self.assertNotIn("terminal", done.stderr)

    def test_addresses_that_are_none(self):
        for address in ("alice", "@example.test", "alice@", "alice@localhost",
                        "a b@example.test", "alice@exa mple.test",
                        "<alice@example.test>", "alice@example..test",
                        "alice@127.0.0.1", "alice@bü..test",
                        "alice@example.test\n[account x]"):
            with self.subTest(address):
                self.setup_("--name", "x", address=address, status=USAGE)
        self.assertEqual(self.dns.asked, [])

    def test_letters_outside_of_ascii(self):
        """DNS and certificates have them otherwise."""
        name = "pop.xn--bcher-kva.test"
        server = self.pop(name, user="alice@xn--bcher-kva.test")
        self.srv("pop3s", (0, 0, server.ports["tls"], name),
                 domain="xn--bcher-kva.test")
        self.setup_("--name", "x", address="alice@Bücher.test")
        self.assertIn(f"server = {name}\n", self.written())

    def test_names_that_are_none(self):
        for name in ("a/b", "", "x]\n[account y", "-x"):
            with self.subTest(name):
                self.setup_("--name=" + name, status=USAGE)


class OnATerminal(Finding):
    def start_setup(self):
        argv = self.argv("setup", "--dns-server", self.dns.address,
                         "--config", self.config, "--connect-timeout", "5",
                         ADDRESS, password=False)
        return Terminal(argv, self.environment())

    def test_a_password_is_asked_for(self):
        server = self.pop("pop." + DOMAIN)
        self.srv("pop3s", (0, 0, server.ports["tls"], "pop." + DOMAIN))
        terminal = self.start_setup()
        terminal.expect("assword")
        self.assertIn(f"The server is pop.{DOMAIN}, port", terminal.text)
        self.assertFalse(terminal.echoes())
        terminal.type("demo\n")
        self.assertEqual(terminal.wait(), FINE, terminal.text)
        self.assertNotIn("password", self.written())

    def test_a_stranger_is_asked_about(self):
        server = self.pop("pop.elsewhere.test")
        self.srv("pop3s", (0, 0, server.ports["tls"], "pop.elsewhere.test"))
        for answer in ("n\n", "\n"):
            terminal = self.start_setup()
            terminal.expect("[y/N]")
            self.assertIn("pop.elsewhere.test", terminal.text)
            terminal.type(answer)
            self.assertEqual(terminal.wait(), CONFIG)
        self.assert_no_login(server)
        self.assertFalse(os.path.exists(self.config))
        terminal = self.start_setup()
        terminal.expect("[y/N]")
        terminal.type("y\n")
        terminal.expect("assword")
        terminal.type("demo\n")
        self.assertEqual(terminal.wait(), FINE, terminal.text)
        self.assertIn("server = pop.elsewhere.test\n", self.written())


class Unnamed(Finding):
    """Accounts with an address and no server."""

    def setUp(self):
        super().setUp()
        self.server = self.pop("pop." + DOMAIN)
        self.srv("pop3s", (0, 0, self.server.ports["tls"], "pop." + DOMAIN))
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"[account work]\naddress = {ADDRESS}\n"
                       f"dns-server = {self.dns.address}\n"
                       f"state = {self.state}\n")

    def check(self, *args, status=FINE):
        return self.pop3("check", "--config", self.config, *args, "work",
                         status=status)

    def test_found_once(self):
        """Then DNS is not asked again, and the answer may not change."""
        self.assertIn("3 messages", self.check().stdout)
        asked = [name for kind, name in self.dns.asked if kind == 33]
        self.assertEqual(len(asked), 2)
        liar = self.pop("new." + DOMAIN)
        self.srv("pop3s", (0, 0, liar.ports["tls"], "new." + DOMAIN))
        self.check()
        self.assertEqual([name for kind, name in self.dns.asked
                          if kind == 33], asked)
        self.assertEqual(liar.log.events("open"), [])
        memory = self.state + ".servers"
        self.assertEqual(os.stat(memory).st_mode & 0o7777, 0o600)
        os.unlink(memory)
        self.check()
        self.assertTrue(liar.log.events("open"))

    def test_fetch(self):
        self.pop3("fetch", "--config", self.config, "--deliver",
                  "maildir:" + self.maildir, "work")
        self.assert_delivered()

    def test_a_memory_that_others_can_write(self):
        memory = self.state + ".servers"
        with open(memory, "w", encoding="utf-8") as file:
            file.write(f"{ADDRESS}\tpop.evil.test\t995\timplicit\t{ADDRESS}"
                       "\t-\n")
        os.chmod(memory, 0o666)
        done = self.check()
        self.assertIn("written by others", done.stderr)
        self.assertNotIn((1, "pop.evil.test"), self.dns.asked)

    def test_lines_that_make_no_sense(self):
        """They are passed over, and those of others stay."""
        memory = self.state + ".servers"
        other = "bob@b.test\tpop.b.test\t995\timplicit\tbob\t-\n"
        for line in (f"{ADDRESS}\tpop.evil.test\t0\timplicit\ta\t-\n",
                     f"{ADDRESS}\tpop.evil.test\t995\tnone\ta\t-\n",
                     f"{ADDRESS}\tpop.evil.test\n{ADDRESS}\n",
                     f"{ADDRESS}\t-\t995\timplicit\ta\t-\n"):
            with self.subTest(line):
                with open(memory, "w", encoding="utf-8") as file:
                    file.write(line + other)
                os.chmod(memory, 0o600)
                self.check()
                with open(memory, encoding="utf-8") as file:
                    self.assertIn(other, file.read())
                self.assertNotIn((1, "pop.evil.test"), self.dns.asked)

    def test_a_stranger_is_refused(self):
        stranger = self.pop("pop.elsewhere.test")
        self.srv("pop3s", (0, 0, stranger.ports["tls"],
                           "pop.elsewhere.test"))
        done = self.check("--connect-timeout", "5", status=CONFIG)
        self.assertIn('"server = pop.elsewhere.test"', done.stderr)
        self.assert_no_login(stranger)
        self.assertFalse(os.path.exists(self.state + ".servers"))

    def test_json_of_one_that_is_not_found(self):
        self.zone.clear()
        self.srv("pop3s", (0, 0, 0, ""))
        done = json.loads(self.check("--json", status=NO_SERVER).stdout)
        self.assertEqual(done["accounts"][0]["account"], ADDRESS)
        self.assertIn("no POP3", done["accounts"][0]["error"])

    def test_what_cannot_be_found_from(self):
        for entries, words in (
                ("user = x\n", "no address"),
                (f"address = {ADDRESS}\nport = 995\n", "port and no server"),
                (f"address = {ADDRESS}\ntls = none\n", "tls = none")):
            with open(self.config, "w", encoding="utf-8") as file:
                file.write("[account work]\n" + entries)
            done = self.check(status=CONFIG)
            self.assertIn(words, done.stderr)
        self.run_argv([program.PROGRAM, "config", "check", "--config",
                       self.config], status=CONFIG)


if __name__ == "__main__":
    program.main()
