"""Who is signed in: tokens that are renewed once, however many calls wait for them."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio

from .problems import ProblemError, is_problem

if TYPE_CHECKING:
    from .generated.schemas import SessionView

# An access token is renewed so many seconds before it expires.
RENEWED_BEFORE_SECONDS = 30.0
# After these the session is over, whatever is tried.
OVER = ("refresh_expired", "refresh_reused", "refresh_unknown", "account_deactivated")
# A token that was refused for these reasons can be replaced.
REPLACEABLE = ("token_expired", "invalid_token")


@dataclasses.dataclass(frozen=True)
class Session:
    """Tokens, as they can be kept between two runs of an app."""

    access_token: str
    refresh_token: str
    # When the access token expires: seconds since 1970.
    expires_at: float

    @classmethod
    def of(cls, view: SessionView) -> Session:
        """From what signing in, registering or refreshing answered."""
        return cls(view["access_token"], view["refresh_token"], time.time() + view["expires_in"])

    def is_fresh(self) -> bool:
        """Whether the access token lasts a while yet."""
        return self.expires_at - time.time() > RENEWED_BEFORE_SECONDS


OnSession = Callable[[Session | None], None]


class Kept:
    """The tokens of one client, and who is told of them."""

    def __init__(self, session: Session | None, told: OnSession | None) -> None:
        self.current = session
        self._told = told

    def take(self, view: SessionView) -> Session:
        """Takes new tokens."""
        session = Session.of(view)
        self._set(session)
        return session

    def end(self) -> None:
        """Forgets the tokens."""
        self._set(None)

    def wanted(self, refused: str | None) -> Session | None:
        """The session that must be renewed before the next attempt, if it must: it runs out, or this token of it was refused."""
        session = self.current
        if session is None or (session.is_fresh() and session.access_token != refused):
            return None
        return session

    def failed(self, error: ProblemError) -> None:
        """What a refused renewal means for the session."""
        if is_problem(error, *OVER):
            self.end()

    def _set(self, session: Session | None) -> None:
        self.current = session
        if self._told is not None:
            self._told(session)


class Sessions(Kept):
    """Shared by threads."""

    def __init__(self, session: Session | None, told: OnSession | None, renew: Callable[[str], SessionView]) -> None:
        super().__init__(session, told)
        self._renew = renew
        self._lock = threading.Lock()

    def token(self, refused: str | None = None) -> str | None:
        """A token that lasts a while yet and is not the refused one; nothing when nobody is signed in."""
        if self.wanted(refused) is not None:
            with self._lock:
                session = self.wanted(refused)
                if session is not None:
                    try:
                        self.take(self._renew(session.refresh_token))
                    except ProblemError as error:
                        self.failed(error)
                        raise
        return None if self.current is None else self.current.access_token


class AsyncSessions(Kept):
    """Shared by tasks."""

    def __init__(self, session: Session | None, told: OnSession | None, renew: Callable[[str], Awaitable[SessionView]]) -> None:
        super().__init__(session, told)
        self._renew = renew
        self._lock = anyio.Lock()

    async def token(self, refused: str | None = None) -> str | None:
        """As `Sessions.token`."""
        if self.wanted(refused) is not None:
            async with self._lock:
                session = self.wanted(refused)
                if session is not None:
                    try:
                        self.take(await self._renew(session.refresh_token))
                    except ProblemError as error:
                        self.failed(error)
                        raise
        return None if self.current is None else self.current.access_token
