# SPDX-License-Identifier: MIT
import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Optional

__all__: list[str]

class Stat(NamedTuple):
    count: int
    octets: int

class MessageInfo(NamedTuple):
    number: int
    octets: Optional[int]
    uid: Optional[bytes]

class Reply(NamedTuple):
    line: bytes
    body: Optional[bytes]

class DeleteStatus(enum.Enum):
    NONE = "none was marked"
    PENDING = "marked, but QUIT was not sent: nothing is deleted"
    CONFIRMED = "the server confirmed QUIT: they are gone"
    REFUSED = "the server refused QUIT: some or all of them are still there"
    UNKNOWN = "the answer to QUIT never came: nobody can tell"

class Deletes(NamedTuple):
    status: DeleteStatus
    numbers: tuple[int, ...]
    @property
    def confirmed(self) -> tuple[int, ...]: ...

class Capabilities(Mapping[str, list[str]]):
    def __init__(self, rows: Iterable[tuple[bytes, bytes]]) -> None: ...
    def __getitem__(self, tag: str) -> list[str]: ...
    def __contains__(self, tag: object) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def has(self, tag: str, argument: Optional[str] = None) -> bool: ...
