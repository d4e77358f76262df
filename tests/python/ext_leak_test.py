# SPDX-License-Identifier: MIT
"""Nothing leaks: 10,000 short sessions through the extension, and 2,000
through the drop-in, take no more memory than the first ones did."""

import ctypes
import gc
import io
import socket
import sys
import unittest
import weakref

import _pop3
from ext_support import asked, started
from pop3 import poplib

COUNT = 50
AT_REST = 16384
SOME = 4            # times a block that an interpreter may keep for itself
KIBIBYTES = 1024


def resident():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith("VmRSS"))


class Target:
    def write(self, octets):
        self.octets = bytes(octets)


class Full:
    def write(self, octets):
        self.octets = octets
        raise OSError("full")


def refused(call, *args):
    try:
        call(*args)
    except (_pop3.ResultError, TypeError, ValueError, OSError, RuntimeError,
            OverflowError, BufferError):
        return
    raise AssertionError("not refused")


def answer(core, octets):
    core.output_sent(len(core.output()))
    core.feed(octets)


def login(core):
    answer(core, b"+OK <a@b>\r\n")
    core.next()
    core.submit("AUTH", arg="PLAIN", initial=bytearray(b"\0a\0b"))
    answer(core, b"+ Zm9v\r\n")
    core.next()
    core.respond(memoryview(b"a secret"))
    answer(core, b"+OK\r\n")
    core.next(), core.next()


def batch(core):
    """Many messages, through a socket."""
    answer(core, b"\r\n.\r\n")
    core.collect(bytearray())
    found = []
    refused(core._submit_many, "RETR", [1, 2, "x"], 2, 3)
    assert core._submit_many("RETR", [1, 2, 3, 4], 1, 4) == 3
    answer(core, b"")
    here, there = socket.socketpair()
    there.sendall(b"+OK\r\none\r\n.\r\n-ERR no\r\n+OK\r\n..two\r\n")
    for _ in range(3):
        core._pull(here, 3, found, 0, 1.0, 0.0, 0.0)
        answer(core, b"")
    refused(core._pull, here, 3, (), 0, 1.0, 0.0, 0.0)
    there.sendall(b"more\r\n")
    refused(core._pull, here, 1, Full(), 0, 1.0, 0.0, 0.0)
    here.close(), there.close()
    core._pull(here, 1, found, 0, 1.0, 1e12, 1e12)
    assert len(found) == 1, found


def session(number):
    """Every method, and most of what can go wrong."""
    seen = []
    core = _pop3.Core(clear_credentials=True, trace=lambda *s: seen.append(s),
                      trace_level=2, putline=seen.append)
    login(core)
    core.submit("CAPA")
    answer(core, b"+OK\r\nSASL PLAIN\r\nPIPELINING\r\nTOP\r\n.\r\n")
    core.next(), core.collect([])
    core.capa(), core.greeting, core.timestamp, core.error, core.state
    for target in [], bytearray(), Target():
        core.submit("RETR", number + 1)
        answer(core, b"+OK\r\none\r\n..two\r\nthree")
        core.next(), core.collect(target)
        core._collect_from(b"\r\n.\r\n", target)
    core.submit("RETR", 9)
    answer(core, b"+OK\r\n")
    core.next()
    core._receive(io.BytesIO(b"abc\r\n.\r\n").readinto, [])
    for verb in "LIST", "UIDL":
        core.submit(verb)
        answer(core, b"+OK\r\n1 120\r\n2 200\r\nx\r\n.\r\n")
        core.next()
        core.collect_items([]), core.collect_items([])
    core.submit("RETR", 7)
    answer(core, b"+OK\r\nsome\r\n")
    core.next()
    refused(core.collect, Full())
    refused(core._take, 3, ())
    batch(core)
    refused(core._receive, Full().write, [])
    refused(core._receive, lambda room: "x", [])
    part = core.input_buffer()[2:]
    refused(core.next)
    del part
    refused(core.submit, "USER", 0, 0, "a\r\n")
    refused(core.submit, "USER", 0, 0, 5)
    refused(core.submit, "NONE", 0, 0, "arg", "arg2", b"initial")
    refused(core.submit, "RETR", -1)
    refused(core.feed, "text")
    refused(core.fail, _pop3.ERR_IO, "x", "text")
    core.mask(b"secret")
    core.fail(_pop3.ERR_IO, 5, "gone")
    core.next(), core.next()
    refused(core.input_buffer)
    _pop3.masked("PASS x"), _pop3.timestamp(b"+OK <a@b>")
    _pop3.printable(b"\0"), _pop3.strerror(0), _pop3.result_name(0)
    _pop3.is_temporary(core.error)
    # A cycle, for the collector.
    seen.append(core)


