"""One request: its token, its key, its attempts, its answer or its error."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import time
from collections.abc import Generator, Iterator
from typing import Any

import httpx

from .calls import Call
from .events import SILENCE_SECONDS_MAX, Parser, ServerEvent, ends_the_stream
from .problems import TotError, UnexpectedAnswerError, error_of
from .retry import Attempts, RetryPolicy
from .session import Sessions


class Transport:
    """Sends requests."""

    def __init__(self, http: httpx.Client, base_url: str, policy: RetryPolicy, language: str | None = None) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._policy = policy
        self._language = language
        # Set once, by the client.
        self.sessions: Sessions | None = None

    def json(self, call: Call) -> Any:
        """A JSON answer; its type is what the API's description promises."""
        answer = self._send(call, stream=False)
        try:
            said = answer.json()
        except ValueError:
            raise UnexpectedAnswerError(answer.status_code, answer.headers.get("content-type")) from None
        if call.session is not None and self.sessions:
            session = said.get(call.session) if call.session else said
            if session is not None:
                self.sessions.adopt(session, call.body)
        return said

    @contextlib.contextmanager
    def file(self, call: Call) -> Iterator[httpx.Response]:
        """An answer that is a file: `read()` it or go over `iter_bytes()`."""
        answer = self._send(call, stream=True)
        try:
            yield answer
        finally:
            answer.close()

    def events(self, call: Call) -> Iterator[ServerEvent]:
        """Events until the caller stops looking or the platform refuses."""
        failures = 0
        while True:
            try:
                with contextlib.closing(self._connection(call)) as connection:
                    for event in connection:
                        failures = 0
                        call = dataclasses.replace(call, last_event_id=event.position)
                        if event.type:
                            yield event
                # It ended in order: its token expired, or the platform restarts.
                failures = 1
            except (TotError, httpx.TransportError) as error:
                if ends_the_stream(error):
                    raise
                failures += 1
            time.sleep(self._policy.pause(failures, None, random.random()))

    def _connection(self, call: Call) -> Generator[ServerEvent, None, None]:
        parser = Parser()
        answer = self._send(dataclasses.replace(call, accept="text/event-stream"), stream=True)
        with contextlib.closing(answer):
            for text in answer.iter_text():
                yield from parser.feed(text)

    def _send(self, call: Call, *, stream: bool) -> httpx.Response:
        """Sends until there is an answer to show, an error that no repeating mends, or no attempt left."""
        attempts = Attempts(call, self._policy, self._base_url)
        headers = call.headers(self._language)
        refused: str | None = None
        while True:
            token = self.sessions.token(refused) if call.secured and self.sessions else None
            if token is not None:
                headers["Authorization"] = f"Bearer {token}"
            try:
                answer = self._http.send(self._request(call, headers), stream=stream)
                if answer.is_success:
                    return answer
                answer.read()
                answer.close()
            except httpx.TransportError as fault:
                pause = attempts.after_fault(fault)
            else:
                error = error_of(answer, None)
                if refused is None and token and self.sessions and self.sessions.can_replace(token, error):
                    # Refused before anything was done: not an attempt.
                    refused = token
                    continue
                pause = attempts.after_answer(answer)
            time.sleep(pause)

    def _request(self, call: Call, headers: dict[str, str]) -> httpx.Request:
        is_stream = headers["Accept"] == "text/event-stream"
        return self._http.build_request(
            call.method,
            self._base_url + call.path,
            params=call.parameters() or None,
            headers=headers,
            json=call.body,
            content=call.file,
            timeout=httpx.Timeout(self._http.timeout.connect, read=SILENCE_SECONDS_MAX) if is_stream else httpx.USE_CLIENT_DEFAULT,
        )
