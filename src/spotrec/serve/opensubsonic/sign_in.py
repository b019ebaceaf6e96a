"""Who asks: a user name and the service's token, salted or plain, or the token as an API key.

https://opensubsonic.netlify.app/docs/api-reference and …/docs/extensions/apikeyauth
"""

from hashlib import md5

from spotrec.serve.opensubsonic.failures import (
    CLIENT_TOO_OLD,
    PARAMETER_MISSING,
    SERVER_TOO_OLD,
    SEVERAL_WAYS,
    WRONG_KEY,
    WRONG_PASSWORD,
    Failure,
)
from spotrec.serve.opensubsonic.parameters import Parameters
from spotrec.serve.options import ServeOptions
from spotrec.serve.safety.tokens import is_same

_HEX = "enc:"
_VERSION = "1"


def check_sign_in(parameters: Parameters, options: ServeOptions) -> None:
    """Check that a request may be answered. Without a token, the service answers everyone.

    Raises:
        Failure: 10, 40, 43 or 44 of the protocol; 20 or 30 for another version of it.
    """
    _check_version(parameters.text("v"))
    ways = [name for name in ("apiKey", "t", "p") if name in parameters]
    if len(ways) > 1 or ("apiKey" in parameters and "u" in parameters):
        raise Failure(SEVERAL_WAYS, "several ways to sign in at once")
    if not options.token:
        return
    if "apiKey" in parameters:
        if not is_same(parameters.text("apiKey"), options.token):
            raise Failure(WRONG_KEY, "this is not the API key: the server's token")
        return
    if not ways:
        raise Failure(PARAMETER_MISSING, "sign in: “u”, “t” and “s”, or “u” and “p”, or “apiKey” are missing")
    user = parameters.need("u")
    # both are compared, so that the time says nothing about either
    is_right = is_same(user, options.user) & _has_password(parameters, options.token)
    if not is_right:
        raise Failure(WRONG_PASSWORD, "wrong user name or password")


def _has_password(parameters: Parameters, password: str) -> bool:
    if "t" in parameters:
        salted = (password + parameters.need("s")).encode("utf-8", "replace")
        return is_same(parameters.text("t").lower(), md5(salted, usedforsecurity=False).hexdigest())
    return is_same(_plain(parameters.text("p")), password)


def _plain(given: str) -> str:
    if not given.startswith(_HEX):
        return given
    try:
        return bytes.fromhex(given.removeprefix(_HEX)).decode("utf-8", "replace")
    except ValueError:
        return ""


def _check_version(version: str) -> None:
    major = version.partition(".")[0]
    if major.isdecimal() and int(major[:9]) != int(_VERSION):
        is_older = int(major[:9]) < int(_VERSION)
        raise Failure(
            CLIENT_TOO_OLD if is_older else SERVER_TOO_OLD, f"the server speaks version {_VERSION} of the protocol"
        )
