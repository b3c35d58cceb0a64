//! The rules of a payment: a command and the history so far in, facts or a refusal out. The same command twice is one command.

pub mod anomalies;
pub mod calls;
pub mod pursue;
pub mod receipts;
pub mod refunds;
pub mod settle;
pub mod snapshot;

use cqrs_es::Aggregate;
use jiff::Timestamp;

use crate::payment::attempt::Attempt;
use crate::payment::commands::{StartDeposit, StartForBooking};
use crate::payment::events::{PaymentEvent, PaymentMethod};
use crate::payment::provider::{CaptureMode, Route};
use crate::payment::purpose::{Purpose, deposit_limits};
use crate::payment::refusal::PaymentRefusal;
use crate::payment::{Payment, PaymentCommand};
use crate::people::PrivateRef;
use crate::reactions::{RecordReactionGivenUp, RecordReactionRefused};

/// The facts in order, none when nothing is left to do; or why not.
pub type Decision = Result<Vec<PaymentEvent>, PaymentRefusal>;

/// Decides any command.
///
/// # Errors
/// The refusal of the rule that the command meets.
pub fn decide(payment: &Payment, command: impl Into<PaymentCommand>) -> Decision {
    match command.into() {
        PaymentCommand::Start(command) => start(payment, &command),
        PaymentCommand::StartDeposit(command) => start_deposit(payment, &command),
        PaymentCommand::RecordUnknown(command) => snapshot::unknown(payment, &command),
        PaymentCommand::RecordAuthorised(command) => snapshot::authorised(payment, &command),
        PaymentCommand::RecordFailed(command) => snapshot::failed(payment, command),
        PaymentCommand::IntendCall(command) => calls::intend(payment, command),
        PaymentCommand::RecordRefused(command) => calls::refused(payment, command),
        PaymentCommand::RecordNotCreated(command) => calls::not_created(payment, &command),
        PaymentCommand::RecordStuck(command) => calls::stuck(payment, &command),
        PaymentCommand::RecordSnapshot(command) => snapshot::record(payment, &command),
        PaymentCommand::OfferLink(command) => calls::link(payment, command),
        PaymentCommand::GiveUp(command) => settle::give_up(payment, &command),
        PaymentCommand::CaptureEarly(command) => settle::capture_early(payment, &command),
        PaymentCommand::Pursue(command) => pursue::pursue(payment, &command),
        PaymentCommand::RecordRefund(command) => refunds::record(payment, &command),
        PaymentCommand::RecordReceipt(command) => receipts::record(payment, command),
        PaymentCommand::RecordUnexpectedReceipt(command) => receipts::unexpected(payment, command),
        PaymentCommand::ResolveAnomaly(command) => anomalies::resolve(payment, &command),
        PaymentCommand::Settle(command) => settle::settle(payment, &command),
        PaymentCommand::Refund(command) => settle::refund(payment, &command),
        PaymentCommand::RecordReactionRefused(command) => reaction_refused(payment, command),
        PaymentCommand::RecordReactionGivenUp(command) => reaction_given_up(payment, &command),
    }
}

/// Whether somebody carries this payment: the platform keeps the wallet itself, everything else has a route.
const fn is_carried(method: PaymentMethod, routed: bool) -> bool {
    match method {
        PaymentMethod::Wallet => !routed,
        PaymentMethod::Yookassa | PaymentMethod::Sbp => routed,
    }
}

fn start(payment: &Payment, command: &StartForBooking) -> Decision {
    if let Some(attempt) = payment.attempt() {
        return if started_the_same(attempt, command) {
            Ok(vec![])
        } else {
            Err(not_now(payment))
        };
    }
    if !is_carried(command.method, command.route.is_some()) {
        return Err(PaymentRefusal::MethodUnavailable);
    }
    if !command.amount.is_positive() {
        return Err(PaymentRefusal::AmountOutOfRange);
    }
    let started = PaymentEvent::Started {
        payment_id: command.payment_id,
        booking_id: command.booking_id,
        patient_id: command.patient_id,
        method: command.method,
        amount: command.amount,
        at: command.at,
    };
    let routed = command.route.map(|route| PaymentEvent::Routed {
        route,
        at: command.at,
    });
    // Nobody leaves the platform to pay from the wallet, nor comes back.
    let return_url = command.route.and(command.return_url.as_ref());
    Ok(std::iter::once(started)
        .chain(routed)
        .chain(comes_back_to(return_url, command.at))
        .collect())
}

