//! Personal data shown to staff: whose names they read and whom they looked for is recorded before they are told.
//!
//! The record says who read, when, what for and whose; never what was shown, nor what was looked for. E-mail addresses and
//! telephone numbers are found by blind indices, whole; names by those of their normal form, whole too: there is no index of parts,
//! so nobody can leaf through people.

use std::collections::BTreeMap;

use domain::ids::{AccountId, BookingId, DoctorId, PatientId};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::blind_index::{BlindIndex, normal_name};
use super::claims::HOLDS_EMAIL;
use super::personal_fields::PersonalField;
use super::sealed_contacts::{ContactField, open_name};
use super::security_events::{AuditActor, AuditTarget};
use super::trail_writer::insert_read;
use super::{Account, People, rows};
use crate::keys::master::MasterKeys;
use crate::refusal::IdentityError;
use crate::values::contact::{Email, Phone};

/// How many people one look-up answers at most.
pub const FOUND_MAX: i64 = 50;
/// How many names are resolved at once at most; a history has fewer actors.
const NAMES_MAX: usize = 1_000;

/// What whoever sees an account is shown of its owner.
pub(super) const CONTACTS: [PersonalField; 3] =
    [PersonalField::Name, PersonalField::Email, PersonalField::Phone];

/// Whom somebody looks for.
#[derive(Clone, Debug)]
pub enum Sought {
    /// Whoever signs in with this address.
    Email(Email),
    /// Whoever has this number.
    Phone(Phone),
    /// Whoever is called so: a last name, or first and last name in either order; both may be of several words.
    Name(SoughtName),
}

/// How many words a name has at most.
const WORDS_MAX: usize = 8;

/// A name in its normal form: lower case, single spaces. None of its words shows itself in `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct SoughtName {
    words: Vec<String>,
}

impl SoughtName {
    /// Reads one to eight words; none of anything else.
    pub fn parse(raw: &str) -> Option<Self> {
        let words: Vec<String> = normal_name(raw).split_whitespace().map(str::to_owned).collect();
        (1..=WORDS_MAX).contains(&words.len()).then_some(Self { words })
    }

    /// Whom it may be: the last names, each beside a first name unless any will do. All of it may be the last name, and at each space
    /// one may end and the other begin, in either order.
    fn readings(&self) -> (Vec<String>, Vec<Option<String>>) {
        let mut readings = vec![(self.words.join(" "), None)];
        for at in 1..self.words.len() {
            let (one, other) = self.words.split_at(at);
            let (one, other) = (one.join(" "), other.join(" "));
            readings.push((one.clone(), Some(other.clone())));
            readings.push((other, Some(one)));
        }
        readings.into_iter().unzip()
    }
}

impl Sought {
    /// What such a look-up is recorded as, and the condition over `$1` and `$2` that finds whom it means.
    pub(super) const fn condition(&self) -> (&'static str, &'static str) {
        match self {
            Self::Email(_) => ("search_by_email", "c.email_index = any($1)"),
            Self::Phone(_) => ("search_by_phone", "c.phone_index = any($1)"),
            Self::Name(_) => ("search_by_name", BY_NAME),
        }
    }

    /// What `$1` and `$2` are.
    pub(super) fn bound(&self, index: &BlindIndex) -> (Vec<Vec<u8>>, Vec<Option<Vec<u8>>>) {
        match self {
            Self::Email(email) => only(ContactField::Email.index(index, email.as_str())),
            Self::Phone(phone) => only(ContactField::Phone.index(index, phone.as_str())),
            Self::Name(name) => {
                let (last, first) = name.readings();
                let last = last.iter().map(|name| ContactField::LastName.index(index, name));
                let first = first.iter().map(|name| {
                    name.as_ref()
                        .map(|name| ContactField::FirstName.index(index, name))
                });
                (last.collect(), first.collect())
            }
        }
    }
}

impl std::fmt::Debug for SoughtName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoughtName(hidden)")
    }
}

/// The people of these last names, `$1` and `$2` as [`Sought::bound`] has them: each with the first name beside it or with any; one look into the index for each.
const BY_NAME: &str = "c.account_id in (\
    select n.account_id from unnest($1, $2) sought (last_name, first_name) join identity.contacts n \
    on n.last_name_index = sought.last_name \
       and (sought.first_name is null or n.first_name_index = sought.first_name))";

impl People {
    /// First and last names of these accounts, for `reader` who sees the history of a booking; unknown and erased ones are simply
    /// absent.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn names_for(
        &self,
        reader: &AuditActor,
        booking_id: BookingId,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<BTreeMap<Uuid, String>, IdentityError> {
        let ids: Vec<Uuid> = ids.into_iter().take(NAMES_MAX).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut tx = self.pool().begin().await?;
        let about = ("history", Some(AuditTarget::new("booking", booking_id)));
        insert_read(&mut tx, reader, about, &ids, &[PersonalField::Name]).await?;
        let names = names(&mut tx, self.master_keys(), &ids).await?;
        tx.commit().await?;
        Ok(names)
    }

