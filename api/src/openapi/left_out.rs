//! What an answer always says is required, and null where there is none; what it leaves out where there is none is never null.

use utoipa::openapi::schema::{Array, Object, OneOf, Schema, SchemaType, Type};
use utoipa::openapi::{Components, RefOr};

/// A schema of an answer, and what it leaves out (`skip_serializing_if`): a test reads the sources for it.
const LEFT_OUT: [(&str, &[&str]); 26] = [
    ("AccountErasureView", &["act"]),
    ("BookingLinks", &["payment"]),
    (
        "BookingView",
        &[
            "returned_to",
            "returned_at",
            "refunds",
            "payment_id",
            "patient_name",
            "doctor_id",
            "doctor_name",
            "starts_at",
            "ends_at",
            "estimated_arrival",
            "room_url",
            "escalation",
            "fee",
            "details",
        ],
    ),
    ("CancellationView", &["steps", "after_departure_percent"]),
    ("ChangeView", &["from", "value"]),
    ("DestinationView", &["doubtful"]),
    (
        "DetailsView",
        &[
            "address",
            "latitude",
            "longitude",
            "symptoms",
            "notes",
            "phone",
            "patient_name",
        ],
    ),
    ("DoctorView", &["distance_km", "prices", "next_slot"]),
    ("EntryView", &["fee", "booking_id", "payment_id", "transfer_id"]),
    ("FiscalView", &["registered_at"]),
    ("HistoryLine", &["app_id", "origin"]),
    ("OpenCallView", &["address", "latitude", "longitude"]),
    ("OriginView", &["command_id", "causation"]),
    ("OwnConsentsView", &["follows"]),
    ("PasskeyRegisteredView", &["session", "recovery_codes"]),
    ("PaymentView", &["receipts"]),
    ("PayoutView", &["code"]),
    ("PriceRowView", &["doctor_id"]),
    (
        "Problem",
        &[
            "errors",
            "price",
            "price_list_version",
            "fee",
            "available",
            "sign_in_token",
            "expires_in",
            "until",
        ],
    ),
    ("ReceiptView", &["refund_number", "fiscal", "copy_url"]),
    ("RunLineView", &["payout_id", "amount", "left", "code"]),
    ("SecondFactorView", &["enrolled_at"]),
    ("StatementLineView", &["booking_id", "payment_id", "transfer_id"]),
    (
        "StepsView",
        &[
            "secured_at",
            "expired_at",
            "assigned_at",
            "departed_at",
            "arrived_at",
            "started_at",
            "completed_at",
            "no_show_at",
            "missed_at",
            "rescheduled_at",
            "cancelled_at",
        ],
    ),
    ("WindowView", &["not_before", "not_after"]),
    (
        "WindowsView",
        &[
            "depart",
            "arrive",
            "start",
            "complete",
            "no_show",
            "ends_by_itself_at",
        ],
    ),
];

/// Makes the one or the other of every property that need not have a value; a request's may be left out and null.
pub fn add(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let is_taken = name.ends_with("Body") || name.ends_with("Notice") || name.ends_with("Form");
        match schema {
            RefOr::T(Schema::Object(answer)) if !is_taken => require(name, answer),
            RefOr::T(Schema::AllOf(parts)) if !is_taken => {
                for part in &mut parts.items {
                    if let RefOr::T(Schema::Object(answer)) = part {
                        require(name, answer);
                    }
                }
            }
            RefOr::T(_) | RefOr::Ref(_) => {}
        }
    }
}

/// What a schema leaves out.
fn left_out(schema: &str) -> &'static [&'static str] {
    let known = LEFT_OUT.iter().find(|(name, _)| *name == schema);
    known.map_or(&[], |(_, properties)| properties)
}

fn require(name: &str, answer: &mut Object) {
    let left_out = left_out(name);
    for (property, schema) in &mut answer.properties {
        if left_out.contains(&property.as_str()) {
            never_null(schema);
        } else if !answer.required.contains(property) {
            answer.required.push(property.clone());
        }
    }
}

fn never_null(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            drop_null(&mut object.schema_type);
            if let Some(words) = &mut object.enum_values {
                words.retain(|word| !word.is_null());
            }
        }
        RefOr::T(Schema::Array(Array { schema_type, .. })) => drop_null(schema_type),
        RefOr::T(Schema::OneOf(OneOf { items, .. })) => {
            items.retain(|item| !is_null(item));
            if items.len() == 1
                && let Some(only) = items.pop()
            {
                *schema = only;
            }
        }
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

fn drop_null(schema_type: &mut SchemaType) {
    if let SchemaType::Array(kinds) = schema_type {
        kinds.retain(|kind| *kind != Type::Null);
        if let [only] = kinds.as_slice() {
            *schema_type = SchemaType::Type(only.clone());
        }
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => object.schema_type == SchemaType::Type(Type::Null),
        RefOr::T(_) | RefOr::Ref(_) => false,
    }
}
