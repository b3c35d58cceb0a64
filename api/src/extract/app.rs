//! A request of an app about its own affairs: its body first, as everywhere, then its token, then its limits.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;

use crate::app::App;
use crate::apps::access;
use crate::apps::limits::ActingApp;
use crate::extract::body::FromBody;
use crate::extract::request::AnonymousRequest;
use crate::problem::Problem;
use crate::security_events::origin::RequestOrigin;

/// An app that is signed in.
pub struct AppCaller {
    /// Which.
    pub app: ActingApp,
}

impl FromRequestParts<App> for AppCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let origin = RequestOrigin::of_parts(parts, app);
        let app = access::itself(app, parts, &origin).await?;
        Ok(Self { app })
    }
}

/// A change that an app asks for.
pub struct AppRequest<B> {
    /// Which app.
    pub app: ActingApp,
    /// What is asked for.
    pub body: B,
    /// Where it comes from.
    pub origin: RequestOrigin,
}

impl<B: FromBody + Send> FromRequest<App> for AppRequest<B> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let AnonymousRequest { body, parts, .. } = AnonymousRequest::from_request(request, app).await?;
        let origin = RequestOrigin::of_parts(&parts, app);
        let acting = access::itself(app, &parts, &origin).await?;
        acting.count_write(app.throttles()).await?;
        Ok(Self {
            app: acting,
            body,
            origin,
        })
    }
}
