# SPDX-License-Identifier: MIT
"""Courier, with nothing of it replaced: couriertcpd, couriertls,
courierpop3login, courierpop3d, and authdaemond with its userdb.

Its packages conflict with Dovecot's, so tools/setup unpacks them into
build/courier without installing them. Where its authdaemon's socket and its
passwords lie is compiled in; courier_paths.c, which Meson builds, leads those
paths into the directory of the test, and stands in for the user "courier". It
runs as nobody if the tests are root.
"""

import contextlib
import os
import signal
import stat
import subprocess
import time

import servers

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
UNPACKED = os.path.join(ROOT, "build", "courier", "usr")
PROGRAMS = os.path.join(UNPACKED, "lib", "courier")


class Courier(servers.Server):
    """CAPA with SASL PLAIN LOGIN CRAM-MD5, PIPELINING, STLS, UTF8 and a
    LOGIN-DELAY that it does not enforce; no APOP. STAT and LIST count a
    message in its own way."""
    name = "Courier"
    program = os.path.join(PROGRAMS, "courier", "courierpop3d")
    started = "listening"
    # It makes CRLF of LF even where CRLF is, does not stuff a dot that is the
    # very first octet of a message, and serves an empty one as one empty line;
    # and without the command UTF8 a message whose header is not ASCII comes
    # as an attachment.
    altered = ("bare_cr", "crlf", "dots_first", "folded", "nothing")
    has_apop = False
    wrong_password = "-ERR Login failed"

    # couriertcpd does not say that it listens; the log does once all is
    # begun, and the greeting shows whether it was so.
    SCRIPT = """\
set -eu
begin() {{ setpriv --pdeathsig TERM "$@" & }}
begin "$PROGRAMS/courier-authlib/authdaemond"
until [ -S "$COURIER_ROOT/run/authdaemon/socket" ]; do
    kill -0 $!
    sleep 0.01
done
login="$PROGRAMS/courier/courierpop3login $PROGRAMS/courier/courierpop3d"
tcpd="$UNPACKED/sbin/couriertcpd -address=127.0.0.1 -maxprocs=200 \
-maxperip=200 -nodnslookup -noidentlookup"
begin $tcpd {clear} $login Maildir
POP3_TLS=1 begin $tcpd {tls} "$COURIERTLS" -server -tcpd $login Maildir
echo listening
wait
"""
    DAEMON = ('authmodulelist="authuserdb"\ndaemons=5\nDEBUG_LOGIN=0\n'
              'DEFAULTOPTIONS=""\n')

    def __init__(self):
        if not os.path.exists(self.program):
            raise servers.Missing("Courier is not unpacked: please run "
                                  "tools/setup test")
        self._preload = os.path.abspath(os.environ["COURIER_PATHS"])
        super().__init__()
        self._users = {}

    def prepare(self):
        for name in ("run/authdaemon", "etc", "mail"):
            os.makedirs(self.path(name))
        self.write("etc/authdaemonrc", self.DAEMON)
        with open(self.pair.key, encoding="ascii") as key, \
                open(self.pair.cert, encoding="ascii") as cert:
            self.write("both.pem", key.read() + cert.read())
        self._write_users()

    def configure(self):
        self.write("start", self.SCRIPT.format(**self.ports))

    def _environment(self):
        places = [os.path.join(UNPACKED, "lib"),
                  os.path.join(UNPACKED, "lib", "courier-authlib")]
        places += [os.path.join(UNPACKED, "lib", name)
                   for name in os.listdir(places[0]) if name.endswith("-gnu")]
        tls = os.path.join(UNPACKED, "bin", "couriertls")
        return {"LD_LIBRARY_PATH": ":".join(places),
                "LD_PRELOAD": self._preload, "COURIER_ROOT": self.dir,
                "UNPACKED": UNPACKED, "PROGRAMS": PROGRAMS,
                "COURIERTLS": tls, "TLS_CERTFILE": self.path("both.pem"),
                "TLS_VERIFYPEER": "NONE", "POP3_STARTTLS": "YES",
                "POP3AUTH": "PLAIN LOGIN CRAM-MD5"}

    def command(self):
        return ["env", *(f"{name}={value}" for name, value in
                         self._environment().items()),
                "sh", self.path("start")]

    def start(self):
        for name in os.listdir(self.path("run", "authdaemon")):
            os.unlink(self.path("run", "authdaemon", name))
        super().start()

    def kill(self):
        """couriertcpd and what it starts are process groups of their own, of
        the same session."""
        leader = self._child
        super().kill()
        while leader is not None and (others := in_session(leader.pid)):
            for pid in others:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    def maildir(self, user):
        return self.path("mail", user, "Maildir")

    def set_password(self, user, password):
        self._users[user] = password
        self._write_users()
        return user

    def _write_users(self):
        """Where they live goes last: with it they are there."""
        self._write_table("userdbshadow", self._secrets)
        self._write_table("userdb", lambda user, _: (
            f"uid={self.uid}|gid={self.gid}|home={self.path('mail', user)}|"
            f"mail={self.maildir(user)}"))

    def _secrets(self, user, password):
        hashed = self._run(["openssl", "passwd", "-5", "-stdin"], password)
        hmac = self._run([os.path.join(UNPACKED, "sbin", "userdbpw"),
                          "-hmac-md5"], f"{password}\n{password}\n")
        return f"pop3pw={hashed}|pop3-hmac-md5pw={hmac.splitlines()[-1]}"

    def _write_table(self, name, fields):
        """As its makeuserdb does; a line with a dot ends the table."""
        text = "".join(f"{user}\t{fields(user, password)}\n"
                       for user, password in self._users.items()) + "\n.\n"
        source = self.write(f"etc/{name}", text)
        table = self.path("etc", name + ".dat")
        self._run([os.path.join(PROGRAMS, "courier-authlib", "makedatprog"),
                   source, self.path("etc", "new"), table])
        os.chmod(table, stat.S_IRUSR | stat.S_IWUSR)
        self.own(table)

    def _run(self, command, text=""):
        return subprocess.run(
            command, input=text, text=True, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": servers.PATH, "LC_ALL": "C",
                 "LD_LIBRARY_PATH": self._environment()["LD_LIBRARY_PATH"]}
        ).stdout.strip()


def in_session(session):
    """The processes of that session which still run."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), \
                open(f"/proc/{name}/stat", encoding="utf-8") as file:
            state, _, _, its = file.read().rpartition(")")[2].split()[:4]
            if int(its) == session and state != "Z":
                found.append(int(name))
    return found
