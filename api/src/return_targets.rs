//! Where an app may have its patients come back to from a payment provider's page: web origins and app schemes that the
//! deployment names. Anything else would let whoever holds a token send people from the provider's page to a page of their own.

use std::collections::BTreeSet;

use commands::ports::ReturnUrl;
use url::{Host, Url};

use crate::extract::read::Parsed;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};

/// The longest address, in characters as it is sent: YooKassa takes no longer one.
pub const RETURN_URL_CHARS_MAX: usize = 2_048;

/// Schemes that no app has of its own: what they open is a page, a script, a message, or any app at all.
const NO_APPS: [&str; 18] = [
    "about",
    "blob",
    "chrome",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "https",
    "intent",
    "javascript",
    "mailto",
    "sms",
    "tel",
    "vbscript",
    "ws",
    "wss",
];

/// The origins and schemes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReturnTargets {
    origins: BTreeSet<String>,
    schemes: BTreeSet<String>,
}

impl ReturnTargets {
    /// Reads origins (`https://app.example`; plain `http` of this machine alone) and app schemes (`tot-patient:`), separated by
    /// commas; none of anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut targets = Self::default();
        for word in text.split(',').map(str::trim) {
            match word.strip_suffix("://").or_else(|| word.strip_suffix(':')) {
                Some(scheme) => targets.schemes.insert(app_scheme(scheme)?),
                None => targets.origins.insert(web_origin(word)?),
            };
        }
        Some(targets)
    }

    /// The same with the origin of an address of ours.
    #[must_use]
    pub fn with_origin_of(mut self, ours: &Url) -> Self {
        if ours.origin().is_tuple() {
            self.origins.insert(ours.origin().ascii_serialization());
        }
        self
    }

    /// Whether patients may come back there.
    fn allow(&self, url: &Url) -> bool {
        match url.scheme() {
            "http" | "https" => self.origins.contains(&url.origin().ascii_serialization()),
            scheme => self.schemes.contains(scheme),
        }
    }

    /// The address, if patients may come back there.
    ///
    /// # Errors
    /// `return_url_not_allowed`.
    pub fn allowed(&self, url: Option<&Url>) -> Result<Option<ReturnUrl>, Problem> {
        let Some(url) = url else {
            return Ok(None);
        };
        if !self.allow(url) {
            // The address itself may say anything, so it is not repeated.
            let target = match url.scheme() {
                "http" | "https" => url.origin().ascii_serialization(),
                scheme => format!("{scheme}:"),
            };
            let detail = format!(
                "return_url: {target} is none of those that this platform lets patients come back to"
            );
            let problem = Problem::new(Code::ReturnUrlNotAllowed, detail);
            return Err(problem.in_russian(format!(
                "return_url: {target} не из тех, куда эта платформа разрешает возвращать пациентов"
            )));
        }
        Ok(Some(url.as_str().into()))
    }
}

/// A scheme of an app's own, in its one spelling.
fn app_scheme(word: &str) -> Option<String> {
    let scheme = word.to_ascii_lowercase();
    let begins = scheme
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase());
    let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let fits = begins && scheme.bytes().all(of_scheme) && !NO_APPS.contains(&scheme.as_str());
    fits.then_some(scheme)
}

