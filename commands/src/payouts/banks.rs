//! The banks of the faster payments system, as the payout gateway lists them; the list is believed for hours.

use std::sync::Arc;
use std::time::Duration;

use domain::payout::refusal::PayoutRefusal;
use identity::BankId;
use tokio::time::timeout;

use crate::ports::{Bank, ProviderReply};
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// How long a caller waits for the gateway to list its banks.
const BANKS_WAIT_MAX: Duration = Duration::from_secs(5);

/// The banks that money can be paid out to, in the gateway's order.
///
/// # Errors
/// `payout_unavailable` without a gateway; [`CommandError::Unavailable`] when it does not answer.
pub async fn banks(services: &CommandServices) -> Result<Arc<Vec<Bank>>, CommandError> {
    let Some(gateway) = &services.ports.payouts else {
        return Err(PayoutRefusal::Unavailable.into());
    };
    if let Some(known) = services.banks_known() {
        return Ok(known);
    }
    let listed = match timeout(BANKS_WAIT_MAX, gateway.banks()).await {
        Ok(ProviderReply::Accepted(listed)) => Arc::new(listed),
        Ok(ProviderReply::Refused(_) | ProviderReply::Throttled { .. } | ProviderReply::Unknown(_))
        | Err(_) => {
            return Err(CommandError::Unavailable);
        }
    };
    services.note_banks(Arc::clone(&listed));
    Ok(listed)
}

/// Checks that the system has such a bank, as far as the gateway can be asked: a list that is out of reach stops nobody,
/// for the gateway itself refuses a bank that it does not know.
///
/// # Errors
/// `unknown_bank`.
pub(super) async fn known(services: &CommandServices, bank_id: &BankId) -> Result<(), CommandError> {
    match banks(services).await {
        Ok(listed) if listed.iter().all(|bank| bank.bank_id != bank_id.as_str()) => {
            Err(PayoutRefusal::UnknownBank.into())
        }
        Ok(_) | Err(_) => Ok(()),
    }
}
