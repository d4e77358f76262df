# SPDX-License-Identifier: MIT
"""Every command of the clients, blocking and asyncio, against the test
server."""

import email.message
import email.policy
import io
import pickle
import sys
import unittest

from client_support import (MESSAGES, AioFacade, ClientCase, for_asyncio,
                            pop3, store)

AUDITED = []
AUDITING = [False]


def audit_hook(event, args):
    if AUDITING[0] and event.startswith("pop3."):
        AUDITED.append((event, args))
        if AUDITING[0] == args[-1]:
            raise PermissionError("the hook says no")


sys.addaudithook(audit_hook)


class LoginTest(ClientCase):
    def test_each_security(self):
        server = self.serve()
        for security in ("none", "stls", "tls"):
            with self.subTest(security), \
                 self.session(server, security) as client:
                self.assertEqual(client.state, "transaction")
                self.assertEqual(client.is_tls, security != "none")
                self.assertEqual(bool(client.tls), security != "none")
                self.assertTrue(client.welcome.startswith(b"+OK POP3"))
                self.assertEqual(client.stat().count, MESSAGES)
                self.assertGreater(client.fileno(), -1)
                self.assertIn("localhost",
                              repr(getattr(client, "aio", client)))

    def test_plain_where_offered_else_user(self):
        server = self.serve()
        self.session(server, "tls").close()
        self.assertIn("AUTH", server.log.verbs())
        self.assertNotIn("PASS", server.log.verbs())
        server = self.serve(capa_drop=["SASL"])
        self.session(server, "tls").close()
        self.assertNotIn("AUTH", server.log.verbs())
        self.assertIn("PASS", server.log.verbs())

    def test_nothing_in_clear_unless_named(self):
        server = self.serve()
        client = self.connect(server)
        with self.assertRaises(pop3.InsecureError) as caught:
            client.login("demo", "demo")
        self.assertFalse(caught.exception.fatal)
        self.assertEqual(server.log.verbs().keys(), {"CAPA"})
        client.login("demo", "demo", "PLAIN")
        self.assert_in_step(client)

    def test_apop_when_named(self):
        server = self.serve(apop=True)
        client = self.connect(server)
        client.login("demo", "demo", "apop")
        self.assert_in_step(client)
        self.assertNotIn("PASS", server.log.verbs())

    def test_apop_without_timestamp(self):
        server = self.serve()
        client = self.connect(server)
        with self.assertRaises(pop3.UnsupportedError):
            client.login("demo", "demo", "APOP")
        self.assertNotIn("PASS", server.log.verbs())
        client.login("demo", "demo", "USER")
        self.assert_in_step(client)

    def test_wrong_password(self):
        for way in ("PLAIN", "USER", "APOP"):
            server = self.serve(apop=True)
            client = self.connect(server)
            with self.subTest(way), \
                 self.assertRaises(pop3.AuthenticationError) as caught:
                client.login("demo", "bad", way)
            error = caught.exception
            self.assertEqual(error.code, "AUTH")
            self.assertEqual(error.response,
                             b"-ERR [AUTH] wrong name or password")
            self.assertFalse(error.temporary)
            client.login("demo", "demo", way)
            self.assert_in_step(client)

    def test_maildrop_in_use(self):
        client = self.connect(self.serve("in-use"), "tls")
        with self.assertRaises(pop3.AuthenticationError) as caught:
            client.login("demo", "demo")
        self.assertEqual(caught.exception.code, "IN-USE")
        self.assertTrue(caught.exception.temporary)

    def test_server_that_echoes_the_secret(self):
        for way in ("PLAIN", "USER"):
            server = self.serve("login-err=no s3cret or AGRlbW8AczNjcmV0 here")
            lines = []
            client = self.connect(server, "tls", trace=lambda *line:
                                  lines.append(line), trace_level=2)
            with self.assertRaises(pop3.AuthenticationError) as caught:
                client.login("demo", "s3cret", way)
            everything = repr((str(caught.exception), caught.exception.args,
                               caught.exception.response, lines))
            self.assertNotIn("s3cret", everything)
            self.assertIn("****", everything)
            if way == "PLAIN":
                self.assertNotIn("AGRlbW8AczNjcmV0", everything)
            client.close()

    def test_password_from_a_function(self):
        asked = []

        def password():
            asked.append(True)
            return b"demo"

        client = self.connect(self.serve(), "tls")
        client.login("demo", password)
        self.assertEqual(asked, [True])
        self.assert_in_step(client)

    def test_capa_refused_or_never_asked(self):
        server = self.serve("capa-err")
        client = self.session(server, "tls")
        self.assertIsNone(client.capabilities)
        self.assert_in_step(client)
        server = self.serve("capa-close")
        client = self.session(server, "tls", capa=False)
        self.assertNotIn("CAPA", server.log.verbs())
        self.assert_in_step(client)

    def test_authzid(self):
        server = self.serve()
        client = self.connect(server, "tls")
        client.login("demo", "demo", "PLAIN", authzid="admin")
        self.assertIn("AUTH PLAIN YWRtaW4AZGVtbwBkZW1v",
                      server.log.commands())
        other = self.connect(server, "tls")
        with self.assertRaises(pop3.ArgumentError):
            other.login("demo", "demo", "USER", authzid="admin")

    def test_unknown_mechanism(self):
        client = self.connect(self.serve(), "tls")
        with self.assertRaises(pop3.UnsupportedError):
            client.login("demo", "demo", "DIGEST-MD5")
        client.login("demo", "demo")
        with self.assertRaises(pop3.UsageError):
            client.login("demo", "demo")
        self.assert_in_step(client)

    def test_long_plain_waits_for_the_challenge(self):
        user = "u" * 200
        server = self.serve(users={user: "demo"})
        client = self.connect(server, "tls")
        client.login(user, "demo")
        self.assertIn("AUTH PLAIN", server.log.commands())
        self.assert_in_step(client)

    def test_stls_on_a_clear_session(self):
        server = self.serve()
        client = self.connect(server, port=server.ports["stls"])
        client.stls(self.context())
        self.assertTrue(client.is_tls)
        client.login("demo", "demo")
        self.assert_in_step(client)
        with self.assertRaises(pop3.Error) as caught:
            client.stls(self.context())
        self.assertFalse(caught.exception.fatal)
        self.assert_in_step(client)


