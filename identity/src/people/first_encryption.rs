//! The first encryption: what a release before wrote in plain text is sealed, row by row, and the plain columns go.
//!
//! `tot migrate` does it, with the owner's rights, while nobody serves. It may be stopped at any moment: each batch is a transaction,
//! and what is sealed is passed over. At the end the tables are written anew, so that nothing plain is left in their files either.

use domain::ids::AccountId;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use super::blind_index::BlindIndex;
use super::payouts::seal_destination;
use super::rows;
use super::sealed_contacts::{ContactField, ContactSealer};
use super::subject_keys::read_or_make;
use super::vault;
use crate::keys::master::MasterKeys;
use crate::refusal::IdentityError;

/// Rows sealed in one transaction.
const BATCH: i64 = 500;

/// What is written anew at the end: what held plain text, and the statistics over it. Each may be done again.
const WRITTEN_ANEW: [&str; 4] = [
    "vacuum (full, analyze) identity.contacts",
    "vacuum (full, analyze) identity.payout_destinations",
    "vacuum (full, analyze) identity.vault",
    "vacuum (full) pg_catalog.pg_statistic",
];

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptionProgress {
    /// Rows sealed by this run.
    pub done: u64,
    /// Rows that were plain when it began.
    pub of: u64,
}

/// Whether nothing personal is plain any more, nor can be written so.
///
/// # Errors
/// Faults of the database.
pub async fn is_all_sealed(pool: &PgPool) -> Result<bool, IdentityError> {
    Ok(sqlx::query_scalar("select identity.is_all_sealed()")
        .fetch_one(pool)
        .await?)
}

/// Seals all that is plain behind `pool`, which is connected as the owner; answers how many rows that were.
///
/// # Errors
/// [`IdentityError::Sealing`], and faults of the database.
pub async fn encrypt_what_is_plain(
    pool: &PgPool,
    master: &MasterKeys,
    mut told: impl FnMut(EncryptionProgress),
) -> Result<u64, IdentityError> {
    if is_all_sealed(pool).await? {
        return Ok(0);
    }
    let mut connection = pool.acquire().await?;
    let index = BlindIndex::read_or_make(&mut connection, master).await?;
    let plain: i64 = sqlx::query_scalar(
        "select (select count(*) from identity.contacts where email is not null) \
              + (select count(*) from identity.payout_destinations where phone is not null) \
              + (select count(*) from identity.vault where not body ? 'sealed')",
    )
    .fetch_one(&mut *connection)
    .await?;
    let mut progress = EncryptionProgress {
        done: 0,
        of: u64::try_from(plain).unwrap_or_default(),
    };
    told(progress);
    for table in [Table::Contacts, Table::PayoutDestinations, Table::Vault] {
        let mut after = None;
        while let Some(last) =
            seal_batch(&mut connection, master, &index, table, &mut progress, after).await?
        {
            after = Some(last);
            told(progress);
        }
    }
    // Before it is over, so that a run which is stopped here comes here again.
    for statement in WRITTEN_ANEW {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    sqlx::query("select identity.end_plain_text()")
        .execute(&mut *connection)
        .await?;
    Ok(progress.done)
}

#[derive(Clone, Copy)]
enum Table {
    Contacts,
    PayoutDestinations,
    Vault,
}

impl Table {
    /// The next plain rows behind `$1`, at most `$2`.
    const fn plain(self) -> &'static str {
        match self {
            Self::Contacts => {
                "select account_id as place, account_id as subject, email, phone, first_name, last_name \
                 from identity.contacts where ($1::uuid is null or account_id > $1) and email is not null \
                 order by account_id limit $2 for update"
            }
            Self::PayoutDestinations => {
                "select owner_id as place, owner_id as subject, id, phone, bank_id \
                 from identity.payout_destinations where ($1::uuid is null or owner_id > $1) and phone is not null \
                 order by owner_id limit $2 for update"
            }
            Self::Vault => {
                "select id as place, subject_id as subject, kind, salt, body \
                 from identity.vault where ($1::uuid is null or id > $1) and not body ? 'sealed' \
                 order by id limit $2 for update"
            }
        }
    }
}

