//! Two codes of one account, brought at the same time.

use std::time::{Duration, Instant};

use identity::IdentityRefusal;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::changed_passwords::waiting;
use crate::claims::{ADDRESS, MINE, THEIRS, actor, code, email_code, registered, with_mail};
use crate::first_proofs::reset;
use crate::kit::{TestIdentity, at, email, refusal};

#[tokio::test]
async fn a_reset_and_a_proof_of_one_address_take_turns() {
    let fixture = with_mail().await;
    let people = &fixture.people;
    let account = registered(people, THEIRS, 0).await;
    let proof = email_code(people, &account, 1).await;
    people
        .request_password_reset(&email(ADDRESS), at(2))
        .await
        .unwrap();
    people.answer_reset_request(at(2)).await.unwrap();
    let (_, another_password) = code(people, 2).await;
    let mut owner = PgConnection::connect(fixture.owner_url()).await.unwrap();
    let mut held = owner.begin().await.unwrap();
    sqlx::query("select from identity.contacts where account_id = $1 for update")
        .bind(account.id.uuid())
        .execute(&mut *held)
        .await
        .unwrap();
    // The reset has the address by then and waits for the row; the proof waits for the address.
    let (mut resetting, mut proving) = (JoinSet::new(), JoinSet::new());
    let process = fixture.another_process();
    resetting.spawn(async move { reset(&process, another_password, MINE, 3).await });
    until_waiting(&fixture, 1).await;
    let process = fixture.another_process();
    let actor = actor(&account);
    proving.spawn(async move { process.confirm_email(&actor, &proof, at(3)).await });
    until_waiting(&fixture, 2).await;
    held.commit().await.unwrap();
    assert!(resetting.join_next().await.unwrap().unwrap().is_ok());
    let proven = proving.join_next().await.unwrap().unwrap();
    assert_eq!(
        refusal(proven),
        IdentityRefusal::WrongCode,
        "a reset ends every code"
    );
    owner.close().await.unwrap();
}

async fn until_waiting(fixture: &TestIdentity, count: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while waiting(fixture).await < count {
        assert!(Instant::now() < deadline, "{count} were to wait");
        tokio::task::yield_now().await;
    }
}
