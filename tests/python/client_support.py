# SPDX-License-Identifier: MIT
"""What the tests of the Python clients share.

    class SomeTest(ClientCase):
        def test_it(self):
            with self.session(self.serve()) as client:
                ...

A test fails, beside its own reasons, when it leaves a socket or a thread
behind, or when a warning (ResourceWarning above all) or an exception was
raised where nobody could catch it.

AioFacade runs a client of pop3.aio as if it were blocking, so that the same
tests hold for both.
"""

import asyncio
import gc
import inspect
import os
import ssl
import sys
import tempfile
import threading
import unittest
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "server"))

import certs                                            # noqa: E402
import mailbox                                          # noqa: E402
import pop3                                             # noqa: E402
import store                                            # noqa: E402
from pop3_server import Options, Server                 # noqa: E402

MESSAGES = 20


class AioFacade:
    """Looks like pop3.Client, and is a pop3.aio.Client in a loop."""

    def __init__(self, *args, **kwargs):
        self._loop = asyncio.new_event_loop()
        self.aio = None
        try:
            self.aio = pop3.aio.Client(*args, **kwargs)
            self._wait(self.aio.connect())
        except BaseException:
            self._finish()
            raise

    def _wait(self, coroutine):
        return self._loop.run_until_complete(coroutine)

    def _finish(self):
        if not self._loop.is_closed():
            self._wait(self._loop.shutdown_default_executor())
            self._loop.close()

    def _iterate(self, stream):
        try:
            while True:
                try:
                    yield self._wait(stream.__anext__())
                except StopAsyncIteration:
                    return
        finally:
            stream.close()

    def __getattr__(self, name):
        attribute = getattr(self.aio, name)
        if not callable(attribute):
            return attribute

        def call(*args, **kwargs):
            answer = attribute(*args, **kwargs)
            if inspect.iscoroutine(answer):
                return self._wait(answer)
            if hasattr(answer, "__anext__"):
                return self._iterate(answer)
            return answer
        return call

    def close(self):
        self.aio.close()
        self._finish()

    def __enter__(self):
        return self

    def __exit__(self, *details):
        try:
            self._wait(self.aio.__aexit__(*details))
        finally:
            self._finish()


class ClientCase(unittest.TestCase):
    """A directory, an authority, servers, and nothing left behind."""

    Client = staticmethod(lambda *args, **kw: pop3.Client(*args, **kw))

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = directory.name
        cls.authority = certs.Authority(os.path.join(cls.directory, "ca"))
        cls.pair = cls.authority.issue("good")

    def setUp(self):
        self.unraisable = []
        self._replace(sys, "unraisablehook", lambda args: self.unraisable
                      .append(f"{args.err_msg}: {args.exc_value!r}"))
        self._replace(threading, "excepthook", lambda args: self.unraisable
                      .append(f"in a thread: {args.exc_value!r}"))
        catcher = warnings.catch_warnings()
        catcher.__enter__()
        self.addCleanup(catcher.__exit__, None, None, None)
        warnings.simplefilter("error")
        gc.collect()
        before = self._belongings()
        # Cleanups run last first: this one after all servers have stopped.
        self.addCleanup(self._nothing_left, before)

    def _replace(self, module, name, value):
        self.addCleanup(setattr, module, name, getattr(module, name))
        setattr(module, name, value)

    @staticmethod
    def _belongings():
        # Threads of an event loop's executor end with the loop.
        threads = [thread.name for thread in threading.enumerate()
                   if not thread.name.startswith("asyncio_")]
        return len(os.listdir("/proc/self/fd")), threads

    def _nothing_left(self, before):
        gc.collect()
        self.assertEqual(self.unraisable, [])
        self.assertEqual(self._belongings(), before,
                         "descriptors or threads were left behind")

    # ---- servers and clients --------------------------------------------

    def maildir(self, count=MESSAGES, big=0):
        self.path = tempfile.mkdtemp(dir=self.directory)
        self.expected = mailbox.make(self.path, count, big)
        return self.path

    def wire(self):
        """number -> octets that RETR has to give."""
        messages = store.Maildrop(self.path).messages()
        return {message.number: message.read() for message in messages}

    def serve(self, *faults, count=MESSAGES, big=0, script=None, pair=None,
              **options):
        pair = pair or self.pair
        maildir = None if script else self.maildir(count, big)
        server = Server(maildir, script=script, tls=pair, stls=pair,
                        options=Options(**options), faults=faults).start()
        self.addCleanup(server.stop)
        return server

    def context(self):
        return ssl.create_default_context(cafile=self.authority.ca_file)

    def connect(self, server, security="none", port=None, **kwargs):
        port = port or server.ports["clear" if security == "none"
                                    else security]
        kwargs.setdefault("timeout", 20)
        if security != "none":
            kwargs.setdefault("context", self.context())
        client = self.Client("localhost", port, security=security, **kwargs)
        self.addCleanup(client.close)
        return client

    def session(self, server, security="none", **kwargs):
        """Logged in."""
        client = self.connect(server, security, **kwargs)
        client.login("demo", "demo", "USER" if security == "none" else None)
        return client

    # ---- what has to hold -----------------------------------------------

    def assert_in_step(self, client):
        """The next answers are the right ones, and nothing else."""
        self.assertTrue(client.retr(3) == self.wire()[3])
        self.assertEqual(client.list(2), (2, len(self.wire()[2])))
        self.assertEqual(client.uidl(1)[0], 1)
        self.assertFalse(client.closed)

    def assert_over(self, client, error=pop3.Error):
        """The session is closed, and says so for ever."""
        self.assertTrue(client.closed)
        self.assertEqual(client.state, "closed")
        self.assertEqual(client.fileno(), -1)
        for _ in range(2):
            with self.assertRaises(error):
                client.noop()
        with self.assertRaises(pop3.Error):
            list(client.retr_many([1]))


class Trouble(Exception):
    """Raised by a callback."""


class Raiser:
    """A file whose write() raises at the n-th part."""

    def __init__(self, at=1, error=Trouble):
        self.left = at
        self.error = error
        self.octets = 0

    def write(self, part):
        self.left -= 1
        if self.left == 0:
            raise self.error("the disk is full")
        self.octets += len(part)


class Writer:
    """A file whose write() is a function."""

    def __init__(self, write):
        self.write = write


def for_asyncio(case):
    """The same tests with the other client."""
    return type("Aio" + case.__name__, (case,), {"Client": AioFacade})
