//! Personal data shown to staff: whose names they read and whom they looked for is recorded before they are told.
//!
//! The record says who read, when, what for and whose; never what was shown, nor what was looked for. E-mail addresses and
//! telephone numbers are found by their unique indexes, whole; names by their normal form, whole too: there is no index of parts,
//! so nobody can leaf through people.

use std::collections::BTreeMap;

use domain::ids::AccountId;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{Account, People, rows};
use crate::refusal::IdentityError;
use crate::values::contact::{Email, Phone};

/// How many people one look-up answers at most.
pub const FOUND_MAX: i64 = 50;
/// How many names are resolved at once at most; a history has fewer actors.
const NAMES_MAX: usize = 1_000;

/// Whom somebody looks for.
#[derive(Clone, Debug)]
pub enum Sought {
    /// Whoever signs in with this address.
    Email(Email),
    /// Whoever has this number.
    Phone(Phone),
    /// Whoever is called so: a last name, or first and last name in either order.
    Name(SoughtName),
}

/// A name in its normal form: lower case, single spaces, one or two words. Neither word shows itself in `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct SoughtName {
    one: String,
    other: Option<String>,
}

impl SoughtName {
    /// Reads one or two words; none of anything else.
    pub fn parse(raw: &str) -> Option<Self> {
        let mut words = raw.split_whitespace().map(str::to_lowercase);
        let (one, other) = (words.next()?, words.next());
        words.next().is_none().then_some(Self { one, other })
    }
}

impl Sought {
    /// What such a look-up is recorded as, and the condition over `$1` and `$2` that finds whom it means.
    pub(super) const fn condition(&self) -> (&'static str, &'static str) {
        match self {
            Self::Email(_) => ("search_by_email", "c.email = $1"),
            Self::Phone(_) => ("search_by_phone", "c.phone = $1"),
            Self::Name(_) => ("search_by_name", BY_NAME),
        }
    }

    /// What `$1` and `$2` are.
    pub(super) fn bound(&self) -> (&str, Option<&str>) {
        match self {
            Self::Email(email) => (email.as_str(), None),
            Self::Phone(phone) => (phone.as_str(), None),
            Self::Name(name) => (name.one.as_str(), name.other.as_deref()),
        }
    }
}

impl std::fmt::Debug for SoughtName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoughtName(hidden)")
    }
}

/// The people of these names, by first and last; `$1` and `$2` as [`Sought::bound`] has them.
const BY_NAME: &str = "(lower(c.last_name collate pg_c_utf8) = $1 \
                        and ($2::text is null or lower(c.first_name collate pg_c_utf8) = $2)) \
                       or (lower(c.last_name collate pg_c_utf8) = $2 and lower(c.first_name collate pg_c_utf8) = $1)";

impl People {
    /// First and last names of these accounts, for `reader` who sees a history; unknown and erased ones are simply absent.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn names_for(
        &self,
        reader: AccountId,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<BTreeMap<Uuid, String>, IdentityError> {
        let ids: Vec<Uuid> = ids.into_iter().take(NAMES_MAX).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut tx = self.pool().begin().await?;
        record(&mut tx, reader, "history", &ids).await?;
        let rows = sqlx::query(
            "select account_id, first_name, last_name from identity.contacts where account_id = any($1)",
        )
        .bind(&ids)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut names = BTreeMap::new();
        for row in rows {
            let (first, last): (String, String) = (row.try_get("first_name")?, row.try_get("last_name")?);
            names.insert(row.try_get("account_id")?, format!("{first} {last}"));
        }
        Ok(names)
    }

    /// Whoever answers the description, at most [`FOUND_MAX`], the oldest account first; for `reader`, who is staff.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn find_people(
        &self,
        reader: AccountId,
        sought: &Sought,
    ) -> Result<Vec<Account>, IdentityError> {
        let (purpose, condition) = sought.condition();
        let (one, other) = sought.bound();
        let sql = format!(
            "select {} from identity.contacts c join identity.accounts a on a.id = c.account_id \
             where ({condition}) and ($2::text is null or true) order by a.created_at, a.id limit {FOUND_MAX}",
            rows::ACCOUNT_COLUMNS
        );
        let mut tx = self.pool().begin().await?;
        let found = sqlx::query(&sql)
            .bind(one)
            .bind(other)
            .fetch_all(&mut *tx)
            .await?;
        let accounts: Vec<Account> = found.iter().map(rows::account).collect::<Result<_, _>>()?;
        let ids: Vec<Uuid> = accounts.iter().map(|account| account.id.uuid()).collect();
        record(&mut tx, reader, purpose, &ids).await?;
        tx.commit().await?;
        Ok(accounts)
    }

    /// The account with this id, if there is one, for `reader`, who is staff.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn account_for(
        &self,
        reader: AccountId,
        id: AccountId,
    ) -> Result<Option<Account>, IdentityError> {
        let Some(account) = self.account(id).await? else {
            return Ok(None);
        };
        let mut connection = self.pool().acquire().await?;
        record(&mut connection, reader, "search_by_id", &[id.uuid()]).await?;
        Ok(Some(account))
    }
}

/// In the transaction of the read: what cannot be recorded is not told.
pub(super) async fn record(
    tx: &mut PgConnection,
    reader: AccountId,
    purpose: &str,
    subjects: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into identity.personal_data_uses (reader_id, purpose, subject_ids) values ($1, $2, $3)",
    )
    .bind(reader.uuid())
    .bind(purpose)
    .bind(subjects)
    .execute(tx)
    .await
    .map(drop)
}
