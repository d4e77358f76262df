# SPDX-License-Identifier: MIT
"""Checks of the text of the sources: what stands in them, and how much."""

import math
import os
import re

import repo

# docs/architecture: an include points only up this list.
LAYERS = ["base", "core", "auth", "net", "conn", "client", "mail"]

MAX_FILE, MAX_HEADER = 600, 900
MAX_FUNCTION, MAX_COMPLEXITY = 80, 15
MAX_MEDIAN, MAX_P90 = 15, 45
COLUMNS = 79

BANNED = ("sprintf vsprintf strcpy strcat gets strncpy strncat strtok atoi "
          "atol atoll sscanf system popen").split()

# Written apart, so that this file does not complain about itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")

# Absolute paths that every system has; any other one is of some machine.
SYSTEM = "usr etc bin dev proc tmp var run sbin lib sys new cur".split()
# The home directories of the people in examples.
EXAMPLES = ("home/alice", "home/you", "home/user")
ABSOLUTE = re.compile(r"(?:^|[\s\"'=(:`])/(([A-Za-z0-9_.-]+)/[A-Za-z0-9_]+)")
SAID = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
COMMENTED = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)


def spdx(root):
    """Each source says its licence in its first lines."""
    wanted = repo.c_files(root) + repo.files(root, ".py", "meson.build")
    wanted += repo.scripts(root, "sh") + repo.scripts(root, "python")
    return [f"{path}: no SPDX-License-Identifier: MIT in the first two lines"
            for path in sorted(set(wanted))
            if "SPDX-License-Identifier: MIT" not in
            "".join(repo.read(root, path).splitlines(True)[:2])]


