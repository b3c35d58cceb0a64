//! The bank account a payout goes to, as it was sealed when the payout was asked for.

use domain::payout::order::Order;
use identity::{BankId, Phone};
use serde_json::Value;
use uuid::Uuid;

use crate::refusal::CommandError;
use crate::services::CommandServices;

/// The fields of its row in the vault.
pub(crate) const PHONE: &str = "phone";
pub(crate) const BANK: &str = "bank_id";
pub(crate) const NAMED_AS: &str = "named_as";

/// What the vault holds of it.
pub(crate) struct UnsealedDestination {
    pub(crate) phone: Phone,
    pub(crate) bank_id: BankId,
    /// Under which number its owner named it; none for one named once.
    pub(crate) named_as: Option<Uuid>,
}

/// Opens the account; none when it was erased, or is no longer what was sealed.
///
/// # Errors
/// The errors of the database.
pub(crate) async fn destination_of(
    services: &CommandServices,
    order: &Order,
) -> Result<Option<UnsealedDestination>, CommandError> {
    let reference = &order.destination;
    let mut rows = identity::vault::open(&services.people, &[reference.id]).await?;
    let row = rows.remove(&reference.id).filter(|row| row.is_what(reference));
    Ok(row.and_then(|row| {
        let text = |field: &str| row.body.get(field).and_then(Value::as_str);
        Some(UnsealedDestination {
            phone: Phone::parse(text(PHONE)?).ok()?,
            bank_id: BankId::parse(text(BANK)?).ok()?,
            named_as: text(NAMED_AS).and_then(|id| id.parse().ok()),
        })
    }))
}
