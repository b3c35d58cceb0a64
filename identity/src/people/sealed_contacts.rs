//! How a person is called and reached, sealed field by field under the person's key, each with what it is found by.

use domain::ids::AccountId;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::blind_index::{BlindIndex, normal_name};
use super::subject_keys::SubjectKey;
use crate::keys::master::{MasterKeyError, MasterKeys};
use crate::refusal::IdentityError;
use crate::values::contact::{Email, Phone};
use crate::values::name::PersonName;

/// One of the fields.
#[derive(Clone, Copy)]
pub(super) enum ContactField {
    Email,
    Phone,
    FirstName,
    LastName,
}

impl ContactField {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Email => "email_sealed",
            Self::Phone => "phone_sealed",
            Self::FirstName => "first_name_sealed",
            Self::LastName => "last_name_sealed",
        }
    }

    /// What a value of it is found by.
    pub(super) fn index(self, index: &BlindIndex, value: &str) -> Vec<u8> {
        match self {
            Self::Email | Self::Phone => index.digest(self.as_str(), value),
            Self::FirstName | Self::LastName => index.digest(self.as_str(), &normal_name(value)),
        }
    }

    /// What sealing binds a value to.
    fn context(self, account: AccountId) -> Vec<u8> {
        [
            b"contacts ".as_slice(),
            self.as_str().as_bytes(),
            b" ",
            account.uuid().as_bytes(),
        ]
        .concat()
    }
}

/// A field as it is stored.
pub(super) struct SealedField {
    pub(super) sealed: Vec<u8>,
    pub(super) index: Vec<u8>,
}

/// The same of a field that may be empty: its seal, and what it is found by.
pub(super) type MaybeSealed = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Seals the fields of one account.
pub(super) struct ContactSealer<'p> {
    pub(super) account: AccountId,
    pub(super) key: SubjectKey,
    pub(super) index: &'p BlindIndex,
}

impl ContactSealer<'_> {
    pub(super) fn seal(&self, field: ContactField, value: &str) -> Result<SealedField, MasterKeyError> {
        Ok(SealedField {
            sealed: self.key.seal(&field.context(self.account), value.as_bytes())?,
            index: field.index(self.index, value),
        })
    }

    /// The same of what there need not be.
    pub(super) fn seal_any(
        &self,
        field: ContactField,
        value: Option<&str>,
    ) -> Result<MaybeSealed, MasterKeyError> {
        let sealed = value.map(|value| self.seal(field, value)).transpose()?;
        Ok(sealed.map(|field| (field.sealed, field.index)).unzip())
    }
}

/// How a person is called and reached, opened.
pub(super) struct Contacts {
    pub(super) email: Email,
    pub(super) phone: Option<Phone>,
    pub(super) first_name: PersonName,
    pub(super) last_name: PersonName,
}

impl Contacts {
    /// Of a row with the four sealed columns of `identity.contacts` and `wrapped` of `identity.data_keys`.
    pub(super) fn open(row: &PgRow, master: &MasterKeys, account: AccountId) -> Result<Self, IdentityError> {
        let opener = Opener::of(row, master, account)?;
        let required = |text: Option<String>| text.ok_or(MasterKeyError::DoesNotOpen);
        Ok(Self {
            email: Email::stored(required(opener.open(row, ContactField::Email)?)?),
            phone: opener.open(row, ContactField::Phone)?.map(Phone::stored),
            first_name: PersonName::stored(required(opener.open(row, ContactField::FirstName)?)?),
            last_name: PersonName::stored(required(opener.open(row, ContactField::LastName)?)?),
        })
    }
}

/// First and last name alone, of a row with these columns and `wrapped`.
pub(super) fn open_name(
    row: &PgRow,
    master: &MasterKeys,
    account: AccountId,
) -> Result<String, IdentityError> {
    let opener = Opener::of(row, master, account)?;
    let first = opener.open(row, ContactField::FirstName)?.unwrap_or_default();
    let last = opener.open(row, ContactField::LastName)?.unwrap_or_default();
    Ok(format!("{first} {last}"))
}

struct Opener {
    account: AccountId,
    key: SubjectKey,
}

impl Opener {
    fn of(row: &PgRow, master: &MasterKeys, account: AccountId) -> Result<Self, IdentityError> {
        let wrapped: Vec<u8> = row.try_get("wrapped")?;
        let key = SubjectKey::unwrap(master, account, &wrapped)?;
        Ok(Self { account, key })
    }

    fn open(&self, row: &PgRow, field: ContactField) -> Result<Option<String>, IdentityError> {
        let sealed: Option<Vec<u8>> = row.try_get(field.column())?;
        let Some(sealed) = sealed else { return Ok(None) };
        let text = self.key.open(&field.context(self.account), &sealed)?;
        let text = String::from_utf8(text.to_vec()).map_err(|_| MasterKeyError::DoesNotOpen)?;
        Ok(Some(text))
    }
}
