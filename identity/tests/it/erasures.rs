//! An erasure that several processes carry out at once is carried out once.

use domain::people::Role;
use identity::{AuditActor, Destruction, ErasureReason, ErasureState, EventOrigin, NewErasure};
use jiff::SignedDuration;

use crate::kit::{TestIdentity, at, patient};

#[tokio::test]
async fn of_processes_that_carry_one_out_at_once_one_does_and_the_others_find_it_done() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let subject = people
        .register(patient("anna@example.com"), at(0))
        .await
        .unwrap()
        .id;
    let origin = || EventOrigin::command_line("tot erasure run", "test");
    let by = AuditActor {
        account_id: subject,
        role: Role::Patient,
        origin: origin(),
    };
    let asked = NewErasure {
        subject,
        reason: ErasureReason::OwnRequest,
        cooling_off: SignedDuration::ZERO,
    };
    let erasure = people.request_erasure(asked, &by, at(1)).await.unwrap();
    fixture.deactivate(subject, at(2)).await;
    let destruction = Destruction {
        operator: None,
        app_version: "test",
        origin: origin(),
    };
    let (first, second) = (fixture.another_process(), fixture.another_process());
    let begun = tokio::join!(
        first.begin_erasure(erasure.id, at(3)),
        second.begin_erasure(erasure.id, at(3))
    );
    assert!(begun.0.unwrap() && begun.1.unwrap(), "either may go on with it");
    let done = tokio::join!(
        first.carry_out_erasure(&erasure, &destruction, at(4)),
        second.carry_out_erasure(&erasure, &destruction, at(4))
    );
    assert_ne!(done.0.unwrap(), done.1.unwrap());
    let erased = people.erasure(erasure.id).await.unwrap().unwrap();
    assert_eq!(erased.state, ErasureState::Erased);
    let act = erased.act.unwrap();
    let rows = &act["categories"][0]["rows"];
    assert_eq!(rows, 1, "who came second did not count nothing over it: {act}");
}
