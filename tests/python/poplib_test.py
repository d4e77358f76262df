# SPDX-License-Identifier: MIT
"""pop3.poplib does what poplib does: the same dialogue, through both, has the
same results, errors, lines on the wire, debug prints and audit events."""

import ast
import contextlib
import inspect
import io
import os
import poplib as standard
import socket
import sys
import unittest

from pop3 import poplib
from poplib_server import Server

BOTH = (standard, poplib)
MESSAGE = (b"+OK 120 octets\r\nSubject: one\r\n\r\nline\r\n..dot\r\n...\r\n"
           b"8-bit \xff\xfe \0\r\n\r\nend\r\n.\r\n")


# For clients that read from elsewhere: closing with octets unread would be a
# reset, and the server would not see the last of what was sent.
SILENT = {"RETR": b"", "STAT": b""}


def outcome(call, *args):
    """What a call came to, so that it can be compared."""
    try:
        return call(*args)
    except Exception as error:
        return type(error).__name__, error.args


def play(module, replies, dialogue, **server):
    """What the dialogue, a function of a client, came to, and what the
    server was sent."""
    with Server(replies, **server) as it:
        client = module.POP3("localhost", it.port, timeout=20)
        try:
            result = dialogue(client)
        finally:
            client.close()
    return result, it.lines


