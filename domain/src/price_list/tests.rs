//! Given these lists, when this one is to be published, then that happens; and which list is in force when.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use jiff::{SignedDuration, Timestamp};

use crate::booking::events::CallType;
use crate::ids::DoctorId;
use crate::money::Money;
use crate::people::Role;
use crate::policy::cancellation::{CancellationTerms, NoticeStep};
use crate::policy::visit::VisitWindows;
use crate::price_list::commands::Publish;
use crate::price_list::decide::decide;
use crate::price_list::events::PriceListEvent;
use crate::price_list::refusal::PriceListRefusal;
use crate::price_list::terms::{ByCallType, PriceRow, PriceTerms, VisitTimes};
use crate::price_list::terms_error::{Unlawful, faults};
use crate::price_list::{NOTICE_MINUTES, PriceLists};
use crate::tests::fixtures::{doctor_id, id, moment, person, rub};

pub(super) fn at() -> Timestamp {
    moment("2026-12-01T09:00:00Z")
}

pub(super) fn after(minutes: i64) -> Timestamp {
    at() + SignedDuration::from_mins(minutes)
}

fn steps(steps: &[(i64, u8)]) -> CancellationTerms {
    let steps = steps.iter().map(|(notice_minutes, percent)| NoticeStep {
        notice_minutes: *notice_minutes,
        percent: *percent,
    });
    CancellationTerms::ByNotice {
        steps: steps.collect(),
    }
}

fn row(call_type: CallType, doctor_id: Option<DoctorId>, amount: Money) -> PriceRow {
    PriceRow {
        call_type,
        doctor_id,
        amount,
    }
}

pub(super) fn terms(urgent: Money) -> PriceTerms {
    PriceTerms {
        prices: vec![
            row(CallType::Urgent, None, urgent),
            row(CallType::Scheduled, None, rub(2_000)),
            row(CallType::Scheduled, Some(doctor_id()), rub(3_500)),
            row(CallType::Consultation, None, rub(1_500)),
        ],
        commission_percent: ByCallType {
            urgent: 20,
            scheduled: 25,
            consultation: 30,
        },
        cancellation: ByCallType {
            urgent: CancellationTerms::ByDeparture {
                after_departure_percent: 30,
            },
            scheduled: steps(&[(1_440, 0), (120, 30), (0, 50)]),
            consultation: steps(&[(0, 0)]),
        },
        hold_minutes: 15,
        urgent_visit_minutes: 60,
        visit: VisitTimes {
            windows: VisitWindows::default(),
            earning_rest_hours: 24,
        },
    }
}

pub(super) fn publish(version: u32, valid_from: Option<Timestamp>, at: Timestamp) -> Publish {
    Publish {
        version,
        valid_from,
        terms: terms(rub(i64::from(version) * 1_000)),
        by: person(Role::Admin),
        at,
    }
}

fn published(version: u32, valid_from: Timestamp, at: Timestamp) -> PriceListEvent {
    PriceListEvent::Published {
        version,
        valid_from,
        terms: terms(rub(i64::from(version) * 1_000)),
        by: person(Role::Admin),
        at,
    }
}

fn lists(facts: impl IntoIterator<Item = PriceListEvent>) -> PriceLists {
    let mut lists = PriceLists::default();
    facts.into_iter().for_each(|fact| lists.apply(fact));
    lists
}

#[test]
fn the_very_first_list_is_in_force_from_any_time_also_at_once() {
    for (wished, valid_from) in [
        (None, at()),
        (Some(after(-600)), after(-600)),
        (Some(after(0)), at()),
        (Some(after(1)), after(1)),
    ] {
        TestFramework::<PriceLists>::with(())
            .given_no_previous_events()
            .when(publish(1, wished, at()).into())
            .then_expect_events(vec![published(1, valid_from, at())]);
    }
}

#[test]
fn every_later_list_is_published_before_it_is_in_force() {
    let earliest = after(NOTICE_MINUTES);
    let too_soon = PriceListRefusal::TooShortNotice { earliest };
    for wished in [after(-600), at(), earliest - SignedDuration::from_nanos(1)] {
        TestFramework::<PriceLists>::with(())
            .given(vec![published(1, after(-600), after(-600))])
            .when(publish(2, Some(wished), at()).into())
            .then_expect_error(too_soon.clone());
    }
    for (wished, valid_from) in [
        (None, earliest),
        (Some(earliest), earliest),
        (Some(after(90)), after(90)),
    ] {
        TestFramework::<PriceLists>::with(())
            .given(vec![published(1, after(-600), after(-600))])
            .when(publish(2, wished, at()).into())
            .then_expect_events(vec![published(2, valid_from, at())]);
    }
}

