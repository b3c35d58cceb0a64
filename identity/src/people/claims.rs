//! Accounts that say an address is theirs. One of them at most holds it: its owner brought a code that was sent there, or an operator vouched
//! for it. The others claim it, and nobody is told of the others (ADR 41).

use domain::ids::AccountId;
use jiff::Timestamp;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::known_devices::{DeviceToken, kept_since};
use super::rows::sql;
use super::sealed_contacts::ContactField;
use super::{Account, People};
use crate::refusal::IdentityError;
use crate::values::contact::Email;

/// Whether an account holds its address, of `identity.contacts c`.
pub(super) const HOLDS_EMAIL: &str = "(c.email_proven_at is not null or c.email_vouched)";
/// Accounts of one address that are looked at; the holder first, then the oldest.
const CLAIMS_MAX: i64 = 1_000;

/// An account under an address.
#[derive(Clone)]
pub(super) struct Claim {
    pub(super) account_id: AccountId,
    pub(super) password_hash: String,
    /// Whether it was signed in to on the device that was asked with.
    knows_device: bool,
}

/// Who is under one address: the holder first, then the oldest.
#[derive(Clone)]
pub(super) struct Claims(Vec<Claim>);

impl Claims {
    /// Whether there is this account and no other.
    pub(super) fn is_alone(&self, id: AccountId) -> bool {
        matches!(&self.0[..], [only] if only.account_id == id)
    }

    /// Their hashes, in this order.
    pub(super) fn hashes(&self) -> Vec<String> {
        self.0.iter().map(|claim| claim.password_hash.clone()).collect()
    }

    /// Those of the others are kept under the same salt; whoever is alone gets a fresh one.
    pub(super) fn hashes_beside(&self, id: AccountId) -> Vec<String> {
        match self.is_alone(id) {
            true => Vec::new(),
            false => self.hashes(),
        }
    }

    /// Whether any was signed in to on the device.
    pub(super) fn know_device(&self) -> bool {
        self.0.iter().any(|claim| claim.knows_device)
    }

    /// Those that were signed in to on the device: whose token opens the way for tries is who may be tried, and nobody else is.
    pub(super) fn on_device(self) -> Self {
        Self(self.0.into_iter().filter(|claim| claim.knows_device).collect())
    }

    /// The one at this place.
    pub(super) fn at(&self, place: usize) -> Option<&Claim> {
        self.0.get(place)
    }

    /// Those that are not among `known`, or have another password.
    pub(super) fn newer_than(&self, known: &Self) -> Vec<&Claim> {
        let is_known = |claim: &&Claim| {
            let mut known = known.0.iter();
            known.any(|other| {
                (other.account_id, &other.password_hash) == (claim.account_id, &claim.password_hash)
            })
        };
        self.0.iter().filter(|claim| !is_known(claim)).collect()
    }
}

/// Who is under the address of this index.
pub(super) async fn claims(
    connection: &mut PgConnection,
    index: &[u8],
    device: Option<(&DeviceToken, Timestamp)>,
) -> Result<Claims, IdentityError> {
    let query = format!(
        "select c.account_id, p.password_hash, exists (select from identity.known_devices d where d.account_id = c.account_id \
             and d.digest = $2 and d.last_used_at > $3) as knows_device \
         from identity.contacts c join identity.accounts a on a.id = c.account_id \
         join identity.credentials p on p.account_id = c.account_id \
         where c.email_index = $1 order by {HOLDS_EMAIL} desc, a.created_at, a.id limit {CLAIMS_MAX}"
    );
    let found = sqlx::query(&query)
        .bind(index)
        .bind(device.map(|(token, _)| token.digest().to_vec()))
        .bind(device.map(|(_, now)| sql(kept_since(now))))
        .fetch_all(connection)
        .await?;
    let mut claims = Vec::with_capacity(found.len());
    for row in &found {
        claims.push(Claim {
            account_id: AccountId::from_uuid(row.try_get("account_id")?),
            password_hash: row.try_get("password_hash")?,
            knows_device: row.try_get("knows_device")?,
        });
    }
    Ok(Claims(claims))
}

impl People {
    /// Who is under this address.
    pub(super) async fn claims_of(
        &self,
        email: &Email,
        device: Option<(&DeviceToken, Timestamp)>,
    ) -> Result<Claims, IdentityError> {
        let index = self.email_index(email).await?;
        let mut connection = self.pool().acquire().await?;
        claims(&mut connection, &index, device).await
    }

    /// What an address is found by.
    pub(super) async fn email_index(&self, email: &Email) -> Result<Vec<u8>, IdentityError> {
        Ok(ContactField::Email.index(self.blind_index().await?, email.as_str()))
    }

    /// Whose this address is: its holder's, or the only account's that says so. For the CLI, the demo and mail: an API that told this would
    /// enumerate accounts.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn account_with_email(&self, email: &Email) -> Result<Option<Account>, IdentityError> {
        let query = format!(
            "select c.account_id, {HOLDS_EMAIL} as holds, count(*) over () as claims from identity.contacts c \
             where c.email_index = $1 order by {HOLDS_EMAIL} desc limit 1"
        );
        let index = self.email_index(email).await?;
        let row = sqlx::query(&query)
            .bind(index)
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, holds, claims): (Uuid, bool, i64) = (
            row.try_get("account_id")?,
            row.try_get("holds")?,
            row.try_get("claims")?,
        );
        match holds || claims == 1 {
            true => self.account(AccountId::from_uuid(id)).await,
            false => Ok(None),
        }
    }
}
