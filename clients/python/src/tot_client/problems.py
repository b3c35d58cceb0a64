"""Everything that a call can fail with."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard, cast

import httpx

if TYPE_CHECKING:
    from .generated.schemas import FieldFault, Problem


class TotError(Exception):
    """What a call failed with."""


class ProblemError(TotError):
    """The platform refused: a problem document (RFC 9457). Switch on `code`; a later version of the API may answer new ones."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(f"{problem['code']}: {problem['detail']}{_faults_of(problem)} (trace {problem['trace_id']})")
        self.problem = problem
        # Seconds that the platform asks to wait, if it does.
        self.retry_after = retry_after

    @property
    def code(self) -> str:
        """The stable word."""
        return self.problem["code"]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem["status"]

    @property
    def errors(self) -> list[FieldFault]:
        """Every fault of the request, when `code` is `invalid`."""
        return self.problem.get("errors") or []


class UnexpectedAnswerError(TotError):
    """Something that is not the platform answered, such as a proxy's page."""

    def __init__(self, status: int, content_type: str | None) -> None:
        super().__init__(
            f"the answer {status} is not the API's but {content_type or 'of no type'}: is base_url the platform's?"
        )
        self.status = status


class ConnectionFault(TotError):
    """Nothing answered. For a command that carries no key it is not known whether it acted."""

    def __init__(self, method: str, url: str, attempts: int, cause: Exception) -> None:
        why = str(cause) or type(cause).__name__
        super().__init__(f"{method} {url} got no answer in {attempts} attempt{'' if attempts == 1 else 's'}: {why}")


def _faults_of(problem: Problem) -> str:
    """Each fault with its place, where the sentence alone counts them."""
    faults = problem.get("errors") or []
    return "" if len(faults) < 2 else ": " + "; ".join(f"{fault['pointer']} {fault['message']}" for fault in faults)


def is_problem(error: BaseException, *codes: str) -> TypeGuard[ProblemError]:
    """Whether it is the platform's refusal, and by one of these codes if any are given."""
    return isinstance(error, ProblemError) and (not codes or error.code in codes)


def error_of(answer: httpx.Response, retry_after: float | None) -> ProblemError | UnexpectedAnswerError:
    """The error that an answer, read to its end, stands for."""
    content_type = answer.headers.get("content-type")
    if content_type is not None and content_type.startswith("application/problem+json"):
        try:
            said = answer.json()
        except ValueError:
            said = None
        if isinstance(said, dict) and {"code", "status", "detail", "trace_id"} <= said.keys():
            return ProblemError(cast("Problem", said), retry_after)
    return UnexpectedAnswerError(answer.status_code, content_type)
