//! An admin takes cash and credits a wallet.

use domain::ids::{AccountId, TransferId};
use domain::money::Money;
use domain::wallet::commands::Deposit;
use domain::wallet::events::DepositSource;

use crate::answer::{Done, WalletAnswer};
use crate::context::Asked;
use crate::house::House;
use crate::policy;
use crate::refusal::{CommandFault, Refusal};
use crate::streams::Stop;
use crate::wallet::transfer::transfer;

/// Cash for a wallet.
#[derive(Clone, Copy, Debug)]
pub struct DepositCash {
    /// Whose wallet; an existing patient.
    pub owner_id: AccountId,
    /// How much; more than nothing.
    pub amount: Money,
}

/// Credits a wallet with cash, as an admin.
///
/// # Errors
/// `forbidden`, `not_found`, `amount_out_of_range`; and the faults of the log.
pub async fn deposit_cash(
    house: &House,
    asked: &Asked,
    wish: DepositCash,
) -> Result<Done<WalletAnswer>, CommandFault> {
    policy::OPERATE.permit(asked.by)?;
    let DepositCash { owner_id, amount } = wish;
    let is_patient = house.is_patient(owner_id).await?;
    let begun = asked.begin();
    let transfer_id = TransferId::from_uuid(begun.created_id("transfer"));
    transfer(house, &begun, owner_id, |room| {
        if !is_patient {
            return Err(Stop::refuse(Refusal::NotFound));
        }
        let (source, by, at) = (DepositSource::Cash, asked.by, room.now());
        Ok(Deposit {
            owner_id,
            transfer_id,
            amount,
            source,
            by,
            at,
        }
        .into())
    })
    .await
}
