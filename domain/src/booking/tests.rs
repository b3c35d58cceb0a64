//! Given these facts of a booking, when this is asked, then that happens.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use jiff::{SignedDuration, Timestamp};

use crate::booking::commands::{
    Assign, Cancel, Complete, Depart, Expire, MoneyArrived, NoShow, RecordReactionGivenUp,
    RecordReactionRefused, Request, Reschedule, Start, StartPayment, Unassign,
};
use crate::booking::decide::decide;
use crate::booking::events::{Appointment, BookingEvent, CallType, CancelReason, GiveUpReason};
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Booking, BookingCommand, quote};
use crate::money::Money;
use crate::people::{Actor, Role};
use crate::policy::cancellation::CancellationTerms;
use crate::sample::{appointment, doctor_id, id, moment, patient_id, person, rub, sealed};

const ASKED: &str = "2026-12-01T09:00:00Z";
const PAY_BY: &str = "2026-12-01T09:15:00Z";

fn start() -> Timestamp {
    moment("2026-12-10T12:00:00Z")
}

fn before_start(minutes: i64) -> Timestamp {
    start() - SignedDuration::from_mins(minutes)
}

fn agreed() -> Appointment {
    appointment("2026-12-10T12:00:00Z", "2026-12-10T12:30:00Z")
}

fn later() -> Appointment {
    appointment("2026-12-11T12:00:00Z", "2026-12-11T12:30:00Z")
}

fn ask(call_type: CallType) -> Request {
    let urgent = call_type == CallType::Urgent;
    Request {
        booking_id: id(5),
        patient_id: patient_id(),
        call_type,
        appointment: (!urgent).then(agreed),
        offered: rub(2000),
        price: rub(2000),
        tariff_version: 1,
        terms: CancellationTerms::default_for(call_type),
        pay_by: moment(PAY_BY),
        details: Some(sealed(6)),
        at: moment(ASKED),
    }
}

pub(super) fn after(mut facts: Vec<BookingEvent>, wish: impl Into<BookingCommand>) -> Vec<BookingEvent> {
    let decided = decide(&fold(&facts), wish).unwrap();
    facts.extend(decided);
    facts
}

pub(super) fn fold(facts: &[BookingEvent]) -> Booking {
    let mut booking = Booking::default();
    for fact in facts {
        booking.apply(fact.clone());
    }
    booking
}

fn paid(number: u128, at: Timestamp) -> MoneyArrived {
    MoneyArrived {
        payment_id: id(number),
        slot_free: None,
        at,
    }
}

/// A booking brought to the named state by the shortest way.
fn history(call_type: CallType, state: &str) -> Vec<BookingEvent> {
    let by = person(Role::Doctor);
    let at = moment(ASKED);
    let requested = || after(vec![], ask(call_type));
    let secured = || {
        let facts = after(requested(), paid(20, at));
        if call_type == CallType::Urgent {
            facts
        } else {
            after(facts, Unassign { by, at })
        }
    };
    let assigned = || {
        if call_type == CallType::Urgent {
            after(
                secured(),
                Assign {
                    appointment: agreed(),
                    by: person(Role::Admin),
                    at,
                },
            )
        } else {
            after(requested(), paid(20, at))
        }
    };
    let en_route = || {
        after(
            assigned(),
            Depart {
                by,
                at: before_start(30),
            },
        )
    };
    let in_progress = || after(en_route(), Start { by, at: start() });
    match state {
        "absent" => vec![],
        "requested" => requested(),
        "secured" => secured(),
        "assigned" => assigned(),
        "en_route" => en_route(),
        "in_progress" => in_progress(),
        "completed" => after(in_progress(), Complete { by, at: start() }),
        "cancelled" => after(assigned(), cancel(Role::Doctor, at)),
        "expired" => after(
            requested(),
            Expire {
                payment_secures: None,
                at: moment(PAY_BY),
            },
        ),
        "no_show" => after(
            en_route(),
            NoShow {
                by,
                at: before_start(-15),
            },
        ),
        other => panic!("no state {other}"),
    }
}

