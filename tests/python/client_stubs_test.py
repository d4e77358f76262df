# SPDX-License-Identifier: MIT
"""The stubs say what the modules are: the same names, the same parameters
with the same defaults, and every public name of a module in its stub."""

import ast
import importlib
import inspect
import os
import unittest

import pop3

MODULES = ["pop3", "pop3.client", "pop3.aio", "pop3.errors", "pop3.values",
           "pop3._base"]
PACKAGE = os.path.dirname(pop3.__file__)


def stub_of(module):
    """(functions and classes) of a stub, by name."""
    path = (os.path.join(PACKAGE, "__init__.pyi") if module == "pop3" else
            os.path.join(PACKAGE, module.split(".")[1] + ".pyi"))
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())


def parameters(function):
    """[(name, kind, default or None)] of a stub's function, without self."""
    args = function.args
    positional = args.posonlyargs + args.args
    defaults = [None] * (len(positional) - len(args.defaults)) + args.defaults
    rows = [(arg.arg, "positional", default)
            for arg, default in zip(positional, defaults)]
    rows += [(arg.arg, "keyword", default)
             for arg, default in zip(args.kwonlyargs, args.kw_defaults)]
    return [(name, kind, None if default is None else
             ast.literal_eval(default)) for name, kind, default in rows[1:]]


def real_parameters(function):
    rows = []
    for name, parameter in inspect.signature(function).parameters.items():
        kind = ("keyword" if parameter.kind is parameter.KEYWORD_ONLY
                else "positional")
        default = (None if parameter.default is parameter.empty
                   else parameter.default)
        rows.append((name, kind, default))
    return rows[1:]


class StubTest(unittest.TestCase):
    def classes(self):
        for name in MODULES:
            module = importlib.import_module(name)
            for node in stub_of(name).body:
                if isinstance(node, ast.ClassDef) and \
                        node.name != "SupportsWrite":
                    yield getattr(module, node.name), node

    def test_members(self):
        seen = 0
        for real, stub in self.classes():
            for node in stub.body:
                if not isinstance(node, (ast.FunctionDef,
                                         ast.AsyncFunctionDef)):
                    continue
                marks = {mark.id for mark in node.decorator_list
                         if isinstance(mark, ast.Name)}
                member = getattr(real, node.name)
                with self.subTest(f"{real.__name__}.{node.name}"):
                    if "property" in marks:
                        self.assertIsInstance(member, property)
                    elif "overload" in marks:
                        self.assertEqual(
                            [row[:2] for row in parameters(node)],
                            [row[:2] for row in real_parameters(member)])
                    elif node.name != "__contains__":
                        self.assertEqual(parameters(node),
                                         real_parameters(member))
                seen += 1
        self.assertGreater(seen, 90)

    def test_nothing_public_is_missing(self):
        stubs = {real: stub for real, stub in self.classes()}
        for real in stubs:
            told = {name for base in real.__mro__ if base in stubs
                    for name in self.names(stubs[base])}
            for name in dir(real):
                if not name.startswith("_") and not any(
                        name in vars(base) for base in real.__mro__
                        if base.__module__.split(".")[0] != "pop3"):
                    self.assertIn(name, told, real.__name__)

    @staticmethod
    def names(node):
        for child in node.body:
            if hasattr(child, "name"):
                yield child.name
            elif isinstance(child, ast.AnnAssign):
                yield child.target.id
            elif isinstance(child, ast.Assign):
                yield child.targets[0].id

    def test_poplib(self):
        """The drop-in's methods, those that programs override too. What
        only older versions had (*older) is in no stub; a default that is
        no literal is `...`."""
        seen = 0
        for stub in stub_of("pop3.poplib").body:
            if not isinstance(stub, ast.ClassDef):
                continue
            real = getattr(pop3.poplib, stub.name)
            for node in stub.body:
                if not isinstance(node, ast.FunctionDef):
                    continue
                with self.subTest(f"{stub.name}.{node.name}"):
                    told = parameters(node)
                    own = [row for row, parameter in zip(
                        real_parameters(getattr(real, node.name)),
                        list(inspect.signature(getattr(
                            real, node.name)).parameters.values())[1:])
                        if parameter.kind not in (parameter.VAR_POSITIONAL,
                                                  parameter.VAR_KEYWORD)]
                    for row, (name, kind, default) in zip(own, told):
                        if default is ...:
                            self.assertNotIsInstance(row[2], (str, bytes))
                            self.assertIsNotNone(row[2])
                            default = row[2]
                        self.assertEqual(row, (name, kind, default))
                    self.assertEqual(len(own), len(told))
                seen += 1
        self.assertGreater(seen, 30)

    def test_the_values_of_poplib(self):
        """Names of the module and the instance have the type told."""
        types = {"int": int, "bytes": bytes, "bool": bool, "str": str}
        for node in stub_of("pop3.poplib").body:
            if isinstance(node, ast.AnnAssign):
                self.assertIs(type(getattr(pop3.poplib, node.target.id)),
                              types[ast.unparse(node.annotation)])

    def test_bases(self):
        for real, stub in self.classes():
            told = [ast.unparse(base).split("[")[0].split(".")[-1]
                    for base in stub.bases]
            if told in (["NamedTuple"], ["Generic"]):
                continue
            bases = [base.__name__ for base in real.__bases__
                     if base is not object]
            if bases == ["Commands"]:
                bases = ["ClientBase"]      # a detail of the implementation
            self.assertEqual(told, bases, real.__name__)

    def test_both_clients_have_the_same_commands(self):
        members = {}
        for name in ("pop3.client", "pop3.aio"):
            client = [node for node in stub_of(name).body
                      if isinstance(node, ast.ClassDef)
                      and node.name == "Client"][0]
            members[name] = {
                node.name: (type(node), parameters(node))
                for node in client.body if not node.name.startswith("__")}
        self.assertEqual(members["pop3.aio"].pop("connect"),
                         (ast.AsyncFunctionDef, []))
        self.assertEqual({name: row[1] for name, row in
                          members["pop3.client"].items()},
                         {name: row[1] for name, row in
                          members["pop3.aio"].items()})
        self.assertEqual({name for name, row in members["pop3.aio"].items()
                          if row[0] is ast.FunctionDef},
                         {"close", "iter_lines", "iter_parts", "retr_many"})

    def test_the_package(self):
        told = set()
        for node in stub_of("pop3").body:
            if isinstance(node, ast.ImportFrom):
                told |= {alias.asname for alias in node.names}
            elif isinstance(node, ast.AnnAssign):
                told.add(node.target.id)
        self.assertEqual(told - {"client", "errors", "values", "__all__"},
                         set(pop3.__all__))
        self.assertTrue(os.path.exists(os.path.join(PACKAGE, "py.typed")))


if __name__ == "__main__":
    unittest.main()
