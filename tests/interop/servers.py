# SPDX-License-Identifier: MIT
"""Real POP3 servers of Debian, started by the tests and stopped by them.

    python3 servers.py dovecot|mailutils     serves demo/secret until ^C

    with Dovecot() as server:
        drop = server.add_user("alice", "secret", count=20)
        ... server.ports["clear"], server.ports["tls"], server.ca_file ...

Configuration, passwords, mail, certificates and logs lie in one temporary
directory, which goes away at the end; nothing of the machine's own set-up is
read or changed. Ports come from the system. A server listens on 127.0.0.1:
"clear" (which offers STLS too) and "tls". It never runs as root: if the tests
do, it becomes "nobody". Its log is printed when a `with` block fails.
"""

import contextlib
import dataclasses
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "server"))

import certs      # noqa: E402
import mailbox    # noqa: E402
import store      # noqa: E402

START_SECONDS = 30
STOP_SECONDS = 10
ATTEMPTS = 5
TAKEN = "Address already in use"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


class Missing(Exception):
    """The server is not installed, or may not run here; says why."""


@dataclasses.dataclass
class Maildrop:
    """A user of a server, and what its maildrop holds."""
    login: str
    password: str
    path: str
    messages: list      # octets on the wire, in the order of their numbers

    def delivered(self):
        """The octets of each message as a client writes them to a file."""
        return [data.replace(b"\r\n", b"\n") for data in self.messages]


