//! A patient puts money into the own wallet through a provider; the wallet is credited with the capture, in one append.

use domain::ids::{PatientId, PaymentId};
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::commands::StartDeposit;
use domain::payment::events::PaymentMethod;
use domain::people::{Actor, Role};

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PaymentState};
use crate::payments::{moving, provider, return_url};
use crate::ports::ReturnUrl;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct DepositMoney {
    pub amount: Money,
    /// The method; never the wallet itself.
    pub method: PaymentMethod,
    /// Where the patient comes back to from the provider's page; the deployment's own address if nobody says.
    pub return_url: Option<ReturnUrl>,
}

/// Starts a deposit into the asking patient's wallet. The provider is asked right after, and a fact names the vault's row
/// that tells where the patient confirms it; the money is in the wallet as soon as it is known to be taken.
///
/// # Errors
/// `forbidden`, `payment_method_unavailable`, `deposit_limit`; and the errors of the log.
pub async fn deposit(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: DepositMoney,
) -> Result<CommandOutcome<PaymentState>, CommandError> {
    let patient_id = match metadata.by {
        Actor::Person {
            id,
            role: Role::Patient,
        } => PatientId::from_uuid(id.uuid()),
        Actor::Person { .. } | Actor::Process => return Err(Refusal::NotYours.into()),
    };
    let payment_id = PaymentId::from_uuid(metadata.created_id("deposit"));
    let name = streams::payment(payment_id, patient_id);
    let url = command.return_url.as_ref();
    let sealed = return_url::sealed(services, metadata, patient_id.into(), url).await?;
    let outcome = event_store::execute(&services.log, &metadata.context(&name), &[], |work| {
        work.assume_new::<Payment>(&name);
        let at = work.now();
        let (provider, receipts) =
            provider::carrier_of_deposit(services, command.method, at).map_err(DecisionError::refuse)?;
        let (row, return_url) = sealed.clone().unzip();
        let start = StartDeposit {
            payment_id,
            patient_id,
            method: command.method,
            amount: command.amount,
            provider,
            receipts,
            return_url,
            at,
        };
        moving::decide_payment(work, &name, start)?;
        row.into_iter().for_each(|row| work.store_private(row));
        Ok(())
    })
    .await?;
    moving::answer(&outcome, &name)
}
