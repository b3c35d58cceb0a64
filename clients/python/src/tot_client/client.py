"""The clients: every operation of the API, and who is signed in. One waits, the other is for tasks."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
import httpx

from .async_transport import AsyncTransport
from .generated.async_operations import AsyncOperations
from .generated.operations import Operations
from .problems import ProblemError, is_problem
from .retry import RetryPolicy
from .session import AsyncSessions, OnSession, Session, Sessions
from .transport import Transport

if TYPE_CHECKING:
    from .generated.schemas import AccountView, LoginBody, LoginCodeBody, PaymentView, RegisterBody

# How long a connection and each part of an answer may take, in seconds.
TIMEOUT_SECONDS = 30.0
# How long a payment is left before it is looked at again, in seconds: at first, and at most.
FIRST_LOOK_SECONDS = 0.2
LOOK_SECONDS_MAX = 2.0


def sign_in_token_of(due: ProblemError | str) -> str:
    """What the second step of signing in needs of the first one's refusal."""
    token = due if isinstance(due, str) else due.problem.get("sign_in_token")
    if token is None:
        raise TypeError("complete_sign_in takes the error second_factor_due of sign_in, or its sign_in_token")
    return token


def is_confirmable(payment: PaymentView) -> bool:
    """Whether its payer can confirm it, or never will."""
    return bool(payment["status"] != "pending" or payment.get("confirmation_url") or payment.get("qr_payload"))


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
        self._sessions = Sessions(session, on_session, lambda token: self.auth.refresh({"refresh_token": token or None}))
        transport.sessions = self._sessions

    @property
    def session(self) -> Session | None:
        """The tokens, to be kept between two runs; nothing when nobody is signed in."""
        return self._sessions.current

    def sign_in(
        self, email: str, password: str, code: str | Callable[[], str] | None = None, *, device_token: str | None = None
    ) -> AccountView:
        """Signs in. Tokens are renewed by themselves from then on.

        `code` is that of the second factor, six digits of the app or a recovery code; or what asks for it, called where one is due alone.
        Without it an account with a second factor is refused by `second_factor_due`: hand the error to `complete_sign_in`. A
        `device_token` is named by whoever kept it apart from the session."""
        login: LoginBody = {"email": email, "password": password, "device_token": device_token or self._sessions.device_token}
        try:
            return self.auth.login(login)["user"]
        except ProblemError as error:
            if code is None or not is_problem(error, "second_factor_due"):
                raise
            due = error
        return self.complete_sign_in(due, code if isinstance(code, str) else code(), device_token=device_token)

    def complete_sign_in(self, due: ProblemError | str, code: str, *, device_token: str | None = None) -> AccountView:
        """The second step, for apps that ask for the code on a screen of their own: by the error of `sign_in`, or its `sign_in_token`,
        within five minutes. After `wrong_code` it may be tried again with the next code of the app; after `sign_in_ended` the password is
        due."""
        body: LoginCodeBody = {
            "sign_in_token": sign_in_token_of(due), "code": code, "device_token": device_token or self._sessions.device_token,
        }  # fmt: skip
        return self.auth.login_code(body)["user"]

    def register(self, person: RegisterBody) -> AccountView:
        """Makes a patient's account and signs in. If the answer is lost, call it again: the same data and password are one registration
        for ten minutes. `email_taken` is told to whoever gives the password of an account with this address, and to nobody else."""
        return self.auth.register(person)["user"]

    def until_confirmable(self, payment_id: str) -> PaymentView:
        """A payment that was started, once its payer can confirm it: at `confirmation_url`, or by `qr_payload`. The provider may take a
        while to answer them. Without either it waits for nobody: see its `status`."""
        wait = FIRST_LOOK_SECONDS
        while not is_confirmable(payment := self.payments.show(payment_id)):
            time.sleep(wait)
            wait = min(wait * 2, LOOK_SECONDS_MAX)
        return payment

    def sign_out(self) -> None:
        """Ends the session, here even if the platform cannot be reached."""
        session = self.session
        try:
            if session is not None:
                self.auth.logout({"refresh_token": session.refresh_token or None})
        finally:
            self._sessions.end()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


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
        self._sessions = AsyncSessions(session, on_session, lambda token: self.auth.refresh({"refresh_token": token or None}))
        transport.sessions = self._sessions

    @property
    def session(self) -> Session | None:
        """As `Tot.session`."""
        return self._sessions.current

    async def sign_in(
        self,
        email: str,
        password: str,
        code: str | Callable[[], str | Awaitable[str]] | None = None,
        *,
        device_token: str | None = None,
    ) -> AccountView:
        """As `Tot.sign_in`; what asks for the code may be awaited."""
        login: LoginBody = {"email": email, "password": password, "device_token": device_token or self._sessions.device_token}
        try:
            return (await self.auth.login(login))["user"]
        except ProblemError as error:
            if code is None or not is_problem(error, "second_factor_due"):
                raise
            due = error
        given = code if isinstance(code, str) else code()
        return await self.complete_sign_in(due, given if isinstance(given, str) else await given, device_token=device_token)

    async def complete_sign_in(self, due: ProblemError | str, code: str, *, device_token: str | None = None) -> AccountView:
        """As `Tot.complete_sign_in`."""
        body: LoginCodeBody = {
            "sign_in_token": sign_in_token_of(due), "code": code, "device_token": device_token or self._sessions.device_token,
        }  # fmt: skip
        return (await self.auth.login_code(body))["user"]

    async def register(self, person: RegisterBody) -> AccountView:
        """As `Tot.register`."""
        return (await self.auth.register(person))["user"]

    async def until_confirmable(self, payment_id: str) -> PaymentView:
        """As `Tot.until_confirmable`."""
        wait = FIRST_LOOK_SECONDS
        while not is_confirmable(payment := await self.payments.show(payment_id)):
            await anyio.sleep(wait)
            wait = min(wait * 2, LOOK_SECONDS_MAX)
        return payment

    async def sign_out(self) -> None:
        """As `Tot.sign_out`."""
        session = self.session
        try:
            if session is not None:
                await self.auth.logout({"refresh_token": session.refresh_token or None})
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
