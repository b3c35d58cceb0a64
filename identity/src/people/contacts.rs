//! E-mail addresses and telephone numbers are one person's each, and finding one taken is no error of the database: it
//! would quote the address in the server's log.

use domain::ids::AccountId;
use sqlx::{PgConnection, Row};

use super::Account;
use super::blind_index::BlindIndex;
use super::sealed_contacts::{ContactField, ContactSealer};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::contact::{Email, Phone};

/// How often a row is tried whose rival was gone before it could be looked at.
const TRIES_MAX: u32 = 3;

/// Adds the contacts of an account that has none yet.
///
/// # Errors
/// [`IdentityRefusal::EmailTaken`], [`IdentityRefusal::PhoneTaken`], and faults.
pub(super) async fn insert(
    tx: &mut PgConnection,
    account: &Account,
    sealer: &ContactSealer<'_>,
) -> Result<(), IdentityError> {
    let email = sealer.seal(ContactField::Email, account.email.as_str())?;
    let phone = account.phone.as_ref().map(|phone| phone.as_str());
    let (phone, phone_index) = sealer.seal_any(ContactField::Phone, phone)?;
    let first_name = sealer.seal(ContactField::FirstName, account.first_name.as_str())?;
    let last_name = sealer.seal(ContactField::LastName, account.last_name.as_str())?;
    lock(&mut *tx, "email", &email.index).await?;
    if let Some(index) = &phone_index {
        lock(&mut *tx, "phone", index).await?;
    }
    for _ in 0..TRIES_MAX {
        let inserted = sqlx::query(
            "insert into identity.contacts (account_id, email_sealed, email_index, phone_sealed, phone_index, \
                 first_name_sealed, first_name_index, last_name_sealed, last_name_index) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
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
        .execute(&mut *tx)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(());
        }
        if let Some(refusal) = taken(&mut *tx, &email.index, phone_index.as_deref()).await? {
            return Err(refusal.into());
        }
    }
    Err(sqlx::Error::RowNotFound.into())
}

/// Keeps the number for `owner` until the transaction ends.
///
/// # Errors
/// [`IdentityRefusal::PhoneTaken`] when it is somebody else's, and faults.
pub(super) async fn reserve_phone(
    tx: &mut PgConnection,
    index: &BlindIndex,
    phone: &Phone,
    owner: AccountId,
) -> Result<(), IdentityError> {
    let phone = ContactField::Phone.index(index, phone.as_str());
    lock(&mut *tx, "phone", &phone).await?;
    let taken: bool = sqlx::query_scalar(
        "select exists (select from identity.contacts where phone_index = $1 and account_id <> $2)",
    )
    .bind(phone)
    .bind(owner.uuid())
    .fetch_one(tx)
    .await?;
    match taken {
        true => Err(IdentityRefusal::PhoneTaken.into()),
        false => Ok(()),
    }
}

/// Keeps the address for `owner` until the transaction ends. Whoever takes both takes the address before the number.
///
/// # Errors
/// [`IdentityRefusal::EmailTaken`] when it is somebody else's, and faults.
pub(super) async fn reserve_email(
    tx: &mut PgConnection,
    index: &BlindIndex,
    email: &Email,
    owner: AccountId,
) -> Result<(), IdentityError> {
    let email = ContactField::Email.index(index, email.as_str());
    lock(&mut *tx, "email", &email).await?;
    let taken: bool = sqlx::query_scalar(
        "select exists (select from identity.contacts where email_index = $1 and account_id <> $2)",
    )
    .bind(email)
    .bind(owner.uuid())
    .fetch_one(tx)
    .await?;
    match taken {
        true => Err(IdentityRefusal::EmailTaken.into()),
        false => Ok(()),
    }
}

/// Whoever writes an address or a number takes turns on it: an update cannot say `on conflict`, so it must find nobody under way, and
/// an edit writes in another transaction than the one that found it free.
async fn lock(tx: &mut PgConnection, what: &str, index: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1 || ' ' || encode($2, 'hex'), 0))")
        .bind(what)
        .bind(index)
        .execute(tx)
        .await?;
    Ok(())
}

/// What of the account is somebody else's already.
async fn taken(
    tx: &mut PgConnection,
    email: &[u8],
    phone: Option<&[u8]>,
) -> Result<Option<IdentityRefusal>, sqlx::Error> {
    let row = sqlx::query(
        "select exists (select from identity.contacts where email_index = $1) as email, \
                exists (select from identity.contacts where phone_index = $2) as phone",
    )
    .bind(email)
    .bind(phone)
    .fetch_one(tx)
    .await?;
    let (email, phone): (bool, bool) = (row.try_get("email")?, row.try_get("phone")?);
    Ok(match (email, phone) {
        (true, _) => Some(IdentityRefusal::EmailTaken),
        (false, true) => Some(IdentityRefusal::PhoneTaken),
        (false, false) => None,
    })
}
