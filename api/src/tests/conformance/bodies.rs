//! Bodies: every field of every request, in the example of that request.

use std::collections::BTreeSet;

use identity::{Email, FactorCode, OneTimeCode};
use serde_json::{Value, json};

use super::{Apart, Place, is_fine_at};
use crate::extract::body::{self, FromBody};
use crate::extract::price_document::PriceDocument;
use crate::problem::Problem;
use crate::routes::admin::accounts::{create, edit, standing, verify};
use crate::routes::admin::{
    anomalies, apps, credit_wallet, erasures, intents, projections, reconciliations, run_payouts,
};
use crate::routes::apps::patients;
use crate::routes::auth::{
    email, factors, me as own_account, passkey_sign_in, passkeys, password as own_password, password_resets,
    phone, proof, register, session, stream_tickets,
};
use crate::routes::bookings::{assign, cancel, request, reschedule, room, visit};
use crate::routes::clinic::invitations;
use crate::routes::doctors::{accept, blocks, days};
use crate::routes::me::{application, apps as own_apps, calendar, consents, payout_destination, profile};
use crate::routes::payments::{refund, start};
use crate::routes::wallet::{deposit, withdraw};
use crate::routes::webhook_endpoints;
use crate::tests::description::{operations, resolved, spelled_out};

