# SPDX-License-Identifier: MIT
"""What the checks of the repository have in common: which files there are,
and how tools are run. A check is a function that returns complaints, a list
of lines; an empty list is good."""

import concurrent.futures
import os
import shutil
import subprocess

SKIPPED_DIRECTORIES = {".git", "__pycache__", "build", "corpus",
                       "transcripts"}


class Missing(Exception):
    """A tool that is not installed: the check is skipped, not passed."""


def files(root, *suffixes, under=()):
    """Paths relative to root, sorted. A suffix is ".c", or "" for all."""
    found = []
    for top in under or ("",):
        for where, directories, names in os.walk(os.path.join(root, top)):
            if "meson-private" in directories:      # a build
                directories[:], names = [], []
            directories[:] = [d for d in directories
                              if d not in SKIPPED_DIRECTORIES]
            found += [os.path.relpath(os.path.join(where, name), root)
                      for name in names if name.endswith(suffixes or ("",))
                      and name != ".git"]       # of a worktree: a file
    return sorted(found)


def c_files(root, *under):
    return files(root, ".c", ".h", under=under)


def scripts(root, interpreter):
    """Files whose first line names the interpreter."""
    found = []
    for path in files(root):
        with open(os.path.join(root, path), "rb") as file:
            first = file.readline()
        if first.startswith(b"#!") and interpreter.encode() in first:
            found.append(path)
    return found


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8",
              errors="replace") as file:
        return file.read()


def run(root, *command, stdin=""):
    """(status, output). Raises Missing if there is no such tool."""
    if shutil.which(command[0]) is None:
        raise Missing(command[0])
    done = subprocess.run(command, cwd=root, input=stdin, check=False,
                          text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def tool(root, *command):
    """Complaints of a tool that says what is wrong and exits with a status
    other than 0."""
    status, output = run(root, *command)
    if status == 0:
        return []
    return output.splitlines() or [f"{command[0]}: exit status {status}"]


def in_parallel(function, items):
    """All complaints of function(item), as many at once as there are CPUs."""
    workers = len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return [line for lines in pool.map(function, items) for line in lines]
