//! The words that a field can have, as the types behind it know them: the description's `enum`s.

use commands::intents::Lane;
use domain::account::events::{ApplicationRefusedReason, DeactivationReason, UnverifiedReason};
use domain::booking::events::{CallType, CancelReason};
use domain::booking::status::{BookingStatus, EscalationReason};
use domain::money::Currency;
use domain::payment::anomaly::{AnomalyKind, Resolution, Source};
use domain::payment::attempt::RefundStage;
use domain::payment::events::{PaymentMethod, RefundReason};
use domain::payment::provider::Provider;
use domain::payment::receipt::{ReceiptPurpose, ReceiptStage};
use domain::payment::status::PaymentStatus;
use domain::payout::events::PayoutPurpose;
use domain::payout::status::PayoutStatus;
use domain::people::Role;
use domain::reactions::GiveUpReason;
use event_store::intents::IntentState;
use history::cause::PROCESS_ROLE;
use identity::{
    AuditKind, CalendarLanguage, ConsentKind, ErasureReason, ErasureState, InvitationStatus, PriceClass,
    audit_results,
};
use projections::Model;
use projections::payment_ledger::EntryKind;
use projections::payment_ledger::statement::AccountName;
use projections::reconciliations::{ReconciliationOutcome, State, Trigger};
use reconciliation::report;
use serde_json::Value;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{Object, Schema, SchemaType, Type};
use utoipa::openapi::{Components, RefOr};
use webhooks::endpoints::{DeliveryState, DisabledReason, EndpointState};
use webhooks::transport::FAILURES;

use super::texts::stream_types;
use crate::problem::Code;
use crate::representation::doctor::WITH_CHOSEN_DOCTOR;
use crate::representation::document;
use crate::representation::money_back::WayBack;
use crate::routes::oauth::OauthError;
use crate::routes::webhook_endpoints::deliveries::names;

