//! Each set of words has one name, wherever it stands: generators make one type of it (`BookingStatus`), not one of each place.

use std::collections::BTreeMap;

use commands::intents::Lane;
use domain::any_event::known_types;
use domain::booking::events::CancelReason;
use domain::booking::status::EscalationReason;
use domain::money::Currency;
use domain::payment::anomaly::{AnomalyKind, Source as AnomalySource};
use domain::payment::attempt::RefundStage;
use domain::payment::events::RefundReason;
use domain::payment::receipt::{ReceiptPurpose, ReceiptStage};
use domain::payout::events::PayoutPurpose;
use domain::reactions::GiveUpReason;
use event_store::intents::IntentState;
use exports::{Format, Source};
use identity::{AuditKind, audit_results};
use projections::Model;
use projections::bookings::{BookingSort, When};
use projections::payment_ledger::{EntryKind, PaymentSort};
use projections::reconciliations::{ReconciliationOutcome, State, Trigger};
use reconciliation::report;
use serde_json::Value;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{
    Array, ArrayItems, Object, ObjectBuilder, OneOfBuilder, RefBuilder, Schema, Type,
};
use utoipa::openapi::{Components, Paths, RefOr};
use webhooks::endpoints::{DeliveryState, DisabledReason, EndpointState};
use webhooks::transport::FAILURES;

use super::closed_parameters::forms;
use super::closed_sets::{
    actors, admin_erasure_reasons, application_refused_reasons, application_statuses, audit_roles,
    booking_statuses, calendar_languages, call_types, consent_kinds, consumers, deactivation_reasons,
    erasure_reasons, erasure_states, invitation_statuses, ledger_accounts, own_erasure_states,
    payment_methods, payment_statuses, payout_statuses, price_classes, providers, resolutions, roles,
    unverified_reasons, words,
};
use super::operations;
use super::texts::stream_types;
use crate::problem::Code;
use crate::representation::doctor::WITH_CHOSEN_DOCTOR;
use crate::representation::document;
use crate::representation::money_back::WayBack;
use crate::routes::doctors::sorted::DoctorSort;
use crate::routes::oauth::OauthError;
use crate::routes::webhook_endpoints::deliveries::names;

/// A name, and the words that go by it.
type NamedSet = (&'static str, fn() -> Vec<&'static str>);

