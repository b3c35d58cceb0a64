//! The session behind a request, for answers that go on after the moment it was checked in.

use axum::extract::FromRequestParts;
use http::request::Parts;
use identity::Caller;
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::extract::caller::bearer;
use crate::problem::Problem;
use crate::problem::code::Code;

/// A caller's session, and the token that stands for it.
#[derive(Debug)]
pub struct Session {
    /// Who it is, from the token.
    pub caller: Caller,
    token: SecretString,
}

impl Session {
    /// Whether a request with this token would be let in now: it has not expired, and the session has not ended.
    /// Costs no look at the database.
    pub fn stands(&self, app: &App) -> bool {
        app.people().verify(self.token.expose_secret(), app.now()).is_ok()
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(parts).ok_or_else(|| Problem::plain(Code::TokenMissing))?;
        Ok(Self {
            caller: app.people().verify(token, app.now())?,
            token: SecretString::from(token),
        })
    }
}
