# SPDX-License-Identifier: MIT
"""The eight faults of poplib: each test shows that the standard library's
module has it, and that pop3.poplib has it not.

A function fault_N(module) looks for the fault and says what it found; "" means
that it is not there.
"""

import contextlib
import io
import os
import poplib as standard
import subprocess
import sys
import unittest
import warnings

import pop3
from pop3 import poplib
from poplib_server import Certificates, Server

BIG_LINE = b"x" * 5000
MEGABYTES = 48


def connect(module, server):
    return module.POP3("localhost", server.port, timeout=20)


@contextlib.contextmanager
def session(module, replies, **server):
    with Server(replies, **server) as it:
        client = connect(module, it)
        try:
            yield client
        finally:
            client.close()


def fault_1_body(module):
    """A body line over _MAXLINE is an error, and its tail the next reply."""
    body = b"+OK\r\nshort\r\n" + BIG_LINE + b"\r\n.\r\n"
    with session(module, {"RETR": body}) as client:
        try:
            if client.retr(1)[1] != [b"short", BIG_LINE]:
                return "another message"
        except module.error_proto:
            return "the message cannot be had"
        return "" if client.noop() == b"+OK" else "out of step"


def fault_1_status(module):
    """The tail of a status line that is too long is the next reply."""
    tail = b"+" + b"y" * module._MAXLINE + b"+OK all is well\r\n"
    with session(module, {"STAT": tail}) as client:
        try:
            client.stat()
        except module.error_proto:
            pass
        try:
            return f"noop() gave {client.noop()[:20]}"
        except module.error_proto as error:
            return "" if "session is over" in str(error) else str(error)


def fault_2_quit(module):
    """quit() that is refused leaks the socket."""
    with Server({"QUIT": b"-ERR no\r\n"}) as it:
        client = connect(module, it)
        try:
            client.quit()
            return "no error"
        except module.error_proto as error:
            assert error.args == (b"-ERR no",)
        leaked = client.sock is not None
        client.close()
    return "the socket is open" if leaked else ""


def fault_2_greeting(module):
    """A greeting that refuses leaks the socket."""
    sockets = []

    class Watched(module.POP3):
        def _create_socket(self, timeout):
            sockets.append(super()._create_socket(timeout))
            return sockets[0]

    with Server(greeting=b"-ERR go away\r\n") as it:
        try:
            Watched("localhost", it.port)
            return "no error"
        except module.error_proto as error:
            assert error.args == (b"-ERR go away",)
        leaked = sockets[0].fileno() != -1
        sockets[0].close()
    return "the socket is open" if leaked else ""


def fault_3(module):
    """Debug prints show secrets."""
    echo = b"-ERR wrong password hunter2\r\n"
    printed = io.StringIO()
    with session(module, {"PASS": echo, "AUTH": b"+ \r\n"}) as client:
        with contextlib.redirect_stdout(printed):
            for level in 1, 2:
                client.set_debuglevel(level)
                try:
                    client.pass_("hunter2")
                except module.error_proto:
                    pass
                client._shortcmd("AUTH PLAIN aHVudGVyMg==")
                client._shortcmd("AUTH PLAIN")
                client._shortcmd("aHVudGVyMg==")
                client._shortcmd("APOP me c4c9334bac560ecc979e58001b3e22fb")
                client.user("alice")
    assert "alice" in printed.getvalue()
    shown = [secret for secret in ("hunter2", "aHVudGVyMg", "c4c9334bac")
             if secret in printed.getvalue()]
    return f"printed: {shown}" if shown else ""


def fault_4(module):
    """TLS is not verified, nothing says so, and no switch changes it."""
    certificates = Certificates()
    try:
        with Server(tls=certificates.server, stls=certificates.server,
                    replies={"CAPA": b"+OK\r\nSTLS\r\n.\r\n"}) as it:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                module.POP3_SSL("localhost", it.port).close()
            if "UnverifiedTLSWarning" not in {
                    warning.category.__name__ for warning in caught}:
                return "no warning"
            module.verify_by_default = True
            try:
                module.POP3_SSL("localhost", it.port)
                return "not verified"
            except OSError as error:
                assert type(error).__name__ == "SSLCertVerificationError"
        with Server({"CAPA": b"+OK\r\nSTLS\r\n.\r\n"},
                    stls=certificates.server) as it:
            client = connect(module, it)
            try:
                client.stls()
                return "STLS is not verified"
            except OSError as error:
                assert type(error).__name__ == "SSLCertVerificationError"
            assert client.sock.fileno() == -1
        return ""
    finally:
        module.verify_by_default = False
        certificates.close()


def capabilities(module, rows):
    with session(module, {"CAPA": b"+OK\r\n" + rows + b".\r\n"}) as client:
        try:
            return client.capa()
        except (IndexError, UnicodeError) as error:
            return type(error).__name__


def fault_5_empty(module):
    """capa(): IndexError at an empty row."""
    got = capabilities(module, b"TOP\r\n\r\nUIDL\r\n")
    return "" if got == {"TOP": [], "UIDL": []} else str(got)


