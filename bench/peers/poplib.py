# SPDX-License-Identifier: MIT
"""Python's poplib; into a Maildir by the standard library's mailbox."""

import os

KIND = "peer"
LOCK_STEP = True
SHARE = {"W1": 0.25, "W1t": 0.25, "W2": 0.25, "W3": 0.25, "W5": 0.1,
         "M": 0.25}
CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                      "clients", "poplib_client")


def command(job):
    if job.what == "keep":
        return None
    return ["/usr/bin/python3", CLIENT, *job.arguments(),
            str(job.workload.accounts), job.path("Maildir")]
