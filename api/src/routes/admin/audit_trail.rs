//! What concerns security: sign-ins, refusals, whose personal data were read, what admins did, and what was done on the command line.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use commands::policy::MayOperate;
use domain::ids::AccountId;
use http::request::Parts;
use identity::{AuditFilter, AuditKind, TrailHash, address_hashes, audit_results, parse_trail_hash};
use jiff::Timestamp;
use utoipa::IntoParams;

use crate::app::App;
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
/// The header that names a client's address. In a URL it would stand in the logs of every proxy on the way.
const CLIENT_ADDRESS: &str = "tot-client-address";

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
    /// Only what this account did, read, asked for or ran on the command line.
    #[param(value_type = Option<String>, format = Uuid)]
    pub account_id: Option<AccountId>,
    /// Only what is about this person: reads of their data, and what happened to their account.
    #[param(value_type = Option<String>, format = Uuid)]
    pub subject_id: Option<AccountId>,
    /// Only what was about this, such as a booking's id or a read model's name.
    #[param(value_type = Option<String>)]
    pub target: Option<String>,
    /// Only of this trace: 32 hex digits.
    #[param(value_type = Option<String>, example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub trace_id: Option<String>,
    /// Only from the address with this keyed hash, as entries have it: 32 hex digits.
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

/// The client's address that entries are looked for by, if one is named.
pub struct ClientAddress(Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(CLIENT_ADDRESS).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let address = value.to_str().ok().and_then(|text| text.trim().parse().ok());
        match (address, values.next()) {
            (Some(address), None) => Ok(Self(Some(address))),
            (Some(_) | None, _) => {
                let wrong = FieldProblem::new("not_an_address", "must be one IP address, such as 192.0.2.1");
                Err(Problem::invalid(vec![wrong.at("/headers/Tot-Client-Address")]))
            }
        }
    }
}

/// Read the audit trail
///
/// For admins, the latest first: who signed in or could not, who was refused what, whose personal data were read by whom and what for,
/// what admins did, and every command of the command line that changed or took out something. It holds ids, words and keyed hashes, and
/// no personal data. A client's address is looked for by the header `Tot-Client-Address`, or as the keyed hash that entries have.
///
/// An entry is given its time when it happens and is seen once it is written, a second later at most unless the database is away: whoever
/// follows the trail by `from` asks again for its last minute.
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
