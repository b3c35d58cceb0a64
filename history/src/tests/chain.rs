//! Facts and instructions joined by cause and effect.

use std::collections::BTreeMap;

use super::*;
use crate::cause::Cause;
use crate::chain::Chain;
use crate::language::Language;
use crate::player::{self, Size};
use crate::text;

fn chain() -> Chain {
    Chain::of(booking_id(), paid_visit(), instructions(), false)
}

#[test]
fn given_a_paid_visit_each_fact_has_its_cause_and_its_effects() {
    let chain = chain();
    let causes: Vec<(Position, Cause)> = chain
        .steps
        .iter()
        .map(|step| (step.fact.position, step.cause.clone()))
        .collect();
    let patient = Cause::Person {
        app_id: None,
        account_id: PATIENT.to_owned(),
        role: "patient".to_owned(),
    };
    let process = Cause::Process {
        process: "booking_payment".to_owned(),
        fact: 5,
        intent_id: Some(uuid(3)),
    };
    let expected = [1, 2, 3, 4, 5].map(|position| (position, patient.clone()));
    assert_eq!(causes[..5], expected);
    assert_eq!(causes[5], (9, process));
    let led_to: Vec<(Position, Vec<Position>)> = chain
        .steps
        .iter()
        .filter(|step| !step.led_to.is_empty())
        .map(|step| (step.fact.position, step.led_to.clone()))
        .collect();
    assert_eq!(led_to, [(5, vec![9])]);
}

#[test]
fn given_facts_of_one_command_all_of_them_name_it() {
    let commands: Vec<Option<Uuid>> = chain().steps.iter().map(|step| step.command_id).collect();
    let [asked, paid, secured] = [1, 2, 3].map(|number| Some(uuid(number)));
    assert_eq!(commands, [asked, asked, paid, paid, paid, secured]);
}

#[test]
fn given_instructions_they_hang_between_the_fact_that_caused_them_and_those_they_came_to() {
    let chain = chain();
    assert_eq!(chain.steps[0].instructed, [uuid(8)]);
    assert_eq!(chain.steps[4].instructed, [uuid(3)]);
    let led_to: Vec<&Vec<Position>> = chain.instructions.iter().map(|one| &one.led_to).collect();
    assert_eq!(led_to, [&Vec::new(), &vec![9]]);
}

#[test]
fn given_a_fact_that_a_provider_caused_its_cause_is_the_notice() {
    let notice = by_process("provider_notices", "", Some(uuid(4)));
    let captured = json!({"amount": rub(1), "released": rub(0), "at": "2026-12-01T09:00:00Z"});
    let facts = vec![fact(
        3,
        ("payment", PAYMENT, 3),
        ("PaymentCaptured", captured),
        &notice,
    )];
    let chain = Chain::of(booking_id(), facts, vec![], false);
    let hint = Cause::Notice {
        hint_id: "c".to_owned(),
    };
    assert_eq!(chain.steps[0].cause, hint);
}

/// The same fact in another partition.
fn of_partition(key: &str, fact: &Fact) -> Fact {
    Fact::from(StoredFact {
        position: fact.position,
        before: fact.before,
        shard: fact.shard,
        partition_key: key.to_owned(),
        aggregate_type: fact.aggregate_type.clone(),
        aggregate_id: fact.aggregate_id.clone(),
        sequence: fact.sequence,
        event_type: fact.event_type.clone(),
        event_version: fact.event_version.clone(),
        payload: fact.payload.clone(),
        metadata: fact.metadata.clone(),
        recorded_at: fact.recorded_at,
        command_id: fact.command_id,
    })
}

#[test]
fn given_an_overdue_hold_that_another_bookings_instruction_met_its_time_had_passed() {
    let other = "018f6d2a-0009-7c3e-9a51-0242ac120002";
    let at = json!({"at": "2026-12-01T09:20:00Z"});
    let late = fact(
        5,
        ("booking", other, 4),
        ("BookingExpired", at.clone()),
        &by_patient(Some(uuid(5))),
    );
    let met = by_process("hold_expiry", "5", Some(uuid(6)));
    let expired = fact(7, ("booking", BOOKING, 2), ("BookingExpired", at.clone()), &met);
    let released = by_process("hold_expiry", "5", None);
    let released = fact(8, ("doctor_day", "d", 5), ("SlotReleased", at), &released);
    let facts = vec![
        of_partition(other, &late),
        expired,
        of_partition(DOCTOR, &released),
    ];
    let chain = Chain::of(booking_id(), facts.clone(), vec![], false);
    let deadline = Cause::Deadline {
        process: "hold_expiry".to_owned(),
        met_by: Some(5),
    };
    assert_eq!(
        [&chain.steps[1].cause, &chain.steps[2].cause],
        [&deadline, &deadline]
    );
    assert_eq!(chain.steps[0].led_to, [7, 8]);
    assert_eq!(
        deadline.words(Language::En),
        "its time had passed (hold_expiry), as met because of #5"
    );

    // Its own instruction answers a fact of its own, told by whichever booking's history.
    let own: Vec<Fact> = facts.iter().map(|fact| of_partition(BOOKING, fact)).collect();
    for booking in [BOOKING, other] {
        let chain = Chain::of(booking.parse().unwrap(), own.clone(), vec![], false);
        let cause = Cause::Process {
            process: "hold_expiry".to_owned(),
            fact: 5,
            intent_id: None,
        };
        assert_eq!([&chain.steps[1].cause, &chain.steps[2].cause], [&cause, &cause]);
    }
}

