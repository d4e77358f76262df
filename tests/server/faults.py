# SPDX-License-Identifier: MIT
"""What can be wrong with a server, one small function for each.

A fault is named on the command line or in a test as NAME, NAME=VALUE, and
NAME@1,2 or NAME=VALUE@1,2 if only those connections, counted from 1, shall
have it. WHERE in a value is VERB, VERB:ARGUMENT, GREETING or ANY.
Each function belongs to a stage, which decides what it is given:

    accept(session)                   before TLS and greeting
    answer(session, command)          a Reply instead of the right one, or None
    change(session, command, reply)   the Reply to be sent
    capabilities(session, rows)       the rows of CAPA
    messages(session, messages)       what is in the maildrop after login
    listing(session, command, rows)   the rows of LIST and UIDL
    expunge(session, messages)        what QUIT really removes
    output(link, data)                the chunks in which data leaves

and its value as the last argument.
"""

import itertools
import random

from fault_table import FAULTS, FaultSet, fault, parse
from link import Hangup, octets
from session import TRANSACTION, Reply, err

__all__ = ["FAULTS", "FaultSet", "parse"]


def where(value):
    """WHERE/REST -> (WHERE, REST)."""
    pattern, _, rest = value.partition("/")
    return pattern, rest


def stall(session):
    session.link.wait_closed()
    raise Hangup()


def drop():
    raise Hangup()


# ---- connection -----------------------------------------------------------

@fault("accept", "refuse")
def refuse(_session, _value):
    """close at once, before TLS and greeting"""
    raise Hangup()


@fault("accept", "tls-stall")
def tls_stall(session, _value):
    """never answer the TLS handshake (implicit TLS)"""
    stall(session)


@fault("accept", "tls-cut")
def tls_cut(session, _value):
    """read something of the TLS handshake, then close (implicit TLS)"""
    session.link.sock.recv(16)
    raise Hangup()


@fault("accept", "tls-garbage")
def tls_garbage(session, _value):
    """speak clear text where TLS is expected (implicit TLS)"""
    session.link.sock.sendall(b"+OK this is no TLS\r\n")
    raise Hangup()


@fault("accept", "idle-out", "SECONDS[/LINE]")
def idle_out(session, value):
    """a session in which nothing came for so long ends, with LINE or without
    """
    seconds, line = where(value)
    session.link.sock.settimeout(float(seconds))
    session.link.idle_line = octets(line)


# ---- instead of an answer -------------------------------------------------

@fault("answer", "close-on", "WHERE")
def close_on(_session, command, value):
    """close instead of answering"""
    if command.matches(value):
        raise Hangup()


@fault("answer", "reset-on", "WHERE")
def reset_on(_session, command, value):
    """reset the connection instead of answering"""
    if command.matches(value):
        raise Hangup("reset")


@fault("answer", "stall-on", "WHERE")
def stall_on(session, command, value):
    """never answer, and keep the connection open"""
    if command.matches(value):
        stall(session)


@fault("answer", "dies-of", "UID[/HOW]")
def dies_of(session, command, value):
    """RETR of this message is the end: close, reset, stall, or err and close
    """
    uid, how = where(value)
    message = session.find(command) if command.verb == "RETR" else None
    if message is None or message.uid != uid:
        return None
    if how == "stall":
        stall(session)
    if how != "err":
        raise Hangup(how or "clean")
    reply = err("cannot read it")
    reply.then = session.hang_up
    return reply


@fault("answer", "delay-on", "WHERE/SECONDS")
def delay_on(session, command, value):
    """answer late"""
    pattern, seconds = where(value)
    if command.matches(pattern):
        session.link.flush()
        session.link.stopping.wait(float(seconds))


@fault("answer", "err-on", "WHERE[/TEXT]")
def err_on(_session, command, value):
    """answer -ERR TEXT"""
    pattern, words = where(value)
    return err(words or "no") if command.matches(pattern) else None


@fault("answer", "say-on", "WHERE/LINE")
def say_on(_session, command, value):
    """answer LINE, whatever it is, as a single line"""
    pattern, line = where(value)
    return Reply(octets(line)) if command.matches(pattern) else None


