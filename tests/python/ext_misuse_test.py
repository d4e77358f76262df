# SPDX-License-Identifier: MIT
"""The extension module _pop3: bad use, callbacks, threads, lent memory, and
what an interpreter asks of a module."""

import base64
import gc
import io
import sys
import threading
import unittest
import weakref

import _pop3
from ext_support import Unraisable, asked, started


class BadUse(unittest.TestCase):
    def test_types(self):
        core = started()
        for error, call in (
                (TypeError, lambda: _pop3.Core(1)),
                (TypeError, lambda: _pop3.Core(trace=1)),
                (TypeError, lambda: _pop3.Core(putline="x")),
                (TypeError, lambda: _pop3.Core(body_octets="1")),
                (OverflowError, lambda: _pop3.Core(list_items=-1)),
                (ValueError, lambda: _pop3.Core(reply_line=10)),
                (ValueError, lambda: _pop3.Core(reply_line=1 << 20)),
                (TypeError, lambda: core.submit()),
                (TypeError, lambda: core.submit(1)),
                (ValueError, lambda: core.submit("NONE")),
                (TypeError, lambda: core.submit("RETR", "1")),
                (TypeError, lambda: core.submit("RETR", 1.5)),
                (OverflowError, lambda: core.submit("RETR", -1)),
                (OverflowError, lambda: core.submit("RETR", 1 << 64)),
                (TypeError, lambda: core.submit("USER", arg=1)),
                (UnicodeEncodeError,
                 lambda: core.submit("USER", arg="\udc80")),
                (TypeError, lambda: core.submit("AUTH", arg="X",
                                                initial="text")),
                (TypeError, lambda: core.feed("text")),
                (TypeError, lambda: core.feed(5)),
                (TypeError, lambda: core.respond(None)),
                (TypeError, lambda: core.collect()),
                (TypeError, lambda: core.collect_items(())),
                (TypeError, lambda: core.mask("text")),
                (TypeError, lambda: core.set_trace(5)),
                (TypeError, lambda: core.fail("x")),
                (ValueError, lambda: core.fail(_pop3.ERR_REFUSED, 0, None)),
                (ValueError, lambda: core.fail(12345, 0, None)),
                (ValueError, lambda: core.output_sent(1)),
                (OverflowError, lambda: core.output_sent(-1)),
                (ValueError, lambda: core.input_filled(1)),
                (TypeError, lambda: core.input_filled("1")),
                (TypeError, lambda: core._collect_from("x", [])),
                (ValueError, lambda: core._collect_from(b"", [])),
                (TypeError, lambda: _pop3.strerror("x")),
                (ValueError, lambda: _pop3.strerror(5)),
                (OverflowError, lambda: _pop3.result_name(1 << 70)),
                (TypeError, lambda: _pop3.is_temporary(5)),
                (TypeError, lambda: _pop3.is_temporary((1, 2))),
                (TypeError, lambda: _pop3.printable("text")),
                (TypeError, lambda: _pop3.masked(None)),
                (AttributeError, lambda: setattr(core, "state", 1))):
            with self.subTest(call=call), self.assertRaises(error):
                call()
        core.submit("NOOP")     # and it still works
        self.assertEqual(core.output(), b"NOOP\r\n")

    def test_results(self):
        core = started(any_state=False, clear_credentials=False)
        for result, args in (
                (_pop3.ERR_USAGE, ("STAT",)),
                (_pop3.ERR_ARGUMENT, ("USER", 0, 0, "a\r\nb")),
                (_pop3.ERR_ARGUMENT, ("USER", 0, 0, "a\0b")),
                (_pop3.ERR_ARGUMENT, ("USER", 0, 0, b"x" * 300))):
            with self.subTest(args):
                with self.assertRaises(_pop3.ResultError) as raised:
                    core.submit(*args)
                self.assertEqual(raised.exception.args[:2],
                                 (result, args[0]))
        for call in core.respond_cancel, core.tls_done, \
                lambda: core.respond(b""):
            with self.assertRaises(_pop3.ResultError):
                call()
        core.submit("USER", arg="alice")
        self.assertEqual(core.output(), b"")
        self.assertEqual(core.next().result, _pop3.ERR_INSECURE)

    def test_a_login_that_was_refused_does_not_go_on(self):
        login = _pop3.Login(started(), user="alice", mechanism="XOAUTH2")
        with self.assertRaises(_pop3.ResultError) as raised:
            login.begin()
        self.assertIn("without TLS", raised.exception.args[2])
        self.assertEqual(login.mechanism, "")
        for call in (login.secret, login.needs_utf8,
                     lambda: login.answer(b""), lambda: login.apop(b"<a@b>"),
                     lambda: login.again(0, False, False)):
            with self.subTest(call=call), self.assertRaises(RuntimeError):
                call()

    def test_hook_that_raises(self):
        lines = []

        def putline(line):
            lines.append(line)
            if line.startswith(b"DELE"):
                raise PermissionError(line)
        core = started(putline=putline)
        self.assertRaises(PermissionError, core.submit, "DELE", 1)
        self.assertEqual((core.output(), core.pending), (b"", 0))
        core.submit("NOOP")
        self.assertEqual(lines, [b"DELE 1", b"NOOP"])

    def test_argument_that_changes_meanwhile(self):
        """Code that a call runs may empty what the call was given."""
        def spoil(octets):
            octets.clear()
            octets.extend(bytes(1 << 20))
        initial = bytearray(b"\0alice\0secret")
        core = started(putline=lambda _line: spoil(initial))
        core.submit("AUTH", arg="PLAIN", initial=initial)
        self.assertEqual(core.output(), b"AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n")

        timestamp = bytearray(b"<1896.697170952@dbc.mtview.ca.us>")

        def password():
            spoil(timestamp)
            return b"tanstaaf"
        login = _pop3.Login(started(), user="mrose", mechanism="APOP",
                            password=password)
        login.begin()
        self.assertEqual(login.apop(timestamp),
                         "c4c9334bac560ecc979e58001b3e22fb")

        binding = bytearray(b"B" * 32)
        login = _pop3.Login(started(tls_active=True), user="alice",
                            mechanism="SCRAM-SHA-256-PLUS",
                            password=lambda: b"x", binding=binding,
                            binding_name="tls-exporter")
        spoil(binding)
        login.begin()
        nonce = login.answer(b"").split(b"r=")[1]
        final = login.answer(b"r=" + nonce + b"x,s=QSXCR+Q6sek8bf92,i=4096")
        self.assertTrue(final.startswith(b"c=" + base64.b64encode(
            b"p=tls-exporter,," + b"B" * 32)), final)

    def test_login_while_its_core_is_in_use(self):
        made = []

        def trace(*_):
            self.assertRaises(RuntimeError, login.begin)
            made.append(True)
        core = started(trace=trace, trace_level=1)
        login = _pop3.Login(core, user="alice", mechanism="PLAIN",
                            password=lambda: b"x")
        core.submit("NOOP")
        self.assertTrue(made)
        login.begin()

    def test_trace_that_raises(self):
        """It is told; it cannot change anything."""
        def trace(direction, line):
            raise KeyError(line)
        with Unraisable() as seen:
            core = asked(trace=trace, trace_level=2)
            core.feed(b"line\r\n" * 9000)       # traced without the GIL
            lines = []
            core.collect(lines)
            core.feed(b".\r\n")
            self.assertEqual(core.collect(lines).result, _pop3.OK)
        self.assertEqual(set(seen), {KeyError})
        self.assertEqual(len(lines), 9000)

    def test_calls_back(self):
        inner = []

        def again(*_):
            for call in core.next, core.output, lambda: core.feed(b"x"), \
                    lambda: core.submit("NOOP"), lambda: core.error, \
                    core.input_buffer:
                try:
                    call()
                except RuntimeError as error:
                    inner.append(str(error))
        core = started(putline=again)
        core.submit("NOOP")
        self.assertEqual(len(inner), 6)
        self.assertIn("in use", inner[0])
        core.set_trace(again, 2)
        core.output_sent(len(core.output()))
        core.feed(b"+OK\r\n")
        self.assertEqual(core.next().type, _pop3.EVENT_REPLY)
        self.assertEqual(len(inner), 12)

    def test_two_threads(self):
        inside, go_on = threading.Event(), threading.Event()

        class Slow:
            def write(self, octets):
                inside.set()
                go_on.wait(20)
        core = asked()
        core.feed(b"one\r\n.\r\n")
        events = []
        thread = threading.Thread(
            target=lambda: events.append(core.collect(Slow())))
        thread.start()
        inside.wait(20)
        for call in core.next, core.input_buffer, core.eof, core.capa:
            self.assertRaises(RuntimeError, call)
        self.assertEqual(core.pending, 1)
        go_on.set()
        thread.join()
        self.assertEqual(events[0].type, _pop3.EVENT_DONE)
        self.assertEqual(core.next().type, _pop3.EVENT_NEED_INPUT)

    def test_others_run_while_it_scans(self):
        """Nobody is made to give way here: what the other thread does, it
        does while the core scans."""
        go, done = threading.Lock(), threading.Event()
        go.acquire()

        def other():
            with go:
                done.set()

        thread = threading.Thread(target=other)
        interval = sys.getswitchinterval()
        self.addCleanup(thread.join)
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1000)
        thread.start()
        core, lines = asked(), []
        core.feed(b"x")
        go.release()
        for _ in range(100000):
            core.feed(b"x" * 60000 + b"\r\n")
            core.collect(lines)
            del lines[:]
            if done.is_set():
                break
        self.assertTrue(done.is_set())

    def test_threads_without_mercy(self):
        """Whatever they do, it is refused or done; nothing breaks."""
        core, refused = asked(), []
        wire = (b"x" * 60 + b"\r\n") * 1000

        def work():
            for _ in range(200):
                try:
                    core.feed(wire)
                    core.collect([])
                except RuntimeError as error:
                    refused.append(error)
                except _pop3.ResultError as error:      # full
                    assert error.args[0] == _pop3.ERR_AGAIN
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        core.collect([])
        self.assertEqual(core.next().type, _pop3.EVENT_NEED_INPUT)

    def test_input_buffer(self):
        core = started()
        room = core.input_buffer()
        part = room[:1]
        self.assertRaises(BufferError, core.next)       # still in use
        part.release()
        core.next()
        room = core.input_buffer()
        self.assertFalse(room.readonly)
        self.assertEqual((room.format, room.shape, room.strides),
                         ("B", (len(room),), (1,)))
        self.assertEqual(io.BytesIO(b"+OK").readinto(room), 3)
        core.next()
        with self.assertRaises(ValueError):
            room[0] = 1
        self.assertRaises(ValueError, core.input_filled, 1)
        room = core.input_buffer()
        self.assertRaises(ValueError, core.input_filled, len(room) + 1)
        while True:
            try:
                core.feed(b"x" * 65536)
            except _pop3.ResultError as error:
                self.assertEqual(error.args[0], _pop3.ERR_AGAIN)
                break

    def test_buffer_of_a_core_that_is_gone(self):
        core = started()
        """Whoever has the memory keeps the Core alive."""
        class Trace:
            def __call__(self, *_):
                pass
        trace = Trace()
        core = started(trace=trace)
        gone = weakref.ref(trace)
        part = core.input_buffer()[:8]
        del core, trace
        gc.collect()
        part[:] = b"harmless"
        self.assertIsNotNone(gone())
        del part
        self.assertIsNone(gone())

    def test_what_a_view_was_of(self):
        """The object behind it outlives the memory, and says so."""
        core = started()
        room = core.input_buffer().obj
        memoryview(room).release()              # it is lent still
        core.submit("NOOP")
        self.assertRaises(BufferError, memoryview, room)
        room = core.input_buffer().obj
        del core
        gc.collect()
        self.assertRaises(BufferError, memoryview, room)

    def test_cycle_through_lent_memory(self):
        class Owner:
            def trace(self, *_):
                pass
        owner = Owner()
        owner.core = _pop3.Core(trace=owner.trace)
        owner.room = owner.core.input_buffer()
        owner.part = owner.room[5:]
        gone = weakref.ref(owner)
        del owner
        gc.collect()
        self.assertIsNone(gone())


