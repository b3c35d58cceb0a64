//! Tests of the shared vocabulary: money, time, ids, roles, the contract's words, prices and terms.

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use crate::booking::events::{CallType, CancelReason};
use crate::booking::refusal::BookingRefusal;
use crate::booking::status::BookingStatus;
use crate::ids::{AccountId, BookingId, ClinicId};
use crate::money::{Currency, Money, MoneyError};
use crate::payment::events::{PaymentMethod, RefundReason};
use crate::payment::refusal::PaymentRefusal;
use crate::payment::status::PaymentStatus;
use crate::people::Role;
use crate::policy::cancellation::{CancellationTerms, NoticeStep};
use crate::schedule::refusal::ScheduleRefusal;
use crate::tests::fixtures::{doctor_id, id, moment, patient_id, range, rub};
use crate::time::{EmptyRange, TimeRange};
use crate::wallet::refusal::WalletRefusal;

#[test]
fn decimal_text_is_read_to_the_kopeck() {
    let parse = |text| Money::parse(text, Currency::Rub);
    for (text, minor) in [
        ("1500", 150_000),
        ("1500.5", 150_050),
        ("0.07", 7),
        ("-2.30", -230),
        ("10.5000", 1_050),
    ] {
        assert_eq!(parse(text), Ok(Money::kopecks(minor)), "{text}");
    }
    for text in [
        "", ".", "1.", ".5", "1,5", "1e3", "+1", "--1", " 1", "NaN", "1.2.3", "١",
    ] {
        assert_eq!(parse(text), Err(MoneyError::NotDecimal), "{text}");
    }
    assert_eq!(parse("1.001"), Err(MoneyError::TooPrecise));
    for text in ["99999999999999999999", "92233720368547758.08"] {
        assert_eq!(parse(text), Err(MoneyError::OutOfRange), "{text}");
    }
}

#[test]
fn money_is_shown_with_two_decimals_and_its_currency() {
    assert_eq!(rub(1500).to_string(), "1500.00 RUB");
    assert_eq!(Money::kopecks(-5).decimal(), "-0.05");
    assert_eq!(Currency::parse("RUB"), Some(Currency::Rub));
    assert_eq!(Currency::parse("rub"), None);
    assert!(Money::ZERO.is_zero() && !Money::ZERO.is_positive());
}

#[test]
fn sums_that_do_not_fit_are_refused() {
    let most = Money::kopecks(i64::MAX);
    assert_eq!(most.plus(Money::kopecks(1)), Err(MoneyError::OutOfRange));
    assert_eq!(
        Money::kopecks(i64::MIN).minus(Money::kopecks(1)),
        Err(MoneyError::OutOfRange)
    );
    assert_eq!(most.percent_floor(101), Err(MoneyError::OutOfRange));
    assert_eq!(most.percent_floor(100), Ok(most));
}

#[test]
fn a_range_ends_after_it_starts() {
    let start = moment("2026-12-01T10:00:00Z");
    assert_eq!(TimeRange::new(start, start), Err(EmptyRange));
    assert_eq!(TimeRange::lasting(start, 0), Err(EmptyRange));
    assert_eq!(TimeRange::lasting(jiff::Timestamp::MAX, 1), Err(EmptyRange));
    let forever = TimeRange::new(jiff::Timestamp::MIN, jiff::Timestamp::MAX).unwrap();
    assert_eq!(forever.padded(1, 0), Err(EmptyRange));
    assert_eq!(forever.padded(0, 1), Err(EmptyRange));
    let backwards = json!({"start": "2026-12-01T10:00:00Z", "end": "2026-12-01T09:00:00Z"});
    assert!(serde_json::from_value::<TimeRange>(backwards).is_err());
}

#[test]
fn ranges_are_half_open() {
    let morning = range("2026-12-01T09:00:00Z", "2026-12-01T12:00:00Z");
    let noon = TimeRange::lasting(morning.end(), 60).unwrap();
    assert!(!morning.overlaps(noon) && !noon.overlaps(morning));
    assert!(morning.overlaps(noon.padded(1, 0).unwrap()));
    assert!(morning.holds(morning.start()) && !morning.holds(morning.end()));
    assert!(morning.contains(morning) && !morning.contains(noon));
}

