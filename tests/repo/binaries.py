# SPDX-License-Identifier: MIT
"""Checks of what was built: exports, layers, and headers that stand alone.
"""

import os
import re
import tempfile

import repo

# What the core may take from libc: octets and memory, nothing that has to do
# with files, sockets, time, threads, the environment or the locale.
MEMORY = set("""
    malloc calloc realloc free
    memcpy memmove memset memcmp memchr memrchr memmem explicit_bzero
    strlen strnlen strcmp strncmp strchr strrchr strspn strcspn
    snprintf vsnprintf
    __memcpy_chk __memmove_chk __memset_chk __snprintf_chk __vsnprintf_chk
    __explicit_bzero_chk __stack_chk_fail __assert_fail
    __cpu_indicator_init __cpu_model _GLOBAL_OFFSET_TABLE_
""".split())


def declared(root):
    """Functions of the public headers."""
    text = "".join(repo.read(root, path)
                   for path in repo.files(root, ".h", under=("include",)))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return set(re.findall(r"POP3_API\b[^;(]*?\b(pop3_\w+)\s*\(", text))


def symbols(root, library, *options):
    """{name: type} as nm prints them."""
    status, output = repo.run(root, "nm", *options, library)
    if status:
        raise RuntimeError(output)
    return {match[2]: match[1] for match in
            re.finditer(r"^\S*\s+([A-Za-z]) (\S+)$", output, re.M)}


def exports(root, shared):
    """The shared library exports what the headers declare, no more."""
    want = declared(root)
    have = set(symbols(root, shared, "-D", "--defined-only"))
    if not want:
        return ["include declares nothing that can be recognized"]
    return ([f"{name}() is declared and not exported"
             for name in sorted(want - have)] +
            [f"{name} is exported and not declared"
             for name in sorted(have - want)])


def core_is_pure(root, base, core):
    """Together base and core need nothing but memory functions."""
    have, need = {}, {}
    for library in (base, core):
        have.update(symbols(root, library, "--defined-only"))
        need.update(symbols(root, library, "-u"))
    return [f"the core needs {name}" for name in sorted(need)
            if name not in have and name not in MEMORY]


def layers(root, *libraries):
    """A library needs no symbol that only a later one in the list defines.
    """
    defined = [set(symbols(root, library, "--defined-only"))
               for library in libraries]
    complaints = []
    for number, library in enumerate(libraries):
        above = set().union(*defined[:number + 1])
        for name in symbols(root, library, "-u"):
            for below in range(number + 1, len(libraries)):
                if name in defined[below] and name not in above:
                    complaints.append(
                        f"{os.path.basename(library)} needs {name} of "
                        f"{os.path.basename(libraries[below])}")
    return complaints


def no_state(root, *libraries):
    """No writable variables: the library has no global state. Constant tables
    of pointers, which the loader has to relocate, do not count."""
    complaints = []
    for library in libraries:
        status, output = repo.run(root, "nm", "--format=sysv",
                                  "--defined-only", library)
        if status:
            raise RuntimeError(output)
        for row in output.splitlines():
            name, *rest = [part.strip() for part in row.split("|")]
            if len(rest) == 6 and re.match(
                    r"\.(data(?!\.rel\.ro)|bss|tdata|tbss)|\*COM",
                    rest[5]):
                complaints.append(f"{os.path.basename(library)}: {name} is a "
                                  "global variable")
    return complaints


COMPILERS = [("gcc", "-std=c11", ".c"), ("clang", "-std=c11", ".c"),
             ("g++", "-std=c++11", ".cc"), ("clang++", "-std=c++11", ".cc")]


def headers(root):
    """Public headers compile alone, as C and as C++, without warnings;
    internal ones as C."""
    complaints = []
    public = repo.files(root, ".h", under=("include",))
    with tempfile.TemporaryDirectory() as directory:
        for path in public + repo.files(root, ".h", under=("src", "cli")):
            for compiler, standard, suffix in COMPILERS[:None if path in
                                                        public else 1]:
                source = os.path.join(directory, "alone" + suffix)
                with open(source, "w", encoding="ascii") as file:
                    file.write(f'#include "{os.path.join(root, path)}"\n'
                               'int only_that;\n')
                internal = [] if path in public else ["-D_GNU_SOURCE",
                                                      "-Isrc", "-I."]
                complaints += repo.tool(
                    root, compiler, standard, "-Wall", "-Wextra",
                    "-Wpedantic", "-Werror", "-Wno-unused-macros",
                    "-fsyntax-only", "-Iinclude", *internal, source)
    return complaints


CHECKS = {"exports": exports, "core-is-pure": core_is_pure, "layers": layers,
          "no-state": no_state, "headers": headers}
