//! Requests to the provider: recorded before they are sent, and only a refusal allows another attempt.

use jiff::{SignedDuration, Timestamp};

use crate::payment::Payment;
use crate::payment::anomaly::{Anomaly, Source};
use crate::payment::attempt::{Attempt, RefundStage};
use crate::payment::commands::{IntendCall, OfferLink, RecordNotCreated, RecordRefused, RecordStuck};
use crate::payment::decide::{Decision, anomalies, not_now, present, receipts, refunds};
use crate::payment::events::PaymentEvent;
use crate::payment::provider::{CALL_ATTEMPTS_MAX, Call};
use crate::payment::receipt::{ReceiptEntry, ReceiptPurpose, ReceiptStage};
use crate::payment::refusal::PaymentRefusal;

/// The code of a payment that the provider never had.
pub const NOT_CREATED: &str = "not_created";

/// A request is about to be sent. One that is under way already stays the one there is: it is repeated under its key,
/// or asked after, but never followed by another until it was refused. Nothing is recorded for what nobody wants.
pub(super) fn intend(payment: &Payment, command: IntendCall) -> Decision {
    let attempt = present(payment)?;
    let Some(route) = attempt.route else {
        return Err(PaymentRefusal::MethodUnavailable);
    };
    let latest = attempt.latest(command.call);
    if !is_wanted(payment, attempt, command.call) || latest.is_some_and(|made| !made.refused) {
        return Ok(vec![]);
    }
    let number = latest.map_or(0, |made| made.attempt) + 1;
    if number > CALL_ATTEMPTS_MAX {
        return Err(not_now(payment));
    }
    Ok(vec![PaymentEvent::CallIntended {
        call: command.call,
        attempt: number,
        key: command.call.key(attempt.terms.payment_id, number),
        provider: route.provider,
        body_digest: command.body_digest,
        at: command.at,
    }])
}

/// Whether the payment, as it stands, wants this of its provider.
pub fn is_wanted(payment: &Payment, attempt: &Attempt, call: Call) -> bool {
    match call {
        Call::Create => matches!(payment, Payment::Pending(_)) && attempt.provider_id.is_none(),
        Call::Capture => matches!(payment, Payment::Authorised(_)) && attempt.capture_asked.is_some(),
        Call::Cancel => matches!(payment, Payment::Authorised(_)) && attempt.cancel_asked,
        Call::Refund { number } => attempt
            .refund_in_turn()
            .is_some_and(|refund| refund.number == number && refund.stage == RefundStage::Requested),
        Call::Receipt { number } => attempt
            .receipt(number)
            .is_some_and(|receipt| receipt.alone && receipt.stage == ReceiptStage::Due),
    }
}

/// How long a refund waits for a receipt that was due and never asked for: its instruction was given up.
const NEVER_ASKED: SignedDuration = SignedDuration::from_hours(24);

/// How long requests wait for paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// A refund, for the receipt that must close the advance before, once that was asked for.
    pub closing_receipt_timeout: SignedDuration,
    /// A receipt that may have been printed, for the cash register's notice of it.
    pub receipt_notice_timeout: SignedDuration,
}

/// Whether a request that is wanted must wait.
pub fn must_wait(attempt: &Attempt, call: Call, at: Timestamp, patience: Patience) -> bool {
    match call {
        Call::Refund { .. } => waits_for_closing(attempt, at, patience.closing_receipt_timeout),
        Call::Receipt { .. } => may_be_printed(attempt, call, at, patience.receipt_notice_timeout),
        Call::Create | Call::Capture | Call::Cancel => false,
    }
}

/// Where every sending prints, a receipt that was sent before is given time to be heard of: a customer's second paper is
/// a second sale to the tax office.
fn may_be_printed(
    attempt: &Attempt,
    call: Call,
    at: Timestamp,
    receipt_notice_timeout: SignedDuration,
) -> bool {
    let sent = attempt.latest(call).filter(|made| !made.refused);
    prints_each_time(attempt, call)
        && sent.is_some_and(|made| at.duration_since(made.intended_at) < receipt_notice_timeout)
}

