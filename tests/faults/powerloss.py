# SPDX-License-Identifier: MIT
"""What a machine may find on its disk after it lost its power.

A record of system calls (FAULTS_LOG of faults_preload.c) becomes, for each of
its prefixes, the trees that are legal then. The model promises no more than
POSIX does:

  - A write, or a change of a file's size, is there or is not, whatever became
    of those before it and after it, until the file was synced; of a write
    that is not synced also a half may be there. What is missing between
    others reads as zeros.
  - An entry of a directory is what it was at the last fsync() of that
    directory, or any that it became since, whatever became of the others. So
    a name that was moved from one directory to another may be in both or in
    none, and a file that was synced is lost if its name was not.
  - syncfs() makes all of it certain.

Where there are more trees than `limit`, the first (nothing that was not synced
is there), the last (all is), and as many others as were asked for are drawn
by a generator of a fixed seed.
"""

import dataclasses
import itertools
import math
import os
import random
import typing

KEEP, HALF, DROP = 2, 1, 0


@dataclasses.dataclass
class Call:
    name: str
    fd: int
    first: int
    second: int
    path: str
    data: bytes
    end: int    # where its record ends


def plain(path):
    """Without "." and "..": there are no symbolic links here."""
    return os.path.normpath(os.fsdecode(path)) if path else ""


def read_log(path):
    calls = []
    if not os.path.exists(path):
        return calls
    with open(path, "rb") as file:
        while line := file.readline():
            words = line.rstrip(b"\n").split(b" ", 5)
            name, fd, first, second, count = words[:5]
            calls.append(Call(name.decode(), int(fd), int(first), int(second),
                              plain(words[5]), file.read(int(count)),
                              file.tell()))
    return calls


