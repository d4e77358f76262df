# SPDX-License-Identifier: MIT
"""The test server against Python's own poplib, which knows nothing of ours.
"""

import hashlib
import json
import os
import poplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import certs
import mailbox
import store
import transcript
from faults import FAULTS, parse
from pop3_server import Options, Server

HERE = os.path.dirname(os.path.abspath(__file__))


class Case(unittest.TestCase):
    """A directory, an authority and a mailbox of 20 kinds of messages."""

    @classmethod
    def setUpClass(cls):
        cls._dir = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._dir.cleanup)
        cls.authority = certs.Authority(os.path.join(cls._dir.name, "ca"))
        cls.pair = cls.authority.issue("good")

    def setUp(self):
        self.maildir = tempfile.mkdtemp(dir=self._dir.name)
        self.expected = mailbox.make(self.maildir, 20)

    def serve(self, **kwargs):
        server = Server(**{"maildir": self.maildir, **kwargs}).start()
        self.addCleanup(server.stop)
        return server

    def client(self, server, login=True):
        pop = poplib.POP3("127.0.0.1", server.ports["clear"], timeout=20)
        self.addCleanup(pop.close)
        if login:
            pop.user("demo")
            pop.pass_("demo")
        return pop

    def raw(self, server, name="clear"):
        sock = socket.create_connection(("127.0.0.1", server.ports[name]), 20)
        self.addCleanup(sock.close)
        return sock

    def context(self):
        return ssl.create_default_context(cafile=self.authority.ca_file)


def send_all(sock, lines):
    """Everything at once, and no more after it; the server may be gone."""
    try:
        sock.sendall("".join(line + "\r\n" for line in lines).encode())
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def read_all(sock):
    data = b""
    while True:
        try:
            more = sock.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            return data
        data += more


class Serving(Case):
    def test_every_message_comes_as_its_file(self):
        pop = self.client(self.serve())
        rows = [row.split() for row in pop.uidl()[1]]
        self.assertEqual(len(rows), 20)
        for number, uid in rows:
            # poplib gives lines without their ends and eats a bare CR.
            sock_lines = pop.retr(int(number))[1]
            want = store.wire(self.expected[uid.decode()])
            if b"\r\r" not in want and b"\0" not in want:
                self.assertEqual(sock_lines, want.split(b"\r\n")[:-1])
        pop.quit()

    def test_wire_bytes(self):
        server = self.serve()
        sock = self.raw(server)
        lines = ["USER demo", "PASS demo"]
        lines += [f"RETR {n}" for n in range(1, 21)] + ["QUIT"]
        sock.sendall("".join(line + "\r\n" for line in lines).encode())
        got = read_all(sock)
        bodies = b"".join(
            b"+OK %d octets\r\n" % len(store.wire(data)) +
            store.stuffed(store.wire(data)) for data in self.expected.values())
        self.assertIn(bodies, got)
        self.assertTrue(got.endswith(b"+OK bye\r\n"))
        # All of it was pipelined: the greeting, then everything.
        self.assertLessEqual(server.log.wait("close")[0]["turns"], 2)

    def test_quit_deletes_and_nothing_else_does(self):
        server = self.serve()
        pop = self.client(server)
        pop.dele(3)
        pop.close()
        server.log.wait("close")
        self.assertEqual(len(mailbox.expected(self.maildir)), 20)
        pop = self.client(server)
        pop.dele(3)
        pop.dele(5)
        with self.assertRaises(poplib.error_proto):
            pop.retr(3)
        self.assertEqual(pop.stat()[0], 18)
        pop.quit()
        left = set(self.expected) - set(mailbox.expected(self.maildir))
        self.assertEqual(left, {"1700000003.M3P1.test",
                                "1700000005.M5P1.test"})

    def test_rset(self):
        pop = self.client(self.serve())
        pop.dele(1)
        pop.rset()
        self.assertEqual(pop.stat()[0], 20)
        pop.dele(1)
        pop.rset()
        pop.quit()
        self.assertEqual(len(mailbox.expected(self.maildir)), 20)

    def test_list_and_stat_count_wire_octets(self):
        pop = self.client(self.serve())
        sizes = [int(row.split()[1]) for row in pop.list()[1]]
        self.assertEqual(sizes, [len(store.wire(data))
                                 for data in self.expected.values()])
        self.assertEqual(pop.stat(), (20, sum(sizes)))
        self.assertEqual(pop.list(2), f"+OK 2 {sizes[1]}".encode())

    def test_top(self):
        pop = self.client(self.serve())
        whole = pop.retr(1)[1]
        header = whole[:whole.index(b"") + 1]
        self.assertEqual(pop.top(1, 0)[1], header)
        self.assertEqual(pop.top(1, 1)[1], whole[:len(header) + 1])

    def test_logins(self):
        options = Options(users={"anna": "se cret", "ü": "ß"}, apop=True)
        server = self.serve(options=options)
        pop = self.client(server, login=False)
        with self.assertRaisesRegex(poplib.error_proto, "AUTH"):
            pop.apop("anna", "wrong")
        pop.apop("anna", "se cret")
        pop.quit()
        pop = self.client(server, login=False)
        pop.encoding = "UTF-8"
        pop.utf8()
        pop.user("ü")
        pop.pass_("ß")
        pop.quit()
        for sent in ("AUTH PLAIN AGFubmEAc2UgY3JldA==\r\n",
                     "AUTH PLAIN\r\nAGFubmEAc2UgY3JldA==\r\n"):
            sock = self.raw(server)
            sock.sendall((sent + "QUIT\r\n").encode())
            self.assertIn(b"+OK 20 messages", read_all(sock))

    def test_one_session_at_a_time(self):
        server = self.serve()
        first = self.client(server)
        with self.assertRaisesRegex(poplib.error_proto, "IN-USE"):
            self.client(server)
        first.quit()
        self.client(server).quit()

    def test_speed_with_20_mib(self):
        directory = tempfile.mkdtemp(dir=self._dir.name)
        expected = mailbox.make(directory, 500, 20 << 20)
        server = self.serve(maildir=directory, tls=self.pair)
        begin = time.monotonic()
        sock = self.context().wrap_socket(self.raw(server, "tls"),
                                          server_hostname="localhost")
        lines = ["USER demo", "PASS demo"]
        lines += [f"RETR {n}" for n in range(1, 501)] + ["QUIT"]
        sock.sendall("".join(line + "\r\n" for line in lines).encode())
        digest, count = hashlib.sha256(), 0
        while data := sock.recv(1 << 16):
            digest.update(data)
            count += len(data)
        sock.close()
        self.assertGreater(count, sum(map(len, expected.values())))
        self.assertLess(time.monotonic() - begin, 5)


