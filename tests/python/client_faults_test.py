# SPDX-License-Identifier: MIT
"""Servers and networks that fail: the session is in step, or closed."""

import builtins
import io
import socket
import time
import unittest

from client_support import AioFacade, ClientCase, pop3


# Seconds that a server which is well has enough of.
SHORT = 0.8


class CutTest(ClientCase):
    def test_in_every_command(self):
        calls = {"STAT": lambda c: c.stat(), "LIST": lambda c: c.messages(),
                 "UIDL": lambda c: c.messages(), "RETR": lambda c: c.retr(1),
                 "TOP": lambda c: c.top(1, 1), "DELE": lambda c: c.delete(1),
                 "NOOP": lambda c: c.noop(), "RSET": lambda c: c.rset(),
                 "CAPA": lambda c: c.capa(), "LANG": lambda c: c.lang()}
        for verb, call in calls.items():
            for fault in (f"close-on={verb}", f"cut-reply={verb}/2"):
                client = self.session(self.serve(fault), capa=False)
                with self.subTest(fault), \
                     self.assertRaises(pop3.ConnectionClosedError) as caught:
                    call(client)
                self.assertTrue(caught.exception.fatal)
                self.assertTrue(caught.exception.temporary)
                self.assertIsInstance(caught.exception, ConnectionError)
                self.assertIsInstance(caught.exception,
                                      pop3.poplib.error_proto)
                self.assert_over(client, pop3.ConnectionClosedError)

    def test_in_the_middle_of_a_message(self):
        octets = self.session(self.serve("cut-reply=RETR:1/-1"))
        with self.assertRaises(pop3.ConnectionClosedError):
            octets.retr(1)
        for call in (lambda c: c.retr_into(1, io.BytesIO()),
                     lambda c: list(c.iter_lines(1)),
                     lambda c: list(c.iter_parts(1)),
                     lambda c: c.email(1)):
            client = self.session(self.serve("cut-reply=RETR:1/100"))
            with self.assertRaises(pop3.ConnectionClosedError):
                call(client)
            self.assert_over(client)

    def test_lines_that_came_are_given(self):
        client = self.session(self.serve("cut-reply=RETR:1/100"))
        lines = []
        with self.assertRaises(pop3.ConnectionClosedError):
            for line in client.iter_lines(1):
                lines.append(line)
        self.assertGreater(len(lines), 0)
        self.assertEqual(lines, self.wire()[1].split(b"\r\n")[:len(lines)])

    def test_reset(self):
        client = self.session(self.serve("reset-on=STAT"))
        with self.assertRaises((pop3.NetworkError,
                                pop3.ConnectionClosedError)):
            client.stat()
        self.assert_over(client)

    def test_greetings(self):
        for fault, error in (("refuse", pop3.ConnectionClosedError),
                             ("say-on=GREETING/SMTP here",
                              pop3.ProtocolError),
                             ("close-on=GREETING",
                              pop3.ConnectionClosedError),
                             ("say-on=GREETING/+OK " + "x" * 5000,
                              pop3.LimitError)):
            with self.subTest(fault), self.assertRaises(error):
                self.connect(self.serve(fault))

    def test_greeting_refuses(self):
        with self.assertRaises(pop3.RefusedError) as caught:
            self.connect(self.serve("err-on=GREETING/[SYS/TEMP] later"))
        self.assertTrue(caught.exception.fatal)
        self.assertTrue(caught.exception.temporary)
        self.assertEqual(caught.exception.code, "SYS/TEMP")
        self.assertEqual(caught.exception.response, b"-ERR [SYS/TEMP] later")


class ProtocolTest(ClientCase):
    def test_unasked_reply(self):
        """Nothing is sent that an octet which is there could answer."""
        server = self.serve("unasked=STAT")
        client = self.session(server)
        with self.assertRaises(pop3.ProtocolError):
            client.stat()
            client.noop()
        self.assert_over(client, pop3.ProtocolError)
        self.assertNotIn("NOOP", server.log.verbs())

    def test_unasked_reply_that_comes_later(self):
        for security in ("none", "tls"):
            server = self.serve("unasked=STAT", "chunk=1")
            client = self.session(server, security)
            with self.subTest(security), \
                 self.assertRaises(pop3.ProtocolError):
                client.stat()
                for _ in range(100):
                    # When it has come, the next command finds it.
                    server.log.wait("command")
                    client.noop()
            self.assert_over(client, pop3.ProtocolError)

    def test_unasked_reply_in_a_pipeline(self):
        """Replies are counted: at the end nothing may be left."""
        client = self.session(self.serve("unasked=RETR:5"))
        with self.assertRaises(pop3.ProtocolError):
            self.assertEqual(dict(client.retr_many([1, 2, 3, 4, 5])),
                             {n: self.wire()[n] for n in range(1, 6)})
            client.noop()
        self.assert_over(client)

    def test_neither_ok_nor_err(self):
        client = self.session(self.serve("say-on=STAT/maybe"))
        with self.assertRaises(pop3.ProtocolError) as caught:
            client.stat()
        self.assertTrue(caught.exception.fatal)
        self.assert_over(client, pop3.ProtocolError)

    def test_limits(self):
        client = self.session(self.serve("say-on=STAT/+OK " + "x" * 5000))
        with self.assertRaises(pop3.LimitError):
            client.stat()
        self.assert_over(client, pop3.LimitError)
        client = self.session(self.serve("endless-rows=5000"))
        client.stat()
        with self.assertRaises(pop3.LimitError):
            client.messages()
        self.assert_over(client, pop3.LimitError)
        client = self.session(self.serve(), max_items=10)
        with self.assertRaises(pop3.LimitError):
            client.list()
        client = self.session(self.serve(big=100000, count=1),
                              max_message=5000)
        with self.assertRaises(pop3.LimitError):
            client.retr(1)
        with self.assertRaises(pop3.LimitError):
            self.session(self.serve("capa-many=100000"))

    def test_control_characters_of_the_server(self):
        client = self.session(self.serve("escape"))
        with self.assertRaises(pop3.RefusedError) as caught:
            client.retr(99)
        self.assertTrue(str(caught.exception).isprintable())

    def test_line_ends(self):
        client = self.session(self.serve("lf"))
        self.assertEqual(client.retr(1),
                         self.wire()[1].replace(b"\r\n", b"\n"))
        self.assertEqual(client.stat().count, len(self.wire()))


