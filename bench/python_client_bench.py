# SPDX-License-Identifier: MIT
"""pop3.Client beside the standard library's poplib and a bare recv_into loop.

    PYTHONPATH=BUILD/python:python python3 bench/python_client_bench.py
        [--rounds N] [--only W1,W2,W5] [--mib 1024]
        [--server BUILD/bench/pop3-bench-server]

W1  RETR of one message of 1 GiB: CPU seconds and peak memory
W1t the same inside TLS 1.3
W2  RETR of 20,000 messages of 4 KiB: wall seconds and CPU
W5  RETR of 2,000 messages of 4 KiB, a round trip of 20 ms: wall seconds
W5a the same by pop3.aio.Client

Every run is a process of its own, against a server that has its answers
ready: one in Python, or for the small messages the one that is given, which
takes less of the CPUs that the clients run on. The runs of one workload
alternate, and medians are told. poplib holds a message as a list of lines,
which takes 1.6 GiB for W1: --poplib-mib gives it less, and scales its times.
A ratio that the rounds do not agree about is no result: look at the load
average. Times are from the connection to QUIT.
"""

import collections
import contextlib
import os
import resource
import socket
import sys
import time

# Lines as base64 has them, which is the best case for a list of lines.
LINE = b"0123456789abcdef+/==" * 4
LINE = LINE[:76] + b"\r\n"
BLOCK_LINES = 13443       # about 1 MiB
SMALL_LINES = 52
SMALL = b"+OK 4056 octets\r\n" + LINE * SMALL_LINES + b".\r\n"
SMALL_OCTETS = 4000       # at least
TRAY = 64                 # answers that are sent at once, and made before
SMALL_TRAY = [SMALL] * TRAY
TRAY_FULL = SMALL * TRAY
CAPA = b"+OK\r\nPIPELINING\r\nUSER\r\nUIDL\r\nTOP\r\n.\r\n"

Workload = collections.namedtuple("Workload", "count mib delay tls goal")
WORKLOADS = {
    "W1": Workload(1, 1024, 0, False, "CPU >= 40 x less, <= 20 MiB"),
    "W1t": Workload(1, 1024, 0, True, ""),
    "W2": Workload(20000, 0, 0, False, "wall >= 15 x less"),
    "W5": Workload(2000, 0, 0.020, False, "wall >= 100 x less"),
    "W5a": Workload(2000, 0, 0.020, False, ""),
}


# ---- the server -----------------------------------------------------------

class Server:
    """One connection after the other; every answer takes `delay` seconds."""

    def __init__(self, delay, mib, pair):
        self.delay = delay
        self.mib = mib
        self.context = None
        if pair:
            import ssl
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*pair)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            sock, _peer = self.listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            try:
                self.talk(sock)
            except OSError:
                pass
            sock.close()

    def talk(self, sock):
        import queue
        import threading
        out = queue.SimpleQueue()
        sender = threading.Thread(target=self.send, args=(sock, out))
        if self.delay:
            sender.start()
            send = out.put
        else:
            def send(item):
                self.send_now(sock, item[1])
        send((time.monotonic() + self.delay, [b"+OK\r\n"]))
        rest = b""
        while True:
            data = sock.recv(65536)
            if not data:
                break
            lines = (rest + data).split(b"\r\n")
            rest = lines.pop()
            answers = [self.answer(line) for line in lines]
            send((time.monotonic() + self.delay, answers))
            if lines and lines[-1] == b"QUIT":
                break
        if self.delay:
            out.put(None)
            sender.join()

    def answer(self, line):
        if line.startswith(b"RETR"):
            return None if self.mib else SMALL
        return CAPA if line == b"CAPA" else b"+OK 1 1\r\n"

    def send(self, sock, out):
        while True:
            item = out.get()
            if item is None:
                return
            due, answers = item
            time.sleep(max(0, due - time.monotonic()))
            try:
                self.send_now(sock, answers)
            except OSError:
                return

    def send_now(self, sock, answers):
        if None not in answers:
            for at in range(0, len(answers), TRAY):
                some = answers[at:at + TRAY]
                sock.sendall(TRAY_FULL if some == SMALL_TRAY
                             else b"".join(some))
            return
        sock.sendall(b"+OK\r\n")
        block = LINE * BLOCK_LINES
        for _ in range(self.mib):
            sock.sendall(block)
        sock.sendall(b".\r\n")


# ---- the clients, each in its process -------------------------------------

class Discard:
    """A file that forgets."""

    @staticmethod
    def write(_part):
        return None


def floor(port, work):
    """Receives as many octets, looks at none of them."""
    sock = socket.create_connection(("127.0.0.1", port))
    if work.tls:
        sock = any_server().wrap_socket(sock)
    room = memoryview(bytearray(65536))
    sock.recv_into(room)
    for line in b"USER demo\r\n", b"PASS secret\r\n":
        sock.sendall(line)
        sock.recv_into(room)
    sock.sendall(b"RETR 1\r\n" * work.count + b"QUIT\r\n")
    while sock.recv_into(room):
        pass
    sock.close()


def any_server():
    """Whom TLS trusts does not matter here."""
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ours(port, work):
    import pop3
    client = pop3.Client("127.0.0.1", port, insecure=work.tls,
                         security="tls" if work.tls else "none")
    client.login("demo", "secret", "USER")
    if work.mib:
        client.retr_into(1, Discard)
    else:
        for _number, message in client.retr_many(range(1, work.count + 1)):
            assert len(message) >= SMALL_OCTETS
    client.quit()


