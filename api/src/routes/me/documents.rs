//! A doctor attaches documents to an application, reads and removes them while it waits.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use commands::policy::MayPractise;
use domain::ids::kind;
use identity::{DocumentKind, NewDocument};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::body::EmptyBody;
use crate::extract::file::{TIMES_AS_LONG, declared_type, file_bytes};
use crate::extract::head::{At, FromQuery, Parameters, QueryParams};
use crate::extract::read::one_of_in;
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::representation::document::{DocumentView, file};

/// What the document shows.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DocumentQuery {
    /// `diploma`, `licence` (or the accreditation in its place) or `identity_proof`.
    #[param(value_type = String, example = "licence")]
    pub kind: DocumentKind,
}

impl FromQuery for DocumentQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let words = DocumentKind::ALL.map(DocumentKind::as_str).join(", ");
        let kind = parameters.optional("kind", |text| one_of_in(text, DocumentKind::parse, &words))?;
        if kind.is_none() {
            parameters.fault("kind", FieldProblem::new("required", "is required"));
        }
        Some(Self { kind: kind? })
    }
}

/// A file on its way: nothing of it is read before it is known who sends it.
pub struct Upload {
    caller: Caller<MayPractise>,
    request: Request,
}

impl FromRequest<App> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = Caller::of(&parts, app).await?;
        app.throttles().write(caller.id()).await?;
        Ok(Self {
            caller,
            request: Request::from_parts(parts, body),
        })
    }
}

/// Attach a document to your application
///
/// For doctors whose application waits for an admin. The body is the file itself, at most 10 MiB, its type in `Content-Type`; a file that
/// does not begin as one of that type is refused. Ten documents at most. Its name is not kept. A licence is needed before an admin can verify.
#[utoipa::path(post, path = "/me/application/documents", tag = "doctors", security(("bearer" = [])), params(DocumentQuery),
    request_body(description = "The file", content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
    responses(
        (status = 200, description = "Attached", body = DocumentView),
        (status = 403, description = "`forbidden`"),
        (status = 409, description = "`no_application`, `too_many_documents`"),
    ))]
pub async fn attach_document(
    State(app): State<App>,
    QueryParams(question): QueryParams<DocumentQuery>,
    Upload { caller, request }: Upload,
) -> Result<Json<DocumentView>, Problem> {
    let people = app.people();
    people.require_waiting_application(caller.id()).await?;
    let (parts, body) = request.into_parts();
    let media_type = declared_type(&parts.headers)?;
    let place = app.document_places().take(caller.id(), caller.role())?;
    let within = app.settings().body_within.saturating_mul(TIMES_AS_LONG);
    let bytes = file_bytes(&parts.headers, body, media_type, within).await?;
    let new = NewDocument {
        kind: question.kind,
        media_type,
        bytes: &bytes,
    };
    let document = people.attach_document(&caller.actor(), new, app.now()).await?;
    drop(place);
    Ok(Json(DocumentView::from(&document)))
}

/// Read a document of yours
///
/// The file as you attached it. What there is, `GET /me/application` lists.
#[utoipa::path(get, path = "/me/application/documents/{id}", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "One of your documents", format = Uuid)),
    responses((status = 200, description = "The file",
        content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png")))))]
pub async fn own_document(
    State(app): State<App>,
    At(id): At<kind::Document>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayPractise>,
) -> Result<Response, Problem> {
    let place = app.document_places().take(caller.id(), caller.role())?;
    let document = app.people().document_of(caller.id(), id).await?;
    let document = document.ok_or_else(|| Problem::plain(Code::NotFound))?;
    Ok(file(app, document, place))
}

/// Remove a document of yours
///
/// While the application waits; what an admin has decided about stays until its time is over.
#[utoipa::path(post, path = "/me/application/documents/{id}/remove", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "One of your documents", format = Uuid)),
    responses(
        (status = 200, description = "Removed", body = DocumentView),
        (status = 409, description = "`no_application`"),
    ))]
pub async fn remove_document(
    State(app): State<App>,
    At(id): At<kind::Document>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayPractise, EmptyBody>,
) -> Result<Json<DocumentView>, Problem> {
    let removed = app.people().remove_document(&caller.actor(), id).await?;
    let removed = removed.ok_or_else(|| Problem::plain(Code::NotFound))?;
    Ok(Json(DocumentView::from(&removed)))
}