/// Every set of two words or more, and the one of currencies, which will not stay alone.
const NAMES: [NamedSet; 86] = [
    ("AccountAct", || commands::accounts::ACTS.to_vec()),
    ("AccountOrder", || vec!["newest", "oldest"]),
    ("ActorRole", actors),
    ("AdminErasureReason", admin_erasure_reasons),
    ("AdminRefundReason", || {
        words(&RefundReason::BY_ADMIN, RefundReason::as_str)
    }),
    ("AnomalyKind", || words(&AnomalyKind::ALL, AnomalyKind::as_str)),
    ("AnomalyResolution", resolutions),
    ("AnomalySource", || {
        words(&AnomalySource::ALL, AnomalySource::as_str)
    }),
    ("AnomalySubject", || vec!["payment", "payout"]),
    ("ApplicationRefusedReason", application_refused_reasons),
    ("ApplicationStatus", application_statuses),
    ("AuditChannel", || vec!["http", "cli"]),
    ("AuditKind", || words(&AuditKind::ALL, AuditKind::as_str)),
    ("AuditResult", audit_results),
    ("AuditRole", audit_roles),
    ("BookingSort", || words(&BookingSort::ALL, BookingSort::as_str)),
    ("BookingStatus", booking_statuses),
    ("BookingWhen", || words(&When::ALL, When::as_str)),
    ("CalendarLanguage", calendar_languages),
    ("CallType", call_types),
    ("CancelReason", || words(&CancelReason::ALL, CancelReason::as_str)),
    ("ConsentKind", consent_kinds),
    ("Currency", || words(&Currency::ALL, Currency::code)),
    ("DeactivationReason", deactivation_reasons),
    ("DeliveryFailure", || FAILURES.to_vec()),
    ("DeliveryState", || {
        words(&DeliveryState::ALL, DeliveryState::as_str)
    }),
    ("DepositMethod", || vec!["card", "yookassa", "sbp"]),
    ("DifferenceHandling", || {
        words(&report::Handling::ALL, report::Handling::as_str)
    }),
    ("DifferenceKind", || {
        words(&report::Kind::ALL, report::Kind::as_str)
    }),
    ("DoctorCallType", || {
        words(&WITH_CHOSEN_DOCTOR, domain::booking::events::CallType::as_str)
    }),
    ("DoctorSort", || words(&DoctorSort::ALL, DoctorSort::as_str)),
    ("DocumentKind", document::kinds),
    ("DocumentMediaType", document::media_types),
    ("EndpointDisabledReason", || {
        words(&DisabledReason::ALL, DisabledReason::as_str)
    }),
    ("EndpointState", || {
        words(&EndpointState::ALL, EndpointState::as_str)
    }),
    ("EntryKind", || words(&EntryKind::ALL, EntryKind::as_str)),
    ("ErasureReason", erasure_reasons),
    ("ErasureState", erasure_states),
    ("EscalationReason", || {
        words(&EscalationReason::ALL, EscalationReason::as_str)
    }),
    ("EventType", || known_types().map(|(_, name, _)| name).collect()),
    ("ExportFormat", || words(&Format::ALL, Format::name)),
    ("ExportName", || words(&Source::ALL, Source::name)),
    ("FoundKind", || {
        vec!["account", "booking", "payment", "payout", "command"]
    }),
    ("GiveUpReason", || words(&GiveUpReason::ALL, GiveUpReason::as_str)),
    ("HistoryStream", || vec!["booking", "payment"]),
    ("IntentActState", || {
        words(&[IntentState::Open, IntentState::GivenUp], IntentState::as_str)
    }),
    ("IntentFilter", || IntentState::NAMES.split(", ").collect()),
    ("IntentLane", || words(&Lane::ALL, Lane::as_str)),
    ("IntentState", || words(&IntentState::ALL, IntentState::as_str)),
    ("IntentWait", || vec!["busy", "unavailable", "needs_newer_code"]),
    ("InvitationStatus", invitation_statuses),
    ("LedgerAccount", ledger_accounts),
    ("ListFormat", forms),
    ("LogReader", consumers),
    ("OwnErasureState", own_erasure_states),
    ("PatchOperation", || vec!["add", "remove", "replace"]),
    ("PayMethod", || vec!["card", "yookassa", "sbp", "wallet"]),
    ("OauthErrorCode", || OauthError::WORDS.to_vec()),
    ("PaymentMethod", payment_methods),
    ("PaymentPurpose", || vec!["booking", "deposit"]),
    ("PaymentSort", || words(&PaymentSort::ALL, PaymentSort::as_str)),
    ("PaymentStatus", payment_statuses),
    ("PayoutPurpose", || {
        words(&PayoutPurpose::ALL, PayoutPurpose::as_str)
    }),
    ("PayoutStatus", payout_statuses),
    ("PriceClass", price_classes),
    ("PriceListState", || {
        vec!["in_force", "scheduled", "past", "superseded"]
    }),
    ("ProblemCode", || words(&Code::ALL, Code::as_str)),
    ("Provider", providers),
    ("ReadModel", || words(&Model::ALL, Model::name)),
    ("ReadModelState", || vec!["building", "live", "retired"]),
    ("ReceiptPurpose", || ReceiptPurpose::WORDS.to_vec()),
    ("ReceiptStatus", || {
        words(&ReceiptStage::ALL, ReceiptStage::as_str)
    }),
    ("ReconciliationOrigin", || words(&Trigger::ALL, Trigger::as_str)),
    ("ReconciliationResult", || {
        words(&ReconciliationOutcome::ALL, ReconciliationOutcome::as_str)
    }),
    ("ReconciliationState", || words(&State::ALL, State::as_str)),
    ("RefundReason", || words(&RefundReason::ALL, RefundReason::as_str)),
    ("RefundStatus", || words(&RefundStage::ALL, RefundStage::as_str)),
    ("ReportChart", || vec!["lines", "bars"]),
    ("ReportColumnType", || {
        words(&reports::Kind::ALL, reports::Kind::name)
    }),
    ("ReportName", || {
        reports::REPORTS.iter().map(|report| report.name).collect()
    }),
    ("ReturnedTo", || WayBack::WORDS.to_vec()),
    ("Role", roles),
    ("StaffRole", || vec!["doctor", "clinic", "admin", "analyst"]),
    ("StreamType", stream_types),
    ("UnverifiedReason", unverified_reasons),
    ("WebhookEventType", names),
];

