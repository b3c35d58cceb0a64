//! `tot wallet`: credits a wallet against a cash deposit, or shows what it holds.

use clap::Subcommand;
use commands::WalletState;
use commands::wallet::{DepositCash, balance, deposit_cash};
use domain::ids::AccountId;
use domain::money::{Currency, Money, MoneyError};
use serde_json::{Value, json};

use super::id::id;
use super::missing;
use super::operator::{self, CommandResult};
use super::output::{self, Format};
use crate::config::Environment;

/// `tot wallet …`.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Credit a patient's wallet against cash that whoever is signed in took.
    Credit {
        /// The patient's account.
        #[arg(long, value_parser = id::<AccountId>)]
        owner: AccountId,
        /// Roubles, such as 1500.00.
        #[arg(long)]
        amount: String,
        /// The receipt's number or any other name of this deposit: crediting twice under one name is crediting once.
        #[arg(long)]
        receipt: String,
    },
    /// Show what a wallet holds.
    Show {
        /// The patient's account.
        #[arg(long, value_parser = id::<AccountId>)]
        owner: AccountId,
    },
}

/// Why the wallet was not credited or shown.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    #[error("--amount: {0}")]
    Amount(MoneyError),
}

/// Credits or shows.
pub async fn run(command: WalletCommand, environment: &Environment, format: Format) -> CommandResult {
    let wallet = match command {
        WalletCommand::Credit {
            owner,
            amount,
            receipt,
        } => {
            let amount = Money::parse(&amount, Currency::Rub).map_err(WalletError::Amount)?;
            let request = format!("tot wallet credit {owner} {amount}");
            let signed_in = operator::signed_in(environment, request).await?;
            let asked = signed_in.metadata.with_key(Some(format!("receipt {receipt}")));
            let command = DepositCash {
                owner_id: owner,
                amount,
            };
            deposit_cash(&signed_in.services, &asked, command)
                .await
                .map_err(missing::named("patient", owner))?
                .answer
        }
        WalletCommand::Show { owner } => {
            let (services, _) = operator::services(environment).await?;
            balance(&services, owner)
                .await
                .map_err(missing::named("account", owner))?
                .answer
        }
    };
    output::print(format, &shown(&wallet), |_| {
        format!("{} available of {}", wallet.available, wallet.balance)
    })?;
    Ok(())
}

fn shown(wallet: &WalletState) -> Value {
    json!({
        "owner_id": wallet.owner_id, "balance": wallet.balance.decimal(), "held": wallet.held.decimal(),
        "resting": wallet.resting.decimal(),
        "available": wallet.available.decimal(), "currency": wallet.balance.currency.code(),
    })
}