class Sent:
    def sendall(self, octets):
        pass

    def shutdown(self, how):
        pass

    def close(self):
        pass


def drop_in(number):
    client = poplib.POP3.__new__(poplib.POP3)
    client.sock = Sent()
    client.file = io.BufferedReader(io.BytesIO(
        b"+OK\r\na\r\n..b\r\n.\r\n+OK 1 2\r\n-ERR no\r\n+ \r\n+OK\r\n"
        b"what?\r\n"))
    client.retr(1), client.stat()
    for call in client.noop, lambda: client.auth("X", lambda _: b"x"), \
            client.noop, client.noop:
        try:
            call()
        except poplib.error_proto:
            pass
    client.close()


class Usage(ctypes.Structure):
    """struct mallinfo2"""
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks",
        "fsmblks", "uordblks", "fordblks", "keepcost")]


def allocated():
    """Octets that malloc() gave out."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Usage
    usage = mallinfo()
    return usage.uordblks + usage.hblkhd


class Rest(unittest.TestCase):
    """A session that waits, or has nothing to do, keeps no input buffer."""

    def rests(self, bring):
        """bring() makes a Core and leaves it where it shall be small."""
        kept = [bring()]
        before = allocated()
        kept += [bring() for _ in range(COUNT)]
        each = (allocated() - before) // COUNT
        print(f"{bring.__name__}: {each} octets each")
        self.assertLess(each, AT_REST)
        return kept

    def pulled(self, octets, how, target):
        """A Core that received octets from a socket, in one batch."""
        core = started(capa=b"PIPELINING\r\n")
        core._submit_many("RETR", [1, 2], 0, 2)
        core.output_sent(len(core.output()))
        here, there = socket.socketpair()
        with here, there:
            there.sendall(octets)
            core._pull(here, how, target, 0, 1.0, 0.0, 0.0)
        return core

    def test_after_the_last_answer(self):
        def whole_batch():
            found = []
            core = self.pulled(b"+OK\r\n" + b"x" * 70000 + b"\r\n.\r\n"
                               b"+OK\r\n.\r\n", 3, found)
            self.assertEqual(len(found), 2)
            return core
        self.rests(whole_batch)

    def test_where_a_read_would_block(self):
        def half_a_batch():
            found = []
            core = self.pulled(b"+OK\r\none\r\n.\r\n", 3, found)
            self.assertEqual(len(found), 1)
            here, there = socket.socketpair()
            with here, there:
                core._pull(here, 3, [], 0, 1.0, 0.0, 0.0)
            return core
        for core in self.rests(half_a_batch):
            core.feed(b"+OK\r\ntwo\r\n.\r\n")
            found = []
            core._take(3, found)
            self.assertEqual(found, [(2, b"two\r\n")])

    def test_by_hand(self):
        def nothing_came():
            core = asked()
            core.feed(b"some")
            core.input_buffer()
            core.input_filled(0)
            return core
        for core in self.rests(nothing_came):
            target = bytearray()
            core._collect_from(b"thing\r\n.\r\n", target)
            self.assertEqual(target, b"something\r\n")

    def test_drop_in(self):
        def answered():
            client = poplib.POP3.__new__(poplib.POP3)
            client.sock = Sent()
            client.file = io.BufferedReader(io.BytesIO(
                b"+OK\r\n" + b"line\r\n" * 20000 + b".\r\n"), 64)
            self.assertEqual(len(client.retr(1)[1]), 20000)
            client._anchors = ()
            client.file = client._engine_file = None
            return client
        self.rests(answered)


class Leaks(unittest.TestCase):
    def grows_not(self, function, count):
        for number in range(count):
            function(number)
        resident()
        gc.collect()
        blocks, memory = sys.getallocatedblocks(), resident()
        for number in range(count):
            function(number)
        gc.collect()
        blocks = sys.getallocatedblocks() - blocks
        memory = resident() - memory
        print(f"{function.__name__}: {count} times: {blocks:+} blocks, "
              f"{memory:+} KiB")
        self.assertLess(blocks, count // SOME)
        self.assertLess(memory, KIBIBYTES)

    def test_sessions(self):
        self.grows_not(session, 10000)

    def test_drop_in(self):
        self.grows_not(drop_in, 2000)

    def test_clients_are_freed_without_the_collector(self):
        gc.disable()
        self.addCleanup(gc.enable)
        client = poplib.POP3.__new__(poplib.POP3)
        client.sock = Sent()
        client.file = io.BytesIO(b"+OK\r\na\r\n.\r\n-ERR\r\n")
        client.retr(1)
        self.assertRaises(poplib.error_proto, client.noop)
        gone = weakref.ref(client)
        del client
        self.assertIsNone(gone())


if __name__ == "__main__":
    unittest.main()
