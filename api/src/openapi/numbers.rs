//! How large a number, how long a list may be: by the limits of those who read it.

use domain::apps::AppScope;
use domain::price_list::terms::VISIT_MINUTES_MAX as SPAN_MINUTES_MAX;
use domain::price_list::terms::{
    EARNING_REST_HOURS_MAX, HOLD_MINUTES, NOTICE_MINUTES_MAX, PRICES_MAX, STEPS_MAX, URGENT_VISIT_MINUTES,
};
use domain::schedule::hours::{BUFFER_MINUTES_MAX, SLOT_MINUTES_MIN, VISIT_MINUTES_MAX};
use identity::{ExperienceYears, LANGUAGES_MAX, OVERLAP_HOURS_MAX, RATE_MAX, TravelKm};
use utoipa::Number;
use utoipa::openapi::schema::{
    Array, ArrayItems, KnownFormat, Object, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Components, RefOr};
use webhooks::EventType;

use crate::extract::price_document::VERSION_MAX;
use crate::routes::auth::register::CONSENTS_MAX;
use crate::routes::doctors::days::STRETCHES_MAX;

/// A schema, one of its numbers, the least and the most that it may be.
type Bounds = (&'static str, &'static [&'static str], i64, i64);

/// What requests take, and answers therefore say.
const BOUNDS: [Bounds; 24] = [
    (
        "AccountBody",
        &["experience_years"],
        0,
        ExperienceYears::MAX as i64,
    ),
    (
        "AppBody",
        &["requests_per_minute", "writes_per_minute"],
        1,
        RATE_MAX as i64,
    ),
    ("CancellationView", &["after_departure_percent"], 0, 100),
    ("DoctorView", &["travel_km"], 1, TravelKm::MAX as i64),
    ("EditAccountBody", &["travel_km"], 1, TravelKm::MAX as i64),
    (
        "ProfileBody",
        &["experience_years"],
        0,
        ExperienceYears::MAX as i64,
    ),
    ("ProfileBody", &["travel_km"], 1, TravelKm::MAX as i64),
    (
        "DoctorView",
        &["experience_years"],
        0,
        ExperienceYears::MAX as i64,
    ),
    (
        "EditAccountBody",
        &["experience_years"],
        0,
        ExperienceYears::MAX as i64,
    ),
    (
        "EditAppBody",
        &["requests_per_minute", "writes_per_minute"],
        1,
        RATE_MAX as i64,
    ),
    ("RotateAppSecretBody", &["overlap_hours"], 0, OVERLAP_HOURS_MAX),
    (
        "OpenDayBody",
        &["buffer_before_minutes", "buffer_after_minutes"],
        0,
        BUFFER_MINUTES_MAX as i64,
    ),
    (
        "OpenDayBody",
        &["slot_minutes"],
        SLOT_MINUTES_MIN as i64,
        VISIT_MINUTES_MAX as i64,
    ),
    ("PercentsView", &["urgent", "scheduled", "consultation"], 0, 100),
    (
        "PriceListBody",
        &["hold_minutes"],
        HOLD_MINUTES.0 as i64,
        HOLD_MINUTES.1 as i64,
    ),
    (
        "PriceListBody",
        &["urgent_visit_minutes"],
        URGENT_VISIT_MINUTES.0 as i64,
        URGENT_VISIT_MINUTES.1 as i64,
    ),
    ("PriceListBody", &["version"], 1, VERSION_MAX),
    ("ReplayBody", &["after_position"], 0, i64::MAX),
    ("RequestBody", &["price_list_version"], 1, u32::MAX as i64),
    ("StepView", &["notice_minutes"], 0, NOTICE_MINUTES_MAX),
    ("StepView", &["percent"], 0, 100),
    (
        "VisitTimesView",
        &[
            "depart_before_minutes",
            "arrive_before_minutes",
            "start_before_minutes",
            "start_after_end_minutes",
            "complete_after_minutes",
            "no_show_after_minutes",
            "urgent_search_minutes",
            "urgent_search_alarm_minutes",
            "missed_alarm_minutes",
            "missed_after_minutes",
            "unfinished_alarm_minutes",
        ],
        0,
        SPAN_MINUTES_MAX as i64,
    ),
    (
        "VisitTimesView",
        &["earning_rest_hours"],
        0,
        EARNING_REST_HOURS_MAX as i64,
    ),
    ("Problem", &["status"], 400, 599),
];

/// The lists that requests take: how many at least and at most.
const LISTS: [(&str, &str, usize, usize); 12] = [
    ("AppBody", "scopes", 1, AppScope::ALL.len()),
    ("EditAppBody", "scopes", 1, AppScope::ALL.len()),
    ("AccountBody", "languages", 0, LANGUAGES_MAX),
    ("CancellationView", "steps", 1, STEPS_MAX),
    ("EditAccountBody", "languages", 0, LANGUAGES_MAX),
    ("ExtendDayBody", "working", 1, STRETCHES_MAX),
    ("OpenDayBody", "working", 1, STRETCHES_MAX),
    ("PriceListBody", "prices", 1, PRICES_MAX),
    ("ProfileBody", "languages", 0, LANGUAGES_MAX),
    ("RegisterBody", "consents", 1, CONSENTS_MAX),
    ("EditWebhookEndpointBody", "event_types", 1, EventType::ALL.len()),
    ("WebhookEndpointBody", "event_types", 1, EventType::ALL.len()),
];

/// Writes the bounds into the schemas; answers those that there is no property for.
pub fn add(components: &mut Components) -> Vec<(&'static str, &'static str)> {
    let mut missing = Vec::new();
    for (schema, properties, least, most) in BOUNDS {
        for property in properties {
            match property_of(components, schema, property) {
                Some(Schema::Object(number)) => bound(number, least, most),
                Some(_) | None => missing.push((schema, *property)),
            }
        }
    }
    for (schema, property, least, most) in LISTS {
        match property_of(components, schema, property) {
            Some(Schema::Array(Array {
                min_items, max_items, ..
            })) => {
                *min_items = Some(least).filter(|least| *least > 0);
                *max_items = Some(most);
            }
            Some(_) | None => missing.push((schema, property)),
        }
    }
    count_from_nothing(components);
    missing
}

/// The bounds of one number; what does not fit into 32 bits is said to have 64.
pub fn bound(number: &mut Object, least: i64, most: i64) {
    number.minimum = Some(Number::from(least));
    number.maximum = Some(Number::from(most));
    if most > i64::from(i32::MAX) {
        number.format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64));
    }
}

