//! Whatever is lived through, under whichever list.

use std::collections::BTreeSet;

use domain::booking::commands::{Assign, Expire, PassDeadline, Reschedule, Unassign};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;

/// What somebody tries at some time: which way, how long after the last, by whom.
type Try = (u8, i64, u8);

fn tries() -> impl Strategy<Value = Vec<Try>> {
    prop::collection::vec((any::<u8>(), 0..700_i64, 0..4_u8), 1..14)
}

fn numbers() -> impl Strategy<Value = Numbers> {
    (
        1..1_000_000_i64,
        prop::option::of(1..1_000_000_i64),
        0..=100_u8,
        0..=100_u8,
        (1..3_000_i64, 0..=100_u8, 0..=100_u8),
        0..60_u16,
    )
        .prop_map(|(price, own_price, commission, departed, late, wait)| Numbers {
            price,
            own_price,
            commission,
            departed,
            late,
            wait,
        })
}

/// Lives a booking through whatever of the tries its rules let be.
fn lived(list: &PriceList, call_type: CallType, tries: &[Try]) -> Life {
    let mut life = Life::requested(list, call_type);
    let mut minutes = 1;
    for (which, later, who) in tries {
        minutes += later;
        let role = [Role::Patient, Role::Doctor, Role::Clinic, Role::Admin][usize::from(*who)];
        let (by, at) = (person(role), instant(minutes));
        let windows = list.terms.visit.windows;
        match which % 16 {
            0 => drop(life.cancelled(role, minutes)),
            1 => drop(life.does(Reschedule {
                to: visit(minutes + 200 + later),
                by,
                at,
            })),
            2 => drop(life.does(Unassign { by, at })),
            3 => drop(life.does(PassDeadline { windows, at })),
            4 => drop(life.does(Expire {
                payment_secures: None,
                at,
            })),
            // Whatever comes next, at a time when it may.
            _ => goes_on(&mut life, &mut minutes),
        }
    }
    let due = life.under(list).before.due.map_or(0, |due| due.minor);
    let (which, later, _) = tries.last().copied().unwrap_or_default();
    if which % 3 > 0 {
        life.earned(due - (due * later / 1_400), minutes + 1);
    }
    life
}

fn goes_on(life: &mut Life, minutes: &mut i64) {
    let starts_at = life
        .booking
        .agreement()
        .and_then(|agreement| agreement.starts_at());
    if let Some(starts_at) = starts_at
        && !matches!(life.booking, Booking::Requested(_))
    {
        *minutes = (*minutes).max((starts_at.as_second() - instant(0).as_second()) / 60 - 20);
    }
    match &life.booking {
        Booking::Requested(_) => life.paid(*minutes),
        Booking::Secured(_) => {
            let appointment = visit(*minutes + 1);
            life.does(Assign {
                appointment,
                by: person(Role::Admin),
                at: instant(*minutes),
            });
        }
        Booking::Assigned(_) => {
            let departed = life.reports(VisitReport::Depart, Role::Doctor, *minutes);
            if !departed {
                *minutes += 15;
                life.reports(VisitReport::Arrive, Role::Doctor, *minutes);
            }
        }
        Booking::EnRoute(_) => {
            let report = match *minutes % 2 {
                0 => VisitReport::Start,
                _ => VisitReport::Arrive,
            };
            life.reports(report, Role::Doctor, *minutes);
        }
        Booking::Arrived(_) => {
            *minutes += 65;
            let report = match *minutes % 2 {
                0 => VisitReport::Start,
                _ => VisitReport::NoShow,
            };
            life.reports(report, Role::Doctor, *minutes);
        }
        Booking::InProgress(_) => {
            *minutes += 6;
            life.reports(VisitReport::Complete, Role::Doctor, *minutes);
        }
        Booking::Absent
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn under_the_very_list_that_was_in_force_nothing_differs(
        numbers in numbers(),
        call_type in prop::sample::select(CallType::ALL.to_vec()),
        tries in tries(),
    ) {
        let list = list(7, numbers);
        let life = lived(&list, call_type, &tries);
        let compared = life.under(&list);
        prop_assert_eq!(compared.after.clone(), Ok(compared.before), "{:?}", life.facts);
        prop_assert!(!compared.differs());
    }

    #[test]
    fn under_any_list_the_parts_are_part_of_what_is_due(
        (one, other) in (numbers(), numbers()),
        call_type in prop::sample::select(CallType::ALL.to_vec()),
        tries in tries(),
    ) {
        let (one, other) = (list(1, one), list(2, other));
        let life = lived(&one, call_type, &tries);
        if let Ok(after) = life.under(&other).after {
            let due = after.due.unwrap_or(Money::ZERO);
            let parts = after.commission.zip(after.earning).map(|(commission, earning)| commission.minor + earning.minor);
            prop_assert!(parts.is_none_or(|parts| parts > 0 && parts <= due.minor));
            prop_assert!(after.fee.is_none_or(|fee| fee.minor <= after.price.minor));
            let doctor = (call_type != CallType::Urgent).then(doctor);
            prop_assert_eq!(after.price, other.price(call_type, doctor, None));
        }
    }
}

/// The property above means something: its bookings reach every end.
#[test]
fn the_lives_of_the_property_reach_every_end() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..2_000 {
        let strategy = (numbers(), prop::sample::select(CallType::ALL.to_vec()), tries());
        let (numbers, call_type, tries) = strategy.new_tree(&mut runner).unwrap().current();
        let life = lived(&list(7, numbers), call_type, &tries);
        seen.insert(life.booking.status().as_str());
        if life
            .facts
            .iter()
            .any(|fact| matches!(fact, BookingEvent::Earned { .. }))
        {
            seen.insert("earned");
        }
    }
    for end in ["completed", "cancelled", "expired", "no_show", "missed", "earned"] {
        assert!(seen.contains(end), "{end} in {seen:?}");
    }
}
