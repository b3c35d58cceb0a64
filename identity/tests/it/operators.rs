//! A sign-in on the command line is a session like any other, asked about each time.

use domain::ids::AccountId;
use domain::people::Role;
use identity::{AuditActor, EventOrigin, IdentityRefusal, NewRole, OperatorToken, Place};

use crate::kit::{PASSWORD, TestIdentity, account, at, email, password, refusal};

const OLGA: &str = "olga@example.com";

async fn signed_in(fixture: &TestIdentity, hours: i64) -> (AccountId, OperatorToken) {
    let people = &fixture.people;
    let made = people.create_account(account(OLGA, NewRole::Admin), at(0)).await;
    let made = made.unwrap();
    let known = people
        .authenticate(&email(OLGA), &password(PASSWORD), Place::KNOWN)
        .await
        .unwrap();
    assert_eq!(known, made);
    let opened = people.open_operator_session(made.id, hours, at(0)).await.unwrap();
    (made.id, opened.token)
}

#[tokio::test]
async fn a_token_speaks_for_its_account_until_its_hours_are_over() {
    let fixture = TestIdentity::new().await;
    let (id, token) = signed_in(&fixture, 1).await;
    let operator = fixture.people.operator(&token, at(3_599)).await.unwrap().unwrap();
    assert_eq!((operator.account.id, operator.expires_at), (id, at(3_600)));
    assert!(
        fixture
            .people
            .operator(&token, at(3_600))
            .await
            .unwrap()
            .is_none()
    );
    let invented = OperatorToken::parse(&format!("toto_{}", "A".repeat(43))).unwrap();
    assert!(fixture.people.operator(&invented, at(1)).await.unwrap().is_none());
    let wrong = fixture
        .people
        .authenticate(&email(OLGA), &password("password124"), Place::KNOWN)
        .await;
    assert_eq!(refusal(wrong), IdentityRefusal::WrongCredentials);
}

#[tokio::test]
async fn an_ended_session_and_a_deactivated_account_are_refused_at_once_and_shown() {
    let fixture = TestIdentity::new().await;
    let (id, token) = signed_in(&fixture, 12).await;
    let people = &fixture.people;
    let operator = people.operator(&token, at(60)).await.unwrap().unwrap();
    let reader = AuditActor {
        account_id: id,
        role: Role::Admin,
        origin: EventOrigin::command_line("tot account show", ""),
    };
    let details = people.account_details_for(&reader, id).await.unwrap().unwrap();
    let [session] = details.sessions.as_slice() else {
        panic!("{:?}", details.sessions)
    };
    assert!(session.on_command_line);
    assert_eq!((session.id, session.last_used_at), (operator.session_id, at(60)));
    people.logout(operator.session_id, at(61)).await.unwrap();
    assert!(people.operator(&token, at(61)).await.unwrap().is_none());

    let again = people.open_operator_session(id, 12, at(62)).await.unwrap();
    fixture.deactivate(id, at(63)).await;
    assert!(people.operator(&again.token, at(63)).await.unwrap().is_none());
    let refused = people.open_operator_session(id, 12, at(64)).await;
    assert_eq!(refusal(refused), IdentityRefusal::Deactivated);
    fixture.record(id, r#"{"AccountReactivated":{}}"#, at(65)).await;
    assert!(
        people.operator(&again.token, at(65)).await.unwrap().is_none(),
        "it stays ended"
    );
    people.open_operator_session(id, 12, at(66)).await.unwrap();
}
