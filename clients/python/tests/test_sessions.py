"""Tokens are renewed in time, once, and forgotten when they are over."""

from __future__ import annotations

import json
import threading
import time

import anyio
import pytest
from failing_server import Handler, Seen, answers, problem, serving
from tot_client import AsyncTot, ProblemError, RetryPolicy, Session, Tot, TotError


def view(number: int) -> dict[str, object]:
    return {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 900, "user": {"id": "1"}}


def session(lasts_seconds: float) -> Session:
    return Session("access-0", "refresh-0", time.time() + lasts_seconds)


def by_path(handler: Handler, seen: Seen) -> None:
    answers(view(1) if seen.path.endswith("/auth/refresh") else {})(handler, seen)


def test_many_calls_with_a_token_that_runs_out_renew_it_once() -> None:
    told: list[Session | None] = []
    with serving(by_path) as server, Tot(server.url, session=session(5), on_session=told.append) as tot:
        threads = [threading.Thread(target=tot.wallet.show) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    renewals = [json.loads(request.body) for request in server.seen if request.path.endswith("/auth/refresh")]
    assert renewals == [{"refresh_token": "refresh-0"}]
    tokens = [request.headers["authorization"] for request in server.seen if request.path.endswith("/wallet")]
    assert tokens == ["Bearer access-1"] * 4
    assert [one and one.refresh_token for one in told] == ["refresh-1"]


def test_many_tasks_renew_it_once_too() -> None:
    async def run(url: str) -> None:
        async with AsyncTot(url, session=session(5)) as tot, anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(tot.wallet.show)

    with serving(by_path) as server:
        anyio.run(run, server.url)
    assert sum(request.path.endswith("/auth/refresh") for request in server.seen) == 1
    assert {request.headers.get("authorization") for request in server.seen} == {None, "Bearer access-1"}


def test_a_refused_token_is_replaced_once_and_the_command_keeps_its_key() -> None:
    async def run(url: str) -> None:
        async with AsyncTot(url, session=session(900)) as tot:
            await tot.payments.start({"booking_id": "1", "payment_method": "card"})

    script = [problem(401, "token_expired"), answers(view(1)), answers({"id": "1"})]
    with serving(*script) as server, Tot(server.url, session=session(900)) as tot:
        tot.payments.start({"booking_id": "1", "payment_method": "card"})
    with serving(*script) as again:
        anyio.run(run, again.url)
    for seen in (server.seen, again.seen):
        assert [request.path for request in seen] == ["/api/v1/payments", "/api/v1/auth/refresh", "/api/v1/payments"]
        assert seen[0].headers["idempotency-key"] == seen[2].headers["idempotency-key"]
        assert seen[2].headers["authorization"] == "Bearer access-1"


def test_a_token_that_is_refused_again_is_told() -> None:
    script = [problem(401, "token_expired"), answers(view(1)), problem(401, "token_expired")]
    with serving(*script) as server, Tot(server.url, session=session(900)) as tot:
        with pytest.raises(ProblemError, match="token_expired"):
            tot.wallet.show()
    assert len(server.seen) == 3


def test_a_session_that_is_over_is_forgotten() -> None:
    told: list[Session | None] = []
    with serving(problem(401, "refresh_expired")) as server, Tot(server.url, session=session(0), on_session=told.append) as tot:
        with pytest.raises(ProblemError, match="refresh_expired"):
            tot.wallet.show()
        assert told == [None]
        assert tot.session is None


def test_signing_out_forgets_the_tokens_even_where_nobody_answers() -> None:
    with serving(answers({})) as server:
        url = server.url
    with Tot(url, session=session(900), retry=RetryPolicy(attempts_max=1)) as tot:
        with pytest.raises(TotError):
            tot.sign_out()
        assert tot.session is None
