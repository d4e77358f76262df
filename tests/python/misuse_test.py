# SPDX-License-Identifier: MIT
"""Bad input and bad use of the clients: each has a defined result, the
session is in step or closed, and nothing is left behind."""

import gc
import io
import os
import signal
import unittest
import warnings

from client_support import (MESSAGES, AioFacade, ClientCase, Raiser, Trouble,
                            Writer, for_asyncio, pop3)


def raiser(*_args):
    raise Trouble("no")


class OptionTest(ClientCase):
    def test_wrong_options(self):
        wrong = [
            ({"host": ""}, ValueError), ({"host": None}, TypeError),
            ({"host": b"localhost"}, TypeError),
            ({"host": "fa\u00df.example"}, ValueError),
            ({"server_hostname": "\u03c2.example"}, ValueError),
            ({"host": "a\0b"}, ValueError), ({"host": 5}, TypeError),
            ({"port": 0}, ValueError), ({"port": 65536}, ValueError),
            ({"port": "pop3"}, TypeError), ({"port": -1}, ValueError),
            ({"timeout": 0}, ValueError), ({"timeout": -1}, ValueError),
            ({"timeout": float("nan")}, ValueError),
            ({"timeout": "5"}, TypeError), ({"timeout": True}, TypeError),
            ({"step_timeout": 0}, ValueError), ({"min_rate": 0}, ValueError),
            ({"security": "ssl"}, ValueError),
            ({"security": None}, ValueError),
            ({"max_line": 100}, ValueError), ({"max_line": -1}, ValueError),
            ({"max_items": -1}, ValueError), ({"max_message": "x"}, TypeError),
            ({"trace_level": 0}, ValueError),
            ({"trace_level": 1 << 70}, ValueError),
            ({"trace_level": "1"}, TypeError),
            ({"trace": 5}, TypeError), ({"context": 5}, TypeError),
            ({"nonsense": 1}, TypeError),
        ]
        for options, error in wrong:
            with self.subTest(options), self.assertRaises(error):
                self.Client(**{"host": "localhost", "port": 1, "timeout": 1,
                               **options})

    def test_poplib_says_the_same_of_a_timeout(self):
        with self.assertRaises(ValueError):
            pop3.poplib.POP3("localhost", 1, timeout=0)


