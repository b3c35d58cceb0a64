//! Passkeys of an account: registered, listed, removed.

use domain::ids::{AccountId, PasskeyChallengeId, PasskeyId};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::{PgConnection, Row};
use tracing::info;
use uuid::Uuid;

use super::factor_codes::{has_second_factor, renew_recovery_codes};
use super::known_devices::forget_devices;
use super::outgoing_mail::MailContent;
use super::own_sessions::{SessionScope, end_sessions};
use super::refresh::Device;
use super::rows::{instant, maybe_instant, sql, unreadable};
use super::second_factors::{FACTOR_CHANGED, WithRecoveryCodes, forget_factor};
use super::subject_keys::{self, SubjectKey};
use super::{Account, People, SignedIn};
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::relying_party::{Challenge, Creation, NewOwner, NotBelieved, Registered, RelyingParty};
use crate::tokens::Proof;

/// Passkeys of one account.
pub const PASSKEYS_MAX: usize = 10;
/// How long a device may take to sign.
const SIGNED_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// Challenges of one account that wait for a new passkey; the oldest end first.
const WAITING_MAX: i64 = 5;

/// What a device is asked to sign.
#[derive(Clone, Debug)]
pub struct PasskeyChallenge {
    /// Names it when the device has signed.
    pub id: PasskeyChallengeId,
    /// WebAuthn's options as JSON, for the browser.
    pub options: Value,
    /// Until when it is waited for.
    pub expires_at: Timestamp,
}

/// A passkey that is to be registered.
#[derive(Clone, Copy, Debug)]
pub struct NewPasskey<'a> {
    /// Which challenge its device signed.
    pub challenge_id: PasskeyChallengeId,
    /// What its owner calls it, one line.
    pub name: &'a str,
    /// What the browser writes of it.
    pub credential: &'a str,
}

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyEntry {
    /// Its id here.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last opened or proved something.
    pub last_used_at: Option<Timestamp>,
    /// Whether its device keeps a copy elsewhere, as it said when it was last used.
    pub is_synced: bool,
}

/// What came of registering a passkey.
#[derive(Clone, Debug)]
pub struct PasskeyRegistered {
    /// It.
    pub passkey: PasskeyEntry,
    /// Where it is the account's first factor: every other session has ended, and these are the recovery codes.
    pub first: Option<WithRecoveryCodes>,
}

/// Which passkey goes, of whom.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyRemoval {
    /// The owner.
    pub account_id: AccountId,
    /// Which of theirs.
    pub passkey_id: PasskeyId,
    /// Whether their role does nothing without a second factor.
    pub must_have_factor: bool,
}

impl People {
    pub(super) fn relying_party(&self) -> Result<&RelyingParty, IdentityError> {
        let party = self.inner.relying_party.as_ref();
        party.ok_or_else(|| IdentityRefusal::PasskeysUnavailable.into())
    }

    /// Asks a device for a new passkey of the account.
    ///
    /// # Errors
    /// [`IdentityRefusal::PasskeysUnavailable`], [`IdentityRefusal::TooManyPasskeys`], [`IdentityRefusal::NoSuchAccount`], and faults.
    pub async fn ask_for_new_passkey(
        &self,
        id: AccountId,
        now: Timestamp,
    ) -> Result<PasskeyChallenge, IdentityError> {
        let party = self.relying_party()?;
        let account = self.account(id).await?.ok_or(IdentityRefusal::NoSuchAccount)?;
        let mut tx = self.pool().begin().await?;
        let known: Vec<Vec<u8>> =
            sqlx::query_scalar("select credential_id from identity.passkeys where account_id = $1")
                .bind(id.uuid())
                .fetch_all(&mut *tx)
                .await?;
        if known.len() >= PASSKEYS_MAX {
            return Err(IdentityRefusal::TooManyPasskeys.into());
        }
        let handle = handle_of(&mut tx, id).await?;
        let name = format!("{} {}", account.first_name.as_str(), account.last_name.as_str());
        let owner = NewOwner {
            handle,
            email: account.email.as_str(),
            name: &name,
            known,
        };
        let asked = party.ask_for_new(owner).map_err(not_believed)?;
        sqlx::query(
            "delete from identity.passkey_challenges where account_id = $1 and id in ( \
                 select id from identity.passkey_challenges where account_id = $1 \
                 order by expires_at desc, id desc offset $2)",
        )
        .bind(id.uuid())
        .bind(WAITING_MAX - 1)
        .execute(&mut *tx)
        .await?;
        let challenge = keep_challenge(&mut tx, Some(id), asked, now).await?;
        tx.commit().await?;
        Ok(challenge)
    }

