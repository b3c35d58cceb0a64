//! A patient puts money into the own wallet through a provider; the wallet is credited with the capture, in one append.

use domain::ids::{PatientId, PaymentId};
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::commands::StartDeposit;
use domain::payment::events::PaymentMethod;
use domain::people::{Actor, Role};

use crate::answer::{Done, PaymentAnswer};
use crate::context::Asked;
use crate::house::House;
use crate::payments::{moving, outward};
use crate::refusal::{CommandFault, Refusal};
use crate::streams::{self, Stop};

/// How much a patient deposits, and how.
#[derive(Clone, Copy, Debug)]
pub struct DepositMoney {
    /// How much.
    pub amount: Money,
    /// The method; never the wallet itself.
    pub method: PaymentMethod,
}

/// Starts a deposit into the asking patient's wallet. The provider is asked right after, and a fact names the vault's row
/// that tells where the patient confirms it; the money is in the wallet as soon as it is known to be taken.
///
/// # Errors
/// `forbidden`, `payment_method_unavailable`, `deposit_limit`; and the faults of the log.
pub async fn deposit(
    house: &House,
    asked: &Asked,
    wish: DepositMoney,
) -> Result<Done<PaymentAnswer>, CommandFault> {
    let patient_id = match asked.by {
        Actor::Person {
            id,
            role: Role::Patient,
        } => PatientId::from_uuid(id.uuid()),
        Actor::Person { .. } | Actor::Process => return Err(Refusal::NotYours.into()),
    };
    let begun = asked.begin();
    let payment_id = PaymentId::from_uuid(begun.created_id("deposit"));
    let name = streams::payment(payment_id, patient_id);
    let outcome = event_store::execute(&house.log, &begun.about(&name), &[], |room| {
        room.fresh::<Payment>(&name);
        let at = room.now();
        let (provider, receipts) =
            outward::carrier_of_deposit(house, wish.method, at).map_err(Stop::refuse)?;
        let start = StartDeposit {
            payment_id,
            patient_id,
            method: wish.method,
            amount: wish.amount,
            provider,
            receipts,
            at,
        };
        moving::decide_payment(room, &name, start)
    })
    .await?;
    moving::answer(&outcome, &name)
}
