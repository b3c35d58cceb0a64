//! Who read whose personal data, and what staff had the machinery do.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::AccountId;
use identity::{AuditFilter, AuditKind, AuditPlace};
use jiff::Timestamp;
use projections::{Cursor, List};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::page::PageParams;
use crate::extract::read::{id_in, instant_in, one_of_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::representation::audit_trail::AuditEntryView;
use crate::representation::page::PageView;

/// Which entries.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditTrailQuery {
    /// `read` or `act`; both if absent.
    #[param(value_type = Option<String>)]
    pub kind: Option<AuditKind>,
    /// Only what this account read or asked for.
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
        let from = parameters.optional("from", instant_in);
        let to = parameters.optional("to", instant_in);
        let (from, to) = parameters.in_order(from?, to?)?;
        Some(Self {
            kind: kind?,
            account_id: account_id?,
            subject_id: subject_id?,
            from,
            to,
        })
    }
}

/// Read the audit trail
///
/// For admins: who read whose personal data and what for, and what staff had the machinery do (rebuilds, second tries, comparisons,
/// exports), the latest first. What changed a booking, a payment, an account or a price is a fact, and stands in `GET /admin/events`
/// with who brought it about.
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
        before: page.cursor.map(place).transpose()?,
        rows: i64::from(page.limit.rows()) + 1,
    };
    let mut entries = app.people().audit_trail(&filter).await?;
    let more = entries.len() > rows;
    entries.truncate(rows);
    let next = entries
        .last()
        .filter(|_| more)
        .map(|entry| cursor(entry.place).encode());
    let items = entries.into_iter().map(AuditEntryView::from).collect();
    Ok(Json(PageView { items, next }))
}

/// The cursor's id holds the kind and number of the entry.
fn cursor(AuditPlace { at, kind, id }: AuditPlace) -> Cursor {
    let kind = match kind {
        AuditKind::Read => 0,
        AuditKind::Act => 1,
    };
    Cursor::at(
        List::AuditTrail,
        at,
        Uuid::from_u64_pair(kind, id.cast_unsigned()),
    )
}

fn place(cursor: Cursor) -> Result<AuditPlace, Problem> {
    let (at, id) = cursor.instant(List::AuditTrail)?;
    let (kind, id) = id.as_u64_pair();
    Ok(AuditPlace {
        at,
        kind: if kind == 0 {
            AuditKind::Read
        } else {
            AuditKind::Act
        },
        id: id.cast_signed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_the_way_out_and_back() {
        for kind in AuditKind::ALL {
            let stands = AuditPlace {
                at: Timestamp::from_microsecond(1_790_000_000_123_456).unwrap(),
                kind,
                id: 7,
            };
            let parsed = Cursor::parse(&cursor(stands).encode()).unwrap();
            assert_eq!(place(parsed).unwrap(), stands);
        }
    }
}