    /// Registers the passkey that a device made. Where it is the account's first factor every session ends and a new one is opened, with
    /// recovery codes, as an app's first code does it.
    ///
    /// # Errors
    /// [`IdentityRefusal::PasskeyChallengeEnded`], [`IdentityRefusal::PasskeyRefused`], [`IdentityRefusal::PasskeyExists`],
    /// [`IdentityRefusal::TooManyPasskeys`], [`IdentityRefusal::Deactivated`], and faults.
    pub async fn register_passkey(
        &self,
        id: AccountId,
        new: NewPasskey<'_>,
        device: &Device,
        now: Timestamp,
    ) -> Result<PasskeyRegistered, IdentityError> {
        let party = self.relying_party()?;
        let account = self.active_account(id).await?;
        let state = self.take_challenge(new.challenge_id, Some(id), now).await?;
        let made = Creation::parse(new.credential).map_err(IdentityRefusal::PasskeyRefused)?;
        // The library would refuse it as one whose kind of key was not asked for.
        let known: bool =
            sqlx::query_scalar("select exists (select from identity.passkeys where credential_id = $1)")
                .bind(made.credential_id())
                .fetch_one(self.pool())
                .await?;
        if known {
            return Err(IdentityRefusal::PasskeyExists.into());
        }
        let registered = party.register(&made, state).map_err(not_believed)?;
        let mut tx = self.pool().begin().await?;
        // Of several at once each sees those before it.
        sqlx::query("select id from identity.accounts where id = $1 for update")
            .bind(id.uuid())
            .fetch_one(&mut *tx)
            .await?;
        let had_factor = has_second_factor(&mut tx, id).await?;
        let count: i64 = sqlx::query_scalar("select count(*) from identity.passkeys where account_id = $1")
            .bind(id.uuid())
            .fetch_one(&mut *tx)
            .await?;
        if usize::try_from(count).unwrap_or(usize::MAX) >= PASSKEYS_MAX {
            return Err(IdentityRefusal::TooManyPasskeys.into());
        }
        let passkey = self
            .insert_passkey(&mut tx, (id, new.name), registered, now)
            .await?;
        let passkey_id = passkey.id;
        self.notify(&mut tx, id, MailContent::SecondFactorAdded, now)
            .await?;
        if had_factor {
            tx.commit().await?;
            info!(account.id = %id, passkey.id = %passkey_id, "Account {id} has one more passkey");
            return Ok(PasskeyRegistered { passkey, first: None });
        }
        let recovery_codes = renew_recovery_codes(&mut tx, id).await?;
        let ended = end_sessions(&mut tx, id, SessionScope::All, FACTOR_CHANGED, now).await?;
        forget_devices(&mut tx, id).await?;
        tx.commit().await?;
        self.refuse_tokens_of(&ended, now);
        info!(account.id = %id, passkey.id = %passkey_id, "Account {id} has a passkey; {} sessions ended", ended.len());
        let signed_in = self
            .start_session(account, device, None, Proof::Passkey, now)
            .await?;
        let first = Some(WithRecoveryCodes {
            signed_in,
            recovery_codes,
        });
        Ok(PasskeyRegistered { passkey, first })
    }

    async fn insert_passkey(
        &self,
        connection: &mut PgConnection,
        (id, name): (AccountId, &str),
        registered: Registered,
        now: Timestamp,
    ) -> Result<PasskeyEntry, IdentityError> {
        let passkey_id = PasskeyId::from_uuid(random::id_at(now));
        let key = subject_keys::read_or_make(connection, self.master_keys(), id).await?;
        let row = sqlx::query(
            "insert into identity.passkeys (id, account_id, credential_id, credential, name_sealed, created_at) \
             values ($1, $2, $3, $4, $5, $6) on conflict (credential_id) do nothing \
             returning (credential->'cred'->>'backup_state')::boolean as is_synced",
        )
        .bind(passkey_id.uuid())
        .bind(id.uuid())
        .bind(registered.credential_id)
        .bind(registered.credential)
        .bind(key.seal(&context(id, passkey_id), name.as_bytes())?)
        .bind(sql(now))
        .fetch_optional(connection)
        .await?;
        let row = row.ok_or(IdentityRefusal::PasskeyExists)?;
        Ok(PasskeyEntry {
            id: passkey_id,
            name: name.to_owned(),
            created_at: now,
            last_used_at: None,
            is_synced: row.try_get("is_synced")?,
        })
    }

