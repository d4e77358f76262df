# SPDX-License-Identifier: MIT
"""A POP3 server for tests: serves a Maildir or a transcript, on loopback
only, and is wrong on demand.

    python3 pop3_server.py --maildir DIR [--tls CERT KEY] [--stls CERT KEY]

prints one line of JSON with its ports when it listens, as
{"clear": 40001, "stls": 40002, "tls": 40003}, and serves until it gets
SIGTERM or its standard input, if told so by --until-eof, ends.

    with Server(maildir=DIR, tls=pair) as server:
        ... server.ports["tls"] ... server.log.commands() ...
"""

import argparse
import collections
import dataclasses
import json
import signal
import socket
import ssl
import sys
import threading
import time

import transcript
from faults import FAULTS, FaultSet, parse
from link import Hangup, Link
from session import Session
from store import Maildrop


@dataclasses.dataclass
class Options:
    """What a session may do; the same for all listeners."""
    users: dict = dataclasses.field(default_factory=lambda: {"demo": "demo"})
    apop: bool = False
    no_plaintext: bool = False
    capa_drop: list = dataclasses.field(default_factory=list)
    capa_add: list = dataclasses.field(default_factory=list)
    tokens: set = None          # OAuth 2 tokens that are good, for any user
    refusal: bytes = b""        # the challenge that explains a bad one


class Log:
    """What happened, in order: dicts with "conn", "event" and more. Events:
    open, sni, tls, tls-failed, early, command, answer, ignored, idle,
    expunged, mismatch, close (with "turns" and "sent")."""

    def __init__(self, path=None):
        self.entries = []
        self._changed = threading.Condition()
        self._file = open(path, "w", encoding="utf-8") if path else None

    def add(self, conn, event, **details):
        entry = {"conn": conn, "event": event, **details}
        with self._changed:
            self.entries.append(entry)
            if self._file:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()
            self._changed.notify_all()

    def events(self, event, conn=None):
        with self._changed:
            return [e for e in self.entries if e["event"] == event and
                    conn in (None, e["conn"])]

    def commands(self, conn=None):
        """The lines that clients sent, SASL answers not included."""
        return [e["line"] for e in self.events("command", conn)]

    def verbs(self, conn=None):
        return collections.Counter(line.split(" ")[0].upper()
                                   for line in self.commands(conn))

    def wait(self, event, count=1, timeout=10):
        """Waits until so many of these events were seen; returns them."""
        with self._changed:
            if not self._changed.wait_for(
                    lambda: sum(e["event"] == event
                                for e in self.entries) >= count, timeout):
                raise TimeoutError(f"no {event} within {timeout} s; there "
                                   f"was: {self.entries[-20:]}")
        return self.events(event)

    def close(self):
        if self._file:
            self._file.close()