#[test]
fn versions_only_grow_and_the_same_list_twice_is_one() {
    let given = || {
        vec![
            published(3, after(-600), after(-600)),
            published(7, after(60), after(-60)),
        ]
    };
    let known = lists(given());
    for again in [
        publish(7, None, at()),
        publish(7, Some(after(60)), at()),
        publish(3, None, at()),
    ] {
        assert_eq!(decide(&known, again), Ok(vec![]));
    }
    let not_newer = Err(PriceListRefusal::VersionNotNewer { latest: 7 });
    let other_time = publish(7, Some(after(61)), at());
    let other_terms = Publish {
        terms: terms(rub(1)),
        ..publish(7, None, at())
    };
    for refused in [
        other_time,
        other_terms,
        publish(6, None, at()),
        publish(1, None, at()),
    ] {
        assert_eq!(decide(&known, refused), not_newer);
    }
    assert!(decide(&known, publish(8, None, at())).is_ok());
}

#[test]
fn in_force_is_the_list_published_last_of_those_whose_time_has_come() {
    let known = lists([
        published(1, after(0), after(0)),
        published(2, after(60), after(1)),
        // Replaces the second before it is in force, and has its time too.
        published(3, after(30), after(2)),
        published(4, after(90), after(3)),
    ]);
    let tick = SignedDuration::from_nanos(1);
    let version = |at| known.in_force(at).map(|list| list.version);
    for (at, expected) in [
        (after(0) - tick, None),
        (after(0), Some(1)),
        (after(30) - tick, Some(1)),
        (after(30), Some(3)),
        (after(60), Some(3)),
        (after(90) - tick, Some(3)),
        (after(90), Some(4)),
        (after(9_000), Some(4)),
    ] {
        assert_eq!(version(at), expected, "{at}");
    }
    assert_eq!(known.version(2).map(|list| list.valid_from), Some(after(60)));
    assert_eq!(known.version(9), None);
}

#[test]
fn a_doctor_may_have_a_price_of_their_own() {
    let known = lists([published(1, at(), at())]);
    let list = known.in_force(at()).unwrap();
    let price = |call_type, doctor| list.price(call_type, doctor, Some(after(600)));
    assert_eq!(price(CallType::Urgent, None), rub(1_000));
    assert_eq!(price(CallType::Scheduled, Some(id(77))), rub(2_000));
    assert_eq!(price(CallType::Scheduled, Some(doctor_id())), rub(3_500));
    assert_eq!(price(CallType::Consultation, Some(doctor_id())), rub(1_500));
    let commissions = list.commissions();
    assert_eq!(commissions.version, 1);
    assert_eq!(CallType::ALL.map(|kind| commissions.percent(kind)), [20, 25, 30]);
    assert_eq!(list.published_by, person(Role::Admin));
}

/// What is wrong with the terms after `change`.
fn wrong(change: impl FnOnce(&mut PriceTerms)) -> Vec<(String, Unlawful)> {
    let mut changed = terms(rub(1_500));
    change(&mut changed);
    let found = faults(&changed);
    if let Some(first) = found.first() {
        let command = Publish {
            terms: changed,
            ..publish(1, None, at())
        };
        let refused = Err(PriceListRefusal::Unlawful(first.clone()));
        assert_eq!(decide(&PriceLists::default(), command), refused);
    }
    found
        .into_iter()
        .map(|fault| (fault.pointer, fault.what))
        .collect()
}

fn only(pointer: &str, what: Unlawful) -> Vec<(String, Unlawful)> {
    vec![(pointer.to_owned(), what)]
}

#[test]
fn every_kind_of_visit_has_exactly_one_price_for_everybody() {
    assert_eq!(wrong(|_| ()), vec![]);
    let missing = wrong(|terms| terms.prices.truncate(3));
    assert_eq!(
        missing,
        only("/prices", Unlawful::NoPrice(CallType::Consultation))
    );
    let twice = wrong(|terms| terms.prices.push(terms.prices[2]));
    assert_eq!(twice, only("/prices/4", Unlawful::PricedTwice));
    let urgent = wrong(|terms| terms.prices.push(row(CallType::Urgent, Some(id(5)), rub(1))));
    assert_eq!(urgent, only("/prices/4/doctor_id", Unlawful::UrgentWithDoctor));
    for minor in [0, -1, 1_000_000_001] {
        let range = wrong(|terms| terms.prices[1].amount = Money::kopecks(minor));
        assert_eq!(range, only("/prices/1/amount", Unlawful::PriceOutOfRange));
    }
    let many = wrong(|terms| {
        terms
            .prices
            .extend((0..400).map(|number| row(CallType::Scheduled, Some(id(1_000 + number)), rub(1))));
    });
    assert_eq!(many, only("/prices", Unlawful::TooManyPrices));
}

