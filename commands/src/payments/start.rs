//! A patient pays for a booking: the attempt, its authorisation and the wallet's hold are one append.

use domain::booking::commands::StartPayment as BookingStartPayment;
use domain::booking::{Agreement, Booking};
use domain::ids::{AccountId, BookingId, PaymentId};
use domain::payment::commands::{GiveUp, RecordAuthorised, StartForBooking};
use domain::payment::events::PaymentMethod;
use domain::payment::provider::Route;
use domain::payment::{Payment, decide};
use domain::people::PrivateRef;
use domain::wallet::commands::HoldMoney;
use event_store::{PrivateRow, StreamName};

use crate::bookings::execution;
use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PaymentState};
use crate::payments::{moving, provider, return_url};
use crate::policy::{MayPay, Permission};
use crate::ports::ReturnUrl;
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};
use crate::wallet::{StatementPeriods, decide_wallet};

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct StartPayment {
    pub booking_id: BookingId,
    pub method: PaymentMethod,
    /// Where the patient comes back to from the provider's page; the deployment's own address if nobody says.
    pub return_url: Option<ReturnUrl>,
}

/// Starts paying, as the booking's patient. By wallet the money is held at once; a provider is asked right after, and
/// a fact names the vault's row that tells where the patient confirms it.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`, `payment_under_way`, `too_late`, `payment_method_unavailable`,
/// `insufficient_funds`; and the errors of the log.
pub async fn start(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: StartPayment,
) -> Result<CommandOutcome<PaymentState>, CommandError> {
    let payment_id = PaymentId::from_uuid(metadata.created_id("payment"));
    traces::note_booking(command.booking_id.uuid());
    traces::note_payment(payment_id.uuid());
    let booking = streams::booking(command.booking_id);
    let name = streams::payment(payment_id, command.booking_id);
    let sealed = sealed_return_url(services, metadata, &command).await?;
    let mut periods = StatementPeriods::of(services);
    loop {
        let known = std::slice::from_ref(&booking);
        let outcome = event_store::execute(&services.log, &metadata.context(&booking), known, |work| {
            let state = work.state::<Booking>(&booking)?;
            let agreement = MayPay::RULE
                .permit_on(&state, metadata.by)
                .map_err(DecisionError::refuse)?;
            work.assume_new::<Payment>(&name);
            let at = work.now();
            let route =
                provider::route(services, command.method, agreement, at).map_err(DecisionError::refuse)?;
            // Who pays from the wallet does not leave.
            let (row, return_url) = sealed.clone().filter(|_| route.is_some()).unzip();
            begin(work, agreement, payment_id, &command, route, return_url)?;
            row.into_iter().for_each(|row| work.store_private(row));
            match command.method {
                PaymentMethod::Wallet => hold(work, &mut periods, agreement, payment_id),
                // The provider is asked next; nothing waits for it here.
                PaymentMethod::Yookassa | PaymentMethod::Sbp => Ok(()),
            }
        })
        .await
        .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return outcome.and_then(|outcome| moving::answer(&outcome, &name));
        }
    }
}

/// Where the patient comes back to, sealed about them, if anybody said so.
async fn sealed_return_url(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: &StartPayment,
) -> Result<Option<(PrivateRow, PrivateRef)>, CommandError> {
    let Some(url) = &command.return_url else {
        return Ok(None);
    };
    match execution::patient_of(services, command.booking_id).await? {
        Some(payer) => return_url::sealed(services, metadata, payer, Some(url)).await,
        None => Ok(None),
    }
}

/// The booking learns of the attempt; at most one lives at a time.
fn begin(
    work: &mut UnitOfWork<'_>,
    agreement: &Agreement,
    payment_id: PaymentId,
    command: &StartPayment,
    route: Option<Route>,
    return_url: Option<PrivateRef>,
) -> Result<(), DecisionError> {
    let at = work.now();
    let previous_is_final = match agreement.live_payment {
        None => true,
        Some(previous) => is_out_of_the_way(work, &streams::payment(previous, command.booking_id))?,
    };
    execution::apply_to_booking(
        work,
        command.booking_id,
        BookingStartPayment {
            payment_id,
            previous_is_final,
            at,
        },
    )?;
    let start = StartForBooking {
        payment_id,
        booking_id: command.booking_id,
        patient_id: agreement.patient_id,
        method: command.method,
        amount: agreement.price,
        route,
        return_url,
        at,
    };
    moving::decide_payment(work, &streams::payment(payment_id, command.booking_id), start)
}

/// Whether the attempt before is over. One that the provider knows and nobody paid yet is given up for the new one:
/// should it be paid all the same, its money goes back. One whose outcome is unknown stays in the way.
fn is_out_of_the_way(work: &mut UnitOfWork<'_>, previous: &StreamName) -> Result<bool, DecisionError> {
    let payment = work.state::<Payment>(previous)?;
    if payment.is_final() {
        return Ok(true);
    }
    let at = work.now();
    match decide::decide(&payment, GiveUp { at }) {
        Ok(facts) => {
            work.record::<Payment>(previous, facts)?;
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}

/// The wallet keeps the money back, and thereby it is authorised; such a hold never ends by itself.
fn hold(
    work: &mut UnitOfWork<'_>,
    periods: &mut StatementPeriods<'_>,
    agreement: &Agreement,
    payment_id: PaymentId,
) -> Result<(), DecisionError> {
    let (at, amount) = (work.now(), agreement.price);
    let owner_id = AccountId::from(agreement.patient_id);
    let page = periods.current(work, owner_id)?;
    decide_wallet(
        work,
        &page,
        HoldMoney {
            owner_id,
            payment_id,
            amount,
            at,
        },
    )?;
    let name = streams::payment(payment_id, agreement.booking_id);
    moving::decide_payment(
        work,
        &name,
        RecordAuthorised {
            amount,
            expires_at: None,
            at,
        },
    )
}
