//! An app is let in: by its token, which the database confirms at each use, by its own limits, by the scope that the operation takes, and
//! for a patient who agreed. What it asks for is then asked as that patient, and told as the app's.

use domain::apps::AppScope;
use domain::ids::{AccountId, PatientId, SessionId};
use domain::people::Role;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use identity::{Access, AppAccess, AppStanding, Bearer, Principal};

use super::limits::ActingApp;
use super::scope_of;
use crate::app::App;
use crate::extract::bearer::bearer;
use crate::extract::head::header_text;
use crate::extract::read::id_in;
use crate::problem::field_error::{FieldError, FieldProblem};
use crate::problem::{Code, Problem};
use crate::security_events::origin::RequestOrigin;

/// The header that says for which patient an app acts, as it is shown.
pub const ON_BEHALF_OF: &str = "Tot-On-Behalf-Of";
const ON_BEHALF_OF_NAME: &str = "tot-on-behalf-of";

/// The patient of the header, if there is one.
pub fn on_behalf_of(headers: &HeaderMap, faults: &mut Vec<FieldError>) -> Option<PatientId> {
    let text = header_text(headers, ON_BEHALF_OF_NAME, ON_BEHALF_OF, faults)?;
    match id_in(text) {
        Ok(patient) => Some(patient),
        Err(wrong) => {
            faults.push(wrong.at(format!("/headers/{ON_BEHALF_OF}")));
            None
        }
    }
}

/// Nobody but an app acts for somebody else: a header that would be passed over is refused.
///
/// # Errors
/// `invalid`.
pub fn refuse_header(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(ON_BEHALF_OF_NAME) {
        let wrong = FieldProblem::new(
            "not_allowed",
            "is for apps alone: everybody else acts for themselves",
        );
        return Err(Problem::invalid(vec![
            wrong.at(format!("/headers/{ON_BEHALF_OF}")),
        ]));
    }
    Ok(())
}

/// Lets an app in to an operation for the patient it names; answers as whom it is let in.
///
/// # Errors
/// `token_revoked`, `rate_limited`, `forbidden_to_apps`, `insufficient_scope`, `invalid` without the header, and `not_found` for a patient
/// who is none of its own, be there such a patient or not.
pub async fn act_for_patient(
    app: &App,
    parts: &Parts,
    access: AppAccess,
    origin: &RequestOrigin,
) -> Result<(Access, ActingApp), Problem> {
    let mut faults = Vec::new();
    let patient = on_behalf_of(&parts.headers, &mut faults);
    let (acting, standing) = standing(app, &access, patient, origin).await?;
    let scope = scope_of(origin.operation()).ok_or_else(|| Problem::plain(Code::ForbiddenToApps))?;
    if !standing.scopes.contains(scope) {
        return Err(insufficient(scope, Lacking::App));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let patient = patient.ok_or_else(|| {
        let missing = FieldProblem::new(
            "required",
            "is required of an app: the id of the patient it acts for",
        );
        Problem::invalid(vec![missing.at(format!("/headers/{ON_BEHALF_OF}"))])
    })?;
    let agreed = standing.agreed.ok_or_else(not_linked)?;
    let principal = Principal {
        account_id: AccountId::from(patient),
        role: Role::Patient,
        session_id: SessionId::from_uuid(access.secret_id.uuid()),
    };
    origin.set_caller(principal.account_id, principal.role);
    if !agreed.contains(scope) {
        return Err(insufficient(scope, Lacking::Patient));
    }
    let access = Access {
        principal,
        second_factor: false,
        issued_at_s: access.issued_at_s,
        expires_at_s: access.expires_at_s,
    };
    Ok((access, acting))
}

/// An app, about its own affairs.
///
/// # Errors
/// `token_missing`, `invalid_token`, `token_expired`, `token_revoked`, `forbidden` for everybody else, `rate_limited`.
pub async fn itself(app: &App, parts: &Parts, origin: &RequestOrigin) -> Result<ActingApp, Problem> {
    match app.people().bearer(bearer(parts)?, app.now())? {
        Bearer::Person(access) => {
            origin.set_caller(access.principal.account_id, access.principal.role);
            let problem = Problem::new(Code::Forbidden, "this is for apps alone");
            Err(problem.in_russian("это только для приложений"))
        }
        Bearer::App(access) => standing(app, &access, None, origin)
            .await
            .map(|(acting, _)| acting),
    }
}

async fn standing(
    app: &App,
    access: &AppAccess,
    patient: Option<PatientId>,
    origin: &RequestOrigin,
) -> Result<(ActingApp, AppStanding), Problem> {
    origin.set_app(access.app_id);
    let standing = app.people().app_standing(access, patient, app.now()).await?;
    let standing = standing.ok_or_else(|| Problem::plain(Code::TokenRevoked))?;
    let acting = ActingApp {
        id: access.app_id,
        limits: standing.limits,
    };
    acting.count_request(app.throttles()).await?;
    Ok((acting, standing))
}

/// Whose word is missing.
#[derive(Clone, Copy)]
enum Lacking {
    App,
    Patient,
}

/// As RFC 6750 section 3.1 has it.
fn insufficient(scope: AppScope, lacking: Lacking) -> Problem {
    let scope = scope.as_str();
    let (english, russian) = match lacking {
        Lacking::App => (
            format!("this takes the scope {scope}, which the app's token does not have"),
            format!("для этого нужно право {scope}, которого у токена приложения нет"),
        ),
        Lacking::Patient => (
            format!(
                "this takes the scope {scope}, to which the patient did not agree: another link code is needed"
            ),
            format!("для этого нужно право {scope}, на которое пациент не соглашался: нужен новый код связи"),
        ),
    };
    let told = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
    let told = HeaderValue::try_from(told).unwrap_or(HeaderValue::from_static("Bearer"));
    Problem::new(Code::InsufficientScope, english)
        .in_russian(russian)
        .with_header(header::WWW_AUTHENTICATE, told)
}

fn not_linked() -> Problem {
    let problem = Problem::new(Code::NotFound, "this app has no such patient");
    problem
        .in_russian("у этого приложения нет такого пациента")
        .for_somebody_else()
}