class Server:
    """What all servers have in common. A subclass says what it runs and
    writes its configuration."""
    name = ""
    program = ""
    started = ""        # what its log says when it listens
    # Kinds of mailbox.py that this server does not serve as they are.
    altered = ()
    has_apop = True
    listeners = ("clear", "tls")
    wrong_password = r"-ERR \[AUTH\]"     # what it says then

    def __init__(self):
        self.binary = find(self.program)
        self.uid, self.gid = os.getuid(), os.getgid()
        if self.uid == 0:
            nobody = pwd.getpwnam("nobody")
            self.uid, self.gid = nobody.pw_uid, nobody.pw_gid
        self.ports = {}
        self._child = None

    def __enter__(self):
        # Short, since Unix sockets below it have at most 107 octets of path.
        self.dir = tempfile.mkdtemp(prefix="pop3-")
        try:
            os.chmod(self.dir, 0o755)
            self.authority = certs.Authority(self.path("certs"))
            self.ca_file = self.authority.ca_file
            self.pair = self.authority.issue("good")
            self.prepare()
            self.own(self.dir)
            self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, exc_type, _exc, _traceback):
        self.stop()
        if exc_type is not None:
            sys.stdout.flush()
            print(f"---- log of {self.name} ----\n{self.log()}---- end ----",
                  file=sys.stderr, flush=True)
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- what a subclass says ---------------------------------------------

    def prepare(self):
        """Makes what is there before the first start."""

    def configure(self):
        """Writes the configuration for self.ports."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def maildir(self, user):
        raise NotImplementedError

    def set_password(self, user, password):
        """Lets the user in; returns the name to log in with."""
        raise NotImplementedError

    def header(self, _number):
        """What this server would put on top of a message if it were not
        there already."""
        return b""

    # ---- life ---------------------------------------------------------------

    def start(self):
        """Starts it, on new ports. A port that somebody else took in the
        meantime is a reason to choose again."""
        for _ in range(ATTEMPTS):
            self.ports = free_ports(*self.listeners)
            self.configure()
            before = len(self.log())
            self._launch()
            if self._listens(before) and self._answers():
                return
            self.kill()
            said = self.log()[before:]
            if TAKEN not in said:
                raise RuntimeError(f"{self.name} did not start:\n{said}")
        raise RuntimeError(f"{self.name}: {ATTEMPTS} times a port was taken")

    def _launch(self):
        # The server dies with this process, whatever becomes of it.
        command = ["setpriv", "--pdeathsig", "TERM"]
        if os.getuid() == 0:
            command += ["--reuid", str(self.uid), "--regid", str(self.gid),
                        "--clear-groups"]
        with open(self.path("log"), "ab") as log:
            self._child = subprocess.Popen(
                command + self.command(), cwd=self.dir, stdout=log,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={"PATH": PATH, "HOME": self.dir, "LC_ALL": "C"})

    def _listens(self, before):
        """Waits until the log says so. False if it ended, or if one of its
        ports belongs to somebody else."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            said = self.log()[before:]
            if TAKEN in said:
                return False
            if self.started in said:
                return True
            if not self.running():
                return False
            time.sleep(0.01)
        return False

    def _answers(self):
        """Waits for its greeting."""
        end = time.monotonic() + START_SECONDS
        while self.running() and time.monotonic() < end:
            try:
                with socket.create_connection(
                        ("127.0.0.1", self.ports["clear"]), 5) as peer:
                    if peer.recv(3) == b"+OK":
                        return True
            except OSError:
                time.sleep(0.01)
        return False

    @property
    def pid(self):
        """Of the first process, which leads a session of its own."""
        return self._child.pid

    def running(self):
        return self._child is not None and self._child.poll() is None

    def stop(self):
        """As an administrator does it."""
        if self.running():
            self._child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(STOP_SECONDS)
        self.kill()

    def kill(self):
        """Like a power cut: it and its children, at once."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
            self._child = None

    # ---- files --------------------------------------------------------------

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text, mode=0o600):
        parent = os.path.dirname(self.path(name))
        os.makedirs(parent, exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
        self.own(parent if parent != self.dir else self.path(name))
        return self.path(name)

    def own(self, top):
        """Gives it and all below to the user that the server runs as."""
        if os.getuid() != 0:
            return
        os.chown(top, self.uid, self.gid)
        for directory, names, files in os.walk(top):
            for name in names + files:
                os.chown(os.path.join(directory, name), self.uid, self.gid,
                         follow_symlinks=False)

    def log(self):
        try:
            with open(self.path("log"), encoding="utf-8",
                      errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # ---- users and mail -----------------------------------------------------

    def add_user(self, user, password="secret", count=0, seed=1,
                 big_octets=0):
        """A user with so many messages; also while the server runs."""
        login = self.set_password(user, password)
        directory = self.maildir(user)
        home = os.path.dirname(directory)
        for sub in ("tmp", "new", "cur"):
            os.makedirs(os.path.join(directory, sub))
        kept = []
        for name, data in self._messages(count, seed, big_octets):
            with open(os.path.join(directory, "new", name), "wb") as file:
                file.write(data)
            kept.append(store.wire(data))
        self.own(home)
        return Maildrop(login, password, directory, kept)

    def add_mail(self, drop, count, seed):
        """More of it for one who has mail."""
        for name, data in self._messages(count, seed, 0):
            place = os.path.join(drop.path, "new", name)
            with open(place, "wb") as file:
                file.write(data)
            self.own(place)
            drop.messages.append(store.wire(data))

    def held(self, drop):
        """What it has of that maildrop, in any order; seen on its disk, past
        all of POP3."""
        found = []
        for sub in ("new", "cur"):
            for name in os.listdir(os.path.join(drop.path, sub)):
                with open(os.path.join(drop.path, sub, name), "rb") as file:
                    found.append(store.wire(file.read()))
        return found

    def _messages(self, count, seed, big_octets):
        # Enough that `count` remain without those that the server alters.
        surplus = 2 + len(mailbox.KINDS) / (
            len(mailbox.KINDS) - len(self.altered)) * count
        number = 0
        for name, kind, data in mailbox.messages(int(surplus), big_octets,
                                                 seed):
            if number == count:
                return
            if kind not in self.altered:
                number += 1
                yield name, self.header(number) + data


class Dovecot(Server):
    """CAPA with SASL PLAIN LOGIN, PIPELINING, STLS; APOP."""
    name = "Dovecot"
    program = "dovecot"
    started = "starting up for pop3"
    # It does not stuff a dot that is the very first octet of a message, and
    # serves an empty message as one empty line.
    altered = ("dots_first", "nothing")

    CONFIG = """\
base_dir = {dir}/run
state_dir = {dir}/run
log_path = /dev/stderr
protocols = pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login apop
auth_failure_delay = 0
mail_max_userip_connections = 100
mail_fsync = never
mail_location = maildir:{dir}/mail/%u/Maildir
first_valid_uid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
stats_writer_socket_path =
passdb {{
  # A file for each user, since a changed file is noticed only later.
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users/%u
}}
userdb {{
  driver = static
  args = home={dir}/mail/%u allow_all_users=yes
}}
service anvil {{
  chroot =
  # No waiting because of wrong passwords that other tests sent.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {clear}
  }}
  inet_listener pop3s {{
    port = {tls}
    ssl = yes
  }}
}}
"""

    def __init__(self):
        super().__init__()
        if not os.path.exists("/usr/lib/dovecot/pop3"):
            raise Missing("Dovecot is here without POP3: please install "
                          "dovecot-pop3d")

    def prepare(self):
        os.makedirs(self.path("run"))
        os.makedirs(self.path("mail"))

    def configure(self):
        self.write("dovecot.conf", self.CONFIG.format(
            dir=self.dir, cert=self.pair.cert, key=self.pair.key,
            user=pwd.getpwuid(self.uid).pw_name,
            group=grp.getgrgid(self.gid).gr_name, **self.ports))

    def command(self):
        return [self.binary, "-F", "-c", self.path("dovecot.conf")]

    def maildir(self, user):
        return self.path("mail", user, "Maildir")

    def set_password(self, user, password):
        self.write(f"users/{user}", f"{user}:{{PLAIN}}{password}\n")
        return user


class Mailutils(Server):
    """GNU pop3d: no SASL; APOP from a database; users of a virtual domain,
    who log in as user@domain. PIPELINING, STLS."""
    name = "GNU Mailutils"
    program = "pop3d"
    started = "(GNU Mailutils"
    # Messages without a header of their own merge into its X-UIDL; folded
    # lines and CRs in a header, and a mbox line at the top, are rewritten.
    altered = ("dots_first", "nothing", "header_only", "from_line",
               "bare_cr", "crlf", "folded")

    CONFIG = """\