/// Seals the next rows of a table; answers the last of them, or none at its end.
async fn seal_batch(
    connection: &mut PgConnection,
    master: &MasterKeys,
    index: &BlindIndex,
    table: Table,
    progress: &mut EncryptionProgress,
    after: Option<Uuid>,
) -> Result<Option<Uuid>, IdentityError> {
    let mut tx = sqlx::Connection::begin(connection).await?;
    let found = sqlx::query(table.plain())
        .bind(after)
        .bind(BATCH)
        .fetch_all(&mut *tx)
        .await?;
    let mut last = None;
    for row in &found {
        let subject = AccountId::from_uuid(row.try_get("subject")?);
        let sealer = ContactSealer {
            account: subject,
            key: read_or_make(&mut tx, master, subject).await?,
            index,
        };
        match table {
            Table::Contacts => seal_contacts(&mut tx, &sealer, row).await?,
            Table::PayoutDestinations => seal_payout_destination(&mut tx, &sealer, row).await?,
            Table::Vault => seal_vault_row(&mut tx, &sealer, row).await?,
        }
        last = Some(row.try_get("place")?);
        progress.done += 1;
    }
    tx.commit().await?;
    Ok(last)
}

async fn seal_contacts(
    tx: &mut PgConnection,
    sealer: &ContactSealer<'_>,
    row: &PgRow,
) -> Result<(), IdentityError> {
    let email = sealer.seal(ContactField::Email, row.try_get("email")?)?;
    let (phone, phone_index) = sealer.seal_any(ContactField::Phone, row.try_get("phone")?)?;
    let first_name = sealer.seal(ContactField::FirstName, row.try_get("first_name")?)?;
    let last_name = sealer.seal(ContactField::LastName, row.try_get("last_name")?)?;
    sqlx::query(
        "update identity.contacts set email_sealed = $2, email_index = $3, phone_sealed = $4, phone_index = $5, \
             first_name_sealed = $6, first_name_index = $7, last_name_sealed = $8, last_name_index = $9, \
             email = null, phone = null, first_name = null, last_name = null where account_id = $1",
    )
    .bind(sealer.account.uuid())
    .bind(email.sealed)
    .bind(email.index)
    .bind(phone)
    .bind(phone_index)
    .bind(first_name.sealed)
    .bind(first_name.index)
    .bind(last_name.sealed)
    .bind(last_name.index)
    .execute(tx)
    .await?;
    Ok(())
}

async fn seal_payout_destination(
    tx: &mut PgConnection,
    sealer: &ContactSealer<'_>,
    row: &PgRow,
) -> Result<(), IdentityError> {
    let to = (row.try_get("phone")?, row.try_get("bank_id")?);
    let sealed = seal_destination(&sealer.key, sealer.account, row.try_get("id")?, to)?;
    sqlx::query(
        "update identity.payout_destinations set sealed = $2, phone = null, bank_id = null where owner_id = $1",
    )
    .bind(sealer.account.uuid())
    .bind(sealed)
    .execute(tx)
    .await?;
    Ok(())
}

async fn seal_vault_row(
    tx: &mut PgConnection,
    sealer: &ContactSealer<'_>,
    row: &PgRow,
) -> Result<(), IdentityError> {
    let (id, kind): (Uuid, &str) = (row.try_get("place")?, row.try_get("kind")?);
    let (salt, body): (Vec<u8>, Value) = (row.try_get("salt")?, row.try_get("body")?);
    if salt.len() != vault::SALT_BYTES {
        return Err(rows::unreadable("salt").into());
    }
    let stored = vault::stored(&sealer.key, (id, sealer.account, kind), &salt, &body)?;
    sqlx::query("update identity.vault set body = $2, salt = '' where id = $1")
        .bind(id)
        .bind(stored)
        .execute(tx)
        .await?;
    Ok(())
}
