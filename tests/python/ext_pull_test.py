# SPDX-License-Identifier: MIT
"""The extension receives by itself: turns, deadlines, signals, sockets that
vanish, batches."""

import os
import signal
import socket
import threading
import time
import unittest

import _pop3
from ext_support import asked, started

NEXT, DATA, ITEMS, MESSAGES = range(4)
NO_WAIT, FOR_EVER = float("-inf"), float("inf")
NEED_INPUT, DONE = _pop3.EVENT_NEED_INPUT, _pop3.EVENT_DONE


class PullCase(unittest.TestCase):
    def setUp(self):
        self.here, self.there = socket.socketpair()
        self.addCleanup(self.here.close)
        self.addCleanup(self.there.close)
        self.here.setblocking(False)

    def pull(self, core, how=DATA, target=None, turns=0, silence=FOR_EVER,
             until=FOR_EVER):
        """(event, octets, errno, drained)"""
        target = bytearray() if target is None else target
        *answer, last_io = core._pull(self.here, how, target, turns, silence,
                                      until, time.monotonic())
        self.assertLessEqual(last_io, time.monotonic())
        return answer

    @staticmethod
    def batch(count):
        core = started(capa=b"PIPELINING\r\n")
        numbers = list(range(1, count + 1))
        assert core._submit_many("RETR", numbers, 0, count) == count
        core.output_sent(len(core.output()))
        return core


class Pull(PullCase):
    def test_a_message(self):
        body = b"a line\r\n..\r\n" * 20000
        sender = threading.Thread(
            target=self.there.sendall, args=(body + b".\r\n",))
        core, target = asked(), bytearray()
        sender.start()
        event, octets, number, drained = self.pull(core, target=target)
        sender.join()
        self.assertEqual((event.type, event.octets, number, drained),
                         (DONE, len(target), 0, True))
        self.assertEqual(octets, len(body) + 3)
        self.assertEqual(target, body.replace(b"..", b"."))

    def test_without_waiting(self):
        core, target = asked(), bytearray()
        event, octets, number, drained = self.pull(core, until=NO_WAIT)
        self.assertEqual((event.type, octets, number, drained),
                         (NEED_INPUT, 0, 0, True))
        self.there.sendall(b"one\r\ntwo\r\n")
        event, octets, _, drained = self.pull(core, target=target,
                                              until=NO_WAIT)
        self.assertEqual((event.type, octets, drained),
                         (NEED_INPUT, 10, True))
        self.assertEqual(target, b"one\r\ntwo\r\n")

    def test_turns(self):
        self.there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.there.setblocking(False)
        core, target, body = asked(), bytearray(), b"x" * 98 + b"\r\n"
        sent = self.there.send(body * 2000)
        self.assertEqual(sent, len(body * 2000))
        for number in 1, 2:
            event, octets, _, drained = self.pull(core, target=target,
                                                  turns=1)
            self.assertEqual((event.type, drained), (NEED_INPUT, False))
            self.assertLessEqual(octets, 98304)
            self.assertGreater(octets, 90000)
        self.assertGreater(len(target), 180000)

    def test_deadlines_end_the_wait_alone(self):
        for name, begin in ("silence", 0), ("until", time.monotonic):
            core, before = asked(), time.monotonic()
            limits = {name: 0.05 + (begin() if begin else 0)}
            event, octets, number, _ = self.pull(core, **limits)
            self.assertEqual((event.type, octets, number),
                             (NEED_INPUT, 0, 0))
            self.assertGreaterEqual(time.monotonic() - before, 0.04)

    def test_end_of_file(self):
        self.there.sendall(b"half a mess")
        self.there.close()
        event, octets, number, _ = self.pull(asked())
        self.assertEqual((event.type, event.result, octets, number),
                         (DONE, _pop3.ERR_CLOSED, 11, 0))

    def test_a_socket_that_is_gone(self):
        self.here.close()
        event, octets, number, _ = self.pull(asked())
        self.assertEqual((event.type, octets, number), (NEED_INPUT, 0, 9))

    def test_a_socket_that_vanishes_in_a_callback(self):
        """Its number may be somebody else's by then."""
        class Closes:
            def write(_, octets):
                self.here.close()
        self.there.sendall(b"one\r\ntwo\r\n")
        event, octets, number, _ = self.pull(asked(), target=Closes())
        self.assertEqual((event.type, octets, number), (NEED_INPUT, 10, 9))

    def test_nothing_is_received_that_was_not_asked_for(self):
        """It stays in the socket for whoever asks next."""
        core = started()
        self.there.sendall(b"+OK unasked\r\n")
        event, octets, _, _ = self.pull(core, NEXT)
        self.assertEqual((event.type, octets), (NEED_INPUT, 0))
        core.submit("NOOP")         # not sent yet
        event, octets, _, _ = self.pull(core, NEXT)
        self.assertEqual((event.type, octets), (NEED_INPUT, 0))
        self.assertEqual(self.here.recv(100), b"+OK unasked\r\n")

    def test_target_that_raises(self):
        class Raises:
            def write(self, octets):
                raise KeyError(bytes(octets))
        core = asked()
        self.there.sendall(b"one\r\n.\r\n")
        with self.assertRaises(KeyError):
            self.pull(core, target=Raises())
        self.assertTrue(core._blame())
        self.assertEqual(self.pull(core)[0].type, DONE)
        self.assertFalse(core._blame())

    def test_wrong_arguments(self):
        core = asked()
        for how, target in (4, []), (-1, []), (ITEMS, bytearray()), \
                (MESSAGES, None):
            with self.assertRaises((TypeError, ValueError)):
                core._pull(self.here, how, target, 0, 0, 0, 0)
            with self.assertRaises((TypeError, ValueError)):
                core._take(how, target)
        for sock in None, 5, "socket":
            with self.assertRaises(AttributeError):
                core._pull(sock, DATA, [], 0, 0, 0, 0)
        for number in "x", None, 1 << 70:
            class Lies:
                @staticmethod
                def fileno():
                    return number
            with self.assertRaises((TypeError, OverflowError)):
                core._pull(Lies, DATA, [], 0, 0, 0, 0)
        self.there.sendall(b".\r\n")
        self.assertEqual(self.pull(core)[0].type, DONE)