class TimeTest(ClientCase):
    def test_silence(self):
        calls = {"GREETING": None, "CAPA": lambda c: c.capa(),
                 "USER": lambda c: c.login("demo", "demo", "USER"),
                 "STAT": lambda c: c.stat(), "RETR": lambda c: c.retr(1)}
        for verb, call in calls.items():
            server = self.serve(f"stall-on={verb}")
            began = time.monotonic()
            with self.subTest(verb), \
                 self.assertRaises(builtins.TimeoutError) as caught:
                client = self.connect(server, timeout=SHORT, capa=False)
                if verb in ("STAT", "RETR"):
                    client.login("demo", "demo", "USER")
                call(client)
            self.assertIsInstance(caught.exception, pop3.TimeoutError)
            self.assertTrue(caught.exception.fatal)
            self.assertLess(time.monotonic() - began, 10)
            self.assertGreater(time.monotonic() - began, SHORT * 0.99)

    def test_silence_in_the_middle(self):
        client = self.session(self.serve("stall-reply=RETR:1/50"),
                              timeout=SHORT)
        with self.assertRaises(pop3.TimeoutError):
            client.retr(1)
        self.assert_over(client, pop3.TimeoutError)

    def test_a_server_that_drips(self):
        client = self.session(self.serve("drip=40"), timeout=20,
                              step_timeout=1.5, capa=False)
        began = time.monotonic()
        with self.assertRaises(pop3.TimeoutError) as caught:
            client.retr(1)
        self.assertIn("step timeout", str(caught.exception))
        self.assertLess(time.monotonic() - began, 10)

    def test_no_deadline(self):
        client = self.session(self.serve("delay-on=STAT/0.3"), timeout=None,
                              step_timeout=float("inf"))
        self.assertEqual(client.stat().count, 20)

    def test_time_of_the_caller_does_not_count(self):
        client = self.session(self.serve(count=3, big=3000000), timeout=SHORT,
                              step_timeout=SHORT)
        total = 0
        for number, part in enumerate(client.iter_parts(2)):
            total += len(part)
            if number == 0:
                time.sleep(SHORT * 1.5)
        self.assertEqual(total, len(self.wire()[2]))
        client.noop()
        time.sleep(SHORT * 1.5)
        client.noop()
        self.assert_in_step(client)


class DialTest(ClientCase):
    def test_nobody_listens(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
            with self.assertRaises(pop3.NetworkError) as caught:
                self.Client("localhost", port, security="none", timeout=5)
        self.assertIsInstance(caught.exception, OSError)
        self.assertIsInstance(caught.exception.__cause__,
                              ConnectionRefusedError)
        self.assertEqual(caught.exception.errno,
                         caught.exception.__cause__.errno)
        self.assertNotIsInstance(caught.exception, pop3.TimeoutError)

    def test_nobody_answers(self):
        """A full backlog: the connection attempt gets no answer."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        others = []
        for _ in range(4):
            other = socket.socket()
            self.addCleanup(other.close)
            other.setblocking(False)
            other.connect_ex(("127.0.0.1", port))
            others.append(other)
        with self.assertRaises(pop3.TimeoutError):
            self.Client("127.0.0.1", port, security="none", timeout=SHORT)

    def test_no_such_host(self):
        with self.assertRaises(pop3.ResolveError) as caught:
            self.Client("no-such-host.invalid", 1, timeout=20)
        self.assertIsInstance(caught.exception.__cause__, socket.gaierror)
        for name in ("a" * 70 + ".test", "a..b", "\udcff"):
            with self.assertRaises(pop3.ArgumentError):
                self.Client(name, 1, timeout=5)

    def test_socket_of_the_caller(self):
        server = self.serve()
        sock = socket.create_connection(("127.0.0.1", server.ports["clear"]))
        with self.session(server, sock=sock) as client:
            self.assertEqual(client.stat().count, 20)
        self.assertEqual(sock.fileno(), -1)
        sock = socket.create_connection(("127.0.0.1", server.ports["tls"]))
        with self.session(server, "tls", sock=sock) as client:
            self.assert_in_step(client)

    def test_several_addresses(self):
        """localhost is ::1, too, where nobody listens."""
        server = self.serve()
        with self.session(server) as client:
            self.assertEqual(client.sock.getpeername()[0], "127.0.0.1")


AioCutTest = type("AioCutTest", (CutTest,), {"Client": AioFacade})
AioProtocolTest = type("AioProtocolTest", (ProtocolTest,),
                       {"Client": AioFacade})
AioTimeTest = type("AioTimeTest", (TimeTest,), {"Client": AioFacade})
AioDialTest = type("AioDialTest", (DialTest,), {"Client": AioFacade})

if __name__ == "__main__":
    unittest.main()