@fault("answer", "login-err", "TEXT", "[AUTH] no")
def login_err(_session, command, value):
    """answer every login with -ERR TEXT, although the password is right"""
    first_of_two = command.verb == "AUTH" and len(command.args) < 2
    return (err(value) if command.verb in ("PASS", "APOP", "AUTH") and
            not first_of_two else None)


@fault("answer", "in-use")
def in_use(session, command, _value):
    """the maildrop is always locked by somebody else"""
    return login_err(session, command, "[IN-USE] locked by another session")


@fault("answer", "capa-err")
def capa_err(_session, command, _value):
    """CAPA is not known"""
    return err("unknown command") if command.verb == "CAPA" else None


@fault("answer", "capa-err-late")
def capa_err_late(session, command, _value):
    """CAPA is not known after login"""
    late = session.state == TRANSACTION
    return capa_err(session, command, "") if late else None


@fault("answer", "capa-close")
def capa_close(_session, command, _value):
    """CAPA makes the server close"""
    if command.verb == "CAPA":
        raise Hangup()


@fault("answer", "stls-refuse")
def stls_refuse(_session, command, _value):
    """STLS is announced and refused"""
    return err("TLS is not working") if command.verb == "STLS" else None


@fault("capabilities", "no-uidl")
def no_uidl_capability(_session, rows, _value):
    """UIDL is neither announced nor known"""
    return [row for row in rows if row != "UIDL"]


@fault("answer", "no-uidl")
def no_uidl(_session, command, _value):
    return err("unknown command") if command.verb == "UIDL" else None


@fault("answer", "drop-pipelined")
def drop_pipelined(session, _command, _value):
    """forget commands that came together with the one being answered"""
    session.link.drop_input()


