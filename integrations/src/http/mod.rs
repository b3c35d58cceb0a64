//! One request, one answer: the HTTP client under every adapter, with explicit limits and nothing repeated unasked.

mod limits;
mod tls;

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use commands::ports::UnknownReason;
use domain::payment::provider::Provider;
use reqwest_tls::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest_tls::{Method, Request, Response, Url};
use traces::{Attribute, Kind, Span, child_span};

pub use limits::Limits;

/// Why a client could not be made.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("the address is not an absolute http or https address")]
    BaseAddress,
    #[error("the extra root certificates cannot be used")]
    Roots(#[source] rustls::Error),
    #[error("the extra root certificates are not PEM")]
    Pem,
    #[error("a header is none")]
    Header,
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest_tls::Error),
}

/// A client of one provider's address.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest_tls::Client,
    provider: Provider,
    base: Url,
    limits: Limits,
}

pub(crate) struct Sent {
    /// For logs: what is being done, such as `capture`.
    pub operation: &'static str,
    pub method: Method,
    /// Parts of the path below the base address; escaped here.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<Vec<u8>>,
}

/// What came back, whatever its status.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Http {
    /// A client for a provider at a base address such as `https://api.yookassa.ru/v3`. `extra_roots_pem` are
    /// certificates trusted beside the usual ones, such as a national authority's.
    pub fn new(
        provider: Provider,
        base: &str,
        limits: Limits,
        extra_roots_pem: Option<&str>,
    ) -> Result<Self, HttpError> {
        let base = Url::parse(base.trim_end_matches('/')).map_err(|_| HttpError::BaseAddress)?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(HttpError::BaseAddress);
        }
        Ok(Self {
            client: client(&limits, extra_roots_pem)?,
            provider,
            base,
            limits,
        })
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sends what may move money: once, with the long limit.
    pub(crate) async fn act(&self, sent: &Sent) -> Result<Reply, UnknownReason> {
        self.once(sent, self.limits.act).await
    }

    /// Sends what only reads: a few times if need be, each with the short limit.
    pub(crate) async fn ask(&self, sent: &Sent) -> Result<Reply, UnknownReason> {
        let mut pause = self.limits.ask_pause;
        let mut left = self.limits.ask_attempts_max.max(1);
        loop {
            left -= 1;
            let outcome = self.once(sent, self.limits.ask).await;
            let settled = matches!(&outcome, Ok(reply) if reply.status < 500);
            if settled || left == 0 {
                return outcome;
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(self.limits.ask);
        }
    }

    async fn once(&self, sent: &Sent, total: Duration) -> Result<Reply, UnknownReason> {
        // Our trace is no business of theirs: no `traceparent` goes with it.
        let request = self.request(sent)?;
        let started = Instant::now();
        let mut span = self.span(sent);
        let outcome = match tokio::time::timeout(total, self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(UnknownReason::Timeout),
        };
        match &outcome {
            Ok(reply) => {
                span.set(Attribute::HttpStatus(reply.status));
                if reply.status >= 400 {
                    span.fail("status");
                }
            }
            Err(because) => span.fail(word(because)),
        }
        drop(span);
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (provider, operation) = (self.provider.as_str(), sent.operation);
        match &outcome {
            Ok(reply) => tracing::info!(
                provider,
                operation,
                http.status = reply.status,
                elapsed_ms,
                "The provider answered"
            ),
            Err(because) => {
                tracing::warn!(provider, operation, %because, elapsed_ms, "The provider did not answer");
            }
        }
        outcome
    }

    /// What a call says of itself: never its path, query or body.
    fn span(&self, sent: &Sent) -> Span {
        let mut span = child_span("provider call", Kind::Client);
        if span.is_recorded() {
            span.set(Attribute::Provider(self.provider.as_str()));
            span.set(Attribute::Operation(sent.operation));
            span.set(Attribute::HttpMethod(if sent.method == Method::GET {
                "GET"
            } else {
                "POST"
            }));
            let host = self.base.host_str().unwrap_or_default();
            span.set(Attribute::ServerAddress(host.into()));
        }
        span
    }

    fn request(&self, sent: &Sent) -> Result<Request, UnknownReason> {
        // An id that is no step of a path would ask about something else.
        if sent
            .path
            .iter()
            .any(|part| matches!(part.as_str(), "" | "." | ".."))
        {
            return Err(UnknownReason::NotConnected);
        }
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&sent.path);
        }
        if !sent.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&sent.query);
        }
        let mut request = self.client.request(sent.method.clone(), url);
        for (name, value) in &sent.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &sent.body {
            request = request
                .header(reqwest_tls::header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        // What cannot even be built was never sent.
        request.build().map_err(|_| UnknownReason::NotConnected)
    }

    async fn exchange(&self, request: Request) -> Result<Reply, UnknownReason> {
        let response = self.client.execute(request).await.map_err(lost)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = self.body(response).await?;
        Ok(Reply {
            status,
            headers,
            body,
        })
    }

    async fn body(&self, mut response: Response) -> Result<Bytes, UnknownReason> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > self.limits.body_bytes_max {
                return Err(UnknownReason::Unreadable("it is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

/// The same as a word, for a span: what a provider says itself does not go there.
const fn word(because: &UnknownReason) -> &'static str {
    match because {
        UnknownReason::NotConnected => "not_connected",
        UnknownReason::Timeout => "timeout",
        UnknownReason::ConnectionLost => "connection_lost",
        UnknownReason::Status(_) => "status",
        UnknownReason::ProviderError(_) => "provider_error",
        UnknownReason::Processing { .. } => "processing",
        UnknownReason::Unreadable(_) => "unreadable",
        UnknownReason::TooLateToRepeat => "too_late_to_repeat",
        UnknownReason::CannotTell(_) => "cannot_tell",
    }
}

/// A client that asks exactly once and follows nobody elsewhere.
pub(crate) fn client(
    limits: &Limits,
    extra_roots_pem: Option<&str>,
) -> Result<reqwest_tls::Client, HttpError> {
    builder(limits, extra_roots_pem)?
        .build()
        .map_err(HttpError::Client)
}

/// The same, before it is made: for whoever resolves names by itself.
pub(crate) fn builder(
    limits: &Limits,
    extra_roots_pem: Option<&str>,
) -> Result<reqwest_tls::ClientBuilder, HttpError> {
    let builder = reqwest_tls::Client::builder()
        .tls_backend_preconfigured(tls::config(extra_roots_pem)?)
        .user_agent("tot")
        // A provider that redirects is not the provider: nothing follows, keys least of all.
        .redirect(reqwest_tls::redirect::Policy::none())
        .retry(reqwest_tls::retry::never())
        .no_proxy()
        .connect_timeout(limits.connect)
        .pool_idle_timeout(limits.idle);
    Ok(builder)
}

/// A connection that never came about carried nothing; after that everything is possible.
fn lost(error: reqwest_tls::Error) -> UnknownReason {
    if error.is_connect() {
        UnknownReason::NotConnected
    } else if error.is_timeout() {
        UnknownReason::Timeout
    } else {
        UnknownReason::ConnectionLost
    }
}

/// Says where a reply stops making sense, never what stands there.
pub(crate) fn unreadable(error: &serde_json::Error) -> UnknownReason {
    let (line, column) = (error.line(), error.column());
    UnknownReason::Unreadable(format!("{:?} fault at {line}:{column}", error.classify()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(base: &str, roots: Option<&str>) -> Option<String> {
        let made = Http::new(Provider::Yookassa, base, Limits::default(), roots);
        made.err().map(|error| {
            format!("{error:?}")
                .split('(')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
    }

    #[test]
    fn an_address_is_absolute_and_of_the_web() {
        assert_eq!(error_of("https://api.yookassa.ru/v3/", None), None);
        for base in [
            "",
            "/v3",
            "api.yookassa.ru/v3",
            "ftp://api.yookassa.ru",
            "mailto:a@b.example",
        ] {
            assert_eq!(error_of(base, None).as_deref(), Some("BaseAddress"), "{base}");
        }
    }

    #[test]
    fn extra_certificates_are_certificates() {
        let der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (pem, expected) in [("", "Pem"), ("no certificate", "Pem"), (der, "Roots")] {
            assert_eq!(
                error_of("https://api.yookassa.ru/v3", Some(pem)).as_deref(),
                Some(expected),
                "{pem}"
            );
        }
    }

    #[test]
    fn whoever_moves_money_is_waited_for_longer_than_yookassa_takes() {
        assert!(Limits::default().act > Duration::from_secs(30));
    }
}
