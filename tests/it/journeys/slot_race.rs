//! Two hundred patients want one slot.

use futures::future::join_all;
use kit::scene::Scene;
use serde_json::json;

/// Who races.
const CLIENTS: usize = 200;
/// How often.
const ROUNDS: i64 = 20;
/// Patients who race; the clients share them, since what is raced for is the slot.
const PATIENTS: usize = 10;

#[tokio::test]
async fn alone_of_two_hundred_exactly_one_gets_the_slot() {
    let scene = Scene::set().await;
    let mut patients = Vec::new();
    for _ in 0..PATIENTS {
        patients.push(scene.platform.patient().await);
    }
    for round in 0..ROUNDS {
        // Eighteen slots a day.
        let starts_at = scene.slot(2 + round / 18, (round % 18) * 30);
        let mut request = scene.scheduled(starts_at);
        // Who has the slot already goes on wanting it.
        request["allow_overlap"] = true.into();
        let race = (0..CLIENTS).map(|client| {
            let (patient, request) = (&patients[client % PATIENTS].client, request.clone());
            async move { (patient, patient.post("/bookings", request).await) }
        });
        let (won, lost): (Vec<_>, Vec<_>) = join_all(race)
            .await
            .into_iter()
            .partition(|(_, answer)| answer.status == 200);
        assert_eq!(won.len(), 1, "round {round}");
        for (_, answer) in lost {
            answer.expect_problem(409, "slot_taken");
        }
        // Given up, it does not count among the few slots that one patient may hold.
        for (patient, booked) in won {
            let path = format!("/bookings/{}/cancel", booked.body["id"].as_str().unwrap());
            let request = json!({"reason": "patient_request", "expected_fee": "0.00"});
            patient.post(&path, request).await.expect(200);
        }
    }
    scene.finish().await;
}
