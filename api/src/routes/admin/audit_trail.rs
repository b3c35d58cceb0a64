//! Who read whose personal data, what staff had the machinery do, and what was done on the command line.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::AccountId;
use identity::{AuditFilter, AuditKind};
use jiff::Timestamp;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::page::PageParams;
use crate::extract::read::{id_in, one_of_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::representation::audit_trail::{AuditEntryView, audit_cursor, audit_place};
use crate::representation::page::PageView;

/// Which entries.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditTrailQuery {
    /// `read` or `act`; both if absent.
    #[param(value_type = Option<String>)]
    pub kind: Option<AuditKind>,
    /// Only what this account read, asked for or ran on the command line.
    #[param(value_type = Option<String>, format = Uuid)]
    pub account_id: Option<AccountId>,
    /// Only reads of this person's data.
    #[param(value_type = Option<String>, format = Uuid)]
    pub subject_id: Option<AccountId>,
    /// Only from this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Only before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

impl FromQuery for AuditTrailQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let kind = parameters.optional("kind", |text| one_of_in(text, AuditKind::parse, "read, act"));
        let account_id = parameters.optional("account_id", id_in);
        let subject_id = parameters.optional("subject_id", id_in);
        let span = parameters.span();
        Some(Self {
            kind: kind?,
            account_id: account_id?,
            subject_id: subject_id?,
            from: span?.0,
            to: span?.1,
        })
    }
}

/// Read the audit trail
///
/// For admins: who read whose personal data and what for, what staff had the machinery do (rebuilds, second tries, comparisons,
/// exports), and every command of the command line that changed or took out something, with how it ended; the latest first. What
/// changed a booking, a payment, an account or a price over HTTP is a fact, and stands in `GET /admin/events` with who brought it about.
///
/// An entry is given its time when it is written and is seen once that is done, a moment later: whoever follows the trail by `from`
/// asks again for its last minute.
#[utoipa::path(get, path = "/admin/audit-trail", tag = "admin", security(("bearer" = [])), params(AuditTrailQuery, PageParams),
    responses((status = 200, description = "A page of the trail", body = PageView<AuditEntryView>)))]
pub async fn audit_trail(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(AuditTrailQuery, PageParams)>,
    _caller: Caller<MayOperate>,
) -> Result<Json<PageView<AuditEntryView>>, Problem> {
    let rows = usize::from(page.limit.rows());
    let filter = AuditFilter {
        kind: question.kind,
        account_id: question.account_id,
        subject_id: question.subject_id.map(AccountId::uuid),
        from: question.from,
        to: question.to,
        before: page.cursor.map(audit_place).transpose()?,
        rows: i64::from(page.limit.rows()) + 1,
    };
    let mut entries = app.people().audit_trail(&filter).await?;
    let more = entries.len() > rows;
    entries.truncate(rows);
    let next = entries
        .last()
        .filter(|_| more)
        .map(|entry| audit_cursor(entry.place).encode());
    let items = entries.into_iter().map(AuditEntryView::from).collect();
    Ok(Json(PageView { items, next }))
}
