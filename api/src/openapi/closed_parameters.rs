//! The words that a parameter can have, as the types behind it know them. What is taken is closed: any other word is refused.

use domain::any_event::known_types;
use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use domain::payment::anomaly::AnomalyKind;
use domain::people::Role;
use event_store::intents::IntentState;
use exports::{Format, Source};
use identity::{AuditKind, audit_results};
use projections::Model;
use projections::bookings::{BookingSort, When};
use projections::payment_ledger::PaymentSort;
use projections::reconciliations::{ReconciliationOutcome, State};
use reports::REPORTS;
use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Array, ArrayItems, Schema};
use utoipa::openapi::{Paths, RefOr};
use webhooks::endpoints::DeliveryState;

use super::closed_sets::{
    call_types, consumers, erasure_states, ledger_accounts, payment_methods, payment_statuses,
    payout_statuses, words,
};
use super::operations;
use super::texts::stream_types;
use crate::representation::doctor::WITH_CHOSEN_DOCTOR;
use crate::representation::document;
use crate::routes::doctors::sorted::DoctorSort;
use crate::routes::webhook_endpoints::deliveries::names;

/// An operation's id, one of its parameters, and the words it can have.
type ClosedParameter = (&'static str, &'static str, fn() -> Vec<&'static str>);

const CLOSED_PARAMETERS: [ClosedParameter; 37] = [
    ("admin_anomalies", "kind", || {
        words(&AnomalyKind::ALL, AnomalyKind::as_str)
    }),
    ("admin_audit_trail", "kind", || {
        words(&AuditKind::ALL, AuditKind::as_str)
    }),
    ("admin_audit_trail", "result", audit_results),
    ("admin_erasures", "state", erasure_states),
    ("admin_intents", "state", || {
        IntentState::NAMES.split(", ").collect()
    }),
    ("admin_ledger_entries", "format", forms),
    ("admin_rebuild", "name", || words(&Model::ALL, Model::name)),
    ("admin_reconciliation", "format", forms),
    ("admin_reconciliations", "result", || {
        words(&ReconciliationOutcome::ALL, ReconciliationOutcome::as_str)
    }),
    ("admin_reconciliations", "state", || {
        words(&State::ALL, State::as_str)
    }),
    ("bookings_list", "call_type", call_types),
    ("bookings_list", "payment_status", payment_statuses),
    ("bookings_list", "sort", || {
        words(&BookingSort::ALL, BookingSort::as_str)
    }),
    ("bookings_list", "waiting", || vec!["doctor"]),
    ("bookings_list", "when", || words(&When::ALL, When::as_str)),
    ("bookings_list", "status", || {
        words(&BookingStatus::ALL, BookingStatus::as_str)
    }),
    ("doctors_attach_document", "kind", document::kinds),
    ("doctors_list", "call_type", || {
        words(&WITH_CHOSEN_DOCTOR, CallType::as_str)
    }),
    ("doctors_list", "sort", || {
        words(&DoctorSort::ALL, DoctorSort::as_str)
    }),
    ("exports_export", "format", || words(&Format::ALL, Format::name)),
    ("exports_export", "name", || words(&Source::ALL, Source::name)),
    ("payments_list", "status", payment_statuses),
    ("payments_list", "sort", || {
        words(&PaymentSort::ALL, PaymentSort::as_str)
    }),
    ("reports_report", "call_type", call_types),
    ("reports_report", "format", forms),
    ("reports_report", "method", payment_methods),
    ("payouts_list", "status", payout_statuses),
    ("tariffs_tariffs", "call_type", call_types),
    ("admin_events", "type", || {
        known_types().map(|(_, name, _)| name).collect()
    }),
    ("admin_ledger_entries", "account", ledger_accounts),
    ("admin_list_accounts", "order", || vec!["newest", "oldest"]),
    ("admin_list_accounts", "role", || words(&Role::ALL, Role::as_str)),
    ("admin_stream", "type", stream_types),
    ("admin_unpark", "name", consumers),
    ("reports_report", "name", || {
        REPORTS.iter().map(|report| report.name).collect()
    }),
    ("webhook_endpoints_deliveries", "event_type", names),
    ("webhook_endpoints_deliveries", "state", || {
        words(&DeliveryState::ALL, DeliveryState::as_str)
    }),
];

/// As what lists can be had.
pub(super) fn forms() -> Vec<&'static str> {
    vec!["json", "csv"]
}

/// Writes them into the parameters; answers those that there is no parameter for.
pub fn add(paths: &mut Paths) -> Vec<(&'static str, &'static str)> {
    let mut missing = Vec::new();
    for (operation_id, name, words) in CLOSED_PARAMETERS {
        let found = paths
            .paths
            .values_mut()
            .flat_map(operations)
            .map(|(_, operation)| operation)
            .find(|operation| operation.operation_id.as_deref() == Some(operation_id))
            .is_some_and(|operation| close(operation, name, &words()));
        if !found {
            missing.push((operation_id, name));
        }
    }
    missing
}

/// Whether there is such a parameter; its own words, or those of the list it takes, are closed then.
fn close(operation: &mut Operation, name: &str, words: &[&str]) -> bool {
    operation
        .parameters
        .iter_mut()
        .flatten()
        .any(|parameter| match parameter {
            RefOr::T(parameter) if parameter.name == name => parameter
                .schema
                .as_mut()
                .is_some_and(|schema| close_schema(schema, words)),
            RefOr::T(_) | RefOr::Ref(_) => false,
        })
}

fn close_schema(schema: &mut RefOr<Schema>, words: &[&str]) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            object.enum_values = Some(words.iter().map(|word| Value::from(*word)).collect());
            true
        }
        RefOr::T(Schema::Array(Array {
            items: ArrayItems::RefOrSchema(item),
            ..
        })) => close_schema(item, words),
        RefOr::T(_) | RefOr::Ref(_) => false,
    }
}