/// A schema, one of its properties, and the words it can have.
type ClosedSet = (&'static str, &'static str, fn() -> Vec<&'static str>);

/// What a body takes is closed. What an answer says may grow: its sets are marked `x-open`, and a client keeps a place for others.
const CLOSED_SETS: [ClosedSet; 123] = [
    ("AccountBody", "price_class", price_classes),
    ("AccountBody", "role", || {
        words(
            &[Role::Doctor, Role::Clinic, Role::Admin, Role::Analyst],
            Role::as_str,
        )
    }),
    ("AccountErasureView", "reason", erasure_reasons),
    ("AccountErasureView", "role", roles),
    ("AccountErasureView", "state", erasure_states),
    ("AccountActView", "act", || commands::accounts::ACTS.to_vec()),
    ("OauthErrorView", "error", || OauthError::WORDS.to_vec()),
    ("ApplicationView", "refused_reason", application_refused_reasons),
    ("ApplicationView", "status", application_statuses),
    ("ApplicationView", "suspended_reason", unverified_reasons),
    ("DocumentView", "kind", document::kinds),
    ("DocumentView", "media_type", document::media_types),
    ("InvitationView", "status", invitation_statuses),
    ("OwnInvitationView", "status", invitation_statuses),
    ("RefuseApplicationBody", "reason", application_refused_reasons),
    ("AccountStandingView", "deactivation_reason", deactivation_reasons),
    ("AccountStandingView", "role", roles),
    ("AccountStandingView", "unverified_reason", unverified_reasons),
    ("AccountView", "role", roles),
    ("AnomalyView", "kind", || {
        words(&AnomalyKind::ALL, AnomalyKind::as_str)
    }),
    ("AnomalyView", "resolution", resolutions),
    ("AnomalyView", "source", || words(&Source::ALL, Source::as_str)),
    ("AnomalyView", "subject", || vec!["payment", "payout"]),
    ("AuditEntryView", "channel", || vec!["http", "cli"]),
    ("AuditEntryView", "kind", || {
        words(&AuditKind::ALL, AuditKind::as_str)
    }),
    ("AuditEntryView", "result", || audit_results()),
    ("AuditEntryView", "role", audit_roles),
    ("DataReadView", "reader_role", roles),
    ("BookingView", "call_type", call_types),
    ("BookingView", "escalation", || {
        words(&EscalationReason::ALL, EscalationReason::as_str)
    }),
    ("BookingView", "payment_status", payment_statuses),
    ("BookingView", "returned_to", || WayBack::WORDS.to_vec()),
    ("BookingView", "status", booking_statuses),
    ("CalendarBody", "language", calendar_languages),
    ("CalendarLinkView", "language", calendar_languages),
    ("CalendarView", "language", calendar_languages),
    ("CancelBody", "reason", || {
        words(&CancelReason::ALL, CancelReason::as_str)
    }),
    ("ConsentBody", "kind", consent_kinds),
    ("ConsentTextView", "kind", consent_kinds),
    ("ConsentView", "kind", consent_kinds),
    ("DeactivateBody", "reason", deactivation_reasons),
    ("DeactivationView", "reason", deactivation_reasons),
    ("DepositBody", "payment_method", || {
        vec!["card", "yookassa", "sbp"]
    }),
    ("DoctorPriceView", "call_type", || {
        words(&WITH_CHOSEN_DOCTOR, CallType::as_str)
    }),
    ("DoctorView", "price_class", price_classes),
    ("EditAccountBody", "price_class", price_classes),
    ("EntryView", "kind", || words(&EntryKind::ALL, EntryKind::as_str)),
    ("EraseAccountBody", "reason", admin_erasure_reasons),
    ("ErasureView", "state", own_erasure_states),
    ("FoundBooking", "call_type", call_types),
    ("FoundBooking", "status", booking_statuses),
    ("GivenConsentBody", "kind", consent_kinds),
    ("IntentView", "state", || {
        words(&IntentState::ALL, IntentState::as_str)
    }),
    ("PayBody", "payment_method", || {
        vec!["card", "yookassa", "sbp", "wallet"]
    }),
    ("PaymentView", "payment_method", payment_methods),
    ("PaymentView", "purpose", || vec!["booking", "deposit"]),
    ("PaymentView", "returned_to", || WayBack::WORDS.to_vec()),
    ("PaymentView", "status", payment_statuses),
    ("PayoutShareView", "status", payout_statuses),
    ("PayoutTotalView", "status", payout_statuses),
    ("PayoutView", "purpose", || {
        words(&PayoutPurpose::ALL, PayoutPurpose::as_str)
    }),
    ("PayoutView", "status", payout_statuses),
    ("PriceRowBody", "call_type", call_types),
    ("ReconciliationView", "origin", || {
        words(&Trigger::ALL, Trigger::as_str)
    }),
    ("ReconciliationView", "result", || {
        words(&ReconciliationOutcome::ALL, ReconciliationOutcome::as_str)
    }),
    ("ReconciliationView", "state", || {
        words(&State::ALL, State::as_str)
    }),
    ("Problem", "code", || words(&Code::ALL, Code::as_str)),
    ("ReceiptView", "purpose", || ReceiptPurpose::WORDS.to_vec()),
    ("ReceiptView", "status", || {
        words(&ReceiptStage::ALL, ReceiptStage::as_str)
    }),
    ("RefundBody", "reason", || {
        words(&RefundReason::BY_ADMIN, RefundReason::as_str)
    }),
    ("RefundView", "reason", || {
        words(&RefundReason::ALL, RefundReason::as_str)
    }),
    ("RefundView", "status", || {
        words(&RefundStage::ALL, RefundStage::as_str)
    }),
    ("RegisterBody", "role", || vec![Role::Patient.as_str()]),
    ("ReportColumnView", "type", || {
        words(&reports::Kind::ALL, reports::Kind::name)
    }),
    ("ReportInfoView", "chart", || vec!["lines", "bars"]),
    ("RequestBody", "call_type", call_types),
    ("ResolveBody", "resolution", resolutions),
    ("SettledView", "resolution", resolutions),
    ("SettledView", "subject", || vec!["payment", "payout"]),
    ("ModelView", "state", || vec!["building", "live", "retired"]),
    ("PriceListView", "state", || {
        vec!["in_force", "scheduled", "past", "superseded"]
    }),
    ("IntentActView", "state", || {
        words(&[IntentState::Open, IntentState::GivenUp], IntentState::as_str)
    }),
    ("LiveView", "status", || vec!["alive"]),
    ("SessionView", "token_type", || vec!["bearer"]),
    ("UnverifyBody", "reason", unverified_reasons),
    ("AccountTotalView", "account", ledger_accounts),
    ("ActorView", "role", actors),
    ("AuditEntryView", "kind", || {
        words(&AuditKind::ALL, AuditKind::as_str)
    }),
    ("ChainFactView", "stream_type", stream_types),
    ("ChangeView", "op", || vec!["add", "remove", "replace"]),
    ("ComparedView", "provider", providers),
    ("DifferenceView", "done", || {
        words(&report::Handling::ALL, report::Handling::as_str)
    }),
    ("DifferenceView", "kind", || {
        words(&report::Kind::ALL, report::Kind::as_str)
    }),
    ("DifferenceView", "provider", providers),
    ("FactView", "stream_type", stream_types),
    ("Found", "kind", || {
        vec!["account", "booking", "payment", "payout", "command"]
    }),
    ("GapView", "provider", providers),
    ("GatewayView", "provider", providers),
    ("GiveUpBody", "reason", || {
        words(&GiveUpReason::ALL, GiveUpReason::as_str)
    }),
    ("HistoryLine", "by", actors),
    ("HistoryLine", "stream", || vec!["booking", "payment"]),
    ("InstructionView", "state", || {
        words(&IntentState::ALL, IntentState::as_str)
    }),
    ("IntentView", "lane", || words(&Lane::ALL, Lane::as_str)),
    ("IntentView", "waits_for", || {
        vec!["busy", "unavailable", "needs_newer_code"]
    }),
    ("ModelView", "model", consumers),
    ("PayoutTotalView", "provider", providers),
    ("Person", "role", roles),
    ("PriceRowView", "call_type", call_types),
    ("PriceView", "call_type", call_types),
    ("ReadyView", "status", || vec!["ready"]),
    ("RebuildView", "model", || words(&Model::ALL, Model::name)),
    ("SettledView", "kind", || {
        words(&AnomalyKind::ALL, AnomalyKind::as_str)
    }),
    ("StatementLineView", "kind", || {
        words(&EntryKind::ALL, EntryKind::as_str)
    }),
    ("StatementView", "account", ledger_accounts),
    ("TotalView", "provider", providers),
    ("TotalView", "status", payment_statuses),
    ("VersionView", "name", || vec!["tot"]),
    ("DeliveryView", "event_type", names),
    ("DeliveryView", "failure", || FAILURES.to_vec()),
    ("DeliveryView", "state", || {
        words(&DeliveryState::ALL, DeliveryState::as_str)
    }),
    ("QueuedDeliveryView", "state", || {
        vec![DeliveryState::Waiting.as_str()]
    }),
    ("WebhookEndpointView", "disabled_reason", || {
        words(&DisabledReason::ALL, DisabledReason::as_str)
    }),
    ("WebhookEndpointView", "state", || {
        words(&EndpointState::ALL, EndpointState::as_str)
    }),
];

pub(super) fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

pub(super) fn roles() -> Vec<&'static str> {
    words(&Role::ALL, Role::as_str)
}

