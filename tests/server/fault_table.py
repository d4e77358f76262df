# SPDX-License-Identifier: MIT
"""The table of faults, and those of one connection; see faults.py."""

import dataclasses
import re
import typing

FAULTS = {}     # name -> Fault


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    value: str          # how the value is called in the help; "" if none
    help: str
    stages: typing.Dict[str, typing.Callable]


def fault(stage, name, value="", default=""):
    """Puts a function into the table; its docstring is the help."""
    def enter(function):
        entry = FAULTS.setdefault(
            name, Fault(name, value, function.__doc__, {}))
        entry.stages[stage] = lambda *args: function(
            *args[:-1], args[-1] or default)
        return function
    return enter


class FaultSet:
    """The faults of one connection."""

    def __init__(self, wishes, connection):
        self._stages = {}
        for wish in wishes:
            name, value, only = parse(wish)
            if only and connection not in only:
                continue
            for stage, function in FAULTS[name].stages.items():
                self._stages.setdefault(stage, []).append((function, value))

    def _of(self, stage):
        return self._stages.get(stage, [])

    def accept(self, session):
        for function, value in self._of("accept"):
            function(session, value)
        session.link.output_faults = [
            lambda link, data, f=function, v=value: f(link, data, v)
            for function, value in self._of("output")]

    def answer(self, session, command):
        for function, value in self._of("answer"):
            reply = function(session, command, value)
            if reply is not None:
                return reply
        return None

    def _fold(self, stage, what, *context):
        for function, value in self._of(stage):
            what = function(*context, what, value)
        return what

    def change(self, session, command, reply):
        return self._fold("change", reply, session, command)

    def capabilities(self, session, rows):
        return self._fold("capabilities", rows, session)

    def messages(self, session, messages):
        return self._fold("messages", messages, session)

    def listing(self, session, command, rows):
        return self._fold("listing", rows, session, command)

    def expunge(self, session, messages):
        return self._fold("expunge", messages, session)


def parse(wish):
    """(name, value, set of connections); ValueError says what is wrong."""
    wish, only = re.fullmatch(r"(.*?)(?:@([0-9,]+))?", wish, re.S).groups()
    name, _, value = wish.partition("=")
    if name not in FAULTS:
        raise ValueError(f"no such fault: {name}")
    if value and not FAULTS[name].value:
        raise ValueError(f"{name} takes no value")
    return name, value, {int(n) for n in (only or "").split(",") if n}