class Python(unittest.TestCase):
    """What an interpreter asks of a module."""

    def test_cycles_are_collected(self):
        class Owner:
            def trace(self, *_):
                pass
        owner = Owner()
        owner.core = _pop3.Core(trace=owner.trace, putline=owner.trace)
        gone = weakref.ref(owner)
        del owner
        gc.collect()
        self.assertIsNone(gone())
        self.assertTrue(gc.is_tracked(_pop3.Core()))

    def test_sub_interpreters(self):
        try:
            import _xxsubinterpreters as interpreters
        except ImportError:
            import _interpreters as interpreters
        code = ("import sys; sys.path[:0] = {!r}; import _pop3;"
                "core = _pop3.Core(trace=lambda *_: None, trace_level=2);"
                "core.feed(b'+OK\\r\\n'); e = core.next();"
                "assert e.type == _pop3.EVENT_GREETING;"
                "core.submit('CAPA')").format(sys.path)
        for _ in range(3):
            number = interpreters.create()
            try:
                failed = interpreters.run_string(number, code)
                self.assertIsNone(failed)
            finally:
                interpreters.destroy(number)
        self.assertEqual(started().state, _pop3.STATE_AUTHORIZATION)

    def test_drop_in_of_a_sub_interpreter(self):
        try:
            import _xxsubinterpreters as interpreters
        except ImportError:
            import _interpreters as interpreters
        code = """
import sys
sys.path[:0] = {!r}
import io
from pop3 import poplib

class Sent:
    def sendall(self, _octets): pass
    def shutdown(self, _how): pass
    def close(self): pass

client = poplib.POP3.__new__(poplib.POP3)
client.sock = Sent()
client.file = io.BufferedReader(io.BytesIO(
    b"+OK\\r\\n..a\\r\\n.\\r\\n-ERR no\\r\\n"))
assert client.retr(1)[1] == [b".a"]
try:
    client.stat()
except poplib.error_proto as error:
    assert error.args == (b"-ERR no",)
else:
    assert False
""".format(sys.path)
        for _ in range(3):
            number = interpreters.create()
            try:
                self.assertIsNone(interpreters.run_string(number, code))
            finally:
                interpreters.destroy(number)

    def test_two_modules(self):
        """Each import has its own types; an instance knows its module."""
        spec = _pop3.__spec__
        other = spec.loader.create_module(spec)
        spec.loader.exec_module(other)
        self.assertIsNot(other.Core, _pop3.Core)
        core = other.Core()
        with self.assertRaises(other.ResultError):
            core.submit("STAT")
        del other
        gc.collect()
        core.feed(b"+OK\r\n")
        self.assertEqual(core.next()[0], _pop3.EVENT_GREETING)

    def test_subclass(self):
        with self.assertRaises(TypeError):
            type("Sub", (_pop3.Core,), {})


if __name__ == "__main__":
    unittest.main()
