//! Which stretch of a list is asked for.

use http::{HeaderMap, header};
use projections::{Cursor, Limit};
use utoipa::IntoParams;

use crate::extract::head::{FromQuery, Parameters};

/// The parameters that every list has beside its own.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl FromQuery for PageParams {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let limit = parameters.limit();
        let cursor = parameters.cursor();
        Some(Self {
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// A list's own parameters, and the stretch of it.
impl<Q: FromQuery> FromQuery for (Q, PageParams) {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let own = Q::read(parameters);
        let page = PageParams::read(parameters);
        Some((own?, page?))
    }
}

/// In which form an answer is wanted, by the parameter `format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON document.
    Json,
    /// A file of comma-separated values (RFC 4180).
    Csv,
}

impl Form {
    /// `json` or `csv`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// CSV where `Accept` names it and not JSON.
    pub fn preferred(headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let names = |kind: &str| accepted.is_some_and(|accepted| accepted.contains(kind));
        if names("text/csv") && !names("application/json") {
            Self::Csv
        } else {
            Self::Json
        }
    }
}
