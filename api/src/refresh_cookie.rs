//! The refresh token in a cookie that no script can read, for web apps of our own origin: beside the JSON way, never instead of it.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use identity::RefreshToken;
use url::Url;

use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};

/// Browsers take a cookie of this prefix only by https, for this very host and for all of its paths: no sibling of ours can set it.
const NAME: &str = "__Host-tot-refresh";
/// Sent to nobody's script and by nobody else's page.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";
/// What a browser says of the page that sends a request; no page can say it in its place.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which refresh token a request is about, and whether a cookie brought it.
pub enum Presented<'a> {
    /// In its body.
    InBody(&'a str),
    /// In the cookie.
    InCookie(&'a str),
}

impl<'a> Presented<'a> {
    /// The body's, else the cookie's.
    pub fn of(body: Option<&'a str>, headers: &'a HeaderMap) -> Option<Self> {
        let in_cookie = || cookie(headers).map(Self::InCookie);
        body.map(Self::InBody).or_else(in_cookie)
    }

    /// Whether the answer's token goes into a cookie, too.
    pub const fn is_cookie(&self) -> bool {
        matches!(self, Self::InCookie(_))
    }

    /// The token, where the request may use it: one that a browser added by itself only from a page of ours.
    ///
    /// # Errors
    /// `cross_site_request`, or why it is no token.
    pub fn token(&self, headers: &HeaderMap, public_url: &str) -> Result<RefreshToken, Problem> {
        match self {
            Self::InBody(text) => Ok(RefreshToken::parse(text)?),
            Self::InCookie(text) => {
                from_our_own_page(headers, public_url)?;
                Ok(RefreshToken::parse(text)?)
            }
        }
    }
}

/// The cookie, if the request carries it.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME).then_some(value))
}

/// Sets it, for as long as the token lasts unused.
pub fn set(token: &RefreshToken, seconds: i64) -> HeaderValue {
    let text = format!("{NAME}={}; Max-Age={seconds}; {ATTRIBUTES}", token.expose());
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| cleared());
    value.set_sensitive(true);
    value
}

/// Has the browser forget it.
pub fn cleared() -> HeaderValue {
    HeaderValue::try_from(format!("{NAME}=; Max-Age=0; {ATTRIBUTES}"))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Nothing was brought, neither way.
pub fn missing() -> Problem {
    Problem::invalid(vec![
        FieldProblem::new("required", "is required").at("/refresh_token"),
    ])
}

/// Refuses what a page of another origin sends, by what browsers say of themselves; what says nothing is refused, too, since every
/// browser that keeps such a cookie says one or the other.
///
/// # Errors
/// `cross_site_request`.
pub fn from_our_own_page(headers: &HeaderMap, public_url: &str) -> Result<(), Problem> {
    let is_ours = match (headers.get(SEC_FETCH_SITE), headers.get(header::ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            Url::parse(public_url).is_ok_and(|url| origin == url.origin().ascii_serialization().as_str())
        }
        (None, None) => false,
    };
    match is_ours {
        true => Ok(()),
        false => Err(Problem::plain(Code::CrossSiteRequest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_a_page_of_our_own_origin_is_one() {
        let allowed = |pairs: &[_]| from_our_own_page(&headers(pairs), "https://tot.example").is_ok();
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[("origin", "https://tot.example")]));
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            // A sibling of ours is not us.
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://app.tot.example")],
            &[("origin", "http://tot.example")],
            &[("origin", "https://tot.example.evil.example")],
            &[("origin", "null")],
            // What the browser says of the page goes before what can be made up.
            &[
                ("origin", "https://tot.example"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert!(!allowed(foreign), "{foreign:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_by_its_whole_name() {
        let found = |pairs: &[_]| cookie(&headers(pairs)).map(str::to_owned);
        assert_eq!(
            found(&[("cookie", "a=b; __Host-tot-refresh=totr_1; c=d")]).as_deref(),
            Some("totr_1")
        );
        assert_eq!(
            found(&[("cookie", "a=b"), ("cookie", "__Host-tot-refresh=totr_2")]).as_deref(),
            Some("totr_2")
        );
        for other in [
            "tot-refresh=totr_1",
            "x__Host-tot-refresh=totr_1",
            "__host-tot-refresh=totr_1",
        ] {
            assert_eq!(found(&[("cookie", other)]), None, "{other}");
        }
    }
}