class ArgumentTest(ClientCase):
    def test_wrong_arguments(self):
        client = self.session(self.serve())
        sent = len(self.servers_commands())
        many = ("retr", "email", "delete", "list", "uidl", "iter_lines",
                "iter_parts")
        for name in many:
            for number in (0, -1, 1 << 64):
                with self.assertRaises(pop3.ArgumentError):
                    getattr(client, name)(number)
            for number in ("1", 1.5, b"1", [1]):
                with self.assertRaises(TypeError):
                    getattr(client, name)(number)
        for call, error in (
                (lambda: client.retr(None), TypeError),
                (lambda: client.retr(), TypeError),
                (lambda: client.top(1, -1), ValueError),
                (lambda: client.top(1, "2"), TypeError),
                (lambda: client.retr(1, progress=5), TypeError),
                (lambda: client.retr_into(1, None), TypeError),
                (lambda: client.retr_into(1, "file"), TypeError),
                (lambda: client.retr_into(1, io.BytesIO(), progress=1),
                 TypeError),
                (lambda: client.retr_many([1, 0, 2]), ValueError),
                (lambda: client.retr_many([1, "2"]), TypeError),
                (lambda: client.retr_many(5), TypeError),
                (lambda: client.retr_many([1], window=0), ValueError),
                (lambda: client.delete_many([0]), ValueError),
                (lambda: client.raw("STAT\r\nDELE 1"), ValueError),
                (lambda: client.raw(5), TypeError),
                (lambda: client.raw(""), ValueError),
                (lambda: client.raw("x" * 300), ValueError),
                (lambda: client.lang("de\nDELE 1"), ValueError),
                (lambda: client.lang("a b"), ValueError),
                (lambda: client.lang(5), TypeError),
                (lambda: client.set_trace(5), TypeError),
                (lambda: client.set_trace(None, 3), ValueError),
                (lambda: client.set_trace(None, 1 << 63), ValueError),
                (lambda: client.raw("NOOP\udc80"), pop3.ArgumentError),
                (lambda: client.lang("\ud800"), pop3.ArgumentError),
                (lambda: client.stls("context"), pop3.Error)):
            with self.assertRaises(error):
                call()
        self.assertEqual(len(self.servers_commands()), sent)
        self.assert_in_step(client)

    def servers_commands(self):
        return [line for line in self.server.log.commands()]

    def serve(self, *args, **kwargs):
        self.server = super().serve(*args, **kwargs)
        return self.server

    def test_wrong_credentials(self):
        client = self.connect(self.serve(), "tls")
        for call, error in (
                (lambda: client.login("", "demo"), ValueError),
                (lambda: client.login(5, "demo"), TypeError),
                (lambda: client.login("demo", None), pop3.ArgumentError),
                (lambda: client.login("demo", "demo", 5), TypeError),
                (lambda: client.login("de\r\nmo", "demo"), ValueError),
                (lambda: client.login("demo", "de\0mo"), ValueError),
                (lambda: client.login("demo", "de\nmo", "USER"), ValueError),
                (lambda: client.login("demo", "x" * 300, "USER"),
                 ValueError),
                (lambda: client.login("demo", lambda: 5), TypeError),
                (lambda: client.login("demo", raiser), Trouble),
                (lambda: client.login("\udc80", "demo"),
                 pop3.ArgumentError),
                (lambda: client.login("demo", "\udc80"),
                 pop3.ArgumentError),
                (lambda: client.login("demo", lambda: "\udc80"),
                 pop3.ArgumentError),
                (lambda: client.login("demo", "demo", "PLAIN",
                                      authzid="a\0b"), ValueError),
                (lambda: client.auth(5), TypeError),
                (lambda: client.auth("PLAIN", 5), TypeError),
                (lambda: client.auth("PLAIN X"), ValueError),
                (lambda: client.auth(""), ValueError),
                (lambda: client.auth("PLAIN", initial_response=5),
                 TypeError)):
            with self.assertRaises(error):
                call()
        self.assertLessEqual(set(self.server.log.verbs()), {"CAPA", "USER"})
        client.login("demo", "demo")
        self.assert_in_step(client)


    def test_odd_values_that_will_do(self):
        """What is an int, a str or bytes by inheritance, and large ones."""
        class Index:
            def __index__(self):
                return 2

        class Text(str):
            pass

        client = self.session(self.serve())
        second = self.wire()[2]
        for number in Index(), type("Int", (int,), {})(2):
            self.assertEqual(client.retr(number), second)
            self.assertEqual(dict(client.retr_many([number])), {2: second})
        self.assertEqual(client.list(True)[0], 1)
        self.assertEqual(client.raw(Text("NOOP")).line[:3], b"+OK")
        for window in 1 << 31, 1 << 63, 1 << 70:
            self.assertEqual(dict(client.retr_many([2], window=window)),
                             {2: second})
            self.assertEqual(list(client.delete_many([99], window=window)),
                             [99])
        with self.assertRaises(pop3.RefusedError):
            client.retr((1 << 64) - 1)
        self.assert_in_step(client)

    def test_an_index_that_closes(self):
        for call in (lambda client, number: client.retr(number),
                     lambda client, number:
                     list(client.retr_many([1, number]))):
            client = self.session(self.serve())

            class Evil:
                def __index__(self, client=getattr(client, "aio", client)):
                    client.close()
                    return 1
            with self.assertRaises(pop3.ConnectionClosedError):
                call(client, Evil())
            self.assert_over(client)


class ClosedTest(ClientCase):
    def calls(self, client):
        return [
            client.stat, client.list, client.uidl, client.messages,
            client.noop, client.rset, client.capa, client.utf8, client.lang,
            client.quit, client.stls, lambda: client.retr(1),
            lambda: client.retr_into(1, io.BytesIO()),
            lambda: client.email(1), lambda: client.top(1, 1),
            lambda: client.delete(1), lambda: client.delete_many([1]),
            lambda: client.raw("STAT"), lambda: client.login("a", "b"),
            lambda: client.auth("PLAIN"), lambda: list(client.iter_lines(1)),
            lambda: list(client.iter_parts(1)),
            lambda: list(client.retr_many([1, 2]))]

    def test_after_close(self):
        server = self.serve()
        client = self.session(server)
        client.aio.close() if isinstance(client, AioFacade) else \
            client.close()
        sent = server.log.commands()
        for call in self.calls(client):
            with self.assertRaises(pop3.ConnectionClosedError):
                call()
        self.assertEqual(server.log.commands(), sent)
        self.assert_over(client, pop3.ConnectionClosedError)
        self.assertEqual(client.tls, "")
        self.assertIsNone(client.sock)
        client.cancel()

    def test_after_quit(self):
        client = self.session(self.serve())
        client.quit()
        for call in self.calls(client):
            with self.assertRaises(pop3.ConnectionClosedError):
                call()

    def test_after_an_error_the_same_error(self):
        client = self.session(self.serve("say-on=STAT/what?"))
        for call in [client.stat] + self.calls(client):
            with self.assertRaises(pop3.ProtocolError) as caught:
                call()
            self.assertTrue(caught.exception.fatal)
            self.assertIn("what?", str(caught.exception))

    def test_iterators_over_a_closed_session(self):
        client = self.session(self.serve(big=1000000))
        iterator = client.retr_many([1, 11, 2, 3])
        self.assertEqual(next(iterator), (1, self.wire()[1]))
        client.aio.close() if isinstance(client, AioFacade) else \
            client.close()
        rest = list(iterator)
        self.assertEqual([number for number, _ in rest], [11, 2, 3])
        self.assertEqual([number for number, error in rest
                          if not isinstance(error, pop3.Error)], [])
        client = self.session(self.serve())
        lines = client.iter_lines(1)
        next(lines)
        client.quit()
        list(lines)     # what had come already; or the end
        parts = client.iter_parts(1)
        with self.assertRaises(pop3.ConnectionClosedError):
            next(parts)


