//! The texts of consents in force, and what somebody said about them.

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use domain::ids::PatientId;
use domain::people::Role;
use http::HeaderMap;
use identity::{CONSENT_TEXTS, Consent, ConsentKind, SecurityEvent, missing_consents};
use jiff::Timestamp;
use projections::Limit;
use projections::bookings::query::lists;
use projections::bookings::{LineFilter, When};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::read::{Parsed, one_of, truth, whole};
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::language::Language;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::timestamp::shown;
use crate::security_events::sign_in;

/// A text that is consented to.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "personal_data", "version": 1, "sha256": "3f0c…", "russian": "# Согласие …", "english": "# Consent …",
}))]
pub struct ConsentTextView {
    /// To what.
    pub kind: String,
    /// The version in force.
    pub version: u16,
    /// SHA-256 over both languages, the Russian first.
    pub sha256: String,
    /// The text that counts, in Markdown.
    pub russian: String,
    /// What it says, in Markdown.
    pub english: String,
}

/// The texts in force.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct ConsentTextsView {
    /// One of each kind.
    pub items: Vec<ConsentTextView>,
}

/// One word of yours.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"kind": "health_data", "version": 1, "given": true, "at": "2026-12-01T09:30:00Z", "sha256": "3f0c…"}))]
pub struct ConsentView {
    /// To what.
    pub kind: String,
    /// To which version of the text.
    pub version: u16,
    /// Given, or taken back.
    pub given: bool,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Of the text that was in force.
    pub sha256: String,
}

/// What you consented to.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [], "missing": ["personal_data", "health_data"]}))]
pub struct OwnConsentsView {
    /// Every word, the latest first.
    pub items: Vec<ConsentView>,
    /// The kinds whose text in force you have not consented to.
    pub missing: Vec<String>,
    /// What follows from a consent that was just taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
}

/// A consent, given or taken back.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"kind": "health_data", "version": 1, "given": true}))]
pub struct ConsentBody {
    /// To what.
    #[schema(value_type = String)]
    pub kind: ConsentKind,
    /// The version in force, as `GET /consents` tells it.
    #[schema(minimum = 1, maximum = 1)]
    #[expect(
        dead_code,
        reason = "checked where it is read: it can only be the one in force"
    )]
    pub version: u16,
    /// `false` takes it back.
    pub given: bool,
}

impl FromBody for ConsentBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = ConsentKind::ALL.map(ConsentKind::as_str).join(", ");
        let kind = fields.required("kind", one_of(ConsentKind::parse, words));
        let version = version_in_force(fields, kind);
        let given = fields.required("given", truth);
        Some(Self {
            kind: kind?,
            version: version?,
            given: given?,
        })
    }
}

/// A version of this kind's text that is in force.
fn version_in_force(fields: &mut Fields<'_>, kind: Option<ConsentKind>) -> Option<u16> {
    let version = fields.required("version", version)?;
    if kind.is_some_and(|kind| kind.text().version != version) {
        fields.fault("version", not_in_force());
        return None;
    }
    Some(version)
}

fn version(raw: &RawValue) -> Parsed<u16> {
    let newest = CONSENT_TEXTS.iter().map(|text| text.version).max().unwrap_or(1);
    let version = whole(1, i64::from(newest))(raw)?;
    u16::try_from(version).map_err(|_| not_in_force())
}

fn not_in_force() -> FieldProblem {
    FieldProblem::new(
        "not_in_force",
        "must be the version in force, which GET /consents tells",
    )
}

/// A consent that somebody gives as they register.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"kind": "personal_data", "version": 1}))]
#[expect(dead_code, reason = "describes the wire; what is read is the kind")]
pub struct GivenConsentBody {
    /// To what.
    pub kind: String,
    /// The version in force, as `GET /consents` tells it.
    #[schema(minimum = 1, maximum = 1)]
    pub version: u16,
}

/// One of those.
pub fn given_consent(fields: &mut Fields<'_>) -> Option<ConsentKind> {
    let words = ConsentKind::ALL.map(ConsentKind::as_str).join(", ");
    let kind = fields.required("kind", one_of(ConsentKind::parse, words));
    version_in_force(fields, kind)?;
    kind
}

