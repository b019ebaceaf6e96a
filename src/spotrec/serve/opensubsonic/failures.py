"""Errors of the protocol: a code and a message inside an answer of status 200."""

from dataclasses import dataclass

from spotrec.serve.problems import Problem

GENERIC = 0
PARAMETER_MISSING = 10
CLIENT_TOO_OLD = 20
SERVER_TOO_OLD = 30
WRONG_PASSWORD = 40
SEVERAL_WAYS = 43
WRONG_KEY = 44
NOT_ALLOWED = 50
NOT_FOUND = 70


@dataclass(eq=False)
class Failure(Exception):
    """Why a request has no answer.

    Attributes:
        code: of the protocol: https://opensubsonic.netlify.app/docs/responses/error
    """

    code: int
    message: str


def not_found(what: str) -> Failure:
    """Return the failure of an id that means nothing here."""
    return Failure(NOT_FOUND, f"there is no such {what}")


def failure_of(problem: Problem) -> Failure:
    """Return a problem of the service as an error of the protocol."""
    code = {403: NOT_ALLOWED, 404: NOT_FOUND}.get(problem.status, GENERIC)
    return Failure(code, problem.text())
