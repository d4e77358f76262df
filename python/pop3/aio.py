# SPDX-License-Identifier: MIT
"""The client for asyncio.

    async with pop3.aio.Client("pop.example.org") as client:
        await client.login("user", "secret")
        async for number, message in client.retr_many(range(1, 100)):
            ...

Everything is as in Client, whose documentation holds, but that the commands
are coroutines and the iterators asynchronous. What a command does is in
_session.py; here the event loop waits for it, so any number of clients may be
at work in one thread. It has to be a loop with add_reader(), as all are but
the proactor of Windows.

Cancelling a task while a command waits closes its session, because nobody
could tell any more what the server will answer to what.
"""

import asyncio

from ._commands import Commands
from ._wire import (PAUSE, READ, WRITE, Resolve, Step, addresses,
                    numeric_address)
from .errors import Error, UsageError
from .values import DeleteStatus

__all__ = ["AsyncStream", "Client"]


def _wake(future):
    if not future.done():
        future.set_result(None)


async def _resolve(step):
    """The rows of getaddrinfo(), or an exception."""
    rows = numeric_address(step)
    if rows is not None:
        return rows
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(
            loop.run_in_executor(None, addresses, step), step.seconds)
    except asyncio.TimeoutError:
        return TimeoutError("the host name was not found in time")


async def _wait(step):
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    fd, events, timer = step.fd, step.events, None
    if step.seconds is not None:
        timer = loop.call_later(step.seconds, _wake, ready)
    try:
        if events & READ:
            loop.add_reader(fd, _wake, ready)
        if events & WRITE:
            loop.add_writer(fd, _wake, ready)
        await ready
    finally:
        if events & READ:
            loop.remove_reader(fd)
        if events & WRITE:
            loop.remove_writer(fd)
        if timer is not None:
            timer.cancel()


async def _serve(step):
    """Does what a step asks for."""
    if step is PAUSE:
        await asyncio.sleep(0)
        return None
    if type(step) is Resolve:
        return await _resolve(step)
    return await _wait(step)


class AsyncStream:
    """An asynchronous iterator over what a command yields. Leave it early,
    and what the server still sends is read and thrown away by the next
    command; break does, and so does close()."""

    def __init__(self, client, operation, convert=None):
        self._client = client
        self._operation = operation
        self._convert = convert

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            item = await self._client._advance(self._operation)
        except _End:
            raise StopAsyncIteration from None
        return item if self._convert is None else self._convert(item)

    def close(self):
        """Ends the iteration."""
        self._operation.close()


class _EachStream(AsyncStream):
    """The same over what is in the lists that a command yields."""

    _items = iter(())

    async def __anext__(self):
        while True:
            for item in self._items:
                return item
            self._items = iter(await super().__anext__())

    def close(self):
        """Ends the iteration."""
        self._items = iter(())
        super().close()


class _End(Exception):
    """The operation has returned; StopIteration cannot leave a coroutine."""


class Client(Commands):
    """A POP3 session on asyncio; the arguments are those of pop3.Client.

    `async with` connects, sends QUIT when the block ends, and only closes
    when it ends with an exception. Without it, await connect() first. One
    task at a time: a call in the midst of another one raises UsageError."""

    _fair = True
    _connected = False

    # ---- how ------------------------------------------------------------

    async def _advance(self, operation):
        """The next thing that is not a step; _End at the end."""
        if not self._connected:
            operation.close()
            raise UsageError("not connected: use `async with`, or await "
                             "connect()")
        self._enter()
        try:
            step = next(operation)
            while isinstance(step, Step):
                step = operation.send(await _serve(step))
            return step
        except StopIteration as end:
            raise _End(end.value) from None
        except BaseException as error:
            operation.close()
            self._session.failed(error)
            raise
        finally:
            self._leave()

    async def _run(self, operation):
        try:
            await self._advance(operation)
        except _End as end:
            return end.args[0]

    def _stream(self, operation, convert):
        return AsyncStream(self, operation, convert)

    def _stream_each(self, operation):
        return _EachStream(self, operation)

    async def connect(self):
        """Connects, reads the greeting, and starts TLS. Once."""
        if self._connected:
            raise UsageError("a client connects once")
        self._connected = True
        try:
            await self._run(self._session.open())
        except BaseException:
            self._close()
            raise

    def close(self):
        """Closes at once, without QUIT, which deletes nothing. If a task is
        in a call, that call ends with CanceledError."""
        self._close()

    async def __aenter__(self):
        if not self._connected:
            await self.connect()
        return self

    async def __aexit__(self, kind, error, traceback):
        try:
            if kind is None and not self.closed:
                await self._quit_at_end()
        finally:
            self._close()

    async def _quit_at_end(self):
        try:
            await self.quit()
        except Error:
            # Where nothing was to be deleted, it does not matter.
            if self.deletes.status is not DeleteStatus.NONE:
                raise
