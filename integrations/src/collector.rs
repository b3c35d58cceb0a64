//! An OpenTelemetry collector over HTTP: OTLP in protobuf, at `/v1/traces` below its address.

use std::fmt;

use futures::future::BoxFuture;
use reqwest_tls::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest_tls::{Client, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use traces::{Collector, CollectorError};

use crate::http::{self, HttpError, Limits};

/// A response says how many spans were refused, and why.
const ANSWER_BYTES_MAX: usize = 64 * 1_024;
const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// One collector.
pub struct OtlpCollector {
    client: Client,
    url: Url,
    headers: HeaderMap,
}

impl OtlpCollector {
    /// The collector at a base address such as `http://collector:4318`, which is sent these headers too, such as a key.
    ///
    /// # Errors
    /// When the address or a header is none, or no client can be made.
    pub fn new(base: &Url, headers: &[(String, SecretString)]) -> Result<Self, HttpError> {
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(HttpError::BaseAddress);
        }
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["v1", "traces"]);
        }
        let mut with = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HttpError::Header)?;
            let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| HttpError::Header)?;
            value.set_sensitive(true);
            with.insert(name, value);
        }
        with.insert(CONTENT_TYPE, PROTOBUF);
        Ok(Self {
            client: http::client(&Limits::default(), None)?,
            url,
            headers: with,
        })
    }
}

impl fmt::Debug for OtlpCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpCollector").finish_non_exhaustive()
    }
}

impl Collector for OtlpCollector {
    fn send(&self, request: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, CollectorError>> {
        Box::pin(async move {
            let request = self
                .client
                .post(self.url.clone())
                .headers(self.headers.clone())
                .body(request);
            let mut response = request.send().await.map_err(unreachable)?;
            let status = response.status();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
                if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                    break; // So much cannot be the response; whoever answers so is told by the status alone.
                }
                body.extend_from_slice(&chunk);
            }
            match status {
                StatusCode::OK => Ok(body),
                other => Err(CollectorError::Status(other.as_u16())),
            }
        })
    }
}

/// Without the address, which may hold what is nobody's business.
fn unreachable(error: reqwest_tls::Error) -> CollectorError {
    CollectorError::Unreachable(Box::new(error.without_url()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_traces_is_put_behind_the_address() {
        for (base, url) in [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            (
                "https://tempo.example/otlp/",
                "https://tempo.example/otlp/v1/traces",
            ),
        ] {
            let collector = OtlpCollector::new(&Url::parse(base).unwrap(), &[]).unwrap();
            assert_eq!(collector.url.as_str(), url);
        }
        assert!(OtlpCollector::new(&Url::parse("ftp://collector").unwrap(), &[]).is_err());
    }

    #[test]
    fn a_header_is_sent_as_it_is_given_and_shown_to_nobody() {
        let base = Url::parse("http://collector:4318").unwrap();
        let header = |name: &str, value: &str| [(name.to_owned(), SecretString::from(value))];
        let collector = OtlpCollector::new(&base, &header("authorization", "Bearer hush")).unwrap();
        assert_eq!(collector.headers["authorization"], "Bearer hush");
        assert!(!format!("{collector:?} {:?}", collector.headers).contains("hush"));
        for (name, value) in [("two words", "hush"), ("name", "two\nlines")] {
            assert!(OtlpCollector::new(&base, &header(name, value)).is_err(), "{name}");
        }
    }
}