class CallbackTest(ClientCase):
    def big(self, *faults, **options):
        return self.session(self.serve(*faults, big=400000, count=5,
                                       **options))

    def test_write_raises_in_the_middle(self):
        for at in (1, 2, 4):
            client = self.big()
            file = Raiser(at)
            with self.assertRaises(Trouble):
                client.retr_into(3, file)
            self.assertEqual(file.octets > 0, at > 1)
            self.assert_in_step(client)
            self.assertEqual(len(client.retr(3)), len(self.wire()[3]))

    def test_even_with_an_interrupt(self):
        client = self.big()
        with self.assertRaises(KeyboardInterrupt):
            client.retr_into(3, Raiser(2, KeyboardInterrupt))
        self.assert_in_step(client)

    def test_progress_raises(self):
        client = self.big()
        with self.assertRaises(Trouble):
            client.retr(3, progress=raiser)
        self.assert_in_step(client)
        with self.assertRaises(Trouble):
            client.retr_into(3, io.BytesIO(), progress=raiser)
        self.assert_in_step(client)

    def test_text_file(self):
        client = self.big()
        with self.assertRaises(TypeError):
            client.retr_into(3, io.StringIO())
        self.assert_in_step(client)

    def test_write_that_takes_nothing(self):
        class Full:
            def write(self, _part):
                return 0
        client = self.big()
        with self.assertRaises(OSError):
            client.retr_into(3, Full())
        self.assert_in_step(client)

    def test_write_that_keeps_the_view(self):
        """It gets at no memory that is not its own."""
        kept = []

        class Keeper:
            def write(self, part):
                kept.append(part)
        client = self.big()
        client.retr_into(3, Keeper())
        for part in kept:
            with self.assertRaises(ValueError):
                bytes(part)
        self.assert_in_step(client)

    def test_policy_that_is_none(self):
        client = self.big()
        with self.assertRaises(Exception):
            client.email(1, policy="nonsense")
        self.assert_in_step(client)

    def test_trace_raises(self):
        client = self.big()
        client.set_trace(raiser)
        client.stat()
        self.assertIn("Trouble('no')", "".join(self.unraisable))
        self.unraisable.clear()
        client.set_trace(None)
        self.assert_in_step(client)

    def test_a_call_from_within_a_callback(self):
        client = self.big()
        caught = []

        def progress(_octets, _total):
            try:
                if isinstance(client, AioFacade):
                    client.aio.noop().send(None)
                else:
                    client.noop()
            except pop3.UsageError as error:
                caught.append(error)

        with warnings.catch_warnings():
            self.assertEqual(client.retr(3, progress=progress),
                             self.wire()[3])
        self.assertGreater(len(caught), 0)
        self.assertFalse(caught[0].fatal)
        self.assert_in_step(client)

    def test_what_a_callback_may_ask(self):
        """Nothing that would disturb the call that called back."""
        for security in "none", "tls":
            client = self.session(self.serve(big=400000, count=5), security)
            refused = []

            def write(_part, client=client, refused=refused):
                if not refused:
                    gc.collect()
                client.state, client.deletes, client.tls, client.welcome
                for call in (lambda: client.set_trace(print),
                             lambda: client.set_trace(None)):
                    with self.assertRaises(pop3.UsageError):
                        call()
                try:
                    client.capabilities
                except pop3.UsageError:
                    refused.append(1)
            client.retr_into(3, Writer(write))
            self.assertTrue(refused)
            self.assert_in_step(client)
            client.quit()

    def test_set_trace_out_of_a_callback(self):
        client = self.big()
        with self.assertRaises(pop3.UsageError):
            client.retr_into(3, Writer(lambda _: client.set_trace(print)))
        self.assert_in_step(client)

    def test_closed_by_a_callback(self):
        """Even where all of the answer is here already."""
        for end in "close", "cancel":
            client = self.big()
            ended = getattr(getattr(client, "aio", client), end)
            try:
                client.retr_into(3, Writer(lambda _, ended=ended: ended()))
            except pop3.CanceledError:
                pass
            self.assert_over(client, pop3.CanceledError)

    def test_a_real_interrupt(self):
        client = self.big()
        with self.assertRaises(KeyboardInterrupt):
            client.retr_into(3, Writer(
                lambda _: os.kill(os.getpid(), signal.SIGINT)))
        self.assert_in_step(client)

    def test_whatever_it_raises(self):
        client = self.big()
        for error in (GeneratorExit, StopIteration, SystemExit, MemoryError,
                      RecursionError, BufferError, StopAsyncIteration,
                      pop3.Error, pop3.ConnectionClosedError):
            with self.subTest(error):
                with self.assertRaises((error, RuntimeError)):
                    client.retr_into(3, Raiser(2, error))
                self.assert_in_step(client)

    def test_server_fails_after_the_callback(self):
        client = self.big("cut-after=200000")
        with self.assertRaises(Trouble):
            client.retr_into(3, Raiser(1))
        with self.assertRaises(pop3.ConnectionClosedError):
            client.noop()
        self.assert_over(client)