mode daemon;
foreground yes;
max-children 20;
pidfile {dir}/pid;
logging {{ syslog no; }};
auth {{
  authentication clear;
  authentication generic:virtdomain;
  authorization clear;
  authorization virtdomain;
}};
virtdomain {{ passwd-dir {dir}/domain; }};
apop-database-file {dir}/apop;
apop-database-owner {uid};
tls {{
  ssl-certificate-file {cert};
  ssl-key-file {key};
}};
tls-file-checks {{ key-file none; cert-file none; ca-file none; }};
tcp-wrappers {{ enable no; }};
mandatory-locking {{ enable no; }};
server 127.0.0.1:{clear} {{ tls-mode ondemand; }};
server 127.0.0.1:{tls} {{ tls-mode connection; }};
"""

    def __init__(self):
        super().__init__()
        # It insists on becoming group "mail" when it starts.
        self._mail = grp.getgrnam("mail").gr_gid
        self._namespace = []
        if os.getuid() == 0:
            self.gid = self._mail
        elif self._mail != self.gid:
            self._namespace = ["unshare", "--user", "--map-current-user",
                               f"--map-group={self._mail}"]
            done = subprocess.run(self._namespace + ["true"], check=False,
                                  stderr=subprocess.PIPE, text=True)
            if done.returncode:
                raise Missing("GNU pop3d wants to be of group mail: please "
                              "run the tests as root, or allow user "
                              f"namespaces ({done.stderr.strip()})")
        self._crypted = {}

    def prepare(self):
        os.makedirs(self.path("mail"))
        self.write("domain/test", "", 0o644)

    def configure(self):
        self.write("pop3d.conf", self.CONFIG.format(
            dir=self.dir, uid=self.uid, cert=self.pair.cert,
            key=self.pair.key, **self.ports))

    def command(self):
        return self._namespace + [self.binary, "--config-file=" +
                                  self.path("pop3d.conf")]

    def maildir(self, user):
        return self.path("mail", user, "INBOX")

    def set_password(self, user, password):
        hashed = subprocess.run(
            ["openssl", "passwd", "-5", "-stdin"], input=password, text=True,
            check=True, stdout=subprocess.PIPE).stdout.strip()
        self._crypted[user] = hashed
        self.write("domain/test", "".join(
            f"{name}:{word}:{self.uid}:{self._mail}:{name}:"
            f"{self.path('mail', name)}:/bin/sh\n"
            for name, word in self._crypted.items()), 0o644)
        login = user + "@test"
        subprocess.run([find("popauth"), "--add", "--user", login,
                        "--password", password, "--file", self.path("apop")],
                       check=True)
        self.own(self.path("apop"))
        return login

    def header(self, number):
        """It keeps the unique-id in the header, and writes one if there is
        none; so there is one."""
        return f"X-UIDL: {number:032x}.1700000000.{number}\n".encode()


SERVERS = {"dovecot": Dovecot, "mailutils": Mailutils}


def find(program):
    path = shutil.which(program, path=PATH)
    if path is None:
        raise Missing(f"{program} is not installed: please run "
                      "tools/setup test")
    return path


def free_ports(*names):
    """Ports that were free a moment ago, all different."""
    with contextlib.ExitStack() as held:
        ports = {}
        for name in names:
            sock = held.enter_context(socket.socket())
            sock.bind(("127.0.0.1", 0))
            ports[name] = sock.getsockname()[1]
        return ports


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in SERVERS:
        sys.exit(f"usage: servers.py {'|'.join(SERVERS)}")
    with contextlib.suppress(KeyboardInterrupt), \
            SERVERS[sys.argv[1]]() as server:
        drop = server.add_user("demo", "secret", 100)
        print(f"{server.name}: {server.ports} --ca-file {server.ca_file} "
              f"user {drop.login} password {drop.password}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