class Same(unittest.TestCase):
    """Scenarios of which the standard library's results are right."""

    def same(self, dialogue, replies=None, **server):
        want = play(standard, replies, dialogue, **server)
        self.assertEqual(play(poplib, replies, dialogue, **server), want)
        return want[0]

    def test_commands(self):
        replies = {"STAT": b"+OK 2 320\r\n", "LIST 1": b"+OK 1 120\r\n",
                   "LIST": b"+OK\r\n1 120\r\n2 200\r\n.\r\n",
                   "UIDL": b"+OK\r\n1 a\r\n2 b c\r\n.\r\n",
                   "UIDL 2": b"+OK 2 b c\r\n", "RETR": MESSAGE,
                   "TOP": MESSAGE, "UTF8": b"+OK hi\r\n",
                   "CAPA": b"+OK\r\nTOP\r\nSASL PLAIN X\r\nuidl\r\n.\r\n"}
        greeting = b"+OK <1896.697@dbc.mtview.ca.us> ready\r\n"
        result = self.same(lambda c: [
            c.getwelcome(), c.user("alice"), c.pass_("x y \u00e9"), c.stat(),
            c.list(), c.list(1), c.list("1"), c.retr(1), c.retr("foo"),
            c.top(1, 3), c.uidl(), c.uidl(2), c.dele(1), c.rset(), c.noop(),
            c.rpop("bob"), c.utf8(), c.capa(), c.apop("mrose", "tanstaaf"),
            c.close(), c.sock, c.file], replies, greeting=greeting)
        self.assertEqual(result[3], (2, 320))

    def test_quit(self):
        self.same(lambda c: [c.quit(), c.sock, c.file])

    def test_refusals(self):
        no = dict.fromkeys(
            "USER PASS APOP STAT LIST RETR DELE RSET NOOP RPOP TOP UIDL UTF8 "
            "CAPA AUTH".split(), b"-ERR [SYS/TEMP] no \xe9\r\n")
        self.same(lambda c: [
            outcome(*call) for call in (
                (c.user, "u"), (c.pass_, "p"), (c.apop, "u", "p"), (c.stat,),
                (c.list,), (c.list, 1), (c.retr, 1), (c.dele, 1), (c.rset,),
                (c.noop,), (c.rpop, "u"), (c.top, 1, 2), (c.uidl,),
                (c.utf8,), (c.capa,), (c.stls,), (c._shortcmd, "AUTH X"))],
            no, greeting=b"+OK <a@b>\r\n")

    def test_plus_is_success(self):
        self.same(lambda c: [c.getwelcome(), c.noop(), c.noop(), c.noop(),
                             c.retr(1)],
                  {"NOOP": [b"+\r\n", b"+ x\r\n", b"+yes\r\n"],
                   "RETR": b"+\r\na\r\n.\r\n"}, greeting=b"+ Hola mundo\n")

    def test_line_ends(self):
        self.same(lambda c: [c.noop(), c.retr(1), c.retr(2), c.list(),
                             c.noop()],
                  {"NOOP": b"+OK\n", "LIST": b"+OK\n1 2\n.\n",
                   "RETR 1": b"+OK\na\n\n..b\n\rabc\nc\r\n.\n",
                   "RETR 2": b"+OK\r\nbare\nlf\r\n\rabc\r\n\r\r\n.\r\n"},
                  greeting=b"+OK\n")

    def test_empty_bodies(self):
        self.same(lambda c: [c.retr(1), c.list(), c.uidl(), c.capa()],
                  dict.fromkeys(("RETR", "LIST", "UIDL", "CAPA"),
                                b"+OK\r\n.\r\n"))

    def test_large_body(self):
        """Ends of lines and of the body at every place of a buffer."""
        for size in range(65520, 65540):
            body = b"+OK\r\n" + b"x" * (size - 9) + b"\r\n..y\r\n.\r\n"
            with self.subTest(size), Server({"RETR": body}) as it:
                client = poplib.POP3("localhost", it.port)
                self.assertEqual(client.retr(1)[1:],
                                 ([b"x" * (size - 9), b".y"], size - 3))
                self.assertEqual(client.noop(), b"+OK")
                client.close()

    def test_local_errors(self):
        self.same(lambda c: [outcome(c.apop, "u", "p"), outcome(c.stls)],
                  {"CAPA": b"+OK\r\nTOP\r\n.\r\n"})

    def test_eof(self):
        for replies in {"NOOP": None}, {"NOOP": b"-ERR bye\r\n"}:
            self.same(lambda c: outcome(c.noop), replies)
        for cut in b"+OK\r\n", b"+OK\r\nabc\r\n":
            with self.subTest(cut):
                self.same(lambda c, cut=cut: self.after_eof(c, cut))

    @staticmethod
    def after_eof(client, octets):
        client.file = io.BytesIO(octets)
        return outcome(client.retr, 1)

    def test_by_hand(self):
        """What programs do with the private methods."""
        def stream(client):
            client._putcmd("RETR 1")
            lines = [client._getresp()]
            line, octets = client._getline()
            while line != b".":
                lines.append((line, octets))
                line, octets = client._getline()
            return lines, client.noop()
        self.same(stream, {"RETR": MESSAGE})

        def pipeline(client):
            for line in "RETR 1", "STAT", "RETR 2", "NOOP":
                client._putcmd(line)
            return (client._getlongresp(), client._getresp(),
                    client._getlongresp(), client._getresp(), client.noop())
        self.same(pipeline, {"RETR": MESSAGE, "STAT": b"+OK 1 2\r\n"})

        def unseen(client):
            client.sock.sendall(b"RETR 1\r\nLIST\r\nNOOP\r\n")
            return (client._getlongresp(), client._getlongresp(),
                    client._getresp(), client.noop())
        self.same(unseen, {"RETR": MESSAGE, "LIST": MESSAGE})

        def oauth(client):
            return (client._shortcmd("AUTH XOAUTH2"),
                    client._shortcmd("dXNlcj1h"), client.noop(),
                    client._shortcmd("AUTH XOAUTH2 dXNlcj1h"),
                    outcome(client._shortcmd, ""), client._longcmd("LIST"))
        self.same(oauth, {"AUTH XOAUTH2": b"+ \r\n", "": b"-ERR no\r\n",
                          "AUTH XOAUTH2 dXNlcj1h": b"+ eyJ9\r\n",
                          "LIST": MESSAGE})

    def test_file_and_sock_are_replaceable(self):
        class Sent:
            lines = b""

            def sendall(self, octets):
                self.lines += octets

            def shutdown(self, how):
                pass

            def close(self):
                pass

        def pretend(client):
            results = []
            for make in io.BytesIO, \
                    lambda octets: io.BufferedReader(io.BytesIO(octets)):
                client.close()
                client.sock = Sent()
                for octets in (b"+OK 3 300\r\n", b"-ERR no\r\n",
                               b"nonsense\r\n", b"+OK 4 400\r\n", b""):
                    client.file = make(octets)
                    results.append(outcome(client.stat))
                client.file = make(MESSAGE + b"+OK 5 5\r\n")
                results += [client.retr(7), client.stat(), client.sock.lines]
            return results
        self.same(pretend)

    def test_rest_stays_in_file(self):
        """What a reply does not need is there for others to read."""
        def read_on(client):
            client.file = io.BufferedReader(io.BytesIO(MESSAGE + b"rest\r\n"))
            return client.retr(1), client.file.read()
        self.same(read_on, SILENT)

    def test_rest_of_a_large_body(self):
        """Also where it was read together with the end of the message."""
        body = (b"x" * 70 + b"\r\n") * 3000
        large = b"+OK\r\n" + body + b".\r\n"

        def read_on(client):
            client.file = io.BufferedReader(io.BytesIO(
                large + b"+OK 5 6\r\n" + large + b"rest\r\n"))
            first, stat = client.retr(1), client.stat()
            return first, stat, client.retr(2), client.file.read()
        self.same(read_on, SILENT)

        def pipeline(client):
            results = []
            for line in "RETR 1", "STAT", "RETR 2", "RETR 3":
                client._putcmd(line)
            results += [client._getlongresp(), client._getresp(),
                        client._getlongresp()]
            client._getresp()       # then a line at a time
            results += [client._getline() for _ in range(3001)]
            number = client.file.fileno() == client.sock.fileno()
            return results, number, client.noop(), client.quit()
        self.same(pipeline, {"RETR": large, "STAT": b"+OK 1 2\r\n"})

    def test_debug_prints(self):
        for level in 1, 2:
            for text in "RETR 1", "STAT":
                def talk(client, text=text, level=level):
                    client.set_debuglevel(level)
                    printed = io.StringIO()
                    with contextlib.redirect_stdout(printed):
                        if text == "STAT":
                            client.stat()
                        else:
                            client._longcmd(text)
                        client.user("back\\slash")
                        outcome(client.noop)
                        client.quit()
                    return printed.getvalue()
                self.assertIn("*cmd*", self.same(talk, {
                    "STAT": b"+OK 1 2\r\n", "RETR": MESSAGE,
                    "NOOP": b"-ERR\r\n"}))

    def test_timeouts(self):
        for module in BOTH:
            with Server() as it:
                self.assertEqual(
                    outcome(module.POP3, "localhost", it.port, 0)[0],
                    "ValueError")
                client = module.POP3("localhost", it.port, timeout=7)
                self.assertEqual(client.sock.gettimeout(), 7)
                client.noop()
                self.assertEqual(client.sock.gettimeout(), 7)
                client.close()
            with Server({"NOOP": b""}) as it:
                client = module.POP3("localhost", it.port, timeout=0.2)
                with self.assertRaises(socket.timeout):
                    client.noop()
                client.close()


