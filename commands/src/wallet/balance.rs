//! What a wallet holds right now, read from its latest statement period.

use std::sync::Arc;

use domain::ids::AccountId;
use domain::money::Money;
use domain::wallet::Wallet;
use event_store::{Outcome, StreamName};
use jiff::Timestamp;

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, WalletState};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;
use crate::wallet::statement_periods::latest_period;

/// The owner's balance. Leaves no fact; a wallet never used is empty.
///
/// # Errors
/// `not_found` where neither a wallet nor an account has this owner; the errors of the log.
pub async fn balance(
    services: &CommandServices,
    owner_id: AccountId,
) -> Result<CommandOutcome<WalletState>, CommandError> {
    let period = latest_period(services, owner_id).await?;
    if period.is_none() && services.people.account(owner_id).await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    let name = streams::wallet(owner_id, period.unwrap_or(1));
    let context = CommandMetadata::read_only().context(&name);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute::<Refusal, _>(&services.log, &context, known, |work| {
        work.state::<Wallet>(&name)?;
        Ok(())
    })
    .await?;
    Ok(answer(
        &outcome,
        Some(&name),
        owner_id,
        services.log.clock().now(),
    ))
}

/// The answer about the period in `page`, as it stands at this time.
pub(crate) fn answer(
    outcome: &Outcome,
    page: Option<&StreamName>,
    owner_id: AccountId,
    at: Timestamp,
) -> CommandOutcome<WalletState> {
    let wallet: Option<Arc<Wallet>> = page.and_then(|page| outcome.state::<Wallet>(page));
    let answer = match wallet.as_deref() {
        Some(wallet @ (Wallet::Open(statement) | Wallet::Closed(statement))) => {
            let available = wallet.available_at(at);
            WalletState {
                owner_id,
                period: statement.period,
                balance: statement.balance,
                held: statement.held().unwrap_or(Money::ZERO),
                resting: statement.resting_at(at).unwrap_or(Money::ZERO),
                available,
            }
        }
        Some(Wallet::Absent) | None => WalletState {
            owner_id,
            period: 0,
            balance: Money::ZERO,
            held: Money::ZERO,
            resting: Money::ZERO,
            available: Money::ZERO,
        },
    };
    let version = page.map_or(0, |page| outcome.version(page));
    CommandOutcome {
        answer,
        position: outcome.position,
        version,
        replayed: outcome.replayed,
    }
}