/// Positions, versions and counts of answers: none is below nothing.
fn count_from_nothing(components: &mut Components) {
    let schemas = components.schemas.values_mut();
    let objects = schemas.filter_map(|schema| match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        RefOr::T(_) | RefOr::Ref(_) => None,
    });
    objects
        .flat_map(|object| object.properties.values_mut())
        .for_each(from_nothing);
}

fn from_nothing(property: &mut RefOr<Schema>) {
    match property {
        RefOr::T(Schema::Object(number)) if is_integer(number) && number.minimum.is_none() => {
            number.minimum = Some(Number::from(0));
        }
        RefOr::T(Schema::Array(Array {
            items: ArrayItems::RefOrSchema(item),
            ..
        })) => from_nothing(item),
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

/// Whether it is a whole number, or none.
pub fn is_integer(object: &Object) -> bool {
    match &object.schema_type {
        SchemaType::Type(kind) => *kind == Type::Integer,
        SchemaType::Array(kinds) => kinds.contains(&Type::Integer),
        SchemaType::AnyValue => false,
    }
}

fn property_of<'c>(components: &'c mut Components, schema: &str, property: &str) -> Option<&'c mut Schema> {
    let RefOr::T(Schema::Object(object)) = components.schemas.get_mut(schema)? else {
        return None;
    };
    match object.properties.get_mut(property)? {
        RefOr::T(found) => Some(found),
        RefOr::Ref(_) => None,
    }
}
