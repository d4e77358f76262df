# SPDX-License-Identifier: MIT
"""Cyrus, for a second opinion: SASL by a library of its own, with SCRAM bound
to TLS, and messages that it stores in its own way.

Its packages conflict with Dovecot's, so tools/setup unpacks them into
build/cyrus without installing them. It runs from there, as nobody, with its
mail, its passwords and its sockets in the directory of the test."""

import os
import poplib
import pwd
import smtplib
import ssl
import subprocess

import servers
import store

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
UNPACKED = os.path.join(ROOT, "build", "cyrus", "usr")

# poplib refuses lines over 2,048 octets; the messages have such lines.
poplib._MAXLINE = 1 << 24  # pylint: disable=protected-access


class Cyrus(servers.Server):
    """CAPA with all SASL mechanisms, PIPELINING, STLS; APOP is off."""
    name = "Cyrus"
    # It takes no NUL, no bare CR and no header that is none, and gives a
    # message without a Message-ID one.
    altered = ("bare_cr", "dots", "dots_first", "folded", "from_line", "nul",
               "twin")

    MASTER = """\
START {{ }}
SERVICES {{
  pop3 cmd="{bin}/pop3d -C {dir}/imapd.conf" listen="127.0.0.1:{clear}"
  pop3s cmd="{bin}/pop3d -s -C {dir}/imapd.conf" listen="127.0.0.1:{tls}"
  lmtp cmd="{bin}/lmtpd -C {dir}/imapd.conf" listen="{dir}/sock/lmtp"
}}
EVENTS {{ }}
"""
    CONFIG = """\
configdirectory: {dir}/lib
defaultpartition: default
partition-default: {dir}/spool
proc_path: {dir}/proc
mboxname_lockpath: {dir}/lock
sievedir: {dir}/sieve
servername: localhost
cyrus_user: {user}
lmtpsocket: {dir}/sock/lmtp
autocreate_quota: -1
allowplaintext: no
failedloginpause: 0
tls_server_cert: {cert}
tls_server_key: {key}
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {dir}/sasldb
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 \
SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS
"""

    def __init__(self):
        self.program = os.path.join(UNPACKED, "lib", "cyrus", "bin", "master")
        super().__init__()
        self._passwd = servers.find(os.path.join(UNPACKED, "sbin",
                                                 "saslpasswd2"))

    def prepare(self):
        for name in ("lib", "spool", "proc", "lock", "sieve", "sock"):
            os.makedirs(self.path(name))

    def configure(self):
        user = pwd.getpwuid(self.uid).pw_name
        self.write("imapd.conf", self.CONFIG.format(
            dir=self.dir, user=user, cert=self.pair.cert, key=self.pair.key))
        self.write("cyrus.conf", self.MASTER.format(
            dir=self.dir, bin=os.path.dirname(self.binary), **self.ports))

    def command(self):
        machine = os.listdir(os.path.join(UNPACKED, "lib"))
        places = [os.path.join(UNPACKED, "lib", name) for name in machine
                  if name.endswith("-gnu")]
        return ["env", "LD_LIBRARY_PATH=" + ":".join(places),
                "CYRUS_USER=" + pwd.getpwuid(self.uid).pw_name, self.binary,
                "-D", "-C", self.path("imapd.conf"), "-M",
                self.path("cyrus.conf"), "-p", self.path("master.pid")]

    def set_password(self, user, password):
        subprocess.run(
            [self._passwd, "-p", "-c", "-f", self.path("sasldb"), "-u",
             "localhost", user], input=password, text=True, check=True)
        self.own(self.path("sasldb"))
        self._make_inbox(user, password)
        return user

    def _make_inbox(self, user, password):
        """The first login does."""
        self._log_in(user, password).quit()

    def _log_in(self, user, password):
        client = poplib.POP3_SSL(
            "localhost", self.ports["tls"], timeout=20,
            context=ssl.create_default_context(cafile=self.ca_file))
        client.user(user)
        client.pass_(password)
        return client

    # ---- its mail: in by LMTP, out by POP3, under no other name -----------

    def deliver(self, user, *messages):
        """By LMTP, through which it takes all its mail."""
        with smtplib.LMTP(self.path("sock", "lmtp")) as lmtp:
            for message in messages:
                lmtp.sendmail("sender@example.org", [user], message)

    def add_user(self, user, password="secret", count=0, seed=1,
                 big_octets=0):
        drop = servers.Maildrop(self.set_password(user, password), password,
                                "", [])
        self.add_mail(drop, count, seed)
        return drop

    def add_mail(self, drop, count, seed):
        """It puts fields of its own before what it takes. So what is its
        octets is what Python's poplib reads, behind which our message is."""
        sent = [store.wire(data) for _, data in self._messages(count, seed, 0)]
        self.deliver(drop.login, *sent)
        before = len(drop.messages)
        drop.messages[:] = self.held(drop)
        for message, source in zip(drop.messages[before:], sent, strict=True):
            if not message.endswith(b"\r\n" + source):
                raise RuntimeError(f"Cyrus altered {source!r} to {message!r}")

    def held(self, drop):
        client = self._log_in(drop.login, drop.password)
        found = [b"".join(line + b"\r\n" for line in client.retr(number)[1])
                 for number in range(1, client.stat()[0] + 1)]
        client.quit()
        return found
