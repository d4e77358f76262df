# SPDX-License-Identifier: MIT
"""fdm. It runs as the user it is started by, and verifies certificates only
against the system's authorities: not done here."""

import os
import pwd

KIND = "peer"
PROGRAM = "fdm"


def command(job):
    if job.what not in ("retr", "session", "maildir"):
        return None
    action = (f'maildir "{job.path("Maildir")}"' if job.what == "maildir"
              else "drop")
    user = pwd.getpwuid(os.getuid()).pw_name
    server = (f'pop3s server "localhost" port {job.port} user "a" pass '
              '"secret" no-apop no-verify' if job.tls else
              f'pop3 server "localhost" port {job.port} user "a" pass '
              '"secret" no-apop')
    config = job.write("fdm.conf", f"""set lock-types none
set lock-file "{job.path("lock")}"
set maximum-size 1G
set default-user "{user}"
action "it" {action}
account "a" {server}
match all action "it"
""")
    # Started by root it works as a user of its own, who needs room.
    os.chmod(job.folder, 0o755)
    os.mkdir(job.path("tmp"))
    os.chmod(job.path("tmp"), 0o1777)
    keep = [] if job.deletes() else ["-k"]
    return ["env", "TMPDIR=" + job.path("tmp"), "fdm", "-q",
            "-f", config, *keep, "fetch"]
