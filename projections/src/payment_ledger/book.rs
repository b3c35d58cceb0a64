//! Book-keeping: a fact that moves money → lines that sum to zero. Pure.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use domain::booking::events::BookingEvent;
use domain::ids::{AccountId, BookingId, PaymentId, TransferId};
use domain::money::Money;
use domain::payment::events::PaymentEvent;
use domain::payment::purpose::{Purpose, payment_of, transfer_of};
use domain::payout::events::{PayoutEvent, PayoutPurpose};
use domain::wallet::events::{DepositSource, WalletEvent};
use jiff::Timestamp;

use crate::payment_ledger::{Account, EntryKind, PaymentRow};

/// The movement of one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Movement {
    pub(crate) kind: EntryKind,
    pub(crate) booking_id: Option<BookingId>,
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) transfer_id: Option<TransferId>,
    pub(crate) at: Timestamp,
    /// Account and amount, debit positive; they sum to zero.
    pub(crate) lines: Vec<(Account, Money)>,
}

/// What a payment's fact moves, given the payment before it; nothing if no money moves.
///
/// # Errors
/// Why the books would not balance.
pub(crate) fn of_payment(
    payment: &PaymentRow,
    fact: &PaymentEvent,
) -> Result<Option<Movement>, &'static str> {
    let Some((kind, at, moved)) = moved(payment, fact)? else {
        return Ok(None);
    };
    let currency = payment.amount.currency;
    let lines: Vec<_> = moved
        .into_iter()
        .filter(|(_, minor)| *minor != 0)
        .map(|(account, minor)| (account, Money { minor, currency }))
        .collect();
    let movement = Movement {
        kind,
        booking_id: payment.purpose.booking(),
        payment_id: Some(payment.payment_id),
        transfer_id: match payment.purpose {
            Purpose::Booking(_) => None,
            Purpose::Deposit => Some(transfer_of(payment.payment_id)),
        },
        at,
        lines,
    };
    Ok((!movement.lines.is_empty()).then_some(movement))
}

type Lines = Vec<(Account, i64)>;
type Moved = (EntryKind, Timestamp, Lines);

/// Whose money a payment moves before it is taken, and after.
struct Between {
    /// What the patient pays from.
    source: Account,
    /// What is set aside before it is taken.
    holds: Option<Account>,
    /// What taken money comes to.
    to: Account,
    /// What it is given back from.
    back: Account,
}

fn between(payment: &PaymentRow) -> Result<Between, &'static str> {
    let payer = payment.patient_id.into();
    let source = Account::source(payment.method, payment.provider, payer)?;
    Ok(match payment.purpose {
        Purpose::Booking(booking_id) => Between {
            source,
            holds: Some(Account::BookingHolds(booking_id)),
            to: Account::ClinicRevenue,
            back: Account::ClinicRevenue,
        },
        // What goes back has left the wallet when that was decided, told by the wallet's own facts.
        Purpose::Deposit => Between {
            source,
            holds: None,
            to: Account::WalletLiability(payer),
            back: Account::RefundsInTransit,
        },
    })
}

/// What moves, in minor units, lines of nothing included.
fn moved(payment: &PaymentRow, fact: &PaymentEvent) -> Result<Option<Moved>, &'static str> {
    let held = payment.held.minor;
    let (kind, at, lines) = match fact {
        // A hold told twice replaces the first.
        PaymentEvent::Authorised { amount, at, .. } => {
            (EntryKind::Held, at, set_aside(payment, amount.minor - held)?)
        }
        PaymentEvent::Captured { amount, released, at } => {
            let kind = match payment.purpose {
                Purpose::Booking(_) => EntryKind::Captured,
                Purpose::Deposit => EntryKind::Deposited,
            };
            (kind, at, taken(payment, amount.minor, released.minor)?)
        }
        PaymentEvent::Cancelled { at, .. } | PaymentEvent::Failed { at, .. } => {
            (EntryKind::Released, at, set_aside(payment, -held)?)
        }
        // What the provider keeps of taken money for its service; it stays kept when the money goes back.
        PaymentEvent::IncomeKnown { income, at } => {
            let fee = payment.captured.minor - income.minor;
            let source = between(payment)?.source;
            (
                EntryKind::Fee,
                at,
                vec![(Account::ProviderFees, fee), (source, -fee)],
            )
        }
        PaymentEvent::Refunded { amount, at, .. } => {
            let Between { source, back, .. } = between(payment)?;
            let lines = vec![(back, amount.minor), (source, -amount.minor)];
            (EntryKind::Refunded, at, lines)
        }
        _ => return Ok(None),
    };
    Ok(Some((kind, *at, lines)))
}

/// More of the patient's money is set aside, or (negative) less.
fn set_aside(payment: &PaymentRow, minor: i64) -> Result<Lines, &'static str> {
    if minor == 0 {
        return Ok(vec![]);
    }
    let Between { source, holds, .. } = between(payment)?;
    let holds = holds.ok_or("a deposit is never held")?;
    Ok(vec![(source, minor), (holds, -minor)])
}

