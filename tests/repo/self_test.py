# SPDX-License-Identifier: MIT
"""Shows that each check of the repository finds what it is there to find: a
small repository that is in order, and the same with one thing broken."""

import os
import subprocess
import sys
import tempfile
import unittest

import binaries
import linters
import repo
import sources

BANNED_H = "".join(f"#define {name} BANNED({name})\n"
                   for name in sources.BANNED)
C = "/* SPDX-License-Identifier: MIT */\n"
COMMENT = C + "/*\n * it - does\n *\n * what a file of this size does.\n */\n"

GOOD = {
    "src/base/banned.h": C + BANNED_H,
    "src/base/one.c": COMMENT + "int\none(void)\n{\n    return 1;\n}\n",
    "src/base/one.h": C + "int one(void);\n",
    "src/core/two.c": COMMENT + '#include "base/one.h"\n'
                                "int two(void);\n\nint\n"
                                "two(void)\n{\n    return one() + 1;\n}\n",
    "include/pop3.h": C + "#define POP3_API\nPOP3_API int pop3_two(void);\n",
    "docs/adr/0001-one.md": "# 1. One\n",
    "docs/quirks.md": "1. It is odd.\n2. It is odder.\n",
    "tests/quirks_test.py": "# SPDX-License-Identifier: MIT\n"
                            "class It:\n    def test_quirk_01(self):\n"
                            "        pass\n\n    def test_quirk_02(self):\n"
                            "        pass\n",
    "tools/it": "#!/bin/sh\n# SPDX-License-Identifier: MIT\necho \"$@\"\n",
    "man/it.1": ".Dd $Mdocdate$\n.Dt IT 1\n.Os\n.Sh NAME\n.Nm it\n"
                ".Nd does it\n.Sh DESCRIPTION\nIt does.\n",
    "Makefile": "test:\n\ttrue\n",
    "README.md": "Type `make test`; see [it](tools/it).\n",
    ".clang-format": "BasedOnStyle: LLVM\nIndentWidth: 4\n"
                     "BreakBeforeBraces: Linux\n"
                     "AlwaysBreakAfterReturnType: TopLevelDefinitions\n",
    ".clang-tidy": "Checks: '-*,bugprone-*'\n",
}

BIG = ["    if (a == %d)\n        a++;\n" % n for n in range(50)]

# check -> files that break it
BROKEN = {
    "spdx": {"tools/it": "#!/bin/sh\necho\n"},
    "banned": {"src/base/one.c": COMMENT + "int f(char *a) "
                                           "{ return ato" "i (a); }\n"},
    "banned-is-complete": {"src/base/banned.h": C},
    "unfinished": {"README.md": "TO" "DO: write this\n"},
    "machine-paths": {"README.md": "as in /mach" "ine/x\n"},
    "long-lines": {"src/base/one.h": C + "/* " + "x" * 80 + " */\n"},
    "includes": {"src/base/one.c": COMMENT + '#include "core/two.h"\n'},
    "sizes": {"src/base/one.c": COMMENT + "int\nf(int a)\n{\n" +
              "".join(BIG) + "    return a;\n}\n"},
    "file-comments": {"src/base/one.c": C + "int one;\n"},
    "decisions": {"docs/adr/0001-other.md": "# 1. Other\n"},
    "readme": {"README.md": "Type `make nothing`.\n"},
    "quirks": {"docs/quirks.md": "1. It is odd.\n2. It is odder.\n3. No.\n"},
    "headers": {"src/base/one.h": C + "size_t one(void);\n"},
    "clang-format": {"src/base/one.c": COMMENT + "int  one  ;\n"},
    "cppcheck": {"src/base/one.c": COMMENT +
                 "int f(void);\nint f(void)\n{\n    int a[2] = { 0 };\n"
                 "    return a[2];\n}\n"},
    "shellcheck": {"tools/it": "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"
                               "rm $1\n"},
    "codespell": {"README.md": "reci" "eve mail\n"},
    "man-pages": {"man/it.1": ".Dt IT\n.Sh NOTHING\n"},
}