class AuthTest(ClientCase):
    CAPA = [("C", b"CAPA\r\n"), ("S", b"+OK\r\nSASL XOAUTH2 CRAM\r\n.\r\n")]
    HELLO = [("S", b"+OK hi\r\n")] + CAPA

    def test_initial_response(self):
        script = self.HELLO + [("C", b"AUTH XOAUTH2 dG9rZW4=\r\n"),
                               ("S", b"+OK\r\n")] + self.CAPA
        client = self.connect(self.serve(script=script), "tls")
        client.auth("XOAUTH2", initial_response="token")
        self.assertEqual(client.state, "transaction")

    def test_challenges(self):
        script = self.HELLO + [
            ("C", b"AUTH CRAM\r\n"), ("S", b"+ b25l\r\n"), ("C", b"MQ==\r\n"),
            ("S", b"+ \r\n"), ("C", b"\r\n"), ("S", b"+OK\r\n")] + self.CAPA
        seen = []

        def answer(challenge):
            seen.append(challenge)
            return {b"one": "1", b"": b""}[challenge]

        client = self.connect(self.serve(script=script), "tls")
        client.auth("CRAM", answer)
        self.assertEqual(seen, [b"one", b""])
        self.assertEqual(client.state, "transaction")

    def give_up(self, authobject, error):
        script = self.HELLO + [
            ("C", b"AUTH CRAM\r\n"), ("S", b"+ b25l\r\n"), ("C", b"*\r\n"),
            ("S", b"-ERR given up\r\n"), ("C", b"QUIT\r\n"),
            ("S", b"+OK\r\n")]
        server = self.serve(script=script)
        client = self.connect(server, "tls")
        with self.assertRaises(error) as caught:
            client.auth("CRAM", authobject)
        self.assertEqual(client.state, "authorization")
        client.quit()
        self.assertEqual(server.log.events("mismatch"), [])
        return caught.exception

    def test_none_gives_up(self):
        error = self.give_up(lambda challenge: None, pop3.AuthenticationError)
        self.assertEqual(error.response, b"-ERR given up")
        self.give_up(None, pop3.AuthenticationError)

    def test_exception_in_the_function_gives_up(self):
        def answer(_challenge):
            raise LookupError("no such key")
        self.assertEqual(str(self.give_up(answer, LookupError)),
                         "no such key")
        self.give_up(lambda challenge: 5, TypeError)

    def test_server_closes_during_the_exchange(self):
        script = self.HELLO + [("C", b"AUTH CRAM\r\n"), ("S", b"+ b25l\r\n"),
                               ("C", b"MQ==\r\n"), ("EOF", b"")]
        client = self.connect(self.serve(script=script), "tls")
        with self.assertRaises(pop3.ConnectionClosedError):
            client.auth("CRAM", lambda challenge: "1")
        self.assert_over(client, pop3.ConnectionClosedError)