pub(super) fn deactivation_reasons() -> Vec<&'static str> {
    words(&DeactivationReason::ALL, DeactivationReason::as_str)
}

pub(super) fn application_refused_reasons() -> Vec<&'static str> {
    words(&ApplicationRefusedReason::ALL, ApplicationRefusedReason::as_str)
}

pub(super) fn invitation_statuses() -> Vec<&'static str> {
    words(&InvitationStatus::ALL, InvitationStatus::as_str)
}

pub(super) fn application_statuses() -> Vec<&'static str> {
    commands::accounts::ApplicationStatus::WORDS.to_vec()
}

pub(super) fn unverified_reasons() -> Vec<&'static str> {
    words(&UnverifiedReason::ALL, UnverifiedReason::as_str)
}

pub(super) fn consent_kinds() -> Vec<&'static str> {
    words(&ConsentKind::ALL, ConsentKind::as_str)
}

pub(super) fn erasure_states() -> Vec<&'static str> {
    words(&ErasureState::ALL, ErasureState::as_str)
}

/// Those, and that nobody asked for it.
pub(super) fn own_erasure_states() -> Vec<&'static str> {
    ["none"].into_iter().chain(erasure_states()).collect()
}

pub(super) fn erasure_reasons() -> Vec<&'static str> {
    words(&ErasureReason::ALL, ErasureReason::as_str)
}

