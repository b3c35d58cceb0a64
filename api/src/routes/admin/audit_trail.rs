//! What concerns security: sign-ins, refusals, whose personal data were read, what admins did, and what was done on the command line.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::AccountId;
use identity::{AuditFilter, AuditKind, TrailHash, address_hashes, audit_results, parse_trail_hash};
use jiff::Timestamp;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::client_address::ClientAddress;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::page::PageParams;
use crate::extract::read::{Parsed, id_in, one_of_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::audit_trail::{AuditEntryView, audit_cursor, audit_place};
use crate::representation::page::PageView;

/// The longest target that is looked for, in characters.
pub const TARGET_CHARS_MAX: usize = 256;

/// Which entries.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditTrailQuery {
    /// Only of this sort; all if absent.
    #[param(value_type = Option<String>)]
    pub kind: Option<AuditKind>,
    /// Only those that ended so.
    #[param(value_type = Option<String>)]
    pub result: Option<String>,
    /// Only what this account did.
    #[param(value_type = Option<String>, format = Uuid)]
    pub account_id: Option<AccountId>,
    /// Only what is about this person.
    #[param(value_type = Option<String>, format = Uuid)]
    pub subject_id: Option<AccountId>,
    /// Only what was about this id or name.
    #[param(value_type = Option<String>)]
    pub target: Option<String>,
    /// Only of this trace.
    #[param(value_type = Option<String>, example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub trace_id: Option<String>,
    /// Only from the address with this hash.
    #[param(value_type = Option<String>, example = "9f86d081884c7d659a2feaa0c55ad015")]
    pub address_hash: Option<TrailHash>,
    /// Only from this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Only before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

impl FromQuery for AuditTrailQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let kinds = AuditKind::ALL.map(AuditKind::as_str).join(", ");
        let kind = parameters.optional("kind", |text| one_of_in(text, AuditKind::parse, &kinds));
        let results = audit_results();
        let known = |text: &str| results.contains(&text).then(|| text.to_owned());
        let result = parameters.optional("result", |text| one_of_in(text, known, &results.join(", ")));
        let account_id = parameters.optional("account_id", id_in);
        let subject_id = parameters.optional("subject_id", id_in);
        let target = parameters.optional("target", target_in);
        let trace_id = parameters.optional("trace_id", |text| digits_in(text).map(hex::encode));
        let address_hash = parameters.optional("address_hash", digits_in);
        let span = parameters.span();
        Some(Self {
            kind: kind?,
            result: result?,
            account_id: account_id?,
            subject_id: subject_id?,
            target: target?,
            trace_id: trace_id?,
            address_hash: address_hash?,
            from: span?.0,
            to: span?.1,
        })
    }
}

fn target_in(text: &str) -> Parsed<String> {
    let length = text.chars().count();
    if length == 0 || length > TARGET_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(FieldProblem::new(
            "not_a_target",
            format!("must be 1 to {TARGET_CHARS_MAX} characters without control characters"),
        ));
    }
    Ok(text.to_owned())
}

/// 32 lower-case hex digits.
fn digits_in(text: &str) -> Parsed<TrailHash> {
    let wrong = || FieldProblem::new("not_hex_digits", "must be 32 lower-case hex digits");
    parse_trail_hash(text).ok_or_else(wrong)
}

/// Read the audit trail
///
/// For admins, the latest first: sign-ins, refused access, reads of personal data, admins' acts, commands of the command line; each is
/// seen a moment after it happens.
#[utoipa::path(get, path = "/admin/audit-trail", tag = "admin", security(("bearer" = [])), params(AuditTrailQuery, PageParams,
        ("Tot-Client-Address" = Option<String>, Header, description = "Only from this IP address; not beside `address_hash`")),
    responses((status = 200, description = "A page of the trail", body = PageView<AuditEntryView>)))]
pub async fn audit_trail(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(AuditTrailQuery, PageParams)>,
    ClientAddress(address): ClientAddress,
    _caller: Caller<MayOperate>,
) -> Result<Json<PageView<AuditEntryView>>, Problem> {
    let rows = usize::from(page.limit.rows());
    let address_hashes = match (address, question.address_hash) {
        (Some(_), Some(_)) => {
            let wrong = FieldProblem::new("not_allowed", "is not taken beside the header Tot-Client-Address");
            return Err(Problem::invalid(vec![wrong.at("/query/address_hash")]));
        }
        (Some(address), None) => Some(address_hashes(app.people().master_keys(), address)),
        (None, hash) => hash.map(|hash| vec![hash]),
    };
    let filter = AuditFilter {
        kind: question.kind,
        result: question.result,
        account_id: question.account_id,
        subject_id: question.subject_id.map(AccountId::uuid),
        target: question.target,
        address_hashes,
        trace_id: question.trace_id,
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
