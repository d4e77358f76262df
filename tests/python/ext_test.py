# SPDX-License-Identifier: MIT
"""The extension module _pop3: the core as Python sees it."""

import gc
import io
import os
import re
import unittest

import _pop3
from ext_support import BODY, LINES, PLAIN, asked, started

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir,
                      os.pardir, "include", "pop3.h")


class WriteOnly:
    """No list, though it fills one."""

    def __init__(self, target):
        self.write = target.write


class Session(unittest.TestCase):
    def test_dialogue(self):
        core = _pop3.Core()
        self.assertEqual(core.next().type, _pop3.EVENT_NEED_INPUT)
        self.assertEqual(core.state, _pop3.STATE_GREETING)
        room = core.input_buffer()
        room[:12] = b"+OK <a@b> x\n"
        core.input_filled(12)
        event = core.next()
        self.assertEqual(
            event, (_pop3.EVENT_GREETING, 0, None, 0, _pop3.OK,
                    b"+OK <a@b> x", b"<a@b> x", _pop3.RESP_NONE, 0, 0, b"",
                    0, 0, 0))
        self.assertEqual((core.greeting, core.timestamp),
                         (b"+OK <a@b> x", b"<a@b>"))
        number = core.submit("CAPA")
        self.assertEqual((core.pending, core.is_quiet, core.is_tls,
                          core.capa()), (1, True, False, None))
        self.assertEqual(core.output(), b"CAPA\r\n")
        core.output_sent(6)
        self.assertEqual((core.output(), core.is_quiet), (b"", False))
        self.assertEqual(core.feed(b"+OK\r\nSASL PLAIN\r\nTOP\r\n.\r\n"), 25)
        events = [core.next() for _ in range(4)]
        self.assertEqual([event.type for event in events], [
            _pop3.EVENT_REPLY, _pop3.EVENT_ITEM, _pop3.EVENT_ITEM,
            _pop3.EVENT_DONE])
        self.assertEqual({(e.id, e.verb, e.result) for e in events},
                         {(number, "CAPA", _pop3.OK)})
        self.assertEqual(core.capa(), [(b"SASL", b"PLAIN"), (b"TOP", b"")])
        core.eof()
        self.assertEqual(core.next().type, _pop3.EVENT_CLOSED)
        self.assertEqual(core.error[::5], (
            _pop3.ERR_CLOSED, "the server closed the connection"))

    def test_numbers(self):
        core = started()
        for verb, reply, fields in (
                ("STAT", b"+OK 2 320\r\n", ("stat_count", "stat_octets")),
                ("LIST", b"+OK 2 320\r\n", ("item_number", "item_octets"))):
            core.submit(verb, 0 if verb == "STAT" else 2)
            core.output_sent(len(core.output()))
            core.feed(reply)
            event = core.next()
            self.assertEqual([getattr(event, f) for f in fields], [2, 320])
            self.assertEqual(core.next().result, _pop3.OK)

    def test_auth(self):
        core = started()
        core.submit("AUTH", arg="PLAIN", initial=b"\0a\0b")
        self.assertEqual(core.output(), b"AUTH PLAIN AGEAYg==\r\n")
        core.output_sent(len(core.output()))
        core.feed(b"+ Zm9v\r\n")
        self.assertEqual(core.next().text, b"foo")
        core.respond(bytearray(b"bar"))
        self.assertEqual(core.output(), b"YmFy\r\n")
        core.output_sent(6)
        core.feed(b"+ \r\n")
        self.assertEqual(core.next().type, _pop3.EVENT_CHALLENGE)
        core.respond_cancel()
        core.output_sent(3)
        core.feed(b"-ERR [AUTH] no\r\n")
        event = core.next()
        self.assertEqual((event.result, event.resp, event.line),
                         (_pop3.ERR_AUTH, _pop3.RESP_AUTH, b"-ERR [AUTH] no"))
        self.assertEqual(core.error[:5], (_pop3.ERR_AUTH, _pop3.RESP_AUTH, 0,
                                          "AUTH", "AUTH"))

    def test_stls(self):
        core = started(clear_credentials=False)
        core.submit("STLS")
        core.output_sent(6)
        core.feed(b"+OK\r\n")
        self.assertEqual(core.next().type, _pop3.EVENT_START_TLS)
        core.tls_done()
        self.assertTrue(core.is_tls)
        self.assertEqual((core.next().type, core.greeting),
                         (_pop3.EVENT_DONE, b""))

    def test_trace_and_masks(self):
        seen = []
        core = started(trace=lambda *line: seen.append(line), trace_level=1)
        core.mask(b"hunter2")
        core.submit("PASS", arg="secret")
        core.output_sent(len(core.output()))
        core.feed(b"-ERR hunter2 secret\r\n")
        core.next()
        self.assertEqual(seen, [("S", "+OK hello <a@b>"), ("C", "PASS ****"),
                                ("S", "-ERR **** ****")])
        core.set_trace(None)
        core.submit("NOOP")
        core.set_trace(print, 2)
        self.assertEqual(len(seen), 3)

    def test_fail(self):
        core = asked()
        core.fail(_pop3.ERR_IO, 104, "reset")
        event = core.next()
        self.assertEqual((event.type, event.result),
                         (_pop3.EVENT_DONE, _pop3.ERR_IO))
        self.assertEqual(core.error, (_pop3.ERR_IO, 0, 104, "RETR 1", "",
                                      "reset"))
        for call in (lambda: core.submit("NOOP"), lambda: core.feed(b"x"),
                     core.input_buffer):
            with self.assertRaises(_pop3.ResultError) as raised:
                call()
            self.assertEqual(raised.exception.args[0], _pop3.ERR_IO)
        core.fail(_pop3.ERR_TIMEOUT, 0, None)
        self.assertEqual(core.error[5], "reset")

    def test_constants(self):
        with open(HEADER, encoding="utf-8") as file:
            names = set(re.findall(
                r"\bPOP3_((?:OK|ERR_|EVENT_|STATE_|RESP_)\w*)\s*[,=/}\n]",
                file.read()))
        self.assertGreater(len(names), 40)
        self.assertEqual({n for n in names if not hasattr(_pop3, n)}, set())

    def test_functions(self):
        self.assertEqual(_pop3.result_name(_pop3.ERR_IO), "POP3_ERR_IO")
        self.assertIn("limit", _pop3.strerror(_pop3.ERR_LIMIT))
        self.assertTrue(_pop3.is_fatal(_pop3.ERR_PROTOCOL))
        self.assertFalse(_pop3.is_fatal(_pop3.ERR_REFUSED))
        error = (_pop3.ERR_REFUSED, _pop3.RESP_IN_USE, 0, "PASS", "IN-USE",
                 "locked")
        self.assertTrue(_pop3.is_temporary(error))
        self.assertEqual(_pop3.printable(b"a\x1b[1m\xff"), "a\\x1B[1m\\xFF")
        self.assertEqual(_pop3.masked("PASS a b"), "PASS ****")
        self.assertEqual(_pop3.masked(b"apop u d"), "apop u ****")
        self.assertEqual(_pop3.masked("RETR 1"), "RETR 1")
        self.assertEqual(_pop3.masked("NOOP\r\nPASS x"), "****")
        self.assertEqual(_pop3.timestamp(b"+OK <a@b> x"), b"<a@b>")
        for bad in b"+OK <a>", b"", b"<" * 100000, b"x" * 100000:
            self.assertEqual(_pop3.timestamp(bad), b"")
        self.assertRegex(_pop3.version, r"^\d+\.\d+\.\d+$")