/// A schema, and who reads what it describes.
type Body = (&'static str, fn(&[u8]) -> Result<(), Problem>);

const BODIES: [Body; 63] = [
    ("AcceptsBody", read::<accept::AcceptsBody>),
    ("AccountBody", read::<create::AccountBody>),
    ("AppBody", read::<apps::make::AppBody>),
    ("ApplicationBody", read::<application::ApplicationBody>),
    ("AssignBody", read::<assign::AssignBody>),
    ("BothProofsBody", read::<factors::BothProofsBody>),
    ("BlockBody", read::<blocks::BlockBody>),
    ("CalendarBody", read::<calendar::CalendarBody>),
    ("CancelBody", read::<cancel::CancelBody>),
    ("ChangeMeBody", read::<own_account::ChangeMeBody>),
    ("ChangePasswordBody", read::<own_password::ChangePasswordBody>),
    ("ConfirmBody", read::<factors::ConfirmBody>),
    ("ConfirmEmailBody", read::<email::ConfirmEmailBody>),
    ("ConfirmPhoneBody", read::<phone::ConfirmPhoneBody>),
    ("ConfirmResetBody", read::<password_resets::ConfirmResetBody>),
    ("ConsentBody", read::<consents::ConsentBody>),
    ("CreditBody", read::<credit_wallet::CreditBody>),
    ("DeactivateBody", read::<standing::DeactivateBody>),
    ("DepositBody", read::<deposit::DepositBody>),
    ("DestinationBody", read::<payout_destination::DestinationBody>),
    ("EditAccountBody", read::<edit::EditAccountBody>),
    ("EditAppBody", read::<apps::change::EditAppBody>),
    (
        "EditWebhookEndpointBody",
        read::<webhook_endpoints::change::EditWebhookEndpointBody>,
    ),
    ("EndSessionsBody", read::<standing::EndSessionsBody>),
    ("EnrolBody", read::<factors::EnrolBody>),
    ("EraseAccountBody", read::<erasures::EraseAccountBody>),
    ("EstimateArrivalBody", read::<visit::EstimateArrivalBody>),
    ("ExtendDayBody", read::<days::ExtendDayBody>),
    ("GiveUpBody", read::<intents::GiveUpBody>),
    ("InvitationBody", read::<invitations::InvitationBody>),
    ("LinkCodeBody", read::<own_apps::LinkCodeBody>),
    ("LinkPatientBody", read::<patients::LinkPatientBody>),
    ("LoginBody", read::<session::LoginBody>),
    ("LoginCodeBody", read::<session::LoginCodeBody>),
    ("LogoutBody", read::<session::LogoutBody>),
    ("OpenDayBody", read::<days::OpenDayBody>),
    ("PasskeyBody", read::<passkeys::PasskeyBody>),
    ("PasskeyLoginBody", read::<passkey_sign_in::PasskeyLoginBody>),
    ("PasskeyProofBody", read::<passkey_sign_in::PasskeyProofBody>),
    ("PasswordResetBody", read::<password_resets::PasswordResetBody>),
    ("PayBody", read::<start::PayBody>),
    ("PriceListBody", read::<PriceDocument>),
    ("ReactivateBody", read::<standing::ReactivateBody>),
    ("ProfileBody", read::<profile::ProfileBody>),
    ("ProofBody", read::<proof::ProofBody>),
    ("RebuildBody", read::<projections::RebuildBody>),
    ("ReconcileBody", read::<reconciliations::ReconcileBody>),
    ("RefreshBody", read::<session::RefreshBody>),
    ("RefundBody", read::<refund::RefundBody>),
    ("RegisterBody", read::<register::RegisterBody>),
    ("ReplayBody", read::<webhook_endpoints::replay::ReplayBody>),
    ("RequestBody", read::<request::BookingRequest>),
    ("RescheduleBody", read::<reschedule::RescheduleBody>),
    ("ResolveBody", read::<anomalies::ResolveBody>),
    ("RotateAppSecretBody", read::<apps::secrets::RotateAppSecretBody>),
    ("RoomBody", read::<room::RoomBody>),
    ("RunBody", read::<run_payouts::RunBody>),
    ("StreamTicketBody", read::<stream_tickets::StreamTicketBody>),
    ("UnparkBody", read::<projections::UnparkBody>),
    ("RefuseApplicationBody", read::<verify::RefuseApplicationBody>),
    ("UnverifyBody", read::<verify::UnverifyBody>),
    (
        "WebhookEndpointBody",
        read::<webhook_endpoints::create::WebhookEndpointBody>,
    ),
    ("WithdrawalBody", read::<withdraw::WithdrawalBody>),
];

fn read<B: FromBody>(bytes: &[u8]) -> Result<(), Problem> {
    body::read::<B>(bytes, Vec::new()).map(drop)
}

/// One schema tells of both kinds of terms: urgent visits have none by notice, the others none by departure; and no doctor is chosen for an
/// urgent visit, which is what the example's first row is of.
const OF_OTHER_KINDS: [&str; 4] = [
    "/cancellation/consultation/after_departure_percent",
    "/cancellation/scheduled/after_departure_percent",
    "/cancellation/urgent/steps",
    "/prices/0/doctor_id",
];

/// Where no pattern tells all, and where readers forgive.
fn apart(property: &str) -> Apart {
    let beyond_patterns: Option<fn(&str) -> bool> = match property {
        "email" => Some(has_long_parts),
        // Which zones there are, the database says.
        "zone" => Some(|_| true),
        // What is soon guessed has no pattern.
        "password" | "new_password" => Some(|_| true),
        _ => None,
    };
    let forgiven: Option<fn(&str) -> bool> = match property {
        // Whoever brings a token that was never one is refused as a stranger (401), not as somebody who cannot write.
        "refresh_token" | "sign_in_token" => Some(|_| true),
        // Blanks, dashes and small letters are forgiven.
        "code" | "link_code" => {
            Some(|text| FactorCode::parse(text).is_ok() || OneTimeCode::parse(text).is_ok())
        }
        // One that was never one is as good as none.
        "device_token" => Some(|_| true),
        // Less than nothing of nothing is nothing.
        "expected_fee" => Some(|text| text.starts_with('-')),
        _ => None,
    };
    Apart {
        beyond_patterns,
        forgiven,
    }
}

fn has_long_parts(address: &str) -> bool {
    let (local, domain) = address.rsplit_once('@').unwrap();
    local.len() > Email::LOCAL_CHARS_MAX
        || domain
            .split('.')
            .any(|label| label.len() > Email::LABEL_CHARS_MAX)
}

/// Every place of a request, with its schema; the first entry stands for a list.
fn places<'d>(described: &'d Value, schema: &'d Value, pointer: &str, found: &mut Vec<(String, &'d Value)>) {
    if OF_OTHER_KINDS.contains(&pointer) {
        return;
    }
    let schema = resolved(described, schema);
    found.push((pointer.to_owned(), schema));
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        places(described, property, &format!("{pointer}/{name}"), found);
    }
    if schema["items"].is_object() {
        places(described, &schema["items"], &format!("{pointer}/0"), found);
    }
}

/// The document with this value at that place.
fn with(document: &Value, pointer: &str, value: &Value) -> Value {
    let mut document = document.clone();
    let mut place = &mut document;
    for name in pointer.split('/').skip(1) {
        if name == "0" {
            if !place.is_array() {
                *place = json!([null]);
            }
            place = &mut place[0];
        } else {
            if !place.is_object() {
                *place = json!({});
            }
            place = &mut place[name];
        }
    }
    *place = value.clone();
    document
}