class Tls(Case):
    def test_implicit_and_stls(self):
        server = self.serve(tls=self.pair, stls=self.pair)
        pop = poplib.POP3_SSL("localhost", server.ports["tls"],
                              context=self.context())
        pop.user("demo")
        pop.pass_("demo")
        pop.quit()
        self.assertEqual(server.log.events("sni")[0]["name"], "localhost")
        pop = poplib.POP3("localhost", server.ports["stls"])
        self.assertIn("STLS", pop.capa())
        pop.stls(context=self.context())
        self.assertNotIn("STLS", pop.capa())
        pop.user("demo")
        pop.pass_("demo")
        pop.quit()
        self.assertEqual(len(server.log.events("tls")), 2)

    def test_bad_certificates_are_bad(self):
        why = {"good": None, "chain": None, "rsa2048": None, "no-eku": None,
               "expired": "expired", "not-yet": "not yet valid",
               "wrong-host": "mismatch", "self-signed": "self.signed",
               "other-ca": "unable to get local issuer|self.signed",
               "incomplete": "unable to get local issuer", "ip": "mismatch",
               "not-ca": "invalid CA", "wrong-eku": "purpose",
               "critical": "critical", "rsa1024": "too weak",
               "sha1": "too weak|wrong signature|internal error",
               "nul": "mismatch", "wildcard": "mismatch"}
        for kind, words in why.items():
            with self.subTest(kind), \
                    Server(maildir=self.maildir, clear=False,
                           tls=self.authority.issue(kind)) as server:
                sock = self.raw(server, "tls")
                try:
                    self.context().wrap_socket(
                        sock, server_hostname="localhost").close()
                    got = None
                except ssl.SSLError as error:
                    got = str(error)
                if words is None:
                    self.assertIsNone(got)
                else:
                    self.assertRegex(got or "accepted", words)

    def test_ends_with_and_without_close_notify(self):
        for fault, clean in [("cut-clean-after=30", True),
                             ("cut-after=30", False)]:
            with self.subTest(fault), \
                    Server(maildir=self.maildir, tls=self.pair,
                           faults=[fault]) as server:
                context = self.context()
                context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
                sock = context.wrap_socket(
                    self.raw(server, "tls"), server_hostname="localhost",
                    suppress_ragged_eofs=False)
                self.addCleanup(sock.close)
                sock.sendall(b"NOOP\r\n" * 9)
                if clean:
                    self.assertEqual(len(read_all(sock)), 30)
                else:
                    with self.assertRaisesRegex(ssl.SSLError, "(?i)eof"):
                        read_all(sock)

    def test_ipv6(self):
        server = self.serve(tls=self.pair, host="::1")
        pop = poplib.POP3_SSL("::1", server.ports["tls"],
                              context=self.context())
        pop.quit()

    def test_client_certificate(self):
        server = self.serve(tls=self.pair, client_ca=self.authority.ca_file,
                            tls_version="TLSv1_2")
        context = self.context()
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            poplib.POP3_SSL("localhost", server.ports["tls"], context=context)
        mine = self.authority.issue("client")
        context.load_cert_chain(mine.cert, mine.key)
        pop = poplib.POP3_SSL("localhost", server.ports["tls"],
                              context=context)
        pop.quit()
        self.assertTrue(server.log.events("tls")[0]["client_cert"])