class Interrupted(PullCase):
    class Signaled(Exception):
        pass

    def raise_it(self, *_):
        raise self.Signaled

    def signal_soon(self, handler):
        before = signal.signal(signal.SIGUSR1, handler)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        waits = threading.Event()

        def send():
            # Once the main thread waits it has let go of the GIL for long.
            waits.wait(0.05)
            os.kill(os.getpid(), signal.SIGUSR1)
        thread = threading.Thread(target=send)
        self.addCleanup(thread.join)
        thread.start()

    def test_a_signal_ends_the_wait(self):
        self.signal_soon(self.raise_it)
        core = asked()
        with self.assertRaises(self.Signaled):
            self.pull(core)
        self.assertFalse(core._blame())
        self.there.sendall(b".\r\n")
        self.assertEqual(self.pull(core)[0].type, DONE)

    def test_a_handler_that_returns_does_not(self):
        seen = []

        def note(*_):
            seen.append(1)
            self.there.sendall(b".\r\n")
        self.signal_soon(note)
        self.assertEqual(self.pull(asked())[0].type, DONE)
        self.assertEqual(seen, [1])

    def test_others_may_ask_while_it_waits(self):
        core, seen = asked(), []

        def ask():
            seen.append(core.error)
            core.set_trace(None)
            seen.append(core.greeting)
            self.there.sendall(b".\r\n")
        thread = threading.Timer(0.05, ask)
        thread.start()
        self.assertEqual(self.pull(core)[0].type, DONE)
        thread.join()
        self.assertEqual(len(seen), 2)


