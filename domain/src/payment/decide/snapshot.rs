//! What a provider says a payment looks like. Snapshots rank pending < authorised < captured, failed, cancelled: a
//! lower or equal rank is no news, success after failure is a late success, and what contradicts money already taken
//! is refused, so that a person looks at it.

use crate::money::Money;
use crate::payment::commands::{
    RecordAuthorised, RecordCancelled, RecordCaptured, RecordFailed, RecordPending, RecordUnknown,
};
use crate::payment::decide::{Decision, not_now};
use crate::payment::events::PaymentEvent;
use crate::payment::refusal::PaymentRefusal;
use crate::payment::{Attempt, Payment};

/// The provider waits for the patient.
pub(super) fn pending(payment: &Payment, wish: RecordPending) -> Decision {
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        Payment::Pending(attempt) if attempt.unknown || attempt.provider_id.is_none() => {
            Ok(vec![PaymentEvent::Pending {
                provider_id: wish.provider_id,
                at: wish.at,
            }])
        }
        Payment::Pending(attempt) if attempt.provider_id.as_ref() != Some(&wish.provider_id) => {
            Err(not_now(payment))
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

/// A request got no answer: it is resolved by asking, never by guessing.
pub(super) fn unknown(payment: &Payment, wish: &RecordUnknown) -> Decision {
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        Payment::Pending(attempt) | Payment::Authorised(attempt) if !attempt.unknown => {
            Ok(vec![PaymentEvent::OutcomeUnknown { at: wish.at }])
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

/// The money is held: all of it, or it does not count.
pub(super) fn authorised(payment: &Payment, wish: &RecordAuthorised) -> Decision {
    match payment {
        Payment::Absent => Err(PaymentRefusal::NoSuchPayment),
        Payment::Pending(attempt) | Payment::Failed(attempt) | Payment::Cancelled(attempt) => {
            in_full(attempt, wish.amount)?;
            Ok(vec![PaymentEvent::Authorised {
                amount: wish.amount,
                expires_at: wish.expires_at,
                at: wish.at,
            }])
        }
        Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_) => Ok(vec![]),
    }
}

/// The money is taken: what was asked for, or less than what was held.
pub(super) fn captured(payment: &Payment, wish: &RecordCaptured) -> Decision {
    let released = match payment {
        Payment::Absent => return Err(PaymentRefusal::NoSuchPayment),
        Payment::Pending(attempt) | Payment::Failed(attempt) | Payment::Cancelled(attempt) => {
            in_full(attempt, wish.amount)?;
            Money {
                minor: 0,
                currency: wish.amount.currency,
            }
        }
        Payment::Authorised(attempt) => {
            let rest = attempt
                .held
                .minus(wish.amount)
                .map_err(|_| PaymentRefusal::AmountOutOfRange)?;
            if rest.minor < 0 || !wish.amount.is_positive() {
                return Err(PaymentRefusal::AmountOutOfRange);
            }
            rest
        }
        Payment::Captured(attempt) | Payment::PartiallyRefunded(attempt) | Payment::Refunded(attempt) => {
            return if attempt.captured == wish.amount {
                Ok(vec![])
            } else {
                Err(PaymentRefusal::AmountOutOfRange)
            };
        }
    };
    Ok(vec![PaymentEvent::Captured {
        amount: wish.amount,
        released,
        at: wish.at,
    }])
}

/// The payment was declined.
pub(super) fn failed(payment: &Payment, wish: RecordFailed) -> Decision {
    match payment {
        Payment::Pending(_) => Ok(vec![PaymentEvent::Failed {
            code: wish.code,
            at: wish.at,
        }]),
        Payment::Failed(_) | Payment::Cancelled(_) => Ok(vec![]),
        Payment::Absent
        | Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_) => Err(not_now(payment)),
    }
}

/// The payment ended before any money was taken; a hold is free again.
pub(super) fn cancelled(payment: &Payment, wish: &RecordCancelled) -> Decision {
    match payment {
        Payment::Pending(attempt) | Payment::Authorised(attempt) => Ok(vec![PaymentEvent::Cancelled {
            released: attempt.held,
            at: wish.at,
        }]),
        Payment::Failed(_) | Payment::Cancelled(_) => Ok(vec![]),
        Payment::Absent | Payment::Captured(_) | Payment::PartiallyRefunded(_) | Payment::Refunded(_) => {
            Err(not_now(payment))
        }
    }
}

fn in_full(attempt: &Attempt, amount: Money) -> Result<(), PaymentRefusal> {
    if amount == attempt.terms.amount {
        Ok(())
    } else {
        Err(PaymentRefusal::AmountOutOfRange)
    }
}
