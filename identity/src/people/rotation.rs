//! Changing the master key: what is sealed under it is sealed anew under the version that seals now. What people's keys seal stays as
//! it is, so a platform of any size is done in the time it takes to write one short row for each person.

use std::collections::BTreeMap;

use domain::ids::AccountId;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::subject_keys::{sql_version, wrapped_anew};
use super::{People, blind_index, factor_codes, password_resets};
use crate::keys::master::{MasterKeyError, MasterKeys};
use crate::refusal::IdentityError;

/// Keys sealed anew in one transaction.
const BATCH: i64 = 2_000;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationProgress {
    /// What was sealed anew by this run.
    pub done: u64,
    /// How much there was to do when it began.
    pub of: u64,
}

/// How much is sealed under each version of the master keys.
pub type VersionsInUse = BTreeMap<u32, u64>;

/// A column that is sealed under the master key itself.
struct SealedDirectly {
    table: &'static str,
    /// The column of its rows' key, compared as text.
    key: &'static str,
    column: &'static str,
    purpose: &'static str,
    /// What a row's seal is bound to, by its key.
    context: fn(&str) -> Vec<u8>,
}

/// Every such column beside people's keys. Whoever seals another one names it here, or a change of keys loses it.
const DIRECTLY: &[SealedDirectly] = &[
    SealedDirectly {
        table: "identity.index_keys",
        key: "id",
        column: "wrapped",
        purpose: blind_index::PURPOSE,
        context: |_| Vec::new(),
    },
    SealedDirectly {
        table: "identity.totp_secrets",
        key: "account_id",
        column: "sealed",
        purpose: factor_codes::PURPOSE,
        context: |account| account.as_bytes().to_vec(),
    },
    SealedDirectly {
        table: "identity.password_reset_requests",
        key: "id",
        column: "sealed",
        purpose: password_resets::PURPOSE,
        context: |id| id.as_bytes().to_vec(),
    },
];

