//! What a visit's doctor gets of its money: once, of what is really there, and never for nothing.

use super::*;
use crate::booking::commands::FixEarnings;
use crate::policy::commission::CommissionTable;

fn earn(payment: u128, left: Money) -> FixEarnings {
    FixEarnings {
        payment_id: id(payment),
        left,
        commissions: CommissionTable::demo(),
        at: start(),
    }
}

/// What is kept, the clinic's part and the doctor's, where something is earned.
fn shared(facts: &[BookingEvent], left: Money) -> Option<[i64; 3]> {
    let decided = decide(&fold(facts), earn(20, left)).unwrap();
    match decided.as_slice() {
        [] => None,
        [
            BookingEvent::Earned {
                kept,
                commission,
                share,
                doctor_id: doctor,
                policy_version: 1,
                ..
            },
        ] => {
            assert_eq!(*doctor, doctor_id());
            Some([kept.minor, commission.minor, share.minor])
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_completed_visit_is_shared_once() {
    let facts = history(CallType::Scheduled, "completed");
    assert_eq!(shared(&facts, rub(2000)), Some([200_000, 40_000, 160_000]));
    let earned = after(facts, earn(20, rub(2000)));
    assert_eq!(fold(&earned).agreement().unwrap().earned, Some(rub(1600)));
    assert_eq!(shared(&earned, rub(2000)), None, "once and for all");
}

#[test]
fn what_was_given_back_before_is_not_shared() {
    let facts = history(CallType::Urgent, "completed");
    assert_eq!(shared(&facts, rub(1500)), Some([150_000, 30_000, 120_000]));
    for left in [rub(0), Money::kopecks(-1)] {
        assert_eq!(shared(&facts, left), None, "nothing is left");
    }
}

#[test]
fn of_a_fee_only_the_fee_is_shared() {
    let by = person(Role::Patient);
    let command = |minutes| Cancel {
        by,
        reason: CancelReason::Recovered,
        note: None,
        expected_fee: None,
        at: before_start(minutes),
    };
    let late = after(history(CallType::Scheduled, "assigned"), command(60));
    // The whole price was charged at once; all but the fee is on its way back.
    assert_eq!(shared(&late, rub(2000)), Some([100_000, 20_000, 80_000]));
    let early = after(history(CallType::Scheduled, "assigned"), command(25 * 60));
    assert_eq!(shared(&early, rub(2000)), None, "free");
    let absent = history(CallType::Urgent, "no_show");
    assert_eq!(shared(&absent, rub(600)), Some([60_000, 12_000, 48_000]));
}

#[test]
fn nothing_is_earned_before_the_end_or_without_a_doctor_or_by_other_money() {
    for state in [
        "requested",
        "secured",
        "assigned",
        "en_route",
        "arrived",
        "in_progress",
        "expired",
        "cancelled",
        "missed",
    ] {
        assert_eq!(
            shared(&history(CallType::Scheduled, state), rub(2000)),
            None,
            "{state}"
        );
    }
    assert_eq!(
        decide(&Booking::Absent, earn(20, rub(1))),
        Err(BookingRefusal::NoSuchBooking)
    );
    let facts = history(CallType::Scheduled, "completed");
    assert_eq!(
        decide(&fold(&facts), earn(21, rub(2000))),
        Ok(vec![]),
        "another's money"
    );
    // A fee from before the rule that others' changes are free, and nobody whose it could be.
    let mut facts = history(CallType::Scheduled, "secured");
    facts.push(BookingEvent::Cancelled {
        by: person(Role::Patient),
        reason: CancelReason::Other,
        note: None,
        fee: rub(1000),
        at: before_start(40),
    });
    assert_eq!(shared(&facts, rub(2000)), None);
    // The doctor who was taken off earns nothing, and the patient owes nothing to anybody else.
    let facts = after(
        history(CallType::Scheduled, "assigned"),
        Unassign {
            by: person(Role::Admin),
            at: before_start(50),
        },
    );
    let facts = after(facts, cancel(Role::Patient, before_start(40)));
    assert!(matches!(facts.last(), Some(BookingEvent::Cancelled { fee, .. }) if fee.is_zero()));
    assert_eq!(shared(&facts, rub(2000)), None);
}
