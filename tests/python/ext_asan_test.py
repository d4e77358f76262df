# SPDX-License-Identifier: MIT
"""The extension under AddressSanitizer, LeakSanitizer and UBSan.

Builds it once more, instrumented, into a temporary directory, and runs the
tests of the extension and of the drop-in with it. Nothing is suppressed: any
error fails, and so does a leak whose stack goes through our module. (What the
interpreter itself never frees is not ours.)
"""

import glob
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NAME = "_pop3.abi3.so"


# Searches for one kind of machine alone.
SCANS = {"x86_64": ["sse2", "avx2", "avx512"], "aarch64": ["neon"]}
OTHERS = [f"scan_{name}.c" for machine, names in SCANS.items()
          for name in names if machine != platform.machine()]


def sources_of_module():
    return [path for place in ("python/src", "src/base", "src/core")
            for path in sorted(glob.glob(os.path.join(ROOT, place, "*.c")))
            if os.path.basename(path) not in OTHERS] + \
        [os.path.join(ROOT, "src", "auth", name + ".c") for name in
         ("again", "auth", "oauth", "scram", "scram_answer", "simple")]


def build(directory, sources):
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-DPy_LIMITED_API=0x03090000",
         "-DAUTH_SCRAM",
         "-g", "-O1", "-fno-omit-frame-pointer", "-fPIC", "-shared",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined",
         "-I" + os.path.join(ROOT, "include"),
         "-I" + os.path.join(ROOT, "src"),
         "-isystem", sysconfig.get_paths()["include"], *sources,
         "-o", os.path.join(directory, NAME)], check=True)


def library(name):
    return subprocess.run(["gcc", "-print-file-name=" + name], check=True,
                          stdout=subprocess.PIPE,
                          text=True).stdout.strip()


class Sanitized(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = directory.name
        build(cls.directory, sources_of_module())

    def run_python(self, *arguments):
        """(status, output, stacks of leaks through our module)"""
        done = subprocess.run(
            [sys.executable, *arguments], check=False, text=True,
            errors="replace", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ,
                 "PYTHONPATH": os.pathsep.join((
                     self.directory, os.path.join(ROOT, "python"), HERE)),
                 "PYTHONMALLOC": "malloc",
                 "PYTHONDONTWRITEBYTECODE": "1",
                 "LD_PRELOAD": library("libasan.so") + " " +
                 library("libubsan.so"),
                 # Errors abort; what Python leaks is no failure.
                 "ASAN_OPTIONS": "abort_on_error=1:fast_unwind_on_malloc=0:"
                                 "malloc_context_size=12",
                 "LSAN_OPTIONS": "exitcode=0",
                 "UBSAN_OPTIONS": "print_stacktrace=1"})
        leaks = [report for report in re.findall(
            r"^(?:Direct|Indirect) leak of .*?\n\n", done.stdout,
            re.M | re.S) if ROOT in report or self.directory in report]
        return done.returncode, done.stdout, leaks

    def assert_clean(self, *arguments):
        status, output, leaks = self.run_python(*arguments)
        self.assertEqual(status, 0, output[-20000:])
        self.assertEqual(leaks, [])
        return output

    def test_extension(self):
        for name in "ext_test.py", "ext_misuse_test.py", "ext_pull_test.py":
            self.assertIn("\nOK", self.assert_clean(
                os.path.join(HERE, name)))

    def test_logins(self):
        self.assertIn("\nOK", self.assert_clean(
            os.path.join(HERE, "client_login_test.py"),
            "ScramTest.test_it_is_chosen", "ScramTest.test_wrong_password",
            "TokenTest.test_asked_once_more",
            "TokenTest.test_what_a_function_raises",
            "OtherTest.test_utf8_first"))

    def test_drop_in(self):
        for name in "poplib_test.py", "poplib_safety_test.py":
            self.assertIn("\nOK", self.assert_clean(
                os.path.join(HERE, name)))

    def test_it_can_fail(self):
        """The sanitizers are really there, and see our module."""
        source = os.path.join(self.directory, "bad.c")
        with open(source, "w", encoding="ascii") as file:
            file.write("#include <stdlib.h>\nvoid bad(void);\n"
                       "__attribute__((visibility(\"default\")))\n"
                       "void bad(void) { volatile char *p = malloc(1);"
                       " free((void *)p); *p = 1; }\n"
                       "__attribute__((visibility(\"default\")))\n"
                       "void *leak(void); void *leak(void)"
                       " { return malloc(77); }\n")
        place = os.path.join(self.directory, "bad")
        os.mkdir(place)
        build(place, [source])
        load = f"import ctypes; lib = ctypes.CDLL({place!r} + '/{NAME}'); "
        status, output, _ = self.run_python("-c", load + "lib.bad()")
        self.assertNotEqual(status, 0)
        self.assertIn("heap-use-after-free", output)
        _, _, leaks = self.run_python("-c", load + "lib.leak()")
        self.assertEqual(len(leaks), 1)


if __name__ == "__main__":
    unittest.main()
