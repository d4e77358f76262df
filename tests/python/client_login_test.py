# SPDX-License-Identifier: MIT
"""login() by every mechanism: SCRAM against a server that is written down
here once more, tokens that are refused, and what may follow a refusal."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import unittest

from client_support import AioFacade, ClientCase, Trouble, pop3

from pop3._prep import saslprep

USER, PASSWORD = "us,er=", "p\u00e4ncil"
REFUSAL = json.dumps({"status": "invalid_token", "scope": "mail"})
JSON_CHALLENGE = "+ " + base64.b64encode(REFUSAL.encode()).decode()


class Talker:
    """One connection inside TLS: answer(line) gives what the server says to
    each line, without its CRLF. Capabilities are `capa`."""

    def __init__(self, pair, capa, answer, newest=None):
        self.lines = []
        self._capa = "\r\n".join(["+OK", *capa, "."])
        self._answer = answer
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair.cert, pair.key)
        if newest is not None:
            self._context.maximum_version = newest
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.ports = {"tls": self._listener.getsockname()[1]}
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        try:
            plain, _ = self._listener.accept()
            with plain, self._context.wrap_socket(plain,
                                                  server_side=True) as sock:
                self._talk(sock, sock.makefile("rb"))
        except OSError:
            pass            # the client went

    def _talk(self, sock, file):
        sock.sendall(b"+OK ready\r\n")
        with file:
            for octets in file:
                line = octets.decode().rstrip("\r\n")
                self.lines.append(line)
                said = {"CAPA": self._capa, "NOOP": "+OK",
                        "QUIT": "+OK"}.get(line) or self._answer(line)
                sock.sendall(said.encode() + b"\r\n")

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def seen(self, verb):
        return [line for line in self.lines if line.startswith(verb)]


def decoded(text):
    return base64.b64decode(text, validate=True).decode()


def challenge(text):
    return "+ " + base64.b64encode(text.encode()).decode()


class Scram:
    """The server's side (RFC 5802), which knows USER and PASSWORD. `binding`:
    what a -PLUS mechanism has to bind."""

    SALT, ROUNDS = b"a salt of this test", 4096

    def __init__(self, binding=b"", password=PASSWORD, lie="", early=""):
        self.binding, self.password = binding, password
        self.lie, self.early = lie, early
        self.header = None

    def __call__(self, line):
        if line.startswith("AUTH"):
            _, mechanism, first = line.split(" ")
            self.name = "sha1" if "-SHA-1" in mechanism else "sha256"
            return self.begin(decoded(first))
        if line == "*":
            return "-ERR given up"
        if self.header is None:         # the answer to v=
            return "+OK" if line == "" else "-ERR"
        return self.finish(decoded(line))

    def begin(self, first):
        at = first.index("n=")
        self.header, bare = first[:at], first[at:]
        assert bare.startswith("n=us=2Cer=3D,r="), bare
        self.nonce = bare.split(",r=")[1] + "server"
        self.first = (f"r={self.nonce},s="
                      f"{base64.b64encode(self.SALT).decode()},"
                      f"i={self.ROUNDS}")
        self.bare = bare
        return self.early or challenge(self.first)

    def mac(self, key, text):
        return hmac.digest(key, text, self.name)

    def finish(self, final):
        without, proof = final.rsplit(",p=", 1)
        bound, nonce = without.split(",")
        bound = base64.b64decode(bound[2:])
        salted = hashlib.pbkdf2_hmac(self.name, self.password.encode(),
                                     self.SALT, self.ROUNDS)
        client = self.mac(salted, b"Client Key")
        message = f"{self.bare},{self.first},{without}".encode()
        mark = self.mac(hashlib.new(self.name, client).digest(), message)
        wanted = bytes(a ^ b for a, b in zip(client, mark))
        binding = self.binding if self.header.startswith("p=") else b""
        if base64.b64decode(proof) != wanted or nonce[2:] != self.nonce or \
                bound != self.header.encode() + binding:
            return "-ERR [AUTH] no"
        self.last = self.header
        self.header = None
        server = self.mac(self.mac(salted, b"Server Key"), message)
        return self.lie or challenge("v=" + base64.b64encode(server).decode())


class LoginCase(ClientCase):
    def talk(self, capa, answer, pair=None, newest=None, **options):
        self.server = Talker(pair or self.pair, capa, answer, newest)
        self.addCleanup(self.server.stop)
        return self.connect(self.server, "tls", **options)


class ScramTest(LoginCase):
    CAPA = ["SASL PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256", "USER"]

    def test_it_is_chosen(self):
        scram, shown = Scram(), []
        client = self.talk(self.CAPA, scram,
                           trace=lambda *row: shown.append(row[1]))
        client.login(USER, PASSWORD)
        self.assertEqual(client.state, "transaction")
        self.assertEqual(scram.last, "n,,")      # TLS 1.3 has no binding here
        self.assertEqual(len(self.server.seen("AUTH SCRAM-SHA-256 ")), 1)
        self.assertIn("AUTH SCRAM-SHA-256 ****", shown)
        self.assertEqual([line for line in shown if "n=us" in line], [])

    def test_sha_1(self):
        client = self.talk(["SASL SCRAM-SHA-1"], Scram())
        client.login(USER, lambda: PASSWORD)
        self.assertEqual(len(self.server.seen("AUTH SCRAM-SHA-1 ")), 1)

    def test_bound_to_the_certificate(self):
        for digest in ("sha256", "sha384", "sha512"):
            with self.subTest(digest):
                pair = self.authority.issue("good", digest=digest)
                with open(pair.cert, encoding="ascii") as file:
                    der = ssl.PEM_cert_to_DER_cert(file.read())
                scram = Scram(hashlib.new(digest, der).digest())
                client = self.talk(["SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256"],
                                   scram, pair, ssl.TLSVersion.TLSv1_2)
                client.login(USER, PASSWORD)
                self.assertEqual(scram.last, "p=tls-server-end-point,,")

    def test_somebody_took_plus_away(self):
        scram = Scram()
        client = self.talk(self.CAPA, scram, newest=ssl.TLSVersion.TLSv1_2)
        client.login(USER, PASSWORD)
        self.assertEqual(scram.last, "y,,")

    def test_no_binding(self):
        client = self.talk(["SASL SCRAM-SHA-256-PLUS"], Scram())
        with self.assertRaisesRegex(pop3.UnsupportedError, "no channel"):
            client.login(USER, PASSWORD, "SCRAM-SHA-256-PLUS")
        self.assertEqual(self.server.seen("AUTH"), [])

    def test_wrong_password(self):
        client = self.talk(self.CAPA, Scram(password="other"))
        with self.assertRaises(pop3.AuthenticationError) as caught:
            client.login(USER, PASSWORD)
        self.assertFalse(caught.exception.temporary)
        self.assertEqual(len(self.server.seen("AUTH")), 1)
        client.raw("NOOP")

    def test_servers_that_prove_nothing(self):
        wrong = challenge("v=" + base64.b64encode(bytes(32)).decode())
        for scram, over in ((Scram(lie="+OK"), True),
                            (Scram(early="+OK"), True),
                            (Scram(lie=wrong), False),
                            (Scram(early=challenge("r=x,s=eA==,i=4096")),
                             False),
                            (Scram(early=challenge("r=x,s=eA==,i=1")),
                             False)):
            with self.subTest(lie=scram.lie, early=scram.early):
                client = self.talk(self.CAPA, scram)
                with self.assertRaises(pop3.ProtocolError):
                    client.login(USER, PASSWORD)
                self.assertEqual(client.closed, over)
                if not over:
                    client.raw("NOOP")
                    self.assertIn("*", self.server.lines)
                self.assertEqual(len(self.server.seen("AUTH")), 1)

    def test_the_next_one(self):
        """Refused before anything was made from the password."""
        scram = Scram()
        client = self.talk(self.CAPA, lambda line: "-ERR no verifier"
                           if "SHA-256" in line else scram(line))
        client.login(USER, PASSWORD)
        self.assertEqual([line.split(" ")[1] for line
                          in self.server.seen("AUTH")],
                         ["SCRAM-SHA-256", "SCRAM-SHA-1"])

    def test_not_the_next_one(self):
        for code, named in (("", "SCRAM-SHA-256"), ("[IN-USE] ", None),
                            ("[SYS/TEMP] ", None), ("[LOGIN-DELAY] ", None),
                            ("[SYS/PERM] ", None)):
            with self.subTest(code=code, named=named):
                client = self.talk(self.CAPA, lambda _: f"-ERR {code}no")
                with self.assertRaises(pop3.AuthenticationError) as caught:
                    client.login(USER, PASSWORD, named)
                self.assertEqual(len(self.server.seen("AUTH")), 1)
                self.assertEqual(caught.exception.temporary,
                                 code not in ("", "[SYS/PERM] "))

    def test_password_that_cannot_be(self):
        client = self.talk(self.CAPA, Scram())
        with self.assertRaisesRegex(pop3.ArgumentError, "SASLprep"):
            client.login(USER, "a\u0007b")
        with self.assertRaises(Trouble):
            client.login(USER, self.trouble)
        client.login(USER, PASSWORD)

    def trouble(self):
        raise Trouble


class TokenTest(LoginCase):
    CAPA = ["SASL XOAUTH2 PLAIN"]

    def setUp(self):
        super().setUp()
        self.asked = []

    def tokens(self, *tokens):
        left = list(tokens)

        def fetch(error):
            self.asked.append(error)
            return left.pop(0)
        return fetch

    @staticmethod
    def answer(line):
        """Only the token "fresh" is good."""
        if line == "":
            return "-ERR [AUTH] no"
        message = decoded(line.split(" ")[-1])
        return ("+OK" if message == "user=demo\1auth=Bearer fresh\1\1"
                else JSON_CHALLENGE)

    def test_good(self):
        client = self.talk(self.CAPA, self.answer)
        client.login("demo", token=self.tokens("fresh"))
        self.assertEqual(self.asked, [None])

    def test_asked_once_more(self):
        client = self.talk(self.CAPA, self.answer)
        client.login("demo", token=self.tokens("stale", b"fresh"))
        self.assertEqual(self.asked, [None, REFUSAL])
        self.assertEqual(len(self.server.seen("AUTH")), 2)

    def test_refused(self):
        for second, times in (("stale", 1), (None, 1), ("staler", 2)):
            with self.subTest(second):
                self.asked.clear()
                client = self.talk(self.CAPA, self.answer)
                with self.assertRaises(pop3.AuthenticationError) as caught:
                    client.login("demo", token=self.tokens("stale", second))
                self.assertIn('token was refused: {"status": "invalid_token"',
                              str(caught.exception))
                self.assertEqual(self.asked, [None, REFUSAL])
                self.assertEqual(len(self.server.seen("AUTH")), times)
                client.raw("NOOP")

    def test_echo_is_hidden(self):
        client = self.talk(self.CAPA, lambda line: "-ERR [AUTH] stale"
                           if line == "" else challenge("no stale token"))
        with self.assertRaises(pop3.AuthenticationError) as caught:
            client.login("demo", token=self.tokens("stale", None))
        self.assertNotIn("stale", str(caught.exception))
        self.assertNotIn(b"stale", caught.exception.response)

    def test_two_steps(self):
        """A refusal without a word: the same token, in the long form."""
        client = self.talk(self.CAPA, lambda line: "+ "
                           if line == "AUTH XOAUTH2" else "-ERR"
                           if line.startswith("AUTH") else self.answer(line))
        client.login("demo", token=self.tokens("fresh"))
        self.assertEqual(self.asked, [None])
        self.assertEqual(self.server.lines[-3].split(" ")[0:2],
                         ["AUTH", "XOAUTH2"])

    def test_bearer(self):
        seen = []

        def answer(line):
            seen.append(decoded(line.split(" ")[-1]))
            return "+OK"
        client = self.talk(["SASL OAUTHBEARER XOAUTH2"], answer)
        client.login("a,b", token=self.tokens("fresh"))
        self.assertEqual(seen, ["n,a=a=2Cb,\1auth=Bearer fresh\1\1"])

    def test_challenge_out_of_turn(self):
        client = self.talk(["USER"], lambda line: challenge("tell me")
                           if line.startswith("AUTH") else "-ERR given up")
        with self.assertRaisesRegex(pop3.ProtocolError, "speaks first"):
            client.login("demo", None, "XOAUTH2", token=self.tokens("fresh"))
        self.assertIn("*", self.server.lines)

    def test_what_a_function_raises(self):
        def raiser(error):
            self.asked.append(error)
            if len(self.asked) == 2:
                raise Trouble
            return "stale"
        client = self.talk(self.CAPA, self.answer)
        with self.assertRaises(Trouble):
            client.login("demo", token=raiser)
        client.raw("NOOP")
        with self.assertRaises(TypeError):
            client.login("demo", token=lambda error: 7)
        with self.assertRaises(TypeError):
            client.login("demo", token="a token")
        with self.assertRaisesRegex(pop3.ArgumentError, "token"):
            client.login("demo", token=lambda error: "two words")
        client.raw("NOOP")

    def test_not_offered(self):
        client = self.talk(["SASL PLAIN"], self.answer)
        with self.assertRaisesRegex(pop3.UnsupportedError, "XOAUTH2"):
            client.login("demo", token=self.tokens("fresh"))
        self.assertEqual(self.server.seen("AUTH"), [])


class OtherTest(LoginCase):
    @staticmethod
    def yes(_line):
        return "+OK"

    def test_login(self):
        client = self.talk(["SASL LOGIN"], lambda line: {
            "AUTH LOGIN": challenge("Username:"), "ZGVtbw==":
            challenge("Password:"), "c2VjcmV0": "+OK"}.get(line, "-ERR"))
        client.login("demo", "secret", "login")

    def test_external(self):
        client = self.talk(["SASL EXTERNAL"], self.yes)
        client.login(authzid="demo")
        self.assertIn("AUTH EXTERNAL ZGVtbw==", self.server.lines)

    def test_utf8_first(self):
        capa = ["USER", "UTF8 USER"]
        client = self.talk(capa, self.yes)
        client.login("demo", "p\u00e4ss")
        self.assertEqual(self.server.lines[1:4],
                         ["UTF8", "USER demo", "PASS p\u00e4ss"])
        client = self.talk(capa, self.yes)
        client.login("demo", "pass")
        self.assertNotIn("UTF8", self.server.lines)

    def test_unknown(self):
        client = self.talk(["SASL PLAIN"], self.yes)
        for name in ("NTLM", "DIGEST-MD5", ""):
            with self.assertRaises(pop3.UnsupportedError):
                client.login("demo", "secret", name)
        with self.assertRaises(pop3.ArgumentError):
            client.login("", "secret")
        with self.assertRaises(pop3.ArgumentError):
            client.login("demo")
        self.assertEqual(self.server.lines, ["CAPA"])


class PrepTest(unittest.TestCase):
    def test_saslprep(self):
        # RFC 4013 §3, and a few more.
        for text, wanted in (("I\u00adX", "IX"), ("user", "user"),
                             ("USER", "USER"), ("\u00aa", "a"),
                             ("\u2168", "IX"), ("a\u3000b", "a b"),
                             ("\u0627\u0628", "\u0627\u0628"), ("", "")):
            self.assertEqual(saslprep(text.encode()).decode(), wanted)
        for text in ("\u0007", "\u0627\u0031", "a\u0627", "\ue000",
                     "a\x7f"):
            with self.assertRaises(ValueError):
                saslprep(text.encode())
        with self.assertRaises(ValueError):
            saslprep(b"\xff")


class AioScramTest(ScramTest):
    Client = staticmethod(AioFacade)


class AioTokenTest(TokenTest):
    Client = staticmethod(AioFacade)


class AioOtherTest(OtherTest):
    Client = staticmethod(AioFacade)


if __name__ == "__main__":
    unittest.main()
