# SPDX-License-Identifier: MIT
"""What pop3.poplib does beyond poplib, and what it refuses: AUTH, TLS, bad
input, dead and closed sessions, two threads at once."""

import base64
import os
import ssl
import socket
import sys
import threading
import unittest
import warnings

from pop3 import poplib
from poplib_server import Certificates, Server

OAUTH = "user=a@b\1auth=Bearer " + "t" * 400 + "\1\1"


class Base(unittest.TestCase):
    def connect(self, replies=None, module_class=poplib.POP3, **server):
        it = Server(replies, **server)
        it.__enter__()
        self.addCleanup(it.__exit__)
        client = module_class("localhost", it.port, timeout=20)
        self.addCleanup(client.close)
        return client, it

    def assert_refuses(self, *wanted):
        """That error_proto comes, with these arguments if there are any."""
        return _Refuses(self, wanted)

    def assert_dead(self, client, it):
        """The session is closed, says so, and lets go of its socket."""
        self.assertTrue(it.wait_closed())
        with self.assertRaises(poplib.error_proto) as raised:
            client.noop()
        self.assertIn("session is over", raised.exception.args[0])
        client.close()
        client.close()


class _Refuses:
    def __init__(self, test, wanted):
        self.test, self.wanted = test, wanted

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.test.assertIs(kind, poplib.error_proto, value)
        if self.wanted:
            self.test.assertEqual(value.args, self.wanted)
        self.value = value
        return True


class Auth(Base):
    def exchange(self, replies, *args, **kwargs):
        client, it = self.connect(replies)
        try:
            return client.auth(*args, **kwargs), it.lines
        finally:
            self.assertEqual(client.noop(), b"+OK")     # still in step
            client.quit()

    def test_initial_response(self):
        for given in b"\0a\0b", "\0a\0b":
            answer, lines = self.exchange({"AUTH": b"+OK in\r\n"}, "PLAIN",
                                          initial_response=given)
            self.assertEqual(answer, b"+OK in")
            self.assertEqual(lines[0], "AUTH PLAIN AGEAYg==")

    def test_empty_initial_response(self):
        self.assertEqual(self.exchange({}, "EXTERNAL", initial_response=b"")
                         [1][0], "AUTH EXTERNAL =")

    def test_long_initial_response(self):
        """It does not fit into the line: the first answer (RFC 5034 §4)."""
        answer, lines = self.exchange(
            {"AUTH": b"+ \r\n"}, "XOAUTH2", initial_response=OAUTH)
        self.assertEqual(lines[:2], ["AUTH XOAUTH2", base64.b64encode(
            OAUTH.encode()).decode()])

    def test_challenges(self):
        asked = []
        answers = iter([b"alice", "secr\u00e9t", None, bytearray(b"x")])

        def answer(challenge):
            asked.append(challenge)
            return next(answers)
        self.assertEqual(self.exchange(
            {"AUTH": b"+ VXNlcm5hbWU6\r\n", "YWxpY2U=": b"+ UGFzcw==\r\n",
             "c2VjcsOpdA==": b"+ \r\n", "": b"+ AA==\r\n"},
            "login", answer)[1][:5],
            ["AUTH login", "YWxpY2U=", "c2VjcsOpdA==", "", "eA=="])
        self.assertEqual(asked, [b"Username:", b"Pass", b"", b"\0"])

    def test_both(self):
        client, it = self.connect()
        with self.assertRaises(ValueError):
            client.auth("PLAIN", lambda _: b"", b"")
        client.quit()
        self.assertEqual(it.lines, ["QUIT"])

    def test_neither(self):
        """Then the dialogue is the caller's."""
        client, _ = self.connect({"AUTH": b"+ abc\r\n", "eA==": b"+OK x\r\n"})
        self.assertEqual(client.auth("XOAUTH2"), b"+ abc")
        self.assertEqual(client._shortcmd("eA=="), b"+OK x")

    def test_cancel(self):
        with self.assert_refuses(b"-ERR canceled"):
            self.exchange({"AUTH": b"+ \r\n", "*": b"-ERR canceled\r\n"},
                          "PLAIN", lambda _: b"*")

    def test_refused(self):
        with self.assert_refuses(b"-ERR [AUTH] no") as refusal:
            self.exchange({"AUTH": b"-ERR [AUTH] no\r\n"}, "PLAIN", None,
                          b"x")
        self.assertEqual(refusal.value.code, "AUTH")

    def test_more_challenges_than_answers(self):
        with self.assert_refuses(b"-ERR bad token"):
            self.exchange({"AUTH": b"+ eyJ9\r\n", "*": b"-ERR bad token\r\n"},
                          "XOAUTH2", initial_response=b"x")

    def test_challenge_that_is_no_base64(self):
        with self.assert_refuses(b"-ERR ok then"):
            self.exchange({"AUTH": b"+ !!!\r\n", "*": b"-ERR ok then\r\n"},
                          "PLAIN", lambda _: b"x")

    def test_exception(self):
        """An authobject that raises: given up, and in step."""
        def fail(_):
            raise KeyError("no password")
        for answer, error in (fail, KeyError), (lambda _: 7, TypeError), \
                (lambda _: b"x" * 70000, ValueError):
            with self.subTest(error), self.assertRaises(error):
                self.exchange({"AUTH": b"+ \r\n", "*": b"-ERR\r\n"}, "PLAIN",
                              answer)

    def test_calls_back(self):
        client, _ = self.connect({"AUTH": b"+ \r\n", "*": b"-ERR\r\n"})
        with self.assertRaises(RuntimeError):
            client.auth("PLAIN", lambda _: client.noop())
        self.assertEqual(client.noop(), b"+OK")

    def test_bad_mechanism(self):
        client, it = self.connect()
        for name in "", "A B", "X\r\nDELE 1", "x" * 21:
            with self.subTest(name), self.assertRaises(ValueError):
                client.auth(name, lambda _: b"")
        self.assertEqual(it.lines, [])

    def test_eof(self):
        client, it = self.connect({"AUTH": b"+ \r\n", "eA==": None})
        with self.assert_refuses("-ERR EOF"):
            client.auth("PLAIN", lambda _: b"x")
        self.assert_dead(client, it)


