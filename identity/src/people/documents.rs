//! What a doctor shows with an application: a diploma, a licence, a proof of who they are. Kept in pieces, each sealed under the doctor's
//! own key and bound to where it stands, so that neither writing nor reading holds more than one opened piece beside the file itself.

use domain::ids::{AccountId, DocumentId};
use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::People;
use super::personal_fields::PersonalField;
use super::rows::{instant, sql, unreadable};
use super::security_events::{AuditActor, AuditTarget, NewSecurityEvent, SecurityEvent};
use super::subject_keys::SubjectKey;
use super::trail_writer;
use crate::keys::master::MasterKeyError;
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::values::document::{DocumentKind, DocumentMediaType};

/// How many documents one doctor has at most.
pub const DOCUMENTS_MAX: i64 = 10;
/// The largest document, in bytes; the table holds the same bound.
pub const DOCUMENT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// How many bytes one piece holds, all but the last.
const PIECE_BYTES: u32 = 1024 * 1024;
/// How many documents one statement forgets at most.
const FORGOTTEN_AT_ONCE: i64 = 100;

const COLUMNS: &str =
    "d.id, d.account_id, d.kind, d.media_type, d.size_bytes, d.digest_sealed, d.attached_at";

/// What is to be attached.
#[derive(Clone, Copy)]
pub struct NewDocument<'a> {
    /// What it shows.
    pub kind: DocumentKind,
    /// What its bytes are.
    pub media_type: DocumentMediaType,
    /// Its bytes, 1 to [`DOCUMENT_BYTES_MAX`].
    pub bytes: &'a [u8],
}

/// A document, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationDocument {
    /// Which.
    pub id: DocumentId,
    /// Whose.
    pub account_id: AccountId,
    /// What it shows.
    pub kind: DocumentKind,
    /// What its bytes are.
    pub media_type: DocumentMediaType,
    /// How many they are.
    pub size_bytes: u32,
    /// Of all of them.
    pub sha256: [u8; 32],
    /// When it was attached.
    pub attached_at: Timestamp,
}

impl ApplicationDocument {
    /// In how many pieces it is kept.
    pub const fn pieces(&self) -> u32 {
        self.size_bytes.div_ceil(PIECE_BYTES)
    }

    /// What sealing binds a piece to: whose document it is of, at which place, and what is told of the whole.
    fn piece_context(&self, ordinal: u32) -> Vec<u8> {
        let size = self.size_bytes.to_be_bytes();
        let place = ordinal.to_be_bytes();
        [self.context(b"document piece ").as_slice(), &size, &place].concat()
    }

    fn context(&self, what: &[u8]) -> Vec<u8> {
        [
            what,
            self.account_id.uuid().as_bytes(),
            self.id.uuid().as_bytes(),
            self.kind.as_str().as_bytes(),
            self.media_type.as_str().as_bytes(),
        ]
        .concat()
    }
}

impl People {
    /// Whether an application of this account waits for an admin.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoApplicationWaits`], and faults of the database.
    pub async fn require_waiting_application(&self, account: AccountId) -> Result<(), IdentityError> {
        let mut connection = self.pool().acquire().await?;
        require_waiting(&mut connection, account, "").await
    }

    /// Attaches a document to one's own application, all of it or nothing.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoApplicationWaits`], [`IdentityRefusal::TooManyDocuments`], and faults.
    pub async fn attach_document(
        &self,
        by: &AuditActor,
        new: NewDocument<'_>,
        now: Timestamp,
    ) -> Result<ApplicationDocument, IdentityError> {
        let key = self.subject_key(by.account_id).await?;
        let document = ApplicationDocument {
            id: DocumentId::from_uuid(random::id_at(now)),
            account_id: by.account_id,
            kind: new.kind,
            media_type: new.media_type,
            size_bytes: u32::try_from(new.bytes.len()).unwrap_or(u32::MAX),
            sha256: Sha256::digest(new.bytes).into(),
            attached_at: now,
        };
        let mut tx = self.pool().begin().await?;
        insert(&mut tx, &key, &document, new.bytes).await?;
        // Locked as late as can be: whoever decides about the application waits for it. One after the other, so that no crowd passes the limit.
        require_waiting(&mut tx, by.account_id, "for no key update of p").await?;
        let kept: i64 =
            sqlx::query_scalar("select count(*) from identity.application_documents where account_id = $1")
                .bind(by.account_id.uuid())
                .fetch_one(&mut *tx)
                .await?;
        if kept > DOCUMENTS_MAX {
            return Err(IdentityRefusal::TooManyDocuments.into());
        }
        tell(&mut tx, by, SecurityEvent::DocumentAttached, &document).await?;
        tx.commit().await?;
        Ok(document)
    }

