//! Admins make apps, change them, and give them secrets.

pub mod change;
pub mod list;
pub mod make;
pub mod secrets;

use domain::apps::{AppScope, AppScopes};
use identity::RATE_MAX;
use serde_json::value::RawValue;

use crate::app::App;
use crate::extract::read::{Parsed, one_of_in, whole};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;

/// Scopes, each once and at least one.
fn scopes(raw: &RawValue) -> Parsed<AppScopes> {
    let words: Vec<String> = serde_json::from_str(raw.get())
        .map_err(|_| FieldProblem::new("not_a_list", "must be a list of scopes"))?;
    if words.is_empty() {
        return Err(FieldProblem::new("empty", "must not be empty"));
    }
    let most = AppScope::ALL.len();
    if words.len() > most {
        return Err(FieldProblem::new(
            "too_many",
            format!("has at most {most} entries"),
        ));
    }
    let known = AppScope::ALL.map(AppScope::as_str).join(", ");
    let mut read = Vec::with_capacity(words.len());
    for word in &words {
        let scope = one_of_in(word, AppScope::parse, &known)?;
        if read.contains(&scope) {
            return Err(FieldProblem::new("repeated", "stands here more than once"));
        }
        read.push(scope);
    }
    Ok(read.into_iter().collect())
}

/// So many in a minute.
fn rate(raw: &RawValue) -> Parsed<u32> {
    let rate = whole(1, i64::from(RATE_MAX))(raw)?;
    Ok(u32::try_from(rate).unwrap_or(RATE_MAX))
}

/// Whoever has stolen a session lets no program in that outlives it.
async fn require_proof<P>(app: &App, caller: &Caller<P>) -> Result<(), Problem> {
    let session = caller.principal.session_id;
    Ok(app.people().require_fresh_proof(session, app.now()).await?)
}
