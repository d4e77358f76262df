# SPDX-License-Identifier: MIT
"""The synthetic server is spoken to by Python's poplib and by curl, over
clear text and TLS, and its counters are compared with what they asked for.

    python3 server_test.py PATH-OF-POP3-BENCH-SERVER
"""

import contextlib
import os
import poplib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import benchserver

SERVER = ""
socket.setdefaulttimeout(20)


@contextlib.contextmanager
def running(**options):
    with tempfile.TemporaryDirectory() as folder, \
            benchserver.Server(SERVER, folder, **options) as server:
        yield server


def logged_in(server, tls=False):
    if tls:
        context = ssl.create_default_context(cafile=server.ca_file)
        pop = poplib.POP3_SSL("localhost", server.tls_port, context=context)
    else:
        pop = poplib.POP3("127.0.0.1", server.port)
    pop.user("anybody")
    pop.pass_("secret")
    return pop


def size_of(lines):
    return sum(len(line) + 2 for line in lines)


class WithPoplib(unittest.TestCase):
    def all_messages(self, secure, **options):
        with running(**options) as server:
            pop = logged_in(server, secure)
            count, octets = pop.stat()
            self.assertEqual(count, options["messages"])
            bodies = [pop.retr(n)[1] for n in range(1, count + 1)]
            self.assertEqual(sum(map(size_of, bodies)), octets)
            self.assertEqual(len({bytes().join(b) for b in bodies}), count)
            self.assertTrue(any(line.startswith(b".") for line in bodies[0]))
            pop.quit()
            return server.report()

    def test_small(self):
        seen = self.all_messages(False, messages=50, size="16K")
        self.assertEqual((seen["RETR"], seen["QUIT"], seen["turns"]),
                         (50, 1, 54))

    def test_large(self):
        for size in ("64K", 65537, "1M", 1048576 + 300, "3M"):
            seen = self.all_messages(False, messages=2, size=size)
            self.assertEqual(seen["RETR"], 2)

    def test_tls(self):
        seen = self.all_messages(True, messages=3, size="1M", tls=True)
        self.assertEqual((seen["RETR"], seen["handshakes"]), (3, 1))
        self.assertGreater(seen["octets"], 3 << 20)

    def test_octets_are_those_that_were_read(self):
        with running(messages=3, size="300K") as server:
            with socket.create_connection(("127.0.0.1", server.port)) as s:
                s.sendall(b"USER a\r\nPASS secret\r\nRETR 1\r\nLIST\r\n"
                          b"TOP 2 1\r\nQUIT\r\n")
                got = b"".join(iter(lambda: s.recv(65536), b""))
            self.assertEqual(server.report()["octets"], len(got))

    def test_listings(self):
        with running(messages=1000, uid_octets=32) as server:
            pop = logged_in(server)
            rows = pop.uidl()[1]
            self.assertEqual(len(set(rows)), 1000)
            self.assertTrue(all(len(r.split()[1]) == 32 for r in rows))
            self.assertEqual(pop.list()[1][999], b"1000 4096")
            self.assertEqual(pop.list(7), b"+OK 7 4096")
            self.assertEqual(pop.uidl(7), b"+OK " + rows[6])
            pop.dele(7)
            self.assertEqual(len(pop.list()[1]), 999)
            self.assertEqual(pop.stat(), (999, 999 * 4096))
            pop.rset()
            self.assertEqual(pop.uidl()[1], rows)
            pop.dele(8)
            pop.dele(9)
            pop.quit()
            self.assertEqual(server.report()["deleted"], 2)

    def test_top(self):
        for size in (4096, "1M"):
            with running(messages=2, size=size) as server:
                pop = logged_in(server)
                whole = pop.retr(2)[1]
                empty = whole.index(b"")
                for lines in (0, 1, 9):
                    self.assertEqual(pop.top(2, lines)[1],
                                     whole[:empty + 1 + lines])
                pop.quit()

    def test_refusals(self):
        with running(messages=1) as server:
            pop = poplib.POP3("127.0.0.1", server.port)
            for call in (pop.stat, lambda: pop.pass_("secret")):
                self.assertRaises(poplib.error_proto, call)
            pop.user("a")
            self.assertRaises(poplib.error_proto, pop.pass_, "wrong")
            pop.user("a")
            pop.pass_("secret")
            self.assertRaises(poplib.error_proto, pop.retr, 2)
            pop.dele(1)
            self.assertRaises(poplib.error_proto, pop.retr, 1)
            pop.close()
            seen = server.report()
            self.assertEqual((seen["deleted"], seen["logins"]), (0, 1))
            self.assertEqual(seen["refused"], 5)

    def test_stls(self):
        with running(messages=1, tls=True) as server:
            pop = poplib.POP3("localhost", server.port)
            self.assertIn("STLS", pop.capa())
            pop.stls(ssl.create_default_context(cafile=server.ca_file))
            self.assertNotIn("STLS", pop.capa())
            pop.user("a")
            pop.pass_("secret")
            self.assertEqual(size_of(pop.retr(1)[1]), 4096)
            pop.quit()

    def test_announcements(self):
        for no_pipelining in (False, True):
            with running(messages=1, no_pipelining=no_pipelining) as server:
                pop = poplib.POP3("127.0.0.1", server.port)
                capa = pop.capa()
                pop.quit()
                self.assertEqual("PIPELINING" in capa, not no_pipelining)
                self.assertEqual(capa["SASL"], ["PLAIN"])