def code_of(text):
    """C without comments and strings, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return COMMENTED.sub(blank, SAID.sub(blank, text))


def banned(root):
    """No call of a function that src/base/banned.h forbids; tests may."""
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    complaints = []
    for path in repo.c_files(root, "src", "cli", "include", "examples"):
        if path == "src/base/banned.h":
            continue
        lines = code_of(repo.read(root, path)).splitlines()
        complaints += [f"{path}:{number}: {match[1]}() is banned"
                       for number, line in enumerate(lines, 1)
                       for match in pattern.finditer(line)]
    return complaints


def banned_is_complete(root):
    """banned.h and the list here name the same functions."""
    text = repo.read(root, "src/base/banned.h")
    defined = set(re.findall(r"^#define (\w+) BANNED\(\1\)", text, re.M))
    return [f"banned.h does not ban {name}()"
            for name in BANNED if name not in defined]


def unfinished(root):
    """Nothing is left to be done later without an issue."""
    return [f"{path}:{number}: {line.strip()}"
            for path in repo.files(root)
            for number, line in enumerate(
                repo.read(root, path).splitlines(), 1)
            if UNFINISHED.search(line)]


def machine_paths(root):
    """No path that exists only where somebody worked."""
    complaints = []
    for path in repo.files(root):
        if path.endswith((".pop3", ".pem")):
            continue
        for number, line in enumerate(repo.read(root, path).splitlines(), 1):
            complaints += [f"{path}:{number}: /{start} is no path of every "
                           "system" for start, top in ABSOLUTE.findall(line)
                           if top not in SYSTEM and start not in EXAMPLES]
    return complaints


def long_lines(root):
    """79 columns, in what clang-format does not see too."""
    paths = repo.c_files(root) + repo.files(root, ".py") + \
        repo.scripts(root, "sh") + repo.scripts(root, "python")
    return [f"{path}:{number}: {len(line)} columns"
            for path in sorted(set(paths))
            for number, line in enumerate(
                repo.read(root, path).splitlines(), 1)
            if len(line) > COLUMNS and "http" not in line]


def includes(root):
    """Quoted includes inside src point only up the list of layers, and
    nothing in src knows the program or the tests."""
    complaints = []
    for path in repo.c_files(root, "src"):
        layer = path.split("/")[1]
        if layer not in LAYERS:
            complaints.append(f"{path}: {layer} is not a layer; see LAYERS")
            continue
        above = LAYERS[:LAYERS.index(layer) + 1]
        for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"',
                               repo.read(root, path), re.M):
            target = name.split("/")[0] if "/" in name else layer
            if target not in above:
                complaints.append(f"{path}: includes {name}, which is not "
                                  f"above {layer}")
    return complaints


def functions(root, *under):
    """[(path, line, name, lines, complexity)] by pmccabe, whose first column
    counts a switch once: a table in another form is not complex."""
    sources = repo.files(root, ".c", under=under)
    if not sources:
        return []
    status, output = repo.run(root, "pmccabe", *sources)
    if status:
        raise RuntimeError(output)
    found = []
    for row in output.splitlines():
        complexity, _, _, line, length, place, name = re.split(
            r"\s+", row.strip(), maxsplit=6)
        found.append((place.split("(")[0], int(line), name, int(length),
                      int(complexity)))
    return found


def sizes(root):
    """Files, functions and their complexity stay small."""
    complaints = []
    for path in repo.c_files(root) + repo.files(root, ".py"):
        count = len(repo.read(root, path).splitlines())
        limit = MAX_HEADER if path == "include/pop3.h" else MAX_FILE
        if count > limit:
            complaints.append(f"{path}: {count} lines, more than {limit}")
    for path, line, name, length, complexity in functions(
            root, "src", "cli", "examples", "tests", "fuzz"):
        if length > MAX_FUNCTION:
            complaints.append(f"{path}:{line}: {name} has {length} lines, "
                              f"more than {MAX_FUNCTION}")
        if complexity > MAX_COMPLEXITY:
            complaints.append(f"{path}:{line}: {name} has a complexity of "
                              f"{complexity}, more than {MAX_COMPLEXITY}")
    return complaints + distribution(functions(root, "src", "cli"))


def distribution(found):
    lengths = sorted(length for _, _, _, length, _ in found)
    if not lengths:
        return ["src and cli have no functions"]
    median = lengths[(len(lengths) - 1) // 2]
    p90 = lengths[math.ceil(len(lengths) * 0.9) - 1]
    print(f"{len(lengths)} functions in src and cli: median {median} lines, "
          f"90th percentile {p90}, longest {lengths[-1]}; highest "
          f"complexity {max(row[4] for row in found)}")
    complaints = []
    if median > MAX_MEDIAN:
        complaints.append(f"median of lines is {median} > {MAX_MEDIAN}")
    if p90 > MAX_P90:
        complaints.append(f"90th percentile is {p90} > {MAX_P90}")
    return complaints


def file_comments(root):
    """Each .c in src and cli opens with a comment of 5 to 30 lines; 3 are
    enough for a small file."""
    complaints = []
    for path in repo.files(root, ".c", under=("src", "cli")):
        text = repo.read(root, path)
        opening = re.match(r"/\* SPDX[^\n]*\n\s*/\*(.*?)\*/", text, re.S)
        lines = opening[0].count("\n") + 1 if opening else 0
        least = 3 if text.count("\n") < 100 else 5
        if not least <= lines <= 30:
            complaints.append(f"{path}: opens with a comment of {lines} "
                              f"lines; {least} to 30 say what it is for")
    return complaints


def readme(root):
    """What README.md tells people to type exists."""
    if not os.path.exists(os.path.join(root, "README.md")):
        return ["there is no README.md"]
    text = repo.read(root, "README.md")
    makefile = repo.read(root, "Makefile")
    complaints = [f"README.md: make {target}: no such target"
                  for target in re.findall(r"\bmake ([a-z]+)(?=`|$|\s*#|\n)",
                                           text, re.M)
                  if not re.search(rf"^{target}:", makefile, re.M)]
    places = re.findall(r"\]\(([^)#:\s]+)\)|`((?:docs|tools|tests|src|man|"
                        r"examples|include|fuzz)/[\w./-]*)`", text)
    complaints += [f"README.md: {place} does not exist"
                   for pair in places for place in pair
                   if place and not os.path.exists(os.path.join(root, place))]
    rows = len(makefile.splitlines())
    if rows > 60:
        complaints.append(f"Makefile: {rows} lines, more than 60")
    return complaints


def decisions(root):
    """Each decision has a number of its own, in its name and its title."""
    complaints, seen = [], {}
    for path in repo.files(root, ".md", under=("docs/adr",)):
        name = os.path.basename(path)
        number = re.match(r"(\d{4})-", name)
        title = re.match(r"# (\d+)\. ", repo.read(root, path))
        if not number or not title or int(number[1]) != int(title[1]):
            complaints.append(f"{path}: opens with another number or none")
        elif number[1] in seen:
            complaints.append(f"{path}: {seen[number[1]]} has that number")
        else:
            seen[number[1]] = name
    return complaints


def quirks(root):
    """docs/quirks.md counts from 1, and each number has exactly one test."""
    if not os.path.exists(os.path.join(root, "docs/quirks.md")):
        return ["there is no docs/quirks.md"]
    listed = [int(number) for number in re.findall(
        r"^(\d+)\. ", repo.read(root, "docs/quirks.md"), re.M)]
    tested = sorted(int(number)
                    for path in repo.files(root, ".py", under=("tests",))
                    for number in re.findall(r"^    def test_quirk_(\d\d)\(",
                                             repo.read(root, path), re.M))
    every = list(range(1, len(listed) + 1))
    complaints = []
    if listed != every:
        complaints.append(f"docs/quirks.md: {listed} is no count from 1")
    if tested != every:
        complaints.append(f"tests: there are tests of the quirks {tested}, "
                          f"not one each of 1 to {len(listed)}")
    return complaints


CHECKS = {"spdx": spdx, "banned": banned,
          "banned-is-complete": banned_is_complete,
          "unfinished": unfinished, "machine-paths": machine_paths,
          "long-lines": long_lines, "includes": includes, "sizes": sizes,
          "file-comments": file_comments, "decisions": decisions,
          "readme": readme, "quirks": quirks}