/// Whether every sending of this request may print another receipt.
pub fn prints_each_time(attempt: &Attempt, call: Call) -> bool {
    let is_receipt = match call {
        Call::Receipt { .. } => true,
        Call::Create | Call::Capture | Call::Cancel | Call::Refund { .. } => false,
    };
    let at_such_a_till = attempt
        .route
        .is_some_and(|route| route.provider.prints_what_it_is_sent());
    is_receipt && at_such_a_till
}

/// Where an advance can be closed on paper only while nothing of it has gone back, a refund lets the closing receipt go
/// first. Money does not wait for paper for ever: when the receipt was asked for longer than `closing_receipt_timeout` ago and is still
/// not taken, the refund goes; also a day after it was due, when nobody asks for it any more.
fn waits_for_closing(attempt: &Attempt, at: Timestamp, closing_receipt_timeout: SignedDuration) -> bool {
    let closes_first = attempt
        .route
        .is_some_and(|route| route.provider.closes_before_refunding());
    let not_taken = |receipt: &ReceiptEntry| {
        let number = receipt.number;
        let asked = attempt.latest(Call::Receipt { number });
        receipt.alone
            && receipt.purpose == ReceiptPurpose::Offset
            && receipt.stage == ReceiptStage::Due
            && match asked {
                Some(made) => at.duration_since(made.intended_at) < closing_receipt_timeout,
                None => at.duration_since(receipt.due_at) < NEVER_ASKED,
            }
    };
    closes_first && attempt.receipts.iter().any(not_taken)
}

/// The provider definitely refused a request.
pub(super) fn refused(payment: &Payment, command: RecordRefused) -> Decision {
    let attempt = present(payment)?;
    let open = attempt.latest(command.call).filter(|made| !made.refused);
    if open.is_none_or(|made| made.attempt != command.attempt) || !is_wanted(payment, attempt, command.call) {
        return Ok(vec![]);
    }
    let RecordRefused { call, code, at, .. } = command;
    let consequence = match call {
        Call::Create => vec![PaymentEvent::Failed {
            code: code.clone(),
            at,
        }],
        Call::Capture | Call::Cancel => vec![], // What the provider has instead is asked next.
        Call::Refund { .. } if command.not_now => vec![], // It is asked for again, as it stands.
        Call::Refund { number } => refunds::came_to_nothing(attempt, number, code.clone(), Source::Reply, at),
        Call::Receipt { number } => vec![receipts::failed(number, Some(code.clone()), at)],
    };
    let refused = PaymentEvent::CallRefused {
        call,
        attempt: command.attempt,
        code,
        at,
    };
    Ok(std::iter::once(refused).chain(consequence).collect())
}

/// The provider has nothing of this payment, and asking for it again would be too late.
pub(super) fn not_created(payment: &Payment, command: &RecordNotCreated) -> Decision {
    let attempt = present(payment)?;
    let over = attempt
        .latest(Call::Create)
        .is_some_and(|made| !made.may_be_sent(command.at));
    if !is_wanted(payment, attempt, Call::Create) {
        return Ok(vec![]);
    }
    if !over {
        return Err(not_now(payment));
    }
    Ok(vec![PaymentEvent::Failed {
        code: NOT_CREATED.to_owned(),
        at: command.at,
    }])
}

/// Neither asking nor repeating leads on: an operator must look.
pub(super) fn stuck(payment: &Payment, command: &RecordStuck) -> Decision {
    let attempt = present(payment)?;
    let anomaly = Anomaly::stuck(command.refused, attempt.provider_id.clone(), Some(command.call));
    Ok(anomalies::news(attempt, anomaly, Source::Reply, command.at)
        .into_iter()
        .collect())
}

/// Where the patient confirms the payment: the first link counts, a payment that is no longer pending needs none.
pub(super) fn link(payment: &Payment, command: OfferLink) -> Decision {
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        Payment::Pending(attempt) if attempt.link.is_none() => Ok(vec![PaymentEvent::LinkOffered {
            link: command.link,
            at: command.at,
        }]),
        Payment::Pending(_)
        | Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => Ok(vec![]),
    }
}
