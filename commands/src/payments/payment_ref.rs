//! Which payment is meant, and where its stream lies.

use domain::ids::{PartitionId, PaymentId};
use event_store::StreamName;
use serde::{Deserialize, Serialize};

use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;

/// A payment, and the partition its stream lies in: that of its booking, or for a deposit that of its owner. What the
/// payment is for, only its own facts tell.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRef {
    /// The partition. Instructions stored before there were deposits call it the booking that it was then.
    #[serde(alias = "booking_id")]
    pub partition: PartitionId,
    pub payment_id: PaymentId,
}

impl PaymentRef {
    pub(crate) fn stream(self) -> StreamName {
        streams::payment(self.payment_id, self.partition)
    }
}

/// Where the stream of a payment lies.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub(crate) async fn locate_payment(
    services: &CommandServices,
    payment_id: PaymentId,
) -> Result<PaymentRef, CommandError> {
    let partition = services.log.partition_of("payment", payment_id.uuid()).await?;
    let partition = partition
        .and_then(|key| key.parse().ok())
        .ok_or(Refusal::NotFound)?;
    Ok(PaymentRef {
        partition,
        payment_id,
    })
}
