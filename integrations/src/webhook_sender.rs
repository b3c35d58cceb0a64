//! Carries webhooks over HTTP, to public addresses alone: a name is resolved here, each address it leads to is judged, and the connection
//! goes to one of those that were. No redirect is followed, no proxy asked.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest_tls::dns::{Addrs, Name, Resolve, Resolving};
use reqwest_tls::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest_tls::{Client, Response};
use webhooks::address::Loopback;
use webhooks::{Attempt, OutgoingRequest, Transport};

use crate::http::{self, HttpError, Limits};

/// As much of an answer is read, so that its connection can serve the next message; longer answers cost it theirs.
const ANSWER_BYTES_MAX: usize = 16 * 1_024;
/// So long that is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Carries them.
pub struct HttpSender {
    client: Client,
}

/// Resolves names and gives none but permitted addresses. If one of a name's addresses is not, none is given: a public name that leads
/// inside, too, is a mistake or an attack.
struct PublicResolver {
    loopback: Loopback,
}

/// A name leads to an address that is not called.
#[derive(Debug)]
struct NotPublic;

/// A name leads nowhere.
#[derive(Debug)]
struct Unresolved;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to an address that is not of the public internet")
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads nowhere")
    }
}

impl Error for NotPublic {}
impl Error for Unresolved {}

impl HttpSender {
    /// One that calls public addresses, and this machine where that is allowed.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(loopback: Loopback) -> Result<Self, HttpError> {
        let client = http::builder(&Limits::default(), None)?
            .dns_resolver(Arc::new(PublicResolver { loopback }))
            .build()
            .map_err(HttpError::Client)?;
        Ok(Self { client })
    }

    async fn exchange(&self, request: OutgoingRequest) -> Attempt {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let of_message = [
            (ID, request.id),
            (TIMESTAMP, request.timestamp.to_string()),
            (SIGNATURE, request.signatures),
        ];
        for (name, text) in of_message {
            // Ids, numbers and base64 are fit for a header.
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
        let sent = self
            .client
            .post(request.url.url().clone())
            .headers(headers)
            .body(request.body)
            .send()
            .await;
        match sent {
            Ok(response) => {
                let attempt = Attempt::Answered {
                    status: response.status().as_u16(),
                    retry_after: retry_after(response.headers()),
                };
                // The status says it all.
                drop(tokio::time::timeout(ANSWER_WITHIN, read_out(response)).await);
                attempt
            }
            Err(error) => failed(&error),
        }
    }
}

