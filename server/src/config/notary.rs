//! The notary's part of the configuration. Nothing of it stops a start: without a key, or with a wrong one, nothing is signed.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use super::Reader;

/// As often as a head is signed while facts come, at most.
const INTERVAL: Duration = Duration::from_secs(60);

/// What heads are signed with, how often, and who keeps them outside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotaryConfig {
    /// The private key, in the form of `openssl genpkey -algorithm ed25519` (`TOT_NOTARY_KEY_FILE`); of the relay and of
    /// `tot audit` alone.
    pub key_file: Option<PathBuf>,
    /// The least time between two heads (`TOT_NOTARY_INTERVAL`).
    pub interval: Duration,
    /// A file that every head is appended to (`TOT_WITNESS_FILE`).
    pub witness_file: Option<PathBuf>,
    /// A `tot witness` that every head is shown to (`TOT_WITNESS_URL`).
    pub witness_url: Option<Url>,
}

impl NotaryConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let path = |reader: &Reader<'_>, variable| reader.text(variable).map(PathBuf::from);
        let web = |text: &str| {
            let url = Url::parse(text).ok()?;
            matches!(url.scheme(), "http" | "https").then_some(Some(url))
        };
        let expected = "a URL such as https://witness.example";
        Self {
            key_file: path(reader, "TOT_NOTARY_KEY_FILE"),
            interval: interval(reader),
            witness_file: path(reader, "TOT_WITNESS_FILE"),
            witness_url: reader.parsed_or("TOT_WITNESS_URL", None, web, expected),
        }
    }
}

/// The least time between two heads, which whoever tells that the notary is behind must know too.
pub fn interval(reader: &mut Reader<'_>) -> Duration {
    let read = |text: &str| {
        let span = Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()?;
        (span >= Duration::from_secs(1)).then_some(span)
    };
    reader.parsed_or(
        "TOT_NOTARY_INTERVAL",
        INTERVAL,
        read,
        "a time of at least a second, such as 60s or 5m",
    )
}
