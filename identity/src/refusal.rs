//! Every "no" of this crate with its stable code, and the errors that are nobody's "no".
#![expect(missing_docs, reason = "each message says it")]

use std::fmt;

use crate::keys::KeyError;
use crate::keys::master::MasterKeyError;
use crate::relying_party::PasskeyRefusal;

/// A business "no" about people and their sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityRefusal {
    #[error("an account with this e-mail exists")]
    EmailTaken,
    #[error("an account with this phone exists")]
    PhoneTaken,
    /// The address is unknown or the password is not its password; which of the two is not told.
    #[error("the e-mail or the password is wrong")]
    WrongCredentials,
    /// Whoever is signed in does not know the password, or it has just been changed by somebody who does.
    #[error("this is not the account's password")]
    WrongPassword,
    /// The code is none of the account's, was used, or is too old or too early; which is not told.
    #[error("this code is not valid; each is taken once")]
    WrongCode,
    /// The password is right, and the account has a second factor whose code is due.
    #[error("the code of the second factor is due")]
    SecondFactorDue,
    /// A sign-in that waited for its code does not any more: the token was never issued, has expired or was used, or too many codes were
    /// wrong; which is not told.
    #[error("this sign-in has ended; begin with the password again")]
    SignInEnded,
    #[error("this account has a second factor already")]
    SecondFactorExists,
    /// There is none to confirm, to use or to take away.
    #[error("this account has no second factor")]
    NoSecondFactor,
    #[error("another admin resets your second factor; whoever has it removes it")]
    OwnFactor,
    /// A passkey, or what a device said of it, is not believed.
    #[error("{0}")]
    PasskeyRefused(PasskeyRefusal),
    /// What a device was asked to sign was never asked, was signed already, or too long ago; which is not told.
    #[error("this passkey was asked for too long ago, or once before; ask for options again")]
    PasskeyChallengeEnded,
    #[error("this passkey is registered already")]
    PasskeyExists,
    #[error("an account has ten passkeys at most; remove one first")]
    TooManyPasskeys,
    #[error("there is no such passkey")]
    NoSuchPasskey,
    /// The platform's public address is no name.
    #[error(
        "browsers make no passkeys for a platform whose public address is a number: TOT_PUBLIC_URL must name a host"
    )]
    PasskeysUnavailable,
    /// The role of its owner must have a second factor, and there is no other.
    #[error("this is the last second factor of an account that must have one; register another first")]
    LastFactor,
    /// What was asked for needs that whoever asks has just proven who they are.
    #[error("prove who you are again: the last time is more than five minutes ago")]
    ProofRequired,
    /// The account may not sign in any more; told only to those who know its password or hold its token.
    #[error("this account is deactivated")]
    Deactivated,
    /// The refresh token was never issued, or its session has ended.
    #[error("this refresh token is not valid")]
    RefreshUnknown,
    /// The refresh token had been used before: someone else holds a copy, so the whole session has ended.
    #[error("this refresh token was used before; sign in again")]
    RefreshReused,
    #[error("this refresh token has expired; sign in again")]
    RefreshExpired,
    /// The ticket was never issued, has expired, was used, is for another stream, or its session has ended; which is not told.
    #[error("this ticket is not valid")]
    TicketInvalid,
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("your account has no phone number: PUT /auth/me sets one")]
    NoPhone,
    #[error("there is no such clinic")]
    NoSuchClinic,
    #[error("this clinic has 200 invitations that wait for an answer: withdraw some first")]
    TooManyInvitations,
    #[error("an application has ten documents at most; remove one first")]
    TooManyDocuments,
    /// Documents belong to an application that waits for an admin.
    #[error("no application of yours waits for an admin: apply first (POST /me/application)")]
    NoApplicationWaits,
    /// A doctor who applied is verified with the licence's own paper.
    #[error("the doctor has attached no document of the kind licence")]
    LicenceDocumentMissing,
}