class IteratorTest(ClientCase):
    def abandon(self, iterator, count=1):
        for _ in range(count):
            next(iterator)
        iterator.close()

    def test_left_early(self):
        client = self.session(self.serve(big=200000))
        for make in (lambda: client.retr_many(range(1, MESSAGES + 1)),
                     lambda: client.iter_lines(11),
                     lambda: client.iter_parts(11)):
            for count in (1, 2):
                self.abandon(make(), count)
                self.assert_in_step(client)
            for _item in make():
                break
            self.assert_in_step(client)
            for _item in make():
                break
            self.assertEqual(client.deletes.numbers, ())
            next(make())
        self.assert_in_step(client)

    def test_left_early_and_closed(self):
        client = self.session(self.serve(big=200000))
        self.abandon(client.retr_many(range(1, MESSAGES + 1)))
        client.quit()
        self.assertTrue(client.closed)

    def test_exception_in_the_body_of_the_loop(self):
        client = self.session(self.serve(big=200000))
        with self.assertRaises(Trouble):
            for _number, _message in client.retr_many(range(1, 20)):
                raise Trouble()
        self.assert_in_step(client)
        with self.assertRaises(Trouble):
            for _line in client.iter_lines(11):
                raise Trouble()
        self.assert_in_step(client)

    def test_a_command_while_it_is_open(self):
        client = self.session(self.serve(big=200000))
        for iterator, rest in (
                (client.retr_many([1, 2, 3]), 2),
                (client.iter_parts(11), None)):
            next(iterator)
            for call in (client.noop, lambda: client.delete(1),
                         lambda: list(client.retr_many([1])),
                         lambda: client.retr_into(1, io.BytesIO())):
                with self.assertRaises(pop3.UsageError) as caught:
                    call()
                self.assertFalse(caught.exception.fatal)
            if rest is not None:
                self.assertEqual([message for _, message in iterator],
                                 [self.wire()[2], self.wire()[3]])
            else:
                list(iterator)
            self.assert_in_step(client)
        self.assertEqual(client.deletes.numbers, ())

    def test_quit_while_it_is_open(self):
        client = self.session(self.serve(big=1000000))
        iterator = client.retr_many([1, 11, 2])
        next(iterator)
        client.quit()
        self.assertEqual([number for number, error in iterator
                          if not isinstance(error, pop3.Error)], [])
        self.assert_over(client)
        client = self.session(self.serve(big=1000000))
        iterator = client.iter_parts(11)
        next(iterator)
        client.quit()
        with self.assertRaises(pop3.ConnectionClosedError):
            list(iterator)
        self.assert_over(client)

    def test_never_begun(self):
        server = self.serve()
        client = self.session(server)
        client.retr_many([1, 2])
        client.iter_lines(1)
        self.assertNotIn("RETR", server.log.verbs())
        self.assert_in_step(client)

    def test_one_more_time(self):
        client = self.session(self.serve())
        iterator = client.retr_many([1])
        self.assertEqual(len(list(iterator)), 1)
        self.assertEqual(list(iterator), [])
        self.assert_in_step(client)

    def test_refused(self):
        client = self.session(self.serve())
        for make in (client.iter_lines, client.iter_parts):
            with self.assertRaises(pop3.RefusedError):
                next(make(99))
            self.assert_in_step(client)


for case in (OptionTest, ArgumentTest, ClosedTest, CallbackTest,
             IteratorTest):
    globals()["Aio" + case.__name__] = for_asyncio(case)
del case

if __name__ == "__main__":
    unittest.main()
