//! Everything that is held about oneself, to be taken along.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use commands::policy::MaySignIn;
use http::{HeaderMap, header};
use identity::SecurityEvent;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::head::QueryParams;
use crate::extract::request::Caller;
use crate::language::Language;
use crate::problem::Problem;
use crate::routes::live::Session;
use crate::security_events::sign_in;
use crate::subject_access::{Form, OwnData, Owner};

/// What is held about you; each part is a list, empty where there is nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "account": [{"email": "patient@example.com", "first_name": "Иван", "last_name": "Иванов"}], "second_factor": [], "passkeys": [],
    "sessions": [],
    "calendar_links": [], "app_links": [], "bank_accounts": [], "bookings": [], "private_records": [], "documents": [], "payments": [],
    "wallet": [],
    "wallet_entries": [], "payouts": [], "data_reads": [], "consents": [], "erasures": [],
}))]
pub struct OwnDataView {
    /// The account, as `GET /auth/me` answers it.
    #[schema(value_type = Vec<Object>)]
    pub account: Vec<serde_json::Value>,
    /// The second factor, without its secret.
    #[schema(value_type = Vec<Object>)]
    pub second_factor: Vec<serde_json::Value>,
    /// Passkeys, as `GET /auth/passkeys` answers them.
    #[schema(value_type = Vec<Object>)]
    pub passkeys: Vec<serde_json::Value>,
    /// Living sessions.
    #[schema(value_type = Vec<Object>)]
    pub sessions: Vec<serde_json::Value>,
    /// The link for other calendars, without its secret.
    #[schema(value_type = Vec<Object>)]
    pub calendar_links: Vec<serde_json::Value>,
    /// The apps that may act for you, as `GET /me/apps` answers them.
    #[schema(value_type = Vec<Object>)]
    pub app_links: Vec<serde_json::Value>,
    /// The bank account for payouts, in full.
    #[schema(value_type = Vec<Object>)]
    pub bank_accounts: Vec<serde_json::Value>,
    /// A patient's bookings with address, complaint and notes; a doctor's visits without what is the patients'.
    #[schema(value_type = Vec<Object>)]
    pub bookings: Vec<serde_json::Value>,
    /// Every word about you that is kept apart from history, staff's notes too.
    #[schema(value_type = Vec<Object>)]
    pub private_records: Vec<serde_json::Value>,
    /// What a doctor attached to an application, with digests and where to fetch the files.
    #[schema(value_type = Vec<Object>)]
    pub documents: Vec<serde_json::Value>,
    /// Payments, as `GET /payments` answers them.
    #[schema(value_type = Vec<Object>)]
    pub payments: Vec<serde_json::Value>,
    /// The wallet.
    #[schema(value_type = Vec<Object>)]
    pub wallet: Vec<serde_json::Value>,
    /// Its statement.
    #[schema(value_type = Vec<Object>)]
    pub wallet_entries: Vec<serde_json::Value>,
    /// Payouts.
    #[schema(value_type = Vec<Object>)]
    pub payouts: Vec<serde_json::Value>,
    /// Who was shown your data, and what for.
    #[schema(value_type = Vec<Object>)]
    pub data_reads: Vec<serde_json::Value>,
    /// What you consented to, and took back.
    #[schema(value_type = Vec<Object>)]
    pub consents: Vec<serde_json::Value>,
    /// The latest erasure that was asked for.
    #[schema(value_type = Vec<Object>)]
    pub erasures: Vec<serde_json::Value>,
}

/// Take everything about you along
///
/// By a fresh proof: all that is held about you, as JSON, or as one page to be read where `Accept` names `text/html` (Russian, or what
/// `Accept-Language` names). It is sent as it is read; one that is cut off ends without its proper end.
#[utoipa::path(get, path = "/me/data", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "Everything", content(
        (OwnDataView = "application/json"),
        (String = "text/html", example = "<!doctype html>"),
    )),
    (status = 403, description = "`proof_required`"),
))]
pub async fn data(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MaySignIn>,
    session: Session,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.people()
        .require_fresh_proof(caller.principal.session_id, app.now())
        .await?;
    let place = app.export_places().take(caller.id(), caller.role())?;
    sign_in::own(&app, &caller, SecurityEvent::OwnDataTaken);
    let language = Language::accepted(&headers);
    let form = if wants_page(&headers) {
        Form::Html(language)
    } else {
        Form::Json
    };
    let kind = match form {
        Form::Json => "application/json",
        Form::Html(_) => "text/html; charset=utf-8",
    };
    let owner = Owner {
        id: caller.id(),
        role: caller.role(),
    };
    let body = Body::from_stream(OwnData::new(app, owner, session, form, place).pieces());
    let mut response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    if matches!(form, Form::Html(_)) {
        language.declare(response.headers_mut());
    }
    Ok(response)
}

/// Whether a page is asked for, and no JSON.
fn wants_page(headers: &HeaderMap) -> bool {
    let named = |kind: &str| {
        headers.get_all(header::ACCEPT).iter().any(|value| {
            let ranges = value.to_str().unwrap_or_default().split(',');
            ranges
                .filter_map(|range| range.split(';').next())
                .any(|range| range.trim() == kind)
        })
    };
    named("text/html") && !named("application/json")
}
