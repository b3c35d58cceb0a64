//! An admin pays a wallet's money out to its owner in cash.

use domain::ids::{AccountId, TransferId};
use domain::money::Money;
use domain::wallet::commands::Withdraw;

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, WalletState};
use crate::policy::{MayOperate, Permission};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::wallet::transfer::transfer;

/// Cash out of a wallet.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct WithdrawCash {
    pub owner_id: AccountId,
    /// How much; more than nothing, at most what is available.
    pub amount: Money,
}

/// Pays money out, as an admin.
///
/// # Errors
/// `forbidden`, `insufficient_funds`, `amount_out_of_range`; and the errors of the log.
pub async fn withdraw(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: WithdrawCash,
) -> Result<CommandOutcome<WalletState>, CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    let WithdrawCash { owner_id, amount } = command;
    let transfer_id = TransferId::from_uuid(metadata.created_id("transfer"));
    transfer(services, metadata, owner_id, |work| {
        Ok(Withdraw {
            owner_id,
            transfer_id,
            amount,
            by: metadata.by,
            at: work.now(),
        }
        .into())
    })
    .await
}
