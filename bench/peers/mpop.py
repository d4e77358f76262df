# SPDX-License-Identifier: MIT
"""mpop: pipelines with a window of its own."""

import os

KIND = "peer"
PROGRAM = "mpop"


def command(job):
    if job.what not in ("retr", "session", "maildir"):
        return None
    delivery = ("maildir " + job.path("Maildir") if job.what == "maildir"
                else "mbox /dev/null")
    tls = (f"tls on\ntls_starttls off\ntls_trust_file {job.ca_file}"
           if job.tls else "tls off")
    for name in ("", "tmp", "new", "cur"):
        os.mkdir(os.path.join(job.path("Maildir"), name))
    config = job.write("mpoprc", f"""account default
host localhost
port {job.port}
user a
password secret
auth user
{tls}
keep {"off" if job.deletes() else "on"}
uidls_file {job.path("uidls")}
delivery {delivery}
""")
    return ["mpop", "-C", config, "-q"]