    /// The account's passkeys, in the order in which they were registered.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn passkeys(&self, id: AccountId) -> Result<Vec<PasskeyEntry>, IdentityError> {
        let rows = sqlx::query(
            "select p.id, p.name_sealed, p.created_at, p.last_used_at, dk.wrapped, \
                 (p.credential->'cred'->>'backup_state')::boolean as is_synced \
             from identity.passkeys p join identity.data_keys dk on dk.subject_id = p.account_id \
             where p.account_id = $1 order by p.created_at, p.id",
        )
        .bind(id.uuid())
        .fetch_all(self.pool())
        .await?;
        let entries = rows.iter().map(|row| {
            let passkey_id = PasskeyId::from_uuid(row.try_get("id")?);
            let (sealed, wrapped): (Vec<u8>, Vec<u8>) =
                (row.try_get("name_sealed")?, row.try_get("wrapped")?);
            let key = SubjectKey::unwrap(self.master_keys(), id, &wrapped)?;
            let name = key.open(&context(id, passkey_id), &sealed)?;
            Ok(PasskeyEntry {
                id: passkey_id,
                name: String::from_utf8(name.to_vec()).map_err(|_| unreadable("name_sealed"))?,
                created_at: instant(row, "created_at")?,
                last_used_at: maybe_instant(row, "last_used_at")?,
                is_synced: row.try_get("is_synced")?,
            })
        });
        entries.collect()
    }

    /// Removes a passkey: it opens nothing any more. Every session of the account ends, but where another factor is left one is opened
    /// anew; where none is, a session as of a password alone.
    ///
    /// # Errors
    /// [`IdentityRefusal::NoSuchPasskey`], [`IdentityRefusal::LastFactor`], [`IdentityRefusal::Deactivated`], and faults.
    pub async fn remove_passkey(
        &self,
        removal: PasskeyRemoval,
        device: &Device,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let id = removal.account_id;
        let account = self.active_account(id).await?;
        let mut tx = self.pool().begin().await?;
        // Of two removals at once the second sees what the first has left.
        sqlx::query("select id from identity.accounts where id = $1 for update")
            .bind(id.uuid())
            .fetch_one(&mut *tx)
            .await?;
        let removed = sqlx::query("delete from identity.passkeys where id = $1 and account_id = $2")
            .bind(removal.passkey_id.uuid())
            .bind(id.uuid())
            .execute(&mut *tx)
            .await?;
        if removed.rows_affected() == 0 {
            return Err(IdentityRefusal::NoSuchPasskey.into());
        }
        let proof = match has_second_factor(&mut tx, id).await? {
            true => Proof::SecondFactor,
            false if removal.must_have_factor => return Err(IdentityRefusal::LastFactor.into()),
            false => Proof::Password,
        };
        let ended = forget_factor(&mut tx, id, &[], now).await?;
        self.notify(&mut tx, id, MailContent::SecondFactorRemoved, now)
            .await?;
        tx.commit().await?;
        self.refuse_tokens_of(&ended, now);
        info!(account.id = %id, passkey.id = %removal.passkey_id, "A passkey of account {id} was removed; {} sessions ended", ended.len());
        self.start_session(account, device, None, proof, now).await
    }

    /// What a device was asked to sign, once.
    pub(super) async fn take_challenge(
        &self,
        challenge: PasskeyChallengeId,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Value, IdentityError> {
        let state = sqlx::query_scalar(
            "delete from identity.passkey_challenges \
             where id = $1 and account_id is not distinct from $2 and expires_at > $3 returning state",
        )
        .bind(challenge.uuid())
        .bind(account.map(AccountId::uuid))
        .bind(sql(now))
        .fetch_optional(self.pool())
        .await?;
        state.ok_or_else(|| IdentityRefusal::PasskeyChallengeEnded.into())
    }

    pub(super) async fn active_account(&self, id: AccountId) -> Result<Account, IdentityError> {
        let account = self.account(id).await?.ok_or(IdentityRefusal::NoSuchAccount)?;
        if account.active {
            Ok(account)
        } else {
            Err(IdentityRefusal::Deactivated.into())
        }
    }
}

/// Keeps what a device was asked.
pub(super) async fn keep_challenge(
    connection: &mut PgConnection,
    account: Option<AccountId>,
    asked: Challenge,
    now: Timestamp,
) -> Result<PasskeyChallenge, IdentityError> {
    let challenge = PasskeyChallenge {
        id: PasskeyChallengeId::from_uuid(random::id_at(now)),
        options: asked.options,
        expires_at: now.checked_add(SIGNED_WITHIN).unwrap_or(Timestamp::MAX),
    };
    sqlx::query(
        "insert into identity.passkey_challenges (id, account_id, state, expires_at) values ($1, $2, $3, $4)",
    )
    .bind(challenge.id.uuid())
    .bind(account.map(AccountId::uuid))
    .bind(asked.state)
    .bind(sql(challenge.expires_at))
    .execute(connection)
    .await?;
    Ok(challenge)
}

/// The answer to what is not believed, or an error where what is kept cannot be read.
pub(super) fn not_believed(why: NotBelieved) -> IdentityError {
    match why {
        NotBelieved::Fault(fault) => IdentityRefusal::PasskeyRefused(fault).into(),
        NotBelieved::Kept(error) => sqlx::Error::Decode(error.into()).into(),
    }
}

/// What devices know the account by; drawn where there is none yet.
async fn handle_of(connection: &mut PgConnection, id: AccountId) -> Result<Uuid, sqlx::Error> {
    sqlx::query(
        "insert into identity.passkey_owners (account_id, user_handle) values ($1, $2) \
         on conflict (account_id) do nothing",
    )
    .bind(id.uuid())
    .bind(Uuid::from_bytes(random::bytes::<16>()))
    .execute(&mut *connection)
    .await?;
    sqlx::query_scalar("select user_handle from identity.passkey_owners where account_id = $1")
        .bind(id.uuid())
        .fetch_one(connection)
        .await
}

/// What a name is sealed for.
fn context(owner: AccountId, passkey: PasskeyId) -> Vec<u8> {
    [
        b"passkeys ".as_slice(),
        owner.uuid().as_bytes(),
        passkey.uuid().as_bytes(),
    ]
    .concat()
}