class Faults(Case):
    """Each kind of hook once, and that every fault of the table runs."""

    def answers(self, faults, lines):
        server = self.serve(faults=faults)
        try:
            sock = self.raw(server)
        except ConnectionResetError:
            return b""      # the server was faster than connect()
        send_all(sock, lines)
        return read_all(sock)

    LOGIN = ["USER demo", "PASS demo"]

    def test_answers(self):
        table = [
            (["err-on=RETR:2/[SYS/TEMP] later"], ["RETR 1", "RETR 2"],
             b"\r\n.\r\n-ERR [SYS/TEMP] later\r\n"),
            (["say-on=STAT/+OK many"], ["STAT"], b"\r\n+OK many\r\n"),
            (["in-use"], [], b"-ERR [IN-USE]"),
            (["unasked=NOOP"], ["NOOP"], b"\r\n+OK\r\n+OK nobody asked\r\n"),
            (["lf"], ["NOOP"], b"messages\n+OK\n"),
            (["long-status=600"], ["NOOP"], b"\r\n+OK " + b"x" * 594 +
             b"\r\n"),
            (["no-uidl"], ["UIDL"], b"-ERR unknown command"),
            (["sizes=7"], ["STAT"], b"+OK 20 140\r\n"),
            (["newest=2"], ["UIDL"],
             b"1 1700000019.M19P1.test\r\n2 1700000020.M20P1.test\r\n.\r\n"),
            (["duplicate-uids"], ["UIDL 2"], b"+OK 2 1700000001.M1P1.test"),
            (["hide=LIST:1"], ["LIST"], b"+OK 20 messages\r\n2 "),
            (["bad-rows"], ["LIST"], b"+OK 20 messages\r\n\r\n0 7\r\n-1 7"),
            (["quit-err"], ["QUIT"], b"-ERR some deleted"),
            (["chunk=3", "drip=100000"], ["NOOP"], b"messages\r\n+OK\r\n"),
            (["capa-err-late"], ["CAPA"], b"messages\r\n-ERR unknown"),
            (["huge=200000"], ["RETR 1", "NOOP"],
             b"abcdef\r\n..\r\n.\r\n+OK\r\n"),
            (["retr-deletes"], ["RETR 20", "STAT"], b"\r\n+OK 19 "),
        ]
        for faults, lines, want in table:
            with self.subTest(faults):
                self.assertIn(want, self.answers(faults, self.LOGIN + lines))

    def test_closes(self):
        for faults, end in [
                (["close-on=STAT"], b"20 messages\r\n"),
                (["cut-after=40"], None),
                (["cut-reply=RETR:2/10"], b"messages\r\n+OK 629 oc"),
                (["close-after=PASS"], b"20 messages\r\n"),
                (["refuse"], b""),
                (["close-on=GREETING"], b""),
                (["reset-after=0"], b"")]:
            with self.subTest(faults):
                got = self.answers(faults, self.LOGIN + ["STAT", "RETR 2"]
                                   if "RETR" not in faults[0] else
                                   self.LOGIN + ["RETR 2"])
                if end is None:
                    self.assertEqual(len(got), 40)
                else:
                    self.assertTrue(got.endswith(end), got[-80:])

    def test_stall_then_client_closes(self):
        server = self.serve(faults=["stall-on=STAT"])
        pop = self.client(server)
        pop.sock.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            pop.stat()
        pop.close()
        server.log.wait("close")

    def test_idle_client_is_logged_out(self):
        """Whoever asks is not."""
        for line in (b"", b"-ERR idle"):
            server = self.serve(faults=[f"idle-out=0.3/{line.decode()}"])
            sock = self.raw(server)
            for _ in range(4):
                time.sleep(0.1)
                sock.sendall(b"USER demo\r\n")
            got = read_all(sock).splitlines()
            self.assertEqual(got[1:], [b"+OK password, please"] * 4 +
                             [line] * bool(line))
            self.assertEqual(len(server.log.wait("idle")), 1)

    def test_only_in_some_connections(self):
        server = self.serve(faults=["capa-close@1"])
        with self.assertRaises((poplib.error_proto, ConnectionError)):
            self.client(server).capa()
        self.assertIn("TOP", self.client(server).capa())

    def test_stls_injection(self):
        server = self.serve(stls=self.pair, faults=["stls-inject=+OK x\r\n"])
        sock = self.raw(server, "stls")
        sock.sendall(b"STLS\r\n")
        sock.shutdown(socket.SHUT_WR)
        self.assertIn(b"TLS\r\n+OK x\r\n", read_all(sock))

    def test_unknown_faults_are_refused(self):
        for wish in ("no-such", "in-use=3", "err-onn=STAT"):
            with self.assertRaises(ValueError):
                parse(wish)

    def test_every_fault_runs(self):
        """A dialogue with everything; only errors of our own would show."""
        values = {"WHERE": "STAT", "WHERE/SECONDS": "STAT/0",
                  "SECONDS[/LINE]": "5",
                  "WHERE[/TEXT]": "STAT", "WHERE/LINE": "STAT/+OK",
                  "WHERE[/LINE]": "STAT", "WHERE/OCTETS": "STAT/3",
                  "VERB:NUMBER": "LIST:2", "TAG": "UIDL", "OCTETS": "50",
                  "OCTETS-PER-SECOND": "1000000", "N": "30"}
        lines = ["CAPA"] + self.LOGIN + [
            "STAT", "LIST", "UIDL", "RETR 1", "TOP 1 0", "DELE 1", "QUIT"]
        for name, fault in FAULTS.items():
            wish = name + ("=" + values.get(fault.value, "x")
                           if fault.value else "")
            with self.subTest(wish):
                self.setUp()
                server = self.serve(faults=[wish])
                sock = self.raw(server)
                send_all(sock, lines)
                read_all(sock)
                self.assertEqual(server.log.events("error"), [])
                server.log.wait("close")


