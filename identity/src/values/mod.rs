//! Values parsed once at the door: whoever holds an `Email` need not ask again whether it is one.
#![expect(missing_docs, reason = "each message says it")]

pub mod app_name;
pub mod bank;
pub mod contact;
pub mod doctor;
pub mod document;
pub mod factor_code;
pub mod licence;
pub mod name;
pub mod one_time_code;
pub mod password;
pub mod profile;
pub mod text;

/// A code's letters, whatever the person who typed it put between them.
fn as_typed(raw: &str) -> String {
    raw.chars()
        .filter(|letter| !matches!(letter, ' ' | '-'))
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

/// Why a piece of input is not the value it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueRefusal {
    #[error("at least {min} characters are needed")]
    TooShort { min: usize },
    #[error("at most {max} characters are allowed")]
    TooLong { max: usize },
    #[error("control characters and others that cannot be seen are not allowed")]
    ControlCharacter,
    #[error("an e-mail address such as name@example.com is needed")]
    NotAnEmail,
    #[error("a phone number that starts with +7 or 8 and has at least 10 digits is needed")]
    NotAPhone,
    #[error("a bank's id in the faster payments system is twelve letters and digits")]
    NotABank,
    #[error("a language is a code of two or three letters such as ru")]
    NotALanguage,
    #[error("an IANA time zone such as Europe/Moscow is needed")]
    UnknownZone,
    #[error("a number from {min} to {max} is needed")]
    OutOfRange { min: i64, max: i64 },
    #[error(
        "latitude (-90 to 90) and longitude (-180 to 180) in degrees are needed, such as 55.7558,37.6176"
    )]
    NotAPoint,
    #[error("not one of the allowed words")]
    UnknownWord,
    #[error("a code of six digits, or a recovery code, is needed")]
    NotACode,
    #[error("a code of ten letters and digits, as it was sent, is needed")]
    NotAOneTimeCode,
    #[error("a code of six digits is needed, as it was sent")]
    NotAnSmsCode,
    #[error("the secret of an authenticator app is 32 letters and digits (base32)")]
    NotASecret,
    #[error(
        "soon guessed: it is common, a date, a run of keys or made of your own names; a few words that do not belong together are better"
    )]
    Guessable,
}

impl ValueRefusal {
    /// The stable code shown in a 422 answer.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter => "control_character",
            Self::NotAnEmail => "invalid_email",
            Self::NotAPhone => "invalid_phone",
            Self::NotABank => "invalid_bank",
            Self::NotALanguage => "invalid_language",
            Self::UnknownZone => "unknown_zone",
            Self::OutOfRange { .. } => "out_of_range",
            Self::NotAPoint => "not_a_point",
            Self::UnknownWord => "unknown_word",
            Self::NotACode | Self::NotAOneTimeCode | Self::NotAnSmsCode => "not_a_code",
            Self::NotASecret => "not_a_secret",
            Self::Guessable => "guessable",
        }
    }
}
