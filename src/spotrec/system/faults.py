"""Why a connection failed, in words instead of a library's."""

import os
import ssl
from collections.abc import Iterator
from socket import gaierror


def connection_fault(fault: BaseException, otherwise: str) -> str:
    """Return why a connection failed, as a clause about the server: “it refuses the connection”.

    Args:
        fault: a library's error. The system's own error, which it was made from, says why.
        otherwise: the answer if the system has reported no error.
    """
    for cause in _causes(fault):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"its certificate is not valid here ({cause.verify_message})"
            case ssl.SSLError():
                return "it does not answer with HTTPS"
            case gaierror():
                return "its address cannot be looked up"
            case TimeoutError():
                return "it does not answer"
            case ConnectionRefusedError():
                return "it refuses the connection"
            case ConnectionError():
                return "it broke off the connection"
            case OSError(errno=int() as number):
                return os.strerror(number)[:1].lower() + os.strerror(number)[1:]
    return otherwise


def _causes(fault: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    cause: BaseException | None = fault
    while cause is not None and cause not in seen:
        yield cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
