//! Reactions: a fact in, intents out. Every kind of fact of bookings and payments is shown to every process.

mod payments;

use domain::any_event::AnyEvent;
use domain::booking::events::{Appointment, BookingEvent, CallType, CancelReason, Unwanted};
use domain::ids::{AccountId, BookingId, DoctorId, IntentId, PartitionId, PatientId, PaymentId, PrivateId};
use domain::money::Money;
use domain::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
use domain::payment::provider::{Call, CaptureMode, Provider, Route};
use domain::payment::receipt::ReceiptPurpose;
use domain::people::{Actor, PrivateRef};
use domain::policy::cancellation::CancellationTerms;
use domain::reactions::GiveUpReason;
use domain::time::TimeRange;
use domain::wallet::events::WalletEvent;
use jiff::Timestamp;
use uuid::Uuid;

use self::payments::of_a_payment;
use super::*;
use crate::intents::Intent;
use crate::payments::PaymentRef;
use crate::retry_schedule::RetrySchedule;

const PATIENT: PatientId = PatientId::from_uuid(Uuid::from_u128(1));
const BOOKING: BookingId = BookingId::from_uuid(Uuid::from_u128(2));
const PAYMENT: PaymentId = PaymentId::from_uuid(Uuid::from_u128(3));
const PAYMENT_REF: PaymentRef = PaymentRef {
    partition: PartitionId::from_uuid(BOOKING.uuid()),
    payment_id: PAYMENT,
};
const DOCTOR: DoctorId = DoctorId::from_uuid(Uuid::from_u128(4));
const INTENT: IntentId = IntentId::from_uuid(Uuid::from_u128(5));
const PRICE: Money = Money::kopecks(200_000);
const FEE: Money = Money::kopecks(60_000);
const BY: Actor = Actor::Process;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn appointment() -> Appointment {
    let visit = TimeRange::lasting(at(86_400), 30).unwrap();
    Appointment {
        doctor_id: DOCTOR,
        visit,
        days: vec![jiff::civil::date(2027, 1, 16)],
        clinic_id: None,
    }
}

fn requested() -> BookingEvent {
    BookingEvent::Requested {
        booking_id: BOOKING,
        patient_id: PATIENT,
        call_type: CallType::Scheduled,
        appointment: Some(appointment()),
        price: PRICE,
        tariff_version: 1,
        terms: CancellationTerms::ByNotice { steps: vec![] },
        pay_by: at(900),
        details: None,
        at: at(0),
    }
}

fn late_payment_refused(because: Unwanted, second: i64) -> BookingEvent {
    BookingEvent::LatePaymentRefused {
        payment_id: PAYMENT,
        because,
        at: at(second),
    }
}

fn completed() -> BookingEvent {
    BookingEvent::Completed {
        by: BY,
        due: PRICE,
        at: at(8),
    }
}

fn no_show() -> BookingEvent {
    BookingEvent::NoShow {
        by: BY,
        fee: FEE,
        at: at(9),
    }
}

fn cancelled() -> BookingEvent {
    BookingEvent::Cancelled {
        by: BY,
        reason: CancelReason::Other,
        note: None,
        fee: FEE,
        at: at(10),
    }
}

/// The steps of a visit, and its ends without one.
fn of_a_visit() -> [BookingEvent; 6] {
    [
        BookingEvent::Arrived { by: BY, at: at(1) },
        BookingEvent::Started { by: BY, at: at(1) },
        BookingEvent::Missed {
            doctor_id: DOCTOR,
            at: at(6),
        },
        BookingEvent::NobodyFound { at: at(7) },
        BookingEvent::RoomNamed {
            room: PrivateRef {
                id: PrivateId::from_uuid(Uuid::from_u128(9)),
                digest: String::new(),
            },
            by: BY,
            at: at(1),
        },
        BookingEvent::ChangeAccepted {
            appointment: appointment(),
            by: BY,
            at: at(1),
        },
    ]
}