class CommandTest(ClientCase):
    def test_stat_list_uidl(self):
        client = self.session(self.serve())
        wire = self.wire()
        sizes = [(number, len(octets)) for number, octets in wire.items()]
        self.assertEqual(client.stat(), (MESSAGES, sum(map(len,
                                                           wire.values()))))
        self.assertEqual(client.stat().octets, client.stat()[1])
        self.assertEqual(client.list(), sizes)
        self.assertEqual(client.list(4), sizes[3])
        names = client.uidl()
        self.assertEqual([uid for _number, uid in names],
                         [name.encode() for name in sorted(self.expected)])
        self.assertEqual(client.uidl(5), names[4])
        self.assertEqual(
            [(m.number, m.octets, m.uid) for m in client.messages()],
            [(number, octets, uid) for (number, octets), (_, uid)
             in zip(sizes, names)])
        with self.assertRaises(pop3.RefusedError):
            client.list(MESSAGES + 1)
        self.assert_in_step(client)

    def test_messages_of_odd_servers(self):
        client = self.session(self.serve("no-uidl"))
        self.assertEqual({m.uid for m in client.messages()}, {None})
        client = self.session(self.serve("no-uids=2"))
        self.assertEqual([m.uid for m in client.messages()][:2], [None] * 2)
        client = self.session(self.serve("bad-rows"))
        self.assertEqual([m.number for m in client.messages()],
                         list(range(1, MESSAGES + 1)))
        self.assertGreater(client.skipped_rows, 10)
        client = self.session(self.serve("hide=LIST:3", "hide=UIDL:4"))
        found = {m.number: m for m in client.messages()}
        self.assertEqual(len(found), MESSAGES)
        self.assertIsNone(found[3].octets)
        self.assertIsNone(found[4].uid)
        self.assert_in_step(client)
        client = self.session(self.serve("empty"))
        self.assertEqual(client.messages(), [])
        self.assertEqual(client.skipped_rows, 0)

    def test_stat_that_makes_no_sense(self):
        client = self.session(self.serve("say-on=STAT/+OK lots of mail"))
        with self.assertRaises(pop3.MalformedError) as caught:
            client.stat()
        self.assertIsInstance(caught.exception, pop3.poplib.error_proto)
        self.assert_in_step(client)

    def test_retr_every_kind(self):
        server = self.serve("chunk=700")
        client = self.session(server)
        for number, octets in self.wire().items():
            file = io.BytesIO()
            self.assertEqual(client.retr(number), octets)
            self.assertEqual(client.retr_into(number, file), len(octets))
            self.assertEqual(file.getvalue(), octets)
            parts = list(client.iter_parts(number))
            self.assertEqual(b"".join(parts), octets)
            self.assertEqual({type(part) for part in parts} - {bytes}, set())
            lines = list(client.iter_lines(number))
            self.assertEqual(len(lines), octets.count(b"\n"))
            self.assertEqual({type(line) for line in lines} - {bytes}, set())
        self.assertEqual(self.wire()[1].split(b"\r\n")[:-1],
                         list(client.iter_lines(1)))

    def test_progress(self):
        client = self.session(self.serve(big=300000, count=3))
        calls = []
        octets = client.retr(2, progress=lambda *args: calls.append(args))
        self.assertEqual(calls[-1], (len(octets), len(octets)))
        self.assertEqual(calls, sorted(calls))
        self.assertGreater(len(calls), 2)
        again = []
        client.retr_into(2, io.BytesIO(), progress=lambda *args:
                         again.append(args))
        self.assertEqual(again[-1], calls[-1])
        client = self.session(self.serve("bare-ok"))
        client.retr(1, progress=lambda *args: calls.append(args))
        self.assertEqual(calls[-1], (len(self.wire()[1]), None))

    def test_unbuffered_file_that_takes_little(self):
        class Small:
            def __init__(self):
                self.octets = b""

            def write(self, part):
                self.octets += bytes(part[:5])
                return min(5, len(part))

        client = self.session(self.serve())
        small = Small()
        self.assertEqual(client.retr_into(1, small), len(self.wire()[1]))
        self.assertEqual(small.octets, self.wire()[1])

    def test_email(self):
        client = self.session(self.serve())
        message = client.email(1)
        self.assertIsInstance(message, email.message.EmailMessage)
        self.assertEqual(message["To"], "demo@example.test")
        old = client.email(1, policy=email.policy.compat32)
        self.assertNotIsInstance(old, email.message.EmailMessage)
        for number in range(1, MESSAGES + 1):
            client.email(number)

    def test_top(self):
        client = self.session(self.serve())
        whole = self.wire()[1]
        self.assertEqual(client.top(1, 0), store.top(whole, 0))
        self.assertEqual(client.top(1, 2), store.top(whole, 2))
        self.assertEqual(client.top(1, 10 ** 6), whole)

    def test_capa(self):
        client = self.connect(self.serve(capa_add=["SASL X-NEW", "x-own a b"]))
        capa = client.capa()
        self.assertEqual(capa["sasl"], ["PLAIN", "X-NEW"])
        self.assertTrue(capa.has("sasl", "x-new"))
        self.assertFalse(capa.has("SASL", "CRAM-MD5"))
        self.assertFalse(capa.has("NOTHING"))
        self.assertIn("UIDL", capa)
        self.assertNotIn(5, capa)
        self.assertEqual(dict(capa)["x-own"], ["a", "b"])
        self.assertEqual(len(capa), len(list(capa)))
        self.assertIn("UIDL", repr(capa))
        self.assertEqual(client.capabilities, capa)

    def test_capa_of_strangers(self):
        script = [("S", b"+OK\r\n"), ("C", b"CAPA\r\n"),
                  ("S", b"+OK\r\n\r\nX-\xff\xfe \xe9\r\n  \r\n.\r\n")]
        client = self.connect(self.serve(script=script))
        self.assertIn("X-\udcff\udcfe", client.capa())

    def test_lang_utf8_noop_raw(self):
        client = self.connect(self.serve())
        self.assertIsNone(client.utf8())
        self.assertEqual(client.lang(),
                         ["en English", "de Deutsch", "i-default"])
        self.assertEqual(client.lang("de"), "de Ab jetzt Deutsch")
        with self.assertRaises(pop3.RefusedError):
            client.lang("xx")
        client.login("demo", "demo", "USER")
        self.assertIsNone(client.noop())
        self.assertEqual(client.raw("STAT").line, client.response)
        self.assertIsNone(client.raw(b"NOOP").body)
        self.assertEqual(client.raw("RETR 2", multiline=True).body,
                         self.wire()[2])
        with self.assertRaises(pop3.RefusedError):
            client.raw("XYZZY")
        self.assert_in_step(client)

    def test_refusal_in_full(self):
        client = self.session(self.serve(
            "err-on=RETR:5/[SYS/TEMP] the disk is busy"))
        with self.assertRaises(pop3.RefusedError) as caught:
            client.retr(5)
        error = caught.exception
        self.assertEqual(error.code, "SYS/TEMP")
        self.assertEqual(error.operation, "RETR 5")
        self.assertEqual(error.response, b"-ERR [SYS/TEMP] the disk is busy")
        self.assertEqual(error.args, (error.response,))
        self.assertTrue(error.temporary)
        self.assertFalse(error.fatal)
        self.assertTrue(str(error).startswith("RETR 5: server said: -ERR"))
        with self.assertRaises(pop3.poplib.error_proto):
            client.retr(5)
        self.assert_in_step(client)

    def test_commands_in_the_wrong_state(self):
        client = self.connect(self.serve())
        for call in (client.stat, client.messages, lambda: client.retr(1),
                     lambda: list(client.retr_many([1, 2])),
                     lambda: client.delete_many([1])):
            with self.assertRaises(pop3.UsageError):
                call()
        client.login("demo", "demo", "USER")
        with self.assertRaises(pop3.UsageError):
            client.utf8()
        self.assert_in_step(client)

    def test_trace(self):
        client = self.session(self.serve())
        lines = []
        client.set_trace(lambda *line: lines.append(line))
        client.stat()
        client.retr(1)
        self.assertEqual([line for line in lines if line[0] == "C"],
                         [("C", "STAT"), ("C", "RETR 1")])
        self.assertEqual(len(lines), 4)
        client.set_trace(lambda *line: lines.append(line), 2)
        client.retr(1)
        self.assertGreater(len(lines), 8)
        count = len(lines)
        client.set_trace(None)
        client.stat()
        self.assertEqual(len(lines), count)

    def test_audit_events(self):
        server = self.serve()
        AUDITED.clear()
        AUDITING[0] = True
        try:
            client = self.session(server)
            self.assertEqual(AUDITED[0], ("pop3.connect", (
                "localhost", server.ports["clear"])))
            self.assertIn(("pop3.putline", ("localhost", b"PASS demo")),
                          AUDITED)
            for veto, call in (
                    (b"STAT", client.stat), (b"UIDL", client.messages),
                    (b"RETR 2", lambda: list(client.retr_many([1, 2, 3])))):
                AUDITING[0] = veto
                with self.assertRaises(PermissionError):
                    call()
                AUDITING[0] = True
                self.assert_in_step(client)
            self.assertNotIn("STAT", server.log.verbs())
            self.assertNotIn("RETR 2", server.log.commands())
        finally:
            AUDITING[0] = False