class Tls(Base):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.addClassCleanup(cls.certificates.close)

    def server(self, **more):
        return {"stls": self.certificates.server,
                "replies": {"CAPA": b"+OK\r\nSTLS\r\nSASL X\r\n.\r\n"}, **more}

    def test_stls(self):
        client, it = self.connect(**self.server())
        self.assertEqual(client.stls(self.certificates.client()), b"+OK")
        self.assertIsInstance(client.sock, ssl.SSLSocket)
        self.assertEqual(client.noop(), b"+OK")
        with self.assert_refuses("-ERR TLS session already established"):
            client.stls()
        client.quit()
        self.assertEqual(it.lines, ["CAPA", "STLS", "NOOP", "QUIT"])

    def test_stls_by_hand(self):
        """Programs older than stls() wrap the socket themselves."""
        client, _ = self.connect(**self.server())
        client._shortcmd("STLS")
        client.sock = self.certificates.client().wrap_socket(
            client.sock, server_hostname="localhost")
        client.file = client.sock.makefile("rb")
        self.assertEqual(client.noop(), b"+OK")

    def test_injection(self):
        """Octets in clear behind the +OK of STLS (CVE-2021-22947)."""
        replies = {"CAPA": b"+OK\r\nSTLS\r\n.\r\n",
                   "STLS": b"+OK\r\n+OK injected\r\n"}
        client, it = self.connect(replies)
        with self.assert_refuses("-ERR the server sent octets in clear after "
                                 "its answer to STLS"):
            client.stls(self.certificates.client())
        self.assert_dead(client, it)

    def test_wrong_host(self):
        certificates = Certificates()
        self.addCleanup(certificates.close)
        client, it = self.connect(**self.server())
        with self.assertRaises(ssl.SSLCertVerificationError):
            client.stls(certificates.client())
        self.assert_dead(client, it)

    def test_pop3_ssl(self):
        with Server(tls=self.certificates.server) as it:
            context = self.certificates.client()
            client = poplib.POP3_SSL("localhost", it.port, context=context)
            self.assertIs(client.context, context)
            self.assertEqual(client.noop(), b"+OK")
            with self.assert_refuses("-ERR TLS session already established"):
                client.stls()
            client.quit()
            with self.assertRaises(ssl.SSLCertVerificationError):
                poplib.POP3_SSL("localhost", it.port,
                                context=ssl.create_default_context())

    def test_certificate_of_the_client(self):
        pair = self.certificates.pair
        with Server(tls=self.certificates.server) as it:
            for args, kwargs in (
                    ((), {"keyfile": pair.key, "certfile": pair.cert}),
                    ((pair.key, pair.cert, 20), {})):
                with self.assertWarns(DeprecationWarning), \
                        warnings.catch_warnings():
                    warnings.simplefilter("ignore",
                                          poplib.UnverifiedTLSWarning)
                    client = poplib.POP3_SSL("localhost", it.port, *args,
                                             **kwargs)
                self.assertEqual((client.keyfile, client.certfile),
                                 (pair.key, pair.cert))
                client.close()
        context = ssl.create_default_context()
        for kwargs in {"keyfile": pair.key}, {"certfile": pair.cert}:
            with self.assertRaises(ValueError):
                poplib.POP3_SSL("localhost", 1, context=context, **kwargs)
        with self.assertRaises(TypeError):
            poplib.POP3_SSL("localhost", 1, None, None, 1, None, "more")

    def test_warning_points_to_the_caller(self):
        with Server(tls=self.certificates.server) as it:
            with self.assertWarns(poplib.UnverifiedTLSWarning) as caught:
                poplib.POP3_SSL("localhost", it.port).close()
        self.assertEqual(caught.filename, __file__)

    def test_verified_by_default(self):
        poplib.verify_by_default = True
        self.addCleanup(setattr, poplib, "verify_by_default", False)
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = self.certificates.ca_file
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Server(tls=self.certificates.server) as it:
                with poplib.POP3_SSL("localhost", it.port) as client:
                    self.assertEqual(client.noop(), b"+OK")
        os.environ["SSL_CERT_FILE"] = os.devnull
        with Server(tls=self.certificates.server) as it:
            with self.assertRaises(ssl.SSLCertVerificationError):
                poplib.POP3_SSL("localhost", it.port)
        with Server(greeting=b"+OK <timestamp>\r\n") as it:
            with poplib.POP3("localhost", it.port) as client:
                with self.assert_refuses():
                    client.apop("a", "b")

    def test_weak_challenge(self):
        client, it = self.connect(greeting=b"+OK <timestamp>\r\n")
        with self.assertWarns(poplib.WeakChallengeWarning):
            client.apop("a", "b")
        client.quit()
        self.assertTrue(it.lines[0].startswith("APOP a "))