class Turns(unittest.TestCase):
    def session(self, commands, delay_ms):
        """(seconds, report) of a client that sends each item at once."""
        with running(messages=2000, delay_ms=delay_ms) as server:
            begin = time.monotonic()
            with socket.create_connection(("127.0.0.1", server.port)) as s:
                answers = s.makefile("rb")
                answers.readline()
                for item in commands:
                    s.sendall(item)
                    for _ in range(item.count(b"RETR")):
                        while answers.readline() != b".\r\n":
                            pass
                    for _ in range(item.count(b"\n") - item.count(b"RETR")):
                        answers.readline()
            return time.monotonic() - begin, server.report()

    def test_one_turn_for_many_commands(self):
        many = b"".join(b"RETR %d\r\n" % n for n in range(1, 2001))
        took, seen = self.session(
            [b"USER a\r\n", b"PASS secret\r\n", many, b"QUIT\r\n"], 20)
        self.assertEqual((seen["turns"], seen["commands"]), (4, 2003))
        self.assertGreater(took, 5 * 0.02)

    def test_one_turn_for_each_answer_waited_for(self):
        took, seen = self.session(
            [b"USER a\r\n", b"PASS secret\r\n"] + [b"NOOP\r\n"] * 20, 10)
        self.assertEqual(seen["turns"], 22)
        self.assertGreater(took, 23 * 0.01)

    def test_half_a_line_is_no_turn(self):
        with running(delay_ms=0) as server:
            with socket.create_connection(("127.0.0.1", server.port)) as s:
                for octet in b"USER a\r\n":
                    s.sendall(bytes([octet]))
                    time.sleep(0.01)
                answers = s.makefile("rb")
                answers.readline()
                answers.readline()
            self.assertEqual(server.report()["turns"], 1)

    def test_many_at_once(self):
        with running(messages=5, delay_ms=20) as server:
            pops = [socket.create_connection(("127.0.0.1", server.port))
                    for _ in range(200)]
            for s in pops:
                s.sendall(b"USER a\r\nPASS secret\r\nSTAT\r\nQUIT\r\n")
            for s in pops:
                got = b"".join(iter(lambda s=s: s.recv(4096), b""))
                self.assertIn(b"+OK 5 20480\r\n", got)
                s.close()
            seen = server.report()
            self.assertEqual((seen["peak"], seen["logins"]), (200, 200))


class WithCurl(unittest.TestCase):
    def curl(self, *arguments):
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed")
        done = subprocess.run(["curl", "--silent", "--show-error", *arguments],
                              check=True, stdout=subprocess.PIPE)
        return done.stdout

    def test_messages(self):
        with running(messages=20, size="5K", tls=True) as server:
            for url in (f"pop3://a:secret@localhost:{server.port}/[1-20]",
                        f"pop3s://a:secret@localhost:{server.tls_port}/"
                        "[1-20]"):
                self.assertEqual(
                    len(self.curl("--cacert", server.ca_file, url)),
                    20 * 5 << 10)
            self.assertEqual(server.report()["RETR"], 40)

    def test_stls_and_given_files(self):
        with running(messages=1, tls=True) as made, \
                tempfile.TemporaryDirectory() as folder:
            cert = os.path.join(folder, "cert.pem")
            key = os.path.join(folder, "key.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-subj",
                 "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                 "-keyout", key, "-out", cert], check=True,
                stderr=subprocess.DEVNULL)
            with running(messages=1, cert=cert, key=key) as given:
                for server, ca_file in ((made, made.ca_file), (given, cert)):
                    got = self.curl(
                        "--ssl-reqd", "--cacert", ca_file,
                        f"pop3://a:secret@localhost:{server.port}/1")
                    self.assertEqual(len(got), 4096)


class Ending(unittest.TestCase):
    def test_signal_and_reset(self):
        with running(messages=1) as server:
            logged_in(server).quit()
            server.reset()
            logged_in(server).quit()
            self.assertEqual(server.report()["logins"], 1)
            self.assertEqual(server.stop()["logins"], 1)

    def test_arguments(self):
        for arguments, status in ((["--help"], 0), (["--nothing"], 64),
                                  (["--size", "1"], 64), (["x"], 64),
                                  (["--key", "x"], 64)):
            done = subprocess.run([SERVER, *arguments], check=False,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
            self.assertEqual(done.returncode, status, arguments)


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    outcome = unittest.main(exit=False).result
    if outcome.wasSuccessful() and outcome.skipped:
        sys.exit(77)
    sys.exit(not outcome.wasSuccessful())