class ErrorTest(unittest.TestCase):
    def test_family(self):
        names = [name for name in pop3.errors.__all__ if name != "Error"]
        for name in names:
            self.assertTrue(issubclass(getattr(pop3, name), pop3.Error), name)
        for name in ("RefusedError", "AuthenticationError", "ProtocolError",
                     "MalformedError", "LimitError", "ConnectionClosedError"):
            self.assertTrue(issubclass(getattr(pop3, name),
                                       pop3.poplib.error_proto), name)
        self.assertIs(pop3.error_proto, pop3.poplib.error_proto)
        self.assertTrue(issubclass(pop3.TimeoutError, TimeoutError))
        self.assertTrue(issubclass(pop3.TLSError, OSError))
        self.assertTrue(issubclass(pop3.CertificateError, pop3.TLSError))
        self.assertTrue(issubclass(pop3.ConnectionClosedError,
                                   ConnectionError))
        self.assertTrue(issubclass(pop3.ArgumentError, ValueError))
        self.assertTrue(issubclass(pop3.UsageError, RuntimeError))

    def test_they_travel(self):
        for name in pop3.errors.__all__:
            error = getattr(pop3, name)("why", operation="RETR 1", number=7,
                                        code="AUTH", temporary=True)
            copy = pickle.loads(pickle.dumps(error))
            self.assertEqual(str(copy), "RETR 1: why")
            self.assertEqual(copy.args, ("why",))
            self.assertEqual(vars(copy), vars(error))
            self.assertEqual(getattr(copy, "errno", None),
                             getattr(error, "errno", None))

    def test_module(self):
        self.assertEqual(pop3.__version__, "0.1.0")
        for name in pop3.__all__:
            self.assertIsNotNone(getattr(pop3, name))
            self.assertIn(name, dir(pop3))
        with self.assertRaises(AttributeError):
            pop3.nothing_of_the_kind

    def test_everything_public_is_documented(self):
        for thing in (pop3.Client, pop3.aio.Client, pop3.Capabilities,
                      pop3.Deletes, pop3.Stat, pop3.MessageInfo, pop3.Reply):
            self.assertTrue(thing.__doc__, thing)
            for name in dir(thing):
                if not name.startswith("_"):
                    self.assertTrue(getattr(thing, name).__doc__,
                                    f"{thing.__name__}.{name}")


AioLoginTest = for_asyncio(LoginTest)
AioAuthTest = for_asyncio(AuthTest)
AioCommandTest = for_asyncio(CommandTest)

if __name__ == "__main__":
    unittest.main()
