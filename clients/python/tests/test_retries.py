"""What is sent again, what is not, and that the key stays; once by the client that waits and once by the one for tasks."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import httpx
import pytest
from failing_server import Reply, answers, bad_gateway, break_off, events, hang_up, problem, serving
from tot_client import (
    AsyncTot, ConnectionFault, ProblemError, RetryPolicy, ServerEvent, Session, Tot, UnexpectedAnswerError, is_problem, schemas,
)  # fmt: skip
from tot_client.events import Parser, event_of
from tot_client.retry import retry_after

Answer = TypeVar("Answer")
QUICK = RetryPolicy(attempts_max=5, pause_seconds=0.001, pause_seconds_max=2.0)
BOOKING: schemas.RequestBody = {"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"}
PERSON: schemas.RegisterBody = {"email": "a@example.com", "password": "password123", "first_name": "А", "last_name": "Б"}
CODE: schemas.LoginCodeBody = {"sign_in_token": "t", "code": "123456"}
SESSION = {"access_token": "a", "refresh_token": "r", "expires_in": 900, "user": {}}
# One operation by either client.
Sending = Callable[[str], object]


def in_task(url: str, use: Callable[[AsyncTot], Awaitable[Answer]], session: Session | None = None) -> Answer:
    """Uses the client for tasks."""

    async def run() -> Answer:
        async with AsyncTot(url, retry=QUICK, session=session) as tot:
            return await use(tot)

    return anyio.run(run)


def request_waiting(url: str) -> schemas.PositionedBookingView:
    with Tot(url, retry=QUICK) as tot:
        return tot.bookings.request(BOOKING)


def request_in_task(url: str) -> schemas.PositionedBookingView:
    return in_task(url, lambda tot: tot.bookings.request(BOOKING))


def register_waiting(url: str) -> object:
    with Tot(url, retry=QUICK) as tot:
        return tot.auth.register(PERSON)


def register_in_task(url: str) -> object:
    return in_task(url, lambda tot: tot.auth.register(PERSON))


def send_code_waiting(url: str) -> object:
    with Tot(url, retry=QUICK) as tot:
        return tot.auth.login_code(CODE)


def send_code_in_task(url: str) -> object:
    return in_task(url, lambda tot: tot.auth.login_code(CODE))


both_request = pytest.mark.parametrize("request_booking", [request_waiting, request_in_task])


@both_request
def test_a_command_keeps_its_key_over_every_kind_of_failure(request_booking: Callable[[str], schemas.PositionedBookingView]) -> None:
    failures: list[Reply] = [hang_up, bad_gateway, break_off, problem(503, "busy")]
    with serving(*failures, answers({"id": "1", "position": 7})) as server:
        assert request_booking(server.url)["position"] == 7
    keys = [request.headers["idempotency-key"] for request in server.seen]
    assert len(keys) == 5
    assert re.fullmatch(r"[0-9a-f-]{36}", keys[0])
    assert len(set(keys)) == 1, keys
    assert len({request.body for request in server.seen}) == 1


def test_every_call_has_a_key_of_its_own_and_yours_is_sent_as_it_is() -> None:
    with serving(answers({})) as server, Tot(server.url) as tot:
        tot.bookings.request(BOOKING)
        tot.bookings.request(BOOKING)
        tot.wallet.deposit({"amount": "100.00", "payment_method": "card"}, idempotency_key="mine-1")
    first, second, mine = [request.headers["idempotency-key"] for request in server.seen]
    assert first != second
    assert mine == "mine-1"


@pytest.mark.parametrize("send_code", [send_code_waiting, send_code_in_task])
@pytest.mark.parametrize("lost", [hang_up, bad_gateway, problem(503, "unavailable")])
def test_what_may_have_acted_and_carries_no_key_is_not_sent_twice(send_code: Sending, lost: Reply) -> None:
    with serving(lost, answers({})) as server, pytest.raises((ConnectionFault, ProblemError, UnexpectedAnswerError)):
        send_code(server.url)
    assert len(server.seen) == 1
    assert "idempotency-key" not in server.seen[0].headers


@pytest.mark.parametrize("send_code", [send_code_waiting, send_code_in_task])
def test_what_was_refused_before_anything_was_done_is_sent_again(send_code: Sending) -> None:
    with serving(problem(429, "rate_limited"), answers(SESSION)) as server:
        send_code(server.url)
    assert len(server.seen) == 2


@pytest.mark.parametrize("register", [register_waiting, register_in_task])
@pytest.mark.parametrize("lost", [hang_up, bad_gateway, problem(503, "unavailable")])
def test_registering_is_sent_again_as_it_was_when_its_answer_is_lost(register: Sending, lost: Reply) -> None:
    with serving(lost, answers(SESSION)) as server:
        register(server.url)
    first, second = server.seen
    assert first.body == second.body


@both_request
def test_a_refusal_is_told_at_once_with_all_that_it_says(request_booking: Callable[[str], object]) -> None:
    fault = {"pointer": "/amount", "code": "too_precise", "message": "two decimals at most"}
    with serving(problem(422, "invalid", errors=[fault])) as server, pytest.raises(ProblemError) as refused:
        request_booking(server.url)
    assert is_problem(refused.value, "invalid") and not is_problem(refused.value, "slot_taken")
    assert refused.value.errors == [fault]
    assert len(server.seen) == 1


def test_attempts_end_and_the_last_failure_is_told() -> None:
    with serving(problem(503, "not_fresh")) as server, Tot(server.url, retry=QUICK) as tot:
        with pytest.raises(ProblemError, match="not_fresh"):
            tot.bookings.show("1", read_after=9)
    assert [request.headers["read-after"] for request in server.seen] == ["9"] * 5
    with serving(hang_up) as server, Tot(server.url, retry=QUICK) as tot, pytest.raises(ConnectionFault) as fault:
        tot.platform.version()
    assert isinstance(fault.value.__cause__, httpx.TransportError)
    with serving(bad_gateway) as server, Tot(server.url, retry=QUICK) as tot, pytest.raises(UnexpectedAnswerError):
        tot.platform.version()


def test_a_server_that_asks_for_a_pause_gets_it_and_too_long_a_one_fails_the_call() -> None:
    with serving(problem(429, "rate_limited", {"retry-after": "1"}), answers({})) as server, Tot(server.url, retry=QUICK) as tot:
        began = time.monotonic()
        tot.platform.version()
        assert time.monotonic() - began >= 0.99
    with serving(problem(429, "rate_limited", {"retry-after": "60"})) as server, Tot(server.url, retry=QUICK) as tot:
        with pytest.raises(ProblemError) as refused:
            tot.platform.version()
    assert refused.value.retry_after == 60
    assert len(server.seen) == 1


def test_pauses_double_up_to_their_limit_and_half_of_each_is_waited_at_least() -> None:
    policy = RetryPolicy(pause_seconds=0.1, pause_seconds_max=1.0)
    assert [policy.pause(attempt, None, 1.0) for attempt in (1, 2, 3, 4, 5, 99)] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    assert policy.pause(3, None, 0.0) == pytest.approx(0.2)
    assert policy.pause(1, 0.9, 0.0) == 0.9


def test_retry_after_is_seconds_or_a_date() -> None:
    now = datetime.datetime(2026, 12, 1, 9, 30, tzinfo=datetime.timezone.utc)
    assert retry_after("7", now) == 7
    assert retry_after("Tue, 01 Dec 2026 09:30:05 GMT", now) == 5
    assert retry_after("Tue, 01 Dec 2026 09:29:00 GMT", now) == 0
    assert retry_after("soon", now) is None
    assert retry_after(None, now) is None


def test_a_list_goes_on_until_there_is_no_next_page() -> None:
    pages = [answers({"items": [{"id": "1"}, {"id": "2"}], "next": "on/ward"}), answers({"items": [{"id": "3"}], "next": None})]

    async def gather(tot: AsyncTot) -> list[str]:
        return [booking["id"] async for booking in tot.bookings.list_each(status=["pending", "assigned"], limit=2, read_after=4)]

    with serving(*pages) as server, Tot(server.url) as tot:
        found = [booking["id"] for booking in tot.bookings.list_each(status=["pending", "assigned"], limit=2, read_after=4)]
    with serving(*pages) as again:
        assert in_task(again.url, gather) == found == ["1", "2", "3"]
    query = "/api/v1/bookings?status=pending&status=assigned&limit=2"
    both = [sorted(request.path.split("&")) for request in [*server.seen, *again.seen]]
    expected = [sorted(query.split("&")), sorted(f"{query}&cursor=on%2Fward".split("&"))]
    assert both == expected * 2
    assert {request.headers["read-after"] for request in server.seen} == {"4"}


def test_a_stream_goes_on_behind_the_last_event_until_it_is_refused() -> None:
    def script() -> list[Reply]:
        return [events(41, 42), bad_gateway, events(43), problem(404, "not_found")]

    def watch(url: str, told: list[ServerEvent]) -> None:
        with Tot(url, retry=RetryPolicy(attempts_max=1, pause_seconds=0.001)) as tot:
            for event in tot.bookings.events("b/1", last_event_id=40):
                told.append(event)

    def watch_in_task(url: str, told: list[ServerEvent]) -> None:
        async def watching(tot: AsyncTot) -> None:
            async for event in tot.bookings.events("b/1", last_event_id=40):
                told.append(event)

        in_task(url, watching)

    for watching in (watch, watch_in_task):
        told: list[ServerEvent] = []
        with serving(*script()) as server, pytest.raises(ProblemError, match="not_found"):
            watching(server.url, told)
        assert [event.position for event in told] == [41, 42, 43]
        assert told[0] == ServerEvent(41, "BookingSecured", {"position": 41, "type": "BookingSecured"})
        assert [request.headers["last-event-id"] for request in server.seen] == ["40", "42", "42", "43"]
        assert server.seen[0].path == "/api/v1/bookings/b%2F1/events"


def test_a_stream_that_only_says_how_far_it_has_come_goes_on_from_there() -> None:
    with (
        serving(lambda handler, _: handler.say(200, "text/event-stream", "id: 50\n\n"), events(51)) as server,
        Tot(server.url, retry=RetryPolicy(pause_seconds=0.001)) as tot,
    ):
        first = next(iter(tot.bookings.own_events(last_event_id=40)))
        assert first.position == 51
    assert [request.headers["last-event-id"] for request in server.seen] == ["40", "50"]
    assert server.seen[0].path == "/api/v1/me/events"


def test_events_are_read_as_the_standard_says() -> None:
    assert event_of(":") is None
    assert event_of("id:9\r\ndata:1\r\ndata: 2") == ServerEvent(9, "message", "1\n2")
    # How far the stream has come: for `Last-Event-ID`, and told to nobody.
    assert event_of("id: 9\nevent: Nothing") == ServerEvent(9, "", None)
    parser = Parser()
    assert parser.feed('id: 1\ndata: {"a"') == []
    assert parser.feed(": 2}\n\nid: 2") == [ServerEvent(1, "message", {"a": 2})]


def test_a_file_is_read_as_it_comes() -> None:
    with serving(lambda handler, _: handler.say(200, "text/csv", "a,b\n1,2\n")) as server, Tot(server.url) as tot:
        with tot.exports.export("bookings", format="csv") as answer:
            assert answer.read() == b"a,b\n1,2\n"
        with tot.reports.report_csv("net_by_method") as answer:
            assert answer.read() == b"a,b\n1,2\n"
    assert server.seen[0].path == "/api/v1/exports/bookings?format=csv"
    assert server.seen[1].headers["accept"] == "text/csv"


def test_a_refusal_names_each_of_its_faults() -> None:
    errors = [
        {"pointer": "/amount", "code": "too_precise", "message": "two decimals at most"},
        {"pointer": "/address", "code": "required", "message": "is required"},
    ]
    with serving(problem(422, "invalid", errors=errors)) as server, pytest.raises(ProblemError) as refused:
        request_waiting(server.url)
    assert ": /amount two decimals at most; /address is required (trace " in str(refused.value)


def test_no_answer_names_who_gave_none_and_why() -> None:
    twice = RetryPolicy(attempts_max=2, pause_seconds=0.001)
    with Tot("http://127.0.0.1:9", retry=twice) as tot, pytest.raises(ConnectionFault) as fault:
        tot.platform.version()
    assert re.fullmatch(r"GET http://127\.0\.0\.1:9/api/v1/version got no answer in 2 attempts: .+", str(fault.value))


def test_a_client_says_its_language() -> None:
    with serving(answers({})) as server:
        with Tot(server.url, language="en") as tot:
            tot.platform.version()

        async def run() -> None:
            async with AsyncTot(server.url, language="en") as tot:
                await tot.platform.version()

        anyio.run(run)
    assert [request.headers["accept-language"] for request in server.seen] == ["en", "en"]
