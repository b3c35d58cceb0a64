//! The key of each person: what is personal about them is sealed under it, and it under a master key.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::AccountId;
use moka::sync::Cache;
use secrecy::zeroize::Zeroizing;
use sqlx::PgConnection;

use super::People;
use crate::keys::master::{MasterKeyError, MasterKeys};
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::sealing::{self, Key};

/// What data keys are sealed for.
const PURPOSE: &str = "data key";
/// How many keys a process keeps open, about 150 bytes each.
const KEYS_MAX: u64 = 50_000;
/// How long it keeps one: a person who is erased is forgotten by then.
const KEPT: Duration = Duration::from_mins(10);

/// A person's key, opened; cheap to clone.
#[derive(Clone)]
pub(crate) struct SubjectKey(Arc<Key>);

/// The opened keys of a process, for what is sealed without asking the database.
pub(super) type OpenedKeys = Cache<AccountId, SubjectKey>;

pub(super) fn opened_keys() -> OpenedKeys {
    Cache::builder().max_capacity(KEYS_MAX).time_to_live(KEPT).build()
}

impl SubjectKey {
    /// The key of `subject` from its stored form.
    pub(crate) fn unwrap(
        master: &MasterKeys,
        subject: AccountId,
        wrapped: &[u8],
    ) -> Result<Self, MasterKeyError> {
        let key = master.open(PURPOSE, subject.uuid().as_bytes(), wrapped)?;
        let key: [u8; sealing::KEY_BYTES] = key
            .as_slice()
            .try_into()
            .map_err(|_| MasterKeyError::DoesNotOpen)?;
        Ok(Self(Arc::new(Zeroizing::new(key))))
    }

    fn fresh() -> Self {
        Self(Arc::new(sealing::new_key()))
    }

    fn wrap(&self, master: &MasterKeys, subject: AccountId) -> Result<Vec<u8>, MasterKeyError> {
        master.seal(PURPOSE, subject.uuid().as_bytes(), self.0.as_slice())
    }

    /// Seals `plain`, bound to `context`: which row and which field it stands in.
    pub(crate) fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, MasterKeyError> {
        sealing::seal(&self.0, context, plain).map_err(|_| MasterKeyError::DoesNotOpen)
    }

    /// Opens what was sealed with the same context.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, MasterKeyError> {
        sealing::open(&self.0, context, sealed).map_err(|_| MasterKeyError::DoesNotOpen)
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(hidden)")
    }
}

/// The stored form under the version that seals now.
pub(super) fn wrapped_anew(
    master: &MasterKeys,
    subject: AccountId,
    wrapped: &[u8],
) -> Result<Vec<u8>, MasterKeyError> {
    SubjectKey::unwrap(master, subject, wrapped)?.wrap(master, subject)
}

/// The key of `subject`, made if there is none yet; it stays when the transaction does.
pub(super) async fn read_or_make(
    connection: &mut PgConnection,
    master: &MasterKeys,
    subject: AccountId,
) -> Result<SubjectKey, IdentityError> {
    if let Some(key) = read(connection, master, subject).await? {
        return Ok(key);
    }
    let key = SubjectKey::fresh();
    let made = sqlx::query(
        "insert into identity.data_keys (subject_id, wrapped, master_version) values ($1, $2, $3) \
         on conflict (subject_id) do nothing",
    )
    .bind(subject.uuid())
    .bind(key.wrap(master, subject)?)
    .bind(sql_version(master.sealing_version()))
    .execute(&mut *connection)
    .await?;
    if made.rows_affected() == 1 {
        return Ok(key);
    }
    // Somebody was faster, and has committed: whoever waits for a conflict waits for that.
    let key = read(connection, master, subject).await?;
    // Or the person was erased, and gets no key any more.
    key.ok_or_else(|| IdentityRefusal::NoSuchAccount.into())
}

async fn read(
    connection: &mut PgConnection,
    master: &MasterKeys,
    subject: AccountId,
) -> Result<Option<SubjectKey>, IdentityError> {
    let wrapped: Option<Vec<u8>> =
        sqlx::query_scalar("select wrapped from identity.data_keys where subject_id = $1")
            .bind(subject.uuid())
            .fetch_optional(connection)
            .await?;
    let key = wrapped.map(|wrapped| SubjectKey::unwrap(master, subject, &wrapped));
    Ok(key.transpose()?)
}

/// A version as the tables hold it.
pub(super) fn sql_version(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}

impl People {
    /// The key of `subject`, made at its first use. One that this process knows costs no look at the database.
    pub(crate) async fn subject_key(&self, subject: AccountId) -> Result<SubjectKey, IdentityError> {
        if let Some(key) = self.inner.opened_keys.get(&subject) {
            return Ok(key);
        }
        let mut connection = self.pool.acquire().await?;
        let key = read_or_make(&mut connection, &self.inner.master, subject).await?;
        self.inner.opened_keys.insert(subject, key.clone());
        Ok(key)
    }
}