    /// First and last names of the doctors and patients of bookings; unknown and erased ones are simply absent. That
    /// `reader`, where the patients are others, is shown their names is recorded first; a doctor's name is for everybody.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn names_in_bookings(
        &self,
        reader: Option<&AuditActor>,
        patients: &[PatientId],
        doctors: &[DoctorId],
    ) -> Result<BTreeMap<Uuid, String>, IdentityError> {
        let patients: Vec<Uuid> = patients.iter().map(|id| id.uuid()).collect();
        let doctors = doctors.iter().map(|id| id.uuid());
        let ids: Vec<Uuid> = patients.iter().copied().chain(doctors).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut connection = self.pool().acquire().await?;
        if let Some(reader) = reader.filter(|_| !patients.is_empty()) {
            let fields = &[PersonalField::Name];
            insert_read(&mut connection, reader, ("bookings", None), &patients, fields).await?;
        }
        names(&mut connection, self.master_keys(), &ids).await
    }

    /// Notes that `reader`, who is staff, is about to be shown where these people asked a doctor to come. Whoever shows it notes
    /// it first.
    ///
    /// # Errors
    /// Faults of the database; then nothing may be shown.
    pub async fn note_addresses_shown(
        &self,
        reader: &AuditActor,
        patients: impl IntoIterator<Item = AccountId>,
    ) -> Result<(), IdentityError> {
        let subjects: Vec<Uuid> = patients.into_iter().map(AccountId::uuid).collect();
        let mut connection = self.pool().acquire().await?;
        let fields = &[PersonalField::Address, PersonalField::Coordinates];
        Ok(insert_read(&mut connection, reader, ("open_calls", None), &subjects, fields).await?)
    }

    /// Whoever answers the description, at most [`FOUND_MAX`]: those that hold their address first, then the oldest; for `reader`, who is staff.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn find_people(
        &self,
        reader: &AuditActor,
        sought: &Sought,
    ) -> Result<Vec<Account>, IdentityError> {
        let (purpose, condition) = sought.condition();
        let (one, other) = sought.bound(self.blind_index().await?);
        let sql = format!(
            "select {} from identity.contacts c join identity.accounts a on a.id = c.account_id \
             join identity.data_keys dk on dk.subject_id = a.id \
             where ({condition}) and $2::bytea[] is not null order by {HOLDS_EMAIL} desc, a.created_at, a.id limit {FOUND_MAX}",
            rows::ACCOUNT_COLUMNS
        );
        let mut tx = self.pool().begin().await?;
        let found = sqlx::query(&sql)
            .bind(one)
            .bind(other)
            .fetch_all(&mut *tx)
            .await?;
        let accounts: Vec<Account> = found
            .iter()
            .map(|row| rows::account(row, self.master_keys()))
            .collect::<Result<_, _>>()?;
        let ids: Vec<Uuid> = accounts.iter().map(|account| account.id.uuid()).collect();
        insert_read(&mut tx, reader, (purpose, None), &ids, &CONTACTS).await?;
        tx.commit().await?;
        Ok(accounts)
    }

    /// The account with this id, if there is one, for `reader`, who is staff.
    ///
    /// # Errors
    /// Faults of the database; nothing is told then.
    pub async fn account_for(
        &self,
        reader: &AuditActor,
        id: AccountId,
    ) -> Result<Option<Account>, IdentityError> {
        let Some(account) = self.account(id).await? else {
            return Ok(None);
        };
        let mut connection = self.pool().acquire().await?;
        let about = ("search_by_id", Some(AuditTarget::new("account", id)));
        insert_read(&mut connection, reader, about, &[id.uuid()], &CONTACTS).await?;
        Ok(Some(account))
    }
}

async fn names(
    connection: &mut PgConnection,
    master: &MasterKeys,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, String>, IdentityError> {
    let rows = sqlx::query(
        "select c.account_id, c.first_name_sealed, c.last_name_sealed, dk.wrapped from identity.contacts c \
         join identity.data_keys dk on dk.subject_id = c.account_id where c.account_id = any($1)",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    let mut names = BTreeMap::new();
    for row in rows {
        let id: Uuid = row.try_get("account_id")?;
        names.insert(id, open_name(&row, master, AccountId::from_uuid(id))?);
    }
    Ok(names)
}

/// One thing that is sought, and nothing beside it.
fn only(sought: Vec<u8>) -> (Vec<Vec<u8>>, Vec<Option<Vec<u8>>>) {
    (vec![sought], vec![None])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_every_way_and_never_in_parts() {
        let readings = |text| {
            let (last, first) = SoughtName::parse(text).unwrap().readings();
            last.into_iter().zip(first).collect::<Vec<_>>()
        };
        let reading = |last: &str, first: Option<&str>| (last.to_owned(), first.map(str::to_owned));
        assert_eq!(readings(" Безухов "), [reading("безухов", None)]);
        assert_eq!(
            readings("Мамедов  Али ОГЛЫ"),
            [
                reading("мамедов али оглы", None),
                reading("мамедов", Some("али оглы")),
                reading("али оглы", Some("мамедов")),
                reading("мамедов али", Some("оглы")),
                reading("оглы", Some("мамедов али")),
            ]
        );
        assert_eq!(SoughtName::parse(" "), None);
        assert!(SoughtName::parse(&"я ".repeat(8)).is_some());
        assert_eq!(SoughtName::parse(&"я ".repeat(9)), None);
    }
}
