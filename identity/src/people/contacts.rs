//! E-mail addresses and telephone numbers are one person's each once they are proven, and finding one held is no error of the database: it is
//! looked at under a lock first.

use domain::ids::AccountId;
use sqlx::PgConnection;

use super::Account;
use super::blind_index::BlindIndex;
use super::claims::HOLDS_EMAIL;
use super::sealed_contacts::{ContactField, ContactSealer};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::contact::{Email, Phone};

/// Whether an account holds its number, of `identity.contacts c`.
pub(super) const HOLDS_PHONE: &str = "(c.phone_proven_at is not null or c.phone_vouched)";

/// Who says whose an address and a number are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenBy {
    /// Whoever registers: it is a claim, of which there may be many.
    Owner,
    /// Whoever runs the platform: it counts as proof.
    Operator,
}

/// Adds the contacts of an account that has none yet; its address is [locked](lock_email).
///
/// # Errors
/// [`IdentityRefusal::EmailTaken`], [`IdentityRefusal::PhoneTaken`] where an operator gives what somebody else holds, and faults.
pub(super) async fn insert(
    tx: &mut PgConnection,
    account: &Account,
    (sealer, given_by): (&ContactSealer<'_>, GivenBy),
) -> Result<(), IdentityError> {
    let email = sealer.seal(ContactField::Email, account.email.as_str())?;
    let phone = account.phone.as_ref().map(|phone| phone.as_str());
    let (phone, phone_index) = sealer.seal_any(ContactField::Phone, phone)?;
    let first_name = sealer.seal(ContactField::FirstName, account.first_name.as_str())?;
    let last_name = sealer.seal(ContactField::LastName, account.last_name.as_str())?;
    if given_by == GivenBy::Operator {
        require_free_email(&mut *tx, &email.index, account.id).await?;
        if let Some(index) = &phone_index {
            lock_phone(&mut *tx, index).await?;
            require_free_phone(&mut *tx, index, account.id).await?;
        }
    }
    sqlx::query(
        "insert into identity.contacts (account_id, email_sealed, email_index, phone_sealed, phone_index, \
             first_name_sealed, first_name_index, last_name_sealed, last_name_index, email_vouched, phone_vouched) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10 and $5::bytea is not null)",
    )
    .bind(account.id.uuid())
    .bind(&email.sealed)
    .bind(&email.index)
    .bind(&phone)
    .bind(&phone_index)
    .bind(&first_name.sealed)
    .bind(&first_name.index)
    .bind(&last_name.sealed)
    .bind(&last_name.index)
    .bind(given_by == GivenBy::Operator)
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps the number for `owner` until the transaction ends.
///
/// # Errors
/// [`IdentityRefusal::PhoneTaken`] when somebody else holds it, and faults.
pub(super) async fn reserve_phone(
    tx: &mut PgConnection,
    index: &BlindIndex,
    phone: &Phone,
    owner: AccountId,
) -> Result<(), IdentityError> {
    let phone = ContactField::Phone.index(index, phone.as_str());
    lock_phone(&mut *tx, &phone).await?;
    require_free_phone(tx, &phone, owner).await
}

/// Keeps the address for `owner` until the transaction ends. Whoever takes both takes the address before the number.
///
/// # Errors
/// [`IdentityRefusal::EmailTaken`] when somebody else holds it, and faults.
pub(super) async fn reserve_email(
    tx: &mut PgConnection,
    index: &BlindIndex,
    email: &Email,
    owner: AccountId,
) -> Result<(), IdentityError> {
    let email = ContactField::Email.index(index, email.as_str());
    lock_email(&mut *tx, &email).await?;
    require_free_email(tx, &email, owner).await
}

/// Whoever comes under an address, or proves it, takes turns on it: so two never hold it, and each finds all that came before. An edit
/// writes in another transaction than the one that found it free.
pub(super) async fn lock_email(tx: &mut PgConnection, index: &[u8]) -> Result<(), sqlx::Error> {
    lock(tx, "email", index).await
}

/// The same of a number.
pub(super) async fn lock_phone(tx: &mut PgConnection, index: &[u8]) -> Result<(), sqlx::Error> {
    lock(tx, "phone", index).await
}

async fn lock(tx: &mut PgConnection, what: &str, index: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1 || ' ' || encode($2, 'hex'), 0))")
        .bind(what)
        .bind(index)
        .execute(tx)
        .await?;
    Ok(())
}

async fn require_free_email(
    tx: &mut PgConnection,
    index: &[u8],
    owner: AccountId,
) -> Result<(), IdentityError> {
    let query = format!(
        "select exists (select from identity.contacts c where c.email_index = $1 and {HOLDS_EMAIL} and c.account_id <> $2)"
    );
    match is_held(tx, &query, index, owner).await? {
        true => Err(IdentityRefusal::EmailTaken.into()),
        false => Ok(()),
    }
}

async fn require_free_phone(
    tx: &mut PgConnection,
    index: &[u8],
    owner: AccountId,
) -> Result<(), IdentityError> {
    let query = format!(
        "select exists (select from identity.contacts c where c.phone_index = $1 and {HOLDS_PHONE} and c.account_id <> $2)"
    );
    match is_held(tx, &query, index, owner).await? {
        true => Err(IdentityRefusal::PhoneTaken.into()),
        false => Ok(()),
    }
}

async fn is_held(
    tx: &mut PgConnection,
    query: &str,
    index: &[u8],
    owner: AccountId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(query)
        .bind(index)
        .bind(owner.uuid())
        .fetch_one(tx)
        .await
}