#[test]
fn cancelling_later_never_costs_less_and_steps_go_from_the_most_notice_to_none() {
    let scheduled = |list: &'static [(i64, u8)]| wrong(|terms| terms.cancellation.scheduled = steps(list));
    let place = |step: usize, field: &str| format!("/cancellation/scheduled/steps/{step}/{field}");
    assert_eq!(scheduled(&[(0, 100)]), vec![]);
    assert_eq!(scheduled(&[(60, 10), (0, 10)]), vec![]);
    for (list, pointer, what) in [
        (
            &[][..],
            "/cancellation/scheduled/steps".to_owned(),
            Unlawful::StepsOutOfRange,
        ),
        (&[(60, 0)], place(0, "notice_minutes"), Unlawful::StepsUnordered),
        (
            &[(60, 0), (60, 10), (0, 20)],
            place(1, "notice_minutes"),
            Unlawful::StepsUnordered,
        ),
        (
            &[(0, 0), (0, 10)],
            place(0, "notice_minutes"),
            Unlawful::StepsUnordered,
        ),
        (&[(60, 20), (0, 10)], place(1, "percent"), Unlawful::CheaperLater),
        (
            &[(60, 20), (0, 101)],
            place(1, "percent"),
            Unlawful::PercentOutOfRange,
        ),
        (
            &[(100_000, 20), (0, 30)],
            place(0, "notice_minutes"),
            Unlawful::StepsUnordered,
        ),
    ] {
        assert!(scheduled(list).contains(&(pointer, what)), "{list:?}");
    }
    let kinds = wrong(|terms| {
        std::mem::swap(
            &mut terms.cancellation.urgent,
            &mut terms.cancellation.consultation,
        )
    });
    assert_eq!(
        kinds,
        [
            ("/cancellation/urgent".to_owned(), Unlawful::WrongKind),
            ("/cancellation/consultation".to_owned(), Unlawful::WrongKind),
        ]
    );
}

#[test]
fn percentages_and_spans_stay_within_reason() {
    let commission = wrong(|terms| terms.commission_percent.scheduled = 101);
    assert_eq!(
        commission,
        only("/commission_percent/scheduled", Unlawful::PercentOutOfRange)
    );
    for hold in [0, 241] {
        let found = wrong(|terms| terms.hold_minutes = hold);
        assert_eq!(found, only("/hold_minutes", Unlawful::HoldOutOfRange));
    }
    for minutes in [4, 481] {
        let found = wrong(|terms| terms.urgent_visit_minutes = minutes);
        assert_eq!(
            found,
            only("/urgent_visit_minutes", Unlawful::UrgentVisitOutOfRange)
        );
    }
    let long = wrong(|terms| terms.visit.windows.depart_before_minutes = 10_081);
    assert_eq!(
        long,
        only("/visit/depart_before_minutes", Unlawful::SpanOutOfRange)
    );
    let rest = wrong(|terms| terms.visit.earning_rest_hours = 721);
    assert_eq!(rest, only("/visit/earning_rest_hours", Unlawful::SpanOutOfRange));
    let early = wrong(|terms| terms.visit.windows.missed_after_minutes = 119);
    let shorter = |than| {
        (
            "/visit/missed_after_minutes".to_owned(),
            Unlawful::ShorterThan(than),
        )
    };
    assert_eq!(
        early,
        [
            shorter("missed_alarm_minutes"),
            shorter("start_after_end_minutes")
        ]
    );
}

#[test]
fn every_refusal_has_its_code() {
    let unlawful = faults(&PriceTerms {
        hold_minutes: 0,
        ..terms(rub(1))
    });
    for (refusal, code) in [
        (
            PriceListRefusal::VersionNotNewer { latest: 3 },
            "price_list_not_newer",
        ),
        (
            PriceListRefusal::TooShortNotice { earliest: at() },
            "price_list_too_soon",
        ),
        (PriceListRefusal::Unlawful(unlawful[0].clone()), "invalid"),
    ] {
        assert_eq!(refusal.code(), code);
        assert!(refusal.to_string().len() > 10);
    }
    assert_eq!(Unlawful::StepsOutOfRange.code(), "out_of_range");
}