fn cancel(role: Role, at: Timestamp) -> Cancel {
    Cancel {
        by: person(role),
        reason: CancelReason::PatientRequest,
        note: None,
        expected_fee: None,
        at,
    }
}

fn outcome(booking: &Booking, wish: BookingCommand) -> String {
    match decide(booking, wish) {
        Ok(facts) => facts
            .iter()
            .map(BookingEvent::type_name)
            .collect::<Vec<_>>()
            .join("+"),
        Err(refusal) => refusal.code().to_owned(),
    }
}

const STATES: [&str; 10] = [
    "absent",
    "requested",
    "secured",
    "assigned",
    "en_route",
    "in_progress",
    "completed",
    "cancelled",
    "expired",
    "no_show",
];

#[test]
fn every_wish_meets_its_rule_in_every_state() {
    let by = person(Role::Doctor);
    let at = moment("2026-12-01T09:05:00Z");
    let overdue = moment("2026-12-01T09:20:00Z");
    let no = "not_now";
    let assign = Assign {
        appointment: later(),
        by,
        at,
    }
    .into();
    let table: Vec<(&str, BookingCommand, [&str; 10])> = vec![
        (
            "assign",
            assign,
            ["not_found", no, "BookingAssigned", no, no, no, no, no, no, no],
        ),
        (
            "unassign",
            Unassign { by, at }.into(),
            [
                "not_found",
                no,
                "",
                "BookingUnassigned",
                "BookingUnassigned",
                no,
                no,
                no,
                no,
                no,
            ],
        ),
        (
            "depart",
            Depart { by, at }.into(),
            ["not_found", no, no, "DoctorDeparted", "", no, no, no, no, no],
        ),
        (
            "start",
            Start { by, at }.into(),
            ["not_found", no, no, no, "VisitStarted", "", no, no, no, no],
        ),
        (
            "complete",
            Complete { by, at }.into(),
            ["not_found", no, no, no, no, "VisitCompleted", "", no, no, no],
        ),
        (
            "no_show",
            NoShow {
                by,
                at: before_start(-15),
            }
            .into(),
            [
                "not_found",
                no,
                no,
                "PatientNoShow",
                "PatientNoShow",
                no,
                no,
                no,
                no,
                "",
            ],
        ),
        (
            "reschedule",
            Reschedule { to: later(), by, at }.into(),
            [
                "not_found",
                "BookingRescheduled",
                "BookingRescheduled+BookingAssigned",
                "BookingRescheduled",
                no,
                no,
                no,
                no,
                no,
                no,
            ],
        ),
        ("cancel by the patient", cancel(Role::Patient, at).into(), {
            let yes = "BookingCancelled";
            ["not_found", yes, yes, yes, yes, "too_late", no, "", no, no]
        }),
        ("cancel by the doctor", cancel(Role::Doctor, at).into(), {
            let yes = "BookingCancelled";
            ["not_found", yes, yes, yes, yes, yes, no, "", no, no]
        }),
        (
            "start payment",
            StartPayment {
                payment_id: id(30),
                previous_is_final: true,
                at,
            }
            .into(),
            {
                let under_way = "payment_under_way";
                [
                    "not_found",
                    "BookingPaymentStarted",
                    under_way,
                    under_way,
                    under_way,
                    under_way,
                    no,
                    no,
                    no,
                    no,
                ]
            },
        ),
        (
            "expire",
            Expire {
                payment_secures: None,
                at: overdue,
            }
            .into(),
            ["not_found", "BookingExpired", "", "", "", "", "", "", "", ""],
        ),
        ("money", paid(30, at).into(), {
            let back = "LatePaymentRefused";
            [
                "not_found",
                "BookingSecured+BookingAssigned",
                back,
                back,
                back,
                back,
                back,
                back,
                back,
                back,
            ]
        }),
    ];
    for (name, wish, expected) in table {
        for (state, expected) in STATES.into_iter().zip(expected) {
            let booking = fold(&history(CallType::Scheduled, state));
            assert_eq!(outcome(&booking, wish.clone()), expected, "{name} when {state}");
        }
    }
}

