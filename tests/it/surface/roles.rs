//! Every operation of the API, asked by everybody: each gets what is owed to them.

use std::collections::BTreeSet;

use kit::client::{Client, fresh_key};
use kit::persona;
use kit::scene::Scene;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::descriptions::everything;
use super::operations::{CALLERS, Operation, Owed, Subjects, operations, path};

/// Days with hours, nine bookings each; the scene opened the doctor's.
const DAYS: i64 = 4;

#[tokio::test]
async fn everybody_gets_what_is_owed_to_them() {
    let scene = with_second_factors(Scene::set().await).await;
    let described = everything(&scene.platform.anonymous()).await;
    let callers = Callers::of(&scene).await;
    for days_ahead in 1..=DAYS {
        scene.open_day_of(&scene.stand_in, days_ahead).await;
    }
    let mut slots = 0..9 * DAYS;
    let mut subjects = booked(&scene, slots.next().unwrap()).await;
    let rows: Vec<String> = operations(&subjects)
        .iter()
        .map(|operation| operation.name.to_owned())
        .collect();
    assert_eq!(
        rows.iter().cloned().collect::<BTreeSet<_>>(),
        names(&described),
        "every operation has its row"
    );

    let mut wrong = Vec::new();
    for name in &rows {
        if name.starts_with("POST /api/v1/bookings/{id}/") {
            // What is done to a booking is done to one of its own.
            subjects = booked(&scene, slots.next().unwrap()).await;
        }
        for (caller, whose) in CALLERS.into_iter().enumerate() {
            subjects.unique = persona::number();
            if name.ends_with("/unassign") && whose == "clinic" {
                // The doctor has just taken themselves off: there is nobody left to take off.
                subjects = booked(&scene, slots.next().unwrap()).await;
            }
            let operation = operations(&subjects)
                .into_iter()
                .find(|operation| operation.name == name)
                .unwrap();
            let Answered {
                status,
                code,
                headers,
            } = ask(&callers.of[caller], &operation, &subjects).await;
            for header in undescribed(&described, name, status, &headers) {
                wrong.push(format!("{name}: {status} sends {header}, which is not described"));
            }
            if response(&described, name, status).is_null() {
                wrong.push(format!("{name}: {status} is not described"));
            }
            let owed = operation.owed[caller];
            if !is(owed, status, &code, name) {
                wrong.push(format!(
                    "{name}: {whose} is owed {owed:?} and got {status} {code}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    scene.finish().await;
}

#[tokio::test]
async fn bodies_are_judged_before_tokens_and_tokens_before_anything_is_looked_up() {
    let scene = Scene::set().await;
    let anybody = scene.platform.anonymous();
    let described = everything(&anybody).await;
    scene.open_day_of(&scene.stand_in, 1).await;
    let subjects = booked(&scene, 0).await;
    let forged = anybody.with_token("eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.");
    for operation in operations(&subjects) {
        let (method, path) = (method(operation.name), path(operation.name, &subjects));
        let open = matches!(operation.owed[0], Owed::In | Owed::Absent);
        // A notice has its provider's form, which is looked at only where it comes from that provider.
        let ours = !operation.name.contains("/webhooks/");
        if ours && operation.body.is_some() && !is_without_body(&described, operation.name) {
            let body = Some("{\"no_such_field\":1}".to_owned());
            let answer = anybody
                .try_send_to(method.clone(), &path, body, &[])
                .await
                .unwrap();
            assert!(
                answer.pointers().contains(&"/no_such_field".to_owned()),
                "{}: {}",
                operation.name,
                answer.text
            );
            answer.expect_problem(422, "invalid");
        }
        if !open {
            let body = operation.body.as_ref().map(Value::to_string);
            let answer = forged.try_send_to(method, &path, body, &[]).await.unwrap();
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (401, "invalid_token"),
                "{}",
                operation.name
            );
        }
    }
    scene.finish().await;
}

/// Where the description says that a key is required, a command without one is refused, and nowhere else.
#[tokio::test]
async fn a_command_that_moves_money_must_carry_an_idempotency_key_and_others_need_none() {
    let scene = with_second_factors(Scene::set().await).await;
    let described = everything(&scene.platform.anonymous()).await;
    let callers = Callers::of(&scene).await;
    scene.open_day_of(&scene.stand_in, 1).await;
    let subjects = booked(&scene, 0).await;
    let (mut required, mut wrong) = (BTreeSet::new(), Vec::new());
    for operation in operations(&subjects) {
        let (verb, path) = operation.name.split_once(' ').unwrap();
        let parameters = &described["paths"][path][verb.to_lowercase()]["parameters"];
        let must = parameters
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| resolved(&described, parameter))
            .any(|parameter| parameter["name"] == "Idempotency-Key" && parameter["required"] == true);
        if must {
            required.insert(operation.name);
        }
        // Whoever may do it, with all that it takes but the key; who may not hears that and nothing of keys.
        for (caller, owed) in callers.of.iter().zip(operation.owed) {
            let Answered { status, code, .. } = ask_without_key(caller, &operation, &subjects).await;
            let refused = (status.as_u16(), code.as_str()) == (400, "idempotency_key_required");
            if refused != (must && owed == Owed::In) {
                wrong.push(format!("{}: {owed:?} got {status} {code}", operation.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let expected = BTreeSet::from([
        "POST /api/v1/admin/payouts/run",
        "POST /api/v1/admin/wallets/{owner}/deposits",
        "POST /api/v1/payments/{id}/refund",
        "POST /api/v1/wallet/deposits",
        "POST /api/v1/wallet/withdrawals",
    ]);
    assert_eq!(required, expected);
    scene.finish().await;
}

/// The callers, in the order of [`CALLERS`].
struct Callers {
    of: Vec<Client>,
}

impl Callers {
    async fn of(scene: &Scene) -> Self {
        let mut of = Vec::new();
        for caller in CALLERS {
            of.push(client(scene, caller).await);
        }
        Self { of }
    }
}

async fn client(scene: &Scene, caller: &str) -> Client {
    let platform = &scene.platform;
    match caller {
        "nobody" => platform.anonymous(),
        "doctor" => scene.doctor.client.clone(),
        "doctor taken off" => scene.stand_in.client.clone(),
        "clinic" => scene.clinic.client.clone(),
        "patient" => scene.patient.client.clone(),
        "admin" => scene.admin.client.clone(),
        "other patient" => {
            let patient = platform.patient().await;
            platform.with_second_factor(&patient).await.client
        }
        other => {
            let role = other.trim_start_matches("other ");
            let made = platform.made_by(&scene.admin, role).await;
            platform.with_second_factor(&made).await.client
        }
    }
}

/// What each role may is asked of people who have all that it takes; who lacks a second factor has a journey of their own.
async fn with_second_factors(mut scene: Scene) -> Scene {
    let platform = &scene.platform;
    scene.clinic = platform.with_second_factor(&scene.clinic).await;
    scene.doctor = platform.with_second_factor(&scene.doctor).await;
    scene.stand_in = platform.with_second_factor(&scene.stand_in).await;
    scene.patient = platform.with_second_factor(&scene.patient).await;
    scene
}

/// A booking that is paid and assigned, at the `nth` slot, once its first doctor was taken off; the slot beside it stays
/// free.
pub(super) async fn booked(scene: &Scene, nth: i64) -> Subjects {
    let (day, minutes) = (1 + 2 * nth / 18, 2 * nth % 18 * 30);
    scene
        .platform
        .credit(&scene.admin, &scene.patient, "2000.00")
        .await;
    let slot = scene.slot(day, minutes);
    let mut request = scene.scheduled(slot);
    request["doctor_id"] = json!(scene.stand_in.id);
    let booking = scene.booked_and_paid(request).await;
    let moved = json!({"doctor_id": scene.doctor.id, "starts_at": slot.to_string()});
    let path = format!("/bookings/{booking}/reschedule");
    scene.admin.client.post(&path, moved).await.expect(200);
    let payment = scene.booking(&booking).await["payment_id"]
        .as_str()
        .unwrap()
        .to_owned();
    Subjects {
        doctor: scene.doctor.id.clone(),
        booking,
        payment,
        patient: scene.patient.id.clone(),
        slot: scene.slot(day, minutes + 30).to_string(),
        date: scene.date(20),
        unique: 0,
    }
}

/// What was answered, as far as roles and the description are concerned.
struct Answered {
    status: StatusCode,
    code: String,
    headers: HeaderMap,
}

/// Headers that say something of the API itself; others are the transport's.
const TELLING: [&str; 12] = [
    "content-disposition",
    "etag",
    "idempotent-replayed",
    "link",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "tot-as-of",
    "tot-position",
    "tot-trace-id",
    "www-authenticate",
];

/// What is told of an operation's answer with this status.
fn response<'d>(described: &'d Value, name: &str, status: StatusCode) -> &'d Value {
    let (method, path) = name.split_once(' ').unwrap();
    let responses = &described["paths"][path][method.to_lowercase()]["responses"];
    resolved(described, &responses[status.as_str()])
}

/// Those of them that were sent though the description does not name them.
fn undescribed(described: &Value, name: &str, status: StatusCode, sent: &HeaderMap) -> Vec<&'static str> {
    let with_every_answer = &described["x-headers-of-every-answer"];
    let names = [&response(described, name, status)["headers"], with_every_answer]
        .into_iter()
        .filter_map(Value::as_object)
        .flatten();
    let told: Vec<String> = names.map(|(name, _)| name.to_lowercase()).collect();
    let telling = TELLING.into_iter().filter(|header| sent.contains_key(*header));
    telling
        .filter(|header| !told.iter().any(|name| name == header))
        .collect()
}

/// What stands there, or where it refers to.
fn resolved<'d>(described: &'d Value, part: &'d Value) -> &'d Value {
    match part["$ref"].as_str() {
        Some(shared) => described.pointer(shared.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

async fn ask(client: &Client, operation: &Operation, subjects: &Subjects) -> Answered {
    let key = fresh_key();
    let headers = [("Idempotency-Key", key.as_str())];
    send_request(client, operation, subjects, &headers).await
}

async fn ask_without_key(client: &Client, operation: &Operation, of: &Subjects) -> Answered {
    send_request(client, operation, of, &[]).await
}

async fn send_request(
    client: &Client,
    operation: &Operation,
    subjects: &Subjects,
    headers: &[(&str, &str)],
) -> Answered {
    let body = operation.body.as_ref().map(Value::to_string);
    let path = path(operation.name, subjects);
    let request = client.request(method(operation.name), &path, body, headers);
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let code = if status.is_success() {
        // A stream of events has no end to wait for.
        String::new()
    } else {
        let problem: Value = response.json().await.unwrap();
        problem["code"].as_str().unwrap_or_default().to_owned()
    };
    Answered {
        status,
        code,
        headers,
    }
}

fn is(owed: Owed, status: StatusCode, code: &str, name: &str) -> bool {
    match owed {
        // Without a form nobody is asked who they are.
        Owed::In if name.ends_with("/oauth/token") => status == 400,
        Owed::In if name.contains("/auth/") => {
            status == 200 || !matches!(code, "token_missing" | "forbidden" | "")
        }
        // There is no such intent, comparison, anomaly, block, account or endpoint here.
        Owed::In
            if [
                "/intents/{id}/",
                "/blocks/{block_id}/",
                "/reconciliations/{id}",
                "/anomalies/{subject_id}",
                "/admin/accounts/{id}",
                "/webhook-endpoints/{id}",
            ]
            .iter()
            .any(|part| name.contains(part)) =>
        {
            status == 404
        }
        // No provider is set up here, what is paid from a wallet has nothing to scan, and there is no such link.
        Owed::In
            if ["/webhooks/", "/qr.", ".ics"]
                .iter()
                .any(|part| name.contains(part)) =>
        {
            status == 404 && code == "not_found"
        }
        Owed::In => status == 200 || status == 409,
        Owed::Who => status == 401 && code == "token_missing",
        Owed::No => status == 403 && code == "forbidden",
        Owed::Absent => status == 404 && code == "not_found",
    }
}

pub(super) fn method(name: &str) -> Method {
    name.split_once(' ').unwrap().0.parse().unwrap()
}

/// Method and path of every operation that is described.
fn names(described: &Value) -> BTreeSet<String> {
    let paths = described["paths"].as_object().unwrap();
    let of_path = |(path, operations): (&String, &Value)| {
        let methods = operations
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| !key.starts_with("x-") && *key != "parameters");
        methods
            .map(|method| format!("{} {path}", method.to_uppercase()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

fn is_without_body(described: &Value, name: &str) -> bool {
    let (method, path) = name.split_once(' ').unwrap();
    described["paths"][path][method.to_lowercase()]["requestBody"].is_null()
}
