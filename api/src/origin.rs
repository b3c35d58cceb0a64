//! The origin of a web app that is let in by name.

use http::HeaderValue;
use url::Url;

/// The origin of a web app, in the form in which browsers send it: `https://app.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// Why a text is no origin that may be let in; the message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Whoever writes it wants to let everybody in.
    #[error("`*` would let every site in: name each one")]
    Wildcard,
    /// It is none.
    #[error("one of them is no origin such as https://app.example")]
    NotAnOrigin,
    /// What comes unencrypted can be anybody's.
    #[error("http is for localhost alone: write https")]
    Unencrypted,
    /// No browser sends it like this, so it would never match.
    #[error("browsers send `{0}`: write it like that, without path or slash at the end")]
    OtherForm(String),
}

impl Origin {
    /// As it stands in `Origin` and `Access-Control-Allow-Origin`.
    pub const fn header(&self) -> &HeaderValue {
        &self.0
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, and the mend.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text.contains('*') {
            return Err(OriginError::Wildcard);
        }
        let url = Url::parse(text).map_err(|_| OriginError::NotAnOrigin)?;
        let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match url.scheme() {
            "https" => {}
            "http" if is_local => {}
            "http" => return Err(OriginError::Unencrypted),
            _ => return Err(OriginError::NotAnOrigin),
        }
        let sent = url.origin().ascii_serialization();
        if sent != text {
            return Err(OriginError::OtherForm(sent));
        }
        HeaderValue::try_from(sent)
            .map(Self)
            .map_err(|_| OriginError::NotAnOrigin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_as_browsers_send_it() {
        for text in [
            "https://app.example",
            "https://app.example:8443",
            "http://localhost:5173",
            "http://127.0.0.1:5173",
            "http://[::1]:5173",
            "https://xn--80aswg.xn--p1ai",
        ] {
            assert_eq!(Origin::parse(text).unwrap().0, text);
        }
    }

    #[test]
    fn what_would_never_match_or_let_too_many_in_is_refused_with_the_mend() {
        let other = |text: &str| OriginError::OtherForm(text.to_owned());
        for (text, error) in [
            ("*", OriginError::Wildcard),
            ("https://*.example", OriginError::Wildcard),
            ("null", OriginError::NotAnOrigin),
            ("app.example", OriginError::NotAnOrigin),
            ("ftp://app.example", OriginError::NotAnOrigin),
            ("", OriginError::NotAnOrigin),
            ("http://app.example", OriginError::Unencrypted),
            ("http://localhost.app.example", OriginError::Unencrypted),
            ("https://app.example/", other("https://app.example")),
            ("https://app.example/app", other("https://app.example")),
            ("https://app.example:443", other("https://app.example")),
            ("https://App.Example", other("https://app.example")),
            ("https://user:pass@app.example", other("https://app.example")),
            ("https://сайт.рф", other("https://xn--80aswg.xn--p1ai")),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
    }
}
