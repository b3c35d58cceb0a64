//! Access tokens: signed with EdDSA, 15 minutes long, believed only when every part is exactly as we write it.

pub(crate) mod revocations;
mod verify;

use domain::apps::AppScopes;
use domain::ids::{AccountId, AppId, AppSecretId, SessionId};
use domain::people::Role;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Header};
use moka::sync::Cache;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::keys::TokenKeys;
use crate::random;
use crate::refusal::{IdentityError, TokenRefusal};
use revocations::Revocations;

/// RFC 9068: keeps an access token from passing for any other kind of JWT.
const TOKEN_TYPE: &str = "at+jwt";
/// RFC 8176: a password was given.
const PASSWORD: &str = "pwd";
/// RFC 8176: the code of an app or a recovery code was.
const ONE_TIME_CODE: &str = "otp";
/// RFC 8176: a key signed, which need not be kept in hardware.
const KEY: &str = "swk";
/// RFC 8176: more than one factor was proven, whichever they were.
const SEVERAL: &str = "mfa";
/// Where a person's token names a role.
const APP: &str = "app";

/// Who a verified access token speaks for.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    pub account_id: AccountId,
    pub role: Role,
    pub session_id: SessionId,
}

/// What somebody proved who opens a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A password alone.
    Password,
    /// A password, and the code of a second factor.
    SecondFactor,
    /// A passkey, whose device verified who uses it: both factors at once.
    Passkey,
}

impl Proof {
    /// Whether a second factor was proven.
    pub const fn is_second_factor(self) -> bool {
        match self {
            Self::Password => false,
            Self::SecondFactor | Self::Passkey => true,
        }
    }
}

/// The claims of RFC 9068 that we use.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    role: String,
    sid: String,
    jti: String,
    /// Seconds since 1970.
    iat: i64,
    /// Seconds since 1970.
    exp: i64,
    /// How its owner proved who they are when the session was opened (RFC 8176): `pwd`, and `otp` where a second factor was; `swk` and `mfa`
    /// by a passkey.
    #[serde(default)]
    amr: Vec<String>,
    /// Of an app: what it may do, words separated by spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// Of an app: the same as `sub`, as RFC 9068 has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// Never written by us, respected where present.
    #[serde(default, skip_serializing)]
    nbf: Option<i64>,
}

/// What a verified access token is good for: who it speaks for, and the seconds since 1970 between which it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Who it speaks for.
    pub principal: Principal,
    /// Whether a second factor was proven when its session was opened.
    pub second_factor: bool,
    /// When it was issued.
    pub issued_at_s: i64,
    /// From when on it is refused.
    pub expires_at_s: i64,
}

/// What an app's verified access token is good for. Whether the app and its secret still are, the database says at each use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppAccess {
    /// The app.
    pub app_id: AppId,
    /// The secret the token was had by: it ends with it.
    pub secret_id: AppSecretId,
    /// What it may do at most.
    pub scopes: AppScopes,
    /// When it was issued, in seconds since 1970.
    pub issued_at_s: i64,
    /// From when on it is refused, in seconds since 1970.
    pub expires_at_s: i64,
}

/// Whose access token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// Somebody's who signed in.
    Person(Access),
    /// An app's.
    App(AppAccess),
}

/// Issues and verifies access tokens.
pub(crate) struct Tokens {
    keys: TokenKeys,
    issuer: String,
    audience: String,
    lifetime_s: i64,
    /// By the SHA-256 of the whole token. Verifying costs 50 µs, looking up one; the tokens themselves are not kept.
    verified: Cache<[u8; 32], Bearer>,
    pub(crate) revocations: Revocations,
}

impl Tokens {
    pub(crate) fn new(
        keys: TokenKeys,
        issuer: String,
        audience: String,
        lifetime_s: i64,
        verified_max: u64,
    ) -> Self {
        Self {
            keys,
            issuer,
            audience,
            lifetime_s,
            verified: Cache::new(verified_max),
            revocations: Revocations::new(SignedDuration::from_secs(lifetime_s + verify::CLOCK_SKEW_S)),
        }
    }

