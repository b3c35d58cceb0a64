//! Asking for a visit.

use super::*;

#[test]
fn a_request_is_refused_for_its_price_its_time_or_its_shape() {
    let refused = |command: RequestVisit, refusal| {
        TestFramework::<Booking>::with(())
            .given_no_previous_events()
            .when(command.into())
            .then_expect_error(refusal);
    };
    let scheduled = || ask(CallType::Scheduled);
    let changed = BookingRefusal::PriceChanged {
        price: rub(2000),
        version: 1,
    };
    refused(
        RequestVisit {
            offered: rub(1999),
            ..scheduled()
        },
        changed.clone(),
    );
    // The same price, but perhaps other terms: whoever insists on the list they saw is told of the new one.
    refused(
        RequestVisit {
            offered_version: Some(2),
            ..scheduled()
        },
        changed,
    );
    refused(
        RequestVisit {
            at: start(),
            ..scheduled()
        },
        BookingRefusal::InThePast,
    );
    refused(
        RequestVisit {
            appointment: None,
            ..scheduled()
        },
        BookingRefusal::WrongAppointment,
    );
    refused(
        RequestVisit {
            appointment: Some(agreed()),
            ..ask(CallType::Urgent)
        },
        BookingRefusal::WrongAppointment,
    );
    let free = RequestVisit {
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
        RequestVisit {
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
    let foreign = RequestVisit {
        patient_id: id(77),
        ..ask(CallType::Scheduled)
    };
    assert_eq!(
        decide(&booking, foreign),
        Err(BookingRefusal::NotNow { status: "pending" })
    );
}
