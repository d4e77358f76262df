# SPDX-License-Identifier: MIT
"""What the tests of finding a server share: a domain with a name server, a
web server and POP3 servers, none of which anybody else knows.

DNS is a server of tests/server, by --dns-server. Web servers are reached by
HTTPS_PROXY, which leads their names to loopback; so nothing leaves this
machine.
"""

import os
import unittest

from program import Case, Options

from dns import Dns             # these three of tests/server
from proxy import Proxy, Refused
from web import Answer, Web

DOMAIN = "example.test"
ADDRESS = "alice@" + DOMAIN
WEB = "autoconfig." + DOMAIN
DATABASE = "autoconfig.thunderbird.net"


class Routes(Proxy):
    """Leads (host, port), or else host, to a port of loopback."""

    def __init__(self, routes):
        super().__init__(None)
        self.routes = routes

    def _http(self, connection):
        good = super()._http(connection)
        host, port = self.asked[-1][1:3]
        self.to = self.routes.get((host, port), self.routes.get(host))
        if self.to is None:
            raise Refused(b"HTTP/1.1 502 nobody there\r\n\r\n")
        return good


def document(host, port, domain=DOMAIN, kind="SSL", user="%EMAILADDRESS%",
             auth="password-cleartext", type_="pop3"):
    return f"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="{domain}">
 <domain>{domain}</domain>
 <incomingServer type="imap"><hostname>imap.example.test</hostname>
  <port>993</port><socketType>SSL</socketType></incomingServer>
 <incomingServer type="{type_}"><hostname>{host}</hostname><port>{port}</port>
  <socketType>{kind}</socketType><username>{user}</username>
  <authentication>{auth}</authentication></incomingServer>
</emailProvider></clientConfig>""".encode()


class Finding(Case):
    """self.zone and self.routes may be changed at any time; self.pages has
    answers by host and path, and whatever is not there is 404."""

    count = 3
    issued = {}

    @classmethod
    def setUpClass(cls):
        """One authority for all classes: openssl is slow."""
        if not hasattr(Finding, "authority"):
            Finding.make_authority(unittest.addModuleCleanup)

    def setUp(self):
        super().setUp()
        self.zone, self.pages = {}, {}
        self.dns = self.enter(Dns(self.zone))
        self.web = self.enter(Web(self.issue(WEB, DATABASE, DOMAIN),
                                  self.page))
        self.routes = {host: self.web.port
                       for host in (WEB, DATABASE, DOMAIN)}
        self.proxy = self.enter(Routes(self.routes))
        self.config = self.path("config")
        self.data = self.path("share")
        os.makedirs(os.path.join(self.data, "pop3"))

    def enter(self, thing):
        thing.__enter__()
        self.addCleanup(thing.__exit__, None, None, None)
        return thing

    def page(self, request):
        found = self.pages.get((request.headers["host"], request.path[1:]))
        if found is None:
            return Answer(b"nothing here", 404)
        return Answer(found, 200, "text/xml") if isinstance(found, bytes) \
            else found

    def issue(self, *names):
        """Once for all tests."""
        if names not in self.issued:
            self.issued[names] = self.authority.issue(
                "good", san=",".join("DNS:" + name for name in names))
        return self.issued[names]

    def pop(self, name, *faults, user=ADDRESS, pair=None, options=None,
            **kwargs):
        """A POP3 server of that name, which DNS and proxy know."""
        pair = pair or self.issue(name)
        server = self.serve(*faults, tls=pair, stls=pair, maildir=self.box,
                            options=options or Options(users={user: "demo"}),
                            **kwargs)
        self.zone[name] = [("A", "127.0.0.1")]
        self.routes[(name, 995)] = server.ports["tls"]
        return server

    def srv(self, service, *records, domain=DOMAIN):
        self.zone[f"_{service}._tcp.{domain}"] = [
            ("SRV", *record) for record in records]

    def providers(self, text):
        """A table of the system's, over the one that is built in."""
        path = os.path.join(self.data, "pop3", "providers")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)

    def environment(self, **changes):
        return super().environment(
            HTTPS_PROXY=f"http://127.0.0.1:{self.proxy.port}",
            XDG_DATA_DIRS=self.data,
            XDG_STATE_HOME=self.path("state"), **changes)

    def setup_(self, *args, address=ADDRESS, status=0, **kwargs):
        return self.pop3("setup", "--dns-server", self.dns.address,
                         "--config", self.config, *args, address,
                         status=status, **kwargs)

    def written(self):
        with open(self.config, encoding="utf-8") as file:
            return file.read()

    def by_proxy(self):
        return ["--proxy", f"http://127.0.0.1:{self.proxy.port}"]

    def assert_no_login(self, server):
        words = {line.split(" ")[0].upper()
                 for line in server.log.commands()}
        self.assertLessEqual(words, {"CAPA", "STLS", "QUIT"})
