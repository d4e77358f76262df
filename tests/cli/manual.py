# SPDX-License-Identifier: MIT
"""Renews the parts of the manual that are made from the program's tables.

    python3 manual.py PROGRAM
"""

import os
import subprocess
import sys

MAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                   "man")
PAGES = {"pop3.1": ["help", "--mdoc"],
         "pop3_config.5": ["help", "--mdoc", "keys"]}
END = ".\\\" End of what is made\n"


def renew(program, page, argv):
    made = subprocess.run([program, *argv], check=True, capture_output=True,
                          text=True).stdout
    begin = f".\\\" Made by: pop3 {' '.join(argv)}\n"
    path = os.path.join(MAN, page)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    head, rest = text.split(begin)
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + begin + made + END + rest.split(END)[1])


def main():
    for page, argv in PAGES.items():
        renew(sys.argv[1], page, argv)


if __name__ == "__main__":
    main()