fn comes_back_to(return_url: Option<&PrivateRef>, at: Timestamp) -> Option<PaymentEvent> {
    return_url.map(|return_url| PaymentEvent::ReturnUrlGiven {
        return_url: return_url.clone(),
        at,
    })
}

fn started_the_same(attempt: &Attempt, command: &StartForBooking) -> bool {
    attempt.terms.payment_id == command.payment_id
        && attempt.terms.purpose == Purpose::Booking(command.booking_id)
        && attempt.terms.patient_id == command.patient_id
        && attempt.terms.method == command.method
        && attempt.terms.amount == command.amount
}

/// Money for the wallet: charged at once, within what its way of paying carries. Any number may be under way.
fn start_deposit(payment: &Payment, command: &StartDeposit) -> Decision {
    if let Some(attempt) = payment.attempt() {
        let terms = attempt.terms;
        let same = terms.payment_id == command.payment_id
            && terms.purpose == Purpose::Deposit
            && terms.patient_id == command.patient_id
            && terms.method == command.method
            && terms.amount == command.amount;
        return if same { Ok(vec![]) } else { Err(not_now(payment)) };
    }
    match command.method {
        PaymentMethod::Wallet => return Err(PaymentRefusal::MethodUnavailable),
        PaymentMethod::Yookassa | PaymentMethod::Sbp => {}
    }
    let (least, most) = deposit_limits(command.method, command.provider);
    let fits = command.amount.currency == least.currency
        && (least.minor..=most.minor).contains(&command.amount.minor);
    if !fits {
        return Err(PaymentRefusal::DepositLimit { least, most });
    }
    let started = PaymentEvent::DepositStarted {
        payment_id: command.payment_id,
        patient_id: command.patient_id,
        method: command.method,
        amount: command.amount,
        at: command.at,
    };
    let route = Route {
        provider: command.provider,
        taking: CaptureMode::AtOnce,
        receipts: command.receipts,
    };
    let routed = PaymentEvent::Routed {
        route,
        at: command.at,
    };
    Ok([started, routed]
        .into_iter()
        .chain(comes_back_to(command.return_url.as_ref(), command.at))
        .collect())
}

fn reaction_refused(payment: &Payment, command: RecordReactionRefused) -> Decision {
    if present(payment)?.reactions.refused.contains(&command.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![PaymentEvent::ReactionRefused {
        intent_id: command.intent_id,
        code: command.code,
        at: command.at,
    }])
}

fn reaction_given_up(payment: &Payment, command: &RecordReactionGivenUp) -> Decision {
    if present(payment)?.reactions.given_up.contains(&command.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![PaymentEvent::ReactionGivenUp {
        intent_id: command.intent_id,
        reason: command.reason,
        by: command.by,
        at: command.at,
    }])
}

fn present(payment: &Payment) -> Result<&Attempt, PaymentRefusal> {
    payment.attempt().ok_or(PaymentRefusal::NoSuchPayment)
}

/// "Not now", or "no such payment" when there is none.
fn not_now(payment: &Payment) -> PaymentRefusal {
    match payment.attempt() {
        Some(_) => PaymentRefusal::NotNow {
            status: payment.status().as_str(),
        },
        None => PaymentRefusal::NoSuchPayment,
    }
}

/// The payment once these facts have happened too.
fn after(payment: &Payment, facts: &[PaymentEvent]) -> Payment {
    let mut payment = payment.clone();
    facts.iter().cloned().for_each(|fact| payment.apply(fact));
    payment
}

const fn out_of_range(_: crate::money::MoneyError) -> PaymentRefusal {
    PaymentRefusal::AmountOutOfRange
}
