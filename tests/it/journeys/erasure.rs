//! People have their data erased: asked for, taken back, held by what is under way, carried out, and proven.

use kit::client::Client;
use kit::persona::{PASSWORD, Persona};
use kit::platform::{ALL, Platform};
use kit::scene::Scene;
use kit::wait::until;
use reqwest::Method;
use serde_json::{Value, json};

use crate::durability::notary::{answer, with_key};

/// How long it can be taken back, in seconds.
const COOLING_OFF: i64 = 7 * 24 * 60 * 60;

#[tokio::test]
async fn a_patient_is_erased_and_only_what_names_nobody_is_left() {
    let (mut platform, _) = with_key().await;
    platform.set("TOT_DATA_OPERATOR", "ООО «Опора», Москва");
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let gone = scene.platform.patient().await;
    let none = gone.client.get("/me/erasure").await.expect(200);
    assert_eq!(
        (&none["state"], &none["holds"]),
        (&json!("none"), &json!([])),
        "{none}"
    );
    let booking = booked_and_cancelled(&scene, &gone).await;

    let asked = gone.client.post("/me/erasure", json!({})).await.expect(200);
    assert_eq!(asked["state"], "waiting", "{asked}");
    let again = gone.client.post("/me/erasure", json!({})).await.expect(200);
    assert_eq!(asked["due_at"], again["due_at"], "asking twice is asking once");
    // The time is not up: nothing is touched.
    let report = answer(&run_by_hand(&scene).await, 0);
    assert_eq!(report["erased"], 0, "{report}");
    gone.client.get("/auth/me").await.expect(200);

    let scene = scene.later(COOLING_OFF).await;
    let erased = until("the erasure to be carried out by itself", || async {
        let page = scene
            .admin
            .client
            .get("/admin/erasures?state=erased")
            .await
            .expect(200);
        page["items"].get(0).cloned()
    })
    .await;
    assert_eq!(erased["account_id"], gone.id.as_str(), "{erased}");
    tells_what_the_order_demands(&erased, &gone);
    nothing_is_shown_any_more(&scene, &gone, &booking).await;

    let trail = format!("/admin/audit-trail?kind=erasure&subject_id={}", gone.id);
    let trail = scene.admin.client.get(&trail).await.expect(200);
    let results: Vec<&str> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["result"].as_str().unwrap())
        .collect();
    assert_eq!(results, ["done", "requested"], "{trail}");

    let report = answer(&run_by_hand(&scene).await, 0);
    assert_eq!(
        (&report["erased"], &report["rewritten"]),
        (&json!(0), &json!(1)),
        "{report}"
    );
    let shown = scene
        .platform
        .try_tot(&["erasure", "show", erased["id"].as_str().unwrap(), "--json"], "")
        .await;
    assert_eq!(answer(&shown, 0)["act"], erased["act"]);
    let verified = scene.platform.try_tot(&["audit", "verify", "--json"], "").await;
    answer(&verified, 0);
    scene.platform.rebuilt_equals_live().await;
    scene.finish().await;
}

#[tokio::test]
async fn an_erasure_can_be_taken_back_and_money_in_the_wallet_holds_it() {
    let scene = Scene::set().await;
    let client = &scene.patient.client;
    client.post("/me/erasure", json!({})).await.expect(200);
    let withdrawn = client.post("/me/erasure/withdraw", json!({})).await.expect(200);
    assert_eq!(withdrawn["state"], "withdrawn", "{withdrawn}");
    let twice = client.post("/me/erasure/withdraw", json!({})).await.expect(200);
    assert_eq!(twice["withdrawn_at"], withdrawn["withdrawn_at"], "{twice}");
    let scene = scene.later(COOLING_OFF).await;
    let report = answer(&run_by_hand(&scene).await, 0);
    assert_eq!(
        (&report["erased"], &report["held"]),
        (&json!(0), &json!(0)),
        "{report}"
    );

    let asked = scene
        .patient
        .client
        .post("/me/erasure", json!({}))
        .await
        .expect(200);
    assert_eq!(asked["holds"], json!(["wallet_balance"]), "{asked}");
    let scene = scene.later(COOLING_OFF).await;
    let report = answer(&run_by_hand(&scene).await, 0);
    assert_eq!(
        (&report["erased"], &report["held"]),
        (&json!(0), &json!(1)),
        "{report}"
    );
    let page = scene
        .admin
        .client
        .get("/admin/erasures?limit=1")
        .await
        .expect(200);
    let held = &page["items"][0];
    assert_eq!(
        held["state"], "waiting",
        "what holds it leaves the account as it is: {held}"
    );
    assert_eq!(held["holds"], json!(["wallet_balance"]), "{held}");
    let next = format!(
        "/admin/erasures?limit=1&cursor={}",
        page["next"].as_str().unwrap()
    );
    let next = scene.admin.client.get(&next).await.expect(200);
    assert_eq!(next["items"][0]["state"], "withdrawn", "{next}");
    // Still their own to take back.
    let back = scene
        .patient
        .client
        .post("/me/erasure/withdraw", json!({}))
        .await
        .expect(200);
    assert_eq!(back["state"], "withdrawn", "{back}");
    scene.finish().await;
}