class Batches(PullCase):
    def answers(self, count, text=b"text of %d\r\n"):
        return b"".join(b"+OK\r\n" + text % number + b".\r\n"
                        for number in range(1, count + 1))

    def test_every_cut(self):
        octets = self.answers(3)
        for at in range(len(octets) + 1):
            core, found = self.batch(3), []
            for part in octets[:at], octets[at:]:
                core.feed(part)
                event = core._take(MESSAGES, found)
                self.assertEqual(event.type, NEED_INPUT)
            self.assertEqual(found, [(n, b"text of %d\r\n" % n)
                                     for n in (1, 2, 3)])

    def test_dots(self):
        core, found = self.batch(1), []
        core.feed(b"+OK\r\n..a\r\n...b\r\nc\r\n.\r\n")
        core._take(MESSAGES, found)
        self.assertEqual(found, [(1, b".a\r\n..b\r\nc\r\n")])

    def test_empty_message(self):
        core, found = self.batch(2), []
        core.feed(b"+OK\r\n.\r\n+OK\r\nx\r\n.\r\n")
        core._take(MESSAGES, found)
        self.assertEqual(found, [(1, b""), (2, b"x\r\n")])

    def test_refusals_are_told(self):
        core, found = self.batch(3), []
        core.feed(b"+OK\r\none\r\n.\r\n-ERR two\r\n+OK\r\nthree\r\n.\r\n")
        event = core._take(MESSAGES, found)
        self.assertEqual((event.type, event.result, event.number),
                         (DONE, _pop3.ERR_REFUSED, 2))
        self.assertEqual(core._take(MESSAGES, found).type, NEED_INPUT)
        self.assertEqual(found, [(1, b"one\r\n"), (3, b"three\r\n")])

    def test_it_ends_behind_the_last_one(self):
        """What comes then breaks the session, but not the batch."""
        core, found = self.batch(1), []
        core.feed(self.answers(1) + b"+OK unasked\r\n")
        self.assertEqual(core._take(MESSAGES, found).type, NEED_INPUT)
        self.assertEqual(len(found), 1)
        self.assertEqual(core.next().result, _pop3.ERR_PROTOCOL)

    def test_part_of_one_is_not_in_the_next(self):
        core, found = self.batch(2), []
        core.feed(b"+OK\r\nlost\r\n")
        core._take(MESSAGES, found)
        core.feed(b"more\r\n.\r\n+OK\r\ntwo\r\n.\r\n")
        self.assertEqual(core.next().type, _pop3.EVENT_DATA)
        self.assertEqual(core.next().type, DONE)
        core._take(MESSAGES, found)
        self.assertEqual(found, [(2, b"two\r\n")])

    def test_large_ones(self):
        text = b"%d" + b"x" * 3000000 + b"\r\n"
        sender = threading.Thread(target=self.there.sendall,
                                  args=(self.answers(3, text),))
        sender.start()
        core, found = self.batch(3), []
        while core.pending:
            self.pull(core, MESSAGES, found, turns=7)
        sender.join()
        self.assertEqual(found, [(n, text % n) for n in (1, 2, 3)])

    def test_what_is_there_is_not_kept_waiting(self):
        core, found = self.batch(2), []
        self.there.sendall(self.answers(1))
        event, _, _, drained = self.pull(core, MESSAGES, found)
        self.assertEqual((event.type, drained), (NEED_INPUT, True))
        self.assertEqual(len(found), 1)

    def test_submit_many(self):
        core = started(capa=b"PIPELINING\r\n")
        for numbers in (1, 2), None, "12":
            with self.assertRaises(TypeError):
                core._submit_many("RETR", numbers, 0, 2)
        for number, error in (-1, OverflowError), (1 << 64, OverflowError), \
                (0, _pop3.ResultError), ("1", TypeError):
            with self.assertRaises(error):
                core._submit_many("RETR", [number], 0, 1)
        self.assertRaises(TypeError, core._submit_many, "RETR", [1], -1, 1)
        self.assertRaises(ValueError, core._submit_many, "NONE", [1], 0, 1)
        self.assertEqual(core.pending, 0)
        self.assertEqual(core._submit_many("DELE", [5, 6, 7], 1, 99), 2)
        self.assertEqual(core.output(), b"DELE 6\r\nDELE 7\r\n")
        self.assertEqual(core._submit_many("DELE", [5], 1, 1), 0)

    def test_a_list_that_shrinks(self):
        numbers = list(range(1, 100))

        def shrink(_line):
            del numbers[5:]
        core = started(capa=b"PIPELINING\r\n", putline=shrink)
        numbers[:] = range(1, 100)
        self.assertEqual(core._submit_many("RETR", numbers, 0, 99), 5)


if __name__ == "__main__":
    unittest.main()
