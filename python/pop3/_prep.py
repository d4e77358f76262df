# SPDX-License-Identifier: MIT
"""For the mechanisms of src/auth: SASLprep (RFC 4013), and MD5 for APOP.

They are called from C (primitives.c) with octets, and answer with octets. A
ValueError says that the octets cannot be prepared, or that this system has no
MD5."""

import hashlib
import stringprep
import unicodedata

_FORBIDDEN = (
    stringprep.in_table_c12, stringprep.in_table_c21_c22,
    stringprep.in_table_c3, stringprep.in_table_c4, stringprep.in_table_c5,
    stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
    stringprep.in_table_c9)


def saslprep(octets):
    """A query: unassigned characters may pass (RFC 3454 §7)."""
    mapped = "".join(" " if stringprep.in_table_c12(letter) else letter
                     for letter in octets.decode("utf-8")
                     if not stringprep.in_table_b1(letter))
    text = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if any(forbids(letter) for letter in text for forbids in _FORBIDDEN):
        raise ValueError("forbidden by SASLprep")
    if any(map(stringprep.in_table_d1, text)):
        # RFC 3454 §6: from the right throughout, both ends above all.
        if any(map(stringprep.in_table_d2, text)) or \
                not stringprep.in_table_d1(text[0]) or \
                not stringprep.in_table_d1(text[-1]):
            raise ValueError("mixes directions")
    return text.encode("utf-8")


def md5_hex(first, second):
    """The digest of both, in hexadecimal."""
    return hashlib.md5(first + second,
                       usedforsecurity=False).hexdigest().encode("ascii")