#[test]
fn every_state_has_its_word_and_says_whether_it_claims_time() {
    let shown = STATES.map(|state| fold(&history(CallType::Urgent, state)));
    let words = shown.each_ref().map(|booking| booking.status().as_str());
    assert_eq!(
        words,
        [
            "absent",
            "pending",
            "pending",
            "assigned",
            "en_route",
            "in_progress",
            "completed",
            "cancelled",
            "expired",
            "no_show"
        ]
    );
    let claiming = shown.each_ref().map(Booking::claims_time);
    assert_eq!(
        claiming,
        [false, true, true, true, true, true, false, false, false, false]
    );
    assert!(shown[0].agreement().is_none());
    assert_eq!(shown[3].agreement().unwrap().doctor_id(), Some(doctor_id()));
}

#[test]
fn a_request_pins_price_terms_and_deadline() {
    let wish = ask(CallType::Scheduled);
    TestFramework::<Booking>::with(())
        .given_no_previous_events()
        .when(wish.into())
        .then_expect_events(vec![BookingEvent::Requested {
            booking_id: id(5),
            patient_id: patient_id(),
            call_type: CallType::Scheduled,
            appointment: Some(agreed()),
            price: rub(2000),
            tariff_version: 1,
            terms: CancellationTerms::default_for(CallType::Scheduled),
            pay_by: moment(PAY_BY),
            details: Some(sealed(6)),
            at: moment(ASKED),
        }]);
}

#[test]
fn a_request_is_refused_for_its_price_its_time_or_its_shape() {
    let refused = |wish: Request, refusal| {
        TestFramework::<Booking>::with(())
            .given_no_previous_events()
            .when(wish.into())
            .then_expect_error(refusal);
    };
    let scheduled = || ask(CallType::Scheduled);
    refused(
        Request {
            offered: rub(1999),
            ..scheduled()
        },
        BookingRefusal::PriceChanged { price: rub(2000) },
    );
    refused(
        Request {
            at: start(),
            ..scheduled()
        },
        BookingRefusal::InThePast,
    );
    refused(
        Request {
            appointment: None,
            ..scheduled()
        },
        BookingRefusal::WrongAppointment,
    );
    refused(
        Request {
            appointment: Some(agreed()),
            ..ask(CallType::Urgent)
        },
        BookingRefusal::WrongAppointment,
    );
    let free = Request {
        price: rub(0),
        offered: rub(0),
        ..scheduled()
    };
    refused(free, BookingRefusal::AmountOutOfRange);
}

#[test]
fn a_request_close_to_its_visit_is_paid_before_it_begins() {
    let facts = after(
        vec![],
        Request {
            at: before_start(5),
            pay_by: before_start(-10),
            ..ask(CallType::Scheduled)
        },
    );
    assert_eq!(fold(&facts).agreement().unwrap().pay_by, start());
}

#[test]
fn the_same_request_twice_is_one_and_another_is_refused() {
    let booking = fold(&history(CallType::Scheduled, "requested"));
    assert_eq!(decide(&booking, ask(CallType::Scheduled)), Ok(vec![]));
    let foreign = Request {
        patient_id: id(77),
        ..ask(CallType::Scheduled)
    };
    assert_eq!(
        decide(&booking, foreign),
        Err(BookingRefusal::NotNow { status: "pending" })
    );
}

#[test]
fn one_attempt_to_pay_lives_at_a_time() {
    let first = StartPayment {
        payment_id: id(20),
        previous_is_final: false,
        at: moment(ASKED),
    };
    let facts = after(history(CallType::Scheduled, "requested"), first.clone());
    let booking = fold(&facts);
    assert_eq!(booking.agreement().unwrap().live_payment, Some(id(20)));
    assert_eq!(decide(&booking, first), Ok(vec![]));
    let second = StartPayment {
        payment_id: id(21),
        previous_is_final: false,
        at: moment(ASKED),
    };
    assert_eq!(
        decide(&booking, second.clone()),
        Err(BookingRefusal::PaymentUnderWay)
    );
    let second = StartPayment {
        previous_is_final: true,
        ..second
    };
    assert_eq!(
        fold(&after(facts, second)).agreement().unwrap().live_payment,
        Some(id(21))
    );
    // The attempt that secured the booking is not started again.
    let secured = fold(&history(CallType::Urgent, "secured"));
    let again = StartPayment {
        payment_id: id(20),
        previous_is_final: false,
        at: moment(ASKED),
    };
    assert_eq!(decide(&secured, again), Ok(vec![]));
}