class SourceChecks(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        self.write(GOOD)

    def write(self, tree):
        for path, text in tree.items():
            path = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o755)

    def check(self, name, *arguments):
        table = {**sources.CHECKS, **binaries.CHECKS, **linters.CHECKS}
        try:
            return table[name](self.root, *arguments)
        except repo.Missing as missing:
            return self.skipTest(f"{missing} is not installed")

    def test_each_passes_and_fails(self):
        for name, broken in BROKEN.items():
            with self.subTest(name):
                self.write(GOOD)
                self.assertEqual(self.check(name), [])
                self.write(broken)
                self.assertNotEqual(self.check(name), [])

    def test_none_is_forgotten(self):
        here = {"clang-tidy", "exports", "core-is-pure", "layers",
                "no-state"}
        every = {**sources.CHECKS, **binaries.CHECKS, **linters.CHECKS}
        self.assertEqual(set(every), set(BROKEN) | here)

    # ---- with a compiler ------------------------------------------------

    def compile(self, *command):
        subprocess.run(command, cwd=self.root, check=True)

    def library(self, name, text):
        self.write({name + ".c": text})
        self.compile("gcc", "-fPIC", "-c", name + ".c", "-o", name + ".o")
        self.compile("ar", "crs", name + ".a", name + ".o")
        return os.path.join(self.root, name + ".a")

    def test_clang_tidy(self):
        self.write({"compile_commands.json": f'''[{{
            "directory": "{self.root}", "file": "src/base/one.c",
            "command": "gcc -c src/base/one.c"}}]'''})
        self.assertEqual(self.check("clang-tidy", self.root), [])
        self.write({"src/base/one.c": "#include <string.h>\nint one(char *a)"
                                      "\n{\n    memset(a, 7, 0);\n    if (*a);"
                                      "\n    return 1;\n}\n"})
        self.assertNotEqual(self.check("clang-tidy", self.root), [])

    def test_exports(self):
        for text, complaints in [
                ("int pop3_two(void) { return 2; }", 0),
                ("int pop3_tow(void) { return 2; }", 2),
                ("int pop3_two(void) { return 2; } int more;", 1)]:
            self.write({"lib.c": text})
            self.compile("gcc", "-shared", "-fPIC", "lib.c", "-o", "lib.so")
            library = os.path.join(self.root, "lib.so")
            self.assertEqual(len(self.check("exports", library)), complaints)

    def test_core_is_pure(self):
        base = self.library("base", "int one(void) { return 1; }\n")
        good = self.library("core", "#include <string.h>\nint one(void);\n"
                            "int two(char *a, char *b, size_t n) "
                            "{ return one() + memcmp(a, b, n); }\n")
        self.assertEqual(self.check("core-is-pure", base, good), [])
        bad = self.library("core", "#include <time.h>\n"
                           "long two(void) { return time(0); }\n")
        self.assertEqual(self.check("core-is-pure", base, bad),
                         ["the core needs time"])

    def test_layers(self):
        base = self.library("base", "int one(void) { return 1; }\n")
        core = self.library("core", "int one(void);\n"
                            "int two(void) { return one(); }\n")
        self.assertEqual(self.check("layers", base, core), [])
        self.assertEqual(self.check("layers", core, base),
                         ["core.a needs one of base.a"])

    def test_no_state(self):
        good = self.library("good", "const int a = 1;\n"
                            "const int *const b[] = { &a };\n"
                            "int f(void) { return *b[0]; }\n")
        self.assertEqual(self.check("no-state", good), [])
        bad = self.library("bad", "static int a;\n"
                           "int f(void) { return a++; }\n")
        self.assertEqual(self.check("no-state", bad),
                         ["bad.a: a is a global variable"])


if __name__ == "__main__":
    outcome = unittest.main(exit=False).result
    if outcome.wasSuccessful() and outcome.skipped:
        sys.exit(77)
    sys.exit(not outcome.wasSuccessful())