class Overrides(unittest.TestCase):
    """Subclasses and replaced methods have their effect in both."""

    def same(self, make, dialogue, replies=None):
        outcomes = []
        for module in BOTH:
            with Server({"STAT": b"+OK 1 2\r\n", "RETR": MESSAGE,
                         **(replies or {})}) as it:
                client = make(module, it.port)
                outcomes.append(dialogue(client))
                client.close()
            outcomes[-1] = outcomes[-1], it.lines
        self.assertEqual(outcomes[0], outcomes[1])
        return outcomes[0][0]

    @staticmethod
    def plain(module, port):
        return module.POP3("localhost", port)

    def test_create_socket(self):
        def make(module, port):
            class Proxied(module.POP3):
                def _create_socket(self, timeout):
                    self.asked = timeout, self.host, self.port
                    return socket.create_connection(("localhost", port))
            return Proxied("elsewhere.invalid", 1, timeout=9)
        self.assertEqual(self.same(make, lambda c: (c.stat(), c.asked)),
                         ((1, 2), (9, "elsewhere.invalid", 1)))

    def test_own_init(self):
        def make(module, port):
            class Own(module.POP3):
                def __init__(self):
                    self.host, self.port = "localhost", port
                    self.sock = socket.create_connection(("localhost", port))
                    self.file = self.sock.makefile("rb")
                    self._debugging = 0
                    self.welcome = self._getresp()
            return Own()
        self.same(make, lambda c: (c.welcome, c.stat(), c.retr(1), c.quit()))

    def test_shortcmd(self):
        def dialogue(client):
            seen = []

            def replaced(line):
                seen.append(line)
                return b"+OK 8 9"
            client._shortcmd = replaced
            return (client.stat(), client.user("a"), client.dele(1),
                    client.retr(1), seen)
        self.assertEqual(self.same(self.plain, dialogue)[0], (8, 9))

    def subclass(self, **methods):
        return lambda module, port: type("Sub", (module.POP3,), {
            name: make(getattr(module.POP3, name))
            for name, make in methods.items()})("localhost", port)

    def test_longcmd(self):
        make = self.subclass(_longcmd=lambda old: lambda self, line:
                             (line, [b"A x"], 3))
        self.same(make, lambda c: (c.retr(1), c.capa(), c.list(), c.noop()))

    def test_getresp(self):
        make = self.subclass(_getresp=lambda old: lambda self:
                             old(self).replace(b"OK", b"KO"))
        self.same(make, lambda c: (c.getwelcome(), c.noop(), c.retr(1)))

    def test_getresp_of_its_own(self):
        make = self.subclass(_getresp=lambda old: lambda self:
                             b"+OK " + self.file.readline())
        self.same(make, lambda c: (c.getwelcome(), c.noop(), c.retr(1),
                                   c.noop()))

    def test_getline(self):
        def make_getline(old):
            def getline(self):
                line, octets = old(self)
                return line.replace(b"line", b"LINE!"), octets
            return getline
        self.same(self.subclass(_getline=make_getline),
                  lambda c: (c.noop(), c.retr(1), c.noop()))

    def test_getlongresp(self):
        make = self.subclass(_getlongresp=lambda old: lambda self:
                             (*old(self), "more"))
        self.same(make, lambda c: (c.retr(1), c.noop()))

    def test_putting(self):
        def make_put(old):
            def put(self, line):
                self.__dict__.setdefault("seen", []).append(line)
                old(self, line)
            return put
        self.same(self.subclass(_putline=make_put, _putcmd=make_put),
                  lambda c: (c.noop(), c.retr(1), c.seen))


