//! The link by which other calendars read when one's visits are.

use axum::Json;
use axum::extract::State;
use commands::policy::MayShareCalendar;
use identity::{CalendarLanguage, CalendarLink};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::read::one_of;
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::{Code, Problem};
use crate::representation::timestamp::shown;
use crate::routes::calendar;

/// Which words the calendar has.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"language": "ru"}))]
pub struct CalendarBody {
    /// The language of the calendar's words; Russian if absent.
    #[schema(value_type = Option<String>)]
    pub language: Option<CalendarLanguage>,
}

impl FromBody for CalendarBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = CalendarLanguage::ALL.map(CalendarLanguage::as_str).join(", ");
        let language = fields.optional("language", one_of(CalendarLanguage::parse, words));
        Some(Self { language: language? })
    }
}

/// A link that has just been made.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "url": "https://tot.example/api/v1/calendar/totc_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs/visits.ics",
    "language": "ru", "made_at": "2026-12-01T09:30:00Z",
}))]
pub struct CalendarLinkView {
    /// What to subscribe to in a calendar. It is told once: only a digest of it is kept. Whoever has it reads the calendar.
    pub url: String,
    /// The language of the calendar's words.
    pub language: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
}

/// A link, as far as it can be told again.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "language": "ru", "made_at": "2026-12-01T09:30:00Z", "read_at": "2026-12-02T06:00:00Z",
}))]
pub struct CalendarView {
    /// The language of the calendar's words.
    pub language: String,
    /// When the link was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// When a calendar last read it; null if none has.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Timestamp>,
}

impl From<CalendarLink> for CalendarView {
    fn from(link: CalendarLink) -> Self {
        Self {
            language: link.language.as_str().to_owned(),
            made_at: shown(link.made_at),
            read_at: link.read_at.map(shown),
        }
    }
}

/// Make a link for other calendars
///
/// For doctors and patients: the address of a calendar of one's own visits, to subscribe to. It says when visits are, nothing of health,
/// names or addresses. A new link ends the one before.
#[utoipa::path(post, path = "/me/calendar", tag = "calendar", security(("bearer" = [])), request_body = CalendarBody,
    responses(
        (status = 200, description = "The link", body = CalendarLinkView),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
    ))]
pub async fn make(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayShareCalendar, CalendarBody>,
) -> Result<Json<CalendarLinkView>, Problem> {
    let language = body.language.unwrap_or_default();
    let people = app.people();
    let (token, link) = people
        .make_calendar_link(caller.id(), language, app.now())
        .await?;
    Ok(Json(CalendarLinkView {
        url: calendar::address(&app.settings().public_url, &token),
        language: link.language.as_str().to_owned(),
        made_at: shown(link.made_at),
    }))
}

/// Read whether there is a link for other calendars
///
/// For doctors and patients. The address itself is told only when it is made.
#[utoipa::path(get, path = "/me/calendar", tag = "calendar", security(("bearer" = [])),
    responses(
        (status = 200, description = "The link", body = CalendarView),
        (status = 404, description = "`not_found`: there is none"),
    ))]
pub async fn show(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayShareCalendar>,
) -> Result<Json<CalendarView>, Problem> {
    let link = app.people().calendar_link(caller.id()).await?;
    let link = link.ok_or_else(|| Problem::plain(Code::NotFound))?;
    Ok(Json(link.into()))
}

/// A link that has ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"revoked": true}))]
pub struct CalendarRevokedView {
    /// Always true: revoking twice is revoking once.
    pub revoked: bool,
}

/// Revoke the link for other calendars
///
/// For doctors and patients: it opens nothing from now on. What calendars have read before stays with them until they look again.
#[utoipa::path(post, path = "/me/calendar/revoke", tag = "calendar", security(("bearer" = [])),
    responses((status = 200, description = "Revoked", body = CalendarRevokedView)))]
pub async fn revoke(
    State(app): State<App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayShareCalendar, EmptyBody>,
) -> Result<Json<CalendarRevokedView>, Problem> {
    app.people().end_calendar_link(caller.id()).await?;
    Ok(Json(CalendarRevokedView { revoked: true }))
}