#[test]
fn ids_are_uuids_with_a_kind() {
    let booking: BookingId = "018f0000-0000-7000-8000-000000000001".parse().unwrap();
    assert_eq!(booking.to_string(), "018f0000-0000-7000-8000-000000000001");
    assert_eq!(format!("{booking:?}"), booking.to_string());
    assert!("no id".parse::<BookingId>().is_err());
    assert_eq!(serde_json::to_value(booking).unwrap(), json!(booking.to_string()));
    assert_eq!(AccountId::from(patient_id()).uuid(), patient_id().uuid());
    assert_eq!(AccountId::from(doctor_id()).uuid(), doctor_id().uuid());
    assert_eq!(AccountId::from(id::<crate::ids::kind::Clinic>(3)), id(3));
    let mut ids: Vec<ClinicId> = vec![id(2), id(1)];
    ids.sort();
    assert_eq!(ids, [id(1), id(2)]);
    assert_eq!(std::collections::HashSet::from([booking, booking]).len(), 1);
}

#[test]
fn every_word_of_the_contract_is_read_back() {
    for role in [
        Role::Patient,
        Role::Doctor,
        Role::Clinic,
        Role::Admin,
        Role::Analyst,
    ] {
        assert_eq!(Role::parse(role.as_str()), Some(role));
    }
    for call_type in CallType::ALL {
        assert_eq!(CallType::parse(call_type.as_str()), Some(call_type));
    }
    for reason in CancelReason::ALL {
        assert_eq!(CancelReason::parse(reason.as_str()), Some(reason));
    }
    for method in PaymentMethod::ALL {
        assert_eq!(PaymentMethod::parse(method.as_str()), Some(method));
    }
    for reason in RefundReason::BY_ADMIN {
        assert_eq!(RefundReason::parse_admin(reason.as_str()), Some(reason));
    }
    for reason in [RefundReason::Settlement, RefundReason::LatePayment] {
        assert_eq!(
            RefundReason::parse_admin(reason.as_str()),
            None,
            "only the platform itself gives {reason:?}"
        );
    }
    for status in BookingStatus::ALL {
        assert_eq!(BookingStatus::parse(status.as_str()), Some(status));
        assert_eq!(serde_json::to_value(status).unwrap(), json!(status.as_str()));
    }
    for status in PaymentStatus::ALL {
        assert_eq!(PaymentStatus::parse(status.as_str()), Some(status));
        assert_eq!(serde_json::to_value(status).unwrap(), json!(status.as_str()));
    }
    assert_eq!(
        (BookingStatus::parse("absent"), PaymentStatus::parse("absent")),
        (None, None)
    );
}

#[test]
fn every_refusal_has_a_code_and_a_sentence() {
    let price = rub(1);
    let booking = [
        BookingRefusal::NoSuchBooking,
        BookingRefusal::NotNow { status: "pending" },
        BookingRefusal::InThePast,
        BookingRefusal::PriceChanged { price, version: 1 },
        BookingRefusal::FeeChanged { fee: price },
        BookingRefusal::TooLate,
        BookingRefusal::TooEarly,
        BookingRefusal::PaymentUnderWay,
        BookingRefusal::WrongAppointment,
        BookingRefusal::NotAConsultation,
        BookingRefusal::AmountOutOfRange,
    ]
    .map(|refusal| (refusal.code(), refusal.to_string()));
    let schedule = [
        ScheduleRefusal::SlotTaken { overdue: vec![] },
        ScheduleRefusal::DoctorBusy { overdue: vec![] },
        ScheduleRefusal::OutsideWorkingHours,
        ScheduleRefusal::InThePast,
        ScheduleRefusal::DoctorNotAvailable,
        ScheduleRefusal::DayAlreadyOpen,
        ScheduleRefusal::DayClaimed { overdue: vec![] },
        ScheduleRefusal::DayNotOpen,
        ScheduleRefusal::DayNotLonger,
        ScheduleRefusal::DayOverlaps,
        ScheduleRefusal::NotAWorkingDay,
    ]
    .map(|refusal| (refusal.code(), refusal.to_string()));
    let payment = [
        PaymentRefusal::NoSuchPayment,
        PaymentRefusal::NotNow { status: "pending" },
        PaymentRefusal::MethodUnavailable,
        PaymentRefusal::ExceedsCaptured,
        PaymentRefusal::RefundUnderWay,
        PaymentRefusal::AmountOutOfRange,
    ]
    .map(|refusal| (refusal.code(), refusal.to_string()));
    let wallet = [
        WalletRefusal::InsufficientFunds { available: price },
        WalletRefusal::PeriodClosed,
        WalletRefusal::NoSuchHold,
        WalletRefusal::AmountOutOfRange,
    ]
    .map(|refusal| (refusal.code(), refusal.to_string()));
    for codes in [&booking[..], &schedule[..], &payment[..], &wallet[..]] {
        let distinct: std::collections::BTreeSet<_> = codes.iter().map(|(code, _)| code).collect();
        assert_eq!(distinct.len(), codes.len());
        for (code, sentence) in codes {
            assert!(
                code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{code}"
            );
            assert!(sentence.len() > 10, "{code}: {sentence}");
        }
    }
}

