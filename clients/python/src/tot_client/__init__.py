"""TOT's API: typed requests, retries that keep their Idempotency-Key, problems, pages and live events."""

from .client import AsyncTot, Tot
from .events import ServerEvent
from .generated import schemas
from .problems import ConnectionFault, ProblemError, TotError, UnexpectedAnswerError, is_problem
from .retry import RetryPolicy
from .session import Session

__all__ = [
    "AsyncTot",
    "ConnectionFault",
    "ProblemError",
    "RetryPolicy",
    "ServerEvent",
    "Session",
    "Tot",
    "TotError",
    "UnexpectedAnswerError",
    "is_problem",
    "schemas",
]