class Scripts(Case):
    TEXT = ('# why: a dialogue\nO: clear\n'
            'S: +OK hi\\x20\\{(a\\x62)*2}\\{c*3}\n> STAT\nC: STAT\n'
            'S> +OK 1 \nS> 2\\r\\n\nE: DONE OK\nC: QUIT\nS+ +OK\n'
            'EOF\n')

    def script(self):
        path = os.path.join(self.maildir, "case.pop3")
        with open(path, "w", encoding="ascii") as file:
            file.write(self.TEXT)
        return transcript.read(path)

    def test_played(self):
        server = self.serve(script=self.script())
        pop = self.client(server, login=False)
        self.assertEqual(pop.getwelcome(), b"+OK hi ababccc")
        self.assertEqual(pop.stat(), (1, 2))
        pop.quit()
        self.assertEqual(server.log.commands(), ["STAT", "QUIT"])

    def test_mismatch(self):
        server = self.serve(script=self.script())
        with self.assertRaises((poplib.error_proto, ConnectionError)):
            self.client(server, login=False).noop()
        self.assertEqual(server.log.wait("mismatch")[0]["got"], "NOOP\r\n")


class Program(Case):
    def test_command_line(self):
        log = os.path.join(self.maildir, "log")
        with subprocess.Popen(
                [sys.executable, os.path.join(HERE, "pop3_server.py"),
                 "--maildir", self.maildir, "--no-clear", "--tls",
                 self.pair.cert, self.pair.key, "--user", "a:b", "--until-eof",
                 "--log", log], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True) as process:
            ports = json.loads(process.stdout.readline())
            self.assertEqual(list(ports), ["tls"])
            pop = poplib.POP3_SSL("localhost", ports["tls"],
                                  context=self.context())
            pop.user("a")
            pop.pass_("b")
            pop.quit()
            process.stdin.close()
            self.assertEqual(process.wait(20), 0)
        with open(log, encoding="utf-8") as file:
            self.assertIn('"PASS b"', file.read())

    def test_compare_sees_differences(self):
        other = tempfile.mkdtemp(dir=self._dir.name)
        mailbox.make(other, 20)
        for sub in ("new", "cur"):
            for name in os.listdir(os.path.join(other, sub)):
                path = os.path.join(other, sub, name)
                with open(path, "rb") as file:
                    data = store.delivered(file.read())
                with open(path, "wb") as file:
                    file.write(data)
        self.assertEqual(mailbox.compare(self.maildir, other), (20, []))
        with open(path, "ab") as file:
            file.write(b"x")
        equal, complaints = mailbox.compare(self.maildir, other)
        self.assertEqual((equal, len(complaints)), (19, 2))


if __name__ == "__main__":
    unittest.main()