/// Money is taken: what was set aside, or at once.
fn taken(payment: &PaymentRow, amount: i64, released: i64) -> Result<Lines, &'static str> {
    let held = payment.held.minor;
    let Between {
        source, holds, to, ..
    } = between(payment)?;
    if held == 0 {
        return Ok(vec![(source, amount), (to, -amount)]);
    }
    if amount + released != held {
        return Err("what is taken and given up is not what was held");
    }
    let holds = holds.ok_or("a deposit is never held")?;
    Ok(vec![(holds, held), (to, -amount), (source, -released)])
}

/// What a wallet's fact moves by itself: cash between the platform and its owner, and deposited money that leaves the wallet to
/// go back the way it came. What else it moves for a payment, a visit or a payout is told by their own facts.
pub(crate) fn of_wallet(fact: &WalletEvent) -> Option<Movement> {
    match fact {
        WalletEvent::Deposited {
            owner_id,
            transfer_id,
            amount,
            source: DepositSource::Cash,
            at,
            ..
        } => {
            let way = (Account::CashClearing, Account::WalletLiability(*owner_id));
            Some(transferred(EntryKind::Deposited, *transfer_id, *amount, way, *at))
        }
        WalletEvent::Withdrawn {
            owner_id,
            transfer_id,
            amount,
            at,
            ..
        } => {
            let way = (Account::WalletLiability(*owner_id), Account::CashClearing);
            Some(transferred(EntryKind::Withdrawn, *transfer_id, *amount, way, *at))
        }
        WalletEvent::DepositReturned {
            owner_id,
            transfer_id,
            amount,
            at,
            ..
        } => {
            let way = (Account::WalletLiability(*owner_id), Account::RefundsInTransit);
            let moved = transferred(EntryKind::Returned, *transfer_id, *amount, way, *at);
            Some(moved.by(payment_of(*transfer_id)))
        }
        WalletEvent::DepositRestored {
            owner_id,
            transfer_id,
            amount,
            at,
            ..
        } => {
            let way = (Account::RefundsInTransit, Account::WalletLiability(*owner_id));
            let moved = transferred(EntryKind::Restored, *transfer_id, *amount, way, *at);
            Some(moved.by(payment_of(*transfer_id)))
        }
        _ => None,
    }
}

/// Money that goes from one account to another.
fn transferred(
    kind: EntryKind,
    transfer_id: TransferId,
    amount: Money,
    (from, to): (Account, Account),
    at: Timestamp,
) -> Movement {
    Movement {
        kind,
        booking_id: None,
        payment_id: None,
        transfer_id: Some(transfer_id),
        at,
        lines: vec![(from, amount), (to, minus(amount))],
    }
}

impl Movement {
    /// The same, by this payment.
    fn by(self, payment_id: PaymentId) -> Self {
        Self {
            payment_id: Some(payment_id),
            ..self
        }
    }
}

/// What a booking's fact moves: what its doctor earned leaves the revenue, with the platform's part beside it.
pub(crate) fn of_booking(booking_id: BookingId, fact: &BookingEvent) -> Option<Movement> {
    let BookingEvent::Earned {
        doctor_id,
        payment_id,
        kept,
        commission,
        share,
        at,
        ..
    } = fact
    else {
        return None;
    };
    let lines = [
        (Account::ClinicRevenue, *kept),
        (Account::Commission, minus(*commission)),
        (Account::DoctorPayable(AccountId::from(*doctor_id)), minus(*share)),
    ];
    Some(Movement {
        kind: EntryKind::Earned,
        booking_id: Some(booking_id),
        payment_id: Some(*payment_id),
        transfer_id: None,
        at: *at,
        lines: lines
            .into_iter()
            .filter(|(_, amount)| amount.minor != 0)
            .collect(),
    })
}

/// What a payout's fact moves: out of what is owed to its owner, on its way, arrived or back.
pub(crate) fn of_payout(payout_id: TransferId, fact: &PayoutEvent) -> Option<Movement> {
    let owed = |purpose: PayoutPurpose, owner_id: AccountId| match purpose {
        PayoutPurpose::DoctorEarnings => Account::DoctorPayable(owner_id),
        PayoutPurpose::WalletWithdrawal => Account::WalletLiability(owner_id),
    };
    let (kind, at, amount, from, to) = match fact {
        PayoutEvent::Requested {
            owner_id,
            purpose,
            amount,
            at,
            ..
        } => (
            EntryKind::PayoutSent,
            at,
            amount,
            owed(*purpose, *owner_id),
            Account::PayoutsInTransit,
        ),
        PayoutEvent::Paid { amount, at, .. } => (
            EntryKind::PaidOut,
            at,
            amount,
            Account::PayoutsInTransit,
            Account::PayoutClearing,
        ),
        PayoutEvent::Cancelled {
            owner_id,
            purpose,
            amount,
            at,
            ..
        } => (
            EntryKind::PayoutReturned,
            at,
            amount,
            Account::PayoutsInTransit,
            owed(*purpose, *owner_id),
        ),
        _ => return None,
    };
    Some(Movement {
        kind,
        booking_id: None,
        payment_id: None,
        transfer_id: Some(payout_id),
        at: *at,
        lines: vec![(from, *amount), (to, minus(*amount))],
    })
}

fn minus(amount: Money) -> Money {
    Money {
        minor: -amount.minor,
        currency: amount.currency,
    }
}
