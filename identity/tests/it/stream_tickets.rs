//! A ticket opens one stream, once, within a minute, wherever it is shown; whatever ends its session ends it.

use identity::{Access, Device, IdentityRefusal, IssuedStreamTicket, People, StreamTicket};
use secrecy::ExposeSecret;

use crate::kit::{PASSWORD, TestIdentity, at, email, password, patient, refusal};

const IVAN: &str = "ivan@example.com";
const MINE: &str = "me";

async fn signed_in(fixture: &TestIdentity) -> Access {
    let signed = fixture
        .people
        .login(&email(IVAN), &password(PASSWORD), &Device::UNKNOWN, at(0))
        .await
        .unwrap();
    fixture
        .people
        .access(signed.access_token.expose_secret(), at(0))
        .unwrap()
}

async fn fixture() -> (TestIdentity, Access) {
    let fixture = TestIdentity::new().await;
    fixture.people.register(patient(IVAN), at(0)).await.unwrap();
    let access = signed_in(&fixture).await;
    (fixture, access)
}

async fn issued(fixture: &TestIdentity, access: &Access, second: i64) -> IssuedStreamTicket {
    let issued = fixture.people.issue_stream_ticket(access, MINE, at(second)).await;
    issued.unwrap().unwrap()
}

async fn redeemed(people: &People, ticket: &StreamTicket, stream: &str, second: i64) -> Option<Access> {
    match people.redeem_stream_ticket(ticket, stream, at(second)).await {
        Ok(access) => Some(access),
        refused => {
            assert_eq!(refusal(refused), IdentityRefusal::TicketInvalid);
            None
        }
    }
}

#[tokio::test]
async fn a_ticket_works_once_in_whichever_process_and_is_good_for_what_its_token_was() {
    let (fixture, access) = fixture().await;
    let made = issued(&fixture, &access, 10).await;
    assert_eq!(made.expires_at, at(70));
    let elsewhere = fixture.another_process();
    assert_eq!(redeemed(&elsewhere, &made.ticket, MINE, 69).await, Some(access));
    assert_eq!(
        redeemed(&fixture.people, &made.ticket, MINE, 69).await,
        None,
        "used"
    );
}

#[tokio::test]
async fn a_ticket_that_expired_or_is_for_another_stream_opens_nothing_and_is_gone() {
    let (fixture, access) = fixture().await;
    for (stream, second) in [(MINE, 60), ("booking:1", 1)] {
        let made = issued(&fixture, &access, 0).await;
        assert_eq!(
            redeemed(&fixture.people, &made.ticket, stream, second).await,
            None
        );
        assert_eq!(
            redeemed(&fixture.people, &made.ticket, MINE, 1).await,
            None,
            "gone"
        );
    }
}

#[tokio::test]
async fn tickets_end_with_their_session_their_account_and_their_time() {
    let (fixture, access) = fixture().await;
    let count = async || -> i64 {
        sqlx::query_scalar("select count(*) from identity.stream_tickets")
            .fetch_one(&fixture.pool)
            .await
            .unwrap()
    };
    let of_session = issued(&fixture, &access, 0).await.ticket;
    fixture
        .people
        .logout(access.principal.session_id, at(1))
        .await
        .unwrap();
    assert_eq!(count().await, 0);
    assert_eq!(redeemed(&fixture.people, &of_session, MINE, 1).await, None);
    let late = fixture
        .people
        .issue_stream_ticket(&access, MINE, at(1))
        .await
        .unwrap();
    assert!(late.is_none(), "the session has ended");

    let access = signed_in(&fixture).await;
    issued(&fixture, &access, 2).await;
    fixture.people.forget_ended_sessions(at(61)).await.unwrap();
    assert_eq!(count().await, 1);
    fixture.people.forget_ended_sessions(at(63)).await.unwrap();
    assert_eq!(count().await, 0, "nobody used it");

    issued(&fixture, &access, 70).await;
    fixture.deactivate(access.principal.account_id, at(71)).await;
    assert_eq!(count().await, 0, "the account is deactivated");
}
