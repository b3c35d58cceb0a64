//! A link opens one calendar until its owner makes another one, ends it, or may not sign in any more.

use domain::ids::AccountId;
use domain::people::Role;
use identity::{CalendarLanguage, CalendarOwner, CalendarToken, IdentityRefusal};

use crate::kit::{TestIdentity, at, patient, refusal};

async fn registered(fixture: &TestIdentity) -> AccountId {
    let made = fixture.people.register(patient("anna@example.com"), at(0)).await;
    made.unwrap().id
}

async fn made(fixture: &TestIdentity, id: AccountId, seconds: i64) -> CalendarToken {
    let link = fixture
        .people
        .make_calendar_link(id, CalendarLanguage::English, at(seconds))
        .await;
    link.unwrap().0
}

#[tokio::test]
async fn a_link_opens_its_owners_calendar_until_another_one_is_made_or_it_is_ended() {
    let fixture = TestIdentity::new().await;
    let (people, id) = (&fixture.people, registered(&fixture).await);
    assert!(people.calendar_link(id).await.unwrap().is_none());
    let first = made(&fixture, id, 1).await;
    let owner = CalendarOwner {
        account_id: id,
        role: Role::Patient,
        language: CalendarLanguage::English,
    };
    assert_eq!(people.calendar_owner(&first).await.unwrap(), Some(owner));
    let invented = CalendarToken::parse(&format!("totc_{}", "A".repeat(43))).unwrap();
    assert_eq!(people.calendar_owner(&invented).await.unwrap(), None);

    let second = made(&fixture, id, 2).await;
    assert_eq!(people.calendar_owner(&first).await.unwrap(), None);
    assert_eq!(
        people.calendar_served(&first, &[1; 32], at(3)).await.unwrap(),
        None
    );
    assert_eq!(people.calendar_owner(&second).await.unwrap(), Some(owner));
    let shown = people.calendar_link(id).await.unwrap().unwrap();
    assert_eq!((shown.made_at, shown.read_at), (at(2), None));

    people.end_calendar_link(id).await.unwrap();
    people.end_calendar_link(id).await.unwrap();
    assert_eq!(people.calendar_owner(&second).await.unwrap(), None);
    assert!(people.calendar_link(id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_link_ends_with_the_account_and_does_not_come_back_with_it() {
    let fixture = TestIdentity::new().await;
    let (people, id) = (&fixture.people, registered(&fixture).await);
    let token = made(&fixture, id, 1).await;
    fixture.deactivate(id, at(2)).await;
    assert_eq!(people.calendar_owner(&token).await.unwrap(), None);
    let refused = people
        .make_calendar_link(id, CalendarLanguage::Russian, at(3))
        .await;
    assert_eq!(refusal(refused), IdentityRefusal::Deactivated);
    fixture.record(id, r#"{"AccountReactivated":{}}"#, at(4)).await;
    assert_eq!(people.calendar_owner(&token).await.unwrap(), None);
    let again = made(&fixture, id, 5).await;
    assert!(people.calendar_owner(&again).await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_served_is_the_same_since_it_last_changed() {
    let fixture = TestIdentity::new().await;
    let (people, id) = (&fixture.people, registered(&fixture).await);
    let token = made(&fixture, id, 1).await;
    let served = async |digest: u8, seconds: i64| {
        let since = people.calendar_served(&token, &[digest; 32], at(seconds)).await;
        since.unwrap().unwrap()
    };
    assert_eq!(served(1, 10).await, at(10));
    assert_eq!(served(1, 20).await, at(10));
    assert_eq!(served(2, 30).await, at(30));
    // Another one within the second counts for the next: HTTP has no time between them.
    assert_eq!(served(1, 30).await, at(31));
    assert_eq!(served(1, 40).await, at(31));
    let shown = people.calendar_link(id).await.unwrap().unwrap();
    assert_eq!(shown.read_at, Some(at(40)));
}
