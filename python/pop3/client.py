# SPDX-License-Identifier: MIT
"""The blocking client.

    with pop3.Client("pop.example.org") as client:
        client.login("user", "secret")
        for message in client.messages():
            print(message.number, message.octets, message.uid)

What a command does is in _session.py; here it is waited for.
"""

import select
import threading

from ._commands import Commands
from ._wire import (PAUSE, READ, WRITE, Resolve, Step, addresses,
                    numeric_address)
from .errors import Error
from .values import DeleteStatus

__all__ = ["Client"]

# poll() takes an int of milliseconds; who waits longer waits twice.
LONGEST_WAIT_SECONDS = 1e6


def _resolve(step):
    """The rows of getaddrinfo(), or an exception. The system's resolver knows
    no deadline, so it gets a thread of its own."""
    rows = numeric_address(step)
    if rows is not None:
        return rows
    answer = []
    thread = threading.Thread(target=lambda: answer.append(addresses(step)),
                              daemon=True, name="pop3-resolver")
    thread.start()
    thread.join(step.seconds)
    if answer:
        return answer[0]
    return TimeoutError("the host name was not found in time")


def _serve(step):
    """Does what a step asks for."""
    if step is PAUSE:
        return None
    if type(step) is Resolve:
        return _resolve(step)
    poll = select.poll()
    poll.register(step.fd, (select.POLLIN if step.events & READ else 0) |
                  (select.POLLOUT if step.events & WRITE else 0))
    seconds = step.seconds
    # One millisecond more, so that a deadline has passed when it is over.
    poll.poll(None if seconds is None else
              int(min(seconds, LONGEST_WAIT_SECONDS) * 1000) + 1)
    return None


class _Results:
    """An iterator over what a command yields beside its steps."""

    def __init__(self, client, operation):
        self._client = client
        self._operation = operation

    def __iter__(self):
        return self

    def __next__(self):
        return self._client._advance(self._operation)


class Client(Commands):
    """A POP3 session, from the connection to its end.

    host, port       port: 995, or 110 unless security is "tls"
    security         "tls": TLS from the first octet; "stls": clear, then
                     STLS, or nothing; "none": in clear, for all to read
    timeout          seconds: for the connection in all, and for every silence
                     of the server; None: for ever
    context          your own ssl.SSLContext; it has to verify the server
    server_hostname  the name that the certificate has to hold, if it is not
                     the host
    insecure         True: accept any certificate. For tests only
    sock             a connected socket to be used and closed
    capa             False: never send CAPA
    pipelining       False: one command at a time, whatever the server offers
    step_timeout     seconds for one command; its answer adds
    min_rate         1 second for so many octets
    max_line         octets of a status line (4,096)
    max_items        rows of a listing (10,000,000)
    max_message      octets of a message (no limit)
    trace            trace(direction, line): see set_trace()
    trace_level      1 or 2

    As a context manager it sends QUIT when the block ends, and only closes
    when the block ends with an exception, so that nothing is deleted then.

    One thread at a time: a call in the midst of another one raises
    UsageError (an iterator's: ValueError), and the other one does not notice.
    cancel() and close() may be called at any time.

    Iterators are generators. While one is open, no other command but quit()
    may be given. Leave it early (break, close(), or an exception), and what
    the server still sends is read and thrown away by the next command.

    An exception out of a callback of yours (a file's write(), progress, an
    authobject) comes out of the call. The session stays in step: the next
    command reads what is still to come and throws it away. Any other
    exception that interrupts a call, as KeyboardInterrupt, closes the
    session.
    """

    def _start(self):
        try:
            self._run(self._session.open())
        except BaseException:
            self._close()
            raise

    def _advance(self, operation):
        """The next thing that is not a step; StopIteration at the end."""
        self._enter()
        try:
            step = next(operation)
            while isinstance(step, Step):
                step = operation.send(_serve(step))
            return step
        except StopIteration:
            raise
        except BaseException as error:
            operation.close()
            self._session.failed(error)
            raise
        finally:
            self._leave()

    def _run(self, operation):
        try:
            self._advance(operation)
        except StopIteration as end:
            return end.value

    def _stream(self, operation, convert):
        return (convert(item) for item in _Results(self, operation))

    def _stream_each(self, operation):
        return (item for items in _Results(self, operation)
                for item in items)

    def close(self):
        """Closes at once, without QUIT, which deletes nothing. If another
        thread is in a call, that call ends with CanceledError."""
        self._close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if kind is None and not self.closed:
                self._quit_at_end()
        finally:
            self._close()

    def _quit_at_end(self):
        try:
            self.quit()
        except Error:
            # Where nothing was to be deleted, it does not matter.
            if self.deletes.status is not DeleteStatus.NONE:
                raise