#[test]
fn every_body_is_read_here() {
    let description = spelled_out();
    let described: BTreeSet<String> = operations(&description)
        .iter()
        .filter_map(|(_, _, operation)| {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            Some(body.as_str()?.rsplit('/').next()?.to_owned())
        })
        .collect();
    assert_eq!(described, BODIES.map(|(name, _)| name.to_owned()).into());
}

#[test]
fn a_body_may_be_left_out_where_nothing_in_it_is_required() {
    let description = spelled_out();
    let mut left_out = 0;
    for (method, path, operation) in operations(&description) {
        let body = &operation["requestBody"];
        let Some(schema) = body["content"]["application/json"]["schema"]["$ref"].as_str() else {
            continue;
        };
        let name = schema.rsplit('/').next().unwrap();
        let (_, read) = BODIES.iter().find(|(known, _)| *known == name).unwrap();
        let may = read(b"").is_ok();
        assert_eq!(body["required"], !may, "{method} {path}");
        left_out += u32::from(may);
    }
    assert!(left_out > 5, "{left_out}");
}

#[test]
fn the_example_of_a_body_is_a_good_one() {
    let description = spelled_out();
    for (name, read) in BODIES {
        let example = &description["components"]["schemas"][name]["example"];
        let answer = read(example.to_string().as_bytes());
        assert!(answer.is_ok(), "{name}: {answer:?}");
        let schema = json!({
            "components": description["components"],
            "$ref": format!("#/components/schemas/{name}"),
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(example)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
}

/// A good request that may have each of its fields: a doctor can be chosen for a consultation, not for an urgent call.
fn base(name: &str, example: &Value) -> Value {
    let mut base = example.clone();
    if name == "RequestBody" {
        base["call_type"] = json!("consultation");
    }
    base
}

#[test]
fn what_is_described_of_a_body_is_what_is_read() {
    let description = spelled_out();
    let schemas = &description["components"]["schemas"];
    let mut tried = 0;
    for (name, read) in BODIES {
        let mut found = Vec::new();
        places(&description, &schemas[name], "", &mut found);
        for (pointer, schema) in found.iter().filter(|(pointer, _)| !pointer.is_empty()) {
            let property = pointer.rsplit('/').next().unwrap();
            let takes = |value: &Value| {
                let document = with(&base(name, &schemas[name]["example"]), pointer, value);
                is_fine_at(&read(document.to_string().as_bytes()), pointer)
            };
            let place = Place {
                name: format!("{name}{pointer}"),
                schema,
                takes: &takes,
                apart: apart(property),
            };
            place.try_all();
            tried += 1;
        }
    }
    assert!(tried > 90, "{tried}");
}

#[test]
fn a_list_is_as_long_as_described() {
    let description = spelled_out();
    let mut lists = 0;
    for (name, read) in BODIES {
        let body = &description["components"]["schemas"][name];
        let mut found = Vec::new();
        places(&description, body, "", &mut found);
        for (pointer, schema) in found
            .iter()
            .filter(|(_, schema)| schema["type"].to_string().contains("array"))
        {
            let example = &body["example"];
            let entry = example
                .pointer(&format!("{pointer}/0"))
                .cloned()
                .unwrap_or_else(|| json!("ru"));
            let takes = |length: u64| {
                let list = vec![entry.clone(); usize::try_from(length).unwrap()];
                is_fine_at(
                    &read(with(example, pointer, &json!(list)).to_string().as_bytes()),
                    pointer,
                )
            };
            let most = schema["maxItems"]
                .as_u64()
                .unwrap_or_else(|| panic!("{name}{pointer}"));
            assert!(takes(most) && !takes(most + 1), "{name}{pointer}: {most}");
            let least = schema["minItems"].as_u64().unwrap_or(0);
            assert!(takes(least), "{name}{pointer}: {least}");
            assert!(least == 0 || !takes(least - 1), "{name}{pointer}: {least}");
            lists += 1;
        }
    }
    assert!(lists >= 6, "{lists}");
}

/// The other half of what the pattern of zones cannot tell.
#[test]
fn every_zone_there_is_is_described_as_one() {
    let description = spelled_out();
    let schema = &description["components"]["schemas"]["OpenDayBody"]["properties"]["zone"];
    let validator = jsonschema::validator_for(schema).unwrap();
    let mut zones = 0;
    for zone in jiff::tz::db().available() {
        let known = identity::Zone::parse(zone.as_str()).is_ok();
        assert!(!known || validator.is_valid(&json!(zone.as_str())), "{zone}");
        zones += usize::from(known);
    }
    assert!(zones > 300, "{zones}");
}
