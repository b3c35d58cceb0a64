//! E-mail addresses and telephone numbers are one person's each, and finding one taken is no error of the database: it
//! would quote the address in the server's log.

use domain::ids::AccountId;
use sqlx::{PgConnection, Row};

use super::Account;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::contact::{Email, Phone};

/// How often a row is tried whose rival was gone before it could be looked at.
const TRIES_MAX: u32 = 3;

/// Adds the contacts of an account that has none yet.
///
/// # Errors
/// [`IdentityRefusal::EmailTaken`], [`IdentityRefusal::PhoneTaken`], and faults.
pub(super) async fn insert(tx: &mut PgConnection, account: &Account) -> Result<(), IdentityError> {
    lock_email(&mut *tx, &account.email).await?;
    if let Some(phone) = &account.phone {
        lock_phone(&mut *tx, phone).await?;
    }
    for _ in 0..TRIES_MAX {
        let inserted = sqlx::query(
            "insert into identity.contacts (account_id, email, phone, first_name, last_name) \
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(account.id.uuid())
        .bind(account.email.as_str())
        .bind(account.phone.as_ref().map(|phone| phone.as_str()))
        .bind(account.first_name.as_str())
        .bind(account.last_name.as_str())
        .execute(&mut *tx)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(());
        }
        if let Some(refusal) = taken(&mut *tx, account).await? {
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
    phone: &Phone,
    owner: AccountId,
) -> Result<(), IdentityError> {
    lock_phone(&mut *tx, phone).await?;
    let taken: bool = sqlx::query_scalar(
        "select exists (select from identity.contacts where phone = $1 and account_id <> $2)",
    )
    .bind(phone.as_str())
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
    email: &Email,
    owner: AccountId,
) -> Result<(), IdentityError> {
    lock_email(&mut *tx, email).await?;
    let taken: bool = sqlx::query_scalar(
        "select exists (select from identity.contacts where email = $1 and account_id <> $2)",
    )
    .bind(email.as_str())
    .bind(owner.uuid())
    .fetch_one(tx)
    .await?;
    match taken {
        true => Err(IdentityRefusal::EmailTaken.into()),
        false => Ok(()),
    }
}

/// The same of an address, which an edit writes in another transaction than the one that found it free.
async fn lock_email(tx: &mut PgConnection, email: &Email) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('email ' || $1, 0))")
        .bind(email.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// Whoever writes a number takes turns on it: an update cannot say `on conflict`, so it must find nobody under way.
async fn lock_phone(tx: &mut PgConnection, phone: &Phone) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('phone ' || $1, 0))")
        .bind(phone.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// What of the account is somebody else's already.
async fn taken(tx: &mut PgConnection, account: &Account) -> Result<Option<IdentityRefusal>, sqlx::Error> {
    let row = sqlx::query(
        "select exists (select from identity.contacts where email = $1) as email, \
                exists (select from identity.contacts where phone = $2) as phone",
    )
    .bind(account.email.as_str())
    .bind(account.phone.as_ref().map(|phone| phone.as_str()))
    .fetch_one(tx)
    .await?;
    let (email, phone): (bool, bool) = (row.try_get("email")?, row.try_get("phone")?);
    Ok(match (email, phone) {
        (true, _) => Some(IdentityRefusal::EmailTaken),
        (false, true) => Some(IdentityRefusal::PhoneTaken),
        (false, false) => None,
    })
}
