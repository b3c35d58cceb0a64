//! Money that moves in a payment moves in the wallet it came from, in the same append.

use std::sync::Arc;

use domain::ids::{AccountId, BookingId, PaymentId};
use domain::payment::attempt::PaymentTerms;
use domain::payment::events::{PaymentEvent, PaymentMethod};
use domain::payment::{Payment, PaymentCommand, decide};
use domain::wallet::WalletCommand;
use domain::wallet::commands::{Post, Refund, Void};
use event_store::{AsOf, Outcome, StreamName};

use crate::answer::{Done, PaymentAnswer};
use crate::house::House;
use crate::refusal::{CommandFault, Refusal};
use crate::streams::{Room, Stop};
use crate::wallet::{Pages, decide_wallet};

/// Lets a payment decide a wish and records what came of it.
pub(crate) fn decide_payment(
    room: &mut Room<'_>,
    name: &StreamName,
    wish: impl Into<PaymentCommand>,
) -> Result<(), Stop> {
    let wish = wish.into();
    room.decide(name, |payment: &Payment| decide::decide(payment, wish))
}

/// Lets a payment decide a wish that moves money, and moves it in the wallet too if it is a wallet's. A provider's money
/// moves at the provider, who is asked afterwards.
pub(crate) fn move_money(
    room: &mut Room<'_>,
    pages: &mut Pages<'_>,
    name: &StreamName,
    wish: impl Into<PaymentCommand>,
) -> Result<(), Stop> {
    let payment = room.state::<Payment>(name)?;
    let terms = payment.terms().ok_or_else(|| Stop::refuse(Refusal::NotFound))?;
    let facts = decide::decide(&payment, wish.into()).map_err(Stop::refuse)?;
    let moves: Vec<WalletCommand> = match terms.method {
        PaymentMethod::Wallet => facts.iter().filter_map(|fact| mirrored(fact, terms)).collect(),
        PaymentMethod::Yookassa | PaymentMethod::Sbp => Vec::new(),
    };
    room.record::<Payment>(name, facts)?;
    if moves.is_empty() {
        return Ok(());
    }
    let page = pages.current(room, AccountId::from(terms.patient_id))?;
    moves
        .into_iter()
        .try_for_each(|wish| decide_wallet(room, &page, wish))
}

/// What a payment's fact means to the wallet.
fn mirrored(fact: &PaymentEvent, terms: &PaymentTerms) -> Option<WalletCommand> {
    let (owner_id, payment_id) = (AccountId::from(terms.patient_id), terms.payment_id);
    match fact {
        PaymentEvent::Captured { amount, at, .. } => Some(
            Post {
                owner_id,
                payment_id,
                amount: *amount,
                at: *at,
            }
            .into(),
        ),
        PaymentEvent::Cancelled { at, .. } => Some(
            Void {
                owner_id,
                payment_id,
                at: *at,
            }
            .into(),
        ),
        PaymentEvent::Refunded {
            number, amount, at, ..
        } => Some(
            Refund {
                owner_id,
                payment_id,
                number: *number,
                amount: *amount,
                at: *at,
            }
            .into(),
        ),
        PaymentEvent::Started { .. }
        | PaymentEvent::Pending { .. }
        | PaymentEvent::OutcomeUnknown { .. }
        | PaymentEvent::Authorised { .. }
        | PaymentEvent::Failed { .. }
        | PaymentEvent::Routed { .. }
        | PaymentEvent::LinkOffered { .. }
        | PaymentEvent::CallIntended { .. }
        | PaymentEvent::CallRefused { .. }
        | PaymentEvent::CaptureRequested { .. }
        | PaymentEvent::CancelRequested { .. }
        | PaymentEvent::GivenUp { .. }
        | PaymentEvent::SettlementSet { .. }
        | PaymentEvent::RefundRequested { .. }
        | PaymentEvent::RefundPending { .. }
        | PaymentEvent::RefundCancelled { .. }
        | PaymentEvent::IncomeKnown { .. }
        | PaymentEvent::ReceiptDue { .. }
        | PaymentEvent::ReceiptRequested { .. }
        | PaymentEvent::ReceiptRegistered { .. }
        | PaymentEvent::ReceiptFailed { .. }
        | PaymentEvent::AnomalyRecorded { .. }
        | PaymentEvent::AnomalyResolved { .. }
        | PaymentEvent::ReactionRefused { .. }
        | PaymentEvent::ReactionGivenUp { .. } => None,
    }
}

/// The booking a payment is for, by the partition its stream lies in.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub(crate) async fn booking_of(house: &House, payment_id: PaymentId) -> Result<BookingId, CommandFault> {
    let facts = house
        .log
        .read_stream("payment", &payment_id.to_string(), AsOf::Version(1))
        .await?;
    let booking_id = facts.first().and_then(|fact| fact.partition_key.parse().ok());
    booking_id.ok_or_else(|| Refusal::NotFound.into())
}

/// The answer about the payment in `name`.
pub(crate) fn answer(outcome: &Outcome, name: &StreamName) -> Result<Done<PaymentAnswer>, CommandFault> {
    let payment: Arc<Payment> = outcome.state::<Payment>(name).ok_or(Refusal::NotFound)?;
    Ok(Done {
        answer: PaymentAnswer { payment },
        position: outcome.position,
        version: outcome.version(name),
        replayed: outcome.replayed,
    })
}
