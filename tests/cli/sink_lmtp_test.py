# SPDX-License-Identifier: MIT
"""pop3 fetch to an LMTP server: what it gets, what its replies mean, and
servers that mean no good."""

import collections
import os
import re
import socket
import ssl
import threading

import program
from program import CONFIG, FINE, LATER, PARTIAL
from sink_support import SinkCase


class Lmtp:
    """An LMTP server on a socket. `say` maps a verb, or "." for the replies
    behind a message, to what is said instead of a good answer: a string;
    octets, after which it closes; a function of the connection that returns
    one, or None to close."""

    def __init__(self, path=None, tls=None, announce=("PIPELINING",), **say):
        self.say = say
        self.tls = tls
        self.announce = announce
        self.taken = []         # (recipient, message)
        self.lines = []
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(path)
            self.deliver = "lmtp:" + path
        else:
            self.socket = socket.create_server(("127.0.0.1", 0))
            self.port = self.socket.getsockname()[1]
            self.deliver = f"lmtp://127.0.0.1:{self.port}"
        self.socket.listen()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            try:
                if self.tls and self.tls[0] == "implicit":
                    peer = self.tls[1].wrap_socket(peer, server_side=True)
                with peer:
                    self.serve(peer)
            except (OSError, EOFError):
                pass

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def answer(self, peer, verb, good):
        text = self.say.get(verb.lower().replace(".", "dot"), good)
        if callable(text):
            text = text(self)
        if text is None:
            raise EOFError
        if isinstance(text, bytes):
            peer.sendall(text)
            raise EOFError
        peer.sendall(text.encode())
        return text[0] in "23"

    def serve(self, peer):
        self.answer(peer, "greeting", "220 test LMTP\r\n")
        file = peer.makefile("rb")
        self.rcpt = []
        while line := file.readline():
            self.lines.append(line.decode().rstrip("\r\n"))
            verb = line.split()[0].decode().upper()
            if verb == "LHLO":
                words = ["test", *self.announce]
                if self.tls and self.tls[0] == "starttls" and \
                        not isinstance(peer, ssl.SSLSocket):
                    words.append("STARTTLS")
                self.answer(peer, verb, "".join(
                    f"250{'-' if n < len(words) else ' '}{word}\r\n"
                    for n, word in enumerate(words, 1)))
            elif verb == "STARTTLS":
                self.answer(peer, verb, "220 go\r\n")
                peer = self.tls[1].wrap_socket(peer, server_side=True)
                file = peer.makefile("rb")
            elif verb == "MAIL":
                self.rcpt = []
                self.answer(peer, verb, "250 ok\r\n")
            elif verb == "RCPT":
                self.current = re.search(b"<(.*)>", line)[1].decode()
                if self.answer(peer, verb, "250 ok\r\n"):
                    self.rcpt.append(self.current)
            elif verb == "DATA":
                if self.answer(peer, verb, "354 go\r\n"):
                    self.take(peer, self.read_data(file))
            elif verb == "BDAT":
                self.take(peer, file.read(int(line.split()[1])))
            elif verb == "QUIT":
                self.answer(peer, verb, "221 bye\r\n")
                return
            else:
                self.answer(peer, verb, "250 ok\r\n")

    @staticmethod
    def read_data(file):
        data = b""
        while (line := file.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise EOFError      # the client is gone, in mid-line even
            if b"\r" in line[:-2] or not line.endswith(b"\r\n"):
                raise ValueError("a bare CR or LF on the wire")
            data += line[1:] if line.startswith(b".") else line
        return data

    def take(self, peer, data):
        for self.current in self.rcpt:
            if self.answer(peer, ".", "250 taken\r\n"):
                self.taken.append((self.current, data))

    def raw(self):
        """The messages without the field before them."""
        return [re.sub(rb"\ADelivery-Id: <[0-9a-f]{32}@pop3>\r\n", b"", data)
                for _, data in self.taken]

    def messages(self):
        return [data.replace(b"\r\n", b"\n") for data in self.raw()]

    def ids(self):
        return [data.split(b"\r\n")[0] for _, data in self.taken]

    @staticmethod
    def litter():
        return []


def sequence(*texts):
    """Says these, one after the other, and then the last one for ever."""
    left = list(texts)

    def say(_server):
        return left.pop(0) if len(left) > 1 else left[0]
    return say


class LmtpTest(SinkCase):
    count = 3

    def start_lmtp(self, *args, **kwargs):
        self.sink = Lmtp(*args, **kwargs)
        self.addCleanup(self.sink.stop)
        return self.sink

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pair.cert, self.pair.key)
        return context

    def test_octet_for_octet_with_chunking(self):
        self.add_odd_ones()
        self.start_lmtp(self.path("lmtp"),
                        announce=("PIPELINING", "CHUNKING", "8BITMIME",
                                  "SIZE 90000000"))
        self.fetch(self.serve(), "--delete")
        self.assertEqual(self.left(), 0)
        self.assertEqual(
            collections.Counter(self.sink.raw()),
            collections.Counter(data.replace(b"\n", b"\r\n")
                                for data in self.expected.values()))
        self.assertTrue(any("BODY=8BITMIME" in line
                            for line in self.sink.lines))
        self.assertEqual(len(set(self.sink.ids())), len(self.uids))
        sizes = [int(line.split("SIZE=")[1].split()[0])
                 for line in self.sink.lines if "SIZE=" in line]
        self.assertEqual(sizes, [len(data) for _, data in self.sink.taken])

    def test_data(self):
        """Without CHUNKING: dots are doubled, bare CR and LF become CRLF."""
        for words in ((), ("PIPELINING",)):
            self.setUp()
            self.add_odd_ones()
            self.start_lmtp(self.path("lmtp"), announce=words)
            self.fetch(self.serve(), "--delete", "--recipient",
                       "alice@example.test")
            self.assertEqual(
                self.delivered(), collections.Counter(
                    data.replace(b"\r", b"\n")
                    for data in self.expected.values()))
            self.assertIn("MAIL FROM:<>", self.sink.lines)
            self.assertIn("RCPT TO:<alice@example.test>", self.sink.lines)
            self.assertEqual(self.left(), 0)

    def test_default_recipient(self):
        self.start_lmtp(self.path("lmtp"))
        self.fetch(self.serve())
        self.assertIn("RCPT TO:<demo>", self.sink.lines)

    def test_tls(self):
        for kind, form in (("implicit", "lmtps://localhost:%d?ca-file=%s"),
                           ("starttls", "lmtp://localhost:%d?tls=starttls"
                                        "&ca-file=%s")):
            with self.subTest(kind=kind):
                self.setUp()
                server = self.start_lmtp(tls=(kind, self.context()))
                server.deliver = form % (server.port, self.authority.ca_file)
                self.fetch(self.serve(), "--delete")
                self.assert_delivered()
                self.assertEqual(self.left(), 0)

    def test_tls_that_is_not_trusted(self):
        server = self.start_lmtp(tls=("implicit", self.context()))
        server.deliver = f"lmtps://localhost:{server.port}"
        done = self.fetch(self.serve(), "--delete", status=CONFIG)
        self.assertIn("certificate", done.stderr)
        self.assertEqual(self.left(), self.count)

    def test_tls_that_is_not_there(self):
        server = self.start_lmtp()
        server.deliver = f"lmtp://localhost:{server.port}?tls=starttls"
        done = self.fetch(self.serve(), "--delete", status=CONFIG)
        self.assertIn("has no STARTTLS", done.stderr)
        self.assertFalse(any(line.startswith("MAIL")
                             for line in server.lines))

    def test_later(self):
        for say in ({"dot": "452 no space\r\n"}, {"mail": "451 x\r\n"},
                    {"rcpt": "450 x\r\n"}, {"data": "451 x\r\n"},
                    {"dot": "552 5.2.2 full\r\n"},
                    {"mail": "552 5.2.2 full\r\n"}):
            with self.subTest(say=say):
                self.setUp()
                self.start_lmtp(self.path("lmtp"), **say)
                done = self.fetch(self.serve(), "--delete", status=PARTIAL)
                self.assertIn("refused it for now", done.stderr)
                self.assertEqual(self.left(), self.count)
                self.sink.say = {}
                self.fetch(self.serve(), "--delete")
                self.assert_delivered()
                self.assertEqual(self.left(), 0)

    def test_never(self):
        for say in ({"dot": "550 spam\r\n"}, {"mail": "552 large\r\n"},
                    {"data": "554 x\r\n"}, {"mail": "550 5.6.7 x\r\n"},
                    {"data": "500 5.3.4 x\r\n"}):
            with self.subTest(say=say):
                self.setUp()
                self.start_lmtp(self.path("lmtp"), **say)
                done = self.fetch(self.serve(), "--delete", status=PARTIAL)
                self.assertIn("refused it for good", done.stderr)
                self.sink.say = {}
                server = self.serve()
                self.fetch(server, "--delete", status=PARTIAL)
                self.assertEqual(self.retrieved(server), [])
                self.assertEqual(self.left(), self.count)

    def test_too_large(self):
        self.add("zz-big", b"x" * 3000 + b"\n")
        self.start_lmtp(self.path("lmtp"), announce=("SIZE 2000",))
        small = [n for n, uid in enumerate(self.uids, 1)
                 if len(self.expected[uid].replace(b"\n", b"\r\n")) < 1900]
        done = self.fetch(self.serve(), "--delete", status=PARTIAL)
        self.assertIn("larger than the LMTP server takes", done.stderr)
        self.assertEqual(len(self.sink.taken), len(small))
        self.assertEqual(self.left(), len(self.uids) - len(small))

    def test_wrong_recipient(self):
        """A mistake in the configuration is held against no message."""
        self.start_lmtp(self.path("lmtp"), rcpt="550 no such user\r\n")
        done = self.fetch(self.serve(), "--delete", status=CONFIG)
        self.assertIn("no such user", done.stderr)
        self.assertIn("--recipient", done.stderr)
        self.sink.say = {}
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()
        for bad in ("<a>", "a b>", ",", "a\tb\x01"):
            server = self.serve()
            self.fetch(server, "--recipient", bad, status=CONFIG)
            self.assertEqual(server.log.commands(), [])

    def test_server_that_is_set_up_wrongly(self):
        """What it says to every message is held against none."""
        for say in ({"mail": "550 5.7.1 not you\r\n"}, {"mail": "530 x\r\n"},
                    {"data": "503 no valid recipients\r\n"},
                    {"data": "554 5.7.1 denied\r\n"}):
            with self.subTest(say=say):
                self.setUp()
                self.start_lmtp(self.path("lmtp"), **say)
                done = self.fetch(self.serve(), "--delete", status=CONFIG)
                self.assertIn("takes no mail from here", done.stderr)
                self.assertEqual(self.left(), self.count)
                self.sink.say = {}
                self.fetch(self.serve(), "--delete")
                self.assert_delivered()
                self.assertEqual(self.left(), 0)

    def takers(self):
        return [name for name in os.listdir(self.dir)
                if name.endswith(".lmtp")]

    def test_cut_off_between_two_answers(self):
        """Who took it by then does not get it again; half an answer, and
        what came before the message, is none."""
        def say(server):
            return server.cut if server.current == "b@x" else "250 ok\r\n"
        for cut in (None, b"250-ok\r\n"):
            with self.subTest(cut=cut):
                self.setUp()
                server = self.start_lmtp(self.path("lmtp"), dot=say)
                server.cut = cut
                flags = ["--delete", "--recipient", "a@x b@x c@x"]
                self.fetch(self.serve(), *flags, status=LATER)
                self.assertEqual(self.left(), self.count)
                server.say = {}
                self.fetch(self.serve(), *flags)
                self.assertEqual(collections.Counter(
                    who for who, _ in server.taken),
                    {"a@x": 3, "b@x": 3, "c@x": 3})
                self.assertEqual(self.left(), 0)
                self.assertEqual(self.takers(), [])

    def test_answer_too_many(self):
        """A second answer to one message is not the answer to the next."""
        for words in (("CHUNKING",), ("PIPELINING", "CHUNKING"),
                      ("PIPELINING",)):
            with self.subTest(words=words):
                self.setUp()
                self.start_lmtp(
                    self.path("lmtp"), announce=words,
                    dot=sequence("250 taken\r\n250 twice\r\n",
                                 "452 no space\r\n"))
                done = self.fetch(self.serve(), "--delete", status=PARTIAL)
                self.assertIn("no space", done.stderr)
                self.assertEqual(self.left(), self.count - 1)
                self.sink.say = {}
                self.fetch(self.serve(), "--delete")
                self.assert_delivered()
                self.assertEqual(self.left(), 0)

    def test_data_that_is_answered_too_early(self):
        """250 instead of 354 is nobody's answer to the message."""
        server = self.start_lmtp(self.path("lmtp"), data="250 ok\r\n")
        flags = ["--delete", "--recipient", "a@x b@x"]
        self.fetch(self.serve(), *flags, status=LATER)
        self.assertEqual(self.takers(), [])
        server.say = {}
        server.taken.clear()
        self.fetch(self.serve(), *flags)
        self.assertEqual(collections.Counter(who for who, _ in server.taken),
                         {"a@x": 3, "b@x": 3})

    def test_one_that_fails_behind_one_that_came(self):
        """Who has the second is not forgotten with the first."""
        server = self.start_lmtp(
            self.path("lmtp"), dot=lambda server: "452 full\r\n"
            if server.current == "b@x" else "250 taken\r\n")
        flags = ["--delete", "--recipient", "a@x b@x"]
        self.fetch(self.serve(), *flags, status=PARTIAL)
        server.say = {}
        done = self.fetch(self.serve("cut-reply=RETR:2/100"), *flags,
                          status=None)
        self.assertIn("once more without this message", done.stderr)
        self.assertEqual(self.left(), 0)
        self.assertEqual(collections.Counter(who for who, _ in server.taken),
                         {"a@x": 3, "b@x": 3})

    def test_who_has_it_does_not_get_it_again(self):
        """One takes it, another is over quota; then not any more."""
        def say(server):
            return "452 full\r\n" if server.current == "b@x" and \
                server.full else "250 taken\r\n"
        server = self.start_lmtp(self.path("lmtp"), dot=say)
        server.full = True
        flags = ["--delete", "--recipient", "a@x, b@x,c@x"]
        for _ in range(2):
            self.fetch(self.serve(), *flags, status=PARTIAL)
            self.assertEqual(collections.Counter(
                who for who, _ in server.taken), {"a@x": 3, "c@x": 3})
            self.assertEqual(self.left(), self.count)
        self.assertEqual(len([name for name in os.listdir(self.dir)
                              if name.endswith(".lmtp")]), 1)
        server.full = False
        self.fetch(self.serve(), *flags)
        self.assertEqual(collections.Counter(
            who for who, _ in server.taken), {"a@x": 3, "b@x": 3, "c@x": 3})
        self.assertEqual(self.left(), 0)
        self.assertEqual(collections.Counter(server.messages()),
                         self.wanted() + self.wanted() + self.wanted())
        self.assertEqual([name for name in os.listdir(self.dir)
                          if name.endswith(".lmtp")], [])

    def test_taken_and_refused_for_good(self):
        def say(server):
            return "550 no\r\n" if server.current == "b@x" else "250 ok\r\n"
        server = self.start_lmtp(self.path("lmtp"), dot=say)
        done = self.fetch(self.serve(), "--delete", "--recipient", "a@x b@x",
                          status=PARTIAL)
        self.assertIn("b@x refused it for good: 550 no", done.stderr)
        self.assertEqual(self.left(), self.count)
        self.assertEqual(len(server.taken), self.count)

    def test_closed_between_messages(self):
        """By a server that waits for nobody: one more connection."""
        self.start_lmtp(self.path("lmtp"),
                        mail=sequence("250 ok\r\n", "421 idle\r\n",
                                      "250 ok\r\n", "250 ok\r\n"))
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()

    def test_lost_after_the_dot(self):
        """Nobody knows: it comes again with the same id."""
        def lose(server):
            server.taken.append((server.current, server.last))
            server.say = {}
            return None
        server = self.start_lmtp(self.path("lmtp"), dot=lose)
        take = server.take

        def note(peer, data):
            server.last = data
            take(peer, data)
        server.take = note
        self.fetch(self.serve(), "--delete", status=PARTIAL)
        self.assertEqual(self.left(), 1)
        self.fetch(self.serve(), "--delete")
        self.assertEqual(self.left(), 0)
        ids = collections.Counter(server.ids())
        self.assertEqual(sorted(ids.values()), [1] * (self.count - 1) + [2])

    def test_hostile(self):
        """Nothing of it hangs, crashes, or counts as delivered."""
        for say, words in (
                ({"greeting": "x" * 9000}, "no end"),
                ({"greeting": b"250-a\r\n" * 300}, "without end"),
                ({"greeting": "hello\r\n"}, "does not speak LMTP"),
                ({"greeting": None}, "closed"),
                ({"greeting": "554 go away\r\n"}, "go away"),
                ({"lhlo": "500 what?\r\n"}, "refused LHLO"),
                ({"lhlo": "250-\r\n"}, "did not answer in time"),
                ({"dot": "250\r\n"}, None),
                ({"dot": "25 0 ok\r\n"}, "does not speak LMTP"),
                ({"dot": "354 more\r\n"}, "refused it for now"),
                ({"dot": b"\xff\x1b[31m\r\n"}, "\\xFF\\x1B[31m"),
                ({"dot": b"250 o\0k\r\n"}, "holds a NUL"),
                ({"mail": None}, "closed"),
                ({"data": "250 ok\r\n"}, "does not speak LMTP")):
            with self.subTest(say=say):
                self.setUp()
                self.start_lmtp(self.path("lmtp"), announce=(), **say)
                done = self.fetch(self.serve(), "--delete", "--timeout", "1",
                                  "--max-messages", "1", status=None)
                if words is None:
                    self.assertEqual(done.returncode, FINE, done.stderr)
                    self.assertEqual(self.left(), self.count - 1)
                    continue
                self.assertIn(words, done.stderr)
                self.assertIn(done.returncode, (PARTIAL, LATER, CONFIG))
                self.assertEqual(self.left(), self.count)

    def test_nobody_there(self):
        self.sink = Lmtp(self.path("lmtp"))
        self.sink.stop()
        done = self.fetch(self.serve(), "--delete", status=LATER)
        self.assertIn("cannot connect", done.stderr)
        server = self.serve()
        for deliver in ("lmtp:x", "lmtp:", "lmtps:/x", "lmtp://", "lmtp://h:x",
                        "lmtp://[::1", "lmtps://h?tls=none", "lmtp://h?x=1",
                        "lmtp:/" + "x" * 200):
            self.sink.deliver = deliver
            self.fetch(server, status=CONFIG)
        self.assertEqual(server.log.commands(), [])


if __name__ == "__main__":
    program.main()