pub(super) fn admin_erasure_reasons() -> Vec<&'static str> {
    words(&ErasureReason::BY_ADMIN, ErasureReason::as_str)
}

pub(super) fn calendar_languages() -> Vec<&'static str> {
    words(&CalendarLanguage::ALL, CalendarLanguage::as_str)
}

pub(super) fn price_classes() -> Vec<&'static str> {
    words(&PriceClass::ALL, PriceClass::as_str)
}

pub(super) fn call_types() -> Vec<&'static str> {
    words(&CallType::ALL, CallType::as_str)
}

pub(super) fn payment_methods() -> Vec<&'static str> {
    words(&PaymentMethod::ALL, PaymentMethod::as_str)
}

pub(super) fn payment_statuses() -> Vec<&'static str> {
    words(&PaymentStatus::ALL, PaymentStatus::as_str)
}

pub(super) fn payout_statuses() -> Vec<&'static str> {
    words(&PayoutStatus::ALL, PayoutStatus::as_str)
}

pub(super) fn providers() -> Vec<&'static str> {
    words(&Provider::ALL, Provider::as_str)
}

pub(super) fn actors() -> Vec<&'static str> {
    let mut actors = roles();
    actors.push(PROCESS_ROLE);
    actors
}

/// Who acts in the audit trail: somebody in a role, or whoever runs a command without an account.
pub(super) fn audit_roles() -> Vec<&'static str> {
    let mut words = roles();
    words.push("operator");
    words
}

pub(super) fn ledger_accounts() -> Vec<&'static str> {
    AccountName::all().map(AccountName::as_str).collect()
}

/// Who reads the log: the read models, and the processes.
pub(super) fn consumers() -> Vec<&'static str> {
    let mut names = words(&Model::ALL, Model::name);
    names.push("processes");
    names
}

pub(super) fn booking_statuses() -> Vec<&'static str> {
    words(&BookingStatus::ALL, BookingStatus::as_str)
}

pub(super) fn resolutions() -> Vec<&'static str> {
    words(&Resolution::ALL, Resolution::as_str)
}

/// Writes them into the schemas; answers those that there is no property for.
pub fn add(components: &mut Components) -> Vec<(&'static str, &'static str)> {
    let mut missing = Vec::new();
    for (schema, property, words) in CLOSED_SETS {
        match property_of(components, schema, property) {
            Some(object) => close(object, &words(), !schema.ends_with("Body")),
            None => missing.push((schema, property)),
        }
    }
    close_currencies(components);
    missing
}

/// There is one currency, wherever one stands.
fn close_currencies(components: &mut Components) {
    let currencies = words(&Currency::ALL, Currency::code);
    for (schema, object) in &mut components.schemas {
        if let RefOr::T(Schema::Object(object)) = object
            && let Some(RefOr::T(Schema::Object(currency))) = object.properties.get_mut("currency")
        {
            close(currency, &currencies, !schema.ends_with("Body"));
            currency.description = None;
        }
    }
}

fn property_of<'c>(components: &'c mut Components, schema: &str, property: &str) -> Option<&'c mut Object> {
    let RefOr::T(Schema::Object(object)) = components.schemas.get_mut(schema)? else {
        return None;
    };
    let RefOr::T(Schema::Object(property)) = object.properties.get_mut(property)? else {
        return None;
    };
    Some(property)
}

fn close(object: &mut Object, words: &[&str], open: bool) {
    let mut values: Vec<Value> = words.iter().map(|word| Value::from(*word)).collect();
    if let SchemaType::Array(types) = &object.schema_type
        && types.contains(&Type::Null)
    {
        values.push(Value::Null);
    }
    object.enum_values = Some(values);
    if open {
        object.extensions = Some(ExtensionsBuilder::new().add("x-open", true).build());
    }
}
