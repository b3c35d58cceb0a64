//! Where spans are sent, if anywhere: off unless a collector is named.

use std::fmt;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use traces::SampleRatio;
use url::Url;

use super::Reader;

/// What the platform is called where a deployment does not say otherwise.
const SERVICE_NAME: &str = "tot";
const HEADERS: &str = "TOT_OTLP_HEADERS";

/// The collector, and what it is sent.
pub struct OtlpConfig {
    /// Its base address (`TOT_OTLP_ENDPOINT`).
    pub endpoint: Url,
    /// What goes with every request, such as a key (`TOT_OTLP_HEADERS`).
    pub headers: Vec<(String, SecretString)>,
    /// How the platform is called there (`TOT_OTLP_SERVICE_NAME`).
    pub service_name: String,
    /// The share of traces that is sent (`TOT_OTLP_SAMPLE_RATIO`).
    pub ratio: SampleRatio,
}

impl OtlpConfig {
    /// Reads it; none where no collector is named.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let endpoint = reader.parsed_or(
            "TOT_OTLP_ENDPOINT",
            None,
            |text| endpoint(text).map(Some),
            "the address of an OpenTelemetry collector, without a user in it, such as http://collector:4318",
        );
        let headers = headers(reader);
        let ratio = reader.parsed_or(
            "TOT_OTLP_SAMPLE_RATIO",
            SampleRatio::ALL,
            SampleRatio::parse,
            "a share from 0 to 1 with at most six decimals, such as 0.05",
        );
        let name = |text: &str| (!text.chars().any(char::is_control)).then(|| text.to_owned());
        let service_name = reader.parsed_or(
            "TOT_OTLP_SERVICE_NAME",
            SERVICE_NAME.to_owned(),
            name,
            "a name without control characters, such as tot-staging",
        );
        if headers.is_some() {
            let mend = "name the collector that TOT_OTLP_HEADERS are for, such as http://collector:4318";
            reader.required("TOT_OTLP_ENDPOINT", mend);
        }
        Some(Self {
            endpoint: endpoint?,
            headers: headers.unwrap_or_default(),
            service_name,
            ratio,
        })
    }
}

impl fmt::Debug for OtlpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpConfig")
            .field("endpoint", &self.endpoint.as_str())
            .field("service_name", &self.service_name)
            .field("ratio", &self.ratio)
            .finish_non_exhaustive()
    }
}

/// An address that holds no secret: those go into headers.
fn endpoint(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_base = url.query().is_none() && url.fragment().is_none();
    (is_web && is_plain && is_base).then_some(url)
}

/// `name=value` pairs separated by commas, values percent-encoded where they hold what would end them (the form of
/// OpenTelemetry's own variable). None where they are not set.
fn headers(reader: &mut Reader<'_>) -> Option<Vec<(String, SecretString)>> {
    let text = reader.optional_secret_text(HEADERS)?;
    let pairs: Option<Vec<_>> = text.split(',').map(header).collect();
    if pairs.is_none() {
        let expected = "name=value pairs separated by commas, such as authorization=Bearer%20key";
        reader.wrong(HEADERS, expected);
    }
    Some(pairs.unwrap_or_default())
}

fn header(pair: &str) -> Option<(String, SecretString)> {
    let (name, value) = pair.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let value = percent_decode_str(value).decode_utf8().ok()?;
    let is_shown = |byte: u8| matches!(byte, b' '..=b'~');
    let fits =
        !name.is_empty() && name.bytes().all(is_name) && !value.is_empty() && value.bytes().all(is_shown);
    fits.then(|| (name.to_ascii_lowercase(), value.into_owned().into()))
}
