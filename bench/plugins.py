# SPDX-License-Identifier: MIT
"""The clients: a file in peers/ each, with

    KIND            "ours", "floor" or "peer"
    command(job)    argv, or None for a workload that it does not know
    PROGRAM, TOOL   what has to be installed, or built
    LOCK_STEP       it waits for each answer, so that turns need no delay
    SHARE           {workload: part of it that is enough}, if it takes minutes
    DELETES         False: it does not delete, whatever the workload says
    prepare(job)    whether a run before the first is needed

Their modules have the names of others, and so are loaded by path."""

import glob
import importlib.util
import os
import shutil

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
ORDER = {"ours": 0, "floor": 1, "peer": 2}


class Client:
    def __init__(self, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        spec = importlib.util.spec_from_file_location("peer_" + self.name,
                                                      path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.kind = module.KIND
        self.command = module.command
        self.program = getattr(module, "PROGRAM", None)
        self.tool = getattr(module, "TOOL", None)
        self.share = getattr(module, "SHARE", {})
        self.lock_step = getattr(module, "LOCK_STEP", False)
        self.deletes = getattr(module, "DELETES", True)
        self.prepare = getattr(module, "prepare", lambda job: False)

    def missing(self, tools):
        """What it lacks here; "" if nothing."""
        if self.program and not shutil.which(self.program):
            return self.program
        if self.tool and self.tool not in tools:
            return self.tool
        return ""


def load():
    clients = [Client(path) for path in glob.glob(os.path.join(HERE, "*.py"))]
    return sorted(clients, key=lambda c: (ORDER[c.kind], c.name))
