//! Access tokens: signed with EdDSA, 15 minutes long, believed only when every part is exactly as we write it.

pub(crate) mod revocations;
mod verify;

use domain::ids::{AccountId, SessionId};
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

/// Issues and verifies access tokens.
pub(crate) struct Tokens {
    keys: TokenKeys,
    issuer: String,
    audience: String,
    lifetime_s: i64,
    /// By the SHA-256 of the whole token. Verifying costs 50 µs, looking up one; the tokens themselves are not kept.
    verified: Cache<[u8; 32], Access>,
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
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(self.keys.signing_kid().to_owned());
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
            nbf: None,
        };
        let token =
            jsonwebtoken::encode(&header, &claims, self.keys.signing()).map_err(IdentityError::Sign)?;
        Ok(SecretString::from(token))
    }

    /// What `token` is good for at `now`.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<Access, TokenRefusal> {
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
        let standing = self.standing(&verified, now);
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
