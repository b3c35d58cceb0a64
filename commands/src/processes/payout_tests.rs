//! Reactions about money on its way out: every kind of fact there is, as the log stores it, is shown to each process.

use std::path::PathBuf;

use domain::any_event::{AnyEvent, known_types};
use domain::ids::{AccountId, BookingId, PayoutId};
use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::intents::Intent;
use crate::retry_schedule::{RetrySchedule, later};

const ID: Uuid = Uuid::from_u128(7);
const KEY: Uuid = Uuid::from_u128(8);

fn moment() -> Timestamp {
    "2026-12-01T09:00:00Z".parse().unwrap()
}

fn stored(event_type: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events");
    std::fs::read_to_string(folder.join(format!("{event_type}.v1.json"))).unwrap()
}

/// What a process answers to one stored fact.
fn answered_to(
    react: fn(ReceivedEvent<'_>) -> Vec<ScheduledIntent>,
    aggregate: &str,
    event_type: &str,
    payload: &str,
) -> Vec<(Intent, Timestamp)> {
    let event = AnyEvent::decode(aggregate, event_type, "1", payload).unwrap();
    let (aggregate_id, partition_key) = (ID.to_string(), KEY.to_string());
    let received = ReceivedEvent {
        position: 1,
        aggregate_id: &aggregate_id,
        partition_key: &partition_key,
        event: &event,
        retries: &RetrySchedule::default(),
    };
    let reactions = react(received).into_iter();
    reactions
        .map(|reaction| (reaction.intent, reaction.due_at))
        .collect()
}

/// What it answers to every kind of fact, where it answers anything.
fn answered(react: fn(ReceivedEvent<'_>) -> Vec<ScheduledIntent>) -> Vec<(&'static str, Intent, Timestamp)> {
    let all = known_types().flat_map(|(aggregate, event_type, _)| {
        let answers = answered_to(react, aggregate, event_type, &stored(event_type));
        answers
            .into_iter()
            .map(move |(intent, due_at)| (event_type, intent, due_at))
    });
    all.collect()
}

#[test]
fn a_visit_earns_when_it_is_over_or_its_money_taken_whichever_comes_last() {
    let intent = Intent::EarnVisit {
        booking_id: BookingId::from_uuid(KEY),
    };
    let answers = answered(doctor_earnings::react);
    let names: Vec<_> = answers.iter().map(|(name, ..)| *name).collect();
    assert_eq!(
        names,
        [
            "VisitCompleted",
            "PatientNoShow",
            "BookingCancelled",
            "PaymentCaptured"
        ]
    );
    assert!(
        answers
            .iter()
            .all(|(_, said, due_at)| *said == intent && *due_at <= moment())
    );
    for name in ["PatientNoShow", "BookingCancelled"] {
        let mut fact: serde_json::Value = serde_json::from_str(&stored(name)).unwrap();
        fact[name]["fee"]["minor"] = 0.into();
        let said = answered_to(doctor_earnings::react, "booking", name, &fact.to_string());
        assert_eq!(said, [], "{name} for nothing earns nothing");
    }
}

#[test]
fn a_payout_is_asked_for_at_once_and_looked_at_until_it_is_over() {
    let (owner_id, payout_id) = (AccountId::from_uuid(KEY), PayoutId::from_uuid(ID));
    let asked = Intent::CallPayout { owner_id, payout_id };
    assert_eq!(
        answered(payout_calls::react),
        [("PayoutRequested", asked, moment())]
    );
    let look = Intent::LookAtPayout {
        owner_id,
        payout_id,
        round: 0,
    };
    assert_eq!(
        answered(payout_watch::react),
        [("PayoutPending", look, later(moment(), 10))]
    );
}

#[test]
fn an_account_is_doubted_only_for_a_fault_of_its_own() {
    assert_eq!(
        answered(payout_destinations::react),
        [],
        "the gateway was out of funds"
    );
    let fact = stored("PayoutCancelled").replace("insufficient_funds", "recipient_not_found");
    let doubt = Intent::DoubtDestination {
        owner_id: AccountId::from_uuid(KEY),
        payout_id: PayoutId::from_uuid(ID),
    };
    let said = answered_to(payout_destinations::react, "payout", "PayoutCancelled", &fact);
    assert_eq!(said, [(doubt, moment())]);
}

#[test]
fn intents_about_payouts_are_read_back_and_wait_for_their_payout_alone() {
    let (owner_id, payout_id) = (AccountId::from_uuid(KEY), PayoutId::from_uuid(ID));
    let booking_id = BookingId::from_uuid(KEY);
    let all = [
        (Intent::EarnVisit { booking_id }, None, false),
        (Intent::CallPayout { owner_id, payout_id }, Some(ID), true),
        (
            Intent::LookAtPayout {
                owner_id,
                payout_id,
                round: 3,
            },
            Some(ID),
            true,
        ),
        (Intent::DoubtDestination { owner_id, payout_id }, Some(ID), false),
        (
            Intent::FollowPayoutNotice {
                provider_payout_id: "po-1".to_owned(),
                tries: 2,
            },
            None,
            true,
        ),
    ];
    for (intent, key, outside) in all {
        let text = serde_json::to_string(&intent).unwrap();
        assert_eq!(serde_json::from_str::<Intent>(&text).unwrap(), intent, "{text}");
        assert_eq!(intent.key(), key.map(|id| id.to_string()), "{text}");
        assert_eq!(intent.asks_outside(), outside, "{text}");
    }
}
