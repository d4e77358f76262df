# SPDX-License-Identifier: MIT
"""Renews the part of man/pop3.1 that is made from the program's tables.

    python3 manual.py PROGRAM
"""

import os
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "..", "..", "man", "pop3.1")
BEGIN = ".\\\" Made by: pop3 help --mdoc\n"
END = ".\\\" End of what is made\n"


def main():
    made = subprocess.run([sys.argv[1], "help", "--mdoc"], check=True,
                          capture_output=True, text=True).stdout
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(head + BEGIN + made + END + tail)


if __name__ == "__main__":
    main()
