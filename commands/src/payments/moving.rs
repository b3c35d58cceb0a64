//! Money that moves in a payment moves in the wallet it comes from, or is for, in the same append.

use std::sync::Arc;

use domain::ids::AccountId;
use domain::payment::attempt::{Attempt, PaymentTerms};
use domain::payment::events::{PaymentEvent, PaymentMethod};
use domain::payment::purpose::{Purpose, transfer_of};
use domain::payment::{Payment, PaymentCommand, decide};
use domain::people::Actor;
use domain::wallet::WalletCommand;
use domain::wallet::commands::{CreditRefund, Deposit, Post, RestoreDeposit, ReturnDeposit, Void};
use domain::wallet::events::DepositSource;
use event_store::{Outcome, StreamName};

use crate::outcome::{CommandOutcome, PaymentState};
use crate::refusal::{CommandError, Refusal};
use crate::streams::{DecisionError, UnitOfWork};
use crate::wallet::{StatementPeriods, decide_wallet};

/// Lets a payment decide a command and records what came of it.
pub(crate) fn decide_payment(
    work: &mut UnitOfWork<'_>,
    name: &StreamName,
    command: impl Into<PaymentCommand>,
) -> Result<(), DecisionError> {
    let command = command.into();
    work.decide(name, |payment: &Payment| decide::decide(payment, command))
}

/// Lets a payment decide a command that moves money, and moves it in the wallet too, if it comes from there or is for it. What
/// a provider moves for a visit moves at the provider, who is asked afterwards.
pub(crate) fn move_money(
    work: &mut UnitOfWork<'_>,
    periods: &mut StatementPeriods<'_>,
    name: &StreamName,
    command: impl Into<PaymentCommand>,
) -> Result<(), DecisionError> {
    let payment = work.state::<Payment>(name)?;
    let attempt = payment
        .attempt()
        .ok_or_else(|| DecisionError::refuse(Refusal::NotFound))?;
    let facts = decide::decide(&payment, command.into()).map_err(DecisionError::refuse)?;
    let moves: Vec<WalletCommand> = facts.iter().filter_map(|fact| mirrored(fact, attempt)).collect();
    work.record::<Payment>(name, facts)?;
    if moves.is_empty() {
        return Ok(());
    }
    let page = periods.current(work, AccountId::from(attempt.terms.patient_id))?;
    moves
        .into_iter()
        .try_for_each(|command| decide_wallet(work, &page, command))
}

/// What a payment's fact means to the wallet.
fn mirrored(fact: &PaymentEvent, attempt: &Attempt) -> Option<WalletCommand> {
    let terms = &attempt.terms;
    match (terms.purpose, terms.method) {
        (Purpose::Booking(_), PaymentMethod::Wallet) => from_wallet(fact, terms),
        (Purpose::Booking(_), PaymentMethod::Yookassa | PaymentMethod::Sbp) => None,
        (Purpose::Deposit, PaymentMethod::Yookassa) => into_wallet(fact, attempt, DepositSource::Yookassa),
        (Purpose::Deposit, PaymentMethod::Sbp) => into_wallet(fact, attempt, DepositSource::Sbp),
        (Purpose::Deposit, PaymentMethod::Wallet) => None, // The rules start no such thing.
    }
}

/// What a fact of a payment by wallet means to the wallet.
fn from_wallet(fact: &PaymentEvent, terms: &PaymentTerms) -> Option<WalletCommand> {
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
            CreditRefund {
                owner_id,
                payment_id,
                number: *number,
                amount: *amount,
                at: *at,
            }
            .into(),
        ),
        PaymentEvent::Started { .. }
        | PaymentEvent::DepositStarted { .. }
        | PaymentEvent::Pending { .. }
        | PaymentEvent::OutcomeUnknown { .. }
        | PaymentEvent::Authorised { .. }
        | PaymentEvent::Failed { .. }
        | PaymentEvent::Routed { .. }
        | PaymentEvent::ReturnUrlGiven { .. }
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
        | PaymentEvent::ReceiptCopyOffered { .. }
        | PaymentEvent::ReceiptFailed { .. }
        | PaymentEvent::AnomalyRecorded { .. }
        | PaymentEvent::AnomalyResolved { .. }
        | PaymentEvent::ReactionRefused { .. }
        | PaymentEvent::ReactionGivenUp { .. } => None,
    }
}

