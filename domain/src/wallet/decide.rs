//! The rules of a wallet: what is available never falls below nothing. The same command twice is one command.

use jiff::Timestamp;

use crate::ids::AccountId;
use crate::money::{Money, MoneyError};
use crate::wallet::commands::{
    CreditEarnings, CreditRefund, Deposit, HoldMoney, PayOut, Post, RestoreDeposit, ReturnDeposit,
    ReturnPayout, Void, Withdraw,
};
use crate::wallet::events::WalletEvent;
use crate::wallet::refusal::WalletRefusal;
use crate::wallet::{Entry, Wallet, WalletCommand};

/// The facts in order, none when nothing is left to do; or why not.
pub type Decision = Result<Vec<WalletEvent>, WalletRefusal>;

/// Decides any command. The first money ever to come in also opens the first statement period.
///
/// # Errors
/// The refusal of the rule that the command meets.
pub fn decide(wallet: &Wallet, command: impl Into<WalletCommand>) -> Decision {
    if matches!(wallet, Wallet::Closed(_)) {
        return Err(WalletRefusal::PeriodClosed);
    }
    match command.into() {
        WalletCommand::Deposit(command) => deposit(wallet, &command),
        WalletCommand::Withdraw(command) => withdraw(wallet, &command),
        WalletCommand::Hold(command) => hold(wallet, &command),
        WalletCommand::Post(command) => post(wallet, &command),
        WalletCommand::Void(command) => Ok(void(wallet, &command)),
        WalletCommand::Refund(command) => refund(wallet, &command),
        WalletCommand::Earn(command) => earn(wallet, &command),
        WalletCommand::PayOut(command) => pay_out(wallet, &command),
        WalletCommand::ReturnPayout(command) => return_payout(wallet, &command),
        WalletCommand::ReturnDeposit(command) => return_deposit(wallet, &command),
        WalletCommand::RestoreDeposit(command) => restore_deposit(wallet, &command),
    }
}

fn deposit(wallet: &Wallet, command: &Deposit) -> Decision {
    if made(wallet, Entry::Transfer(command.transfer_id)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::Deposited {
        owner_id: command.owner_id,
        transfer_id: command.transfer_id,
        amount: command.amount,
        source: command.source,
        by: command.by,
        at: command.at,
    };
    comes_in(wallet, command.owner_id, command.amount, command.at, fact)
}

fn withdraw(wallet: &Wallet, command: &Withdraw) -> Decision {
    if made(wallet, Entry::Transfer(command.transfer_id)) {
        return Ok(vec![]);
    }
    spendable(wallet, command.amount, command.at)?;
    Ok(vec![WalletEvent::Withdrawn {
        owner_id: command.owner_id,
        transfer_id: command.transfer_id,
        amount: command.amount,
        by: command.by,
        at: command.at,
    }])
}

fn hold(wallet: &Wallet, command: &HoldMoney) -> Decision {
    let held = wallet
        .statement()
        .and_then(|statement| statement.held_for(command.payment_id));
    if let Some(held) = held {
        return if held == command.amount {
            Ok(vec![])
        } else {
            Err(WalletRefusal::AmountOutOfRange)
        };
    }
    if made(wallet, Entry::Posted(command.payment_id)) {
        return Ok(vec![]);
    }
    spendable(wallet, command.amount, command.at)?;
    Ok(vec![WalletEvent::Held {
        owner_id: command.owner_id,
        payment_id: command.payment_id,
        amount: command.amount,
        at: command.at,
    }])
}

fn post(wallet: &Wallet, command: &Post) -> Decision {
    if made(wallet, Entry::Posted(command.payment_id)) {
        return Ok(vec![]);
    }
    let held = wallet
        .statement()
        .and_then(|statement| statement.held_for(command.payment_id))
        .ok_or(WalletRefusal::NoSuchHold)?;
    if !command.amount.is_positive() || held.minus(command.amount).map_err(out_of_range)?.minor < 0 {
        return Err(WalletRefusal::AmountOutOfRange);
    }
    Ok(vec![WalletEvent::Posted {
        owner_id: command.owner_id,
        payment_id: command.payment_id,
        amount: command.amount,
        at: command.at,
    }])
}

fn void(wallet: &Wallet, command: &Void) -> Vec<WalletEvent> {
    wallet
        .statement()
        .and_then(|statement| statement.held_for(command.payment_id))
        .map(|_| WalletEvent::Voided {
            owner_id: command.owner_id,
            payment_id: command.payment_id,
            at: command.at,
        })
        .into_iter()
        .collect()
}

fn refund(wallet: &Wallet, command: &CreditRefund) -> Decision {
    if made(wallet, Entry::Refunded(command.payment_id, command.number)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::Refunded {
        owner_id: command.owner_id,
        payment_id: command.payment_id,
        number: command.number,
        amount: command.amount,
        at: command.at,
    };
    comes_in(wallet, command.owner_id, command.amount, command.at, fact)
}

fn earn(wallet: &Wallet, command: &CreditEarnings) -> Decision {
    if made(wallet, Entry::Earned(command.booking_id)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::Earned {
        owner_id: command.owner_id,
        booking_id: command.booking_id,
        amount: command.amount,
        rests_until: command.rests_until,
        at: command.at,
    };
    comes_in(wallet, command.owner_id, command.amount, command.at, fact)
}

fn pay_out(wallet: &Wallet, command: &PayOut) -> Decision {
    if made(wallet, Entry::PaidOut(command.payout_id)) {
        return Ok(vec![]);
    }
    spendable(wallet, command.amount, command.at)?;
    Ok(vec![WalletEvent::PaidOut {
        owner_id: command.owner_id,
        payout_id: command.payout_id,
        amount: command.amount,
        at: command.at,
    }])
}

fn return_payout(wallet: &Wallet, command: &ReturnPayout) -> Decision {
    if made(wallet, Entry::PayoutReturned(command.payout_id)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::PayoutReturned {
        owner_id: command.owner_id,
        payout_id: command.payout_id,
        amount: command.amount,
        at: command.at,
    };
    comes_in(wallet, command.owner_id, command.amount, command.at, fact)
}

fn return_deposit(wallet: &Wallet, command: &ReturnDeposit) -> Decision {
    if made(wallet, Entry::Returned(command.transfer_id, command.number)) {
        return Ok(vec![]);
    }
    spendable(wallet, command.amount, command.at)?;
    Ok(vec![WalletEvent::DepositReturned {
        owner_id: command.owner_id,
        transfer_id: command.transfer_id,
        number: command.number,
        amount: command.amount,
        at: command.at,
    }])
}

fn restore_deposit(wallet: &Wallet, command: &RestoreDeposit) -> Decision {
    if made(wallet, Entry::Restored(command.transfer_id, command.number)) {
        return Ok(vec![]);
    }
    let fact = WalletEvent::DepositRestored {
        owner_id: command.owner_id,
        transfer_id: command.transfer_id,
        number: command.number,
        amount: command.amount,
        at: command.at,
    };
    comes_in(wallet, command.owner_id, command.amount, command.at, fact)
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

const fn out_of_range(_: MoneyError) -> WalletRefusal {
    WalletRefusal::AmountOutOfRange
}