impl Transport for HttpSender {
    fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Attempt> {
        Box::pin(async move {
            let within = request.within;
            tokio::time::timeout(within, self.exchange(request))
                .await
                .unwrap_or(Attempt::Timeout)
        })
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<SocketAddr> = found.map_err(|_| Unresolved)?.collect();
            permitted(addresses, loopback).map(|addresses| Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// All of them, or none if there is none or one is not permitted.
fn permitted(
    addresses: Vec<SocketAddr>,
    loopback: Loopback,
) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
    if addresses.is_empty() {
        return Err(Box::new(Unresolved));
    }
    match addresses.iter().all(|address| loopback.permits(address.ip())) {
        true => Ok(addresses),
        false => Err(Box::new(NotPublic)),
    }
}

async fn read_out(mut response: Response) {
    let mut left = ANSWER_BYTES_MAX;
    while let Ok(Some(chunk)) = response.chunk().await {
        match left.checked_sub(chunk.len()) {
            Some(less) => left = less,
            None => break,
        }
    }
}

/// Seconds, or an instant, which is reckoned by the clock of whoever named it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let named = instant(text)?;
    let present = instant(headers.get(DATE)?.to_str().ok()?)?;
    Duration::try_from(named.duration_since(present)).ok()
}

fn instant(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

fn failed(error: &reqwest_tls::Error) -> Attempt {
    let mut source = Some(error as &dyn Error);
    while let Some(cause) = source {
        if cause.is::<NotPublic>() {
            return Attempt::NotPublic;
        }
        if cause.is::<Unresolved>() {
            return Attempt::Unresolved;
        }
        if is_tls(cause) {
            return Attempt::Tls;
        }
        source = cause.source();
    }
    if error.is_timeout() {
        Attempt::Timeout
    } else if error.is_connect() {
        Attempt::NotConnected
    } else {
        Attempt::ConnectionLost
    }
}

/// What rustls says stands in an error of the connection, which does not call it its source.
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    let within = cause
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    // What it cannot read it calls so in words alone.
    let is_no_tls = cause.to_string().contains("InvalidContentType");
    is_no_tls || cause.is::<rustls::Error>() || within.is_some_and(|error| error.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use webhooks::address::EndpointUrl;

    use super::*;

    fn request(url: &str) -> OutgoingRequest {
        OutgoingRequest {
            url: EndpointUrl::parse(url, Loopback::Allowed).unwrap(),
            id: "message".to_owned(),
            timestamp: 7,
            signatures: "v1,a v1,b".to_owned(),
            body: "{}".to_owned(),
            within: Duration::from_secs(5),
        }
    }

    /// Answers one request with this text; gives what was asked.
    async fn answering(answer: String) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        #[expect(clippy::disallowed_methods, reason = "joined by the test")]
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let mut length = 0;
            while !request[..length].ends_with(b"{}") {
                length += stream.read(&mut request[length..]).await.unwrap();
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request[..length].to_vec()).unwrap()
        });
        (format!("http://{address}/hooks"), asked)
    }

    fn answer(status: &str, headers: &str) -> String {
        format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n{headers}\r\n")
    }

    #[tokio::test]
    async fn a_message_is_posted_with_its_three_headers_and_the_answer_is_told() {
        let (url, asked) = answering(answer("204 No Content", "")).await;
        let sender = HttpSender::new(Loopback::Allowed).unwrap();
        let attempt = sender.send(request(&url)).await;
        assert!(attempt.is_taken(), "{attempt:?}");
        let asked = asked.await.unwrap().to_lowercase();
        assert!(asked.starts_with("post /hooks http/1.1"), "{asked}");
        for header in [
            "webhook-id: message",
            "webhook-timestamp: 7",
            "webhook-signature: v1,a v1,b",
            "content-type: application/json",
        ] {
            assert!(asked.contains(header), "{header} in {asked}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let (elsewhere, never) = answering(answer("200 OK", "")).await;
        let (url, asked) = answering(answer(
            "307 Temporary Redirect",
            &format!("Location: {elsewhere}\r\n"),
        ))
        .await;
        let attempt = HttpSender::new(Loopback::Allowed)
            .unwrap()
            .send(request(&url))
            .await;
        assert_eq!(attempt.failure(), Some("redirect"));
        asked.await.unwrap();
        assert!(!never.is_finished());
        never.abort();
    }

    #[tokio::test]
    async fn a_pause_that_is_asked_for_is_told_in_either_form() {
        for (headers, expected) in [
            ("Retry-After: 120\r\n", 120),
            (
                "Date: Mon, 30 Nov 2026 10:00:00 GMT\r\nRetry-After: Mon, 30 Nov 2026 10:01:30 GMT\r\n",
                90,
            ),
        ] {
            let (url, _asked) = answering(answer("503 Service Unavailable", headers)).await;
            let attempt = HttpSender::new(Loopback::Allowed)
                .unwrap()
                .send(request(&url))
                .await;
            let retry_after = Some(Duration::from_secs(expected));
            assert_eq!(
                attempt,
                Attempt::Answered {
                    status: 503,
                    retry_after
                }
            );
        }
    }

    #[tokio::test]
    async fn why_there_is_no_answer_is_told() {
        let sender = HttpSender::new(Loopback::Allowed).unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = closed.local_addr().unwrap();
        drop(closed);
        let attempt = sender.send(request(&format!("http://{address}/"))).await;
        assert_eq!(attempt, Attempt::NotConnected);
        let (url, _asked) = answering(String::new()).await;
        assert_eq!(sender.send(request(&url)).await, Attempt::ConnectionLost);
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut late = request(&format!("http://{}/", silent.local_addr().unwrap()));
        late.within = Duration::from_millis(50);
        assert_eq!(sender.send(late).await, Attempt::Timeout);
    }

    /// What speaks no TLS cannot be told from an attack.
    #[tokio::test]
    async fn a_receiver_without_tls_is_told_from_one_that_is_away() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let plain = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
            stream
        };
        let sender = HttpSender::new(Loopback::Allowed).unwrap();
        let (attempt, _stream) = tokio::join!(sender.send(request(&url)), plain);
        assert_eq!(attempt, Attempt::Tls);
    }

    /// `localhost` is a name that leads inside on every machine.
    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sender = HttpSender::new(Loopback::Refused).unwrap();
        let attempt = sender.send(request(&format!("http://localhost:{port}/"))).await;
        assert_eq!(attempt, Attempt::NotPublic);
        let nobody = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(nobody.is_err(), "a connection was made all the same");
    }

    #[test]
    fn one_address_that_is_not_permitted_takes_the_others_with_it() {
        let of = |addresses: &[&str]| {
            let addresses = addresses.iter().map(|one| one.parse().unwrap()).collect();
            permitted(addresses, Loopback::Refused)
                .map(|left| left.len())
                .map_err(|error| error.to_string())
        };
        assert_eq!(of(&["8.8.8.8:0", "[2606:4700::1111]:0"]), Ok(2));
        assert_eq!(of(&["8.8.8.8:0", "10.0.0.1:0"]), Err(NotPublic.to_string()));
        assert_eq!(of(&[]), Err(Unresolved.to_string()));
    }
}