class Audit(unittest.TestCase):
    """A hook cannot be taken away again: it looks at `on`."""
    on = None

    @classmethod
    def setUpClass(cls):
        sys.addaudithook(cls.hook)

    @classmethod
    def hook(cls, event, args):
        if cls.on is not None and event.startswith("poplib."):
            cls.on(event, args)

    def tearDown(self):
        Audit.on = None

    def test_events(self):
        seen = []
        Audit.on = lambda event, args: seen.append(
            (event, type(args[0]).__name__, *args[1:]))
        with Server({"RETR": MESSAGE, "STAT": b"+OK 1 2\r\n"}) as it:
            events = []
            for module in BOTH:
                client = module.POP3("localhost", it.port)
                client.pass_("secret \u00e9")
                client.retr(1)
                client.stat()
                client.quit()
                events.append(seen[:])
                seen.clear()
        self.assertEqual(events[0], events[1])
        self.assertEqual(events[1][0], ("poplib.connect", "POP3",
                                        "localhost", it.port))
        self.assertEqual(events[1][1], ("poplib.putline", "POP3",
                                        "PASS secret \u00e9".encode()))

    def test_auth_is_audited(self):
        seen = []
        with Server({"AUTH": b"+ \r\n"}) as it:
            client = poplib.POP3("localhost", it.port)
            Audit.on = lambda event, args: seen.append(args[1])
            client.auth("PLAIN", lambda challenge: b"\0a\0b")
            client.close()
        self.assertEqual(seen, [b"AUTH PLAIN", b"AGEAYg=="])

    def test_veto(self):
        def veto(event, args):
            if "DELE" in str(args) or "AUTH" in str(args):
                raise PermissionError("not this one")
        for module in BOTH:
            with Server() as it:
                client = module.POP3("localhost", it.port)
                Audit.on = veto
                self.assertRaises(PermissionError, client.dele, 1)
                if module is poplib:
                    self.assertRaises(PermissionError, client.auth, "PLAIN",
                                      None, b"x")
                self.assertEqual(client.noop(), b"+OK")
                client.quit()
                Audit.on = None
            self.assertEqual(it.lines, ["NOOP", "QUIT"])

    def test_veto_of_a_connection(self):
        def veto(event, args):
            raise PermissionError("not there")
        Audit.on = veto
        for module in BOTH:
            self.assertRaises(PermissionError, module.POP3, "localhost", 9)


