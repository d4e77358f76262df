# SPDX-License-Identifier: MIT
"""A Kerberos realm for the tests: one server on loopback, in one folder.

    with Realm() as realm:
        realm.start()
        env = realm.ticket("alice")     # for a client
        realm.config, realm.keytab      # for a server: pop/localhost
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time

import servers

CONFIG = """\
[libdefaults]
default_realm = TEST
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
TEST = {{
  kdc = 127.0.0.1:{port}
}}
[domain_realm]
localhost = TEST
"""
KDC = """\
[kdcdefaults]
kdc_listen = 127.0.0.1:{port}
kdc_tcp_listen = 127.0.0.1:{port}
[realms]
TEST = {{
  database_name = {dir}/principal
  key_stash_file = {dir}/stash
}}
"""


class Realm:
    def __init__(self):
        self._kdc = None
        for program in ("krb5kdc", "kdb5_util", "kadmin.local", "kinit"):
            servers.find(program)

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="krb5-")
        os.chmod(self.dir, 0o755)
        port = servers.free_ports("kdc")["kdc"]
        self.config = self._write("krb5.conf", CONFIG, port)
        self._write("kdc.conf", KDC, port)
        self.keytab = os.path.join(self.dir, "keytab")
        self._run("kdb5_util", "create", "-s", "-r", "TEST", "-P", "master")
        for query in ("addprinc -randkey pop/localhost",
                      f"ktadd -k {self.keytab} pop/localhost",
                      "addprinc -pw sesame alice"):
            self._run("kadmin.local", "-r", "TEST", "-q", query)
        os.chmod(self.keytab, 0o644)
        return self

    def __exit__(self, *_exc):
        if self._kdc is not None:
            self._kdc.terminate()
            self._kdc.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _write(self, name, text, port):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text.format(dir=self.dir, port=port))
        return path

    def env(self):
        return {"PATH": servers.PATH, "KRB5_CONFIG": self.config,
                "KRB5_KDC_PROFILE": os.path.join(self.dir, "kdc.conf"),
                "KRB5CCNAME": "FILE:" + os.path.join(self.dir, "none")}

    def _run(self, *command, **more):
        done = subprocess.run(command, env=self.env(), check=False, text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, **more)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}")

    def start(self):
        with open(os.path.join(self.dir, "log"), "wb") as log:
            self._kdc = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "krb5kdc", "-n"],
                env=self.env(), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)

    def ticket(self, user):
        """What a client of this user has in its environment."""
        cache = os.path.join(self.dir, "cache-" + user)
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(RuntimeError):
                self._run("kinit", "-c", "FILE:" + cache, user,
                          input="sesame\n")
                return dict(self.env(), KRB5CCNAME="FILE:" + cache)
            if time.monotonic() > end:
                raise RuntimeError("the realm gives no tickets")
            time.sleep(0.05)
