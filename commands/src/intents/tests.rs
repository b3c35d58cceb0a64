//! Queues survive upgrades: what was stored before there were deposits is read as what it meant.

use domain::ids::{BookingId, PartitionId};
use domain::money::Money;
use domain::payment::provider::Call;
use uuid::Uuid;

use crate::intents::{Cause, Intent, Printed, StoredIntent};
use crate::payments::PaymentRef;

const BOOKING: &str = "018f6d2a-0001-7c3e-9a51-0242ac120002";
const PAYMENT: &str = "018f6d2a-0004-7c3e-9a51-0242ac120002";

fn payment_ref() -> PaymentRef {
    PaymentRef {
        partition: PartitionId::from_uuid(BOOKING.parse::<Uuid>().unwrap()),
        payment_id: PAYMENT.parse().unwrap(),
    }
}

/// An instruction as the release before this one stored it.
fn stored_before(command: &str, rest: &str) -> String {
    format!(
        r#"{{"wish":"{command}","booking_id":"{BOOKING}","payment_id":"{PAYMENT}"{rest},
            "cause":{{"payment":{{"payment_id":"{PAYMENT}","booking_id":"{BOOKING}"}}}},
            "correlation_id":"c","trace_id":"t"}}"#
    )
}

#[test]
fn instructions_stored_before_there_were_deposits_are_read_as_what_they_meant() {
    let payment_ref = payment_ref();
    for (command, rest, meant) in [
        ("secure_booking", "", Intent::ApplyPayment { payment_ref }),
        (
            "call_provider",
            r#","call":"create""#,
            Intent::CallProvider {
                payment_ref,
                call: Call::Create,
            },
        ),
        (
            "call_provider",
            r#","call":{"refund":{"number":2}}"#,
            Intent::CallProvider {
                payment_ref,
                call: Call::Refund { number: 2 },
            },
        ),
        (
            "look_at_payment",
            r#","round":3"#,
            Intent::LookAtPayment {
                payment_ref,
                round: 3,
            },
        ),
        (
            "look_at_refund",
            r#","number":1,"round":3"#,
            Intent::LookAtRefund {
                payment_ref,
                number: 1,
                round: 3,
            },
        ),
        (
            "look_at_receipt",
            r#","number":1,"round":3"#,
            Intent::LookAtReceipt {
                payment_ref,
                number: 1,
                round: 3,
            },
        ),
        ("pursue_payment", "", Intent::PursuePayment { payment_ref }),
        ("next_refund", "", Intent::NextRefund { payment_ref }),
        ("keep_hold", "", Intent::KeepHold { payment_ref }),
    ] {
        let text = stored_before(command, rest);
        // As the worker does: the queue keeps a JSON value.
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let stored: StoredIntent = serde_json::from_value(value).unwrap();
        assert_eq!(stored.intent, meant, "{text}");
        assert_eq!(stored.cause, Cause::Payment(payment_ref));
        let again = serde_json::to_value(&stored).unwrap();
        assert_eq!(serde_json::from_value::<StoredIntent>(again).unwrap(), stored);
    }
}

#[test]
fn a_new_instruction_calls_nothing_a_booking_that_may_be_none() {
    let text = serde_json::to_string(&Intent::PursuePayment {
        payment_ref: payment_ref(),
    })
    .unwrap();
    assert_eq!(
        text,
        format!(r#"{{"wish":"pursue_payment","partition":"{BOOKING}","payment_id":"{PAYMENT}"}}"#)
    );
}

#[test]
fn an_intent_is_read_back_as_it_was_stored() {
    let (payment_ref, sum) = (payment_ref(), Money::kopecks(60_000));
    let booking_id: BookingId = BOOKING.parse().unwrap();
    let all = [
        Intent::ExpireBooking { booking_id },
        Intent::WatchSearch { booking_id },
        Intent::WatchVisit { booking_id },
        Intent::ApplyPayment { payment_ref },
        Intent::ReturnMoney {
            booking_id,
            payment_id: payment_ref.payment_id,
        },
        Intent::SettleBooking { booking_id, due: sum },
        Intent::CallProvider {
            payment_ref,
            call: Call::Refund { number: 2 },
        },
        Intent::FollowNotice {
            provider: "yookassa".to_owned(),
            payment_provider_id: "2c1f".to_owned(),
            tries: 1,
            printed: None,
        },
        Intent::FollowNotice {
            provider: "tbank".to_owned(),
            payment_provider_id: "4000000001".to_owned(),
            tries: 0,
            printed: Some(Printed {
                incoming: true,
                amount: sum,
                proof: None,
                sealed_copy_url: Some("AAAAAQ==".to_owned()),
            }),
        },
    ];
    for intent in all {
        let text = serde_json::to_string(&intent).unwrap();
        assert_eq!(serde_json::from_str::<Intent>(&text).unwrap(), intent, "{text}");
    }
}