def tls_context(pair, on_name, client_ca=None, version=None):
    """`pair`: (cert, key) or an object with .cert and .key. Bad certificates
    must be servable, so the security level is 0 here."""
    cert, key = pair if isinstance(pair, (tuple, list)) else (pair.cert,
                                                              pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    if version is not None:
        context.maximum_version = ssl.TLSVersion[version]
        context.minimum_version = ssl.TLSVersion[version]
    context.load_cert_chain(cert, key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    context.sni_callback = lambda _sock, name, _context: on_name(name)
    return context


class Server:
    """Listens on 127.0.0.1 (or ::1) at ports of the system's choice.

    ports: name -> port. "clear" is always there, "stls" (clear with STLS) and
    "tls" if a pair was given. More of the same server come by listen().
    `ports`: those to take, also while another Server has them.
    """

    def __init__(self, maildir=None, script=None, tls=None, stls=None,
                 options=None, faults=(), host="127.0.0.1", port=0,
                 log_file=None, client_ca=None, tls_version=None,
                 clear=True, ports=None):
        self.options = options or Options()
        self.log = Log(log_file)
        self.ports = {}
        self.faults = []
        self.set_faults(faults)
        self._maildrop = Maildrop(maildir) if maildir else None
        self._script = script
        self._host = host
        self._stopping = threading.Event()
        self._listeners = []
        self._lock = threading.Lock()
        self._links = set()
        self._threads = []
        self._count = 0
        self._context_args = {"client_ca": client_ca, "version": tls_version}
        self._plan = ([("clear", None, None)] if clear else []) + \
            ([("stls", None, stls)] if stls else []) + \
            ([("tls", tls, None)] if tls else [])
        self._first_port = port
        self._wanted = ports or {}

    def set_faults(self, faults):
        """For connections from now on."""
        for wish in faults:
            parse(wish)
        self.faults = list(faults)

    def start(self):
        for name, tls, stls in self._plan:
            self.listen(name, tls, stls,
                        self._wanted.get(name, self._first_port))
            self._first_port = 0
        return self

    def listen(self, name, tls=None, stls=None, port=0):
        for pair in (tls, stls):
            if pair:
                tls_context(pair, None)     # a wrong file is found now
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, port), family=family,
                                        backlog=64, reuse_port=True)
        self.ports[name] = listener.getsockname()[1]
        self._listeners.append(listener)
        self._spawn(self._accept, listener, tls, stls)
        return self.ports[name]

    def stop(self):
        if self._stopping.is_set():
            return
        self._stopping.set()
        for listener in self._listeners:
            # A shutdown, since close() would not wake accept().
            listener.shutdown(socket.SHUT_RDWR)
        with self._lock:
            for link in self._links:
                try:
                    # Not SSLSocket's, which would pull the session from
                    # under the thread that reads.
                    socket.socket.shutdown(link.sock, socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in self._threads:
            thread.join(10)
        for listener in self._listeners:
            listener.close()
        self.log.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # ---- threads --------------------------------------------------------

    def _spawn(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener, tls, stls):
        while True:
            try:
                sock, _peer = listener.accept()
            except OSError:
                return
            if self._stopping.is_set():
                sock.close()
                return
            with self._lock:
                self._count += 1
                conn = self._count
            self._spawn(self._serve, sock, conn, tls, stls)

    def _serve(self, sock, conn, tls, stls):
        def log(event, **details):
            self.log.add(conn, event, **details)

        link = Link(sock, self._stopping, log)
        with self._lock:
            self._links.add(link)
        log("open")
        how = "abrupt"
        try:
            try:
                self._talk(link, conn, tls, stls)
            finally:
                link.flush()    # what was answered before the end
        except Hangup as hangup:
            how = hangup.how
        except OSError as error:
            log("error", error=str(error))
        finally:
            log("close", turns=link.turns, sent=link.sent, how=how)
            link.close(how)
            with self._lock:
                self._links.discard(link)

    def _talk(self, link, conn, tls, stls):
        def context(pair):
            return tls_context(pair, lambda name: link.log("sni", name=name),
                               **self._context_args)

        faults = FaultSet(self.faults, conn)
        session = Session(link, self.options, self._maildrop, faults,
                          context(stls) if stls else None, conn)
        faults.accept(session)
        if tls:
            link.start_tls(context(tls))
        if self._script:
            transcript.play(self._script, link)
        else:
            session.run()


# ---- command line ---------------------------------------------------------

def fault_help():
    rows = []
    for entry in FAULTS.values():
        name = entry.name + ("=" + entry.value if entry.value else "")
        rows.append(f"  {name:<28} {' '.join(entry.help.split())}")
    return "faults (WHERE is VERB, VERB:ARGUMENT, GREETING or ANY; @1,2 " \
        "behind a fault: only in these connections):\n" + "\n".join(rows)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="POP3 server for tests", epilog=fault_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--maildir", metavar="DIR")
    source.add_argument("--transcript", metavar="FILE")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--stls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--no-clear", action="store_true",
                        help="no listener without TLS")
    parser.add_argument("--host", default="127.0.0.1",
                        choices=["127.0.0.1", "::1"])
    parser.add_argument("--port", type=int, default=0,
                        help="of the first listener; 0: the system chooses")
    parser.add_argument("--user", action="append", metavar="NAME:PASSWORD")
    parser.add_argument("--apop", action="store_true")
    parser.add_argument("--no-plaintext", action="store_true",
                        help="no USER, PASS and AUTH without TLS")
    parser.add_argument("--capa-drop", action="append", default=[],
                        metavar="TAG")
    parser.add_argument("--capa-add", action="append", default=[],
                        metavar="ROW")
    parser.add_argument("--client-ca", metavar="FILE",
                        help="ask for a client certificate of this CA")
    parser.add_argument("--tls-version", metavar="VERSION",
                        choices=["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
    parser.add_argument("--fault", action="append", default=[],
                        metavar="NAME[=VALUE][@N]")
    parser.add_argument("--log", metavar="FILE", help="JSON, a line an event")
    parser.add_argument("--until-eof", action="store_true",
                        help="end when standard input does")
    args = parser.parse_args()
    try:
        for wish in args.fault:
            parse(wish)
    except ValueError as error:
        parser.error(str(error))
    return args


def make_server(args):
    users = dict(user.split(":", 1) for user in args.user or ["demo:demo"])
    options = Options(users, args.apop, args.no_plaintext, args.capa_drop,
                      args.capa_add)
    script = transcript.read(args.transcript) if args.transcript else None
    return Server(args.maildir, script, args.tls, args.stls, options,
                  args.fault, args.host, args.port, args.log, args.client_ca,
                  args.tls_version, not args.no_clear)


def main():
    args = parse_arguments()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with make_server(args) as server:
        print(json.dumps(server.ports), flush=True)
        if args.until_eof:
            sys.stdin.buffer.read()
        else:
            while not ended.wait(3600):
                time.sleep(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
