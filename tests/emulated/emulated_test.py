#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs unit tests on processors that this machine is not, in QEMU.

    emulated_test.py arm64 SOURCE_ROOT         builds and runs for arm64
    emulated_test.py x86-64 CPU PROGRAM ARG... runs a program that was built

QEMU cannot emulate AVX-512: it has a unit test, scan-avx512, that machines
without it report as not run.
"""

import os
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
COMPILER, ARM64, X86_64 = ("aarch64-linux-gnu-gcc", "qemu-aarch64",
                           "qemu-x86_64")
FLAGS = ("-std=c11 -O2 -static -Wall -Wextra -Wpedantic -Wconversion -Wshadow "
         "-Wstrict-prototypes -Wmissing-prototypes -Werror -D_GNU_SOURCE "
         "-Iinclude -Isrc -Itests/harness").split()

SCAN = ("src/core/scan.c src/core/scan_neon.c src/core/scan_portable.c "
        "src/core/rows_words.c")
# Program and its arguments: what it is made of.
PROGRAMS = {
    "tests/unit/core/scan_test.c --best neon portable":
        f"{SCAN} tests/harness/plan.c",
    "tests/unit/core/dot_test.c": f"{SCAN} src/core/dot.c",
    "tests/unit/core/line_test.c": f"{SCAN} src/core/line.c",
    "tests/unit/core/rows_test.c":
        f"{SCAN} src/core/rows.c src/core/line.c src/core/listing.c",
}


def need(*programs):
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        print("SKIP: there is no", " and no ".join(missing),
              "(tools/setup test installs them)")
        sys.exit(SKIPPED)


def run(*command, cwd=None):
    print("$", " ".join(command), flush=True)
    return subprocess.run(command, cwd=cwd, check=False).returncode


def arm64(root):
    need(COMPILER, ARM64)
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "program")
        for test, parts in PROGRAMS.items():
            source, *args = test.split()
            failed += (run(COMPILER, *FLAGS, "-o", program, source,
                           *parts.split(), cwd=root) or
                       run(ARM64, program, *args)) != 0
    return failed


def x86_64(cpu, *command):
    need(X86_64)
    return run(X86_64, "-cpu", cpu, *command)


def main():
    kind, *args = sys.argv[1:]
    return 1 if {"arm64": arm64, "x86-64": x86_64}[kind](*args) else 0


if __name__ == "__main__":
    sys.exit(main())
