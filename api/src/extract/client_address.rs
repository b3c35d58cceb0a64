//! A client's address that something is looked for by. In a URL it would stand in the logs of every proxy on the way.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;

use super::head::header_text;
use crate::problem::Problem;
use crate::problem::field_error::{FieldError, FieldProblem};

/// The header that names it.
const SHOWN: &str = "Tot-Client-Address";

/// The address, if one is named.
pub struct ClientAddress(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let address = client_address(&parts.headers, &mut faults);
        match faults.is_empty() {
            true => Ok(Self(address)),
            false => Err(Problem::invalid(faults)),
        }
    }
}

/// One IP address, of either version.
pub fn client_address(headers: &HeaderMap, faults: &mut Vec<FieldError>) -> Option<IpAddr> {
    let text = header_text(headers, "tot-client-address", SHOWN, faults)?;
    let address = text.parse().ok();
    if address.is_none() {
        let wrong = FieldProblem::new("not_an_address", "must be one IP address, such as 192.0.2.1");
        faults.push(wrong.at(format!("/headers/{SHOWN}")));
    }
    address
}