/// Every kind of fact of a booking.
fn of_a_booking() -> Vec<BookingEvent> {
    let mut facts = of_a_visit().to_vec();
    facts.extend([
        requested(),
        BookingEvent::PaymentStarted {
            payment_id: PAYMENT,
            at: at(1),
        },
        BookingEvent::Secured {
            payment_id: PAYMENT,
            at: at(1),
        },
        BookingEvent::Expired { at: at(1) },
        BookingEvent::Revived {
            payment_id: PAYMENT,
            appointment: None,
            at: at(1),
        },
        late_payment_refused(Unwanted::TooLate, 7),
        late_payment_refused(Unwanted::PaidAlready, 9),
        BookingEvent::Assigned {
            appointment: appointment(),
            by: BY,
            at: at(1),
        },
        BookingEvent::Unassigned {
            doctor_id: DOCTOR,
            by: BY,
            at: at(1),
        },
        BookingEvent::Departed { by: BY, at: at(1) },
        completed(),
        no_show(),
        BookingEvent::Rescheduled {
            from: None,
            to: appointment(),
            fee_floor: FEE,
            by: BY,
            at: at(1),
        },
        cancelled(),
        BookingEvent::ReactionRefused {
            intent_id: INTENT,
            code: "not_now".to_owned(),
            at: at(1),
        },
        BookingEvent::Earned {
            doctor_id: DOCTOR,
            payment_id: PAYMENT,
            kept: PRICE,
            commission: FEE,
            share: FEE,
            policy_version: 1,
            at: at(1),
        },
        BookingEvent::ReactionGivenUp {
            intent_id: INTENT,
            reason: GiveUpReason::Obsolete,
            by: BY,
            at: at(1),
        },
    ]);
    facts
}

/// What each process answers to each fact that means something to it.
fn answered(react: fn(ReceivedEvent<'_>) -> Vec<ScheduledIntent>) -> Vec<(&'static str, ScheduledIntent)> {
    let bookings = of_a_booking()
        .into_iter()
        .map(|fact| (BOOKING.to_string(), AnyEvent::Booking(fact)));
    let payments = of_a_payment()
        .into_iter()
        .map(|fact| (PAYMENT.to_string(), AnyEvent::Payment(fact)));
    let wallet = WalletEvent::Voided {
        owner_id: AccountId::from(PATIENT),
        payment_id: PAYMENT,
        at: at(1),
    };
    let others = [(format!("{PATIENT}_000001"), AnyEvent::Wallet(wallet))];
    let partition_key = BOOKING.to_string();
    let mut answers = Vec::new();
    for (aggregate_id, event) in bookings.chain(payments).chain(others) {
        let received = ReceivedEvent {
            position: 1,
            aggregate_id: &aggregate_id,
            partition_key: &partition_key,
            event: &event,
            retries: &RetrySchedule::default(),
        };
        answers.extend(
            react(received)
                .into_iter()
                .map(|reaction| (event.type_name(), reaction)),
        );
    }
    answers
}

#[test]
fn a_requested_booking_is_asked_to_expire_at_its_deadline_and_a_moved_one_at_its_new_start() {
    let asked = |due_at| ScheduledIntent {
        intent: Intent::ExpireBooking { booking_id: BOOKING },
        due_at,
    };
    let expected = vec![
        ("BookingRequested", asked(at(900))),
        ("BookingRescheduled", asked(at(86_400))),
    ];
    assert_eq!(answered(hold_expiry::react), expected);
}

#[test]
fn authorised_and_captured_money_secures_its_booking_and_failed_money_leaves_it_to_the_deadline() {
    let arrived = |second| ScheduledIntent {
        intent: Intent::ApplyPayment {
            payment_ref: PAYMENT_REF,
        },
        due_at: at(second),
    };
    let expected = vec![("PaymentAuthorised", arrived(2)), ("PaymentCaptured", arrived(3))];
    assert_eq!(answered(booking_payment::react), expected);
}

#[test]
fn money_that_its_booking_refused_goes_back_whether_late_or_double() {
    let intent = Intent::ReturnMoney {
        booking_id: BOOKING,
        payment_id: PAYMENT,
    };
    let goes_back = |due_at| {
        let intent = intent.clone();
        vec![("LatePaymentRefused", ScheduledIntent { intent, due_at })]
    };
    assert_eq!(answered(late_success::react), goes_back(at(7)));
    assert_eq!(answered(double_payment::react), goes_back(at(9)));
}

#[test]
fn a_visit_that_is_over_missed_or_called_off_is_settled_for_what_its_fact_says() {
    let settled = |due, second| ScheduledIntent {
        intent: Intent::SettleBooking {
            booking_id: BOOKING,
            due,
        },
        due_at: at(second),
    };
    let expected = vec![
        ("BookingMissed", settled(Money::ZERO, 6)),
        ("BookingNobodyFound", settled(Money::ZERO, 7)),
        ("VisitCompleted", settled(PRICE, 8)),
        ("PatientNoShow", settled(FEE, 9)),
        ("BookingCancelled", settled(FEE, 10)),
    ];
    assert_eq!(answered(settlement::react), expected);
}

#[test]
fn every_process_has_a_name_of_its_own() {
    let mut names: Vec<&str> = PROCESSES.iter().map(|process| process.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), PROCESSES.len());
}