    /// Seconds an access token lasts.
    pub(crate) const fn lifetime_s(&self) -> i64 {
        self.lifetime_s
    }

    /// Signs a token for `principal`, valid from `now`.
    pub(crate) fn issue(
        &self,
        principal: Principal,
        proof: Proof,
        now: Timestamp,
    ) -> Result<SecretString, IdentityError> {
        let amr: &[&str] = match proof {
            Proof::Password => &[PASSWORD],
            Proof::SecondFactor => &[PASSWORD, ONE_TIME_CODE],
            Proof::Passkey => &[KEY, SEVERAL],
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: principal.account_id.to_string(),
            role: principal.role.as_str().to_owned(),
            sid: principal.session_id.to_string(),
            jti: random::id_at(now).to_string(),
            iat: now.as_second(),
            exp: now.as_second() + self.lifetime_s,
            amr: amr.iter().map(|method| (*method).to_owned()).collect(),
            scope: None,
            client_id: None,
            nbf: None,
        };
        self.sign(&claims)
    }

    /// Signs a token of an app, valid from `now` as other tokens are, and no longer than the secret it was had by.
    pub(crate) fn issue_to_app(
        &self,
        (app_id, secret_id): (AppId, AppSecretId),
        scopes: AppScopes,
        secret_ends_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(SecretString, i64), IdentityError> {
        let latest = now.as_second() + self.lifetime_s;
        let exp = secret_ends_at.map_or(latest, |ends_at| ends_at.as_second().min(latest));
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: app_id.to_string(),
            role: APP.to_owned(),
            sid: secret_id.to_string(),
            jti: random::id_at(now).to_string(),
            iat: now.as_second(),
            exp,
            amr: Vec::new(),
            scope: Some(scopes.to_string()),
            client_id: Some(app_id.to_string()),
            nbf: None,
        };
        Ok((self.sign(&claims)?, exp - now.as_second()))
    }

    fn sign(&self, claims: &Claims) -> Result<SecretString, IdentityError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(self.keys.signing_kid().to_owned());
        let token =
            jsonwebtoken::encode(&header, claims, self.keys.signing()).map_err(IdentityError::Sign)?;
        Ok(SecretString::from(token))
    }

    /// What `token` is good for at `now`.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<Bearer, TokenRefusal> {
        if token.len() > verify::TOKEN_BYTES_MAX {
            return Err(TokenRefusal::Malformed);
        }
        let fingerprint: [u8; 32] = Sha256::digest(token).into();
        let verified = match self.verified.get(&fingerprint) {
            Some(verified) => verified,
            None => {
                let verified = verify::strictly(
                    token,
                    &self.keys,
                    &self.issuer,
                    &self.audience,
                    self.lifetime_s,
                    now,
                )?;
                self.verified.insert(fingerprint, verified);
                verified
            }
        };
        // Asked every time, so a session that ends here is refused from the next request on.
        let standing = match &verified {
            Bearer::Person(access) => self.standing(access, now),
            // Whether it was revoked, whoever lets an app in asks the database.
            Bearer::App(access) if access.expires_at_s <= now.as_second() => Err(TokenRefusal::Expired),
            Bearer::App(_) => Ok(()),
        };
        if standing == Err(TokenRefusal::Expired) {
            self.verified.invalidate(&fingerprint);
        }
        standing.map(|()| verified)
    }

    /// Whether what a token was good for still is: it has not expired, and its session has not ended.
    pub(crate) fn standing(&self, access: &Access, now: Timestamp) -> Result<(), TokenRefusal> {
        if access.expires_at_s <= now.as_second() {
            return Err(TokenRefusal::Expired);
        }
        if self
            .revocations
            .covers(access.principal.session_id, access.issued_at_s)
        {
            return Err(TokenRefusal::Revoked);
        }
        Ok(())
    }
}
