"""Signing in with a code, and going on after what ends every session; by the client that waits and by the one for tasks."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Awaitable, Callable

import anyio
import pytest
from failing_server import Handler, Reply, Seen, Server, answers, problem, serving
from tot_client import AsyncTot, ProblemError, RetryPolicy, Session, Tot, is_problem, schemas

LOGIN = ("a@example.com", "password123")
FIRST = {"email": LOGIN[0], "password": LOGIN[1], "device_token": None}
SECOND = {"sign_in_token": "tots_1", "code": "123456", "device_token": None}
DUE = problem(403, "second_factor_due", sign_in_token="tots_1", expires_in=300)
NEW_PASSWORD: schemas.ChangePasswordBody = {"current_password": "password123", "new_password": "password456"}
PERSON: schemas.RegisterBody = {"email": LOGIN[0], "password": LOGIN[1], "first_name": "А", "last_name": "Б"}
BOTH_PROOFS: schemas.BothProofsBody = {"password": "password123", "code": "123456"}
Doing = Callable[[Tot], object]
DoingLater = Callable[[AsyncTot], Awaitable[object]]


def view(number: int, device_token: str | None = None) -> dict[str, object]:
    tokens = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 900}
    return {**tokens, "user": {"id": f"account-{number}"}, "device_token": device_token}


def session(lasts_seconds: float = 900) -> Session:
    return Session("access-0", "refresh-0", time.time() + lasts_seconds)


def bodies(seen: list[Seen]) -> list[object]:
    return [json.loads(request.body) for request in seen]


def told_by(waiting: Doing, later: DoingLater, replies: list[Reply], held: Session | None = None) -> list[list[Seen]]:
    """What both clients ask for, each of a server of its own."""

    async def run(url: str) -> None:
        async with AsyncTot(url, session=held) as tot:
            await later(tot)

    with serving(*replies) as first, Tot(first.url, session=held) as tot:
        waiting(tot)
    with serving(*replies) as second:
        anyio.run(run, second.url)
    return [first.seen, second.seen]


async def brought() -> str:
    return "123456"


def test_a_code_that_is_due_is_brought_as_it_is_or_by_asking() -> None:
    script = [DUE, answers(view(1)), answers({})]

    def waiting(code: str | Callable[[], str]) -> Doing:
        return lambda tot: (tot.sign_in(*LOGIN, code), tot.wallet.show())

    def later(code: str | Callable[[], str | Awaitable[str]]) -> DoingLater:
        async def run(tot: AsyncTot) -> None:
            assert (await tot.sign_in(*LOGIN, code))["id"] == "account-1"
            await tot.wallet.show()

        return run

    seen = told_by(waiting("123456"), later("123456"), script)
    seen += told_by(waiting(lambda: "123456"), later(lambda: "123456"), script)
    seen += told_by(waiting("123456"), later(brought), script)
    for one in seen:
        assert bodies(one[:2]) == [FIRST, SECOND]
        assert one[2].headers["authorization"] == "Bearer access-1"


def test_nobody_is_asked_for_a_code_where_none_is_due() -> None:
    def never() -> str:
        raise AssertionError("asked")

    for seen in told_by(lambda tot: tot.sign_in(*LOGIN, never), lambda tot: tot.sign_in(*LOGIN, never), [answers(view(1))]):
        assert bodies(seen) == [FIRST]


def test_the_second_step_takes_what_the_first_was_refused_with_also_after_a_wrong_code() -> None:
    def waiting(tot: Tot) -> None:
        with pytest.raises(ProblemError) as due:
            tot.sign_in(*LOGIN)
        with pytest.raises(ProblemError, match="wrong_code"):
            tot.complete_sign_in(due.value, "000000")
        assert tot.complete_sign_in(due.value, "123456")["id"] == "account-1"
        assert tot.session and tot.session.access_token == "access-1"
        tot.complete_sign_in("tots_2", "123456")

    async def later(tot: AsyncTot) -> None:
        with pytest.raises(ProblemError) as due:
            await tot.sign_in(*LOGIN)
        assert is_problem(due.value, "second_factor_due")
        with pytest.raises(ProblemError, match="wrong_code"):
            await tot.complete_sign_in(due.value, "000000")
        assert (await tot.complete_sign_in(due.value, "123456"))["id"] == "account-1"
        await tot.complete_sign_in("tots_2", "123456")

    for seen in told_by(waiting, later, [DUE, problem(403, "wrong_code"), answers(view(1)), answers(view(2))]):
        assert [json.loads(request.body)["sign_in_token"] for request in seen[1:]] == ["tots_1", "tots_1", "tots_2"]


def test_another_refusal_is_no_second_step() -> None:
    with serving(problem(401, "wrong_credentials")) as server, Tot(server.url) as tot:
        with pytest.raises(ProblemError, match="wrong_credentials") as refused:
            tot.sign_in(*LOGIN, "123456")
        with pytest.raises(TypeError):
            tot.complete_sign_in(refused.value, "123456")
    assert len(server.seen) == 1


def test_the_device_token_is_kept_over_renewals_sessions_and_restarts_and_brought_at_the_next_sign_in() -> None:
    script = [answers(view(1, "totd_1")), answers(view(2)), answers({}), answers({}), DUE, answers(view(3, "totd_3")), answers(view(4))]
    with serving(*script) as server:
        with Tot(server.url) as tot:
            tot.sign_in(*LOGIN)
            kept = tot.session
        assert kept is not None and kept.device_token == "totd_1"
        with Tot(server.url, session=dataclasses.replace(kept, expires_at=0)) as later:
            later.wallet.show()
            assert later.session is not None and later.session.device_token == "totd_1"
            later.sign_out()
            later.sign_in(*LOGIN, "123456")
            renewed = later.session
            assert renewed is not None and renewed.device_token == "totd_3"
            later.sign_in(*LOGIN, device_token="totd_mine")
    assert [json.loads(server.seen[at].body)["device_token"] for at in (4, 5, 6)] == ["totd_1", "totd_1", "totd_mine"]


@pytest.mark.parametrize(
    ("answer", "waiting", "later"),
    [
        (
            {"session": view(1), "recovery_codes": []},
            lambda tot: tot.auth.confirm({"code": "123456"}),
            lambda tot: tot.auth.confirm({"code": "123456"}),
        ),
        (view(1), lambda tot: tot.auth.remove(BOTH_PROOFS), lambda tot: tot.auth.remove(BOTH_PROOFS)),
        (view(1), lambda tot: tot.auth.change_password(NEW_PASSWORD), lambda tot: tot.auth.change_password(NEW_PASSWORD)),
        (view(1), lambda tot: tot.register(PERSON), lambda tot: tot.register(PERSON)),
        (view(1), lambda tot: tot.auth.refresh({}), lambda tot: tot.auth.refresh({})),
    ],
    ids=["confirming", "removing", "a new password", "registering", "renewing by a cookie"],
)
def test_the_client_goes_on_after_what_answers_a_session(answer: object, waiting: Doing, later: DoingLater) -> None:
    told: list[Session | None] = []

    def both(tot: Tot) -> None:
        waiting(tot)
        tot.wallet.show()
        told.append(tot.session)

    async def both_later(tot: AsyncTot) -> None:
        await later(tot)
        await tot.wallet.show()
        told.append(tot.session)

    for seen in told_by(both, both_later, [answers(answer), answers({})], session()):
        assert seen[1].headers["authorization"] == "Bearer access-1"
    assert [one and one.refresh_token for one in told] == ["refresh-1"] * 2


class Held:
    """A reply that comes later."""

    def __init__(self, reply: Reply) -> None:
        self.asked, self.released, self._reply = threading.Event(), threading.Event(), reply

    def __call__(self, handler: Handler, seen: Seen) -> None:
        self.asked.set()
        assert self.released.wait(20)
        self._reply(handler, seen)


def meanwhile(late: Held, server: Server, held: Session, act: Doing) -> Session | None:
    """Asks for the wallet, acts before that is answered, and says which session is held in the end."""
    faults: list[BaseException] = []

    def wallet(tot: Tot) -> None:
        try:
            tot.wallet.show()
        except BaseException as fault:
            faults.append(fault)

    with Tot(server.url, session=held) as tot:
        thread = threading.Thread(target=wallet, args=(tot,))
        thread.start()
        assert late.asked.wait(20)
        act(tot)
        late.released.set()
        thread.join(20)
        assert not thread.is_alive() and not faults, faults
        return tot.session


def test_a_call_that_meets_the_end_of_the_old_session_is_sent_again_with_the_new_one() -> None:
    late = Held(problem(401, "token_revoked"))
    with serving(late, answers(view(1)), answers({})) as server:
        meanwhile(late, server, session(), lambda tot: tot.auth.change_password(NEW_PASSWORD))
    assert [request.headers["authorization"] for request in server.seen] == ["Bearer access-0", "Bearer access-0", "Bearer access-1"]


def test_a_revoked_token_that_is_still_the_held_one_is_told() -> None:
    with serving(problem(401, "token_revoked")) as server, Tot(server.url, session=session()) as tot:
        with pytest.raises(ProblemError, match="token_revoked"):
            tot.wallet.show()
    assert len(server.seen) == 1


@pytest.mark.parametrize("renewed", [answers(view(9)), problem(401, "refresh_unknown")], ids=["succeeds", "is refused"])
def test_a_renewal_that_ends_after_somebody_signed_in_changes_nothing(renewed: Reply) -> None:
    late = Held(renewed)
    with serving(late, answers(view(1)), answers({})) as server:
        held = meanwhile(late, server, session(0), lambda tot: tot.sign_in(*LOGIN))
    assert held is not None and held.access_token == "access-1"
    assert server.seen[2].headers["authorization"] == "Bearer access-1"


def test_a_refresh_token_in_a_cookie_is_not_named() -> None:
    script = [answers({**view(2), "refresh_token": ""}), answers({}), answers({})]
    with serving(*script) as server, Tot(server.url, session=Session("access-1", "", 0)) as tot:
        tot.wallet.show()
        tot.sign_out()
    assert server.seen[1].headers["authorization"] == "Bearer access-2"
    assert bodies([server.seen[0], server.seen[2]]) == [{"refresh_token": None}] * 2


@pytest.mark.parametrize("done", [{"confirmation_url": "https://pay.example"}, {"qr_payload": "https://qr.example"}, {"status": "cancelled"}])
def test_a_payment_is_waited_for_until_it_can_be_confirmed_or_waits_for_nobody(done: dict[str, str]) -> None:
    asked = {"id": "1", "status": "pending", "confirmation_url": None, "qr_payload": None}
    found: list[object] = []

    async def later(tot: AsyncTot) -> None:
        found.append(await tot.until_confirmable("1"))

    for seen in told_by(lambda tot: found.append(tot.until_confirmable("1")), later, [answers(asked), answers({**asked, **done})]):
        assert [request.path for request in seen] == ["/api/v1/payments/1"] * 2
    assert found == [{**asked, **done}] * 2


def test_a_task_that_waits_for_a_payment_can_be_given_up() -> None:
    async def run(url: str) -> bool:
        async with AsyncTot(url, retry=RetryPolicy(attempts_max=1)) as tot:
            with anyio.move_on_after(0.3) as given_up:
                await tot.until_confirmable("1")
        return given_up.cancelled_caught

    with serving(answers({"id": "1", "status": "pending"})) as server:
        assert anyio.run(run, server.url)
