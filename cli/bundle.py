#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes C of data files, so that the program finds them wherever it stands.

    bundle.py OUTPUT FILE...

Each becomes the bundled_file of its name: see bundled.h.
"""

import os
import sys

TEXT = """
static const char {name}_text[] = {{
{octets}
}};

const bundled_file bundled_{name} = {{
    "{file} (built in)", {name}_text, sizeof({name}_text)}};
"""


def rows(data):
    return "\n".join("    " + " ".join(f"{octet}," for octet in data[i:i + 14])
                     for i in range(0, len(data), 14))


def main():
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write('#include "cli/bundled.h"\n')
        for path in sys.argv[2:]:
            file = os.path.basename(path)
            with open(path, "rb") as data:
                octets = data.read()
            # Octets as numbers have to be char whether it is signed or not.
            assert octets.isascii() and octets, path
            out.write(TEXT.format(name=file.replace("-", "_"), file=file,
                                  octets=rows(octets)))


if __name__ == "__main__":
    main()
