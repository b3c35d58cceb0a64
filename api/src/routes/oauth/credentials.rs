//! A request for a token: its parameters (RFC 6749, sections 2.3.1 and 4.4.2), and by what the client proves who it is.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, header};
use secrecy::SecretString;
use url::form_urlencoded;

use super::error::OauthError;

/// The media type of the form.
const FORM: &str = "application/x-www-form-urlencoded";
/// The parameters that we know; others are passed over, as section 3.2 asks.
const KNOWN: [&str; 4] = ["grant_type", "scope", "client_id", "client_secret"];

/// What was asked for.
pub struct TokenRequest {
    /// Who asks, as it says.
    pub client_id: String,
    /// By what.
    pub client_secret: SecretString,
    grant_type: String,
    /// For what, where it says.
    pub scope: Option<String>,
}

impl TokenRequest {
    /// Reads head and body.
    ///
    /// # Errors
    /// `invalid_request`, and `invalid_client` where nobody says who asks.
    pub fn read(parts: &Parts, body: &[u8]) -> Result<Self, OauthError> {
        if parts.uri.query().is_some_and(|query| !query.is_empty()) {
            return Err(OauthError::InvalidRequest(
                "parameters stand in the body, none in the address",
            ));
        }
        if !is_form(&parts.headers) {
            return Err(OauthError::InvalidRequest(
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let mut form = form(body)?;
        let basic = basic(&parts.headers)?;
        let in_body = (form.remove("client_id"), form.remove("client_secret"));
        let (client_id, client_secret) = match (basic, in_body) {
            (Some(_), (_, Some(_))) => {
                return Err(OauthError::InvalidRequest(
                    "the client proves who it is in one way: HTTP Basic, or client_secret in the body",
                ));
            }
            (Some((id, _)), (Some(other), None)) if id != other => {
                return Err(OauthError::InvalidRequest("client_id is not that of HTTP Basic"));
            }
            (Some(basic), _) => basic,
            (None, (Some(id), Some(secret))) => (id, secret),
            (None, _) => return Err(OauthError::InvalidClient),
        };
        let grant_type = form.remove("grant_type");
        Ok(Self {
            client_id,
            client_secret: SecretString::from(client_secret),
            grant_type: grant_type.ok_or(OauthError::InvalidRequest("grant_type is missing"))?,
            scope: form.remove("scope"),
        })
    }

    /// Whether it is the one grant that there is.
    pub fn is_for_client_credentials(&self) -> bool {
        self.grant_type == "client_credentials"
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|declared| declared.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}

/// The parameters we know, each once; one without a value is one that is absent (section 3.2).
fn form(body: &[u8]) -> Result<BTreeMap<&'static str, String>, OauthError> {
    let mut known = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        let Some(name) = KNOWN.into_iter().find(|known| *known == name) else {
            continue;
        };
        if known.insert(name, value.into_owned()).is_some() {
            return Err(OauthError::InvalidRequest(
                "a parameter stands there more than once",
            ));
        }
    }
    known.retain(|_, value| !value.is_empty());
    Ok(known)
}

/// Id and secret of HTTP Basic, each decoded as a form has them (section 2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, OauthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let encoded = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .map(|(_, encoded)| encoded.trim());
    let decoded = encoded
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let (id, secret) = decoded
        .as_deref()
        .and_then(|pair| pair.split_once(':'))
        .ok_or(OauthError::InvalidClient)?;
    Ok(Some((decoded_part(id), decoded_part(secret))))
}

fn decoded_part(part: &str) -> String {
    let pair = form_urlencoded::parse(part.as_bytes()).next();
    pair.map_or_else(String::new, |(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "tota_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn parts(authorization: Option<&str>, uri: &str) -> Parts {
        let mut request = http::Request::builder()
            .method("POST")
            .uri(uri)
            .header("content-type", FORM);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn read(authorization: Option<&str>, body: &str) -> Result<(String, Option<String>), OauthError> {
        let read = TokenRequest::read(&parts(authorization, "/oauth/token"), body.as_bytes())?;
        Ok((read.client_id, read.scope))
    }

    #[test]
    fn a_client_says_who_it_is_in_the_body_or_by_http_basic() {
        let body =
            format!("grant_type=client_credentials&client_id=a&client_secret={SECRET}&resource=x&scope=");
        assert_eq!(read(None, &body), Ok(("a".to_owned(), None)));
        let basic = format!("Basic {}", STANDARD.encode(format!("a%2Db:{SECRET}")));
        let asked = read(
            Some(&basic),
            "grant_type=client_credentials&scope=bookings%3Aread+payments%3Aread",
        );
        let scope = Some("bookings:read payments:read".to_owned());
        assert_eq!(asked, Ok(("a-b".to_owned(), scope)));
    }

    #[test]
    fn what_is_no_request_of_the_framework_is_told_as_such() {
        let invalid = |asked| matches!(asked, Err(OauthError::InvalidRequest(_)));
        let basic = format!("Basic {}", STANDARD.encode(format!("a:{SECRET}")));
        assert!(invalid(read(Some(&basic), "scope=bookings:read")));
        assert!(invalid(read(
            Some(&basic),
            "grant_type=x&client_secret=y&client_id=a"
        )));
        assert!(invalid(read(Some(&basic), "grant_type=x&client_id=b")));
        assert!(invalid(read(Some(&basic), "grant_type=x&grant_type=x")));
        let in_query = parts(Some(&basic), "/oauth/token?client_id=a");
        assert!(TokenRequest::read(&in_query, b"grant_type=x").is_err());
        for nobody in [None, Some("Basic !"), Some("Basic YQ=="), Some("Bearer x")] {
            assert_eq!(
                read(nobody, "grant_type=x"),
                Err(OauthError::InvalidClient),
                "{nobody:?}"
            );
        }
    }
}
