//! Two hundred patients want one slot.

use futures::future::join_all;
use kit::scene::Scene;

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
        let wish = scene.scheduled(starts_at);
        let race =
            (0..CLIENTS).map(|client| patients[client % PATIENTS].client.post("/bookings", wish.clone()));
        let (won, lost): (Vec<_>, Vec<_>) = join_all(race)
            .await
            .into_iter()
            .partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1, "round {round}");
        for answer in lost {
            answer.expect_problem(409, "slot_taken");
        }
    }
    scene.finish().await;
}
