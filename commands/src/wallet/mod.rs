//! What can be asked about a wallet: a stream per owner and statement period, so that loading stays cheap.

mod balance;
mod deposit_cash;
mod statement_periods;
mod transfer;
mod withdraw;

use domain::wallet::{Wallet, WalletCommand, decide};
use event_store::StreamName;

use crate::streams::{DecisionError, UnitOfWork};

pub use balance::balance;
pub use deposit_cash::{DepositCash, deposit_cash};
pub(crate) use statement_periods::StatementPeriods;
pub use withdraw::{WithdrawCash, withdraw};

/// Lets a wallet decide a command and records what came of it.
pub(crate) fn decide_wallet(
    work: &mut UnitOfWork<'_>,
    name: &StreamName,
    command: impl Into<WalletCommand>,
) -> Result<(), DecisionError> {
    let command = command.into();
    work.decide(name, |wallet: &Wallet| decide::decide(wallet, command))
}