#[test]
fn fees_change_exactly_at_the_borders() {
    let starts_at = moment("2026-12-10T12:00:00Z");
    let price = Money::kopecks(199_999);
    for call_type in [CallType::Scheduled, CallType::Consultation] {
        let terms = CancellationTerms::default_for(call_type);
        let fee = |before: SignedDuration| {
            terms
                .fee_due(price, Some(starts_at), false, starts_at - before)
                .unwrap()
                .minor
        };
        let tick = SignedDuration::from_nanos(1);
        let day = SignedDuration::from_hours(24);
        let two = SignedDuration::from_hours(2);
        assert_eq!(fee(day * 30), 0);
        assert_eq!(fee(day), 0);
        // 30 % and 50 % of 1999.99, rounded down.
        assert_eq!(fee(day - tick), 59_999);
        assert_eq!(fee(two), 59_999);
        assert_eq!(fee(two - tick), 99_999);
        assert_eq!(fee(SignedDuration::ZERO), 99_999);
        assert_eq!(fee(-day), 99_999);
        assert_eq!(terms.latest_fee(price).unwrap().minor, 99_999);
        assert_eq!(terms.fee_due(price, None, true, starts_at).unwrap().minor, 0);
    }
}

#[test]
fn an_urgent_call_costs_from_the_departure_on() {
    let terms = CancellationTerms::default_for(CallType::Urgent);
    let at = moment("2026-12-10T12:00:00Z");
    for starts_at in [None, Some(at)] {
        assert_eq!(terms.fee_due(rub(1500), starts_at, false, at), Ok(rub(0)));
        assert_eq!(terms.fee_due(rub(1500), starts_at, true, at), Ok(rub(450)));
    }
    assert_eq!(terms.latest_fee(rub(1500)), Ok(rub(450)));
}

#[test]
fn terms_without_steps_cost_nothing() {
    let terms = CancellationTerms::ByNotice { steps: vec![] };
    let at = moment("2026-12-10T12:00:00Z");
    assert_eq!(terms.fee_due(rub(10), Some(at), true, at), Ok(rub(0)));
    assert_eq!(terms.latest_fee(rub(10)), Ok(rub(0)));
}

proptest! {
    #[test]
    fn money_text_comes_back(minor in any::<i64>().prop_filter("has a positive twin", |minor| *minor != i64::MIN)) {
        let money = Money::kopecks(minor);
        prop_assert_eq!(Money::parse(&money.decimal(), Currency::Rub), Ok(money));
    }

    #[test]
    fn a_fee_never_falls_as_the_visit_comes_nearer(
        minutes in prop::collection::vec(-3_000i64..10_000, 2),
        percents in prop::collection::vec(0u8..=100, 3),
        price in 1i64..100_000_000,
    ) {
        let mut percents = percents;
        percents.sort_unstable();
        let steps = [1_440, 120, 0]
            .into_iter()
            .zip(percents)
            .map(|(notice_minutes, percent)| NoticeStep { notice_minutes, percent })
            .collect();
        let terms = CancellationTerms::ByNotice { steps };
        let price = Money::kopecks(price);
        let starts_at = moment("2026-12-10T12:00:00Z");
        let fee = |before: i64| {
            terms.fee_due(price, Some(starts_at), false, starts_at - SignedDuration::from_mins(before)).unwrap().minor
        };
        let (late, early) = (minutes[0].min(minutes[1]), minutes[0].max(minutes[1]));
        prop_assert!(fee(early) <= fee(late));
        prop_assert!(fee(late) <= terms.latest_fee(price).unwrap().minor);
        prop_assert!(terms.latest_fee(price).unwrap().minor <= price.minor);
    }
}
