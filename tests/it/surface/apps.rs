//! Every operation of the API, asked by an app: what apps may call takes its scope and a patient of its own, all else is refused.

use kit::app::{AppPersona, sign_in};
use kit::client::{ApiResponse, Client, fresh_key};
use kit::scene::Scene;
use serde_json::{Value, json};

use super::descriptions::everything;
use super::operations::{Operation, Owed, Subjects, operations, path};
use super::roles::{booked, method};

const SCOPES: [&str; 4] = [
    "bookings:read",
    "bookings:write",
    "payments:read",
    "payments:write",
];

#[tokio::test]
async fn an_app_does_what_its_scopes_say_for_its_own_patients_and_nothing_else() {
    let scene = Scene::set().await;
    let anybody = scene.platform.anonymous();
    let described = everything(&anybody).await;
    scene.open_day_of(&scene.stand_in, 1).await;
    let app = AppPersona::made_by(&scene.admin, &anybody, &SCOPES).await;
    app.link(&scene.patient).await.expect(200);
    let stranger = scene.platform.patient().await;
    let subjects = booked(&scene, 0).await;
    let (mut allowed, mut wrong) = (0, Vec::new());
    for operation in operations(&subjects) {
        let answered =
            async |client: &Client, patient: &str| ask(client, &operation, &subjects, patient).await;
        let mut owed = |what: &str, answer: &ApiResponse, is_right: bool| {
            if !is_right {
                wrong.push(format!(
                    "{} {what}: {} {}",
                    operation.name, answer.status, answer.text
                ));
            }
        };
        let Some(scope) = scope_of(&described, operation.name) else {
            // What needs no token is for everybody; what is an app's own is a journey's.
            let is_for_everybody = matches!(operation.owed[0], Owed::In | Owed::Absent);
            if is_for_everybody || operation.name.contains("/apps/me/") {
                continue;
            }
            let answer = answered(&app.client, &scene.patient.id).await;
            owed("is no app's", &answer, is(&answer, 403, "forbidden_to_apps"));
            continue;
        };
        allowed += 1;
        let without: Vec<&str> = SCOPES.into_iter().filter(|other| *other != scope).collect();
        let granted = sign_in(&anybody, &app.id, &app.secret, Some(&without.join(" "))).await;
        let lacking = anybody.with_token(granted.expect(200)["access_token"].as_str().unwrap());
        let answer = answered(&lacking, &scene.patient.id).await;
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        owed(
            "without its scope",
            &answer,
            is(&answer, 403, "insufficient_scope") && answer.header("www-authenticate") == challenge,
        );
        // A patient who is not linked, and one who is not there, are one answer.
        let nobody = answered(&app.client, "019a8f0e-0000-7000-8000-00000000dead").await;
        let not_linked = answered(&app.client, &stranger.id).await;
        owed("for a stranger", &not_linked, is(&not_linked, 404, "not_found"));
        owed(
            "for nobody",
            &nobody,
            nobody.body["detail"] == not_linked.body["detail"],
        );
        let answer = answered(&app.client, &scene.patient.id).await;
        let nothing_to_scan = operation.name.contains("/qr.") && is(&answer, 404, "not_found");
        owed(
            "for its own",
            &answer,
            answer.status == 200 || answer.status == 409 || nothing_to_scan,
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(allowed, 13);
    scene.finish().await;
}

fn is(answer: &ApiResponse, status: u16, code: &str) -> bool {
    answer.status.as_u16() == status && answer.code() == code
}

async fn ask(client: &Client, operation: &Operation, subjects: &Subjects, patient: &str) -> ApiResponse {
    let mut body = operation.body.clone();
    if operation.name == "POST /api/v1/payments" {
        // A wallet is the patient's alone.
        body = Some(json!({"booking_id": subjects.booking, "payment_method": "sbp"}));
    }
    let key = fresh_key();
    let headers = [("Idempotency-Key", key.as_str()), ("Tot-On-Behalf-Of", patient)];
    let body = body.as_ref().map(Value::to_string);
    let path = path(operation.name, subjects);
    client
        .try_send_to(method(operation.name), &path, body, &headers)
        .await
        .unwrap()
}

fn described_of<'d>(described: &'d Value, name: &str) -> &'d Value {
    let (method, path) = name.split_once(' ').unwrap();
    &described["paths"][path][method.to_lowercase()]
}

/// The scope that the description says an app needs.
fn scope_of<'d>(described: &'d Value, name: &str) -> Option<&'d str> {
    let ways = described_of(described, name)["security"].as_array()?;
    ways.iter().find_map(|way| way["app"][0].as_str())
}
