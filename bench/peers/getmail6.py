# SPDX-License-Identifier: MIT
"""getmail6: Python's poplib, with a process for each delivery. It delivers
into a Maildir in all workloads, and to an unprivileged user if it is root."""

import os
import pwd

KIND = "peer"
PROGRAM = "getmail"
LOCK_STEP = True
SHARE = {"W1": 0.05, "W1t": 0.05, "W2": 0.002, "W3": 0.02, "W5": 0.01,
         "M": 0.02}


def maildir(job):
    """Owned by whom getmail is willing to deliver to."""
    user = ""
    for name in ("", "tmp", "new", "cur"):
        path = os.path.join(job.path("Maildir"), name)
        os.mkdir(path)
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
            os.chmod(job.folder, 0o755)
            user = "user = nobody"
    return user


def command(job):
    if job.what not in ("retr", "session", "maildir"):
        return None
    user = maildir(job)
    tls = f"ca_certs = {job.ca_file}" if job.tls else ""
    job.write("getmailrc", f"""[retriever]
type = SimplePOP3{"SSL" if job.tls else ""}Retriever
server = localhost
port = {job.port}
username = a
password = secret
{tls}
[destination]
type = Maildir
path = {job.path("Maildir")}/
{user}
[options]
verbose = 0
read_all = true
delete = {"true" if job.deletes() else "false"}
delivered_to = false
received = false
""")
    return ["getmail", "--getmaildir", job.folder, "--rcfile",
            job.path("getmailrc")]