#[tokio::test]
async fn visits_and_payments_under_way_and_doctors_of_a_clinic_hold_an_erasure() {
    let scene = Scene::set().await;
    let visit = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.platform.drain().await;
    let holds = async |client: &Client| {
        let erasure = client.get("/me/erasure").await.expect(200);
        erasure["holds"].clone()
    };
    assert_eq!(
        holds(&scene.patient.client).await,
        json!(["visit_under_way", "payment_under_way", "wallet_balance"])
    );
    assert_eq!(holds(&scene.doctor.client).await, json!(["visit_under_way"]));
    assert_eq!(holds(&scene.stand_in.client).await, json!([]));
    assert_eq!(holds(&scene.clinic.client).await, json!(["doctors_of_clinic"]));
    assert_eq!(holds(&scene.admin.client).await, json!(["last_admin"]));
    scene.cancel(&visit, "0.00").await.expect(200);
    scene.platform.drain().await;
    assert_eq!(holds(&scene.patient.client).await, json!(["wallet_balance"]));
    assert_eq!(holds(&scene.doctor.client).await, json!([]));
    scene.finish().await;
}

#[tokio::test]
async fn an_admin_asks_for_an_erasure_by_a_fresh_proof_and_a_doctor_leaves_the_public_list() {
    // Under logins of their own: whoever carries it out may.
    let scene = Scene::on(Platform::start_split().await).await;
    let doctor = scene.platform.doctor_of(&scene.admin, &scene.clinic).await;
    let said = json!({"about": "Терапевт", "base_point": "55.7558,37.6176", "travel_km": 5}).to_string();
    let written = doctor.client.send(Method::PATCH, "/me/profile", Some(said), &[]);
    written.await.expect(200);
    let admin = &scene.admin.client;
    let path = format!("/admin/accounts/{}/erasure", doctor.id);
    let why = json!({"reason": "written_request"});
    admin
        .post(&path, json!({"reason": "own_request"}))
        .await
        .expect_problem(422, "invalid");
    let asked = admin.post(&path, why.clone()).await.expect(200);
    assert_eq!(asked["requested_by"], scene.admin.id.as_str(), "{asked}");
    scene.platform.advance(5 * 60).await;
    admin.post(&path, why).await.expect_problem(403, "proof_required");
    scene
        .patient
        .client
        .post("/me/erasure", json!({}))
        .await
        .expect_problem(403, "proof_required");
    let id = doctor.id.clone();
    let scene = scene.later(COOLING_OFF).await;
    until("the doctor to be erased", || async {
        let page = scene
            .admin
            .client
            .get("/admin/erasures?state=erased")
            .await
            .expect(200);
        page["items"].get(0).cloned()
    })
    .await;
    let doctors = scene.platform.anonymous().get("/doctors").await.expect(200);
    assert!(!doctors.to_string().contains(&id), "{doctors}");
    let profile: (String, String, bool) = sqlx::query_as(
        "select first_name, last_name, num_nonnulls(about, latitude, longitude, travel_km) = 0 \
         from identity.doctor_profiles where doctor_id = $1::uuid",
    )
    .bind(&id)
    .fetch_one(&scene.platform.pool().await)
    .await
    .unwrap();
    assert_eq!(profile, ("Данные".to_owned(), "удалены".to_owned(), true));
    scene.finish().await;
}

/// `tot erasure run`, by the scene's admin.
async fn run_by_hand(scene: &Scene) -> std::process::Output {
    scene.platform.sign_in_operator(&scene.admin.email).await;
    scene.platform.try_tot(&["erasure", "run", "--json"], "").await
}