#[test]
fn nothing_is_paid_after_the_deadline() {
    let booking = fold(&history(CallType::Scheduled, "requested"));
    let wish = StartPayment {
        payment_id: id(20),
        previous_is_final: false,
        at: moment(PAY_BY),
    };
    assert_eq!(decide(&booking, wish), Err(BookingRefusal::TooLate));
}

#[test]
fn a_scheduled_booking_is_assigned_as_soon_as_it_is_secured() {
    let at = moment(ASKED);
    TestFramework::<Booking>::with(())
        .given(history(CallType::Consultation, "requested"))
        .when(paid(20, at).into())
        .then_expect_events(vec![
            BookingEvent::Secured {
                payment_id: id(20),
                at,
            },
            BookingEvent::Assigned {
                appointment: agreed(),
                by: Actor::Process,
                at,
            },
        ]);
    TestFramework::<Booking>::with(())
        .given(history(CallType::Urgent, "requested"))
        .when(paid(20, at).into())
        .then_expect_events(vec![BookingEvent::Secured {
            payment_id: id(20),
            at,
        }]);
}

#[test]
fn a_booking_expires_at_its_deadline_and_not_before() {
    let booking = fold(&history(CallType::Scheduled, "requested"));
    let tick = SignedDuration::from_nanos(1);
    let expire = |at| {
        decide(
            &booking,
            Expire {
                payment_secures: None,
                at,
            },
        )
    };
    assert_eq!(expire(moment(PAY_BY) - tick), Ok(vec![]));
    assert_eq!(
        expire(moment(PAY_BY)),
        Ok(vec![BookingEvent::Expired { at: moment(PAY_BY) }])
    );
}

#[test]
fn money_that_is_there_at_the_deadline_secures_the_booking() {
    let booking = fold(&history(CallType::Urgent, "requested"));
    let at = moment(PAY_BY);
    let wish = Expire {
        payment_secures: Some(id(20)),
        at,
    };
    assert_eq!(
        decide(&booking, wish),
        Ok(vec![BookingEvent::Secured {
            payment_id: id(20),
            at
        }])
    );
}

#[test]
fn money_for_a_visit_whose_time_has_come_goes_back() {
    let booking = fold(&history(CallType::Scheduled, "requested"));
    let at = start();
    let refused = vec![
        BookingEvent::Expired { at },
        BookingEvent::LatePaymentRefused {
            payment_id: id(20),
            at,
        },
    ];
    assert_eq!(decide(&booking, paid(20, at)), Ok(refused.clone()));
    assert_eq!(
        decide(
            &booking,
            Expire {
                payment_secures: Some(id(20)),
                at
            }
        ),
        Ok(refused)
    );
}

#[test]
fn late_money_revives_a_booking_whose_slot_is_free_and_ahead() {
    let at = moment("2026-12-01T10:00:00Z");
    let wish = MoneyArrived {
        payment_id: id(20),
        slot_free: Some(agreed()),
        at,
    };
    let facts = after(history(CallType::Scheduled, "expired"), wish.clone());
    assert_eq!(
        facts[2..],
        [
            BookingEvent::Revived {
                payment_id: id(20),
                appointment: Some(agreed()),
                at
            },
            BookingEvent::Assigned {
                appointment: agreed(),
                by: Actor::Process,
                at
            },
        ]
    );
    assert_eq!(decide(&fold(&facts), wish), Ok(vec![]));
    let urgent = after(history(CallType::Urgent, "expired"), paid(20, at));
    assert_eq!(
        urgent[2..],
        [BookingEvent::Revived {
            payment_id: id(20),
            appointment: None,
            at
        }]
    );
}

