"""The clients: every operation of the API, and who is signed in. One waits, the other is for tasks."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from .async_transport import AsyncTransport
from .generated.async_operations import AsyncOperations
from .generated.operations import Operations
from .retry import RetryPolicy
from .session import AsyncSessions, OnSession, Session, Sessions
from .transport import Transport

if TYPE_CHECKING:
    from .generated.schemas import AccountView, LoginBody, RegisterBody, SessionView

# How long a connection and each part of an answer may take, in seconds.
TIMEOUT_SECONDS = 30.0


class Tot(Operations):
    """TOT's API for one person, or for nobody until somebody signs in. May be shared by threads.

    `base_url` is where the platform is, such as `https://tot.example`. A `session` that was kept goes on; `on_session` is told of every new
    one, and of `None` when it is over: keep it where your app keeps secrets. Refusals are told in `language`, `ru` or `en`: Russian if absent.
    Close the client, or use it by `with`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        session: Session | None = None,
        on_session: OnSession | None = None,
        retry: RetryPolicy | None = None,
        language: str | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._http = http or httpx.Client(timeout=TIMEOUT_SECONDS)
        transport = Transport(self._http, base_url, retry or RetryPolicy(), language)
        super().__init__(transport)
        self._sessions = Sessions(session, on_session, lambda token: self.auth.refresh({"refresh_token": token}))
        transport.sessions = self._sessions

    @property
    def session(self) -> Session | None:
        """The tokens, to be kept between two runs; nothing when nobody is signed in."""
        return self._sessions.current

    def sign_in(self, email: str, password: str) -> AccountView:
        """Signs in. Tokens are renewed by themselves from then on."""
        login: LoginBody = {"email": email, "password": password}
        return self._take(self.auth.login(login))

    def register(self, person: RegisterBody) -> AccountView:
        """Makes a patient's account and signs in. If the answer is lost, sign in: a second try answers `email_taken`."""
        return self._take(self.auth.register(person))

    def sign_out(self) -> None:
        """Ends the session, here even if the platform cannot be reached."""
        session = self.session
        try:
            if session is not None:
                self.auth.logout({"refresh_token": session.refresh_token})
        finally:
            self._sessions.end()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _take(self, view: SessionView) -> AccountView:
        self._sessions.take(view)
        return view["user"]


class AsyncTot(AsyncOperations):
    """As `Tot`, for tasks of asyncio or trio."""

    def __init__(
        self,
        base_url: str,
        *,
        session: Session | None = None,
        on_session: OnSession | None = None,
        retry: RetryPolicy | None = None,
        language: str | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        transport = AsyncTransport(self._http, base_url, retry or RetryPolicy(), language)
        super().__init__(transport)
        self._sessions = AsyncSessions(session, on_session, lambda token: self.auth.refresh({"refresh_token": token}))
        transport.sessions = self._sessions

    @property
    def session(self) -> Session | None:
        """As `Tot.session`."""
        return self._sessions.current

    async def sign_in(self, email: str, password: str) -> AccountView:
        """As `Tot.sign_in`."""
        login: LoginBody = {"email": email, "password": password}
        return self._take(await self.auth.login(login))

    async def register(self, person: RegisterBody) -> AccountView:
        """As `Tot.register`."""
        return self._take(await self.auth.register(person))

    async def sign_out(self) -> None:
        """As `Tot.sign_out`."""
        session = self.session
        try:
            if session is not None:
                await self.auth.logout({"refresh_token": session.refresh_token})
        finally:
            self._sessions.end()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _take(self, view: SessionView) -> AccountView:
        self._sessions.take(view)
        return view["user"]
