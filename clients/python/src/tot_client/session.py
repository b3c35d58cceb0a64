"""Who is signed in: tokens that are renewed once, however many calls wait for them."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
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
    # Empty where it is in a cookie.
    refresh_token: str
    # When the access token expires: seconds since 1970.
    expires_at: float
    # Brought at the next sign-in on this device, so that nobody who guesses passwords holds it up; opens nothing by itself.
    device_token: str | None = None

    @classmethod
    def of(cls, view: SessionView, device_token: str | None) -> Session:
        """From what signing in, registering or refreshing answered. A refresh answers no device token."""
        device_token = view.get("device_token") or device_token
        return cls(view["access_token"], view["refresh_token"], time.time() + view["expires_in"], device_token)

    def is_fresh(self) -> bool:
        """Whether the access token lasts a while yet."""
        return self.expires_at - time.time() > RENEWED_BEFORE_SECONDS


OnSession = Callable[[Session | None], None]


class Kept:
    """The tokens of one client, and who is told of them."""

    def __init__(self, session: Session | None, told: OnSession | None) -> None:
        self.current = session
        # Outlives the session.
        self.device_token = None if session is None else session.device_token
        self._told = told

    def adopt(self, view: SessionView, request: Mapping[str, object] | None) -> None:
        """Goes on with the session that a request was answered. What renews a session that is no longer held, for somebody signed in or
        out meanwhile, is left."""
        renewed = (request or {}).get("refresh_token")
        if renewed is not None and (self.current is None or self.current.refresh_token != renewed):
            return
        session = Session.of(view, self.device_token)
        self.device_token = session.device_token
        self._set(session)

    def end(self) -> None:
        """Forgets the tokens."""
        self._set(None)

    def wanted(self, refused: str | None) -> Session | None:
        """The session that must be renewed before the next attempt, if it must: it runs out, or this token of it was refused."""
        session = self.current
        if session is None or (session.is_fresh() and session.access_token != refused):
            return None
        return session

    def can_replace(self, refused: str, error: Exception) -> bool:
        """Whether a token that was refused like this can be replaced. One that was revoked can where another session was adopted
        meanwhile."""
        replaced = self.current is not None and self.current.access_token != refused
        return is_problem(error, *REPLACEABLE) or (replaced and is_problem(error, "token_revoked"))

    def failed(self, session: Session, error: ProblemError) -> bool:
        """What a refused renewal means for the session; whether it matters, since another one was not adopted meanwhile."""
        if self.current is not session:
            return False
        if is_problem(error, *OVER):
            self.end()
        return True

    def _set(self, session: Session | None) -> None:
        self.current = session
        if self._told is not None:
            self._told(session)


class Sessions(Kept):
    """Shared by threads."""

    def __init__(self, session: Session | None, told: OnSession | None, renew: Callable[[str], object]) -> None:
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
                        self._renew(session.refresh_token)
                    except ProblemError as error:
                        if self.failed(session, error):
                            raise
        return None if self.current is None else self.current.access_token


class AsyncSessions(Kept):
    """Shared by tasks."""

    def __init__(self, session: Session | None, told: OnSession | None, renew: Callable[[str], Awaitable[object]]) -> None:
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
                        await self._renew(session.refresh_token)
                    except ProblemError as error:
                        if self.failed(session, error):
                            raise
        return None if self.current is None else self.current.access_token