impl People {
    /// How much is sealed under each version; a version that is not there may be taken out of the file of master keys.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn versions_in_use(&self) -> Result<VersionsInUse, IdentityError> {
        self.versions_of(DIRECTLY.iter()).await
    }

    /// The same of what this process may read: each role needs the versions of its own.
    pub(super) async fn versions_to_open(&self) -> Result<VersionsInUse, IdentityError> {
        let mut readable = Vec::new();
        for sealed in DIRECTLY {
            let may: bool = sqlx::query_scalar("select has_table_privilege($1, 'select')")
                .bind(sealed.table)
                .fetch_one(&self.pool)
                .await?;
            readable.extend(may.then_some(sealed));
        }
        self.versions_of(readable.into_iter()).await
    }

    async fn versions_of(
        &self,
        directly: impl Iterator<Item = &'static SealedDirectly>,
    ) -> Result<VersionsInUse, IdentityError> {
        let mut connection = self.pool.acquire().await?;
        let mut versions = VersionsInUse::new();
        let mut count = |version: i32, rows: i64| {
            let version = u32::try_from(version).unwrap_or_default();
            *versions.entry(version).or_default() += u64::try_from(rows).unwrap_or_default();
        };
        let keys = sqlx::query(
            "select master_version, count(*) as rows from identity.data_keys group by master_version",
        );
        for row in keys.fetch_all(&mut *connection).await? {
            count(row.try_get("master_version")?, row.try_get("rows")?);
        }
        for sealed in directly {
            let SealedDirectly { table, column, .. } = sealed;
            let query = format!(
                "select {} as version, count(*) as rows from {table} where {column} is not null group by 1",
                version_of(column)
            );
            for row in sqlx::query(&query).fetch_all(&mut *connection).await? {
                count(row.try_get("version")?, row.try_get("rows")?);
            }
        }
        Ok(versions)
    }

    /// Seals anew, under the version that seals now, all that is sealed under others; the platform serves meanwhile. Stopped at any
    /// moment, it goes on from there when it is run again.
    ///
    /// # Errors
    /// [`IdentityError::Sealing`] where a version is missing in the file of master keys, and faults of the database.
    pub async fn rotate_master(&self, mut told: impl FnMut(RotationProgress)) -> Result<u64, IdentityError> {
        let master = self.master_keys();
        let sealing = master.sealing_version();
        if sealing == 0 {
            return Err(MasterKeyError::NoKeys.into());
        }
        let in_use = self.versions_in_use().await?;
        // Before the first row is touched: half a change would not be wrong, but nobody wants to begin one that cannot end.
        for version in in_use.keys() {
            if !master.versions().any(|known| known == *version) {
                return Err(MasterKeyError::MissingVersion(*version).into());
            }
        }
        let others = in_use.iter().filter(|(version, _)| **version != sealing);
        let mut progress = RotationProgress {
            done: 0,
            of: others.map(|(_, rows)| rows).sum(),
        };
        told(progress);
        for sealed in DIRECTLY {
            let mut connection = self.pool.acquire().await?;
            progress.done += seal_directly_anew(&mut connection, master, sealed).await?;
        }
        let mut after = None;
        while let Some((last, done)) = self.wrap_batch_anew(after).await? {
            after = Some(last);
            progress.done += done;
            told(progress);
        }
        Ok(progress.done)
    }

    /// The next keys behind `after` that are under another version; the last of them, and how many were changed.
    async fn wrap_batch_anew(&self, after: Option<Uuid>) -> Result<Option<(Uuid, u64)>, IdentityError> {
        let master = self.master_keys();
        let sealing = sql_version(master.sealing_version());
        let found = sqlx::query(
            "select subject_id, wrapped from identity.data_keys \
             where ($1::uuid is null or subject_id > $1) and master_version <> $2 order by subject_id limit $3",
        )
        .bind(after)
        .bind(sealing)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await?;
        let (mut ids, mut before, mut anew) = (Vec::new(), Vec::new(), Vec::new());
        for row in &found {
            let (id, wrapped): (Uuid, Vec<u8>) = (row.try_get("subject_id")?, row.try_get("wrapped")?);
            anew.push(wrapped_anew(master, AccountId::from_uuid(id), &wrapped)?);
            ids.push(id);
            before.push(wrapped);
        }
        let Some(last) = ids.last().copied() else {
            return Ok(None);
        };
        // A key that was erased or changed meanwhile stays as it is.
        let changed = sqlx::query(
            "update identity.data_keys k set wrapped = n.anew, master_version = $4 \
             from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as n (id, before, anew) \
             where k.subject_id = n.id and k.wrapped = n.before",
        )
        .bind(ids)
        .bind(before)
        .bind(anew)
        .bind(sealing)
        .execute(&self.pool)
        .await?;
        Ok(Some((last, changed.rows_affected())))
    }
}

async fn seal_directly_anew(
    connection: &mut PgConnection,
    master: &MasterKeys,
    sealed: &SealedDirectly,
) -> Result<u64, IdentityError> {
    let SealedDirectly {
        table,
        key,
        column,
        purpose,
        context,
    } = sealed;
    let find = format!(
        "select {key}::text as key, {column} as sealed from {table} \
         where {column} is not null and {} <> $1 order by 1 limit {BATCH}",
        version_of(column)
    );
    let change = format!("update {table} set {column} = $3 where {key}::text = $1 and {column} = $2");
    let mut done = 0;
    loop {
        let found = sqlx::query(&find)
            .bind(sql_version(master.sealing_version()))
            .fetch_all(&mut *connection)
            .await?;
        if found.is_empty() {
            return Ok(done);
        }
        for row in found {
            let (key, before): (String, Vec<u8>) = (row.try_get("key")?, row.try_get("sealed")?);
            let plain = master.open(purpose, &context(&key), &before)?;
            let anew = master.seal(purpose, &context(&key), &plain)?;
            let changed = sqlx::query(&change).bind(&key).bind(&before).bind(anew);
            done += changed.execute(&mut *connection).await?.rows_affected();
        }
    }
}

/// The version in front of what is sealed, in SQL.
fn version_of(column: &str) -> String {
    format!("('x' || encode(substring({column} from 1 for 4), 'hex'))::bit(32)::int")
}
