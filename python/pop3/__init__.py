# SPDX-License-Identifier: MIT
"""POP3, with the standard library's poplib as one part.

    pop3.Client     the blocking client
    pop3.aio        the same for asyncio
    pop3.poplib     a drop-in for poplib
    pop3.Error      and below it all errors, with poplib's error_proto

Parts are loaded when they are used: a program that only wants the drop-in
does not load the rest.
"""

import importlib

_CLIENT = ["Client"]
_ERRORS = [
    "Error", "UsageError", "ArgumentError", "CanceledError", "InsecureError",
    "NotSentError", "UnsupportedError", "RefusedError", "AuthenticationError",
    "MalformedError", "ProtocolError", "LimitError", "ConnectionClosedError",
    "NetworkError", "ResolveError", "TimeoutError", "TLSError",
    "CertificateError", "InternalError", "error_proto"]
_VALUES = ["Capabilities", "Deletes", "DeleteStatus", "MessageInfo", "Reply",
           "Stat"]
_MODULES = ["aio", "client", "errors", "poplib", "values"]

_HOME = {**dict.fromkeys(_CLIENT, "client"),
         **dict.fromkeys(_ERRORS, "errors"),
         **dict.fromkeys(_VALUES, "values")}

__all__ = ["__version__", *_HOME, "aio", "poplib"]


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    if name == "__version__":
        value = importlib.import_module("_pop3").version
    elif name in _HOME:
        value = getattr(importlib.import_module("." + _HOME[name], __name__),
                        name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__, *_MODULES})
