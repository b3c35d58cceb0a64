//! Refresh tokens and the rule of rotation, as pure functions of what is stored.
//!
//! Each token is used once. Its successor is derived from the token itself and a random seed stored beside its digest:
//! the same refresh sent twice at once gets the same successor, so a family never forks, and a thief and the owner end
//! up holding the same token, whose second use then gives the theft away. Neither digest nor seed alone yields a token.

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::opaque::{self, OpaqueToken};
use crate::random;
use crate::refusal::IdentityRefusal;

/// An opaque 256-bit token that renews a session, once; never shown in `Debug` output.
#[derive(Clone, Debug)]
pub struct RefreshToken(OpaqueToken);

impl RefreshToken {
    /// Tells a refresh token from an access token at a glance, also for secret scanners.
    pub const PREFIX: &str = "totr_";
    /// So many characters of base64url stand behind it: 256 bits.
    pub const ENCODED_CHARS: usize = opaque::ENCODED_CHARS;

    /// Reads a token; what does not look like one was never issued.
    pub fn parse(raw: &str) -> Result<Self, IdentityRefusal> {
        OpaqueToken::parse(Self::PREFIX, raw)
            .map(Self)
            .ok_or(IdentityRefusal::RefreshUnknown)
    }

    /// The token itself, for the one answer it belongs into.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    pub(super) fn fresh() -> Self {
        Self::of(random::bytes())
    }

    /// What is stored in its place.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }

    /// The token that follows this one under `seed`.
    pub(super) fn successor(&self, seed: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.expose().as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hmac::sign(&key, seed).as_ref());
        Self::of(bytes)
    }

    fn of(bytes: [u8; 32]) -> Self {
        Self(OpaqueToken::of(Self::PREFIX, bytes))
    }
}

/// What is known of the device a session lives on: a digest, enough to tell one from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device(Option<[u8; 32]>);

impl Device {
    /// A device that says nothing about itself.
    pub const UNKNOWN: Self = Self(None);

    /// The device behind a `User-Agent` header.
    pub fn from_user_agent(user_agent: &str) -> Self {
        Self(Some(Sha256::digest(user_agent).into()))
    }

    pub(super) fn digest(&self) -> Option<&[u8]> {
        self.0.as_ref().map(<[u8; 32]>::as_slice)
    }
}

/// A stored session, as far as a refresh asks.
pub(super) struct StoredSession {
    pub(super) device: Option<Vec<u8>>,
    pub(super) expires_at: Timestamp,
    pub(super) revoked: bool,
}

/// A stored refresh token, as far as a refresh asks.
pub(super) struct StoredToken {
    pub(super) expires_at: Timestamp,
    /// When it was used, the seed of its successor, and whether that successor has been used in turn.
    pub(super) used: Option<Used>,
}

/// How a token was used.
pub(super) struct Used {
    pub(super) at: Timestamp,
    pub(super) seed: Vec<u8>,
    pub(super) successor_used: bool,
}

/// What a refresh turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The token's first use: a successor takes its place.
    Rotate,
    /// The same refresh sent twice: the same successor again, from this seed.
    Repeat(Vec<u8>),
    /// Somebody else holds a copy: the session ends.
    Reused,
    Refuse(IdentityRefusal),
}

