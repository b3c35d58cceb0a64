//! The steps of an erasure that is due, each taken once; and what stands against one among accounts.

use domain::ids::AccountId;
use jiff::Timestamp;
use serde_json::Value;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::destruction_act::{Destruction, destruction_act};
use super::erasures::{COLUMNS, Erasure, ErasurePlace, ErasureState, read, told};
use super::rows::{maybe_instant, sql};
use super::security_events::SecurityEvent;
use super::{People, trail_writer};
use crate::refusal::IdentityError;

/// The words of [`People::account_holds`].
const ACCOUNT_HOLDS: [&str; 2] = ["doctors_of_clinic", "last_admin"];

impl People {
    /// What is to be carried out at `now`, the longest due first; those behind `after` where it is named.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn due_erasures(
        &self,
        now: Timestamp,
        after: Option<ErasurePlace>,
        limit: i64,
    ) -> Result<Vec<Erasure>, IdentityError> {
        let (at, id) = after.unzip();
        let found = sqlx::query(&format!(
            "select {COLUMNS} from identity.erasures where state in ('waiting', 'erasing') and due_at <= $1 \
             and ($2::timestamptz is null or (due_at, id) > ($2, $3)) order by due_at, id limit $4"
        ))
        .bind(sql(now))
        .bind(at.map(sql))
        .bind(id)
        .bind(limit)
        .fetch_all(self.pool())
        .await?;
        Ok(found.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Says what stands against an erasure that is due; nothing of it is carried out.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn hold_erasure(
        &self,
        id: Uuid,
        holds: &[String],
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        sqlx::query(
            "update identity.erasures set holds = $2, tried_at = $3 where id = $1 and state in ('waiting', 'erasing')",
        )
        .bind(id)
        .bind(holds)
        .bind(sql(now))
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Begins to carry out what is due; from here on it cannot be taken back. False if it was taken back, or is done.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn begin_erasure(&self, id: Uuid, now: Timestamp) -> Result<bool, IdentityError> {
        let begun = sqlx::query(
            "update identity.erasures set state = 'erasing', holds = '{}', tried_at = $2 \
             where id = $1 and (state = 'erasing' or (state = 'waiting' and due_at <= $2))",
        )
        .bind(id)
        .bind(sql(now))
        .execute(self.pool())
        .await?;
        Ok(begun.rows_affected() == 1)
    }

    /// Destroys what there is of the person and keeps the act: all of it or nothing. The account is off by then. False if another process
    /// did so since it was begun.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn carry_out_erasure(
        &self,
        erasure: &Erasure,
        destruction: &Destruction<'_>,
        now: Timestamp,
    ) -> Result<bool, IdentityError> {
        let mut tx = self.pool().begin().await?;
        let state: String =
            sqlx::query_scalar("select state from identity.erasures where id = $1 for update")
                .bind(erasure.id)
                .fetch_one(&mut *tx)
                .await?;
        if ErasureState::parse(&state) != Some(ErasureState::Erasing) {
            return Ok(false);
        }
        let documents = sqlx::query("delete from identity.application_documents where account_id = $1")
            .bind(erasure.subject.uuid())
            .execute(&mut *tx)
            .await?;
        let mut counts: Value = sqlx::query_scalar("select identity.erase_person($1)")
            .bind(erasure.id)
            .fetch_one(&mut *tx)
            .await?;
        counts["documents"] = documents.rows_affected().into();
        let act = destruction_act(erasure, &counts, destruction, now);
        sqlx::query(
            "update identity.erasures set state = 'erased', erased_at = $2, tried_at = $2, holds = '{}', act = $3 where id = $1",
        )
        .bind(erasure.id)
        .bind(sql(now))
        .bind(act)
        .execute(&mut *tx)
        .await?;
        let event = told(SecurityEvent::Erased, destruction.origin.clone(), erasure);
        trail_writer::insert(&mut tx, &event, &[erasure.subject.uuid()], &[]).await?;
        tx.commit().await?;
        self.inner.opened_keys.invalidate(&erasure.subject);
        Ok(true)
    }

    /// When the earliest erasure was carried out whose remains still lie in pages of the database.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn erasures_to_rewrite_since(&self) -> Result<Option<Timestamp>, IdentityError> {
        let row = sqlx::query(
            "select min(erased_at) as earliest from identity.erasures where state = 'erased' and rewritten_at is null",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(maybe_instant(&row, "earliest")?)
    }

    /// Writes the tables anew that held the keys of people who were erased; answers of how many erasures it was.
    ///
    /// # Errors
    /// Faults of the database, such as that somebody held a table for more than half a second.
    pub async fn rewrite_after_erasures(&self) -> Result<i64, IdentityError> {
        Ok(sqlx::query_scalar("select identity.rewrite_after_erasures()")
            .fetch_one(self.pool())
            .await?)
    }

    /// What stands against erasing this account among accounts: doctors of a clinic, and that there is no other admin.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn account_holds(&self, subject: AccountId) -> Result<Vec<&'static str>, IdentityError> {
        let mut connection = self.pool().acquire().await?;
        account_holds(&mut connection, subject).await
    }
}

async fn account_holds(
    connection: &mut PgConnection,
    subject: AccountId,
) -> Result<Vec<&'static str>, IdentityError> {
    let row = sqlx::query(
        "select exists (select from identity.doctor_profiles p join identity.accounts d on d.id = p.doctor_id \
                        where p.clinic_id = $1 and d.deactivated_at is null) as doctors, \
                exists (select from identity.accounts a where a.id = $1 and a.role = 'admin') \
                and not exists (select from identity.accounts a where a.id <> $1 and a.role = 'admin' \
                                and a.deactivated_at is null) as last_admin",
    )
    .bind(subject.uuid())
    .fetch_one(connection)
    .await?;
    let [doctors_of_clinic, last_admin] = ACCOUNT_HOLDS;
    let mut holds = Vec::new();
    if row.try_get("doctors")? {
        holds.push(doctors_of_clinic);
    }
    if row.try_get("last_admin")? {
        holds.push(last_admin);
    }
    Ok(holds)
}
