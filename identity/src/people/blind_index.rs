//! Blind indices: keyed digests by which addresses, numbers and names are found whole, by whoever has the key alone.

use std::fmt;

use aws_lc_rs::hmac;
use sqlx::PgConnection;

use super::People;
use crate::keys::master::{MasterKeyError, MasterKeys};
use crate::refusal::IdentityError;
use crate::sealing;
use crate::values::text::composed;

/// What the index key is sealed for.
pub(super) const PURPOSE: &str = "blind index key";

/// The key of all blind indices, opened.
pub(super) struct BlindIndex(hmac::Key);

impl BlindIndex {
    /// Reads the key, or makes it where there is none yet.
    pub(super) async fn read_or_make(
        connection: &mut PgConnection,
        master: &MasterKeys,
    ) -> Result<Self, IdentityError> {
        if let Some(index) = Self::read(connection, master).await? {
            return Ok(index);
        }
        let wrapped = master.seal(PURPOSE, b"", sealing::new_key().as_slice())?;
        sqlx::query(
            "insert into identity.index_keys (id, wrapped) values (1, $1) on conflict (id) do nothing",
        )
        .bind(wrapped)
        .execute(&mut *connection)
        .await?;
        let index = Self::read(connection, master).await?;
        index.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    async fn read(connection: &mut PgConnection, master: &MasterKeys) -> Result<Option<Self>, IdentityError> {
        let wrapped: Option<Vec<u8>> =
            sqlx::query_scalar("select wrapped from identity.index_keys where id = 1")
                .fetch_optional(connection)
                .await?;
        let key = wrapped.map(|wrapped| master.open(PURPOSE, b"", &wrapped));
        let key = key.transpose()?;
        Ok(key.map(|key| Self(hmac::Key::new(hmac::HMAC_SHA256, &key))))
    }

    /// What a value in its normal form is found by, in the index of this name.
    pub(super) fn digest(&self, index: &str, normal: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(index.as_bytes());
        context.update(&[0]);
        context.update(normal.as_bytes());
        context.sign().as_ref().to_vec()
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex(hidden)")
    }
}

/// A name as it is looked for: composed, lower case, single spaces.
pub(super) fn normal_name(raw: &str) -> String {
    let words: Vec<String> = composed(raw).split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

impl People {
    /// The blind indices of this platform; the database is asked once.
    pub(super) async fn blind_index(&self) -> Result<&BlindIndex, IdentityError> {
        let opened = &self.inner.blind_index;
        opened
            .get_or_try_init(|| async {
                let mut connection = self.pool.acquire().await?;
                BlindIndex::read_or_make(&mut connection, &self.inner.master).await
            })
            .await
    }

    /// Whether this process can open what stands in the database: nothing of before is plain, and the master keys are the ones it
    /// was sealed under. Whoever serves asks first.
    ///
    /// # Errors
    /// [`IdentityError::NotEncrypted`], [`IdentityError::Sealing`], and faults.
    pub async fn require_opening(&self) -> Result<(), IdentityError> {
        let all: bool = sqlx::query_scalar("select identity.is_all_sealed()")
            .fetch_one(&self.pool)
            .await?;
        if !all {
            return Err(IdentityError::NotEncrypted);
        }
        self.blind_index().await?;
        for (version, _) in self.versions_to_open().await? {
            if !self.inner.master.versions().any(|known| known == version) {
                return Err(MasterKeyError::MissingVersion(version).into());
            }
        }
        Ok(())
    }
}