    /// Removes a document of one's own while the application waits. None where there is no such.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoApplicationWaits`], and faults.
    pub async fn remove_document(
        &self,
        by: &AuditActor,
        id: DocumentId,
    ) -> Result<Option<ApplicationDocument>, IdentityError> {
        let Some(document) = self.document_of(by.account_id, id).await? else {
            return Ok(None);
        };
        let mut tx = self.pool().begin().await?;
        require_waiting(&mut tx, by.account_id, "for no key update of p").await?;
        let removed = sqlx::query("delete from identity.application_documents where id = $1")
            .bind(id.uuid())
            .execute(&mut *tx)
            .await?;
        if removed.rows_affected() == 0 {
            return Ok(None);
        }
        tell(&mut tx, by, SecurityEvent::DocumentRemoved, &document).await?;
        tx.commit().await?;
        Ok(Some(document))
    }

    /// The documents of an account, the oldest first, at most [`DOCUMENTS_MAX`].
    ///
    /// # Errors
    /// Faults of the database, and [`IdentityError::Sealing`].
    pub async fn documents_of(&self, account: AccountId) -> Result<Vec<ApplicationDocument>, IdentityError> {
        let query = format!(
            "select {COLUMNS} from identity.application_documents d where d.account_id = $1 order by d.id limit $2"
        );
        let found = sqlx::query(&query)
            .bind(account.uuid())
            .bind(DOCUMENTS_MAX)
            .fetch_all(self.pool())
            .await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.subject_key(account).await?;
        found.iter().map(|row| document(row, &key)).collect()
    }

    /// One document of this account.
    ///
    /// # Errors
    /// Faults of the database, and [`IdentityError::Sealing`].
    pub async fn document_of(
        &self,
        account: AccountId,
        id: DocumentId,
    ) -> Result<Option<ApplicationDocument>, IdentityError> {
        let query = format!(
            "select {COLUMNS} from identity.application_documents d where d.account_id = $1 and d.id = $2"
        );
        let found = sqlx::query(&query)
            .bind(account.uuid())
            .bind(id.uuid())
            .fetch_optional(self.pool())
            .await?;
        let Some(found) = found else { return Ok(None) };
        let key = self.subject_key(account).await?;
        document(&found, &key).map(Some)
    }

    /// One document of this account for `reader`, who is staff and about to be shown it: that is recorded first.
    ///
    /// # Errors
    /// Faults of the database; nothing may be shown then.
    pub async fn document_for(
        &self,
        reader: &AuditActor,
        account: AccountId,
        id: DocumentId,
    ) -> Result<Option<ApplicationDocument>, IdentityError> {
        let Some(document) = self.document_of(account, id).await? else {
            return Ok(None);
        };
        let mut connection = self.pool().acquire().await?;
        let about = ("document", Some(AuditTarget::new("document", id)));
        let fields = [PersonalField::Document];
        trail_writer::insert_read(&mut connection, reader, about, &[account.uuid()], &fields).await?;
        Ok(Some(document))
    }

    /// One piece of a document, opened; none where the document was removed meanwhile.
    ///
    /// # Errors
    /// Faults of the database, and [`IdentityError::Sealing`].
    pub async fn document_piece(
        &self,
        document: &ApplicationDocument,
        ordinal: u32,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, IdentityError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar(
            "select sealed from identity.application_document_pieces where document_id = $1 and ordinal = $2",
        )
        .bind(document.id.uuid())
        .bind(place(ordinal))
        .fetch_optional(self.pool())
        .await?;
        let Some(sealed) = sealed else { return Ok(None) };
        let key = self.subject_key(document.account_id).await?;
        Ok(Some(key.open(&document.piece_context(ordinal), &sealed)?))
    }

