//! The closed set of stable codes an error answer can carry. Each is a page of `docs/problems`, which says its title and
//! status; the build makes enum and table from them.

use http::StatusCode;

include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// What a page says of its code.
struct Row {
    word: &'static str,
    status: u16,
    title: &'static str,
    page: &'static str,
}

impl Code {
    /// The stable word of the contract.
    pub const fn as_str(self) -> &'static str {
        self.row().word
    }

    /// The HTTP status it is answered with.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A short English summary, the same for every occurrence.
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// The page that explains it, in Markdown.
    pub const fn page(self) -> &'static str {
        self.row().page
    }

    /// Whether this code says no more than its status does, so that it can stand for any error of that status.
    pub const fn stands_for_status(self) -> bool {
        matches!(
            self,
            Self::MalformedJson
                | Self::TokenMissing
                | Self::Forbidden
                | Self::NotFound
                | Self::MethodNotAllowed
                | Self::RequestTimeout
                | Self::NotNow
                | Self::VersionMismatch
                | Self::BodyTooLarge
                | Self::UnsupportedMediaType
                | Self::Invalid
                | Self::RateLimited
                | Self::Internal
                | Self::Unavailable
        )
    }

    /// The code named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }
}
