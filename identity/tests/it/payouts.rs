//! Where money goes is named by its owner, masked when shown, doubted when it fails and forgotten when named anew.

use domain::ids::DoctorId;
use identity::{BankId, NewRole};

use crate::kit::{TestIdentity, account, at, details, patient, phone};

fn bank(id: &str) -> BankId {
    BankId::parse(id).unwrap()
}

#[tokio::test]
async fn a_destination_is_named_masked_doubted_and_named_anew() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let owner = people
        .register(patient("ivan@example.com"), at(0))
        .await
        .unwrap()
        .id;
    assert_eq!(people.payout_destination(owner).await.unwrap(), None);
    let first = people
        .set_payout_destination(owner, phone("+79991234567"), bank("100000000111"), at(1))
        .await
        .unwrap();
    assert_eq!(
        people.payout_destination(owner).await.unwrap().as_ref(),
        Some(&first)
    );
    assert_eq!(first.masked_phone(), "+7******4567");
    let shown = format!("{first:?}");
    // Ids hold any few digits: only the whole number is looked for.
    assert!(!shown.contains("9991234567"), "it does not show itself: {shown}");
    assert!(!shown.contains("100000000111"), "nor its bank: {shown}");

    people
        .doubt_payout_destination(owner, first.id, "recipient_not_found")
        .await
        .unwrap();
    let doubted = people.payout_destination(owner).await.unwrap().unwrap();
    assert_eq!(doubted.doubtful.as_deref(), Some("recipient_not_found"));
    let second = people
        .set_payout_destination(owner, phone("+79991234567"), bank("100000000111"), at(2))
        .await
        .unwrap();
    assert_ne!(first.id, second.id);
    people
        .doubt_payout_destination(owner, first.id, "recipient_not_found")
        .await
        .unwrap();
    let now = people.payout_destination(owner).await.unwrap().unwrap();
    assert_eq!(now.doubtful, None, "the doubt was about the former");
}

#[tokio::test]
async fn a_doctor_who_left_is_still_owed() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let mut all = Vec::new();
    for number in 0..3 {
        let new = account(
            &format!("d{number}@example.com"),
            NewRole::Doctor(details("терапевт")),
        );
        let account = people.create_account(new, at(number)).await.unwrap();
        all.push(DoctorId::from_uuid(account.id.uuid()));
    }
    people.register(patient("p@example.com"), at(0)).await.unwrap();
    fixture.deactivate(all[1].into(), at(9)).await;
    all.sort();
    let first = people.doctors_ever(None, 2).await.unwrap();
    let rest = people.doctors_ever(first.last().copied(), 2).await.unwrap();
    assert_eq!([first, rest].concat(), all);
}
