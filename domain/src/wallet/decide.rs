//! The rules of a wallet: what is available never falls below nothing. The same wish twice is one wish.

use jiff::Timestamp;

use crate::ids::AccountId;
use crate::money::{Money, MoneyFault};
use crate::wallet::commands::{
    Deposit, Earn, Hold, PayOut, Post, Refund, RestoreDeposit, ReturnDeposit, ReturnPayout, Void, Withdraw,
};
use crate::wallet::events::WalletEvent;
use crate::wallet::refusal::WalletRefusal;
use crate::wallet::{Entry, Wallet, WalletCommand};

/// What a decision answers.
pub type Decision = Result<Vec<WalletEvent>, WalletRefusal>;

/// Decides any wish. The first money ever to come in also opens the first statement period.
///
/// # Errors
/// The refusal of the rule that the wish meets.
pub fn decide(wallet: &Wallet, wish: impl Into<WalletCommand>) -> Decision {
    if matches!(wallet, Wallet::Closed(_)) {
        return Err(WalletRefusal::PeriodClosed);
    }
    match wish.into() {
        WalletCommand::Deposit(wish) => deposit(wallet, &wish),
        WalletCommand::Withdraw(wish) => withdraw(wallet, &wish),
        WalletCommand::Hold(wish) => hold(wallet, &wish),
        WalletCommand::Post(wish) => post(wallet, &wish),
        WalletCommand::Void(wish) => Ok(void(wallet, &wish)),
        WalletCommand::Refund(wish) => refund(wallet, &wish),
        WalletCommand::Earn(wish) => earn(wallet, &wish),
        WalletCommand::PayOut(wish) => pay_out(wallet, &wish),
        WalletCommand::ReturnPayout(wish) => return_payout(wallet, &wish),
        WalletCommand::ReturnDeposit(wish) => return_deposit(wallet, &wish),
        WalletCommand::RestoreDeposit(wish) => restore_deposit(wallet, &wish),
    }
}

