# SPDX-License-Identifier: MIT
"""One POP3 session as the RFCs have it: 1939, 2449, 2595, 5034, 6856.

A command becomes a Reply, and a Reply becomes bytes. Between these steps the
faults (faults.py) may have their say; nothing in this file is wrong on
purpose.
"""

import base64
import binascii
import dataclasses
import hashlib
import hmac
import time
import typing

import store
from link import Hangup, octets, text

AUTHORIZATION, TRANSACTION = "AUTHORIZATION", "TRANSACTION"
LOCK_WAIT_SECONDS = 3

CAPABILITIES = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING",
                "USER", "SASL PLAIN", "STLS", "UTF8 USER", "LANG",
                "EXPIRE NEVER", "IMPLEMENTATION libpop3-test"]


@dataclasses.dataclass
class Command:
    line: bytes
    verb: str
    args: list

    @classmethod
    def parse(cls, line):
        words = text(line).split(" ")
        return cls(line, words[0].upper(), words[1:])

    @property
    def rest(self):
        """The argument of PASS and USER: spaces belong to it."""
        return text(self.line).partition(" ")[2]

    def matches(self, pattern):
        """pattern: VERB, VERB:FIRST-ARGUMENT, ANY, or GREETING."""
        verb, colon, arg = pattern.partition(":")
        return verb.upper() in (self.verb, "ANY") and (
            not colon or (self.args[:1] or [""])[0] == arg)


@dataclasses.dataclass
class Reply:
    """status without line end; rows or body (not stuffed) if multi-line."""
    status: bytes
    rows: typing.Optional[list] = None
    body: typing.Optional[bytes] = None
    then: typing.Optional[typing.Callable] = None   # after it was sent
    end: bytes = b"\r\n"                            # line end of all of it
    final: bytes = b""                              # octets after the reply
    raw: typing.Optional[bytes] = None              # these, and nothing else
    stream: typing.Iterable = ()                    # octets behind all that

    @property
    def ok(self):
        return self.status.startswith(b"+")

    def encode(self):
        if self.raw is not None:
            return self.raw
        data = self.status + b"\r\n"
        if self.rows is not None:
            data += store.stuffed(b"".join(row + b"\r\n"
                                           for row in self.rows))
        elif self.body is not None:
            data += store.stuffed(self.body)
        if self.end != b"\r\n":
            data = data.replace(b"\r\n", self.end)
        return data + self.final


def ok(words=""):
    return Reply(b"+OK " + octets(words) if words else b"+OK")


def err(words):
    return Reply(b"-ERR " + octets(words))


