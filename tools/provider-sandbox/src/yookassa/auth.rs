//! Who asks: the shop or the payout gateway, by Basic credentials compared in constant time.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use crate::state::settings::Settings;
use crate::yookassa::errors::Refusal;

/// Whose credentials a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The shop that takes payments.
    Shop,
    /// The gateway that pays out.
    Gateway,
}

/// Recognises the caller: 401 when the credentials are absent or unknown.
pub fn recognise(headers: &HeaderMap, settings: &Settings) -> Result<Caller, Refusal> {
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|code| STANDARD.decode(code.trim()).ok())
        .ok_or_else(Refusal::credentials)?;
    let is = |id: &str, secret: &str| bool::from(format!("{id}:{secret}").as_bytes().ct_eq(&given));
    if is(&settings.shop.id, &settings.shop.secret) {
        Ok(Caller::Shop)
    } else if is(&settings.gateway.id, &settings.gateway.secret) {
        Ok(Caller::Gateway)
    } else {
        Err(Refusal::credentials())
    }
}
