//! The languages in which the platform speaks to people, and which of them somebody asks for.

use http::{HeaderMap, HeaderValue, Method, header};

/// A language of messages and pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// The patients' and doctors' own, and what is spoken where nothing else is asked for.
    #[default]
    Russian,
    /// For developers and operators elsewhere.
    English,
}

impl Language {
    /// Both, the first one first.
    pub const ALL: [Self; 2] = [Self::Russian, Self::English];

    /// Its tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// The language of that tag, whatever region stands behind it.
    fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The one that `Accept-Language` likes best; of two that it likes alike the one it names first.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let mut best = (Self::default(), 0);
        for value in headers.get_all(header::ACCEPT_LANGUAGE) {
            for range in value.to_str().unwrap_or_default().split(',') {
                let (tag, weight) = weighed(range);
                if let Some(language) = Self::parse(tag)
                    && weight > best.1
                {
                    best = (language, weight);
                }
            }
        }
        best.0
    }

    /// The one a page is asked for in: by its link to the other language (`?lang=en`), else by the browser.
    pub fn of_page(query: Option<&str>, headers: &HeaderMap) -> Self {
        let pairs = query.into_iter().flat_map(|query| query.split('&'));
        let mut chosen = pairs.filter_map(|pair| pair.strip_prefix("lang="));
        chosen
            .find_map(Self::parse)
            .unwrap_or_else(|| Self::accepted(headers))
    }

    /// Says of an answer that it is in this language, and that another reader may get another one.
    pub fn declare(self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.tag()));
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    }
}

/// A part of an `Accept…` header and its weight in thousandths (RFC 9110, 12.4.2).
pub fn weighed(range: &str) -> (&str, u16) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts
        .find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")))
        .map_or(Some(1_000), thousandths);
    (name, weight.unwrap_or(0))
}

/// `0.8` as 800.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals: u16 = format!("{decimals:0<3}").get(..3)?.parse().ok()?;
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    Some((whole * 1_000).saturating_add(decimals).min(1_000))
}

/// Whether a person in front of a browser asks, who wants to read a page and not a document for programs.
pub fn is_for_a_person(method: &Method, headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let names = |kind: &str| accepted.is_some_and(|accepted| accepted.contains(kind));
    matches!(*method, Method::GET | Method::HEAD) && names("text/html") && !names("json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(text: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::try_from(text).unwrap());
        Language::accepted(&headers)
    }

    #[test]
    fn russian_is_spoken_unless_english_is_liked_better() {
        for (text, language) in [
            ("en", Language::English),
            ("en-GB,en;q=0.9", Language::English),
            ("EN-us", Language::English),
            ("fr, en;q=0.2", Language::English),
            ("ru;q=0.4, en;q=0.5", Language::English),
            ("en;q=0.5, ru", Language::Russian),
            ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Language::Russian),
            ("en;q=0", Language::Russian),
            ("en;q=2", Language::Russian),
            ("en;q=x", Language::Russian),
            ("fr", Language::Russian),
            ("*", Language::Russian),
            ("", Language::Russian),
            ("english", Language::Russian),
        ] {
            assert_eq!(accepted(text), language, "{text}");
        }
        assert_eq!(Language::accepted(&HeaderMap::new()), Language::Russian);
    }

    #[test]
    fn a_link_to_the_other_language_wins_over_the_browser() {
        let mut english = HeaderMap::new();
        english.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        assert_eq!(Language::of_page(Some("lang=ru"), &english), Language::Russian);
        assert_eq!(
            Language::of_page(Some("a=b&lang=en"), &HeaderMap::new()),
            Language::English
        );
        assert_eq!(Language::of_page(Some("lang=fr"), &english), Language::English);
        assert_eq!(Language::of_page(None, &english), Language::English);
    }

    #[test]
    fn browsers_ask_for_pages_and_programs_do_not() {
        let asks = |method, accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            is_for_a_person(&method, &headers)
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert!(asks(Method::GET, browser));
        assert!(asks(Method::HEAD, browser));
        assert!(!asks(Method::POST, browser));
        assert!(!asks(Method::GET, "*/*"));
        assert!(!asks(Method::GET, "application/json, text/html"));
        assert!(!asks(Method::GET, "text/event-stream"));
    }
}
