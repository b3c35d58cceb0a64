//! A witness over HTTP: asked for the last head it saw, shown the next one.

use std::time::Duration;

use audit::witnesses::{WitnessError, WitnessPort};
use event_store::BoxFuture;
use notary::witness::Acceptance;
use notary::{Hash, SignedTreeHead};
use reqwest_tls::header::{CONTENT_TYPE, HeaderValue};
use reqwest_tls::{Client, Request, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::http::{self, HttpError, Limits};

/// Until a whole answer is there.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A head is some 500 bytes, a refusal with a fork three times that.
const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// One witness: what `tot witness` serves.
#[derive(Clone, Debug)]
pub struct HttpWitness {
    client: Client,
    base: Url,
}

#[derive(Deserialize)]
struct Accepted {
    accepted: String,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
    detail: String,
}

impl HttpWitness {
    /// The witness at a base address such as `https://witness.example`.
    ///
    /// # Errors
    /// When the address is none, or no client can be made.
    pub fn new(base: &Url) -> Result<Self, HttpError> {
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(HttpError::BaseAddress);
        }
        Ok(Self {
            client: http::client(&Limits::default(), None)?,
            base: base.clone(),
        })
    }

    /// What the witness at this address is called: the address without a password that may be in it.
    pub fn name_of(base: &Url) -> String {
        let mut shown = base.clone();
        // An address that can have neither has neither.
        shown.set_username("").unwrap_or(());
        shown.set_password(None).unwrap_or(());
        shown.to_string()
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn exchange(&self, request: Request) -> Result<(StatusCode, Vec<u8>), WitnessError> {
        let exchange = async {
            let mut response = self.client.execute(request).await.map_err(unanswered)?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(WitnessError::unavailable)? {
                if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                    return Err(WitnessError::unavailable("its answer is too long"));
                }
                body.extend_from_slice(&chunk);
            }
            Ok((response.status(), body))
        };
        match tokio::time::timeout(ANSWER_WITHIN, exchange).await {
            Ok(answer) => answer,
            Err(late) => Err(WitnessError::unavailable(late)),
        }
    }
}

/// Why there is no answer. What `tot witness` answers to TLS is HTTP, which TLS calls an invalid type of content.
fn unanswered(error: reqwest_tls::Error) -> WitnessError {
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        if cause.to_string().contains("InvalidContentType") {
            return WitnessError::unavailable(
                "it does not speak TLS: `tot witness` speaks plain HTTP, so name it by http://, or put a proxy with TLS before it",
            );
        }
        source = cause.source();
    }
    WitnessError::unavailable(error)
}

impl WitnessPort for HttpWitness {
    fn name(&self) -> String {
        Self::name_of(&self.base)
    }

    fn last_seen(&self, log_id: Uuid) -> BoxFuture<'_, Result<Option<SignedTreeHead>, WitnessError>> {
        Box::pin(async move {
            let request = self.client.get(self.url(&["heads", &log_id.to_string()])).build();
            let (status, body) = self.exchange(request.map_err(WitnessError::unavailable)?).await?;
            match status {
                StatusCode::OK => serde_json::from_slice(&body)
                    .map(Some)
                    .map_err(WitnessError::unavailable),
                StatusCode::NOT_FOUND => Ok(None),
                other => Err(WitnessError::unavailable(format!("it answered {other}"))),
            }
        })
    }

    fn observe<'a>(
        &'a self,
        head: &'a SignedTreeHead,
        consistency: &'a [Hash],
    ) -> BoxFuture<'a, Result<Acceptance, WitnessError>> {
        Box::pin(async move {
            let shown = json!({"head": head, "consistency": consistency});
            let request = self
                .client
                .post(self.url(&["heads"]))
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(shown.to_string())
                .build();
            let (status, body) = self.exchange(request.map_err(WitnessError::unavailable)?).await?;
            match status {
                StatusCode::OK => acceptance(&body),
                StatusCode::CONFLICT | StatusCode::FORBIDDEN => {
                    let refusal: Refusal =
                        serde_json::from_slice(&body).map_err(WitnessError::unavailable)?;
                    Err(WitnessError::Refused(format!(
                        "{}: {}",
                        refusal.code, refusal.detail
                    )))
                }
                other => Err(WitnessError::unavailable(format!("it answered {other}"))),
            }
        })
    }
}

fn acceptance(body: &[u8]) -> Result<Acceptance, WitnessError> {
    let accepted: Accepted = serde_json::from_slice(body).map_err(WitnessError::unavailable)?;
    match accepted.accepted.as_str() {
        "first" => Ok(Acceptance::First),
        "same" => Ok(Acceptance::Same),
        "grown" => Ok(Acceptance::Grown),
        other => Err(WitnessError::unavailable(format!("it accepted it as {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_no_part_of_a_name() {
        let url = |text| Url::parse(text).unwrap();
        let name = HttpWitness::name_of(&url("https://relay:secret@witness.example/a"));
        assert_eq!(name, "https://witness.example/a");
    }

    #[tokio::test]
    async fn a_witness_without_tls_is_told_from_one_that_is_away() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let witness = HttpWitness::new(&Url::parse(&format!("https://127.0.0.1:{port}")).unwrap()).unwrap();
        let answer = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
            tokio::io::AsyncWriteExt::write_all(&mut stream, refusal)
                .await
                .unwrap();
            stream
        };
        let (asked, _) = tokio::join!(witness.last_seen(Uuid::nil()), answer);
        let why = std::error::Error::source(&asked.unwrap_err())
            .unwrap()
            .to_string();
        assert!(why.contains("`tot witness` speaks plain HTTP"), "{why}");
        drop(listener);
        let away = witness.last_seen(Uuid::nil()).await.unwrap_err();
        let why = std::error::Error::source(&away).unwrap().to_string();
        assert!(!why.contains("TLS"), "{why}");
    }
}