@fault("answer", "huge", "OCTETS", str(1 << 30))
def huge(_session, command, value):
    """RETR gives a message of about so many octets, made while it is sent"""
    if command.verb != "RETR":
        return None
    line = b"0123456789abcdef" * 4 + b"\r\n"
    block = (line * 63 + b"..\r\n") * 16
    blocks = itertools.repeat(block, int(value) // len(block))
    return Reply(b"+OK it is big", stream=itertools.chain(blocks, [b".\r\n"]))


# ---- the answer, changed --------------------------------------------------

@fault("change", "stls-inject", "OCTETS", "+OK injected\r\n")
def stls_inject(_session, command, reply, value):
    """octets in clear right behind the +OK of STLS"""
    if command.verb == "STLS" and reply.ok:
        reply.final = octets(value)
    return reply


@fault("change", "unasked", "WHERE[/LINE]")
def unasked(_session, command, reply, value):
    """one more reply behind the right one"""
    pattern, line = where(value)
    if command.matches(pattern):
        reply.final += octets(line or "+OK nobody asked") + b"\r\n"
    return reply


@fault("change", "lose", "WHERE[/merge]")
def lose(_session, command, reply, value):
    """no answer; or (merge) one without its end, run into the next"""
    if command.matches(where(value)[0]):
        reply.raw = reply.encode()[:-3] if value[-6:] == "/merge" else b""
    return reply


@fault("change", "bare-ok")
def bare_ok(_session, _command, reply, _value):
    """status lines are +OK and -ERR without text, where text means nothing"""
    if reply.rows is not None or reply.body is not None or not reply.ok:
        reply.status = reply.status.split(b" ")[0]
    return reply


@fault("change", "long-status", "OCTETS", "5000")
def long_status(_session, _command, reply, value):
    """status lines of so many octets"""
    missing = int(value) - len(reply.status) - 2
    reply.status += b" " + b"x" * (missing - 1) if missing > 0 else b""
    return reply


@fault("change", "lf")
def lf_only(_session, _command, reply, _value):
    """every line ends with LF alone"""
    reply.end = b"\n"
    return reply


@fault("change", "escape")
def escape(_session, _command, reply, _value):
    """terminal escapes and control characters in status lines"""
    reply.status += b" \x1b[2J\x1b]0;owned\x07 \xc2\x9b31m \xe2\x80\xae \xff"
    return reply


@fault("change", "cut-reply", "WHERE/OCTETS")
def cut_reply(_session, command, reply, value):
    """send the first OCTETS (negative: all but the last) of the reply, close
    """
    pattern, count = where(value)
    if command.matches(pattern):
        reply.raw = reply.encode()[:int(count)]
        reply.then = drop
    return reply


@fault("change", "stall-reply", "WHERE/OCTETS")
def stall_reply(session, command, reply, value):
    """send the first OCTETS of the reply, then nothing more"""
    pattern, count = where(value)
    if command.matches(pattern):
        reply.raw = reply.encode()[:int(count)]
        reply.then = lambda: stall(session)
    return reply


@fault("change", "close-after", "WHERE")
def close_after(session, command, reply, value):
    """close right behind the answer"""
    if command.matches(value):
        reply.then = session.hang_up
    return reply


@fault("change", "close-after-bad-pass")
def close_after_bad_pass(session, command, reply, _value):
    """close behind the first login that fails"""
    if command.verb in ("PASS", "APOP", "AUTH") and not reply.ok:
        reply.then = session.hang_up
    return reply


@fault("change", "retr-deletes")
def retr_deletes(session, command, reply, _value):
    """RETR marks the message as deleted"""
    if command.verb == "RETR" and reply.ok:
        session.find(command).deleted = True
    return reply


@fault("change", "raw-body")
def raw_body(session, command, reply, _value):
    """RETR serves the file as it is: bare LFs stay bare"""
    if command.verb == "RETR" and reply.ok:
        with open(session.find(command).path, "rb") as file:
            data = file.read()
        reply.body = data if data.endswith(b"\r\n") else data + b"\r\n"
    return reply


@fault("answer", "top-whole")
def top_whole(session, command, _value):
    """TOP gives the whole message, whatever was asked for"""
    return session.retr(command) if command.verb == "TOP" else None


# ---- QUIT -----------------------------------------------------------------

@fault("answer", "quit-err")
def quit_err(session, command, _value):
    """QUIT is -ERR, and nothing is deleted"""
    if command.verb != "QUIT":
        return None
    reply = err("some deleted messages not removed")
    reply.then = session.hang_up
    return reply


@fault("change", "quit-close")
def quit_close(_session, command, reply, _value):
    """QUIT deletes and closes without an answer"""
    if command.verb == "QUIT":
        raise Hangup()
    return reply


@fault("change", "no-close-notify")
def no_close_notify(_session, command, reply, _value):
    """close without close_notify after the answer to QUIT"""
    if command.verb == "QUIT":
        reply.then = drop
    return reply


@fault("expunge", "never-deletes")
def never_deletes(_session, _messages, _value):
    """QUIT says +OK and deletes nothing"""
    return []


@fault("expunge", "deletes-half")
def deletes_half(_session, messages, _value):
    """QUIT says +OK and deletes every other message"""
    return messages[::2]


# ---- CAPA -----------------------------------------------------------------

@fault("capabilities", "capa-late", "TAG")
def capa_late(session, rows, value):
    """announce TAG only after login"""
    return [row for row in rows if row.split()[0] != value.upper() or
            session.state == TRANSACTION]


@fault("capabilities", "capa-tls", "TAG")
def capa_tls(session, rows, value):
    """announce TAG only inside TLS"""
    return [row for row in rows if row.split()[0] != value.upper() or
            session.link.is_tls]


@fault("capabilities", "capa-clear", "TAG")
def capa_clear(session, rows, value):
    """announce TAG only without TLS"""
    return [row for row in rows if row.split()[0] != value.upper() or
            not session.link.is_tls]


@fault("capabilities", "capa-many", "N", "100000")
def capa_many(_session, rows, value):
    """N capabilities more"""
    return rows + [f"X-JUNK-{i}" for i in range(int(value))]


# ---- the maildrop ---------------------------------------------------------

@fault("messages", "duplicate-uids", "N", "2")
def duplicate_uids(_session, messages, value):
    """the first N messages share one unique-id"""
    for message in messages[:int(value)]:
        message.uid = messages[0].uid
    return messages


@fault("messages", "new-uids", "PREFIX", "changed-")
def new_uids(_session, messages, value):
    """all unique-ids are others than before"""
    for message in messages:
        message.uid = value + message.uid
    return messages


@fault("messages", "long-uids", "OCTETS", "1024")
def long_uids(_session, messages, value):
    """unique-ids of so many octets"""
    for message in messages:
        message.uid = message.uid.ljust(int(value), "u")
    return messages


@fault("messages", "odd-uids")
def odd_uids(_session, messages, _value):
    """unique-ids with spaces, quotes, 8-bit octets and more than 70 octets"""
    for message in messages:
        message.uid += " %s\\'\"; \udcff\udc80" + "ü " * 60 + "."
    return messages


@fault("messages", "no-uids", "N", "1")
def no_uids(_session, messages, value):
    """the first N messages have an empty unique-id"""
    for message in messages[:int(value)]:
        message.uid = ""
    return messages


@fault("messages", "sizes", "OCTETS", "0")
def sizes(_session, messages, value):
    """all messages claim this size"""
    for message in messages:
        message.octets = int(value)
    return messages


@fault("messages", "empty")
def empty(_session, _messages, _value):
    """the maildrop looks empty"""
    return []


@fault("messages", "newest", "N")
def newest(_session, messages, value):
    """only the last N messages are shown"""
    messages = messages[-int(value):]
    for number, message in enumerate(messages, 1):
        message.number = number
    return messages


# ---- listings -------------------------------------------------------------

@fault("listing", "bad-rows")
def bad_rows(_session, _command, rows, _value):
    """rows that make no sense between good ones"""
    junk = [b"", b"0 7", b"-1 7", b"abc def", b"18446744073709551616 1",
            b"99999999999999999999999999 1", b"1 1 1 1", b"7", b" ", b"+2 5",
            b"0x3 5", b"1\x00 2", b"\xff\xfe 1"]
    return junk + rows + junk


@fault("listing", "odd-rows")
def odd_rows(_session, _command, rows, _value):
    """several spaces and more columns, legal for a tolerant client"""
    return [b"  " + row.replace(b" ", b"   ") + b"  more columns"
            for row in rows]


@fault("listing", "shuffle-rows")
def shuffle_rows(_session, _command, rows, _value):
    """rows in any order"""
    rows = list(rows)
    random.Random(1).shuffle(rows)
    return rows


@fault("listing", "hide", "VERB:NUMBER")
def hide(_session, command, rows, value):
    """a message is missing in LIST or in UIDL"""
    verb, _, number = value.partition(":")
    if command.verb != verb.upper():
        return rows
    return [row for row in rows if row.split(b" ")[0] != octets(number)]


@fault("listing", "endless-rows", "N", "20000000")
def endless_rows(_session, command, rows, value):
    """rows without end: N copies of made-up messages"""
    return rows + [b"%d %s" % (n, command.verb.encode())
                   for n in range(len(rows) + 1, int(value))]


# ---- bytes on their way ---------------------------------------------------

def _until(link, data, value, end):
    left = int(value) - link.sent
    if left >= len(data):
        yield data
        return
    if left > 0:
        yield data[:left]
    end()


def _raise(how):
    raise Hangup(how)


@fault("output", "cut-after", "OCTETS")
def cut_after(link, data, value):
    """close after so many octets in this connection, without close_notify"""
    return _until(link, data, value, lambda: _raise("abrupt"))


@fault("output", "cut-clean-after", "OCTETS")
def cut_clean_after(link, data, value):
    """close after so many octets, with close_notify"""
    return _until(link, data, value, lambda: _raise("clean"))


@fault("output", "reset-after", "OCTETS")
def reset_after(link, data, value):
    """reset the connection after so many octets"""
    return _until(link, data, value, lambda: _raise("reset"))


@fault("output", "stall-after", "OCTETS")
def stall_after(link, data, value):
    """send nothing more after so many octets"""
    def stop():
        link.output_faults = []
        link.wait_closed()
        raise Hangup()
    return _until(link, data, value, stop)


@fault("output", "chunk", "OCTETS", "1")
def chunk(_link, data, value):
    """one write for so many octets"""
    size = int(value)
    return (data[i:i + size] for i in range(0, len(data), size))


@fault("output", "drip", "OCTETS-PER-SECOND", "10")
def drip(link, data, value):
    """one octet after the other, at this rate"""
    for i in range(len(data)):
        yield data[i:i + 1]
        if link.stopping.wait(1 / float(value)):
            raise Hangup()
