//! Every business "no" the price lists can give, each with a stable code.
#![expect(missing_docs, reason = "each message says it")]

use jiff::Timestamp;

use crate::price_list::terms_error::TermsError;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceListRefusal {
    /// There is a list with this version, or a later one; it says something else.
    #[error("version {latest} is published already; a new list needs a higher version")]
    VersionNotNewer { latest: u32 },
    /// It would be in force before every process of the platform can know it.
    #[error("a list must be published 5 minutes before it is in force: {earliest} at the earliest")]
    TooShortNotice { earliest: Timestamp },
    #[error("{0}")]
    Unlawful(TermsError),
}

impl PriceListRefusal {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::VersionNotNewer { .. } => "price_list_not_newer",
            Self::TooShortNotice { .. } => "price_list_too_soon",
            Self::Unlawful(_) => "invalid",
        }
    }
}
