//! `tot wallet`: credits a wallet against a cash deposit, or shows what it holds.

use clap::Subcommand;
use commands::wallet::{DepositCash, balance, deposit_cash};
use commands::{CommandError, WalletState};
use domain::ids::AccountId;
use domain::money::{Currency, Money, MoneyError};
use serde_json::{Value, json};

use super::operator::{self, OperatorError};
use super::output::{self, Format};
use crate::compose::{self, ComposeError};
use crate::config::{Environment, PeopleConfig};

/// `tot wallet …`.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Credit a patient's wallet against cash an admin took.
    Credit {
        /// The patient's account.
        #[arg(long)]
        owner: AccountId,
        /// Roubles, such as 1500.00.
        #[arg(long)]
        amount: String,
        /// The admin who took the cash.
        #[arg(long)]
        admin: AccountId,
        /// The receipt's number or any other name of this deposit: crediting twice under one name is crediting once.
        #[arg(long)]
        receipt: String,
    },
    /// Show what a wallet holds.
    Show {
        /// The patient's account.
        #[arg(long)]
        owner: AccountId,
    },
}

/// Why the wallet was not credited or shown.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The amount.
    #[error("--amount: {0}")]
    Amount(#[from] MoneyError),
    /// The admin.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The command.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The platform's parts.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// Standard output is closed.
    #[error("nothing can be printed")]
    Output(#[from] std::io::Error),
}

/// Credits or shows.
///
/// # Errors
/// [`WalletError`].
pub async fn run(
    command: WalletCommand,
    environment: &Environment,
    format: Format,
) -> Result<(), WalletError> {
    let config = PeopleConfig::read(environment).map_err(ComposeError::from)?;
    let (services, _) = compose::services_for_operator(&config).await?;
    let wallet = match command {
        WalletCommand::Credit {
            owner,
            amount,
            admin,
            receipt,
        } => {
            let amount = Money::parse(&amount, Currency::Rub)?;
            let request = format!("tot wallet credit {owner} {amount}");
            let asked = operator::as_admin(&services, admin, request)
                .await?
                .keyed(Some(format!("receipt {receipt}")));
            deposit_cash(
                &services,
                &asked,
                DepositCash {
                    owner_id: owner,
                    amount,
                },
            )
            .await?
            .answer
        }
        WalletCommand::Show { owner } => balance(&services, owner).await?.answer,
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
