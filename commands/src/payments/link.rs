//! Where a patient confirms a payment that a provider carries.

use domain::ids::PaymentId;
use domain::payment::Payment;
use domain::people::Actor;

use crate::context::Asked;
use crate::house::House;
use crate::payments::moving;
use crate::payments::outward::Whose;
use crate::payments::outward::read;
use crate::refusal::{CommandFault, Refusal};

/// Where a payment is confirmed. Whoever has it can pay, so it hides itself in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentLink {
    /// The provider's page.
    pub confirmation_url: Option<String>,
    /// What a QR code for the patient's bank holds; also a link for the same device.
    pub qr_payload: Option<String>,
}

impl std::fmt::Debug for PaymentLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaymentLink").finish_non_exhaustive()
    }
}

/// The link of the caller's own payment; none before the provider answered, and once the payment is not pending any more.
///
/// # Errors
/// `not_found`; and the faults of the log and the database.
pub async fn link(
    house: &House,
    asked: &Asked,
    payment_id: PaymentId,
) -> Result<Option<PaymentLink>, CommandFault> {
    let booking_id = moving::booking_of(house, payment_id).await?;
    let whose = Whose {
        booking_id,
        payment_id,
    };
    let payment = read(house, whose).await?;
    let is_own = |payment: &Payment| match asked.by {
        Actor::Person { id, .. } => payment.terms().is_some_and(|terms| id == terms.patient_id.into()),
        Actor::Process => true,
    };
    if !is_own(&payment) {
        return Err(Refusal::NotFound.into());
    }
    let Payment::Pending(attempt) = &*payment else {
        return Ok(None);
    };
    let Some(reference) = &attempt.link else {
        return Ok(None);
    };
    let rows = identity::vault::open(house.log.pool(), &[reference.id]).await?;
    let text = |part: &str| {
        let body = &rows.get(&reference.id)?.body;
        body.get(part)?.as_str().map(str::to_owned)
    };
    Ok(Some(PaymentLink {
        confirmation_url: text("confirmation_url"),
        qr_payload: text("qr_payload"),
    }))
}
