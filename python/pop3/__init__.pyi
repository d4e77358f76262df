# SPDX-License-Identifier: MIT
from . import aio as aio, client as client, errors as errors
from . import poplib as poplib, values as values
from .client import Client as Client
from .errors import Error as Error
from .errors import UsageError as UsageError
from .errors import ArgumentError as ArgumentError
from .errors import CanceledError as CanceledError
from .errors import InsecureError as InsecureError
from .errors import NotSentError as NotSentError
from .errors import UnsupportedError as UnsupportedError
from .errors import RefusedError as RefusedError
from .errors import AuthenticationError as AuthenticationError
from .errors import MalformedError as MalformedError
from .errors import ProtocolError as ProtocolError
from .errors import LimitError as LimitError
from .errors import ConnectionClosedError as ConnectionClosedError
from .errors import NetworkError as NetworkError
from .errors import ResolveError as ResolveError
from .errors import TimeoutError as TimeoutError
from .errors import TLSError as TLSError
from .errors import CertificateError as CertificateError
from .errors import InternalError as InternalError
from .errors import error_proto as error_proto
from .values import Capabilities as Capabilities
from .values import Deletes as Deletes
from .values import DeleteStatus as DeleteStatus
from .values import MessageInfo as MessageInfo
from .values import Reply as Reply
from .values import Stat as Stat

__version__: str
__all__: list[str]
