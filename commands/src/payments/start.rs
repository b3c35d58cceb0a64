//! A patient pays for a booking: the attempt, its authorisation and the wallet's hold are one append.

use domain::booking::commands::StartPayment as BookingStartPayment;
use domain::booking::{Agreement, Booking};
use domain::ids::{AccountId, BookingId, PaymentId};
use domain::payment::commands::{GiveUp, RecordAuthorised, Start};
use domain::payment::events::PaymentMethod;
use domain::payment::provider::Route;
use domain::payment::{Payment, decide};
use domain::wallet::commands::Hold;
use event_store::StreamName;

use crate::answer::{Done, PaymentAnswer};
use crate::bookings::acting;
use crate::context::Asked;
use crate::house::House;
use crate::payments::{moving, outward};
use crate::policy;
use crate::refusal::CommandFault;
use crate::streams::{self, Room, Stop};
use crate::wallet::{Pages, decide_wallet};

/// How a patient pays, and for what.
#[derive(Clone, Copy, Debug)]
pub struct StartPayment {
    /// The booking.
    pub booking_id: BookingId,
    /// The method.
    pub method: PaymentMethod,
}

/// Starts paying, as the booking's patient. By wallet the money is held at once; a provider is asked right after, and
/// a fact names the vault's row that tells where the patient confirms it.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`, `payment_under_way`, `too_late`, `payment_method_unavailable`,
/// `insufficient_funds`; and the faults of the log.
pub async fn start(
    house: &House,
    asked: &Asked,
    wish: StartPayment,
) -> Result<Done<PaymentAnswer>, CommandFault> {
    let begun = asked.begin();
    let payment_id = PaymentId::from_uuid(begun.created_id("payment"));
    let booking = streams::booking(wish.booking_id);
    let name = streams::payment(payment_id, wish.booking_id);
    let mut pages = Pages::of(house);
    loop {
        let known = std::slice::from_ref(&booking);
        let outcome = event_store::execute(&house.log, &begun.about(&booking), known, |room| {
            let state = room.state::<Booking>(&booking)?;
            let agreement = policy::PAY.permit_on(&state, asked.by).map_err(Stop::refuse)?;
            room.fresh::<Payment>(&name);
            let at = room.now();
            let route = outward::route(house, wish.method, agreement, at).map_err(Stop::refuse)?;
            begin(room, agreement, payment_id, wish, route)?;
            match wish.method {
                PaymentMethod::Wallet => hold(room, &mut pages, agreement, payment_id),
                // The provider is asked next; nothing waits for it here.
                PaymentMethod::Yookassa | PaymentMethod::Sbp => Ok(()),
            }
        })
        .await
        .map_err(CommandFault::from);
        if !pages.looked_up(&outcome).await? {
            return outcome.and_then(|outcome| moving::answer(&outcome, &name));
        }
    }
}

/// The booking learns of the attempt; at most one lives at a time.
fn begin(
    room: &mut Room<'_>,
    agreement: &Agreement,
    payment_id: PaymentId,
    wish: StartPayment,
    route: Option<Route>,
) -> Result<(), Stop> {
    let at = room.now();
    let previous_is_final = match agreement.live_payment {
        None => true,
        Some(previous) => is_out_of_the_way(room, &streams::payment(previous, wish.booking_id))?,
    };
    acting::decide_booking(
        room,
        wish.booking_id,
        BookingStartPayment {
            payment_id,
            previous_is_final,
            at,
        },
    )?;
    let start = Start {
        payment_id,
        booking_id: wish.booking_id,
        patient_id: agreement.patient_id,
        method: wish.method,
        amount: agreement.price,
        route,
        at,
    };
    moving::decide_payment(room, &streams::payment(payment_id, wish.booking_id), start)
}

/// Whether the attempt before is over. One that the provider knows and nobody paid yet is given up for the new one:
/// should it be paid all the same, its money goes back. One whose outcome is unknown stays in the way.
fn is_out_of_the_way(room: &mut Room<'_>, previous: &StreamName) -> Result<bool, Stop> {
    let payment = room.state::<Payment>(previous)?;
    if payment.is_final() {
        return Ok(true);
    }
    let at = room.now();
    match decide::decide(&payment, GiveUp { at }) {
        Ok(facts) => {
            room.record::<Payment>(previous, facts)?;
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}

/// The wallet keeps the money back, and thereby it is authorised; such a hold never ends by itself.
fn hold(
    room: &mut Room<'_>,
    pages: &mut Pages<'_>,
    agreement: &Agreement,
    payment_id: PaymentId,
) -> Result<(), Stop> {
    let (at, amount) = (room.now(), agreement.price);
    let owner_id = AccountId::from(agreement.patient_id);
    let page = pages.current(room, owner_id)?;
    decide_wallet(
        room,
        &page,
        Hold {
            owner_id,
            payment_id,
            amount,
            at,
        },
    )?;
    let name = streams::payment(payment_id, agreement.booking_id);
    moving::decide_payment(
        room,
        &name,
        RecordAuthorised {
            amount,
            expires_at: None,
            at,
        },
    )
}
