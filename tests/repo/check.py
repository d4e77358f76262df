#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs one check of the repository.

    check.py ROOT NAME [ARGUMENT...]    check.py ROOT --list

Prints complaints and exits with 1 if there are any; with 77, which means
skipped, if a tool that it needs is not installed.
"""

import os
import sys

import binaries
import linters
import repo
import sources

CHECKS = {**sources.CHECKS, **binaries.CHECKS, **linters.CHECKS}


def main():
    root, name, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
    if name == "--list":
        print("\n".join(CHECKS))
        return 0
    try:
        complaints = CHECKS[name](os.path.abspath(root),
                                  *map(os.path.abspath, arguments))
    except repo.Missing as missing:
        print(f"{missing} is not installed; tools/setup test installs it")
        return 77
    for line in complaints:
        print(line)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
