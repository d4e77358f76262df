# SPDX-License-Identifier: MIT
"""pop3 setup: documents of web servers, the table of providers, usual names.
"""

import json
import os
import time

import program
from program import CONFIG, NO_SERVER, Options

from discover import (ADDRESS, DATABASE, DOMAIN, WEB, Finding, document)
from web import Answer

PATH = "mail/config-v1.1.xml"
WELL_KNOWN = ".well-known/autoconfig/" + PATH


class Documents(Finding):
    """There is no SRV record."""

    def found(self, *args, **kwargs):
        return json.loads(self.setup_("--json", *args, **kwargs).stdout)

    def test_the_domains_web_server(self):
        server = self.pop("mx." + DOMAIN, user="alice")
        self.pages[WEB, PATH] = document("mx.%EMAILDOMAIN%",
                                         server.ports["tls"],
                                         user="%EMAILLOCALPART%")
        done = self.found()
        self.assertIn("autoconfig", done["server"]["found_by"])
        self.assertIn("user = alice\n", self.written())
        self.assertEqual(self.web.requests[0].query,
                         {"emailaddress": ADDRESS})

    def test_a_stranger_that_the_web_server_names(self):
        """It is none any more."""
        server = self.pop("pop.elsewhere.test")
        port = server.ports["tls"]
        self.srv("pop3s", (0, 0, port, "pop.elsewhere.test"))
        self.pages[WEB, PATH] = document("pop.elsewhere.test", port)
        done = self.found()
        self.assertIn("autoconfig", done["server"]["found_by"])
        self.assertFalse(done["server"]["outside_of_domain"])
        server.stop()
        done = self.found("--name", "x", "--connect-timeout", "5",
                          status=NO_SERVER)
        tried = [step["what"] for step in done["steps"]
                 if step["what"] == f"pop.elsewhere.test:{port} TLS"]
        self.assertEqual(len(tried), 1)

    def test_the_well_known_place(self):
        server = self.pop("mx." + DOMAIN)
        self.pages[DOMAIN, WELL_KNOWN] = document("mx." + DOMAIN,
                                                  server.ports["tls"])
        self.assertTrue(self.found()["written"])
        self.assertEqual(self.web.requests[1].query, {})

    def test_the_database_is_not_told_the_address(self):
        server = self.pop("pop.hoster.test")
        self.pages[DATABASE, "v1.1/" + DOMAIN] = document(
            "pop.hoster.test", server.ports["tls"])
        self.assertIn("database", self.found()["server"]["found_by"])
        self.assertNotIn("alice", repr(self.web.requests[-1]))

    def test_a_document_for_another_domain(self):
        """Its servers are strangers."""
        server = self.pop("pop.hoster.test")
        self.pages[DATABASE, "v1.1/" + DOMAIN] = document(
            "pop.hoster.test", server.ports["tls"], domain="other.test")
        done = self.setup_("--connect-timeout", "5", status=CONFIG)
        self.assertIn("forged", done.stderr)
        self.assert_no_login(server)

    def test_oauth_alone(self):
        server = self.pop("mx." + DOMAIN)
        self.pages[WEB, PATH] = document("mx." + DOMAIN, server.ports["tls"],
                                         auth="OAuth2")
        self.assertFalse(self.found()["logged_in"])
        self.assertIn("auth = xoauth2\n", self.written())
        self.assert_no_login(server)

    def test_oauth_alone_by_the_table(self):
        """The account says where to get tokens."""
        server = self.pop("pop.provider.test")
        self.providers(f"[x]\ndomains = {DOMAIN}\nauth = oauth\n"
                       f"server = pop.provider.test\noauth-provider = x\n"
                       f"port = {server.ports['tls']}\n")
        self.assertIn("pop3 login", self.setup_().stdout)
        self.assertIn("oauth-provider = x\n", self.written())
        self.assert_no_login(server)

    def oauth_server(self, **options):
        server = self.pop("pop.provider.test", options=Options(**options))
        self.providers(f"[x]\ndomains = {DOMAIN}\nauth = oauth\n"
                       f"server = pop.provider.test\noauth-provider = x\n"
                       f"every = 15m\nport = {server.ports['tls']}\n")
        return server

    def test_flags_count_for_more_than_the_provider(self):
        """A key that stood there twice could not be read."""
        server = self.oauth_server()
        done = self.setup_("--oauth-provider", "google", "--auth", "auto",
                           "--oauth-client-id", "me")
        for line in ("oauth-provider = google\n", "auth = auto\n",
                     "every = 15m\n"):
            self.assertIn(line, self.written())
        self.assertIn(f"next run: pop3 login {ADDRESS}\n", done.stdout)
        self.assert_no_login(server)

    def test_oauth_in_the_defaults(self):
        """The client is the user's, and so is a provider of their own."""
        server = self.oauth_server()
        for defaults, provider, auth in (
                ("oauth-client-id = me\nevery = 20m\n",
                 "oauth-provider = x\n", "auth = xoauth2\n"),
                ("oauth-client-id = me\noauth-provider = own\n"
                 "auth = oauthbearer\nevery = 1m\n", "every = 15m\n", ""),
                ("oauth-client-id = me\noauth-token-url = https://a.test/\n"
                 "auth = plain\nevery = 20m\n", "", "auth = xoauth2\n")):
            with self.subTest(defaults):
                with open(self.config, "w", encoding="ascii") as file:
                    file.write("[defaults]\n" + defaults)
                done = self.run_argv([
                    program.PROGRAM, "setup", "--config", self.config,
                    "--ca-file", self.authority.ca_file, "--dns-server",
                    self.dns.address, ADDRESS])
                self.assertIn(f"next run: pop3 login {ADDRESS}\n",
                              done.stdout)
                account = self.written().split("\n[account ")[1]
                for key in ("auth", "oauth-provider", "every"):
                    line = f"{key} = "
                    self.assertEqual(line in account,
                                     line in provider + auth, account)
                self.assertIn(provider, account)
                self.assertIn(auth, account)
        self.assert_no_login(server)

    def test_tokens_that_are_kept_are_tried(self):
        url = "https://token.test/"
        folder = self.path("state", "pop3", "oauth")
        os.makedirs(folder, 0o700)
        now = int(time.time())
        with open(os.open(os.path.join(
                folder, ADDRESS + "@pop.provider.test.json"),
                os.O_CREAT | os.O_WRONLY, 0o600), "w",
                encoding="ascii") as file:
            json.dump({"token_url": url, "client_id": "me",
                       "access_token": "a-token", "issued_at": now,
                       "expires_at": now + 3600}, file)
        self.oauth_server(tokens={"a-token"}, capa_drop=["USER", "SASL"],
                          capa_add=["SASL XOAUTH2"])
        with open(self.path("oauth-providers"), "w",
                  encoding="ascii") as file:
            file.write(f"[provider mine]\ntoken-url = {url}\n")
        done = self.setup_("--oauth-provider", "mine",
                           "--oauth-client-id", "me")
        self.assertIn("3 messages", done.stdout)
        self.assertNotIn("pop3 login", done.stdout)

    def refused(self, answer, words):
        self.pages[WEB, PATH] = answer
        done = self.setup_("--connect-timeout", "5", status=NO_SERVER)
        self.assertIn(words, done.stderr)
        self.assertFalse(os.path.exists(self.config))

    def test_clear_text_is_not_taken(self):
        server = self.pop("mx." + DOMAIN)
        self.refused(document("mx." + DOMAIN, server.ports["clear"],
                              kind="plain"), "clear text only")
        self.assertEqual(server.log.events("open"), [])

    def test_hostile_documents(self):
        """More of them are in autoconfig_test.c."""
        laughs = b"".join(
            b"<!ENTITY l%d '%s'>" % (n, b"&l%d;" % (n - 1) * 10)
            for n in range(1, 10))
        good = document("mx." + DOMAIN, 995)
        body = good.split(b"?>")[1]
        for text, words in (
                (b"<?xml version='1.0'?><!DOCTYPE c [<!ENTITY l0 'ha'>" +
                 laughs + b"]>" + body.replace(b"mx", b"&l9;"),
                 "document type"),
                (b"<!DOCTYPE c SYSTEM 'https://evil.test/x.dtd'>" + body,
                 "document type"),
                (good + b" " * (10 << 20), "larger than")):
            with self.subTest(text[:100]):
                self.refused(text, words)
        self.assertNotIn("evil.test", repr(self.proxy.asked))

    def test_never_in_clear(self):
        """Not even when the server itself leads there."""
        self.refused(Answer(b"", 301, headers=(
            ("Location", f"http://{DOMAIN}/config.xml"),)), "leads elsewhere")
        self.assertEqual({port for _, _, port, _ in self.proxy.asked}, {443})

    def test_a_web_server_that_nobody_vouches_for(self):
        self.routes[WEB] = self.enter(type(self.web)(
            self.authority.issue("self-signed", san="DNS:" + WEB),
            self.page)).port
        self.refused(document("mx." + DOMAIN, 995), "certificate")


