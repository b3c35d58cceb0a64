//! What the provider, or the wallet, has: believed by rank, never twice, and never for another sum.

use jiff::Timestamp;

use crate::money::Money;
use crate::payment::Payment;
use crate::payment::anomaly::AnomalyKind;
use crate::payment::attempt::Attempt;
use crate::payment::commands::{RecordAuthorised, RecordFailed, RecordSnapshot, RecordUnknown, Stage};
use crate::payment::decide::{Decision, after, anomalies, not_now, pursue, receipts};
use crate::payment::events::PaymentEvent;
use crate::payment::purpose::Purpose;
use crate::payment::refusal::PaymentRefusal;

/// The code of a payment that ended at the provider for a reason it did not tell.
const NO_REASON: &str = "cancelled";

/// What the provider has, whoever told: pending < held < final. Lower and equal news change nothing; what contradicts
/// a final state, or is about another sum, changes nothing either and becomes a task for an operator.
pub(super) fn record(payment: &Payment, command: &RecordSnapshot) -> Decision {
    let attempt = payment.attempt().ok_or(PaymentRefusal::NoSuchPayment)?;
    if attempt.route.is_none() {
        return Err(PaymentRefusal::MethodUnavailable);
    }
    if is_harmless_double(attempt, command) || is_old_news(payment, command) {
        return Ok(vec![]);
    }
    if let Some(kind) = unbelievable(payment, attempt, command)? {
        return Ok(anomalies::seen(attempt, kind, command).into_iter().collect());
    }
    let mut facts = moved(payment, attempt, command)?;
    let has_moved = !facts.is_empty();
    let learns = attempt.provider_id.is_none() && (has_moved || matches!(payment, Payment::Pending(_)));
    if learns {
        let provider_id = command.provider_id.clone();
        facts.insert(
            0,
            PaymentEvent::Pending {
                provider_id,
                at: command.at,
            },
        );
    }
    facts.extend(income(&after(payment, &facts), command));
    if has_moved {
        facts.extend(receipts::for_capture(&after(payment, &facts), &facts, command.at));
        facts.extend(pursue::next_step(&after(payment, &facts), command.at)?);
        facts.extend(gone_already(&after(payment, &facts), command)?);
    }
    Ok(facts)
}

/// A doubled request that came to nothing is no harm; money that comes by it is.
fn is_harmless_double(attempt: &Attempt, command: &RecordSnapshot) -> bool {
    is_another(attempt, command) && matches!(command.stage, Stage::Cancelled | Stage::Pending)
}

/// An answer may be overtaken by the end of what it tells: a hold seen before its end was known contradicts nothing.
fn is_old_news(payment: &Payment, command: &RecordSnapshot) -> bool {
    payment.is_over_there() && command.stage == Stage::Held && !command.asked_when_over
}

fn is_another(attempt: &Attempt, command: &RecordSnapshot) -> bool {
    attempt
        .provider_id
        .as_ref()
        .is_some_and(|known| *known != command.provider_id)
}