/// Judges the use of `token` at `now` from `device`, with `grace_s` seconds for a repeated refresh.
pub(super) fn judge(
    session: &StoredSession,
    token: &StoredToken,
    device: &Device,
    grace_s: i64,
    now: Timestamp,
) -> Judgement {
    if session.revoked {
        return Judgement::Refuse(IdentityRefusal::RefreshUnknown);
    }
    if session.expires_at <= now {
        return Judgement::Refuse(IdentityRefusal::RefreshExpired);
    }
    let Some(used) = &token.used else {
        return if token.expires_at <= now {
            Judgement::Refuse(IdentityRefusal::RefreshExpired)
        } else {
            Judgement::Rotate
        };
    };
    let same_device = session.device.as_deref() == device.digest();
    let at_once = now.duration_since(used.at) <= SignedDuration::from_secs(grace_s);
    if same_device && at_once && !used.successor_used {
        Judgement::Repeat(used.seed.clone())
    } else {
        Judgement::Reused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn session(device: &Device) -> StoredSession {
        StoredSession {
            device: device.digest().map(<[u8]>::to_vec),
            expires_at: at(10_000),
            revoked: false,
        }
    }

    fn used(second: i64, successor_used: bool) -> StoredToken {
        StoredToken {
            expires_at: at(5_000),
            used: Some(Used {
                at: at(second),
                seed: vec![1],
                successor_used,
            }),
        }
    }

    #[test]
    fn the_first_use_rotates_until_the_token_or_the_session_expires() {
        let device = Device::from_user_agent("tot-android/1");
        let token = StoredToken {
            expires_at: at(5_000),
            used: None,
        };
        assert_eq!(
            judge(&session(&device), &token, &device, 5, at(4_999)),
            Judgement::Rotate
        );
        let expired = Judgement::Refuse(IdentityRefusal::RefreshExpired);
        assert_eq!(judge(&session(&device), &token, &device, 5, at(5_000)), expired);
        let old = StoredSession {
            expires_at: at(100),
            ..session(&device)
        };
        assert_eq!(judge(&old, &token, &device, 5, at(100)), expired);
        let ended = StoredSession {
            revoked: true,
            ..session(&device)
        };
        let unknown = Judgement::Refuse(IdentityRefusal::RefreshUnknown);
        assert_eq!(judge(&ended, &token, &device, 5, at(0)), unknown);
    }

    #[test]
    fn a_second_use_is_a_repetition_only_at_once_from_the_same_device_and_before_the_successor_s_use() {
        let device = Device::from_user_agent("tot-android/1");
        let session = session(&device);
        assert_eq!(
            judge(&session, &used(100, false), &device, 5, at(105)),
            Judgement::Repeat(vec![1])
        );
        assert_eq!(
            judge(&session, &used(100, false), &device, 5, at(106)),
            Judgement::Reused
        );
        assert_eq!(
            judge(&session, &used(100, true), &device, 5, at(101)),
            Judgement::Reused
        );
        let other = Device::from_user_agent("curl/8");
        assert_eq!(
            judge(&session, &used(100, false), &other, 5, at(101)),
            Judgement::Reused
        );
        assert_eq!(
            judge(&session, &used(100, false), &Device::UNKNOWN, 5, at(101)),
            Judgement::Reused
        );
    }

    #[test]
    fn a_successor_follows_from_token_and_seed_together() {
        let token = RefreshToken::fresh();
        assert_eq!(
            token.successor(b"seed").expose(),
            token.successor(b"seed").expose()
        );
        assert_ne!(
            token.successor(b"seed").expose(),
            token.successor(b"other").expose()
        );
        assert_ne!(
            token.successor(b"seed").expose(),
            RefreshToken::fresh().successor(b"seed").expose()
        );
        assert!(RefreshToken::parse(token.successor(b"seed").expose()).is_ok());
    }

    #[test]
    fn what_does_not_look_like_a_token_is_unknown() {
        let good = RefreshToken::fresh().expose().to_owned();
        assert!(RefreshToken::parse(&good).is_ok());
        let padded = format!("{good}=");
        let longer = format!("{good}A");
        // 43 characters carry 258 bits: the last two must be zero, or two texts would be one token.
        let loose = format!("{}_", &good[..good.len() - 1]);
        for raw in [
            "",
            RefreshToken::PREFIX,
            &good[1..],
            &good[..good.len() - 1],
            &padded,
            &longer,
            &loose,
            "eyJhbGciOiJFZERTQSJ9.e30.x",
        ] {
            assert_eq!(
                RefreshToken::parse(raw).unwrap_err(),
                IdentityRefusal::RefreshUnknown,
                "{raw:?}"
            );
        }
    }

    #[test]
    fn a_token_does_not_show_itself() {
        let token = RefreshToken::fresh();
        assert!(!format!("{token:?}").contains(&token.expose()[RefreshToken::PREFIX.len()..]));
    }
}