/// What a fact of a deposit means to the wallet: taken money is in it at once, money that is to go back is out of it from
/// the moment that is decided, and in again when nothing came of that.
fn into_wallet(fact: &PaymentEvent, attempt: &Attempt, source: DepositSource) -> Option<WalletCommand> {
    let owner_id = AccountId::from(attempt.terms.patient_id);
    let transfer_id = transfer_of(attempt.terms.payment_id);
    match fact {
        PaymentEvent::Captured { amount, at, .. } => Some(
            Deposit {
                owner_id,
                transfer_id,
                amount: *amount,
                source,
                by: Actor::Process,
                at: *at,
            }
            .into(),
        ),
        PaymentEvent::RefundRequested {
            number, amount, at, ..
        } => Some(
            ReturnDeposit {
                owner_id,
                transfer_id,
                number: *number,
                amount: *amount,
                at: *at,
            }
            .into(),
        ),
        PaymentEvent::RefundCancelled { number, at, .. } => attempt.refund(*number).map(|refund| {
            RestoreDeposit {
                owner_id,
                transfer_id,
                number: *number,
                amount: refund.amount,
                at: *at,
            }
            .into()
        }),
        PaymentEvent::Started { .. }
        | PaymentEvent::DepositStarted { .. }
        | PaymentEvent::Pending { .. }
        | PaymentEvent::OutcomeUnknown { .. }
        | PaymentEvent::Authorised { .. }
        | PaymentEvent::Failed { .. }
        | PaymentEvent::Routed { .. }
        | PaymentEvent::ReturnUrlGiven { .. }
        | PaymentEvent::LinkOffered { .. }
        | PaymentEvent::CallIntended { .. }
        | PaymentEvent::CallRefused { .. }
        | PaymentEvent::CaptureRequested { .. }
        | PaymentEvent::CancelRequested { .. }
        | PaymentEvent::GivenUp { .. }
        | PaymentEvent::SettlementSet { .. }
        | PaymentEvent::Cancelled { .. }
        | PaymentEvent::Refunded { .. }
        | PaymentEvent::RefundPending { .. }
        | PaymentEvent::IncomeKnown { .. }
        | PaymentEvent::ReceiptDue { .. }
        | PaymentEvent::ReceiptRequested { .. }
        | PaymentEvent::ReceiptRegistered { .. }
        | PaymentEvent::ReceiptCopyOffered { .. }
        | PaymentEvent::ReceiptFailed { .. }
        | PaymentEvent::AnomalyRecorded { .. }
        | PaymentEvent::AnomalyResolved { .. }
        | PaymentEvent::ReactionRefused { .. }
        | PaymentEvent::ReactionGivenUp { .. } => None,
    }
}

/// Says which payment and booking the present work is about, for logs and traces.
pub(crate) fn note_subjects(payment: &Payment) {
    let Some(terms) = payment.terms() else { return };
    traces::note_payment(terms.payment_id.uuid());
    if let Some(booking_id) = terms.purpose.booking() {
        traces::note_booking(booking_id.uuid());
    }
}

/// The answer about the payment in `name`.
pub(crate) fn answer(
    outcome: &Outcome,
    name: &StreamName,
) -> Result<CommandOutcome<PaymentState>, CommandError> {
    let payment: Arc<Payment> = outcome.state::<Payment>(name).ok_or(Refusal::NotFound)?;
    note_subjects(&payment);
    Ok(CommandOutcome::of(PaymentState { payment }, outcome, name))
}
