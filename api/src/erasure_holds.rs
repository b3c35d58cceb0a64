//! What stands against erasing somebody: visits and money under way, money in the wallet, doctors of a clinic, the last admin.

use commands::{CommandServices, wallet};
use domain::ids::AccountId;
use projections::erasure_holds;
use projections::{Models, QueryError};

use crate::problem::Problem;

/// That there is money in the wallet.
const WALLET_BALANCE: &str = "wallet_balance";

/// Why it could not be said.
#[derive(Debug, thiserror::Error)]
pub enum HoldsError {
    /// The read models could not be asked.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The wallet could not be read.
    #[error(transparent)]
    Wallet(#[from] commands::CommandError),
    /// The accounts could not be.
    #[error(transparent)]
    Identity(#[from] identity::IdentityError),
}

/// What stands against erasing this person at present, as far as the read models have come; none where it may be done.
///
/// # Errors
/// [`HoldsError`].
pub async fn erasure_holds(
    services: &CommandServices,
    models: &Models,
    person: AccountId,
) -> Result<Vec<&'static str>, HoldsError> {
    let mut holds = erasure_holds::of(&models.pool, person).await?;
    let wallet = wallet::balance(services, person).await?.answer;
    if wallet.balance.minor != 0 || wallet.held.minor != 0 {
        holds.push(WALLET_BALANCE);
    }
    holds.extend(services.people.account_holds(person).await?);
    Ok(holds)
}

impl From<HoldsError> for Problem {
    fn from(error: HoldsError) -> Self {
        match error {
            HoldsError::Query(error) => Self::from(error),
            HoldsError::Wallet(error) => Self::from(error),
            HoldsError::Identity(error) => Self::from(error),
        }
    }
}
