//! Money in time, too late, twice, or not at all.

use super::*;
use crate::booking::events::Unwanted;

#[test]
fn a_request_pins_price_terms_and_deadline() {
    let command = ask(CallType::Scheduled);
    TestFramework::<Booking>::with(())
        .given_no_previous_events()
        .when(command.into())
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
    let command = StartPayment {
        payment_id: id(20),
        previous_is_final: false,
        at: moment(PAY_BY),
    };
    assert_eq!(decide(&booking, command.clone()), Err(BookingRefusal::TooLate));
    let expired = fold(&history(CallType::Scheduled, "expired"));
    assert_eq!(
        decide(&expired, command),
        Err(BookingRefusal::TooLate),
        "the answer does not depend on who looked first"
    );
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
    let command = Expire {
        payment_secures: Some(id(20)),
        at,
    };
    assert_eq!(
        decide(&booking, command),
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
            because: Unwanted::TooLate,
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
    let command = ApplyPayment {
        payment_id: id(20),
        slot_free: Some(agreed()),
        at,
    };
    let facts = after(history(CallType::Scheduled, "expired"), command.clone());
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
    assert_eq!(decide(&fold(&facts), command), Ok(vec![]));
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
        let command = ApplyPayment {
            payment_id: id(20),
            slot_free,
            at,
        };
        let refused = vec![BookingEvent::LatePaymentRefused {
            payment_id: id(20),
            because: Unwanted::TooLate,
            at,
        }];
        assert_eq!(decide(&expired, command), Ok(refused));
    }
}

#[test]
fn second_money_goes_back_once() {
    let at = moment(ASKED);
    let states = [
        ("expired", Unwanted::TooLate),
        ("cancelled", Unwanted::PaidAlready),
        ("secured", Unwanted::PaidAlready),
        ("completed", Unwanted::PaidAlready),
        ("no_show", Unwanted::PaidAlready),
        ("missed", Unwanted::PaidAlready),
    ];
    for (state, because) in states {
        let facts = after(history(CallType::Scheduled, state), paid(30, at));
        assert_eq!(
            facts.last(),
            Some(&BookingEvent::LatePaymentRefused {
                payment_id: id(30),
                because,
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
fn an_amount_beyond_all_money_is_refused_and_not_wrapped() {
    let mut command = ask(CallType::Scheduled);
    (command.price, command.offered) = (Money::kopecks(i64::MAX), Money::kopecks(i64::MAX));
    command.terms = CancellationTerms::ByDeparture {
        after_departure_percent: 200,
    };
    let facts = after(vec![], command);
    let facts = after(facts, paid(20, moment(ASKED)));
    let facts = after(facts, depart(before_start(30)));
    let facts = after(facts, arrive(before_start(5)));
    let booking = fold(&facts);
    assert_eq!(
        quote(&booking, person(Role::Patient), start()),
        Err(BookingRefusal::AmountOutOfRange)
    );
    assert_eq!(
        decide(&booking, no_show(before_start(-15))),
        Err(BookingRefusal::AmountOutOfRange)
    );
}

#[test]
fn money_for_a_booking_called_off_unpaid_is_late_and_not_double() {
    let at = moment(ASKED);
    let unpaid = after(
        history(CallType::Scheduled, "requested"),
        cancel(Role::Patient, at),
    );
    let refused = BookingEvent::LatePaymentRefused {
        payment_id: id(30),
        because: Unwanted::TooLate,
        at,
    };
    assert_eq!(decide(&fold(&unpaid), paid(30, at)), Ok(vec![refused]));
}