#[test]
fn late_money_goes_back_when_the_slot_is_gone_or_past() {
    let expired = fold(&history(CallType::Scheduled, "expired"));
    for (slot_free, at) in [(None, moment("2026-12-01T10:00:00Z")), (Some(agreed()), start())] {
        let wish = MoneyArrived {
            payment_id: id(20),
            slot_free,
            at,
        };
        let refused = vec![BookingEvent::LatePaymentRefused {
            payment_id: id(20),
            at,
        }];
        assert_eq!(decide(&expired, wish), Ok(refused));
    }
}

#[test]
fn second_money_goes_back_once() {
    let at = moment(ASKED);
    for state in ["expired", "cancelled", "secured", "completed", "no_show"] {
        let facts = after(history(CallType::Scheduled, state), paid(30, at));
        assert_eq!(
            facts.last(),
            Some(&BookingEvent::LatePaymentRefused {
                payment_id: id(30),
                at
            })
        );
        assert_eq!(decide(&fold(&facts), paid(30, at)), Ok(vec![]), "{state}");
    }
    let secured = fold(&history(CallType::Scheduled, "secured"));
    assert_eq!(
        decide(&secured, paid(20, at)),
        Ok(vec![]),
        "its own money is welcome twice"
    );
}

#[test]
fn an_assignment_is_not_in_the_past_and_counts_once() {
    let by = person(Role::Admin);
    let secured = history(CallType::Urgent, "secured");
    let late = Assign {
        appointment: agreed(),
        by,
        at: before_start(-1),
    };
    assert_eq!(decide(&fold(&secured), late), Err(BookingRefusal::InThePast));
    let now = Assign {
        appointment: agreed(),
        by,
        at: start(),
    };
    let assigned = fold(&after(secured, now.clone()));
    assert_eq!(decide(&assigned, now), Ok(vec![]));
}

#[test]
fn a_booking_without_its_doctor_waits_and_cancels_for_free() {
    let booking = fold(&history(CallType::Scheduled, "secured"));
    assert_eq!(booking.agreement().unwrap().appointment, None);
    assert_eq!(
        quote(&booking, person(Role::Patient), before_start(1)),
        Ok(rub(0))
    );
}

#[test]
fn a_patient_is_absent_a_quarter_of_an_hour_after_the_start() {
    let by = person(Role::Doctor);
    let tick = SignedDuration::from_nanos(1);
    let on_time = before_start(-15);
    for (call_type, fee) in [(CallType::Scheduled, rub(1000)), (CallType::Urgent, rub(600))] {
        let booking = fold(&history(call_type, "en_route"));
        assert_eq!(
            decide(
                &booking,
                NoShow {
                    by,
                    at: on_time - tick
                }
            ),
            Err(BookingRefusal::TooEarly)
        );
        let facts = decide(&booking, NoShow { by, at: on_time }).unwrap();
        assert_eq!(facts, [BookingEvent::NoShow { by, fee, at: on_time }]);
        let booking = fold(&[history(call_type, "en_route"), facts].concat());
        assert_eq!(booking.agreement().unwrap().fee, Some(fee));
    }
}

#[test]
fn a_completed_visit_costs_its_price() {
    let facts = history(CallType::Scheduled, "completed");
    let last = facts.last().cloned();
    assert!(matches!(last, Some(BookingEvent::Completed { due, .. }) if due == rub(2000)));
}

