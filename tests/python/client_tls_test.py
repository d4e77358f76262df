# SPDX-License-Identifier: MIT
"""TLS of the clients: whom they trust, and that nothing travels before."""

import ssl
import subprocess
import sys
import unittest
import warnings

from client_support import AioFacade, ClientCase, Server, pop3

GOOD = ["good", "rsa2048", "chain", "no-eku"]
# Kinds that a verifying client has to refuse for "localhost".
BAD = ["expired", "not-yet", "wrong-host", "cn-only", "nul", "sha1",
       "rsa1024", "wrong-eku", "self-signed", "other-ca", "incomplete",
       "not-ca", "critical", "wildcard-all", "wildcard-part", "ip",
       "ip-in-dns", "must-staple"]
# Of these, the ones that OpenSSL itself does not refuse.
BAD_FOR_US = ["cn-only", "must-staple"]


class TrustTest(ClientCase):
    def verify(self, server, error, security="tls", **kwargs):
        with self.assertRaises(error) as caught:
            self.connect(server, security, **kwargs)
        verbs = set(server.log.verbs())
        self.assertLessEqual(verbs, {"CAPA", "STLS"})
        self.assertTrue(caught.exception.fatal)
        return caught.exception

    def test_good_ones(self):
        for kind in GOOD:
            for security in ("tls", "stls"):
                server = self.serve(pair=self.authority.issue(kind), count=3)
                with self.subTest(kind), \
                     self.session(server, security) as client:
                    self.assertEqual(client.stat().count, 3)

    def test_bad_ones(self):
        for kind in BAD:
            for security in ("tls", "stls"):
                server = self.serve(pair=self.authority.issue(kind), count=1)
                with self.subTest(kind):
                    error = self.verify(server, pop3.CertificateError,
                                        security)
                    self.assertGreater(error.verify_code, 0)
                    if kind not in BAD_FOR_US:
                        self.assertIsInstance(error.__cause__,
                                              ssl.SSLCertVerificationError)

    def test_small_curve(self):
        # OpenSSL finds no algorithm in common before it sees the key.
        self.verify(self.serve(pair=self.authority.issue("p224"), count=1),
                    pop3.TLSError)

    def test_without_our_authority(self):
        self.verify(self.serve(), pop3.CertificateError, context=None)

    def test_context_for_another_host(self):
        server = self.serve()
        error = self.verify(server, pop3.CertificateError,
                            server_hostname="other.example.test")
        self.assertIn("other.example.test", str(error))
        server = self.serve(pair=self.authority.issue("wrong-host"))
        with self.session(server, "tls", server_hostname=
                          "other.example.test") as client:
            self.assertTrue(client.is_tls)
        self.assertEqual(server.log.events("sni")[0]["name"],
                         "other.example.test")

    def test_addresses(self):
        server = self.serve(pair=self.authority.issue("ip"))
        for address in ("127.0.0.1",):
            with self.Client(address, server.ports["tls"], timeout=20,
                             context=self.context()) as client:
                self.assertTrue(client.is_tls)
        server = self.serve(pair=self.authority.issue("ip-in-dns"))
        with self.assertRaises(pop3.CertificateError):
            self.Client("127.0.0.1", server.ports["tls"], timeout=20,
                        context=self.context())

    def test_what_python_cannot_enforce(self):
        """It is refused by its name, and never silently left out."""
        for client in (pop3.Client, pop3.aio.Client):
            for name in ("fingerprint", "ocsp_required", "proxy", "bind"):
                with self.subTest(client=client, name=name), \
                        self.assertRaisesRegex(TypeError, f"'{name}'"):
                    client("127.0.0.1", 1, **{name: "x"})

    def test_context_that_does_not_verify(self):
        server = self.serve(pair=self.authority.issue("self-signed"))
        careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        careless.check_hostname = False
        careless.verify_mode = ssl.CERT_NONE
        half = self.context()
        half.check_hostname = False
        for context in (careless, half):
            with self.assertRaises(pop3.ArgumentError):
                self.connect(server, "tls", context=context)
        for_servers = server_context(self.pair)
        with self.assertRaises(pop3.ArgumentError):
            self.connect(server, "tls", context=for_servers)
        with self.assertRaises(TypeError):
            self.connect(server, "tls", context="a context")
        self.assertEqual(server.log.events("open"), [])
        for context in (careless, None):
            with self.session(server, "tls", context=context,
                              insecure=True) as client:
                self.assertTrue(client.is_tls)

    def test_context_is_checked_before_stls(self):
        server = self.serve()
        client = self.connect(server, port=server.ports["stls"])
        context = self.context()
        context.check_hostname = False
        with self.assertRaises(pop3.ArgumentError):
            client.stls(context)
        self.assertNotIn("STLS", server.log.verbs())
        client.login("demo", "demo", "USER")
        self.assert_in_step(client)

    def test_old_tls(self):
        warnings.simplefilter("ignore", DeprecationWarning)
        ancient = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ancient.load_verify_locations(self.authority.ca_file)
        ancient.minimum_version = ssl.TLSVersion.TLSv1_1
        ancient.set_ciphers("DEFAULT:@SECLEVEL=0")
        for context in (self.context(), ancient):
            server = Server(self.maildir(1), tls=self.pair,
                            tls_version="TLSv1_1").start()
            self.addCleanup(server.stop)
            self.verify(server, pop3.TLSError, context=context)


