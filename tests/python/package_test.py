# SPDX-License-Identifier: MIT
"""pip makes a wheel of the sources without a network, it serves every Python
from 3.9 on, and what it installs works."""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SOURCES = ["pyproject.toml", "setup.py", "README.md", "LICENSE", "include",
           "src/base", "src/core", "src/auth", "python"]
USE = """
import sys
sys.path.insert(0, {!r})
import _pop3, pop3, pop3.poplib
assert pop3.__version__ == _pop3.version, (pop3.__version__, _pop3.version)
assert pop3.poplib.__file__.startswith({!r})
from pop3 import aio, Client
print(_pop3.version)
"""


def run(*command, **more):
    done = subprocess.run(command, check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)
    if done.returncode:
        raise AssertionError(f"{command}: {done.stdout}")
    return done.stdout


def pip(*arguments, cwd):
    # The interpreter's own packages, whatever the tests' PYTHONPATH says.
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("PYTHON", "PIP_"))}
    return run(sys.executable, "-m", "pip", "--disable-pip-version-check",
               *arguments, "--no-build-isolation", "--no-deps", "--no-index",
               cwd=cwd, env={**environment, "PIP_ROOT_USER_ACTION": "ignore"})


class Package(unittest.TestCase):
    def test_wheel(self):
        with tempfile.TemporaryDirectory() as directory:
            tree = os.path.join(directory, "tree")
            for path in SOURCES:
                source, target = (os.path.join(top, path)
                                  for top in (ROOT, tree))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                if os.path.isdir(source):
                    shutil.copytree(source, target, ignore=shutil.
                                    ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, target)
            self.build(directory, tree)

    def build(self, directory, tree):
        pip("wheel", ".", "--wheel-dir", directory, cwd=tree)
        wheels = glob.glob(os.path.join(directory, "*.whl"))
        self.assertEqual(len(wheels), 1)
        self.assertIn("-cp39-abi3-", wheels[0])
        with zipfile.ZipFile(wheels[0]) as wheel:
            names = wheel.namelist()
        for name in ("_pop3.abi3.so", "pop3/poplib.py", "pop3/poplib.pyi",
                     "pop3/py.typed", "pop3/client.py"):
            self.assertIn(name, names)
        installed = os.path.join(directory, "installed")
        pip("install", ".", "--target", installed, cwd=tree)
        version = run(sys.executable, "-I", "-W", "error", "-c",
                      USE.format(installed, installed))
        self.assertRegex(version, r"^\d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
