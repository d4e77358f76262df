# SPDX-License-Identifier: MIT
"""Runs CPython's own test_poplib, unchanged, with the name poplib bound to
pop3.poplib: with every CPython from 3.9 on that is found here together with
its tests. Says which those were, and fails if there was none.

Interpreters are looked for on the PATH, beside the one that runs this, and in
directories that hold several versions: the neighbours of each prefix.
"""

import glob
import json
import os
import re
import subprocess
import sys

TIMEOUT = 240

ABOUT = """
import json, os, sys, sysconfig, importlib.util
spec = importlib.util.find_spec("test")
places = spec.submodule_search_locations if spec else []
print(json.dumps([sys.implementation.name, sys.version_info[:3],
                  sys.prefix, sysconfig.get_config_var("Py_GIL_DISABLED"),
                  any(os.path.exists(os.path.join(place, "test_poplib.py"))
                      for place in places)]))
"""

# What stands before the suite, and nothing else: the name.
BOUND = """
import sys, unittest
from pop3 import poplib
sys.modules["poplib"] = poplib
from test import test_poplib
assert test_poplib.poplib is poplib
unittest.main(test_poplib, argv=["test_poplib"])
"""


def on_path():
    """Every python3 and python3.N on the PATH, and in /usr."""
    places = os.environ.get("PATH", "").split(os.pathsep)
    for place in [os.path.dirname(sys.executable), *places, "/usr/bin",
                  "/usr/local/bin"]:
        for path in sorted(glob.glob(os.path.join(place, "python3*"))):
            if re.fullmatch(r"python3(\.\d+)?", os.path.basename(path)):
                yield path


def about(path):
    """What the interpreter says of itself; None if it does not run."""
    try:
        done = subprocess.run([path, "-I", "-c", ABOUT], check=False,
                              stdin=subprocess.DEVNULL, timeout=60,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        name, version, prefix, no_gil, has_tests = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    if name != "cpython" or version < [3, 9] or no_gil:
        return None
    return ".".join(map(str, version)), prefix, has_tests


def neighbours(prefix):
    """Interpreters of other versions that were installed side by side, as
    .../versions/3.12.1/bin/python3."""
    around = os.path.dirname(os.path.realpath(prefix))
    if around == os.path.sep:
        return []
    return sorted(glob.glob(os.path.join(glob.escape(around), "*", "bin",
                                         "python3")))


def interpreters():
    """{prefix: (path, version, has_tests)}"""
    found, seen = {}, set()
    waiting = list(on_path())
    while waiting:
        path = waiting.pop(0)
        if os.path.realpath(path) in seen or not os.access(path, os.X_OK):
            continue
        seen.add(os.path.realpath(path))
        facts = about(path)
        if facts is None:
            continue
        version, prefix, has_tests = facts
        prefix = os.path.realpath(prefix)
        if (prefix, version) not in found:
            found[prefix, version] = (path, version, has_tests)
            waiting += neighbours(prefix)
    return found.values()


def run_suite(path):
    """(passed, what was run, output)"""
    done = subprocess.run([path, "-X", "dev", "-c", BOUND], check=False,
                          stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT)
    ran = re.search(r"^Ran (\d+) tests", done.stdout, re.M)
    count = int(ran[1]) if ran else 0
    verdict = done.stdout.rstrip().splitlines()[-1:] or ["no output"]
    return (done.returncode == 0 and count > 0,
            f"{count} tests: {verdict[0]}", done.stdout)


def main():
    ran = failed = 0
    for path, version, has_tests in interpreters():
        if not has_tests:
            print(f"     CPython {version}: has no test_poplib ({path})")
            continue
        passed, summary, output = run_suite(path)
        ran += 1
        failed += not passed
        print(f"{'ok  ' if passed else 'FAIL'} CPython {version}: {summary} "
              f"({path})", flush=True)
        if not passed:
            print(output)
    if ran == 0:
        print("FAIL no CPython with its tests was found; on Debian, install "
              "libpython3.11-testsuite")
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
