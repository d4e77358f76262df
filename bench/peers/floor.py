# SPDX-License-Identifier: MIT
"""A loop of recv() or SSL_read() that looks at nothing; for the Maildir, one
syncfs for a thousand files and the renames."""

KIND = "floor"


def command(job):
    if job.what == "many":
        return None
    if job.what == "maildir":
        return [job.tools["maildir_floor"], job.path("Maildir"), "syncfs",
                str(job.messages), str(job.workload.size)]
    port, ca_file, what, count = job.arguments()
    if what == "keep":
        what, count = "list", "0"
    return [job.tools["floor"], port, ca_file, what, count]