#[test]
fn the_quote_is_the_fee_under_the_pinned_terms() {
    let quoted = |call_type, state, role, at| quote(&fold(&history(call_type, state)), person(role), at);
    let scheduled = |minutes| {
        quoted(
            CallType::Scheduled,
            "assigned",
            Role::Patient,
            before_start(minutes),
        )
    };
    assert_eq!(scheduled(24 * 60), Ok(rub(0)));
    assert_eq!(scheduled(24 * 60 - 1), Ok(rub(600)));
    assert_eq!(scheduled(120), Ok(rub(600)));
    assert_eq!(scheduled(119), Ok(rub(1000)));
    let urgent = |state| quoted(CallType::Urgent, state, Role::Patient, start());
    assert_eq!(urgent("secured"), Ok(rub(0)));
    assert_eq!(urgent("assigned"), Ok(rub(0)));
    assert_eq!(urgent("en_route"), Ok(rub(600)));
    assert_eq!(urgent("in_progress"), Err(BookingRefusal::TooLate));
    for role in [Role::Doctor, Role::Clinic, Role::Admin] {
        assert_eq!(
            quoted(CallType::Urgent, "en_route", role, start()),
            Ok(rub(0)),
            "{role:?}"
        );
    }
    assert_eq!(
        quoted(CallType::Scheduled, "in_progress", Role::Admin, start()),
        Ok(rub(0))
    );
    assert_eq!(
        quoted(CallType::Scheduled, "in_progress", Role::Clinic, start()),
        Err(BookingRefusal::TooLate)
    );
    assert_eq!(
        quoted(CallType::Scheduled, "requested", Role::Patient, before_start(1)),
        Ok(rub(0))
    );
    assert_eq!(
        quoted(CallType::Scheduled, "cancelled", Role::Patient, start()),
        Err(BookingRefusal::NotNow { status: "cancelled" })
    );
}

#[test]
fn a_cancellation_costs_what_the_patient_agreed_to_or_is_refused() {
    let by = person(Role::Patient);
    let at = before_start(60);
    let wish = |expected_fee| Cancel {
        by,
        reason: CancelReason::Recovered,
        note: Some(sealed(8)),
        expected_fee,
        at,
    };
    let given = || TestFramework::<Booking>::with(()).given(history(CallType::Scheduled, "assigned"));
    given()
        .when(wish(Some(rub(600))).into())
        .then_expect_error(BookingRefusal::FeeChanged { fee: rub(1000) });
    given()
        .when(wish(Some(rub(1000))).into())
        .then_expect_events(vec![BookingEvent::Cancelled {
            by,
            reason: CancelReason::Recovered,
            note: Some(sealed(8)),
            fee: rub(1000),
            at,
        }]);
    let cancelled = fold(&after(history(CallType::Scheduled, "assigned"), wish(None)));
    assert_eq!(cancelled.agreement().unwrap().fee, Some(rub(1000)));
    assert_eq!(decide(&cancelled, wish(Some(rub(1)))), Ok(vec![]));
}

#[test]
fn after_a_move_the_fee_is_at_least_what_was_due_then() {
    let by = person(Role::Patient);
    let moved = |role, minutes| {
        let wish = Reschedule {
            to: later(),
            by: person(role),
            at: before_start(minutes),
        };
        fold(&after(history(CallType::Scheduled, "assigned"), wish))
    };
    let long_before = before_start(-1);
    assert_eq!(quote(&moved(Role::Patient, 60), by, long_before), Ok(rub(1000)));
    assert_eq!(
        quote(&moved(Role::Patient, 3 * 60), by, long_before),
        Ok(rub(600))
    );
    assert_eq!(
        quote(&moved(Role::Clinic, 60), by, before_start(-24 * 60 + 180)),
        Ok(rub(600))
    );
    assert_eq!(
        quote(
            &moved(Role::Clinic, 60),
            by,
            start() - SignedDuration::from_hours(24)
        ),
        Ok(rub(0))
    );
    // The floor outlives further moves and the terms outgrow it.
    let again = Reschedule {
        to: agreed(),
        by: person(Role::Clinic),
        at: before_start(59),
    };
    let booking = moved(Role::Patient, 60);
    let facts = decide(&booking, again).unwrap();
    assert!(matches!(facts[0], BookingEvent::Rescheduled { fee_floor, .. } if fee_floor == rub(1000)));
    assert_eq!(
        quote(&moved(Role::Patient, 3 * 60), by, before_start(-23 * 60)),
        Ok(rub(1000))
    );
}