impl IdentityRefusal {
    /// The stable code shown to clients.
    pub const fn code(self) -> &'static str {
        match self {
            Self::EmailTaken => "email_taken",
            Self::PhoneTaken => "phone_taken",
            Self::WrongCredentials => "wrong_credentials",
            Self::WrongPassword => "wrong_password",
            Self::WrongCode => "wrong_code",
            Self::SecondFactorDue => "second_factor_due",
            Self::SignInEnded => "sign_in_ended",
            Self::SecondFactorExists => "second_factor_exists",
            Self::NoSecondFactor => "no_second_factor",
            Self::OwnFactor => "own_account",
            Self::PasskeyRefused(_) => "passkey_refused",
            Self::PasskeyChallengeEnded => "passkey_challenge_ended",
            Self::PasskeyExists => "passkey_exists",
            Self::TooManyPasskeys => "too_many_passkeys",
            Self::NoSuchPasskey => "no_such_passkey",
            Self::PasskeysUnavailable => "passkeys_unavailable",
            Self::LastFactor => "last_factor",
            Self::ProofRequired => "proof_required",
            Self::Deactivated => "account_deactivated",
            Self::RefreshUnknown => "refresh_unknown",
            Self::RefreshReused => "refresh_reused",
            Self::RefreshExpired => "refresh_expired",
            Self::TicketInvalid => "invalid_ticket",
            Self::NoSuchAccount => "no_such_account",
            Self::NoPhone => "no_phone",
            Self::NoSuchClinic => "no_such_clinic",
            Self::TooManyInvitations => "too_many_invitations",
            Self::TooManyDocuments => "too_many_documents",
            Self::NoApplicationWaits => "no_application",
            Self::LicenceDocumentMissing => "licence_document_missing",
        }
    }
}

/// Why an access token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Not three parts of canonical base64url, or not the JSON we write.
    #[error("the access token is malformed")]
    Malformed,
    #[error("the access token's algorithm is not accepted")]
    WrongAlgorithm,
    #[error("the token is not an access token")]
    WrongType,
    #[error("the access token's key is not known")]
    UnknownKey,
    #[error("the access token's signature is wrong")]
    WrongSignature,
    #[error("the access token's issuer is not accepted")]
    WrongIssuer,
    #[error("the access token is meant for another audience")]
    WrongAudience,
    #[error("the access token has expired")]
    Expired,
    #[error("the access token is not valid yet")]
    NotYetValid,
    #[error("the access token's session has ended")]
    Revoked,
    /// A person's was wanted.
    #[error("the access token is an app's")]
    OfAnApp,
}

impl TokenRefusal {
    /// The stable code shown to clients: forgers learn nothing, honest clients learn what to do next.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "token_expired",
            Self::Revoked => "token_revoked",
            Self::OfAnApp => "forbidden_to_apps",
            Self::Malformed
            | Self::WrongAlgorithm
            | Self::WrongType
            | Self::UnknownKey
            | Self::WrongSignature
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::NotYetValid => "invalid_token",
        }
    }
}

/// What a call to this crate may fail with.
#[derive(thiserror::Error)]
pub enum IdentityError {
    /// A "no" to show to the caller.
    #[error("{0}")]
    Refused(IdentityRefusal),
    /// More passwords wait for their hash than we let wait: try again later (503).
    #[error("too many passwords are being checked")]
    Busy,
    /// The database could not answer (503), or answered nonsense.
    #[error("the identity tables could not be used")]
    Database(#[source] sqlx::Error),
    /// A stored password hash cannot be read, or hashing failed.
    #[error("a password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("a password's hash was not finished")]
    HashStopped(#[source] tokio::task::JoinError),
    #[error("an access token could not be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    #[error("the token keys could not be used")]
    Keys(#[source] KeyError),
    #[error("personal data could not be sealed or opened")]
    Sealing(#[source] MasterKeyError),
    #[error(
        "personal data of before stand in the database in plain text: stop every process of the release before, and run `tot migrate` \
         with TOT_MASTER_KEYS, which encrypts them and goes on where it was stopped"
    )]
    NotEncrypted,
}

// By hand: a database error's own Debug quotes the offending row, and rows here are people.
impl fmt::Debug for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "Refused({refusal:?})"),
            Self::Database(error) => write!(f, "Database({error})"),
            Self::Busy
            | Self::Hash(_)
            | Self::HashStopped(_)
            | Self::Sign(_)
            | Self::Keys(_)
            | Self::Sealing(_)
            | Self::NotEncrypted => {
                write!(f, "{self}")
            }
        }
    }
}

impl From<IdentityRefusal> for IdentityError {
    fn from(refusal: IdentityRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<MasterKeyError> for IdentityError {
    fn from(error: MasterKeyError) -> Self {
        Self::Sealing(error)
    }
}

impl From<sqlx::Error> for IdentityError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
