//! Who was shown one's personal data.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use domain::ids::DoctorId;
use domain::people::Role;
use identity::{AuditEntry, AuditFilter, AuditKind};
use jiff::Timestamp;
use projections::List;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::QueryParams;
use crate::extract::page::PageParams;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::representation::audit_trail::{cursor_in, place_in};
use crate::representation::page::PageView;
use crate::representation::timestamp::shown;

/// Somebody was shown your personal data.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "at": "2026-12-01T09:31:12Z",
    "reader_role": "doctor",
    "reader_name": "Пётр Петров",
    "app_id": null,
    "purpose": "booking",
    "operation": "bookings_show",
    "fields": ["address", "symptoms", "phone", "name"],
    "booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69"
}))]
pub struct DataReadView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// As which role.
    pub reader_role: Option<String>,
    /// What the doctor is called; who works for the platform is not told by name.
    pub reader_name: Option<String>,
    /// The app that was shown them for you, if one was.
    pub app_id: Option<Uuid>,
    /// What for, in one word.
    pub purpose: String,
    /// By which operation of the API, or which command.
    pub operation: Option<String>,
    /// Which of your data: `name`, `email`, `phone`, `address`, `coordinates`, `symptoms`, `notes`.
    pub fields: Vec<String>,
    /// Which booking they belong to, where they belong to one.
    pub booking_id: Option<Uuid>,
}

impl DataReadView {
    fn of(entry: AuditEntry, names: &BTreeMap<Uuid, String>) -> Self {
        let is_booking = entry.target_type.as_deref() == Some("booking");
        let booking_id = entry.target.filter(|_| is_booking);
        let reader = entry.account_id.map(|id| id.uuid());
        Self {
            at: shown(entry.place.at),
            reader_name: reader.and_then(|id| names.get(&id).cloned()),
            app_id: entry.app_id.map(|id| id.uuid()),
            reader_role: entry.role,
            purpose: entry.what,
            operation: entry.operation,
            fields: entry.fields,
            booking_id: booking_id.and_then(|id| id.parse().ok()),
        }
    }
}

/// List who was shown your data
///
/// Each time somebody was shown your name, contacts, address or complaint: when, who, which of them and what for; the latest first. What
/// you see yourself is not told.
#[utoipa::path(get, path = "/me/data-reads", tag = "auth", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of reads", body = PageView<DataReadView>)))]
pub async fn data_reads(
    State(app): State<App>,
    QueryParams(page): QueryParams<PageParams>,
    caller: Caller<MaySignIn>,
) -> Result<Json<PageView<DataReadView>>, Problem> {
    let place = page.cursor.map(|cursor| place_in(List::DataReads, cursor));
    let filter = AuditFilter {
        kind: Some(AuditKind::Read),
        subject_id: Some(caller.id().uuid()),
        before: place.transpose()?,
        rows: i64::from(page.limit.rows()) + 1,
        ..AuditFilter::default()
    };
    let rows = usize::from(page.limit.rows());
    let mut entries = app.people().audit_trail(&filter).await?;
    let more = entries.len() > rows;
    entries.truncate(rows);
    let next = entries
        .last()
        .filter(|_| more)
        .map(|entry| cursor_in(List::DataReads, entry.place).encode());
    let doctors: Vec<DoctorId> = entries
        .iter()
        .filter(|entry| entry.role.as_deref() == Some(Role::Doctor.as_str()))
        .filter_map(|entry| entry.account_id)
        .map(|id| DoctorId::from_uuid(id.uuid()))
        .collect();
    let names = app.people().names_in_bookings(None, &[], &doctors).await?;
    let items = entries
        .into_iter()
        .map(|entry| DataReadView::of(entry, &names))
        .collect();
    Ok(Json(PageView { items, next }))
}