#[test]
fn a_move_is_ahead_in_time_and_counts_once() {
    let by = person(Role::Patient);
    let assigned = fold(&history(CallType::Scheduled, "assigned"));
    let reschedule = |booking: &Booking, to, at| decide(booking, Reschedule { to, by, at });
    assert_eq!(reschedule(&assigned, agreed(), before_start(1)), Ok(vec![]));
    assert_eq!(
        reschedule(&assigned, later(), start()),
        Err(BookingRefusal::TooLate)
    );
    let past = appointment("2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z");
    assert_eq!(
        reschedule(&assigned, past, moment("2026-12-01T10:00:00Z")),
        Err(BookingRefusal::InThePast)
    );
    let requested = fold(&history(CallType::Scheduled, "requested"));
    assert_eq!(
        reschedule(&requested, later(), moment(PAY_BY)),
        Err(BookingRefusal::TooLate)
    );
    let urgent = fold(&history(CallType::Urgent, "assigned"));
    let refused = Err(BookingRefusal::NotNow { status: "assigned" });
    assert_eq!(reschedule(&urgent, later(), before_start(60)), refused);
}

#[test]
fn a_fruitless_reaction_is_told_once() {
    let at = moment(ASKED);
    let refused = RecordReactionRefused {
        intent_id: id(40),
        code: "not_now".to_owned(),
        at,
    };
    let given_up = RecordReactionGivenUp {
        intent_id: id(40),
        reason: GiveUpReason::Obsolete,
        by: person(Role::Admin),
        at,
    };
    assert_eq!(
        decide(&Booking::Absent, refused.clone()),
        Err(BookingRefusal::NoSuchBooking)
    );
    assert_eq!(
        decide(&Booking::Absent, given_up.clone()),
        Err(BookingRefusal::NoSuchBooking)
    );
    let facts = after(history(CallType::Urgent, "completed"), refused.clone());
    let facts = after(facts, given_up.clone());
    let names: Vec<_> = facts.iter().rev().take(2).map(BookingEvent::type_name).collect();
    assert_eq!(names, ["BookingReactionGivenUp", "BookingReactionRefused"]);
    let booking = fold(&facts);
    assert_eq!(decide(&booking, refused), Ok(vec![]));
    assert_eq!(decide(&booking, given_up), Ok(vec![]));
}

#[test]
fn an_amount_beyond_all_money_is_refused_and_not_wrapped() {
    let mut wish = ask(CallType::Scheduled);
    (wish.price, wish.offered) = (Money::kopecks(i64::MAX), Money::kopecks(i64::MAX));
    wish.terms = CancellationTerms::ByDeparture {
        after_departure_percent: 200,
    };
    let facts = after(vec![], wish);
    let facts = after(facts, paid(20, moment(ASKED)));
    let facts = after(
        facts,
        Depart {
            by: person(Role::Doctor),
            at: moment(ASKED),
        },
    );
    let booking = fold(&facts);
    assert_eq!(
        quote(&booking, person(Role::Patient), start()),
        Err(BookingRefusal::AmountOutOfRange)
    );
    let absent = NoShow {
        by: person(Role::Doctor),
        at: before_start(-15),
    };
    assert_eq!(decide(&booking, absent), Err(BookingRefusal::AmountOutOfRange));
}

#[test]
fn facts_without_a_booking_leave_it_absent() {
    for fact in history(CallType::Scheduled, "no_show").into_iter().skip(1) {
        assert_eq!(fold(&[fact]), Booking::Absent);
    }
    let expired = history(CallType::Scheduled, "expired").pop().unwrap();
    assert_eq!(
        fold(&[
            expired,
            BookingEvent::PaymentStarted {
                payment_id: id(1),
                at: start()
            }
        ]),
        Booking::Absent
    );
}

#[test]
fn a_booking_survives_being_written_down() {
    for state in STATES {
        let booking = fold(&history(CallType::Scheduled, state));
        let text = serde_json::to_string(&booking).unwrap();
        assert_eq!(serde_json::from_str::<Booking>(&text).unwrap(), booking);
    }
}
