//! What would have come of a booking under another price list.

mod examples;
mod properties;

use domain::booking::commands::{ApplyPayment, Cancel, FixEarnings, ReportVisit, RequestVisit, StartPayment};
use domain::booking::decide::decide;
use domain::booking::decide::visit::VisitReport;
use domain::booking::events::{Appointment, BookingEvent, CallType, CancelReason};
use domain::booking::evolve::evolve;
use domain::booking::{Booking, BookingCommand, quote};
use domain::ids::{DoctorId, Id};
use domain::money::Money;
use domain::people::{Actor, Role};
use domain::policy::cancellation::{CancellationTerms, NoticeStep};
use domain::policy::visit::VisitWindows;
use domain::price_list::list::PriceList;
use domain::price_list::terms::{ByCallType, PriceRow, PriceTerms, VisitTimes};
use domain::price_list::terms_error::faults;
use domain::time::TimeRange;
use jiff::{SignedDuration, Timestamp};

use super::uuid;
use crate::what_if::{Comparison, compare};

fn id<Kind>(number: u128) -> Id<Kind> {
    Id::from_uuid(uuid(number))
}

fn doctor() -> DoctorId {
    id(2)
}

fn person(role: Role) -> Actor {
    Actor::Person { id: id(9), role }
}

/// So many minutes after everything began.
fn instant(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn visit(minutes: i64) -> Appointment {
    Appointment {
        doctor_id: doctor(),
        visit: TimeRange::lasting(instant(minutes), 30).unwrap(),
        days: vec![],
        clinic_id: None,
    }
}

/// What a list says, in the numbers that the tests vary: prices in kopecks, percent.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    price: i64,
    own_price: Option<i64>,
    commission: u8,
    departed: u8,
    late: (i64, u8, u8),
    wait: u16,
}

fn list(version: u32, numbers: Numbers) -> PriceList {
    let (notice_minutes, early, late) = numbers.late;
    let by_notice = CancellationTerms::ByNotice {
        steps: vec![
            NoticeStep {
                notice_minutes,
                percent: early,
            },
            NoticeStep {
                notice_minutes: 0,
                percent: late.max(early),
            },
        ],
    };
    let row = |call_type, doctor_id, minor| PriceRow {
        call_type,
        doctor_id,
        amount: Money::kopecks(minor),
    };
    let mut prices: Vec<PriceRow> = CallType::ALL
        .into_iter()
        .map(|call_type| row(call_type, None, numbers.price))
        .collect();
    prices.extend(
        numbers
            .own_price
            .map(|minor| row(CallType::Scheduled, Some(doctor()), minor)),
    );
    let percent = numbers.commission;
    let terms = PriceTerms {
        prices,
        commission_percent: ByCallType {
            urgent: percent,
            scheduled: percent,
            consultation: percent,
        },
        cancellation: ByCallType {
            urgent: CancellationTerms::ByDeparture {
                after_departure_percent: numbers.departed,
            },
            scheduled: by_notice.clone(),
            consultation: by_notice,
        },
        hold_minutes: 15,
        urgent_visit_minutes: 60,
        visit: VisitTimes {
            windows: VisitWindows {
                no_show_after_minutes: numbers.wait,
                ..VisitWindows::default()
            },
            earning_rest_hours: 24,
        },
    };
    assert_eq!(faults(&terms), [], "a list that could be published");
    PriceList {
        version,
        valid_from: instant(0),
        terms,
        published_by: Actor::Process,
        published_at: instant(0),
    }
}

const USUAL: Numbers = Numbers {
    price: 200_000,
    own_price: None,
    commission: 20,
    departed: 30,
    late: (1_440, 0, 50),
    wait: 15,
};

/// A booking that is lived through under a list, one decision after another.
struct Life {
    list: PriceList,
    facts: Vec<BookingEvent>,
    booking: Booking,
}

impl Life {
    fn requested(list: &PriceList, call_type: CallType) -> Self {
        let appointment = (call_type != CallType::Urgent).then(|| visit(3_000));
        let starts_at = appointment.as_ref().map(|appointment| appointment.visit.start());
        let price = list.price(
            call_type,
            appointment.as_ref().map(|appointment| appointment.doctor_id),
            starts_at,
        );
        let mut life = Self {
            list: list.clone(),
            facts: vec![],
            booking: Booking::default(),
        };
        let request = RequestVisit {
            booking_id: id(5),
            patient_id: id(1),
            call_type,
            appointment,
            offered: price,
            offered_version: None,
            price,
            tariff_version: list.version,
            terms: list.cancellation(call_type).clone(),
            pay_by: instant(20),
            details: None,
            at: instant(0),
        };
        assert!(life.does(request));
        life
    }

    /// Whether it was decided so.
    fn does(&mut self, command: impl Into<BookingCommand>) -> bool {
        let Ok(facts) = decide(&self.booking, command) else {
            return false;
        };
        for fact in facts {
            self.booking = evolve(std::mem::take(&mut self.booking), fact.clone());
            self.facts.push(fact);
        }
        true
    }

    fn reports(&mut self, report: VisitReport, role: Role, minutes: i64) -> bool {
        let windows = self.list.terms.visit.windows;
        self.does(ReportVisit {
            report,
            by: person(role),
            windows,
            at: instant(minutes),
        })
    }

    fn paid(&mut self, minutes: i64) {
        let (payment_id, at) = (id(20), instant(minutes));
        self.does(StartPayment {
            payment_id,
            previous_is_final: true,
            at,
        });
        self.does(ApplyPayment {
            payment_id,
            slot_free: None,
            at,
        });
    }

    fn cancelled(&mut self, role: Role, minutes: i64) -> bool {
        let (by, at) = (person(role), instant(minutes));
        let expected_fee = quote(&self.booking, by, at).ok();
        self.does(Cancel {
            by,
            reason: CancelReason::Other,
            note: None,
            expected_fee,
            at,
        })
    }

    fn earned(&mut self, left: i64, minutes: i64) {
        let commissions = self.list.commissions();
        self.does(FixEarnings {
            payment_id: id(20),
            left: Money::kopecks(left),
            commissions,
            at: instant(minutes),
        });
    }

    fn under(&self, other: &PriceList) -> Comparison {
        compare(&self.facts, None, &self.list, other).unwrap()
    }
}

/// A scheduled visit that is paid for and has its doctor.
fn assigned(list: &PriceList) -> Life {
    let mut life = Life::requested(list, CallType::Scheduled);
    life.paid(1);
    life
}