class Session:
    def __init__(self, link, options, maildrop, faults, tls_context, ident):
        self.link = link
        self.options = options
        self.maildrop = maildrop
        self.faults = faults            # FaultSet of this connection
        self.tls_context = tls_context  # for STLS; None: not offered
        self.ident = ident
        self.state = AUTHORIZATION
        self.user = None
        self.failures = 0
        self.messages = []
        self.locked = False
        self.timestamp = (f"<{ident}.{time.time_ns()}@localhost>"
                          if options.apop else "")
        self.commands_seen = 0

    # ---- the loop -------------------------------------------------------

    def run(self):
        """Ends by Hangup or by return; either way the maildrop is free."""
        try:
            self.serve(Command.parse(b"GREETING"), self.greeting)
            while True:
                line = self.link.read_line()
                if line is None:
                    raise Hangup()
                self.commands_seen += 1
                self.link.log("command", line=text(line))
                self.serve(Command.parse(line), self.handle)
        finally:
            if self.locked:
                self.maildrop.release()

    def serve(self, command, handle):
        reply = self.faults.answer(self, command)
        if reply is None:
            reply = handle(command)
        reply = self.faults.change(self, command, reply)
        self.send(reply)
        if reply.then is not None:
            self.link.flush()
            reply.then()

    def send(self, reply):
        self.link.send(reply.encode())
        for block in reply.stream:
            self.link.send(block)

    def greeting(self, _command):
        return ok(("POP3 test server " + self.timestamp).rstrip())

    def handle(self, command):
        entry = COMMANDS.get(command.verb)
        if entry is None:
            return err(f"unknown command {command.verb!a}")
        states, function = entry
        if self.state not in states:
            return err(f"not in state {self.state}")
        return function(self, command)

    # ---- any state ------------------------------------------------------

    def capa(self, _command):
        drop = {tag.upper() for tag in self.options.capa_drop}
        rows = [row for row in CAPABILITIES
                if row.split()[0] not in drop and self.offers(row)]
        rows += self.options.capa_add
        rows = self.faults.capabilities(self, rows)
        reply = ok("capabilities follow")
        reply.rows = [octets(row) for row in rows]
        return reply

    def offers(self, row):
        tag = row.split()[0]
        if tag == "STLS":
            return self.can_stls()
        if tag in ("USER", "SASL"):
            return self.clear_allowed() and self.state == AUTHORIZATION
        return True

    def can_stls(self):
        return (self.tls_context is not None and not self.link.is_tls and
                self.state == AUTHORIZATION)

    def clear_allowed(self):
        return self.link.is_tls or not self.options.no_plaintext

    def lang(self, command):
        if not command.args:
            reply = ok("languages")
            reply.rows = [b"en English", b"de Deutsch", b"i-default"]
            return reply
        tag = command.args[0].lower()
        if tag in ("*", "en", "i-default"):
            return ok("en English it is")
        if tag == "de":
            return ok("de Ab jetzt Deutsch")
        return err("no such language")

    def noop(self, _command):
        return ok()

    def quit(self, _command):
        reply = ok("bye")
        if self.state == TRANSACTION:
            gone = self.faults.expunge(
                self, [m for m in self.messages if m.deleted])
            for message in gone:
                message.remove()
            self.link.log("expunged", uids=[m.uid for m in gone])
            self.unlock()
        reply.then = self.hang_up
        return reply

    def hang_up(self):
        raise Hangup("clean")

    # ---- authorization --------------------------------------------------

    def stls(self, _command):
        if not self.can_stls():
            return err("STLS is not available")
        reply = ok("begin TLS")
        reply.then = lambda: self.link.start_tls(self.tls_context)
        return reply

    def user_(self, command):
        if not self.clear_allowed():
            return err("[AUTH] not without TLS")
        self.user = command.rest
        return ok("password, please")

    def pass_(self, command):
        if self.user is None:
            return err("USER first")
        user, self.user = self.user, None
        good = self.options.users.get(user)
        return self.log_in(good is not None and
                           hmac.compare_digest(octets(good),
                                               octets(command.rest)))

    def apop(self, command):
        if not self.timestamp or len(command.args) < 2:
            return err("APOP is not available")
        user, digest = " ".join(command.args[:-1]), command.args[-1]
        good = self.options.users.get(user)
        if good is None:
            return self.log_in(False)
        want = hashlib.md5(octets(self.timestamp + good)).hexdigest()
        return self.log_in(hmac.compare_digest(octets(want), octets(digest)))

    def auth(self, command):
        mechanism = command.args[0].upper() if command.args else ""
        by_token = (mechanism in ("XOAUTH2", "OAUTHBEARER") and
                    self.options.tokens is not None)
        if mechanism != "PLAIN" and not by_token:
            return err("unknown mechanism")
        if not self.clear_allowed():
            return err("[AUTH] not without TLS")
        if len(command.args) > 1:
            answer = command.args[1]
        else:
            self.send(Reply(b"+ "))
            answer = self.challenge_answer()
        if answer == "*":
            return err("given up")
        if by_token:
            return self.log_in_by_token(answer)
        return self.log_in(self.plain_is_good(answer))

    def log_in_by_token(self, answer):
        parts = base64.b64decode(answer, validate=True).split(b"\1")
        token = next((part[len(b"auth=Bearer "):].decode() for part in parts
                      if part.startswith(b"auth=Bearer ")), "")
        self.link.log("token", token=token)
        good = token in self.options.tokens
        if not good and self.options.refusal:
            self.send(Reply(b"+ " + base64.b64encode(self.options.refusal)))
            self.challenge_answer()
        return self.log_in(good)

    def challenge_answer(self):
        line = self.link.read_line()
        if line is None:
            raise Hangup()
        self.link.log("answer", line=text(line))
        return text(line)

    def plain_is_good(self, answer):
        try:
            parts = base64.b64decode(answer, validate=True).split(b"\0")
            _authzid, user, password = [part.decode() for part in parts]
        except (ValueError, binascii.Error):
            return False
        return self.options.users.get(user) == password

    def log_in(self, good):
        if not good:
            self.failures += 1
            reply = err("[AUTH] wrong name or password")
            if self.failures >= 3:
                reply.then = self.hang_up
            return reply
        if not self.maildrop.acquire(LOCK_WAIT_SECONDS):
            return err("[IN-USE] another session has the maildrop")
        self.locked = True
        self.state = TRANSACTION
        self.messages = self.faults.messages(self, self.maildrop.messages())
        return ok(f"{len(self.messages)} messages")

    def unlock(self):
        self.maildrop.release()
        self.locked = False

    # ---- transaction ----------------------------------------------------

    def left(self):
        return [m for m in self.messages if not m.deleted]

    def find(self, command):
        """The message that the first argument names, or None."""
        word = command.args[0] if command.args else ""
        if word.isascii() and word.isdigit():
            index = int(word) - 1
            if 0 <= index < len(self.messages) and \
                    not self.messages[index].deleted:
                return self.messages[index]
        return None

    def stat(self, _command):
        left = self.left()
        return ok(f"{len(left)} {sum(m.octets for m in left)}")

    def list_(self, command):
        return self.listing(command, lambda m: f"{m.number} {m.octets}")

    def uidl(self, command):
        return self.listing(command, lambda m: f"{m.number} {m.uid}")

    def listing(self, command, row):
        if command.args:
            message = self.find(command)
            return ok(row(message)) if message else err("no such message")
        rows = [octets(row(m)) for m in self.left()]
        reply = ok(f"{len(rows)} messages")
        reply.rows = self.faults.listing(self, command, rows)
        return reply

    def retr(self, command):
        message = self.find(command)
        if message is None:
            return err("no such message")
        reply = ok(f"{message.octets} octets")
        reply.body = message.read()
        return reply

    def top(self, command):
        message = self.find(command)
        if message is None or len(command.args) < 2 or not \
                command.args[1].isdigit():
            return err("no such message, or no number of lines")
        reply = ok()
        reply.body = store.top(message.read(), int(command.args[1]))
        return reply

    def dele(self, command):
        message = self.find(command)
        if message is None:
            return err("no such message")
        message.deleted = True
        return ok("marked")

    def rset(self, _command):
        for message in self.messages:
            message.deleted = False
        return ok()

    def utf8(self, _command):
        return ok("UTF-8 from now on")


BOTH = (AUTHORIZATION, TRANSACTION)
COMMANDS = {
    "CAPA": (BOTH, Session.capa),
    "STLS": ((AUTHORIZATION,), Session.stls),
    "USER": ((AUTHORIZATION,), Session.user_),
    "PASS": ((AUTHORIZATION,), Session.pass_),
    "APOP": ((AUTHORIZATION,), Session.apop),
    "AUTH": ((AUTHORIZATION,), Session.auth),
    "UTF8": ((AUTHORIZATION,), Session.utf8),
    "LANG": (BOTH, Session.lang),
    "STAT": ((TRANSACTION,), Session.stat),
    "LIST": ((TRANSACTION,), Session.list_),
    "UIDL": ((TRANSACTION,), Session.uidl),
    "RETR": ((TRANSACTION,), Session.retr),
    "TOP": ((TRANSACTION,), Session.top),
    "DELE": ((TRANSACTION,), Session.dele),
    "NOOP": ((TRANSACTION,), Session.noop),
    "RSET": ((TRANSACTION,), Session.rset),
    "QUIT": (BOTH, Session.quit),
}