/// An origin and nothing beside it, in its one spelling.
fn web_origin(word: &str) -> Option<String> {
    let url = Url::parse(word).ok()?;
    let safe = match url.scheme() {
        "https" => true,
        "http" => is_this_machine(&url),
        _ => false,
    };
    let origin = url.origin().ascii_serialization();
    // Whatever else was said would be ignored, silently.
    let only = url.as_str() == format!("{origin}/");
    (safe && only).then_some(origin)
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An absolute address without a user's name or password, from plain text.
pub fn return_url_in(text: &str) -> Parsed<Url> {
    let not_a_url = || {
        FieldProblem::new(
            "not_a_url",
            "must be an absolute address such as https://app.example/paid or tot-patient://paid",
        )
    };
    let whole = !text
        .chars()
        .any(|character| character.is_control() || character.is_whitespace());
    let url = Url::parse(text).ok().filter(|_| whole).ok_or_else(not_a_url)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FieldProblem::new(
            "not_a_url",
            "must not hold a user's name or password",
        ));
    }
    if url.as_str().len() > RETURN_URL_CHARS_MAX {
        let message = format!("must have at most {RETURN_URL_CHARS_MAX} characters, encoded as a URL");
        return Err(FieldProblem::new("too_long", message));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets() -> ReturnTargets {
        ReturnTargets::parse("https://app.example, TOT-Patient:,http://localhost:8081,org.example.tot://")
            .unwrap()
    }

    fn word_for(url: &str) -> &'static str {
        match return_url_in(url).map(|url| targets().allowed(Some(&url))) {
            Ok(Ok(_)) => "allowed",
            Ok(Err(problem)) => problem.code().as_str(),
            Err(error) => error.code,
        }
    }

    #[test]
    fn patients_come_back_to_a_named_origin_or_app_and_nowhere_else() {
        for (url, expected) in [
            ("https://app.example/paid?booking=1#top", "allowed"),
            ("https://APP.example:443/", "allowed"),
            ("http://localhost:8081/paid", "allowed"),
            ("tot-patient://paid?booking=1", "allowed"),
            ("TOT-PATIENT:paid", "allowed"),
            ("org.example.tot:/paid", "allowed"),
            ("http://app.example/", "return_url_not_allowed"),
            ("https://app.example:8443/", "return_url_not_allowed"),
            ("https://app.example.evil.example/", "return_url_not_allowed"),
            (
                "https://evil.example/https://app.example/",
                "return_url_not_allowed",
            ),
            ("https://evil.example\\@app.example/", "return_url_not_allowed"),
            ("http://localhost/", "return_url_not_allowed"),
            ("tot-doctor://paid", "return_url_not_allowed"),
            ("javascript:alert(1)", "return_url_not_allowed"),
            ("data:text/html,hello", "return_url_not_allowed"),
            ("https://app.example@evil.example/", "not_a_url"),
            ("https://user:password@app.example/", "not_a_url"),
            ("//app.example/paid", "not_a_url"),
            ("/paid", "not_a_url"),
            ("paid", "not_a_url"),
            ("https://app.exa\nmple/", "not_a_url"),
            ("https://app.example/a b", "not_a_url"),
            ("", "not_a_url"),
        ] {
            assert_eq!(word_for(url), expected, "{url}");
        }
    }

    #[test]
    fn an_address_is_as_long_as_providers_take_once_it_is_encoded() {
        let of =
            |letter: &str, count: usize| word_for(&format!("https://app.example/{}", letter.repeat(count)));
        let room = RETURN_URL_CHARS_MAX - "https://app.example/".len();
        assert_eq!(of("a", room), "allowed");
        assert_eq!(of("a", room + 1), "too_long");
        // One letter is two bytes, of three characters each.
        assert_eq!(of("я", room / 6 + 1), "too_long");
    }

    #[test]
    fn only_origins_and_schemes_of_apps_can_be_named() {
        for wrong in [
            "",
            "https://app.example,",
            "app.example",
            "https://app.example/paid",
            "https://app.example?x",
            "https://user@app.example",
            "http://app.example",
            "javascript:",
            "https:",
            "INTENT:",
            "1app:",
            "my app:",
            "*",
        ] {
            assert_eq!(ReturnTargets::parse(wrong), None, "{wrong}");
        }
        let ours = Url::parse("http://clinic.example/back").unwrap();
        let targets = ReturnTargets::default().with_origin_of(&ours);
        assert!(targets.allow(&Url::parse("http://clinic.example/elsewhere").unwrap()));
        assert!(!targets.allow(&Url::parse("https://clinic.example/").unwrap()));
        assert!(ReturnTargets::parse("http://[::1]:3000,http://127.0.0.1").is_some());
    }
}
