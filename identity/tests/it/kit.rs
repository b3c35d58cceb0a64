//! What the tests share: a platform of its own for each, people to put into it, and a clock that is an argument.

use std::path::{Path, PathBuf};

use dev_stack::TestDatabase;
use domain::ids::AccountId;
use identity::{
    Device, DoctorDetails, Email, ExperienceYears, IdentityError, IdentityRefusal, Language, MasterKeys,
    NewAccount, NewPatient, NewRole, Password, People, PeopleOptions, PersonName, Phone, PriceClass,
    Specialization, TokenKeys, Zone,
};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, PgPool};

pub const ISSUER: &str = "https://tot.example";
pub const PASSWORD: &str = "password123";

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let name = format!(
            "tot-identity-{}-{:016x}",
            std::process::id(),
            rand::random::<u64>()
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn key_file(&self) -> PathBuf {
        self.0.join("keys.json")
    }

    pub fn master_file(&self) -> PathBuf {
        self.0.join("master-keys.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A database, keys and people.
pub struct TestIdentity {
    pub people: People,
    pub pool: PgPool,
    pub folder: Folder,
    // Last: dropped after everything that is connected to it.
    pub database: TestDatabase,
}

impl TestIdentity {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// One with other options than the default ones.
    pub async fn with(change: impl FnOnce(&mut PeopleOptions)) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect(database.app_url())
            .await
            .unwrap();
        let folder = Folder::new();
        let keys = TokenKeys::generate(&folder.key_file()).unwrap();
        let mut options = PeopleOptions::new(ISSUER);
        change(&mut options);
        let master = MasterKeys::generate(&folder.master_file()).unwrap();
        let people = People::new(pool.clone(), keys, master, options);
        Self {
            people,
            pool,
            folder,
            database,
        }
    }

    /// Where the owner of the database signs in.
    pub fn owner_url(&self) -> &str {
        self.database.owner_url()
    }

    /// Appends a fact about an account, as an admin's command does, and lets this process know.
    pub async fn record(&self, account: AccountId, payload: &str, at: Timestamp) {
        self.try_record(account, payload, at).await.unwrap();
        self.people.sync_revocations(at).await.unwrap();
    }

    /// The same of a fact that may not be carried out, and is not recorded then.
    pub async fn try_record(
        &self,
        account: AccountId,
        payload: &str,
        at: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let mut owner = PgConnection::connect(self.database.owner_url()).await.unwrap();
        let body: serde_json::Value = serde_json::from_str(payload).unwrap();
        let event_type = body.as_object().unwrap().keys().next().unwrap();
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                                 position, shard, partition_key, recorded_at, command_id)
             select 'account', $1, 1 + (select count(*) from events where aggregate_id = $1), $2, '1', $3::json, '{}',
                    1 + (select count(*) from events), 0, $1, $4, gen_random_uuid()",
        )
        .bind(account.to_string())
        .bind(event_type)
        .bind(payload)
        .bind(at.to_sqlx())
        .execute(&mut owner)
        .await
        .map(drop)
    }

    /// Deactivates an account at `at`.
    pub async fn deactivate(&self, account: AccountId, at: Timestamp) {
        self.record(account, r#"{"AccountDeactivated":{"reason":"left"}}"#, at)
            .await;
    }

    /// What another process of the same platform would be.
    pub fn another_process(&self) -> People {
        let keys = TokenKeys::load(Path::new(&self.folder.key_file())).unwrap();
        let master = MasterKeys::load(&self.folder.master_file()).unwrap();
        People::new(self.pool.clone(), keys, master, PeopleOptions::new(ISSUER))
    }
}

/// Noon of a day, and so many seconds.
pub fn at(seconds: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    noon.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

pub fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

pub fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

pub fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

pub fn phone(text: &str) -> Phone {
    Phone::parse(text).unwrap()
}

pub fn patient(address: &str) -> NewPatient {
    NewPatient {
        email: email(address),
        password: password(PASSWORD),
        first_name: name("Иван"),
        last_name: name("Иванов"),
        phone: None,
    }
}

pub fn account(address: &str, role: NewRole) -> NewAccount {
    let NewPatient {
        email,
        password,
        first_name,
        last_name,
        phone,
    } = patient(address);
    NewAccount {
        role,
        email,
        password,
        first_name,
        last_name,
        phone,
    }
}

pub fn details(specialization: &str) -> DoctorDetails {
    DoctorDetails {
        specialization: Specialization::parse(specialization).unwrap(),
        experience_years: ExperienceYears::parse(15).unwrap(),
        languages: vec![Language::parse("ru").unwrap(), Language::parse("en").unwrap()],
        clinic_id: None,
        price_class: PriceClass::Senior,
        zone: Zone::parse("Europe/Moscow").unwrap(),
        accepts: true,
        verified: true,
    }
}

pub fn phone_app() -> Device {
    Device::from_user_agent("tot-android/1.0")
}

/// The refusal inside a failed call.
pub fn refusal<T>(answer: Result<T, IdentityError>) -> IdentityRefusal {
    match answer {
        Err(IdentityError::Refused(refusal)) => refusal,
        Err(error) => panic!("a fault instead of a refusal: {error:?}"),
        Ok(_) => panic!("an answer instead of a refusal"),
    }
}