class File:
    """Changes (offset, data) or (size, None); so many are certain."""

    def __init__(self, data=b""):
        self.changes = [(0, data)] if data else []
        self.synced = len(self.changes)

    def sync(self):
        self.synced = len(self.changes)

    def pending(self):
        return self.changes[self.synced:]

    def content(self, choice):
        """choice: KEEP, HALF or DROP for each that is pending."""
        made = bytearray()
        choice = [KEEP] * self.synced + list(choice)
        for (where, data), kept in zip(self.changes, choice):
            if kept == DROP:
                continue
            if data is None:
                del made[where:]
                made += bytes(where - len(made))
                continue
            if kept == HALF:
                data = data[:len(data) // 2]
            made += bytes(max(0, where + len(data) - len(made)))
            made[where:where + len(data)] = data
        return bytes(made)


class Folder:
    """For each name what it was, one after the other; and which of that is
    certain."""

    def __init__(self):
        self.names: typing.Dict[str, list] = {}
        self.certain: typing.Dict[str, int] = {}

    def get(self, name):
        return self.names.get(name, [None])[-1]

    def set(self, name, what):
        self.names.setdefault(name, [None]).append(what)
        self.certain.setdefault(name, 0)

    def sync(self):
        for name, values in self.names.items():
            self.certain[name] = len(values) - 1


class Disk:
    """What is below `top`; other paths are not looked at. A lock file and
    shared memory hold nothing that outlives the machine."""

    def __init__(self, top, tree=None):
        self.top = top
        self.root = Folder()
        self.fds = {}           # number -> object
        for path, data in sorted((tree or {}).items()):
            folder, name = self.find(os.path.join(top, path))
            folder.set(name, Folder() if data is None else File(data))
        self.sync_all()

    def find(self, path):
        """(folder, name); (None, ...) for what does not matter."""
        if path.endswith("-shm") or not path.startswith(self.top + "/"):
            return None, ""
        *above, name = os.path.relpath(path, self.top).split("/")
        folder = self.root
        for part in above:
            folder = folder.get(part)
        return folder, name

    def _at(self, path):
        if path == self.top:
            return self.root
        folder, name = self.find(path)
        return folder.get(name) if folder else None

    def _objects(self, folder=None):
        folder = folder or self.root
        yield folder
        for values in folder.names.values():
            for what in values:
                if isinstance(what, Folder):
                    yield from self._objects(what)
                elif what is not None:
                    yield what

    def sync_all(self):
        for what in list(self._objects()):
            what.sync()

    def run(self, call):
        getattr(self, "do_" + call.name)(call)

    def do_open(self, call):
        self.fds.pop(call.fd, None)
        if call.first & os.O_TMPFILE == os.O_TMPFILE:
            self.fds[call.fd] = File()
            return
        folder, name = self.find(call.path)
        if folder is None and call.path != self.top:
            return
        what = self._at(call.path)
        if what is None:
            if not call.first & os.O_CREAT:
                return
            what = File()
            folder.set(name, what)
        if call.first & os.O_TRUNC:
            what.changes.append((0, None))
        self.fds[call.fd] = what

    def do_close(self, call):
        self.fds.pop(call.fd, None)

    def do_write(self, call):
        if call.fd in self.fds:
            self.fds[call.fd].changes.append((call.first, call.data))

    def do_truncate(self, call):
        if call.fd in self.fds:
            self.fds[call.fd].changes.append((call.first, None))

    def do_fsync(self, call):
        if call.fd in self.fds:
            self.fds[call.fd].sync()

    do_fdatasync = do_fsync

    def do_syncfs(self, _call):
        self.sync_all()

    def do_mkdir(self, call):
        folder, name = self.find(call.path)
        if folder:
            folder.set(name, Folder())

    def do_unlink(self, call):
        folder, name = self.find(call.path)
        if folder:
            folder.set(name, None)

    def do_link(self, call):
        folder, name = self.find(plain(call.data))
        if folder is None:
            return
        if call.path.startswith("/proc/self/fd/"):
            folder.set(name, self.fds[int(call.path.split("/")[-1])])
        else:
            folder.set(name, self._at(call.path))

    def do_rename(self, call):
        self.do_link(call)
        self.do_unlink(call)

    do_noreplace = do_rename

    def do_send(self, call):
        pass

    # ---- what may be there ------------------------------------------------

    def choices(self):
        """[(object or (folder, name), [what it may be])]."""
        found, files = [], set()
        for what in self._objects():
            if isinstance(what, Folder):
                for name, values in what.names.items():
                    first = what.certain[name]
                    if first < len(values) - 1:
                        found.append(((what, name),
                                      range(first, len(values))))
            elif what.pending() and id(what) not in files:
                files.add(id(what))
                found.append((what, Fates(what.pending())))
        return found

    def tree(self, picked):
        """{path: octets, or None for a folder}; picked: choice by object."""
        made = {}

        def walk(folder, above):
            for name, values in folder.names.items():
                what = values[picked.get((id(folder), name),
                                         folder.certain[name])]
                path = os.path.join(above, name)
                if isinstance(what, Folder):
                    made[path] = None
                    walk(what, path)
                elif what is not None:
                    choice = picked.get(id(what),
                                        [DROP] * len(what.pending()))
                    made[path] = what.content(choice)

        walk(self.root, "")
        return made

    def trees(self, limit, seed):
        keys, options = [], []
        for what, fates in self.choices():
            keys.append(id(what) if isinstance(what, File)
                        else (id(what[0]), what[1]))
            options.append(fates)
        if math.prod(map(len, options)) <= limit:
            for picked in itertools.product(*options):
                yield self.tree(dict(zip(keys, picked)))
            return
        generator = random.Random(seed)
        yield self.tree({})
        yield self.tree({key: some[len(some) - 1]
                         for key, some in zip(keys, options)})
        for _ in range(limit - 2):
            yield self.tree({key: some[generator.randrange(len(some))]
                             for key, some in zip(keys, options)})


class Fates:
    """All ways in which pending changes may be there, by number."""

    def __init__(self, pending):
        self.ways = [2 if data is None or len(data) < 2 else 3
                     for _, data in pending]

    def __len__(self):
        return min(math.prod(self.ways), 1 << 60)

    def __getitem__(self, number):
        if number >= len(self):
            raise IndexError(number)
        picked = []
        for way in self.ways:
            number, fate = divmod(number, way)
            picked.append(KEEP if fate == way - 1 else fate)
        return picked


def write_tree(top, tree):
    for path, data in sorted(tree.items()):
        path = os.path.join(top, path)
        if data is None:
            os.makedirs(path, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(data)


def read_tree(top):
    """The same of what is there."""
    made = {}
    for where, folders, files in os.walk(top):
        for name in folders:
            made[os.path.relpath(os.path.join(where, name), top)] = None
        for name in files:
            path = os.path.join(where, name)
            if not name.endswith("-shm"):
                with open(path, "rb") as file:
                    made[os.path.relpath(path, top)] = file.read()
    return made
