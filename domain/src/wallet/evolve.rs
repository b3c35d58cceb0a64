//! Facts become state; no rule is decided here.

use jiff::Timestamp;

use crate::ids::{BookingId, PaymentId};
use crate::money::{Money, MoneyError};
use crate::wallet::events::{RestingEarning, WalletEvent, WalletHold};
use crate::wallet::{Entry, Statement, Wallet};

/// The state once `fact` stands in the log, which is never refused here.
pub fn evolve(wallet: Wallet, fact: WalletEvent) -> Wallet {
    match fact {
        WalletEvent::PeriodOpened {
            owner_id,
            period,
            balance,
            holds,
            resting,
            ..
        } => Wallet::Open(Statement {
            owner_id,
            period,
            balance,
            holds,
            resting,
            entries: 0,
            made: Vec::new(),
        }),
        WalletEvent::PeriodClosed { .. } => closed(wallet),
        WalletEvent::Deposited {
            transfer_id, amount, ..
        } => entered(wallet, entry(amount, Money::plus, Entry::Transfer(transfer_id))),
        WalletEvent::Withdrawn {
            transfer_id, amount, ..
        } => entered(wallet, entry(amount, Money::minus, Entry::Transfer(transfer_id))),
        WalletEvent::Held {
            payment_id, amount, ..
        } => entered(wallet, |statement| {
            statement.holds.push(WalletHold { payment_id, amount })
        }),
        WalletEvent::Posted {
            payment_id, amount, ..
        } => entered(wallet, |statement| {
            let_go(statement, payment_id);
            moved(statement, amount, Money::minus);
            statement.made.push(Entry::Posted(payment_id));
        }),
        WalletEvent::Voided { payment_id, .. } => entered(wallet, |statement| let_go(statement, payment_id)),
        WalletEvent::Refunded {
            payment_id,
            number,
            amount,
            ..
        } => entered(
            wallet,
            entry(amount, Money::plus, Entry::Refunded(payment_id, number)),
        ),
        WalletEvent::Earned {
            booking_id,
            amount,
            rests_until,
            at,
            ..
        } => earned(wallet, (booking_id, amount), rests_until, at),
        WalletEvent::PaidOut {
            payout_id, amount, ..
        } => entered(wallet, entry(amount, Money::minus, Entry::PaidOut(payout_id))),
        WalletEvent::PayoutReturned {
            payout_id, amount, ..
        } => entered(
            wallet,
            entry(amount, Money::plus, Entry::PayoutReturned(payout_id)),
        ),
        fact @ (WalletEvent::DepositReturned { .. } | WalletEvent::DepositRestored { .. }) => {
            way_back(wallet, &fact)
        }
    }
}

fn closed(wallet: Wallet) -> Wallet {
    match wallet {
        Wallet::Absent => Wallet::Absent,
        Wallet::Open(statement) | Wallet::Closed(statement) => Wallet::Closed(statement),
    }
}

/// A deposit goes back the way it came, or nothing came of that.
fn way_back(wallet: Wallet, fact: &WalletEvent) -> Wallet {
    if let WalletEvent::DepositReturned {
        transfer_id,
        number,
        amount,
        ..
    } = fact
    {
        let returned = Entry::Returned(*transfer_id, *number);
        entered(wallet, entry(*amount, Money::minus, returned))
    } else if let WalletEvent::DepositRestored {
        transfer_id,
        number,
        amount,
        ..
    } = fact
    {
        let restored = Entry::Restored(*transfer_id, *number);
        entered(wallet, entry(*amount, Money::plus, restored))
    } else {
        wallet
    }
}

fn entered(mut wallet: Wallet, edit: impl FnOnce(&mut Statement)) -> Wallet {
    match &mut wallet {
        Wallet::Absent => {}
        Wallet::Open(statement) | Wallet::Closed(statement) => {
            edit(statement);
            statement.entries = statement.entries.saturating_add(1);
        }
    }
    wallet
}

/// Money that came in or went out, and what it was about.
fn entry(
    amount: Money,
    by: fn(Money, Money) -> Result<Money, MoneyError>,
    about: Entry,
) -> impl FnOnce(&mut Statement) {
    move |statement| {
        moved(statement, amount, by);
        statement.made.push(about);
    }
}

/// One earning more, which may rest; whoever has rested is forgotten, so that this stays as short as a day's work.
fn earned(
    wallet: Wallet,
    (booking_id, amount): (BookingId, Money),
    rests_until: Option<Timestamp>,
    at: Timestamp,
) -> Wallet {
    entered(wallet, |statement| {
        entry(amount, Money::plus, Entry::Earned(booking_id))(statement);
        statement.resting.retain(|earning| earning.rests_until > at);
        statement
            .resting
            .extend(rests_until.map(|rests_until| RestingEarning {
                booking_id,
                amount,
                rests_until,
            }));
    })
}

fn let_go(statement: &mut Statement, payment_id: PaymentId) {
    statement.holds.retain(|hold| hold.payment_id != payment_id);
}

/// The rules keep every balance in range, so a sum that does not fit is not in any history.
fn moved(statement: &mut Statement, amount: Money, by: fn(Money, Money) -> Result<Money, MoneyError>) {
    if let Ok(balance) = by(statement.balance, amount) {
        statement.balance = balance;
    }
}