def server_context(pair):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    return context


class NeedTest(ClientCase):
    """A session without TLS does not pay for it."""

    PROGRAM = """if True:
        import sys, pop3
        with pop3.Client("127.0.0.1", int(sys.argv[1]),
                         security="none") as client:
            client.login("demo", "demo", mechanism="USER")
            client.retr(1)
        print(sorted({"ssl", "_ssl", "_hashlib", "email", "asyncio"}
                     & set(sys.modules)))
    """

    def test_what_is_loaded(self):
        said = subprocess.run(
            [sys.executable, "-S", "-c", self.PROGRAM,
             str(self.serve().ports["clear"])],
            check=True, text=True, stdout=subprocess.PIPE).stdout
        self.assertEqual(said, "[]\n")


class EntryTest(ClientCase):
    """No way around TLS: R1, R2, R3."""

    def no_credential(self, server):
        self.assertLessEqual(set(server.log.verbs()), {"CAPA", "STLS"})
        self.assertEqual(server.log.events("answer"), [])

    def test_stls_injection(self):
        for octets in ("+OK injected\\r\\n", "x", "+OK\\r\\n.\\r\\n" * 20):
            octets = octets.replace("\\r", "\r").replace("\\n", "\n")
            server = self.serve("stls-inject=" + octets)
            with self.subTest(octets), \
                 self.assertRaises(pop3.Error) as caught:
                self.connect(server, "stls")
            # What came together with the answer is a protocol error; what
            # came later is garbage in the handshake.
            self.assertIsInstance(caught.exception,
                                  (pop3.ProtocolError, pop3.TLSError))
            self.no_credential(server)

    def test_stls_injection_on_request(self):
        server = self.serve("stls-inject")
        client = self.connect(server, port=server.ports["stls"])
        with self.assertRaises((pop3.ProtocolError, pop3.TLSError)):
            client.stls(self.context())
        self.assert_over(client)
        self.no_credential(server)

    def test_what_was_learned_in_clear_is_forgotten(self):
        server = self.serve("capa-tls=SASL")
        client = self.connect(server, port=server.ports["stls"])
        before = client.capa()
        self.assertNotIn("SASL", before)
        client.stls(self.context())
        self.assertIsNone(client.capabilities)
        client.login("demo", "demo")
        self.assertIn("AUTH", server.log.verbs())

    def test_stls_not_offered(self):
        server = self.serve(capa_drop=["STLS"])
        with self.assertRaises(pop3.TLSError) as caught:
            self.connect(server, "stls")
        self.assertIn("does not offer STLS", str(caught.exception))
        self.no_credential(server)
        self.assertNotIn("STLS", server.log.verbs())
        client = self.connect(server)
        with self.assertRaises(pop3.UnsupportedError):
            client.stls(self.context())
        self.assertFalse(client.closed)

    def test_stls_refused(self):
        server = self.serve("stls-refuse")
        with self.assertRaises(pop3.TLSError) as caught:
            self.connect(server, "stls")
        self.assertIn("TLS is not working", str(caught.exception))
        self.no_credential(server)
        client = self.connect(server, port=server.ports["stls"])
        with self.assertRaises(pop3.RefusedError):
            client.stls(self.context())
        self.assertFalse(client.closed)

    def test_server_without_capa_may_have_stls(self):
        server = self.serve("capa-err")
        with self.session(server, "stls") as client:
            self.assertTrue(client.is_tls)

    def test_broken_handshakes(self):
        for fault in ("tls-cut", "tls-garbage", "refuse"):
            with self.subTest(fault), self.assertRaises(pop3.TLSError):
                self.connect(self.serve(fault), "tls")
        with self.assertRaises(pop3.TimeoutError):
            self.connect(self.serve("tls-stall"), "tls", timeout=0.8)

    def test_tls_spoken_to_in_clear(self):
        server = self.serve()
        with self.assertRaises(pop3.TLSError):
            self.connect(server, "tls", port=server.ports["clear"])

    def test_end_without_close_notify(self):
        client = self.session(self.serve("no-close-notify"), "tls")
        client.delete(1)
        self.assertEqual(client.quit().confirmed, (1,))
        for fault in ("cut-after=3000", "cut-clean-after=3000"):
            client = self.session(self.serve(fault), "tls")
            with self.assertRaises(pop3.ConnectionClosedError):
                for number in range(1, 20):
                    client.retr(number)
            self.assert_over(client)


AioTrustTest = type("AioTrustTest", (TrustTest,), {"Client": AioFacade})
AioEntryTest = type("AioEntryTest", (EntryTest,), {"Client": AioFacade})

if __name__ == "__main__":
    unittest.main()
