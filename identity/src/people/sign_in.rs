//! Signing in: the password, then the code of a second factor where there is one.

use domain::ids::{AccountId, SessionId};
use jiff::{SignedDuration, Timestamp};
use tracing::info;

use super::known_devices::DeviceToken;
use super::outgoing_mail::MailContent;
use super::refresh::{Device, RefreshToken};
use super::rows::{self, ACCOUNT_COLUMNS, sql};
use super::{Account, People, SignInOrigin, SignedIn};
use crate::opaque::OpaqueToken;
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::tokens::Proof;
use crate::turns::{Place, Rank};
use crate::values::contact::Email;
use crate::values::factor_code::FactorCode;
use crate::values::password::Password;

/// How long a code is waited for once the password was right.
const CODE_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// So many wrong codes end a sign-in that has begun: the password is due anew.
const WRONG_CODES_MAX: i16 = 5;
/// Sign-ins of one account that wait for their code; the oldest end first.
const PENDING_MAX: i64 = 5;

/// What became of a right password.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// The account has no second factor: a session is open.
    Complete(Box<SignedIn>),
    /// It has: nothing is open before its code.
    CodeDue(PendingSignIn),
}

/// A sign-in that waits for its code.
#[derive(Clone, Debug)]
pub struct PendingSignIn {
    /// Brings the code to this sign-in, and opens nothing else.
    pub token: SignInToken,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// An opaque 256-bit token of a sign-in that waits for its code; never shown in `Debug` output.
#[derive(Clone, Debug)]
pub struct SignInToken(OpaqueToken);

impl SignInToken {
    /// Tells it from other tokens at a glance, also for secret scanners.
    pub const PREFIX: &str = "tots_";

    /// Reads a token; what does not look like one was never issued.
    ///
    /// # Errors
    /// [`IdentityRefusal::SignInEnded`].
    pub fn parse(raw: &str) -> Result<Self, IdentityRefusal> {
        let token = OpaqueToken::parse(Self::PREFIX, raw).map(Self);
        token.ok_or(IdentityRefusal::SignInEnded)
    }

    /// The token itself, for the one answer it belongs into.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }
}

/// By what somebody was let in, and the hash of the password that was brought, where that must still be the account's.
pub(super) type Proven<'a> = (Proof, Option<&'a str>);

impl PendingSignIn {
    /// Seconds for which the code is waited for.
    pub const fn lasts_s() -> i64 {
        CODE_WITHIN.as_secs()
    }
}

impl People {
    /// Opens a session of an account that has no second factor. An unknown address costs the same work and gets the same answer as a
    /// wrong password.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongCredentials`], [`IdentityRefusal::SecondFactorDue`], [`IdentityRefusal::Deactivated`],
    /// [`IdentityError::Busy`], and faults.
    pub async fn login(
        &self,
        email: &Email,
        password: &Password,
        device: &Device,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        match self
            .login_from(email, password, device, &SignInOrigin::default(), now)
            .await?
        {
            SignIn::Complete(signed_in) => Ok(*signed_in),
            SignIn::CodeDue(_) => Err(IdentityRefusal::SecondFactorDue.into()),
        }
    }

    /// The first step of a sign-in, from where somebody stands among those who wait and on which device: one on which accounts of this address
    /// were signed in to opens those alone. An account without a second
    /// factor is signed in by it. That there is one is told to nobody who does not know the password.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongCredentials`], [`IdentityRefusal::Deactivated`], [`IdentityError::Busy`], and faults.
    pub async fn login_from(
        &self,
        email: &Email,
        password: &Password,
        device: &Device,
        origin: &SignInOrigin,
        now: Timestamp,
    ) -> Result<SignIn, IdentityError> {
        let device_token = origin.device_token.as_ref().map(|token| (token, now));
        let (account, hash) = self
            .match_password(email, password, (origin.place, device_token))
            .await?;
        if !account.active {
            return Err(IdentityRefusal::Deactivated.into());
        }
        if self.has_second_factor(account.id).await? {
            return Ok(SignIn::CodeDue(self.await_code(account.id, now).await?));
        }
        let known = origin.device_token.as_ref();
        let signed_in = self
            .sign_in_on(account, (device, known), (Proof::Password, Some(&hash)), now)
            .await?;
        Ok(SignIn::Complete(Box::new(signed_in)))
    }