#[test]
fn given_several_instructions_of_a_process_for_one_fact_none_is_guessed() {
    let look = |number, round| {
        let wish =
            json!({"wish": "look_at_payment", "partition": BOOKING, "payment_id": PAYMENT, "round": round});
        intent(uuid(number), "payment_watch", 4, IntentState::Done, wish)
    };
    let captured = json!({"amount": rub(1), "released": rub(0), "at": "2026-12-01T09:00:00Z"});
    let watched = by_process("payment_watch", "4", Some(uuid(77)));
    let facts = vec![fact(
        12,
        ("payment", PAYMENT, 3),
        ("PaymentCaptured", captured),
        &watched,
    )];
    let of = |intents| {
        Chain::of(booking_id(), facts.clone(), intents, false).steps[0]
            .cause
            .clone()
    };
    let cause = |intent_id| Cause::Process {
        process: "payment_watch".to_owned(),
        fact: 4,
        intent_id,
    };
    assert_eq!(of(vec![look(20, 1)]), cause(Some(uuid(20))));
    assert_eq!(of(vec![look(20, 1), look(21, 2)]), cause(None));
}

#[test]
fn a_history_as_text() {
    let names = BTreeMap::from([(PATIENT.parse().unwrap(), "Пётр Безухов".to_owned())]);
    insta::assert_snapshot!(text::chain(&chain(), &names, Language::En), @r#"
    booking 018f6d2a-0001-7c3e-9a51-0242ac120002: 6 facts, 2 instructions

    #1 2026-11-30T00:53:21Z  booking v1  BookingRequested
        The patient asked for a visit at a chosen time at 2000.00 RUB, to be paid by 2026-12-01T09:15:00Z
        because  asked for by patient Пётр Безухов (018f6d2a-0002-7c3e-9a51-0242ac120002)
        command  00000000-0000-0000-0000-000000000001
        changed  /state: "absent" → "requested"

    #2 2026-11-30T00:53:22Z  doctor_day v4  SlotHeld
        The time from 2026-12-10T20:30:00Z to 2026-12-10T21:00:00Z is held until 2026-12-01T09:15:00Z
        because  asked for by patient Пётр Безухов (018f6d2a-0002-7c3e-9a51-0242ac120002)
        command  00000000-0000-0000-0000-000000000001

    #3 2026-11-30T00:53:23Z  booking v2  BookingPaymentStarted
        The patient began to pay
        because  asked for by patient Пётр Безухов (018f6d2a-0002-7c3e-9a51-0242ac120002)
        command  00000000-0000-0000-0000-000000000002
        changed  /live_payment: null → "018f6d2a-0004-7c3e-9a51-0242ac120002"

    #4 2026-11-30T00:53:24Z  payment v1  PaymentStarted
        A payment of 2000.00 RUB from the wallet began
        because  asked for by patient Пётр Безухов (018f6d2a-0002-7c3e-9a51-0242ac120002)
        command  00000000-0000-0000-0000-000000000002
        changed  /state: "absent" → "pending"

    #5 2026-11-30T00:53:25Z  payment v2  PaymentAuthorised
        2000.00 RUB is held for the visit
        because  asked for by patient Пётр Безухов (018f6d2a-0002-7c3e-9a51-0242ac120002)
        command  00000000-0000-0000-0000-000000000002
        led to   #9
        changed  /held/minor: 0 → 200000
        changed  /state: "pending" → "authorised"

    #9 2026-11-30T00:53:29Z  booking v3  BookingSecured
        The money is there: the visit is secured
        because  booking_payment answered #5
        command  00000000-0000-0000-0000-000000000003
        changed  /secured_by: null → "018f6d2a-0004-7c3e-9a51-0242ac120002"
        changed  /state: "requested" → "secured"
        changed  /steps/secured_at: null → "2026-12-01T09:00:00Z"
        changed  /unserved_since: null → "2026-12-01T09:00:00Z"

    instructions that came to no fact here
        hold_expiry  Let the booking expire, unless it was paid, because of #1, due 2026-12-01T09:15:00Z: open
    "#);
}

#[test]
fn a_frame_of_the_player_shows_the_fact_the_state_beside_it_and_its_story() {
    let size = Size {
        columns: 100,
        rows: 20,
    };
    let names = BTreeMap::new();
    let frame = player::frame(&chain(), &names, Language::En, 5, size);
    assert!(frame.len() <= size.rows);
    assert!(frame.iter().all(|line| line.chars().count() <= size.columns));
    assert_eq!(
        frame[0],
        "booking 018f6d2a-0001-7c3e-9a51-0242ac120002   fact 6 of 6   ← → step   Home End   q quit"
    );
    let shown = frame.join("\n");
    for told in [
        "▶ #9 booking BookingSecured",
        "│ booking after v3",
        "The money is there: the visit is secured",
        "because  booking_payment answered #5",
    ] {
        assert!(shown.contains(told), "{told} in\n{shown}");
    }
    let taller = player::frame(&chain(), &names, Language::En, 5, Size { rows: 60, ..size }).join("\n");
    assert!(
        taller.contains("* state: secured") && taller.contains("  tariff_version: 1"),
        "{taller}"
    );
}

#[test]
fn a_frame_fits_any_terminal() {
    for (columns, rows) in [(1, 1), (20, 4), (300, 100)] {
        for chosen in [0, 5, 99] {
            let frame = player::frame(
                &chain(),
                &BTreeMap::new(),
                Language::Ru,
                chosen,
                Size { columns, rows },
            );
            assert!(frame.len() <= rows && frame.iter().all(|line| line.chars().count() <= columns));
        }
    }
}