class Collect(unittest.TestCase):
    wire = BODY + b".\r\n"

    def collect(self, target, pieces):
        core = asked()
        for piece in pieces:
            core.feed(piece)
            event = core.collect(target)
        self.assertEqual((event.type, event.result, event.octets),
                         (_pop3.EVENT_DONE, _pop3.OK, len(PLAIN)))
        self.assertEqual(core.next().type, _pop3.EVENT_NEED_INPUT)
        return target

    def splits(self):
        wire = self.wire
        yield [wire]
        yield [wire[i:i + 1] for i in range(len(wire))]
        for i in range(1, len(wire)):
            yield [wire[:i], wire[i:]]

    def test_every_split(self):
        for pieces in self.splits():
            self.assertEqual(self.collect([], pieces), LINES)
            self.assertEqual(self.collect(bytearray(), pieces), PLAIN)
            self.assertEqual(self.collect(io.BytesIO(), pieces).getvalue(),
                             PLAIN)

    def test_exactly_one_reply(self):
        """_collect_from() says how much belonged to it."""
        for behind in b"", b"+OK\r\n.\r\n", b"\n.\r\n", b"+" * 70000:
            for pieces in self.splits():
                core, lines = asked(), []
                for piece in pieces[:-1]:
                    taken, event = core._collect_from(piece, lines)
                    self.assertEqual((taken, event.type),
                                     (len(piece), _pop3.EVENT_NEED_INPUT))
                taken, event = core._collect_from(pieces[-1] + behind, lines)
                self.assertEqual((taken, event.type), (len(pieces[-1]),
                                                       _pop3.EVENT_DONE))
                self.assertEqual(lines, LINES)
                self.assertEqual(core.next().type, _pop3.EVENT_CLOSED if behind
                                 else _pop3.EVENT_NEED_INPUT)

    def test_receive(self):
        """_receive() reads by itself and hands back what is too much."""
        for behind in b"", b"+OK\r\n.\r\n", b"+" * 70000:
            for pieces in self.splits():
                core, lines = asked(), []
                pieces[-1] += behind
                file = io.BytesIO(b"".join(pieces))
                left = list(map(len, pieces))

                def readinto(room, file=file, left=left):
                    return file.readinto(room[:left.pop(0) if left else None])
                rest, event = core._receive(readinto, lines)
                self.assertEqual((event.type, event.octets, lines),
                                 (_pop3.EVENT_DONE, len(PLAIN), LINES))
                self.assertEqual(rest + file.read(), behind)

    def test_receive_and_trouble(self):
        def fail(room):
            raise TimeoutError("timed out")
        core = asked()
        self.assertRaises(TimeoutError, core._receive, fail, [])
        for wrong, error in (lambda room: len(room) + 1, OSError), \
                (lambda room: -1, OverflowError), \
                (lambda room: "x", TypeError), (5, TypeError):
            self.assertRaises(error, core._receive, wrong, [])
        for end in lambda room: 0, lambda room: None:
            rest, event = core._receive(end, [])
            self.assertEqual((rest, event.type),
                             (b"", _pop3.EVENT_NEED_INPUT))
        kept = []

        def keep(room):
            kept.append(room[:1])
            return 0
        self.assertRaises(BufferError, core._receive, keep, [])
        self.assertRaises(BufferError, core.next)
        kept.clear()
        core.feed(b"x\r\n.\r\n")
        self.assertEqual(core.collect([]).type, _pop3.EVENT_DONE)

    def test_large(self):
        """Across the buffer, without the GIL, traced from there."""
        body = b"".join(b"%d %s\r\n" % (n, b"x" * (n % 150))
                        for n in range(20000))
        seen = []
        for options in {}, {"trace": lambda *_: seen.append(_),
                            "trace_level": 2}:
            core, lines, at = asked(**options), [], 0
            wire = body + b".\r\n"
            while at < len(wire):
                at += core.feed(wire[at:])
                event = core.collect(lines)
            self.assertEqual(event.type, _pop3.EVENT_DONE)
            self.assertEqual(lines, body.split(b"\r\n")[:-1])
        self.assertGreater(len(seen), 20000)

    def test_rows(self):
        for verb, want in ("LIST", [(1, 120), (2, 7)]), \
                ("UIDL", [(1, b"120"), (2, b"7 x")]):
            core, rows = asked(verb, 0), []
            core.feed(b"1 120\r\nno row\r\n2 7 x\r\n.\r\n")
            event = core.collect_items(rows)
            self.assertEqual((event.type, event.result, event.line),
                             (_pop3.EVENT_ITEM, _pop3.ERR_MALFORMED,
                              b"no row"))
            self.assertEqual(core.collect_items(rows).type, _pop3.EVENT_DONE)
            self.assertEqual(rows, want)
        core, lines = asked("LIST", 0), []
        core.feed(b"1 120\r\n..x\r\n.\r\n")
        self.assertEqual(core.collect(lines).type, _pop3.EVENT_DONE)
        self.assertEqual(lines, [b"1 120", b".x"])

    def test_target_that_raises(self):
        """The part at hand is lost to it, and the session is in step."""
        class Full(io.RawIOBase):
            def write(self, octets):
                raise OSError("disk full")
        core = asked()
        core.feed(b"one\r\n")
        with self.assertRaisesRegex(OSError, "disk full"):
            core.collect(Full())
        core.feed(b"two\r\n.\r\n")
        rest = bytearray()
        self.assertEqual(core.collect(rest).result, _pop3.OK)
        self.assertEqual(rest, b"two\r\n")

    def test_short_write(self):
        class Short(list):
            def write(self, octets):
                count = (len(octets) + 1) // 2
                self.append(bytes(octets[:count]))
                return count
        core, target = asked(), Short()
        core.feed(b"one\r\ntwo\r\n")
        core.collect(WriteOnly(target))
        self.assertEqual(target, [b"one\r\n", b"two", b"\r", b"\n"])

    def test_write_that_lies(self):
        class Lies:
            answer = 0

            def write(self, octets):
                return self.answer
        for Lies.answer in 0, -1, 6, 1 << 80:
            core = asked()
            core.feed(b"one\r\n")
            with self.assertRaises((OSError, OverflowError)):
                core.collect(Lies())
            self.assertTrue(core._blame())
            self.assertFalse(core._blame())
            self.assertEqual(core.next().type, _pop3.EVENT_NEED_INPUT)

    def test_target_that_keeps(self):
        class Keeps(list):
            def write(self, octets):
                self.append(octets)
        core, kept = asked(), Keeps.__new__(Keeps)
        core.feed(b"one\r\n")
        # A list is filled with lines whatever its class.
        core.collect(kept)
        self.assertEqual(kept, [b"one"])

        class Holder:
            def write(self, octets):
                self.kept = octets[1:]      # a part, which cannot be revoked
        holder = Holder()
        core.feed(b"two\r\n")
        with self.assertRaises(BufferError):
            core.collect(holder)
        self.assertRaises(BufferError, core.next)
        self.assertEqual(bytes(holder.kept), b"wo\r\n")
        del holder.kept
        core.feed(b"three\r\n")
        self.assertRaises(BufferError, core.collect, holder)
        gone = holder.kept
        del core
        gc.collect()
        self.assertEqual(bytes(gone), b"hree\r\n")

    def test_write_gets_no_more_than_it_may_use(self):
        class Late:
            def write(self, octets):
                self.kept = octets
        core, late = asked(), Late()
        core.feed(b"one\r\n.\r\n")
        core.collect(late)
        with self.assertRaises(ValueError):
            bytes(late.kept)


if __name__ == "__main__":
    unittest.main()