class InStepOrDead(Base):
    def test_unasked_octets(self):
        client, it = self.connect({"NOOP": b"+OK\r\n+OK more\r\n"})
        client.noop()
        with self.assert_refuses("-ERR the server sent octets that no "
                                 "command asked for"):
            client.dele(1)
        self.assert_dead(client, it)
        self.assertEqual(it.lines, ["NOOP"])

    def test_unasked_octets_of_a_subclass(self):
        """Also if it reads replies by itself."""
        class Own(poplib.POP3):
            def _getresp(self):
                return self.file.readline().rstrip()
        client, it = self.connect({"NOOP": b"+OK\r\n+OK more\r\n"}, Own)
        self.assertEqual(client.noop(), b"+OK")
        with self.assert_refuses():
            client.dele(1)
        self.assert_dead(client, it)

    def test_octets_behind_a_body(self):
        client, it = self.connect({"RETR": b"+OK\r\na\r\n.\r\n+OK x\r\n"})
        self.assertEqual(client.retr(1)[1], [b"a"])
        with self.assert_refuses():
            client.dele(1)
        self.assert_dead(client, it)

    def test_autologout(self):
        """The server's last words are those of the error."""
        client, it = self.connect(
            {"NOOP": b"+OK\r\n-ERR Autologout\r\n"})
        client.noop()
        with self.assert_refuses(b"-ERR Autologout"):
            client.noop()
        self.assert_dead(client, it)

    def test_body_text_cannot_end_a_reply(self):
        """The line end of the status line is that of its body."""
        for body in b"a\n.\nb\r\n", b"a\n.\r\nb\r\n", b"\n.\n.\n\r\n":
            with self.subTest(body):
                client, _ = self.connect(
                    {"RETR": b"+OK\r\n" + body + b".\r\n"})
                self.assertEqual(client.retr(1)[2], len(body))
                self.assertEqual(client.noop(), b"+OK")

    def test_nonsense(self):
        for line in b"hello", b"", b" +OK":
            client, it = self.connect({"NOOP": line + b"\r\n"})
            with self.subTest(line), self.assert_refuses(line):
                client.noop()
            self.assert_dead(client, it)

    def test_endless_status_line(self):
        poplib._MAXLINE = 200000
        self.addCleanup(setattr, poplib, "_MAXLINE", 2048)
        client, it = self.connect({"NOOP": b"+" + b"x" * 70000 + b"\r\n"})
        with self.assert_refuses("line too long"):
            client.noop()
        self.assert_dead(client, it)

    def test_cut(self):
        for cut in b"+OK", b"-ERR", b"+OK\r\nab", b"+OK\r\nab\r\n", \
                b"+OK\r\nab\r\n.", b"+OK\r\nab\r\n.\r":
            with self.subTest(cut):
                client, it = self.connect(
                    {"RETR": [lambda line, cut=cut: cut],
                     "NOOP": None})
                client._putcmd("RETR 1")
                client.sock.sendall(b"NOOP\r\n")    # then the server closes
                with self.assert_refuses("-ERR EOF"):
                    client._getlongresp()
                self.assert_dead(client, it)

    def test_timeout(self):
        client, it = self.connect({"RETR": b"+OK\r\nab"})
        client.sock.settimeout(0.1)
        with self.assertRaises(socket.timeout):
            client.retr(1)
        self.assert_dead(client, it)

    def test_reset(self):
        client, it = self.connect()
        client.sock.shutdown(socket.SHUT_WR)
        with self.assertRaises(OSError):
            client.noop()
        self.assert_dead(client, it)

    def test_exception_in_a_message(self):
        class Interrupted(poplib.POP3):
            def _getline(self):
                line, octets = super()._getline()
                if line == b"two":
                    raise KeyboardInterrupt
                return line, octets
        client, it = self.connect(
            {"RETR": b"+OK\r\none\r\ntwo\r\n.\r\n"}, Interrupted)
        with self.assertRaises(KeyboardInterrupt):
            client.retr(1)
        self.assert_dead(client, it)

    def test_bad_arguments(self):
        client, it = self.connect()
        for text in "a\r\nDELE 1", "a\n", "\0", "a\x1f", "\x7f", "\t":
            for call in client.user, client.pass_, client.retr, client.dele:
                with self.subTest(text), self.assertRaises(ValueError):
                    call(text)
        with self.assertRaises(UnicodeEncodeError):
            client.user("\udc80")
        self.assertEqual(client.noop(), b"+OK")
        self.assertEqual(it.lines, ["NOOP"])

    def test_closed(self):
        client, _ = self.connect()
        client.close()
        for call in client.noop, client.list, client.quit, client._getresp, \
                client._getline, lambda: client.auth("PLAIN", None, b""):
            with self.assert_refuses("-ERR the connection is closed"):
                call()
        client.close()

    def test_connect_again(self):
        """A client whose session died may be given another one."""
        client, it = self.connect({"NOOP": b"what?\r\n"})
        with self.assert_refuses():
            client.noop()
        client.close()
        client.sock = socket.create_connection(("localhost", it.port))
        client.file = client.sock.makefile("rb")
        self.assertEqual(client._getresp(), b"+OK ready")
        self.assertEqual(client.rset(), b"+OK")

    def test_context_manager(self):
        with Server() as it:
            with self.assertRaises(ZeroDivisionError):
                with poplib.POP3("localhost", it.port) as client:
                    client.dele(1)
                    raise ZeroDivisionError
            with poplib.POP3("localhost", it.port) as client:
                client.quit()
            self.assertEqual(it.lines, ["DELE 1", "QUIT"])

    def test_two_threads(self):
        go_on = threading.Event()

        def slow(line):
            go_on.wait(20)
            return b"+OK\r\n"
        client, it = self.connect({"RSET": slow})
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(client.rset()))
        thread.start()
        while not it.lines:
            pass
        for call in client.noop, client.list, client.quit:
            self.assertRaises(RuntimeError, call)
        go_on.set()
        thread.join()
        self.assertEqual(answers, [b"+OK"])
        self.assertEqual(client.noop(), b"+OK")
        self.assertEqual(it.lines, ["RSET", "NOOP"])


if __name__ == "__main__":
    os.environ.pop("PYTHONWARNINGS", None)
    if not sys.warnoptions:
        warnings.simplefilter("default")
    unittest.main()
