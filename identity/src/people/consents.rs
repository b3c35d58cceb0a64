//! Consents of people, by the version of the text: given or taken back, in order, never changed.

use domain::ids::AccountId;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, Row};

use super::People;
use super::rows::{instant, sql, unreadable};
use crate::refusal::IdentityError;

/// How many words of one person are told; somebody who changes their mind more often is told the latest.
const TOLD_MAX: i64 = 1_000;

/// What is consented to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConsentKind {
    /// That personal data are processed at all (152-FZ, article 9).
    PersonalData,
    /// That data about health are (article 10).
    HealthData,
}

/// A text that is consented to, in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentText {
    /// To what.
    pub kind: ConsentKind,
    /// From 1, one more for each change of the text.
    pub version: u16,
    /// The text that counts.
    pub russian: &'static str,
    /// What it says, for whoever reads no Russian.
    pub english: &'static str,
}

/// The texts in force. A new version takes the place of the one before here; the files of both stay.
pub const CONSENT_TEXTS: [ConsentText; 2] = [
    ConsentText {
        kind: ConsentKind::PersonalData,
        version: 1,
        russian: include_str!("../../consents/personal_data.v1.ru.md"),
        english: include_str!("../../consents/personal_data.v1.en.md"),
    },
    ConsentText {
        kind: ConsentKind::HealthData,
        version: 1,
        russian: include_str!("../../consents/health_data.v1.ru.md"),
        english: include_str!("../../consents/health_data.v1.en.md"),
    },
];

impl ConsentKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::PersonalData, Self::HealthData];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonalData => "personal_data",
            Self::HealthData => "health_data",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Its text in force.
    pub const fn text(self) -> &'static ConsentText {
        let [personal_data, health_data] = &CONSENT_TEXTS;
        match self {
            Self::PersonalData => personal_data,
            Self::HealthData => health_data,
        }
    }
}

impl ConsentText {
    /// SHA-256 over both languages, the Russian first.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.russian);
        hash.update(self.english);
        hash.finalize().into()
    }
}

/// One word of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// To what.
    pub kind: ConsentKind,
    /// To which version of the text.
    pub version: u16,
    /// Given or taken back.
    pub given: bool,
    /// Of the text.
    pub text_digest: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

impl People {
    /// Keeps what somebody said about the text in force; the same word again is one.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn record_consent(
        &self,
        account: AccountId,
        (kind, given): (ConsentKind, bool),
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        let mut tx = self.pool().begin().await?;
        // Of two at once the second sees the first.
        sqlx::query("select pg_advisory_xact_lock(hashtextextended('consent ' || $1::text, 0))")
            .bind(account.uuid())
            .execute(&mut *tx)
            .await?;
        let before = told(&mut tx, account).await?;
        let latest = before.iter().find(|consent| consent.kind == kind);
        let text = kind.text();
        if latest.is_none_or(|latest| latest.given != given || latest.version != text.version) {
            sqlx::query(
                "insert into identity.consents (account_id, kind, version, given, text_digest, at) \
                 values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(account.uuid())
            .bind(kind.as_str())
            .bind(i32::from(text.version))
            .bind(given)
            .bind(&text.digest()[..])
            .bind(sql(now))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What somebody said, the latest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn consents(&self, account: AccountId) -> Result<Vec<Consent>, IdentityError> {
        let mut connection = self.pool().acquire().await?;
        told(&mut connection, account).await
    }
}

/// The kinds that somebody who said this has not consented to in the version in force.
pub fn missing_consents(said: &[Consent]) -> Vec<ConsentKind> {
    let missing = |kind: &ConsentKind| {
        let latest = said.iter().find(|consent| consent.kind == *kind);
        latest.is_none_or(|latest| !latest.given || latest.version != kind.text().version)
    };
    ConsentKind::ALL.into_iter().filter(missing).collect()
}

async fn told(connection: &mut PgConnection, account: AccountId) -> Result<Vec<Consent>, IdentityError> {
    let rows = sqlx::query(
        "select kind, version, given, text_digest, at from identity.consents where account_id = $1 \
         order by id desc limit $2",
    )
    .bind(account.uuid())
    .bind(TOLD_MAX)
    .fetch_all(connection)
    .await?;
    let consent = |row: &sqlx::postgres::PgRow| {
        let version: i32 = row.try_get("version")?;
        Ok::<_, sqlx::Error>(Consent {
            kind: ConsentKind::parse(row.try_get("kind")?).ok_or_else(|| unreadable("kind"))?,
            version: u16::try_from(version).map_err(|_| unreadable("version"))?,
            given: row.try_get("given")?,
            text_digest: row.try_get("text_digest")?,
            at: instant(row, "at")?,
        })
    };
    Ok(rows.iter().map(consent).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_text_in_both_languages() {
        for kind in ConsentKind::ALL {
            let text = kind.text();
            assert_eq!(text.kind, kind);
            assert!(text.russian.starts_with("# Согласие") && text.english.starts_with("# Consent"));
        }
    }

    #[test]
    fn a_text_changes_with_its_version_alone() {
        // Whoever changes a text makes a new version of it, and this digest with it.
        let digests = CONSENT_TEXTS.map(|text| (text.version, hex::encode(text.digest())));
        assert_eq!(
            digests,
            [
                (
                    1,
                    "735da9e230c454e747baba01a974be4297e985c2fae40a4d0cfbe133663721e8".to_owned()
                ),
                (
                    1,
                    "03c2e30600fd036d20e0764dde7ce0f08813ab45cc03524605c313dda252fe31".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn a_consent_of_before_is_missing_and_so_is_one_taken_back() {
        let consent = |kind, version, given| Consent {
            kind,
            version,
            given,
            text_digest: Vec::new(),
            at: Timestamp::UNIX_EPOCH,
        };
        let (personal, health) = (ConsentKind::PersonalData, ConsentKind::HealthData);
        assert_eq!(missing_consents(&[]), [personal, health]);
        // The latest comes first.
        let said = [
            consent(health, 1, false),
            consent(health, 1, true),
            consent(personal, 1, true),
        ];
        assert_eq!(missing_consents(&said), [health]);
        assert_eq!(missing_consents(&said[1..]), []);
        assert_eq!(
            missing_consents(&[consent(personal, 9, true)]),
            [personal, health]
        );
    }
}
