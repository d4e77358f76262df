#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Speed and memory of the Python package beside the standard library's poplib,
in one run, on loopback.

    PYTHONPATH=BUILD/python:python bench/python_bench.py [--quick] [CASE...]

Each figure is of a process of its own: its CPU time, user and system, between
login and QUIT, the wall time of the same, and the most memory that it ever
had. The server is another process, which sends octets that were made before.
"floor" is a bare recv_into() loop over the same octets.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time

LINE = b"VGhpcyBpcyBhIGxpbmUgb2YgYSBtZXNzYWdlIGFzIGl0IGNvbWVzIGluIGJhc2U2" \
       b"NDogNzYgb2N0"
MIB = 1048576

# case: (poplib's call, messages, octets of each or rows, goal)
CASES = {
    "retr": ("200 messages of 5 MiB, as lists of lines: 8 x less CPU", 200,
             5 * MIB),
    "uidl": ("1,000,000 unique-ids: 5 x less CPU", 1, 1000000),
    "into": ("one message of 1 GiB: retr_into(), 40 x less CPU, 20 MiB", 1,
             1024 * MIB),
}
CLIENTS = {
    "retr": ("floor", "poplib", "pop3.poplib", "pop3.Client"),
    "uidl": ("floor", "poplib", "pop3.poplib", "pop3.Client"),
    "into": ("floor", "poplib", "pop3.Client"),
}


def reply_of(case, size):
    """The octets that answer one command."""
    if case == "uidl":
        rows = b"".join(b"%d %032x\r\n" % (n, n * 2654435761)
                        for n in range(1, size + 1))
        return b"+OK\r\n" + rows + b".\r\n"
    line = LINE + b"\r\n"
    return b"+OK\r\n" + line * (size // len(line)) + b".\r\n"


# ---- the server --------------------------------------------------------

def serve(case, size):
    """Prints its port; serves one client after another."""
    block = reply_of(case, size if case != "into" else 64 * MIB)
    repeat = size // (64 * MIB) if case == "into" else 1
    head, body = block[:5], block[5:-3]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            sock, _ = listener.accept()
            with sock, sock.makefile("rb") as file:
                sock.sendall(b"+OK\r\n")
                for command in file:
                    answer(sock, command.split()[0], head, body, repeat)


def answer(sock, verb, head, body, repeat):
    if verb in (b"RETR", b"UIDL"):
        sock.sendall(head)
        for _ in range(repeat):
            sock.sendall(body)
        sock.sendall(b".\r\n")
    elif verb == b"CAPA":
        sock.sendall(b"+OK\r\nUIDL\r\nUSER\r\nPIPELINING\r\n.\r\n")
    elif verb == b"STAT":
        sock.sendall(b"+OK 1000000 1000000\r\n")
    else:
        sock.sendall(b"+OK\r\n")


# ---- the clients -------------------------------------------------------

def floor(case, port, count, size):
    length = len(LINE) + 2
    if case == "uidl":
        left = sum(len(str(n)) for n in range(1, size + 1)) + 35 * size
    elif case == "into":
        left = size // (64 * MIB) * (64 * MIB // length * length)
    else:
        left = size // length * length
    sock = socket.create_connection(("127.0.0.1", port))
    sock.recv(100)
    buffer = bytearray(65536)
    yield
    for _ in range(count):
        sock.sendall(b"UIDL\r\n" if case == "uidl" else b"RETR 1\r\n")
        rest = left + 8     # and +OK and the end
        while rest:
            rest -= sock.recv_into(buffer)
    yield
    sock.close()


def like_poplib(module, case, port, count, size):
    client = module.POP3("127.0.0.1", port)
    client.user("user")
    yield
    for _ in range(count):
        if case == "uidl":
            assert len(client.uidl()[1]) == size
        else:
            client.retr(1)
    yield
    client.close()


def native(case, port, count, size):
    import pop3
    client = pop3.Client("127.0.0.1", port, security="none")
    client.login("user", "secret", mechanism="USER")
    yield
    if count == 0:
        pass
    elif case == "uidl":
        assert len(client.uidl()) == size
    elif case == "into":
        with open(os.devnull, "wb", buffering=0) as file:
            client.retr_into(1, file)
    else:
        for _ in range(count):
            client.retr(1)
    yield
    client.close()


def run_client(name, case, port, count, size):
    """Prints CPU seconds, wall seconds, and peak memory in MiB."""
    if name == "floor":
        steps = floor(case, port, count, size)
    elif name == "pop3.Client":
        steps = native(case, port, count, size)
    elif name == "poplib":
        import poplib
        steps = like_poplib(poplib, case, port, count, size)
    else:
        from pop3 import poplib
        steps = like_poplib(poplib, case, port, count, size)
    next(steps)
    cpu, wall = time.process_time(), time.perf_counter()
    next(steps)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    with open("/proc/self/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) / 1024 for line in status
                    if line.startswith("VmHWM"))
    print(cpu, wall, peak)


# ---- the run -----------------------------------------------------------

def start(*arguments):
    return subprocess.Popen([sys.executable, os.path.abspath(__file__),
                             *map(str, arguments)], stdout=subprocess.PIPE,
                            text=True)


def measure(name, case, port, count, size):
    # Once to have everything compiled, as it is where it is installed.
    if name != "floor":
        start("--client", name, case, port, 0, size).communicate()
    process = start("--client", name, case, port, count, size)
    output = process.communicate()[0]
    if process.returncode:
        raise SystemExit(f"{name} failed")
    return tuple(map(float, output.split()))


def run(case, quick):
    text, count, size = CASES[case]
    if quick:
        count, size = (max(1, count // 10), size) if count > 1 else \
            (1, size // 8)
    server = start("--serve", case, size)
    try:
        port = int(server.stdout.readline())
        print(f"\n{text}\n  {'':12} {'CPU s':>8} {'wall s':>8} {'MiB':>7} "
              f"{'less CPU':>9} {'x floor':>8}")
        figures = {}
        for name in CLIENTS[case]:
            figures[name] = measure(name, case, port, count, size)
            if "poplib" in figures:
                show(name, figures)
                if name == "poplib":
                    show("floor", figures)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def show(name, figures):
    cpu, wall, peak = figures[name]
    print(f"  {name:12} {cpu:8.3f} {wall:8.3f} {peak:7.1f} "
          f"{figures['poplib'][0] / cpu:8.1f}x "
          f"{cpu / figures['floor'][0]:7.1f}x", flush=True)


def main():
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2], int(sys.argv[3]))
    if sys.argv[1:2] == ["--client"]:
        return run_client(*sys.argv[2:4], *map(int, sys.argv[4:]))
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of the work")
    parser.add_argument("cases", nargs="*", metavar="CASE",
                        help=", ".join(CASES))
    options = parser.parse_args()
    unknown = set(options.cases) - set(CASES)
    if unknown:
        parser.error("no such case: " + ", ".join(unknown))
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} CPUs")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["PYTHONPYCACHEPREFIX"] = cache
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for case in options.cases or CASES:
            run(case, options.quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
