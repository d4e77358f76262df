# SPDX-License-Identifier: MIT
"""Checks that other programs carry out."""

import json
import os
import re

import repo

# Words that are right here and unknown to codespell.
WORDS = "stls,capa,te,ans,dele,uidl,rset,noop,clen,fo,nd"


def clang_format(root):
    sources = repo.c_files(root)
    if not sources:
        return []
    return repo.tool(root, "clang-format", "--dry-run", "-Werror",
                     *sources)


def clang_tidy(root, build):
    """With the flags of the build. Each source once."""
    with open(os.path.join(build, "compile_commands.json"),
              encoding="utf-8") as file:
        entries = json.load(file)
    sources = {os.path.realpath(os.path.join(e["directory"], e["file"]))
               for e in entries}
    own = tuple(os.path.join(os.path.realpath(root), d) + os.sep
                for d in ("src", "cli", "examples"))

    def one(path):
        status, output = repo.run(
            root, "clang-tidy", "--quiet", "-p", build,
            "--extra-arg=-Wno-unknown-warning-option", path)
        wrong = [line for line in output.splitlines()
                 if re.search(r": (warning|error): ", line)]
        return wrong or ([output] if status else [])

    mine = sorted(path for path in sources if path.startswith(own))
    if not mine:
        return ["no sources in compile_commands.json"]
    return sorted(set(repo.in_parallel(one, mine)))


def cppcheck(root):
    return repo.tool(
        root, "cppcheck", "--quiet", "--std=c11", "--inline-suppr",
        "--enable=warning,performance,portability", "--error-exitcode=1",
        "--suppress=missingIncludeSystem", "-D__GNUC__", "-D_GNU_SOURCE",
        f"-j{len(os.sched_getaffinity(0))}", "-Iinclude", "-Isrc",
        *[d for d in ("src", "cli", "examples")
          if os.path.isdir(os.path.join(root, d))])


def shellcheck(root):
    scripts = repo.scripts(root, "sh")
    return repo.tool(root, "shellcheck", *scripts) if scripts else []


def codespell(root):
    texts = [path for path in repo.files(root)
             if not path.endswith((".pem", ".pop3", ".gitignore"))]
    return repo.tool(root, "codespell", "--ignore-words-list", WORDS, *texts)


def man_pages(root):
    pages = [path for path in repo.files(root, under=("man",))
             if re.search(r"\.[1-8]$", path)]
    return repo.tool(root, "mandoc", "-Tlint", "-Wwarning",
                     *pages) if pages else ["there are no man pages"]


CHECKS = {"clang-format": clang_format, "clang-tidy": clang_tidy,
          "cppcheck": cppcheck, "shellcheck": shellcheck,
          "codespell": codespell, "man-pages": man_pages}