class Surface(unittest.TestCase):
    def test_names(self):
        wanted = ["CR", "LF", "CRLF", "POP3_PORT", "POP3_SSL_PORT",
                  "HAVE_SSL", "_MAXLINE", "__all__"]
        for name in wanted:
            self.assertEqual(getattr(poplib, name), getattr(standard, name))
        self.assertEqual(poplib.error_proto.__module__, "pop3.poplib")
        for name in "POP3", "POP3_SSL":
            old, new = getattr(standard, name), getattr(poplib, name)
            missing = [attribute for attribute in dir(old)
                       if not hasattr(new, attribute)]
            self.assertEqual(missing, [])

    def test_parameters(self):
        """Every call that the standard library accepts is accepted."""
        for name in "POP3", "POP3_SSL":
            old, new = getattr(standard, name), getattr(poplib, name)
            for attribute, function in inspect.getmembers(
                    old, inspect.isfunction):
                own = inspect.signature(getattr(new, attribute)).parameters
                for parameter in inspect.signature(
                        function).parameters.values():
                    with self.subTest(f"{name}.{attribute}({parameter})"):
                        takes_any = any(p.kind is p.VAR_KEYWORD
                                        for p in own.values())
                        self.assertTrue(parameter.name in own or takes_any)

    def test_stub(self):
        """poplib.pyi names what is there, and all of it."""
        with open(poplib.__file__ + "i", encoding="utf-8") as file:
            stub = ast.parse(file.read())

        def names(body):
            found = set()
            for node in body:
                if isinstance(node, ast.AnnAssign):
                    found.add(node.target.id)
                elif hasattr(node, "name"):
                    found.add(node.name)
            return found
        self.assertLessEqual(names(stub.body), set(dir(poplib)))
        for node in stub.body:
            if isinstance(node, ast.ClassDef):
                own = getattr(poplib, node.name)
                methods = {name for name in vars(own)
                           if callable(getattr(own, name)) and
                           not name.startswith("_")}
                self.assertLessEqual(methods - {"stls"}, names(node.body))

    def test_instance(self):
        for module in BOTH:
            with Server() as it:
                client = module.POP3("localhost", it.port)
                for name in ("sock file host port welcome timestamp encoding "
                             "_debugging _tls_established").split():
                    self.assertTrue(hasattr(client, name), name)
                self.assertEqual(client.timestamp.match(b"+OK x<a@b>")[1],
                                 b"<a@b>")
                self.assertEqual(client.file.fileno(), client.sock.fileno())
                client.close()

    def test_max_line_at_run_time(self):
        self.addCleanup(setattr, poplib, "_MAXLINE", poplib._MAXLINE)
        with Server({"NOOP": b"+" + b"x" * 5000 + b"\r\n",
                     "RETR": b"+OK\r\n" + b"y" * 90000 + b"\r\n.\r\n"}) as it:
            client = poplib.POP3("localhost", it.port)
            poplib._MAXLINE = 20480
            self.assertEqual(len(client.noop()), 5001)
            poplib._MAXLINE = 100
            self.assertEqual(client.retr(1)[1], [b"y" * 90000])
            with self.assertRaises(poplib.error_proto) as raised:
                client.noop()
            self.assertEqual(raised.exception.args, ("line too long",))
            self.assertTrue(it.wait_closed())


if __name__ == "__main__":
    os.environ.pop("PYTHONWARNINGS", None)
    unittest.main()
