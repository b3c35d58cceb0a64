//! Where a patient comes back to from a provider's page, where the app has said so.
//!
//! The provider is asked by an intent, later and maybe by another process, so the address is kept; an app may have written
//! anything into its query, so it is kept in the vault, and the fact only points there. Once erased, the deployment's own
//! address stands in.

use domain::ids::{AccountId, PrivateId};
use domain::payment::attempt::Attempt;
use domain::people::PrivateRef;
use event_store::PrivateRow;
use serde_json::Value;

use crate::bookings::execution::seal;
use crate::context::CommandMetadata;
use crate::ports::ReturnUrl;
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// The vault's word for it.
pub const PAYMENT_RETURN_URL: &str = "payment_return_url";

/// The field of its row.
const URL: &str = "url";

/// The address as a row of the vault about whoever pays, and what the fact may hold of it.
pub(crate) async fn sealed(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payer: AccountId,
    url: Option<&ReturnUrl>,
) -> Result<Option<(PrivateRow, PrivateRef)>, CommandError> {
    let Some(url) = url else { return Ok(None) };
    let body = [(URL.to_owned(), url.as_str().into())].into_iter().collect();
    let id = PrivateId::from_uuid(metadata.created_id("return_url"));
    Ok(Some(seal(services, PAYMENT_RETURN_URL, payer, body, id).await?))
}

/// Where the patient comes back to from this payment.
///
/// # Errors
/// The errors of the database.
pub(crate) async fn of_attempt(
    services: &CommandServices,
    attempt: &Attempt,
) -> Result<ReturnUrl, CommandError> {
    let Some(reference) = &attempt.return_url else {
        return Ok(services.ports.return_url.clone());
    };
    let mut rows = identity::vault::open(&services.people, &[reference.id]).await?;
    let row = rows.remove(&reference.id).filter(|row| row.is_what(reference));
    let url = row.and_then(|row| row.body.get(URL).and_then(Value::as_str).map(ReturnUrl::from));
    Ok(url.unwrap_or_else(|| services.ports.return_url.clone()))
}
