//! The patients for whom an app may act.

use axum::Json;
use axum::extract::State;
use domain::ids::PatientId;
use domain::people::Role;
use identity::{AppError, AppRefusal, AuditTarget, NewSecurityEvent, OneTimeCode, SecurityEvent};
use projections::{Cursor, List};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::app::{AppCaller, AppRequest};
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::page::PageParams;
use crate::extract::read::parsed;
use crate::problem::Problem;
use crate::representation::app::AppPatientView;
use crate::representation::page::PageView;
use crate::routes::auth::factors::CODE_CHARS_MAX;
use crate::security_events;
use crate::security_events::sign_in::written;

/// By what a patient agreed.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"link_code": "ABCDE-FGHJK"}))]
pub struct LinkPatientBody {
    /// The code that the patient made for this app, of `POST /me/apps/link-codes`.
    #[schema(value_type = String)]
    pub link_code: OneTimeCode,
}

impl FromBody for LinkPatientBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let link_code = fields.required("link_code", parsed(OneTimeCode::parse, CODE_CHARS_MAX));
        Some(Self {
            link_code: link_code?,
        })
    }
}

/// Take up a patient's link code
///
/// For apps: from now on the app acts for this patient, within the scopes that the patient agreed to. A code is taken once, within ten
/// minutes; another code of the same patient renews what they agree to.
#[utoipa::path(post, path = "/apps/me/patients", tag = "apps", security(("app" = [])), request_body = LinkPatientBody,
    responses(
        (status = 200, description = "The patient", body = AppPatientView),
        (status = 409, description = "`invalid_link_code`"),
    ))]
pub async fn link(
    State(app): State<App>,
    AppRequest {
        app: caller,
        body,
        origin,
    }: AppRequest<LinkPatientBody>,
) -> Result<Json<AppPatientView>, Problem> {
    let told = |event| NewSecurityEvent::new(event, origin.event_origin());
    let linked = |patient: PatientId| {
        told(SecurityEvent::AppLinked)
            .by(Some((patient.into(), Role::Patient)))
            .on(Some(AuditTarget::new("app", caller.id)))
    };
    let done = app
        .people()
        .redeem_link_code(caller.id, &body.link_code, linked, app.now())
        .await;
    match &done {
        Ok(_) => written(&origin, SecurityEvent::AppLinked),
        Err(AppError::Refused(AppRefusal::WrongLinkCode)) => {
            origin.set_told();
            let refused = told(SecurityEvent::AppLinkRefused).on(Some(AuditTarget::new("app", caller.id)));
            security_events::note(&app, refused);
        }
        Err(_) => {}
    }
    Ok(Json(AppPatientView::from(done?)))
}

/// List the app's patients
///
/// For apps: for whom it may act, and what each of them agreed to; the first to agree come first.
#[utoipa::path(get, path = "/apps/me/patients", tag = "apps", security(("app" = [])), params(PageParams),
    responses((status = 200, description = "A page of patients", body = PageView<AppPatientView>)))]
pub async fn patients(
    State(app): State<App>,
    QueryParams(page): QueryParams<PageParams>,
    caller: AppCaller,
) -> Result<Json<PageView<AppPatientView>>, Problem> {
    let rows = usize::from(page.limit.rows());
    let after = page
        .cursor
        .map(|cursor| cursor.instant(List::AppPatients))
        .transpose()?;
    let wanted = i64::from(page.limit.rows()) + 1;
    let mut found = app.people().patients_of_app(caller.app.id, after, wanted).await?;
    let more = found.len() > rows;
    found.truncate(rows);
    let last = found.last().filter(|_| more);
    Ok(Json(PageView {
        next: last.map(|last| Cursor::at(List::AppPatients, last.linked_at, last.patient_id.uuid()).encode()),
        items: found.into_iter().map(AppPatientView::from).collect(),
    }))
}
