//! The strict reading of an access token (RFC 8725): fixed algorithm, fixed type, own keys only, canonical encoding.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::apps::AppScopes;
use domain::people::Role;
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use uuid::Uuid;

use super::{APP, Access, AppAccess, Bearer, Claims, ONE_TIME_CODE, Principal, SEVERAL, TOKEN_TYPE};
use crate::keys::TokenKeys;
use crate::refusal::TokenRefusal;
use domain::ids::{AccountId, AppId, AppSecretId, SessionId};

/// Ours are about 500 bytes.
pub(super) const TOKEN_BYTES_MAX: usize = 1_024;
/// Processes sample the same database clock, so they differ by little.
pub(super) const CLOCK_SKEW_S: i64 = 5;

/// Exactly the header we write: one more member (`jku`, `jwk`, `x5u`, `crit`, …) and it is not ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader<'a> {
    #[serde(borrow)]
    alg: &'a str,
    #[serde(borrow)]
    typ: &'a str,
    #[serde(borrow)]
    kid: &'a str,
}

/// Reads `token`, whose length the caller has bounded, in the order header, signature, claims: nothing is believed
/// before its signature.
pub(super) fn strictly(
    token: &str,
    keys: &TokenKeys,
    issuer: &str,
    audience: &str,
    lifetime_s: i64,
    now: Timestamp,
) -> Result<Bearer, TokenRefusal> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenRefusal::Malformed);
    };
    let signed = &token[..header.len() + 1 + claims.len()];
    // This decoder refuses padding, other alphabets and bits left over behind the last byte: one text per token.
    let header = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_| TokenRefusal::Malformed)?;
    let header: StrictHeader<'_> = serde_json::from_slice(&header).map_err(|_| TokenRefusal::Malformed)?;
    if header.alg != "EdDSA" {
        return Err(TokenRefusal::WrongAlgorithm);
    }
    if header.typ != TOKEN_TYPE {
        return Err(TokenRefusal::WrongType);
    }
    let key = keys.verifying(header.kid).ok_or(TokenRefusal::UnknownKey)?;
    match jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, Algorithm::EdDSA) {
        Ok(true) => {}
        Ok(false) => return Err(TokenRefusal::WrongSignature),
        Err(_) => return Err(TokenRefusal::Malformed),
    }
    let claims = URL_SAFE_NO_PAD
        .decode(claims)
        .map_err(|_| TokenRefusal::Malformed)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| TokenRefusal::Malformed)?;
    believe(&claims, issuer, audience, lifetime_s, now.as_second())
}

fn believe(
    claims: &Claims,
    issuer: &str,
    audience: &str,
    lifetime_s: i64,
    now_s: i64,
) -> Result<Bearer, TokenRefusal> {
    if claims.iss != issuer {
        return Err(TokenRefusal::WrongIssuer);
    }
    if claims.aud != audience {
        return Err(TokenRefusal::WrongAudience);
    }
    if claims.exp <= now_s {
        return Err(TokenRefusal::Expired);
    }
    let latest = now_s.saturating_add(CLOCK_SKEW_S);
    if claims.iat > latest || claims.nbf.is_some_and(|nbf| nbf > latest) {
        return Err(TokenRefusal::NotYetValid);
    }
    // We never issue longer ones; the bound also keeps revocations short.
    if claims.exp.saturating_sub(claims.iat) > lifetime_s {
        return Err(TokenRefusal::Malformed);
    }
    canonical_uuid(&claims.jti)?;
    if claims.role == APP {
        return believe_app(claims).map(Bearer::App);
    }
    Ok(Bearer::Person(Access {
        principal: Principal {
            account_id: AccountId::from_uuid(canonical_uuid(&claims.sub)?),
            role: Role::parse(&claims.role).ok_or(TokenRefusal::Malformed)?,
            session_id: SessionId::from_uuid(canonical_uuid(&claims.sid)?),
        },
        second_factor: claims
            .amr
            .iter()
            .any(|method| method == ONE_TIME_CODE || method == SEVERAL),
        issued_at_s: claims.iat,
        expires_at_s: claims.exp,
    }))
}

fn believe_app(claims: &Claims) -> Result<AppAccess, TokenRefusal> {
    let scopes = claims.scope.as_deref().and_then(AppScopes::parse);
    if claims.client_id.as_ref() != Some(&claims.sub) {
        return Err(TokenRefusal::Malformed);
    }
    Ok(AppAccess {
        app_id: AppId::from_uuid(canonical_uuid(&claims.sub)?),
        secret_id: AppSecretId::from_uuid(canonical_uuid(&claims.sid)?),
        scopes: scopes.ok_or(TokenRefusal::Malformed)?,
        issued_at_s: claims.iat,
        expires_at_s: claims.exp,
    })
}

/// `Uuid::parse_str` also reads braces, `urn:` and upper case; we write none of them.
fn canonical_uuid(text: &str) -> Result<Uuid, TokenRefusal> {
    let uuid = Uuid::parse_str(text).map_err(|_| TokenRefusal::Malformed)?;
    let mut buffer = Uuid::encode_buffer();
    if uuid.hyphenated().encode_lower(&mut buffer) == text {
        Ok(uuid)
    } else {
        Err(TokenRefusal::Malformed)
    }
}