/// A visit that was asked for, with an address and a complaint, and called off with words; answers the booking.
async fn booked_and_cancelled(scene: &Scene, who: &Persona) -> String {
    let request = scene.scheduled(scene.slot(2, 0));
    let booking = who.client.post("/bookings", request).await.expect(200);
    let id = booking["id"].as_str().unwrap().to_owned();
    scene.platform.drain().await;
    let holds = who.client.get("/me/erasure").await.expect(200)["holds"].clone();
    assert_eq!(holds, json!(["visit_under_way"]));
    let cancel = json!({"reason": "other", "note": "передумала", "expected_fee": "0.00"});
    who.client
        .post(&format!("/bookings/{id}/cancel"), cancel)
        .await
        .expect(200);
    scene.platform.drain().await;
    id
}

/// What Roskomnadzor's order 179 wants in an act and in the extract of the journal.
fn tells_what_the_order_demands(erasure: &Value, gone: &Persona) {
    let act = &erasure["act"];
    assert_eq!(act["operator"], "ООО «Опора», Москва", "{act}");
    assert_eq!(
        act["subject"],
        json!({"account_id": gone.id, "role": "patient"}),
        "{act}"
    );
    assert_eq!(
        (&act["system"], &act["reason"]),
        (&json!("TOT"), &json!("own_request")),
        "{act}"
    );
    assert!(
        act["method"].as_str().unwrap().contains("data key was destroyed"),
        "{act}"
    );
    assert!(
        act["destroyed_at"].is_string() && act["destroyed_by"]["program"].is_string(),
        "{act}"
    );
    assert_eq!(act["keep_years"], 3, "{act}");
    let rows = |part: &str| {
        let categories = act["categories"].as_array().unwrap();
        let of = categories
            .iter()
            .find(|entry| entry["category"].as_str().unwrap().contains(part));
        of.map_or(0, |entry| entry["rows"].as_i64().unwrap())
    };
    assert_eq!(rows("e-mail address"), 1, "{act}");
    assert_eq!(rows("complaints"), 1, "{act}");
    assert_eq!(rows("notes, and former"), 1, "{act}");
    assert_eq!(rows("password"), 1, "{act}");
    let journal = &act["journal"];
    assert_eq!(journal["categories"], act["categories"], "{act}");
    assert_eq!(journal["data_keys"], 1, "{act}");
    for member in ["subject", "system", "reason", "destroyed_at"] {
        assert_eq!(journal[member], act[member], "{act}");
    }
}

/// Nobody is shown anything of them, the address is free, and nobody brings the account back.
async fn nothing_is_shown_any_more(scene: &Scene, gone: &Persona, booking: &str) {
    let login = json!({"email": gone.email, "password": PASSWORD});
    let anybody = scene.platform.anonymous();
    anybody
        .post("/auth/login", login)
        .await
        .expect_problem(401, "wrong_credentials");
    let admin = &scene.admin.client;
    let account = format!("/admin/accounts/{}", gone.id);
    admin.get(&account).await.expect_problem(404, "not_found");
    admin
        .post(&format!("{account}/reactivate"), json!({}))
        .await
        .expect_problem(404, "not_found");
    admin
        .post(&format!("{account}/erasure"), json!({"reason": "unlawful"}))
        .await
        .expect_problem(404, "not_found");
    let found = admin
        .get(&format!("/admin/accounts?q={}", gone.email.replace('@', "%40")))
        .await
        .expect(200);
    assert_eq!(found["items"], json!([]), "{found}");
    let shown = admin.get(&format!("/bookings/{booking}")).await.expect(200);
    assert_eq!(shown["status"], "cancelled", "{shown}");
    assert!(!shown.to_string().contains("Ленина"), "{shown}");
    let history = admin
        .get(&format!("/bookings/{booking}/history"))
        .await
        .expect(200);
    for word in ["передумала", "Каренина"] {
        assert!(!history.to_string().contains(word), "{word}: {history}");
    }
    let register = json!({
        "email": gone.email, "password": "moss-kettle-ferry", "first_name": "Анна", "last_name": "Новая",
    });
    let anew = anybody.post("/auth/register", register).await.expect(200);
    assert_ne!(anew["user"]["id"], gone.id.as_str(), "{anew}");
}
