//! Book-keeping: a fact that moves money → lines that sum to zero. Pure.

use domain::booking::events::BookingEvent;
use domain::ids::{AccountId, BookingId, PaymentId, TransferId};
use domain::money::Money;
use domain::payment::events::PaymentEvent;
use domain::payout::events::{PayoutEvent, PayoutPurpose};
use domain::wallet::events::WalletEvent;
use jiff::Timestamp;

use crate::payment_ledger::view::{Account, EntryKind, PaymentRow};

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
        booking_id: Some(payment.booking_id),
        payment_id: Some(payment.payment_id),
        transfer_id: None,
        at,
        lines,
    };
    Ok((!movement.lines.is_empty()).then_some(movement))
}

type Moved = (EntryKind, Timestamp, Vec<(Account, i64)>);

/// What moves, in minor units, lines of nothing included.
fn moved(payment: &PaymentRow, fact: &PaymentEvent) -> Result<Option<Moved>, &'static str> {
    let source = Account::source(payment.method, payment.patient_id.into());
    let holds = Account::BookingHolds(payment.booking_id);
    let held = payment.held.minor;
    let (kind, at, lines) = match fact {
        PaymentEvent::Started { .. }
        | PaymentEvent::Pending { .. }
        | PaymentEvent::OutcomeUnknown { .. }
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
        | PaymentEvent::ReceiptDue { .. }
        | PaymentEvent::ReceiptRequested { .. }
        | PaymentEvent::ReceiptRegistered { .. }
        | PaymentEvent::ReceiptFailed { .. }
        | PaymentEvent::AnomalyRecorded { .. }
        | PaymentEvent::AnomalyResolved { .. }
        | PaymentEvent::ReactionRefused { .. }
        | PaymentEvent::ReactionGivenUp { .. } => return Ok(None),
        // A hold told twice replaces the first.
        PaymentEvent::Authorised { amount, at, .. } => (
            EntryKind::Held,
            at,
            vec![(source, amount.minor - held), (holds, held - amount.minor)],
        ),
        PaymentEvent::Captured { amount, released, at } if held > 0 => {
            if amount.minor + released.minor != held {
                return Err("what is taken and given up is not what was held");
            }
            let lines = vec![
                (holds, held),
                (Account::ClinicRevenue, -amount.minor),
                (source, -released.minor),
            ];
            (EntryKind::Captured, at, lines)
        }
        PaymentEvent::Captured { amount, at, .. } => (
            EntryKind::Captured,
            at,
            vec![(source, amount.minor), (Account::ClinicRevenue, -amount.minor)],
        ),
        PaymentEvent::Cancelled { at, .. } | PaymentEvent::Failed { at, .. } => {
            (EntryKind::Released, at, vec![(holds, held), (source, -held)])
        }
        // What the provider keeps of taken money for its service; it stays kept when the money goes back.
        PaymentEvent::IncomeKnown { income, at } => {
            let fee = payment.captured.minor - income.minor;
            (
                EntryKind::Fee,
                at,
                vec![(Account::ProviderFees, fee), (source, -fee)],
            )
        }
        PaymentEvent::Refunded { amount, at, .. } => (
            EntryKind::Refunded,
            at,
            vec![(Account::ClinicRevenue, amount.minor), (source, -amount.minor)],
        ),
    };
    Ok(Some((kind, *at, lines)))
}

/// What a wallet's fact moves between the house and the world outside. What it moves for a payment, a visit or a payout
/// is told by their own facts.
pub(crate) fn of_wallet(fact: &WalletEvent) -> Option<Movement> {
    let (kind, transfer_id, at, lines) = match fact {
        WalletEvent::Deposited {
            owner_id,
            transfer_id,
            amount,
            at,
            ..
        } => {
            let lines = vec![
                (Account::CashClearing, *amount),
                (Account::WalletLiability(*owner_id), minus(*amount)),
            ];
            (EntryKind::Deposited, transfer_id, at, lines)
        }
        WalletEvent::Withdrawn {
            owner_id,
            transfer_id,
            amount,
            at,
            ..
        } => {
            let lines = vec![
                (Account::WalletLiability(*owner_id), *amount),
                (Account::CashClearing, minus(*amount)),
            ];
            (EntryKind::Withdrawn, transfer_id, at, lines)
        }
        WalletEvent::PeriodOpened { .. }
        | WalletEvent::PeriodClosed { .. }
        | WalletEvent::Held { .. }
        | WalletEvent::Posted { .. }
        | WalletEvent::Voided { .. }
        | WalletEvent::Refunded { .. }
        | WalletEvent::Earned { .. }
        | WalletEvent::PaidOut { .. }
        | WalletEvent::PayoutReturned { .. } => return None,
    };
    Some(Movement {
        kind,
        booking_id: None,
        payment_id: None,
        transfer_id: Some(*transfer_id),
        at: *at,
        lines,
    })
}

/// What a booking's fact moves: what its doctor earned leaves the revenue, with the house's part beside it.
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
        PayoutEvent::CallIntended { .. }
        | PayoutEvent::CallRefused { .. }
        | PayoutEvent::OutcomeUnknown { .. }
        | PayoutEvent::Pending { .. }
        | PayoutEvent::AnomalyRecorded { .. }
        | PayoutEvent::AnomalyResolved { .. }
        | PayoutEvent::ReactionRefused { .. }
        | PayoutEvent::ReactionGivenUp { .. } => return None,
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
