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

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
UNPACKED = os.path.join(ROOT, "build", "cyrus", "usr")


class Cyrus(servers.Server):
    """CAPA with all SASL mechanisms, PIPELINING, STLS; APOP is off."""
    name = "Cyrus"

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
        client = poplib.POP3_SSL(
            "localhost", self.ports["tls"], timeout=20,
            context=ssl.create_default_context(cafile=self.ca_file))
        client.user(user)
        client.pass_(password)
        client.quit()

    def deliver(self, user, message):
        """By LMTP, through which it takes all its mail."""
        with smtplib.LMTP(self.path("sock", "lmtp")) as lmtp:
            lmtp.sendmail("sender@example.org", [user], message)
