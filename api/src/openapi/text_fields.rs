//! The text that each field takes or answers, by its shape; what text of a request has no shape, a test refuses.

use utoipa::openapi::schema::{
    Array, ArrayItems, Object, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Components, ObjectBuilder, Ref, RefOr};

use super::profile_texts;
use super::texts::{self, TextShape};
use crate::extract::read::{AMOUNT_MAX_MINOR, LATITUDE_MAX, LONGITUDE_MAX};

/// A schema, its properties of one shape, and that shape.
type TextField = (&'static str, &'static [&'static str], fn() -> TextShape);

/// What requests take.
const TAKEN: [TextField; 82] = [
    ("AccountBody", &["clinic_name"], texts::clinic_name),
    ("AccountBody", &["email"], texts::email),
    ("AccountBody", &["first_name", "last_name"], texts::person_name),
    ("AccountBody", &["languages"], texts::language),
    ("AccountBody", &["password"], texts::staff_password),
    ("AccountBody", &["phone"], texts::phone),
    ("AccountBody", &["specialization"], texts::specialization),
    ("AccountBody", &["zone"], texts::zone),
    ("AppBody", &["name"], texts::app_name),
    ("AppBody", &["scopes"], texts::app_scope),
    ("ApplicationBody", &["licence_issued_by"], texts::licence_issuer),
    ("ApplicationBody", &["licence_number"], texts::licence_number),
    ("BothProofsBody", &["code"], texts::factor_code),
    ("BothProofsBody", &["password"], texts::presented_password),
    ("CancelBody", &["note"], texts::cancellation_note),
    ("ChangeMeBody", &["first_name", "last_name"], texts::person_name),
    ("ChangeMeBody", &["phone"], texts::phone),
    (
        "ChangePasswordBody",
        &["current_password"],
        texts::presented_password,
    ),
    ("ChangePasswordBody", &["new_password"], texts::password),
    ("ConfirmBody", &["code"], texts::factor_code),
    ("ConfirmEmailBody", &["code"], texts::one_time_code),
    ("ConfirmPhoneBody", &["code"], texts::sms_code),
    ("ConfirmResetBody", &["code"], texts::one_time_code),
    ("ConfirmResetBody", &["email"], texts::email),
    ("ConfirmResetBody", &["new_password"], texts::password),
    ("DeactivateBody", &["note"], texts::standing_note),
    ("DestinationBody", &["bank_id"], texts::bank_id),
    ("DestinationBody", &["phone"], texts::destination_phone),
    ("EditAccountBody", &["about"], profile_texts::about),
    ("EditAccountBody", &["address"], profile_texts::clinic_address),
    ("EditAccountBody", &["base_point"], profile_texts::point),
    ("EditAccountBody", &["clinic_name"], texts::clinic_name),
    ("EditAccountBody", &["email"], texts::email),
    (
        "EditAccountBody",
        &["first_name", "last_name"],
        texts::person_name,
    ),
    ("EditAccountBody", &["languages"], texts::language),
    ("EditAccountBody", &["phone", "public_phone"], texts::phone),
    ("EditAccountBody", &["specialization"], texts::specialization),
    ("EditAccountBody", &["zone"], texts::zone),
    ("EditAppBody", &["name"], texts::app_name),
    ("EditAppBody", &["scopes"], texts::app_scope),
    ("EditWebhookEndpointBody", &["event_types"], texts::event_type),
    ("EnrolBody", &["password"], texts::presented_password),
    ("HoursBody", &["from", "until"], texts::minute_of_day),
    ("InvitationBody", &["email"], texts::email),
    ("LinkPatientBody", &["link_code"], texts::one_time_code),
    ("LoginBody", &["device_token"], texts::device_token),
    ("LoginBody", &["email"], texts::email),
    ("LoginBody", &["password"], texts::presented_password),
    ("LoginCodeBody", &["code"], texts::factor_code),
    ("LoginCodeBody", &["device_token"], texts::device_token),
    ("LoginCodeBody", &["sign_in_token"], texts::sign_in_token),
    ("LogoutBody", &["refresh_token"], texts::refresh_token),
    ("OpenDayBody", &["zone"], texts::zone),
    ("PasskeyBody", &["credential"], texts::credential),
    ("PasskeyBody", &["name"], texts::passkey_name),
    ("PasskeyLoginBody", &["credential"], texts::credential),
    ("PasskeyLoginBody", &["device_token"], texts::device_token),
    ("PasskeyProofBody", &["credential"], texts::credential),
    ("PasswordResetBody", &["email"], texts::email),
    ("ProfileBody", &["about"], profile_texts::about),
    ("ProfileBody", &["address"], profile_texts::clinic_address),
    ("ProfileBody", &["base_point"], profile_texts::point),
    ("ProfileBody", &["clinic_name"], texts::clinic_name),
    ("ProfileBody", &["first_name", "last_name"], texts::person_name),
    ("ProfileBody", &["languages"], texts::language),
    ("ProfileBody", &["public_phone"], texts::phone),
    ("ProfileBody", &["specialization"], texts::specialization),
    ("ProofBody", &["code"], texts::factor_code),
    ("ProofBody", &["password"], texts::presented_password),
    ("ReactivateBody", &["note"], texts::standing_note),
    ("RefreshBody", &["refresh_token"], texts::refresh_token),
    ("RefuseApplicationBody", &["note"], texts::standing_note),
    ("RegisterBody", &["email"], texts::email),
    ("RegisterBody", &["first_name", "last_name"], texts::person_name),
    ("RegisterBody", &["password"], texts::password),
    ("RegisterBody", &["phone"], texts::phone),
    ("RequestBody", &["address"], texts::address),
    ("RequestBody", &["symptoms", "notes"], texts::words),
    ("UnparkBody", &["partition_key"], texts::partition_key),
    ("WebhookEndpointBody", &["event_types"], texts::event_type),
    ("WithdrawalBody", &["bank_id"], texts::bank_id),
    ("WithdrawalBody", &["phone"], texts::destination_phone),
];

/// Lists in which nothing stands twice.
const SETS: [(&str, &str); 4] = [
    ("AppBody", "scopes"),
    ("EditAppBody", "scopes"),
    ("EditWebhookEndpointBody", "event_types"),
    ("WebhookEndpointBody", "event_types"),
];

/// Properties of one shape, in whatever schema.
type AnsweredText = (&'static [&'static str], fn() -> TextShape);

/// What answers say.
const ANSWERED: [AnsweredText; 5] = [
    (
        &[
            "amount",
            "available",
            "balance",
            "captured",
            "closing_balance",
            "fees",
            "held",
            "kept",
            "left",
            "net",
            "of_this_visit",
            "opening_balance",
            "refunded",
            "refunding",
            "resting",
            "returned",
            "seen",
        ],
        texts::answered_amount,
    ),
    (&["latitude", "longitude"], texts::answered_degrees),
    (&["bank_id"], texts::bank_id),
    (&["trace_id"], texts::trace_id),
    (&["next"], texts::next),
];

/// What answers say in a form that has a name: a schema, its properties, the format.
const FORMATS: [(&str, &[&str], &str); 8] = [
    ("AccountDetailsView", &["history"], "uri-reference"),
    ("AccountView", &["email"], "email"),
    (
        "BookingLinks",
        &["self", "history", "payments", "cancellation_quote"],
        "uri-reference",
    ),
    ("InvitationView", &["email"], "email"),
    ("PaymentView", &["confirmation_url"], "uri"),
    ("Person", &["email"], "email"),
    ("Problem", &["type", "instance"], "uri-reference"),
    ("StreamTicketView", &["url"], "uri-reference"),
];

/// Numbers and text of one: a schema's properties, and the schema that each of them names.
const DECIMALS: [(&str, &str, &str); 9] = [
    ("CancelBody", "expected_fee", "AmountOrNothing"),
    ("CreditBody", "amount", "PositiveAmount"),
    ("DepositBody", "amount", "PositiveAmount"),
    ("PriceRowBody", "amount", "PositiveAmount"),
    ("RefundBody", "amount", "PositiveAmount"),
    ("RequestBody", "amount", "PositiveAmount"),
    ("RequestBody", "latitude", "Latitude"),
    ("RequestBody", "longitude", "Longitude"),
    ("WithdrawalBody", "amount", "PositiveAmount"),
];

/// Writes the shapes into the schemas; answers those that there is no property for.
pub fn add(components: &mut Components) -> Vec<(&'static str, &'static str)> {
    let mut missing = Vec::new();
    for (schema, properties, shape) in TAKEN {
        for property in properties {
            let place = property_of(components, schema, property);
            if !place.is_some_and(|place| shape_text(place, &shape())) {
                missing.push((schema, *property));
            }
        }
    }
    for (schema, property) in SETS {
        match property_of(components, schema, property) {
            Some(RefOr::T(Schema::Array(list))) => list.unique_items = true,
            Some(_) | None => missing.push((schema, property)),
        }
    }
    for (schema, property, name) in DECIMALS {
        match property_of(components, schema, property) {
            Some(place) => *place = RefOr::Ref(Ref::from_schema_name(name)),
            None => missing.push((schema, property)),
        }
    }
    components.schemas.extend(decimals());
    for (schema, properties, format) in FORMATS {
        for property in properties {
            match property_of(components, schema, property) {
                Some(RefOr::T(Schema::Object(text))) if is_text(text) => {
                    text.format = Some(SchemaFormat::Custom(format.to_owned()));
                }
                Some(_) | None => missing.push((schema, *property)),
            }
        }
    }
    shape_answers(components);
    missing
}

fn shape_answers(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let RefOr::T(Schema::Object(answer)) = schema else {
            continue;
        };
        if name.ends_with("Body") {
            continue;
        }
        for (property, place) in &mut answer.properties {
            let shape = ANSWERED
                .iter()
                .find(|(names, _)| names.contains(&property.as_str()));
            if let (Some((_, shape)), RefOr::T(Schema::Object(text))) = (shape, place)
                && is_text(text)
                && text.pattern.is_none()
            {
                text.pattern = shape().pattern;
            }
        }
    }
}

