//! Given the facts of a booking and another list, when they are decided again, then these are the figures.

use super::*;
use crate::what_if::{Figures, Totals, Undefined};

fn figures(price: i64, due: i64, fee: Option<i64>, shares: Option<(i64, i64)>) -> Figures {
    Figures {
        price: Money::kopecks(price),
        due: Some(Money::kopecks(due)),
        fee: fee.map(Money::kopecks),
        commission: shares.map(|(commission, _)| Money::kopecks(commission)),
        earning: shares.map(|(_, earning)| Money::kopecks(earning)),
    }
}

fn completed(list: &PriceList, left: i64) -> Life {
    let mut life = assigned(list);
    assert!(life.reports(VisitReport::Depart, Role::Doctor, 2_950));
    assert!(life.reports(VisitReport::Start, Role::Doctor, 3_000));
    assert!(life.reports(VisitReport::Complete, Role::Doctor, 3_020));
    life.earned(left, 3_021);
    life
}

#[test]
fn given_a_completed_visit_another_price_and_commission_change_what_is_due_and_earned() {
    let (usual, other) = (
        list(1, USUAL),
        list(
            2,
            Numbers {
                price: 300_000,
                own_price: Some(250_001),
                commission: 25,
                ..USUAL
            },
        ),
    );
    let compared = completed(&usual, 200_000).under(&other);
    assert_eq!(
        compared.before,
        figures(200_000, 200_000, None, Some((40_000, 160_000)))
    );
    // A quarter of it, in whole kopecks for the clinic.
    assert_eq!(
        compared.after,
        Ok(figures(250_001, 250_001, None, Some((62_500, 187_501))))
    );
}

#[test]
fn given_money_that_was_given_back_before_it_was_shared_as_much_less_is_shared() {
    let (usual, other) = (
        list(1, USUAL),
        list(
            2,
            Numbers {
                price: 100_000,
                ..USUAL
            },
        ),
    );
    let compared = completed(&usual, 150_000).under(&other);
    assert_eq!(
        compared.before,
        figures(200_000, 200_000, None, Some((30_000, 120_000)))
    );
    assert_eq!(
        compared.after,
        Ok(figures(100_000, 100_000, None, Some((10_000, 40_000))))
    );
}

#[test]
fn given_a_late_cancellation_other_terms_change_the_fee_and_who_earns_it() {
    let (usual, free) = (
        list(1, USUAL),
        list(
            2,
            Numbers {
                late: (1_440, 0, 0),
                ..USUAL
            },
        ),
    );
    let mut life = assigned(&usual);
    assert!(life.cancelled(Role::Patient, 2_900));
    life.earned(100_000, 2_901);
    let compared = life.under(&free);
    assert_eq!(
        compared.before,
        figures(200_000, 100_000, Some(100_000), Some((20_000, 80_000)))
    );
    assert_eq!(compared.after, Ok(figures(200_000, 0, Some(0), None)));
    // And the other way round: what cost nothing would have cost something.
    let mut life = assigned(&free);
    assert!(life.cancelled(Role::Patient, 2_900));
    let compared = life.under(&usual);
    assert_eq!(compared.before, figures(200_000, 0, Some(0), None));
    assert_eq!(
        compared.after,
        Ok(figures(200_000, 100_000, Some(100_000), Some((20_000, 80_000))))
    );
    // Whoever calls it off for the platform costs the patient nothing under any list.
    let mut life = assigned(&usual);
    assert!(life.cancelled(Role::Admin, 2_900));
    assert!(!life.under(&free).differs());
}

#[test]
fn given_a_step_that_the_list_would_have_refused_nobody_knows_what_would_have_come() {
    let (usual, patient) = (list(1, USUAL), list(2, Numbers { wait: 30, ..USUAL }));
    let mut life = assigned(&usual);
    assert!(life.reports(VisitReport::Depart, Role::Doctor, 2_950));
    assert!(life.reports(VisitReport::Arrive, Role::Doctor, 2_990));
    assert!(life.reports(VisitReport::NoShow, Role::Doctor, 3_016));
    let compared = life.under(&patient);
    let refused = Undefined::Refused {
        event_type: "PatientNoShow",
        code: "too_early",
    };
    assert_eq!(compared.after, Err(refused.clone()));
    assert_eq!(refused.words(), "PatientNoShow would be refused: too_early");
    let mut totals = Totals::default();
    totals.add(&compared).unwrap();
    totals.add(&completed(&usual, 200_000).under(&usual)).unwrap();
    assert_eq!((totals.bookings, totals.differing, totals.undefined), (2, 0, 1));
    assert_eq!(totals.before, totals.after, "it is in no sum");
    assert_eq!(totals.before.earning.0, Money::kopecks(160_000));
}

#[test]
fn given_no_price_for_such_a_visit_nobody_knows_what_would_have_come() {
    let usual = list(1, USUAL);
    let mut without = list(2, USUAL);
    without
        .terms
        .prices
        .retain(|row| row.call_type != CallType::Scheduled);
    assert_eq!(assigned(&usual).under(&without).after, Err(Undefined::NoPrice));
}