/// Read the texts of consents
///
/// Those in force, in both languages; the Russian counts.
#[utoipa::path(get, path = "/consents", tag = "auth", responses(
    (status = 200, description = "The texts", body = ConsentTextsView),
))]
pub async fn texts(QueryParams(()): QueryParams<()>) -> Json<ConsentTextsView> {
    let items = CONSENT_TEXTS.iter().map(|text| ConsentTextView {
        kind: text.kind.as_str().to_owned(),
        version: text.version,
        sha256: hex::encode(text.digest()),
        russian: text.russian.to_owned(),
        english: text.english.to_owned(),
    });
    Json(ConsentTextsView {
        items: items.collect(),
    })
}

/// Read what you consented to
///
/// Every word of yours, and which consents are missing.
#[utoipa::path(get, path = "/me/consents", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "Your consents", body = OwnConsentsView),
))]
pub async fn own_consents(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MaySignIn>,
) -> Result<Json<OwnConsentsView>, Problem> {
    let said = app.people().consents(caller.id()).await?;
    Ok(Json(OwnConsentsView::of(&said)))
}

/// Consent, or take it back
///
/// Kept with the version and the digest of the text; the same word again is one. Taken back, the answer tells what follows.
#[utoipa::path(post, path = "/me/consents", tag = "auth", security(("bearer" = [])), request_body = ConsentBody, responses(
    (status = 200, description = "Your consents", body = OwnConsentsView),
))]
pub async fn consent(
    State(app): State<App>,
    headers: HeaderMap,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MaySignIn, ConsentBody>,
) -> Result<Json<OwnConsentsView>, Problem> {
    let said = (body.kind, body.given);
    app.people().record_consent(caller.id(), said, app.now()).await?;
    sign_in::own(&app, &caller, SecurityEvent::ConsentSaid);
    let said = app.people().consents(caller.id()).await?;
    let mut view = OwnConsentsView::of(&said);
    if !body.given {
        let upcoming = has_upcoming_visits(&app, &caller).await?;
        let language = Language::accepted(&headers);
        view.follows = Some(follows(body.kind, upcoming, language).to_owned());
    }
    Ok(Json(view))
}

impl OwnConsentsView {
    fn of(said: &[Consent]) -> Self {
        let missing = missing_consents(said).into_iter();
        Self {
            items: said.iter().map(ConsentView::from).collect(),
            missing: missing.map(|kind| kind.as_str().to_owned()).collect(),
            follows: None,
        }
    }
}

impl From<&Consent> for ConsentView {
    fn from(consent: &Consent) -> Self {
        Self {
            kind: consent.kind.as_str().to_owned(),
            version: consent.version,
            given: consent.given,
            at: shown(consent.at),
            sha256: hex::encode(&consent.text_digest),
        }
    }
}

/// Whether a patient's visit is ahead or under way.
async fn has_upcoming_visits(app: &App, caller: &Caller<MaySignIn>) -> Result<bool, Problem> {
    if caller.role() != Role::Patient {
        return Ok(false);
    }
    let filter = LineFilter {
        when: Some((When::Upcoming, app.now())),
        ..LineFilter::default()
    };
    let patient = PatientId::from_uuid(caller.id().uuid());
    let one = Limit::new(1).map_err(|error| Problem::internal(&error))?;
    let page = lists::for_patient(&app.models().pool, patient, filter, None, one).await?;
    Ok(!page.items.is_empty())
}

/// What follows from a consent that was taken back.
const fn follows(kind: ConsentKind, upcoming: bool, language: Language) -> &'static str {
    match (kind, upcoming, language) {
        (ConsentKind::HealthData, true, Language::Russian) => {
            "Предстоящие визиты состоятся, и врач увидит жалобы, которые уже указаны. Чтобы он их не увидел, отмените визит до его начала. \
             Данные уничтожаются по требованию: POST /me/erasure."
        }
        (ConsentKind::HealthData, true, Language::English) => {
            "Visits to come take place, and the doctor is shown the complaints given already. Cancel a visit before it begins, and the doctor \
             is not. The data are destroyed on demand: POST /me/erasure."
        }
        (_, _, Language::Russian) => {
            "Что было обработано до отзыва, остаётся законным и хранится. Данные уничтожаются по требованию: POST /me/erasure."
        }
        (_, _, Language::English) => {
            "What was processed before stays lawful and is kept. The data are destroyed on demand: POST /me/erasure."
        }
    }
}