fn property_of<'c>(
    components: &'c mut Components,
    schema: &str,
    property: &str,
) -> Option<&'c mut RefOr<Schema>> {
    match components.schemas.get_mut(schema)? {
        RefOr::T(Schema::Object(object)) => object.properties.get_mut(property),
        RefOr::T(_) | RefOr::Ref(_) => None,
    }
}

/// Whether it is text, or a list of texts, that takes a shape.
pub fn shape_text(place: &mut RefOr<Schema>, shape: &TextShape) -> bool {
    match place {
        RefOr::T(Schema::Object(text)) if is_text(text) => {
            text.pattern.clone_from(&shape.pattern);
            if let Some((least, most)) = shape.chars {
                text.min_length = Some(least).filter(|least| *least > 0);
                text.max_length = Some(most);
            }
            true
        }
        RefOr::T(Schema::Array(Array {
            items: ArrayItems::RefOrSchema(item),
            ..
        })) => shape_text(item, shape),
        RefOr::T(_) | RefOr::Ref(_) => false,
    }
}

fn is_text(object: &Object) -> bool {
    match &object.schema_type {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    }
}

/// A JSON number or text of one, each once.
fn decimals() -> [(String, RefOr<Schema>); 4] {
    let most = AMOUNT_MAX_MINOR / 100;
    let number = || ObjectBuilder::new().schema_type(Type::Number);
    let amount = || number().maximum(Some(most));
    let degrees = |most: i64| number().minimum(Some(-most)).maximum(Some(most));
    let words =
        "A JSON number or text of one, read as decimal text, never through a float; at most two decimals.";
    [
        (
            "PositiveAmount",
            amount().exclusive_minimum(Some(0)).build(),
            texts::positive_amount(),
            "1500.00",
            words,
        ),
        (
            "AmountOrNothing",
            amount().minimum(Some(0)).build(),
            texts::amount_or_nothing(),
            "450.00",
            words,
        ),
        (
            "Latitude",
            degrees(LATITUDE_MAX).build(),
            texts::latitude(),
            "55.7558",
            "Degrees, as a JSON number or text of one; at most nine decimals.",
        ),
        (
            "Longitude",
            degrees(LONGITUDE_MAX).build(),
            texts::longitude(),
            "37.6176",
            "Degrees, as a JSON number or text of one; at most nine decimals.",
        ),
    ]
    .map(|(name, number, shape, example, words)| {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(shape.pattern)
            .build();
        let either = OneOfBuilder::new()
            .item(text)
            .item(number)
            .description(Some(words))
            .examples([example]);
        (name.to_owned(), RefOr::T(either.build().into()))
    })
}