    /// Deletes documents whose time is over; answers how many.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn forget_documents(&self, now: Timestamp) -> Result<u64, IdentityError> {
        let deleted = sqlx::query(
            "delete from identity.application_documents where id in ( \
                 select d.id from identity.application_documents d \
                 join identity.doctor_profiles p on p.doctor_id = d.account_id \
                 join identity.accounts a on a.id = d.account_id \
                 where p.documents_until <= $1 or a.deactivated_at <= $1::timestamptz - interval '30 days' limit $2)",
        )
        .bind(sql(now))
        .bind(FORGOTTEN_AT_ONCE)
        .execute(self.pool())
        .await?;
        Ok(deleted.rows_affected())
    }
}

async fn require_waiting(
    connection: &mut PgConnection,
    account: AccountId,
    lock: &'static str,
) -> Result<(), IdentityError> {
    let query = format!(
        "select p.applied_at is not null from identity.doctor_profiles p join identity.accounts a on a.id = p.doctor_id \
         where p.doctor_id = $1 and a.deactivated_at is null {lock}"
    );
    let waits: Option<bool> = sqlx::query_scalar(&query)
        .bind(account.uuid())
        .fetch_optional(connection)
        .await?;
    match waits {
        Some(true) => Ok(()),
        Some(false) | None => Err(IdentityRefusal::NoApplicationWaits.into()),
    }
}

async fn insert(
    connection: &mut PgConnection,
    key: &SubjectKey,
    document: &ApplicationDocument,
    bytes: &[u8],
) -> Result<(), IdentityError> {
    sqlx::query(
        "insert into identity.application_documents (id, account_id, kind, media_type, size_bytes, digest_sealed, attached_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(document.id.uuid())
    .bind(document.account_id.uuid())
    .bind(document.kind.as_str())
    .bind(document.media_type.as_str())
    .bind(place(document.size_bytes))
    .bind(key.seal(&document.context(b"document digest "), &document.sha256)?)
    .bind(sql(document.attached_at))
    .execute(&mut *connection)
    .await?;
    for (ordinal, piece) in (0_u32..).zip(bytes.chunks(PIECE_BYTES as usize)) {
        sqlx::query(
            "insert into identity.application_document_pieces (document_id, ordinal, sealed) values ($1, $2, $3)",
        )
        .bind(document.id.uuid())
        .bind(place(ordinal))
        .bind(key.seal(&document.piece_context(ordinal), piece)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn tell(
    connection: &mut PgConnection,
    by: &AuditActor,
    event: SecurityEvent,
    document: &ApplicationDocument,
) -> Result<(), IdentityError> {
    let event = NewSecurityEvent {
        purpose: Some(document.kind.as_str().into()),
        ..NewSecurityEvent::new(event, by.origin.clone())
    };
    let event = event
        .by(Some((by.account_id, by.role)))
        .about(Some(document.account_id))
        .on(Some(AuditTarget::new("document", document.id)));
    Ok(trail_writer::insert(connection, &event, &[document.account_id.uuid()], &[]).await?)
}

/// A small number as the tables hold it.
fn place(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn document(row: &PgRow, key: &SubjectKey) -> Result<ApplicationDocument, IdentityError> {
    let kind = DocumentKind::parse(row.try_get("kind")?).ok_or_else(|| unreadable("kind"))?;
    let media_type = DocumentMediaType::parse(row.try_get("media_type")?);
    let mut document = ApplicationDocument {
        id: DocumentId::from_uuid(row.try_get("id")?),
        account_id: AccountId::from_uuid(row.try_get("account_id")?),
        kind,
        media_type: media_type.ok_or_else(|| unreadable("media_type"))?,
        size_bytes: u32::try_from(row.try_get::<i32, _>("size_bytes")?).unwrap_or_default(),
        sha256: [0; 32],
        attached_at: instant(row, "attached_at")?,
    };
    let sealed: Vec<u8> = row.try_get("digest_sealed")?;
    let digest = key.open(&document.context(b"document digest "), &sealed)?;
    document.sha256 = digest
        .as_slice()
        .try_into()
        .map_err(|_| MasterKeyError::DoesNotOpen)?;
    Ok(document)
}