def fault_5_eight_bit(module):
    """capa(): UnicodeDecodeError."""
    got = capabilities(module, b"IMPLEMENTATION caf\xc3\xa9 \xff\r\n")
    want = {"IMPLEMENTATION": ["caf\u00e9", "\udcff"]}
    return "" if got == want else ascii(got)


def fault_5_repeated(module):
    """capa(): the second row of a name replaces the first."""
    got = capabilities(module, b"SASL PLAIN\r\nTOP\r\nSASL SCRAM-SHA-256\r\n")
    return "" if got["SASL"] == ["PLAIN", "SCRAM-SHA-256"] else str(got)


def stat(module, reply):
    with session(module, {"STAT": reply}) as client:
        try:
            return client.stat()
        except module.error_proto:
            return "error_proto"
        except (IndexError, ValueError) as error:
            return type(error).__name__


def fault_6_negative(module):
    """Negative sizes are accepted."""
    got = stat(module, b"+OK 2 -320\r\n")
    return "" if got == "error_proto" else str(got)


def fault_6_senseless(module):
    """IndexError and ValueError, up to Python 3.13."""
    got = [stat(module, reply) for reply in (
        b"+OK\r\n", b"+OK 2\r\n", b"+OK two 320\r\n", b"+OK 2 3_2\r\n",
        b"+OK 2 " + b"9" * 1900 + b"\r\n")]
    return "" if set(got) == {"error_proto"} else str(got)


def fault_7(module):
    """A challenge that is no msg-id is answered (CVE-2007-1558)."""
    answered = []
    for challenge in b"<\xff\x00\x80@\xee>", b"<no id at all>", b"<a@b@c>", \
            b"<a b@c>", b"<@>", b"<a@b", b"<<a@b>>":
        with Server(greeting=b"+OK x" + challenge + b" hi\r\n") as it:
            client = connect(module, it)
            try:
                client.apop("alice", "secret")
                answered.append(challenge)
            except module.error_proto as error:
                assert error.args == ("-ERR APOP not supported by server",)
            client.close()
    return str(answered) if answered else ""


RETRIEVE = """
import sys
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status
                    if line.startswith("VmHWM"))
if sys.argv[1] == "poplib":
    import poplib
    client = poplib.POP3("localhost", int(sys.argv[2]))
    before = peak()
    assert client.retr(1)[2] == int(sys.argv[3])
else:
    import pop3
    client = pop3.Client("localhost", int(sys.argv[2]), security="none")
    client.login("user", "secret", mechanism="USER")
    before = peak()
    with open("/dev/null", "wb") as file:
        client.retr_into(1, file)
client.quit()
print(peak() - before)
"""


def growth(name):
    """MiB by which a process grows that retrieves a large message."""
    body = (b"x" * 76 + b"\r\n") * (MEGABYTES * 1048576 // 78)
    with Server({"RETR": b"+OK\r\n" + body + b".\r\n",
                 "CAPA": b"-ERR\r\n"}) as it:
        done = subprocess.run(
            [sys.executable, "-c", RETRIEVE, name, str(it.port),
             str(len(body))], check=True, stdout=subprocess.PIPE)
    return int(done.stdout)


def fault_8_memory(module):
    """There is no way but to hold a message as a list of its lines."""
    name = "poplib" if module is standard else "pop3"
    grown = growth(name)
    return "" if grown < MEGABYTES / 4 else \
        f"{grown} MiB for a message of {MEGABYTES} MiB"


def fault_8_manager(module):
    """No context manager."""
    with Server() as it:
        client = connect(module, it)
        try:
            with client:
                client.noop()
        except (TypeError, AttributeError):
            client.close()
            return "no context manager"
    return "" if it.lines == ["NOOP", "QUIT"] else str(it.lines)


def fault_8_auth(module):
    """No AUTH."""
    with session(module, {"AUTH": b"+ \r\n"}) as client:
        try:
            return "" if client.auth("PLAIN", lambda _: b"\0a\0b") == b"+OK" \
                else "wrong"
        except AttributeError as error:
            return str(error)


def fault_8_codes(module):
    """No response codes."""
    with session(module, {"PASS": b"-ERR [IN-USE] later\r\n"}) as client:
        try:
            client.pass_("x")
        except module.error_proto as error:
            code = getattr(error, "code", None)
            return "" if code == "IN-USE" else f"code is {code}"
    return "no error"


def fault_8_package(module):
    """No streaming, no pipelining, no asyncio."""
    home = pop3 if module is poplib else module
    missing = [name for name, has in (
        ("retr_into", hasattr(getattr(home, "Client", None), "retr_into")),
        ("retr_many", hasattr(getattr(home, "Client", None), "retr_many")),
        ("aio", hasattr(home, "aio"))) if not has]
    return f"missing: {missing}" if missing else ""


class Faults(unittest.TestCase):
    """One test for each function above."""


def add(name, find):
    def test(self):
        self.assertNotEqual(find(standard), "", "the standard library's "
                            "module has lost this fault")
        self.assertEqual(find(poplib), "")
    test.__doc__ = find.__doc__
    setattr(Faults, "test_" + name, test)


for _name, _find in list(globals().items()):
    if _name.startswith("fault_"):
        add(_name, _find)

if __name__ == "__main__":
    os.environ.pop("PYTHONWARNINGS", None)
    unittest.main()