def ours_aio(port, work):
    import asyncio

    import pop3

    async def run():
        async with pop3.aio.Client("127.0.0.1", port,
                                   security="none") as client:
            await client.login("demo", "secret", "USER")
            async for _number, message in client.retr_many(
                    range(1, work.count + 1)):
                assert len(message) >= SMALL_OCTETS

    asyncio.run(run())


def theirs(port, work):
    import poplib
    if work.tls:
        client = poplib.POP3_SSL("127.0.0.1", port, context=any_server())
    else:
        client = poplib.POP3("127.0.0.1", port)
    client.user("demo")
    client.pass_("secret")
    for number in range(1, work.count + 1):
        client.retr(number)
    client.quit()


CLIENTS = {"floor": floor, "pop3": ours, "pop3.aio": ours_aio,
           "poplib": theirs}
# Loaded before the clock runs.
MODULES = {"floor": [], "pop3": ["pop3.client"],
           "pop3.aio": ["pop3.client", "pop3.aio"], "poplib": ["poplib"]}


def child(who, name, port, mib):
    work = WORKLOADS[name]._replace(mib=mib)
    for module in MODULES[who]:
        __import__(module)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    CLIENTS[who](port, work)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime
           - before.ru_stime)
    print(wall, cpu, peak_mib())


def peak_mib():
    """Not ru_maxrss, which a process inherits from the one that made it."""
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


# ---- the runs -------------------------------------------------------------

@contextlib.contextmanager
def server_in_python(work, mib, pair):
    """Yields the port."""
    server = Server(work.delay, mib, pair)
    pid = os.fork()
    if pid == 0:
        try:
            server.run()
        finally:
            os._exit(0)
    server.listener.close()
    try:
        yield server.port
    finally:
        os.kill(pid, 15)
        os.waitpid(pid, 0)


@contextlib.contextmanager
def server_in_c(program, work):
    """Yields the port."""
    import subprocess
    server = subprocess.Popen(
        [program, "--messages", str(work.count), "--size", "4K",
         "--delay-ms", str(round(work.delay * 1000))],
        stdout=subprocess.PIPE, text=True)
    try:
        yield int(server.stdout.readline().split()[0].split("=")[1])
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def measure(who, name, mib, pair, program):
    import subprocess
    work = WORKLOADS[name]
    serving = (server_in_c(program, work) if program and not work.mib
               else server_in_python(work, mib, pair))
    with serving as port:
        done = subprocess.run(
            [sys.executable, __file__, "--child", who, name,
             str(port), str(mib)], check=True,
            stdout=subprocess.PIPE, text=True)
    return [float(word) for word in done.stdout.split()]


def compare(name, args, pair):
    import statistics
    work = WORKLOADS[name]
    who = ["floor", "pop3.aio" if name == "W5a" else "pop3", "poplib"]
    runs = {one: [] for one in who}
    for _ in range(args.rounds):
        for one in who:
            mib, scale = (args.mib if work.mib else 0), 1.0
            if one == "poplib" and mib > args.poplib_mib:
                mib, scale = args.poplib_mib, mib / args.poplib_mib
            wall, cpu, memory = measure(one, name, mib, pair,
                                        args.server)
            runs[one].append((wall * scale, cpu * scale, memory))
    result = {one: [statistics.median(column) for column in zip(*rows)]
              for one, rows in runs.items()}
    print(f"\n{name}: {work.count} messages"
          f"{f', {args.mib} MiB' if work.mib else ' of 4 KiB'}"
          f"{', TLS' if work.tls else ''}"
          f"{f', round trip {work.delay * 1000:.0f} ms' if work.delay else ''}"
          f"   {work.goal}")
    print(f"{'':10}{'wall s':>9}{'CPU s':>9}{'MiB':>7}"
          f"{'wall/floor':>12}{'CPU/floor':>11}")
    for one in who:
        wall, cpu, memory = result[one]
        print(f"{one:10}{wall:9.3f}{cpu:9.3f}{memory:7.1f}"
              f"{wall / result['floor'][0]:12.2f}"
              f"{cpu / result['floor'][1]:11.2f}")
    for what, column in (("wall time", 0), ("CPU", 1)):
        ratios = sorted(theirs_[column] / ours_[column] for theirs_, ours_
                        in zip(runs["poplib"], runs[who[1]]))
        print(f"poplib takes {statistics.median(ratios):.1f} x the {what}; "
              "by rounds: " + " ".join(f"{r:.1f}" for r in ratios),
              flush=True)
    for one in who:
        print(f"{one:10} CPU by rounds: "
              + " ".join(f"{row[1]:.3f}" for row in runs[one]))
    print("load average: %.1f %.1f %.1f" % os.getloadavg(), flush=True)


def certificate(directory):
    import subprocess
    pair = os.path.join(directory, "c.pem"), os.path.join(directory, "k.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
         "-keyout", pair[1], "-out", pair[0]], check=True,
        stderr=subprocess.DEVNULL)
    return pair


def main():
    import argparse
    import tempfile
    parser = argparse.ArgumentParser(description="speed of pop3.Client")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(WORKLOADS))
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--server", metavar="PROGRAM",
                        help="pop3-bench-server, for W2, W5 and W5a")
    parser.add_argument("--poplib-mib", type=int, default=1024)
    args = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {args.rounds} rounds, medians")
    with tempfile.TemporaryDirectory() as directory:
        for name in args.only.split(","):
            compare(name, args,
                    certificate(directory) if WORKLOADS[name].tls else None)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        main()
