//! The beginning of a payout: its money leaves the wallet and the bank account is sealed, all in one append.

use domain::ids::{AccountId, PayoutId, PrivateId};
use domain::money::Money;
use domain::payout::commands::RequestPayout;
use domain::payout::events::PayoutPurpose;
use domain::people::{Actor, PrivateRef};
use event_store::PrivateRow;
use identity::{BankId, PayoutDestination, Phone};
use serde_json::Map;
use uuid::Uuid;

use crate::bookings::execution::seal;
use crate::payouts::Destination;
use crate::payouts::moving::decide_payout;
use crate::payouts::provider::{BANK, NAMED_AS, PHONE};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};
use crate::wallet::StatementPeriods;

/// The vault's word for the bank account that a payout was sent to.
pub const PAYOUT_DESTINATION: &str = "payout_destination";

/// A payout to be asked for, with its bank account sealed.
pub(super) struct Sealed {
    payout_id: PayoutId,
    owner_id: AccountId,
    purpose: PayoutPurpose,
    destination: PrivateRef,
    row: PrivateRow,
}

impl Sealed {
    /// To the account that its owner named.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn to_named(
        services: &CommandServices,
        payout_id: PayoutId,
        purpose: PayoutPurpose,
        to: &PayoutDestination,
    ) -> Result<Self, CommandError> {
        Self::to(
            services,
            payout_id,
            to.owner_id,
            purpose,
            (&to.phone, &to.bank_id),
            Some(to.id),
        )
        .await
    }

    /// To an account named for this payout alone.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn to_once(
        services: &CommandServices,
        payout_id: PayoutId,
        owner_id: AccountId,
        purpose: PayoutPurpose,
        to: &Destination,
    ) -> Result<Self, CommandError> {
        let account = (&to.phone, &to.bank_id);
        Self::to(services, payout_id, owner_id, purpose, account, None).await
    }

    async fn to(
        services: &CommandServices,
        payout_id: PayoutId,
        owner_id: AccountId,
        purpose: PayoutPurpose,
        (phone, bank_id): (&Phone, &BankId),
        named_as: Option<Uuid>,
    ) -> Result<Self, CommandError> {
        let mut body = Map::new();
        body.insert(PHONE.to_owned(), phone.as_str().into());
        body.insert(BANK.to_owned(), bank_id.as_str().into());
        if let Some(id) = named_as {
            body.insert(NAMED_AS.to_owned(), id.to_string().into());
        }
        // A payout has one destination: the row's id is drawn from its own.
        let id = Uuid::new_v5(&payout_id.uuid(), PAYOUT_DESTINATION.as_bytes());
        let id = PrivateId::from_uuid(id);
        let (row, destination) = seal(services, PAYOUT_DESTINATION, owner_id, body, id).await?;
        Ok(Self {
            payout_id,
            owner_id,
            purpose,
            destination,
            row,
        })
    }

    /// Which payout it is.
    pub(super) const fn payout_id(&self) -> PayoutId {
        self.payout_id
    }

    /// Asks for the payout in this decision.
    pub(super) fn ask(
        &self,
        work: &mut UnitOfWork<'_>,
        periods: &mut StatementPeriods<'_>,
        amount: Money,
        by: Actor,
    ) -> Result<(), DecisionError> {
        let name = streams::payout(self.payout_id, self.owner_id);
        let command = RequestPayout {
            payout_id: self.payout_id,
            owner_id: self.owner_id,
            purpose: self.purpose,
            amount,
            destination: self.destination.clone(),
            by,
            at: work.now(),
        };
        let before = work.version::<domain::payout::Payout>(&name)?;
        decide_payout(work, periods, &name, command)?;
        if work.version::<domain::payout::Payout>(&name)? > before {
            work.store_private(self.row.clone());
        }
        Ok(())
    }
}