/// Money that was sent back behind our backs before we even knew that it was taken.
fn gone_already(payment: &Payment, command: &RecordSnapshot) -> Result<Option<PaymentEvent>, PaymentRefusal> {
    match payment {
        Payment::Captured(attempt) => {
            let kind = contradicts_taken(attempt, command)?;
            Ok(kind.and_then(|kind| anomalies::seen(attempt, kind, command)))
        }
        Payment::Absent
        | Payment::Pending(_)
        | Payment::Authorised(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => Ok(None),
    }
}

/// Why a snapshot cannot be believed, if it cannot.
fn unbelievable(
    payment: &Payment,
    attempt: &Attempt,
    command: &RecordSnapshot,
) -> Result<Option<AnomalyKind>, PaymentRefusal> {
    if is_another(attempt, command) {
        return Ok(Some(AnomalyKind::SecondPayment));
    }
    let kind = match payment {
        Payment::Absent => None,
        Payment::Captured(_) | Payment::PartiallyRefunded(_) | Payment::Refunded(_) => {
            contradicts_taken(attempt, command)?
        }
        Payment::Failed(_) | Payment::Cancelled(_) if payment.is_over_there() => match command.stage {
            Stage::Pending | Stage::Cancelled => None,
            Stage::Held | Stage::Succeeded => Some(AnomalyKind::FinalContradicted),
        },
        Payment::Pending(_) | Payment::Authorised(_) | Payment::Failed(_) | Payment::Cancelled(_) => {
            let fits = match command.stage {
                Stage::Pending | Stage::Held => command.amount == attempt.terms.amount,
                Stage::Succeeded => takes_requested_amount(attempt, command),
                Stage::Cancelled => true,
            };
            (!fits).then_some(AnomalyKind::AmountMismatch)
        }
    };
    Ok(kind)
}

/// Taken money stays taken, and no more goes back than was asked to.
fn contradicts_taken(
    attempt: &Attempt,
    command: &RecordSnapshot,
) -> Result<Option<AnomalyKind>, PaymentRefusal> {
    match command.stage {
        Stage::Pending | Stage::Held => Ok(None),
        Stage::Cancelled => Ok(Some(AnomalyKind::FinalContradicted)),
        Stage::Succeeded => {
            if command.captured.is_some() && taken(attempt, command) != attempt.captured {
                return Ok(Some(AnomalyKind::FinalContradicted));
            }
            let Some(refunded) = command.refunded else {
                return Ok(None);
            };
            let reserved = attempt.reserved().map_err(super::out_of_range)?;
            let foreign = refunded
                .minus(reserved)
                .map_err(super::out_of_range)?
                .is_positive();
            Ok(foreign.then_some(AnomalyKind::ForeignRefund))
        }
    }
}

/// All of it, or less where less was asked for.
fn takes_requested_amount(attempt: &Attempt, command: &RecordSnapshot) -> bool {
    let (asked, taken) = (attempt.terms.amount, taken(attempt, command));
    let about = command.amount == asked || command.amount == taken;
    let enough = if attempt.capture_asked.is_some() {
        taken.currency == asked.currency && taken.is_positive() && taken.minor <= asked.minor
    } else {
        taken == asked
    };
    about && enough
}

/// What was taken. After a part of a hold was taken, a provider may go on showing all that was held; what reaches the
/// platform is never more than what was taken, so it tells the two apart. Until that is known, our own request is believed:
/// nobody else asks for parts.
fn taken(attempt: &Attempt, command: &RecordSnapshot) -> Money {
    let price = attempt.terms.amount;
    let asked = attempt.capture_asked.unwrap_or(price);
    let shown = command.captured.unwrap_or(asked);
    let fits_a_part =
        asked.minor < price.minor && command.income.is_none_or(|income| income.minor <= asked.minor);
    if shown == price && fits_a_part {
        asked
    } else {
        shown
    }
}

/// The step up in rank that a snapshot is, if it is one.
fn moved(payment: &Payment, attempt: &Attempt, command: &RecordSnapshot) -> Decision {
    let at = command.at;
    if attempt.terms.purpose == Purpose::Deposit && command.stage == Stage::Held {
        return Ok(vec![]); // A deposit is charged at once; what is only held is nobody's yet.
    }
    let facts = match (payment, command.stage) {
        (Payment::Pending(_) | Payment::Failed(_) | Payment::Cancelled(_), Stage::Held) => {
            vec![PaymentEvent::Authorised {
                amount: command.amount,
                expires_at: command.expires_at,
                at,
            }]
        }
        (Payment::Pending(_) | Payment::Failed(_) | Payment::Cancelled(_), Stage::Succeeded) => {
            let released = attempt.nothing();
            vec![captured(taken(attempt, command), released, at)]
        }
        (Payment::Authorised(_), Stage::Succeeded) => {
            let amount = taken(attempt, command);
            let released = attempt.held.minus(amount).map_err(super::out_of_range)?;
            vec![captured(amount, released, at)]
        }
        (Payment::Pending(_), Stage::Cancelled) => vec![PaymentEvent::Failed {
            code: command.code.clone().unwrap_or_else(|| NO_REASON.to_owned()),
            at,
        }],
        (Payment::Authorised(_), Stage::Cancelled) => {
            let released = attempt.held;
            let lost = if attempt.cancel_asked {
                None
            } else {
                anomalies::seen(attempt, AnomalyKind::HoldLost, command)
            };
            std::iter::once(PaymentEvent::Cancelled { released, at })
                .chain(lost)
                .collect()
        }
        (Payment::Absent | Payment::Pending(_) | Payment::Authorised(_), Stage::Pending)
        | (Payment::Absent | Payment::Authorised(_), Stage::Held)
        | (Payment::Absent, Stage::Succeeded | Stage::Cancelled)
        | (Payment::Failed(_) | Payment::Cancelled(_), Stage::Pending | Stage::Cancelled)
        | (Payment::Captured(_) | Payment::PartiallyRefunded(_) | Payment::Refunded(_), _) => vec![],
    };
    Ok(facts)
}

const fn captured(amount: Money, released: Money, at: Timestamp) -> PaymentEvent {
    PaymentEvent::Captured { amount, released, at }
}

/// What reaches the platform, once it is known of taken money; told once.
fn income(payment: &Payment, command: &RecordSnapshot) -> Option<PaymentEvent> {
    let attempt = payment.attempt()?;
    let income = command.income?;
    let sane =
        income.currency == attempt.captured.currency && (0..=attempt.captured.minor).contains(&income.minor);
    let is_news =
        attempt.income.is_none() && attempt.captured.is_positive() && command.stage == Stage::Succeeded;
    (is_news && sane).then_some(PaymentEvent::IncomeKnown {
        income,
        at: command.at,
    })
}

/// A request got no answer: it is resolved by asking, never by guessing.
pub(super) fn unknown(payment: &Payment, command: &RecordUnknown) -> Decision {
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        Payment::Pending(attempt) | Payment::Authorised(attempt) if !attempt.unknown => {
            Ok(vec![PaymentEvent::OutcomeUnknown { at: command.at }])
        }
        Payment::Pending(_)
        | Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => Ok(vec![]),
    }
}

/// The wallet keeps the money back: all of it, or it does not count.
pub(super) fn authorised(payment: &Payment, command: &RecordAuthorised) -> Decision {
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        // An old story told again: its hold was let go, and the booking has long heard of it.
        Payment::Cancelled(attempt) if attempt.let_go => Ok(vec![]),
        Payment::Pending(attempt) | Payment::Failed(attempt) | Payment::Cancelled(attempt) => {
            if command.amount != attempt.terms.amount {
                return Err(PaymentRefusal::AmountOutOfRange);
            }
            Ok(vec![PaymentEvent::Authorised {
                amount: command.amount,
                expires_at: command.expires_at,
                at: command.at,
            }])
        }
        Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_) => Ok(vec![]),
    }
}

/// The payment was declined.
pub(super) fn failed(payment: &Payment, command: RecordFailed) -> Decision {
    match payment {
        Payment::Pending(_) => Ok(vec![PaymentEvent::Failed {
            code: command.code,
            at: command.at,
        }]),
        Payment::Failed(_) | Payment::Cancelled(_) => Ok(vec![]),
        Payment::Absent
        | Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_) => Err(not_now(payment)),
    }
}