    /// Whose sign-in this token brings a code to; nobody's where it was never issued, has expired or was used.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn pending_sign_in(
        &self,
        token: &SignInToken,
        now: Timestamp,
    ) -> Result<Option<Account>, IdentityError> {
        let query = format!(
            "select {ACCOUNT_COLUMNS} from identity.pending_sign_ins p \
             join identity.accounts a on a.id = p.account_id join identity.contacts c on c.account_id = a.id \
             join identity.data_keys dk on dk.subject_id = a.id \
             where p.digest = $1 and p.expires_at > $2 and p.wrong_codes < $3"
        );
        let row = sqlx::query(&query)
            .bind(&token.digest()[..])
            .bind(sql(now))
            .bind(WRONG_CODES_MAX)
            .fetch_optional(self.pool())
            .await?;
        row.map(|row| rows::account(&row, self.master_keys())).transpose()
    }

    /// The second step: the code. The token is used up by a right one, and by the fifth that is wrong.
    ///
    /// # Errors
    /// [`IdentityRefusal::SignInEnded`], [`IdentityRefusal::WrongCode`], [`IdentityRefusal::Deactivated`], and faults.
    pub async fn complete_sign_in(
        &self,
        token: &SignInToken,
        code: &FactorCode,
        device: &Device,
        known: Option<&DeviceToken>,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let account = self.pending_sign_in(token, now).await?;
        let account = account.ok_or(IdentityRefusal::SignInEnded)?;
        // Counted before it is looked at: as many tries at once are no more than one after another.
        let counted = sqlx::query(
            "update identity.pending_sign_ins set wrong_codes = wrong_codes + 1 \
             where digest = $1 and wrong_codes < $2",
        )
        .bind(&token.digest()[..])
        .bind(WRONG_CODES_MAX)
        .execute(self.pool())
        .await?;
        if counted.rows_affected() == 0 {
            return Err(IdentityRefusal::SignInEnded.into());
        }
        let mut tx = self.pool().begin().await?;
        if !self.use_code(&mut tx, account.id, code, now).await? {
            return Err(IdentityRefusal::WrongCode.into());
        }
        let taken = sqlx::query("delete from identity.pending_sign_ins where digest = $1")
            .bind(&token.digest()[..])
            .execute(&mut *tx)
            .await?;
        if taken.rows_affected() == 0 {
            return Err(IdentityRefusal::SignInEnded.into());
        }
        tx.commit().await?;
        self.sign_in_on(account, (device, known), (Proof::SecondFactor, None), now)
            .await
    }

    /// Opens the session of a sign-in, and has the owner told where the device was not known.
    async fn sign_in_on(
        &self,
        account: Account,
        (device, known): (&Device, Option<&DeviceToken>),
        proven: Proven<'_>,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let id = account.id;
        let signed_in = self
            .open_proven_session(account, (device, known), proven, now)
            .await?;
        let digest = signed_in.device_token.as_ref().map(DeviceToken::digest);
        if self.sends_mail() && known.map(DeviceToken::digest) != digest {
            let mut connection = self.pool().acquire().await?;
            self.notify(&mut connection, id, MailContent::NewDevice, now)
                .await?;
        }
        Ok(signed_in)
    }

    /// Opens a session of somebody who has just proven who they are, on the device of the `known` token or on a new one.
    ///
    /// # Errors
    /// [`IdentityRefusal::Deactivated`], [`IdentityRefusal::SecondFactorDue`] where the account has a second factor and the password alone
    /// was proven, or the factor has gone since; and faults.
    pub async fn start_session(
        &self,
        account: Account,
        device: &Device,
        known: Option<&DeviceToken>,
        proof: Proof,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        self.open_proven_session(account, (device, known), (proof, None), now)
            .await
    }

    /// The same, as long as the password is still the one that was brought, where one was: also where it is changed or reset at this moment.
    ///
    /// # Errors
    /// As [`People::start_session`], and [`IdentityRefusal::WrongCredentials`] where the password is another one since.
    pub(super) async fn open_proven_session(
        &self,
        account: Account,
        (device, known): (&Device, Option<&DeviceToken>),
        (proof, hash): Proven<'_>,
        now: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let session_id = SessionId::from_uuid(random::id_at(now));
        let refresh_token = RefreshToken::fresh();
        if !self
            .open_session(session_id, &account, (device, (proof, hash)), &refresh_token, now)
            .await?
        {
            let may = self
                .account(account.id)
                .await?
                .is_some_and(|account| account.active);
            if !may {
                return Err(IdentityRefusal::Deactivated.into());
            }
            let has_factor = self.has_second_factor(account.id).await?;
            return Err(match hash {
                Some(_) if !has_factor => IdentityRefusal::WrongCredentials.into(),
                Some(_) | None => IdentityRefusal::SecondFactorDue.into(),
            });
        }
        self.end_surplus_sessions(account.id, now).await?;
        let device_token = self.remember_device(account.id, known, now).await?;
        info!(account.id = %account.id, session.id = %session_id, "Account {} signed in", account.id);
        let signed_in = self.signed_in(account, (session_id, proof), refresh_token, now)?;
        Ok(SignedIn {
            device_token: Some(device_token),
            ..signed_in
        })
    }

    /// Whose address and password these are, of however many accounts say that the address is theirs; opens nothing. An unknown address costs the same work and gets the same answer as
    /// a wrong password; whether the account may sign in is asked when a session is opened.
    ///
    /// # Errors
    /// [`IdentityRefusal::WrongCredentials`], [`IdentityError::Busy`], and faults.
    pub async fn authenticate(
        &self,
        email: &Email,
        password: &Password,
        place: Place,
    ) -> Result<Account, IdentityError> {
        let (account, _) = self.match_password(email, password, (place, None)).await?;
        Ok(account)
    }

    /// The same, with the hash of the password as it is kept; among the accounts of the address that were signed in to on this device alone, where
    /// one let it pass the crowd.
    async fn match_password(
        &self,
        email: &Email,
        password: &Password,
        (place, device): (Place, Option<(&DeviceToken, Timestamp)>),
    ) -> Result<(Account, String), IdentityError> {
        let all = self.claims_of(email, device).await?;
        let tried = match device {
            Some(_) if place.rank == Rank::Known || all.know_device() => all.clone().on_device(),
            Some(_) | None => all.clone(),
        };
        let computed = self.inner.hasher.compute(password, tried.hashes(), place).await?;
        // The holder of the address stands first.
        let claim = computed.fits.first().and_then(|place| tried.at(*place));
        let claim = claim.ok_or(IdentityRefusal::WrongCredentials)?;
        // Those of one address keep one salt and one cost.
        let hash = match computed.is_weak && all.is_alone(claim.account_id) {
            true => {
                self.rehash(claim.account_id, password, &claim.password_hash, place)
                    .await?
            }
            false => claim.password_hash.clone(),
        };
        let account = self.account(claim.account_id).await?;
        let account = account.ok_or(IdentityRefusal::WrongCredentials)?;
        Ok((account, hash))
    }

    /// Begins to wait for a code.
    async fn await_code(&self, id: AccountId, now: Timestamp) -> Result<PendingSignIn, IdentityError> {
        let token = SignInToken(OpaqueToken::fresh(SignInToken::PREFIX));
        let expires_at = now.checked_add(CODE_WITHIN).unwrap_or(Timestamp::MAX);
        sqlx::query(
            "with surplus as ( \
                 delete from identity.pending_sign_ins where account_id = $2 and digest in ( \
                     select digest from identity.pending_sign_ins where account_id = $2 \
                     order by expires_at desc offset $4) \
             ) \
             insert into identity.pending_sign_ins (digest, account_id, expires_at) values ($1, $2, $3)",
        )
        .bind(&token.digest()[..])
        .bind(id.uuid())
        .bind(sql(expires_at))
        .bind(PENDING_MAX - 1)
        .execute(self.pool())
        .await?;
        Ok(PendingSignIn { token, expires_at })
    }

    /// Replaces a weak hash now that the password is at hand, unless the password was changed meanwhile; answers the new one.
    async fn rehash(
        &self,
        id: AccountId,
        password: &Password,
        weak: &str,
        place: Place,
    ) -> Result<String, IdentityError> {
        let strong = self.inner.hasher.hash(password, place).await?;
        sqlx::query(
            "update identity.credentials set password_hash = $3 where account_id = $1 and password_hash = $2",
        )
        .bind(id.uuid())
        .bind(weak)
        .bind(&strong)
        .execute(&self.pool)
        .await?;
        Ok(strong)
    }
}
