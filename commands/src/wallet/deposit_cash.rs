//! An admin takes cash and credits a wallet.

use domain::ids::{AccountId, TransferId};
use domain::money::Money;
use domain::wallet::commands::Deposit;
use domain::wallet::events::DepositSource;

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, WalletState};
use crate::policy::{MayOperate, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::DecisionError;
use crate::wallet::transfer::transfer;

#[expect(missing_docs, reason = "pure data: most names say it all")]
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
/// `forbidden`, `not_found`, `amount_out_of_range`; and the errors of the log.
pub async fn deposit_cash(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: DepositCash,
) -> Result<CommandOutcome<WalletState>, CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    let DepositCash { owner_id, amount } = command;
    let is_patient = services.is_patient(owner_id).await?;
    let transfer_id = TransferId::from_uuid(metadata.created_id("transfer"));
    transfer(services, metadata, owner_id, |work| {
        if !is_patient {
            return Err(DecisionError::refuse(Refusal::NotFound));
        }
        let (source, by, at) = (DepositSource::Cash, metadata.by, work.now());
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