fn deposit(wallet: &Wallet, wish: &Deposit) -> Decision {
    if made(wallet, Entry::Transfer(wish.transfer_id)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::Deposited {
        owner_id: wish.owner_id,
        transfer_id: wish.transfer_id,
        amount: wish.amount,
        source: wish.source,
        by: wish.by,
        at: wish.at,
    };
    comes_in(wallet, wish.owner_id, wish.amount, wish.at, fact)
}

fn withdraw(wallet: &Wallet, wish: &Withdraw) -> Decision {
    if made(wallet, Entry::Transfer(wish.transfer_id)) {
        return Ok(vec![]);
    }
    spendable(wallet, wish.amount, wish.at)?;
    Ok(vec![WalletEvent::Withdrawn {
        owner_id: wish.owner_id,
        transfer_id: wish.transfer_id,
        amount: wish.amount,
        by: wish.by,
        at: wish.at,
    }])
}

fn hold(wallet: &Wallet, wish: &Hold) -> Decision {
    let held = wallet
        .statement()
        .and_then(|statement| statement.held_for(wish.payment_id));
    if let Some(held) = held {
        return if held == wish.amount {
            Ok(vec![])
        } else {
            Err(WalletRefusal::AmountOutOfRange)
        };
    }
    if made(wallet, Entry::Posted(wish.payment_id)) {
        return Ok(vec![]);
    }
    spendable(wallet, wish.amount, wish.at)?;
    Ok(vec![WalletEvent::Held {
        owner_id: wish.owner_id,
        payment_id: wish.payment_id,
        amount: wish.amount,
        at: wish.at,
    }])
}

fn post(wallet: &Wallet, wish: &Post) -> Decision {
    if made(wallet, Entry::Posted(wish.payment_id)) {
        return Ok(vec![]);
    }
    let held = wallet
        .statement()
        .and_then(|statement| statement.held_for(wish.payment_id))
        .ok_or(WalletRefusal::NoSuchHold)?;
    if !wish.amount.is_positive() || held.minus(wish.amount).map_err(out_of_range)?.minor < 0 {
        return Err(WalletRefusal::AmountOutOfRange);
    }
    Ok(vec![WalletEvent::Posted {
        owner_id: wish.owner_id,
        payment_id: wish.payment_id,
        amount: wish.amount,
        at: wish.at,
    }])
}

fn void(wallet: &Wallet, wish: &Void) -> Vec<WalletEvent> {
    wallet
        .statement()
        .and_then(|statement| statement.held_for(wish.payment_id))
        .map(|_| WalletEvent::Voided {
            owner_id: wish.owner_id,
            payment_id: wish.payment_id,
            at: wish.at,
        })
        .into_iter()
        .collect()
}

fn refund(wallet: &Wallet, wish: &Refund) -> Decision {
    if made(wallet, Entry::Refunded(wish.payment_id, wish.number)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::Refunded {
        owner_id: wish.owner_id,
        payment_id: wish.payment_id,
        number: wish.number,
        amount: wish.amount,
        at: wish.at,
    };
    comes_in(wallet, wish.owner_id, wish.amount, wish.at, fact)
}

fn earn(wallet: &Wallet, wish: &Earn) -> Decision {
    if made(wallet, Entry::Earned(wish.booking_id)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::Earned {
        owner_id: wish.owner_id,
        booking_id: wish.booking_id,
        amount: wish.amount,
        rests_until: wish.rests_until,
        at: wish.at,
    };
    comes_in(wallet, wish.owner_id, wish.amount, wish.at, fact)
}

fn pay_out(wallet: &Wallet, wish: &PayOut) -> Decision {
    if made(wallet, Entry::PaidOut(wish.payout_id)) {
        return Ok(vec![]);
    }
    spendable(wallet, wish.amount, wish.at)?;
    Ok(vec![WalletEvent::PaidOut {
        owner_id: wish.owner_id,
        payout_id: wish.payout_id,
        amount: wish.amount,
        at: wish.at,
    }])
}

fn return_payout(wallet: &Wallet, wish: &ReturnPayout) -> Decision {
    if made(wallet, Entry::PayoutReturned(wish.payout_id)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::PayoutReturned {
        owner_id: wish.owner_id,
        payout_id: wish.payout_id,
        amount: wish.amount,
        at: wish.at,
    };
    comes_in(wallet, wish.owner_id, wish.amount, wish.at, fact)
}

fn return_deposit(wallet: &Wallet, wish: &ReturnDeposit) -> Decision {
    if made(wallet, Entry::Returned(wish.transfer_id, wish.number)) {
        return Ok(vec![]);
    }
    spendable(wallet, wish.amount, wish.at)?;
    Ok(vec![WalletEvent::DepositReturned {
        owner_id: wish.owner_id,
        transfer_id: wish.transfer_id,
        number: wish.number,
        amount: wish.amount,
        at: wish.at,
    }])
}

fn restore_deposit(wallet: &Wallet, wish: &RestoreDeposit) -> Decision {
    if made(wallet, Entry::Restored(wish.transfer_id, wish.number)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::DepositRestored {
        owner_id: wish.owner_id,
        transfer_id: wish.transfer_id,
        number: wish.number,
        amount: wish.amount,
        at: wish.at,
    };
    comes_in(wallet, wish.owner_id, wish.amount, wish.at, fact)
}

fn made(wallet: &Wallet, entry: Entry) -> bool {
    wallet
        .statement()
        .is_some_and(|statement| statement.made.contains(&entry))
}

fn comes_in(
    wallet: &Wallet,
    owner_id: AccountId,
    amount: Money,
    at: Timestamp,
    fact: WalletEvent,
) -> Decision {
    if !amount.is_positive() {
        return Err(WalletRefusal::AmountOutOfRange);
    }
    match wallet.statement() {
        Some(statement) => {
            statement.balance.plus(amount).map_err(out_of_range)?;
            Ok(vec![fact])
        }
        None => Ok(vec![first_period(owner_id, amount, at), fact]),
    }
}

const fn first_period(owner_id: AccountId, amount: Money, at: Timestamp) -> WalletEvent {
    WalletEvent::PeriodOpened {
        owner_id,
        period: 1,
        balance: Money {
            minor: 0,
            currency: amount.currency,
        },
        holds: Vec::new(),
        resting: Vec::new(),
        at,
    }
}

fn spendable(wallet: &Wallet, amount: Money, at: Timestamp) -> Result<(), WalletRefusal> {
    if !amount.is_positive() {
        return Err(WalletRefusal::AmountOutOfRange);
    }
    let available = wallet
        .statement()
        .map_or(
            Ok(Money {
                minor: 0,
                currency: amount.currency,
            }),
            |statement| statement.available_at(at),
        )
        .map_err(out_of_range)?;
    if available.minus(amount).map_err(out_of_range)?.minor < 0 {
        return Err(WalletRefusal::InsufficientFunds { available });
    }
    Ok(())
}

const fn out_of_range(_: MoneyFault) -> WalletRefusal {
    WalletRefusal::AmountOutOfRange
}
