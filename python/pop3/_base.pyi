# SPDX-License-Identifier: MIT
import socket
import ssl
from collections.abc import Callable
from typing import Any, Literal, Optional, Protocol, Union

from .values import Capabilities, Deletes

Text = Union[str, bytes]
Trace = Callable[[str, str], object]
Progress = Callable[[int, Optional[int]], object]
AuthObject = Callable[[bytes], Union[str, bytes, None]]
Password = Union[str, bytes, Callable[[], Union[str, bytes]]]
Token = Callable[[Optional[str]], Union[str, bytes, None]]
Security = Literal["tls", "stls", "none"]

class SupportsWrite(Protocol):
    def write(self, part: memoryview, /) -> Any: ...

class ClientBase:
    def __init__(self, host: str, port: Optional[int] = None, *,
                 security: Security = "tls",
                 timeout: Optional[float] = 60.0,
                 context: Optional[ssl.SSLContext] = None,
                 server_hostname: Optional[str] = None,
                 insecure: bool = False,
                 sock: Optional[socket.socket] = None, capa: bool = True,
                 pipelining: bool = True,
                 step_timeout: Optional[float] = 600.0, min_rate: int = 512,
                 max_line: int = 0, max_items: int = 0, max_message: int = 0,
                 trace: Optional[Trace] = None,
                 trace_level: int = 1) -> None: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def state(self) -> Literal["greeting", "authorization", "transaction",
                               "closed"]: ...
    @property
    def closed(self) -> bool: ...
    @property
    def welcome(self) -> bytes: ...
    @property
    def response(self) -> bytes: ...
    @property
    def capabilities(self) -> Optional[Capabilities]: ...
    @property
    def deletes(self) -> Deletes: ...
    @property
    def skipped_rows(self) -> int: ...
    @property
    def is_tls(self) -> bool: ...
    @property
    def tls(self) -> str: ...
    @property
    def sock(self) -> Union[socket.socket, ssl.SSLSocket, None]: ...
    def fileno(self) -> int: ...
    def set_trace(self, trace: Optional[Trace], level: int = 1) -> None: ...
    def cancel(self) -> None: ...