/// The sets as they are met.
struct Sets {
    names: BTreeMap<Vec<&'static str>, &'static str>,
    /// By their names, each as a schema.
    met: BTreeMap<&'static str, Object>,
    unnamed: Vec<Vec<String>>,
}

/// Puts a reference into the place of each set; answers those of two words or more that have no name, and the names that no set has.
pub fn name(paths: &mut Paths, components: &mut Components) -> Vec<String> {
    let mut sets = Sets {
        names: NAMES.iter().map(|(name, words)| (words(), *name)).collect(),
        met: BTreeMap::new(),
        unnamed: Vec::new(),
    };
    components
        .schemas
        .values_mut()
        .for_each(|schema| sets.name_within(schema));
    for item in paths.paths.values_mut() {
        operations(item).for_each(|(_, operation)| sets.name_parameters(operation));
    }
    for parameter in components.parameters.values_mut() {
        if let RefOr::T(parameter) = parameter
            && let Some(schema) = &mut parameter.schema
        {
            sets.name_within(schema);
        }
    }
    let mut wrong: Vec<String> = sets.unnamed.iter().map(|words| words.join(", ")).collect();
    wrong.extend(
        NAMES
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .filter(|name| components.schemas.contains_key(name) || !sets.met.contains_key(name.as_str())),
    );
    for (name, set) in sets.met {
        components
            .schemas
            .insert(name.to_owned(), RefOr::T(Schema::Object(set)));
    }
    wrong
}

impl Sets {
    fn name_parameters(&mut self, operation: &mut Operation) {
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter
                && let Some(schema) = &mut parameter.schema
            {
                self.name_within(schema);
            }
        }
    }

    fn name_within(&mut self, place: &mut RefOr<Schema>) {
        let RefOr::T(schema) = place else { return };
        match schema {
            Schema::Object(object) if object.enum_values.is_some() => {
                if let Some(named) = self.named(object) {
                    *place = named;
                }
            }
            Schema::Object(object) => object
                .properties
                .values_mut()
                .for_each(|property| self.name_within(property)),
            Schema::Array(Array {
                items: ArrayItems::RefOrSchema(item),
                ..
            }) => self.name_within(item),
            Schema::AllOf(parts) => parts.items.iter_mut().for_each(|part| self.name_within(part)),
            Schema::OneOf(forms) => forms.items.iter_mut().for_each(|form| self.name_within(form)),
            Schema::AnyOf(forms) => forms.items.iter_mut().for_each(|form| self.name_within(form)),
            Schema::Array(_) | _ => {}
        }
    }

    /// The reference that takes the set's place, with what was told of it there.
    fn named(&mut self, object: &Object) -> Option<RefOr<Schema>> {
        let values = object.enum_values.as_deref().unwrap_or_default();
        let words: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let Some(name) = self.names.get(&words).copied() else {
            if words.len() > 1 {
                let words = words.iter().map(|word| (*word).to_owned());
                self.unnamed.push(words.collect());
            }
            return None;
        };
        let met = self.met.entry(name).or_insert_with(|| {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some(words))
                .build()
        });
        // One that an answer says may grow, wherever else it stands.
        if object.extensions.is_some() {
            met.extensions = Some(ExtensionsBuilder::new().add("x-open", true).build());
        }
        let is_nullable = values.iter().any(Value::is_null);
        Some(reference(name, is_nullable, object.description.clone()))
    }
}

/// A reference to that schema, or to it or null, with what is told of it where it stands.
pub fn reference(name: &str, is_nullable: bool, description: Option<String>) -> RefOr<Schema> {
    let reference = RefBuilder::new().ref_location_from_schema_name(name);
    if !is_nullable {
        return reference.description(description).into();
    }
    let either = OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .item(reference)
        .description(description);
    RefOr::T(Schema::OneOf(either.build()))
}
