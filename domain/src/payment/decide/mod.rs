//! The rules of a payment: a wish and the history so far in, facts or a refusal out. The same wish twice is one wish.

pub mod anomalies;
pub mod calls;
pub mod pursue;
pub mod receipts;
pub mod refunds;
pub mod settle;
pub mod snapshot;

use cqrs_es::Aggregate;

use crate::payment::attempt::Attempt;
use crate::payment::commands::{RecordReactionGivenUp, RecordReactionRefused, Start, StartDeposit};
use crate::payment::events::{PaymentEvent, PaymentMethod};
use crate::payment::provider::{Route, Taking};
use crate::payment::purpose::{Purpose, deposit_limits};
use crate::payment::refusal::PaymentRefusal;
use crate::payment::{Payment, PaymentCommand};

/// What a decision answers.
pub type Decision = Result<Vec<PaymentEvent>, PaymentRefusal>;

/// Decides any wish.
///
/// # Errors
/// The refusal of the rule that the wish meets.
pub fn decide(payment: &Payment, wish: impl Into<PaymentCommand>) -> Decision {
    match wish.into() {
        PaymentCommand::Start(wish) => start(payment, &wish),
        PaymentCommand::StartDeposit(wish) => start_deposit(payment, &wish),
        PaymentCommand::RecordUnknown(wish) => snapshot::unknown(payment, &wish),
        PaymentCommand::RecordAuthorised(wish) => snapshot::authorised(payment, &wish),
        PaymentCommand::RecordFailed(wish) => snapshot::failed(payment, wish),
        PaymentCommand::IntendCall(wish) => calls::intend(payment, wish),
        PaymentCommand::RecordRefused(wish) => calls::refused(payment, wish),
        PaymentCommand::RecordNotCreated(wish) => calls::not_created(payment, &wish),
        PaymentCommand::RecordStuck(wish) => calls::stuck(payment, &wish),
        PaymentCommand::RecordSnapshot(wish) => snapshot::record(payment, &wish),
        PaymentCommand::OfferLink(wish) => calls::link(payment, wish),
        PaymentCommand::GiveUp(wish) => settle::give_up(payment, &wish),
        PaymentCommand::CaptureEarly(wish) => settle::capture_early(payment, &wish),
        PaymentCommand::Pursue(wish) => pursue::pursue(payment, &wish),
        PaymentCommand::RecordRefund(wish) => refunds::record(payment, &wish),
        PaymentCommand::RecordReceipt(wish) => receipts::record(payment, wish),
        PaymentCommand::RecordUnexpectedReceipt(wish) => receipts::unexpected(payment, wish),
        PaymentCommand::ResolveAnomaly(wish) => anomalies::resolve(payment, &wish),
        PaymentCommand::Settle(wish) => settle::settle(payment, &wish),
        PaymentCommand::Refund(wish) => settle::refund(payment, &wish),
        PaymentCommand::RecordReactionRefused(wish) => reaction_refused(payment, wish),
        PaymentCommand::RecordReactionGivenUp(wish) => reaction_given_up(payment, &wish),
    }
}

/// Whether somebody carries this payment: the house keeps the wallet itself, everything else has a route.
const fn is_carried(method: PaymentMethod, routed: bool) -> bool {
    match method {
        PaymentMethod::Wallet => !routed,
        PaymentMethod::Yookassa | PaymentMethod::Sbp => routed,
    }
}

fn start(payment: &Payment, wish: &Start) -> Decision {
    if let Some(attempt) = payment.attempt() {
        return if started_the_same(attempt, wish) {
            Ok(vec![])
        } else {
            Err(not_now(payment))
        };
    }
    if !is_carried(wish.method, wish.route.is_some()) {
        return Err(PaymentRefusal::MethodUnavailable);
    }
    if !wish.amount.is_positive() {
        return Err(PaymentRefusal::AmountOutOfRange);
    }
    let started = PaymentEvent::Started {
        payment_id: wish.payment_id,
        booking_id: wish.booking_id,
        patient_id: wish.patient_id,
        method: wish.method,
        amount: wish.amount,
        at: wish.at,
    };
    let routed = wish
        .route
        .map(|route| PaymentEvent::Routed { route, at: wish.at });
    Ok(std::iter::once(started).chain(routed).collect())
}

fn started_the_same(attempt: &Attempt, wish: &Start) -> bool {
    attempt.terms.payment_id == wish.payment_id
        && attempt.terms.purpose == Purpose::Booking(wish.booking_id)
        && attempt.terms.patient_id == wish.patient_id
        && attempt.terms.method == wish.method
        && attempt.terms.amount == wish.amount
}

/// Money for the wallet: charged at once, within what its way of paying carries. Any number may be under way.
fn start_deposit(payment: &Payment, wish: &StartDeposit) -> Decision {
    if let Some(attempt) = payment.attempt() {
        let terms = attempt.terms;
        let same = terms.payment_id == wish.payment_id
            && terms.purpose == Purpose::Deposit
            && terms.patient_id == wish.patient_id
            && terms.method == wish.method
            && terms.amount == wish.amount;
        return if same { Ok(vec![]) } else { Err(not_now(payment)) };
    }
    match wish.method {
        PaymentMethod::Wallet => return Err(PaymentRefusal::MethodUnavailable),
        PaymentMethod::Yookassa | PaymentMethod::Sbp => {}
    }
    let (least, most) = deposit_limits(wish.method, wish.provider);
    let fits =
        wish.amount.currency == least.currency && (least.minor..=most.minor).contains(&wish.amount.minor);
    if !fits {
        return Err(PaymentRefusal::DepositLimit { least, most });
    }
    let started = PaymentEvent::DepositStarted {
        payment_id: wish.payment_id,
        patient_id: wish.patient_id,
        method: wish.method,
        amount: wish.amount,
        at: wish.at,
    };
    let route = Route {
        provider: wish.provider,
        taking: Taking::AtOnce,
        receipts: wish.receipts,
    };
    Ok(vec![started, PaymentEvent::Routed { route, at: wish.at }])
}

fn reaction_refused(payment: &Payment, wish: RecordReactionRefused) -> Decision {
    if present(payment)?.reactions.refused.contains(&wish.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![PaymentEvent::ReactionRefused {
        intent_id: wish.intent_id,
        code: wish.code,
        at: wish.at,
    }])
}

fn reaction_given_up(payment: &Payment, wish: &RecordReactionGivenUp) -> Decision {
    if present(payment)?.reactions.given_up.contains(&wish.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![PaymentEvent::ReactionGivenUp {
        intent_id: wish.intent_id,
        reason: wish.reason,
        by: wish.by,
        at: wish.at,
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

const fn out_of_range(_: crate::money::MoneyFault) -> PaymentRefusal {
    PaymentRefusal::AmountOutOfRange
}
