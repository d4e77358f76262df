# SPDX-License-Identifier: MIT
"""pop3.Client used from two threads, interrupted, and again and again."""

import gc
import os
import signal
import socket
import sys
import threading
import time
import unittest
import warnings
import weakref

from client_support import (MESSAGES, ClientCase, Raiser, Trouble, Writer,
                            pop3)


class ThreadTest(ClientCase):
    def in_thread(self, function):
        outcome = []

        def run():
            try:
                outcome.append(function())
            except BaseException as error:
                error.__traceback__ = None
                outcome.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread, outcome

    def wait_for(self, server, line):
        deadline = time.monotonic() + 20
        while line not in server.log.commands():
            self.assertLess(time.monotonic(), deadline)
            server.log.wait("command")
            time.sleep(0.001)

    def test_two_threads(self):
        server = self.serve("delay-on=STAT/0.5")
        client = self.session(server)
        thread, outcome = self.in_thread(client.stat)
        self.wait_for(server, "STAT")
        for call in (client.noop, client.stat, client.quit,
                     lambda: client.set_trace(print),
                     lambda: next(client.retr_many([1]))):
            with self.assertRaises(pop3.UsageError):
                call()
        thread.join(20)
        self.assertEqual(outcome[0].count, MESSAGES)
        self.assert_in_step(client)

    def test_many_threads(self):
        """Whoever is not first is refused; every answer is the right one."""
        client = self.session(self.serve())
        wire = self.wire()
        wrong = []

        def work(number):
            for _ in range(50):
                try:
                    if client.retr(number) != wire[number]:
                        wrong.append(number)
                except pop3.UsageError:
                    pass

        threads = [self.in_thread(lambda n=n: work(n))[0]
                   for n in range(1, 9)]
        for thread in threads:
            thread.join(60)
        self.assertEqual(wrong, [])
        self.assert_in_step(client)

    def test_an_iterator_in_two_threads(self):
        server = self.serve("delay-on=RETR:2/0.5")
        client = self.session(server)
        iterator = client.retr_many([1, 2, 3], window=1)
        next(iterator)
        thread, outcome = self.in_thread(lambda: next(iterator))
        self.wait_for(server, "RETR 2")
        with self.assertRaises((pop3.UsageError, ValueError)):
            next(iterator)
        thread.join(20)
        self.assertEqual(outcome[0], (2, self.wire()[2]))
        self.assertEqual(list(iterator), [(3, self.wire()[3])])
        self.assert_in_step(client)

    def test_cancel_from_another_thread(self):
        for fault, call in (("stall-on=STAT", lambda c: c.stat()),
                            ("stall-reply=RETR:1/100", lambda c: c.retr(1)),
                            ("stall-on=QUIT", lambda c: c.quit())):
            for end in ("cancel", "close"):
                server = self.serve(fault)
                client = self.session(server, "tls")
                thread, outcome = self.in_thread(lambda: call(client))
                self.wait_for(server, {"STAT": "STAT", "RETR:1": "RETR 1",
                                       "QUIT": "QUIT"}[
                    fault.split("=")[1].split("/")[0]])
                getattr(client, end)()
                thread.join(20)
                self.assertFalse(thread.is_alive())
                self.assertIsInstance(outcome[0], pop3.CanceledError)
                self.assertTrue(outcome[0].fatal)
                self.assertTrue(client.closed)
                self.assertEqual(client.fileno(), -1)

    def test_cancel_before_a_call(self):
        client = self.session(self.serve())
        client.cancel()
        with self.assertRaises(pop3.CanceledError):
            client.stat()
        self.assert_over(client, pop3.CanceledError)


    def test_looks_from_another_thread_disturb_nothing(self):
        """Above all not the memory that TLS receives into."""
        client = self.session(self.serve(big=3000000, count=3), "tls")
        third = self.wire()[3]
        done = []

        def look():
            while not done:
                client.state, client.tls, client.deletes
                for call in (lambda: client.capabilities,
                             lambda: client.set_trace(None)):
                    try:
                        call()
                    except pop3.UsageError:
                        pass

        thread, outcome = self.in_thread(look)
        for _ in range(10):
            try:
                self.assertTrue(client.retr(3) == third)
            except pop3.UsageError:
                pass            # set_trace() was first
        done.append(True)
        thread.join(20)
        self.assertEqual(outcome, [None])
        self.assert_in_step(client)

    def test_cancel_lets_the_server_go(self):
        """It waits for room in our window, and nobody will read on."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        ended = []

        def serve():
            sock, _peer = listener.accept()
            with sock, sock.makefile("rb") as file:
                sock.settimeout(20)
                sock.sendall(b"+OK\r\n")
                while not file.readline().startswith(b"RETR"):
                    sock.sendall(b"+OK\r\n")
                try:
                    sock.sendall(b"+OK\r\n" + b"line\r\n" * 10000000)
                except OSError as error:
                    ended.append(type(error))

        def write(_part):
            time.sleep(0.3)             # the window fills
            client.cancel()

        thread, _ = self.in_thread(serve)
        client = self.Client("localhost", listener.getsockname()[1],
                             security="none", capa=False, timeout=20)
        client.login("demo", "demo", "USER")
        with self.assertRaises(pop3.CanceledError):
            client.retr_into(1, Writer(write))
        thread.join(30)
        self.assertTrue(ended)
        self.assertNotEqual(ended, [TimeoutError])


class InterruptTest(ClientCase):
    """A signal whose handler raises while a call waits."""

    def interrupt(self, server, call):
        def handler(_number, _frame):
            raise Trouble("interrupted")

        old = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, old)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with self.assertRaises(Trouble):
            call()

    def test_interrupted_calls_close(self):
        for fault, call in (
                ("stall-on=STAT", lambda c: c.stat()),
                ("stall-reply=RETR:1/100", lambda c: c.retr(1)),
                ("stall-reply=RETR:3/100",
                 lambda c: list(c.retr_many([1, 2, 3, 4]))),
                ("stall-reply=RETR:1/100", lambda c: list(c.iter_lines(1)))):
            server = self.serve(fault)
            client = self.session(server)
            self.interrupt(server, lambda: call(client))
            self.assert_over(client, pop3.CanceledError)
            server.log.wait("close")

    def test_interrupted_connections_close(self):
        for fault, security in (("stall-on=GREETING", "none"),
                                ("tls-stall", "tls"),
                                ("stall-on=STLS", "stls")):
            server = self.serve(fault)
            self.interrupt(server, lambda: self.connect(server, security))
            server.log.wait("close")


class ForkTest(ClientCase):
    def test_a_child_that_closes(self):
        """Its copy of the session ends, and the parent does not notice."""
        for security in "none", "tls":
            for end in (lambda client: client.close(),
                        lambda client: client.__del__(),
                        lambda client: client.__exit__(ValueError, None,
                                                       None)):
                client = self.session(self.serve(), security)
                pid = os.fork()
                if pid == 0:
                    status = 1
                    try:
                        warnings.simplefilter("ignore")
                        end(client)
                        status = 0 if client.fileno() == -1 else 2
                    finally:
                        os._exit(status)
                self.assertEqual(os.waitpid(pid, 0)[1], 0)
                self.assert_in_step(client)
                client.quit()


class LeakTest(ClientCase):
    def test_forgotten_client_warns_and_closes(self):
        server = self.serve()
        client = pop3.Client("localhost", server.ports["clear"],
                             security="none", timeout=20)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del client
            gc.collect()
        self.assertEqual([w.category for w in caught], [ResourceWarning])
        self.assertIn("unclosed", str(caught[0].message))
        server.log.wait("close")

    def test_no_cycles(self):
        server = self.serve("err-on=RETR:2/no", big=300000)
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        for use in (self.use_well, self.use_badly, self.use_and_break):
            ref = use(server)
            self.assertIsNone(ref(), use.__name__)

    def new(self, server):
        return pop3.Client("localhost", server.ports["tls"], timeout=20,
                           context=self.context())

    def use_well(self, server):
        with self.new(server) as client:
            client.login("demo", "demo")
            for _ in client.retr_many([1, 2, 3]):
                pass
            for _ in client.iter_lines(11):
                break
            client.email(1)
        return weakref.ref(client)

    def use_badly(self, server):
        with self.new(server) as client:
            client.login("demo", "demo")
            for call in (lambda: client.retr(2),
                         lambda: client.retr_into(11, Raiser(2)),
                         lambda: client.retr("x")):
                try:
                    call()
                except (pop3.Error, Trouble, TypeError):
                    pass
            del call
        return weakref.ref(client)

    def use_and_break(self, server):
        client = self.new(server)
        client.login("demo", "demo")
        iterator = client.retr_many([1, 2, 3])
        next(iterator)
        client.cancel()
        for _ in range(2):
            try:
                client.stat()
            except pop3.Error:
                pass
        client.close()
        return weakref.ref(client)

    def test_many_sessions(self):
        """Two hundred sessions take no more memory than a hundred."""
        server = self.serve(count=2)

        def fifty_sessions():
            for _ in range(50):
                with pop3.Client("localhost", server.ports["clear"],
                                 security="none", timeout=20) as client:
                    client.login("demo", "demo", "USER")
                    dict(client.retr_many([1, 2, 3]))
            del server.log.entries[:]
            gc.collect()
            return sys.getallocatedblocks()

        blocks = [fifty_sessions() for _ in range(4)]
        # The server keeps an object for each of its threads.
        self.assertLess(blocks[3] - blocks[1], 100 * 30, blocks)


if __name__ == "__main__":
    unittest.main()
