//! An operator lets a poisoned intent be tried again.

use domain::ids::IntentId;

use crate::context::CommandMetadata;
use crate::policy::{MayOperate, Permission};
use crate::refusal::{CommandError, Refusal, queue_error};
use crate::services::CommandServices;

/// Lets an intent be tried again from its first attempt, as an admin.
///
/// # Errors
/// `forbidden`; `not_found` if it is closed or never was; and the errors of the database.
pub async fn retry(
    services: &CommandServices,
    metadata: &CommandMetadata,
    intent_id: IntentId,
) -> Result<(), CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    let open = event_store::intents::retry(&services.log, intent_id.uuid())
        .await
        .map_err(queue_error)?;
    if open {
        Ok(())
    } else {
        Err(Refusal::NotFound.into())
    }
}