class Names(Finding):
    def test_usual_names(self):
        """On port 995, with TLS alone; in this order."""
        server = self.pop("mail." + DOMAIN)
        self.setup_(*self.by_proxy())
        self.assertIn(f"server = mail.{DOMAIN}\n", self.written())
        self.assertNotIn("port =", self.written())
        self.assertEqual([host for _, host, port, _ in self.proxy.asked
                          if port == 995][:2],
                         ["pop." + DOMAIN, "pop3." + DOMAIN])
        self.assertTrue(server.log.events("tls"))

    def test_the_table_counts_for_more_than_any_network(self):
        server = self.pop("pop.provider.test", user="alice")
        liar = self.pop("pop." + DOMAIN)
        self.srv("pop3s", (0, 0, liar.ports["tls"], "pop." + DOMAIN))
        self.providers(f"[x]\ndomains = {DOMAIN}\nlogin = name\n"
                       f"server = pop.provider.test\n"
                       f"port = {server.ports['tls']}\n")
        self.setup_()
        self.assertIn("server = pop.provider.test\n", self.written())
        self.assertEqual([name for kind, name in self.dns.asked
                          if kind == 33], [])

    def test_a_named_server_that_does_not_answer(self):
        """Who named it, and why it did not."""
        self.providers(f"[x]\ndomains = {DOMAIN}\n"
                       "server = pop.provider.test\n")
        done = self.setup_("--connect-timeout", "5", status=NO_SERVER)
        told = done.stderr.splitlines()[-1]
        for words in (f"the table of providers says that the server of "
                      f"{DOMAIN} is pop.provider.test, port 995, ",
                      "cannot find the host pop.provider.test", "try again",
                      "--server"):
            self.assertIn(words, told)
        for words in ("no POP3 server", "spelling", "administrator"):
            self.assertNotIn(words, told)
        error = json.loads(self.setup_("--json", "--connect-timeout", "5",
                                       status=NO_SERVER).stdout)["error"]
        self.assertEqual("pop3: " + error, told)

    def test_no_network(self):
        """Nobody said that there is no server."""
        done = self.pop3("setup", "--dns-server", "127.0.0.1:1", "--no-login",
                         "--connect-timeout", "1", "--config", self.config,
                         ADDRESS, status=NO_SERVER)
        self.assertIn("not everybody could be asked", done.stderr)
        done = self.setup_("--connect-timeout", "5", status=NO_SERVER)
        self.assertIn(f"no POP3 server of {DOMAIN} was found: ask",
                      done.stderr)
        self.routes.pop(DATABASE)
        done = self.setup_("--connect-timeout", "5", status=NO_SERVER)
        self.assertIn("not everybody could be asked", done.stderr)

    def test_an_empty_environment(self):
        """The tables are built in: no place is needed for them."""
        done = self.run_argv([program.PROGRAM, "setup", "--config",
                              self.config, "--no-login", "me@icloud.com"],
                             env={}, status=NO_SERVER)
        self.assertIn("iCloud Mail has no POP3", done.stderr)
        done = self.run_argv([program.PROGRAM, "login",
                              "pops://me@pop.gmail.com"], env={},
                             status=CONFIG)
        self.assertIn("oauth-provider = google", done.stderr)

    def test_a_provider_without_pop(self):
        done = self.setup_("--no-login", address="me@icloud.com",
                           status=NO_SERVER)
        self.assertIn("iCloud Mail has no POP3", done.stderr)
        self.assertEqual(self.dns.asked, [])

    def test_ones_own_table_counts_for_more(self):
        os.makedirs(self.path(".config", "pop3"))
        own = self.path(".config", "pop3", "providers")
        with open(own, "w", encoding="utf-8") as file:
            file.write("[mine]\nname = Mine\ndomains = icloud.com gmail.com\n"
                       "pop = no\nhelp = https://help.test\n")
        done = self.setup_("--no-login", address="me@gmail.com",
                           status=NO_SERVER)
        self.assertIn("Mine has no POP3: https://help.test", done.stderr)
        os.chmod(own, 0o666)
        done = self.setup_("--no-login", address="me@icloud.com",
                           status=NO_SERVER)
        self.assertIn("written by others", done.stderr)
        self.assertIn("iCloud Mail has no POP3", done.stderr)

    def test_tables_with_errors(self):
        self.providers("server = a.test\n[x]\nserver = a b\nport = 0\n"
                       "tls = none\nlogin = x\ncolour = 1\n")
        done = self.setup_("--no-login", "--server", "pop." + DOMAIN,
                           "--connect-timeout", "1", status=NO_SERVER)
        for line in ("1:1", "3:10", "4:8", "5:7", "6:9", "7:1"):
            self.assertIn(f"providers:{line}: ", done.stderr)


if __name__ == "__main__":
    program.main()
