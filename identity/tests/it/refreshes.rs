//! Refresh tokens: used once, repeated only at once, and a stolen one ends the session for thief and owner alike.

use identity::{Device, IdentityRefusal, People, RefreshToken, SignedIn, TokenRefusal};
use secrecy::ExposeSecret;

use crate::kit::{PASSWORD, TestIdentity, at, email, password, patient, phone_app, refusal};

async fn signed_in(fixture: &TestIdentity) -> SignedIn {
    fixture
        .people
        .register(patient("ivan@example.com"), at(0))
        .await
        .unwrap();
    fixture
        .people
        .login(
            &email("ivan@example.com"),
            &password(PASSWORD),
            &phone_app(),
            at(0),
        )
        .await
        .unwrap()
}

async fn renewed(people: &People, token: &RefreshToken, second: i64) -> SignedIn {
    people.refresh(token, &phone_app(), at(second)).await.unwrap()
}

#[tokio::test]
async fn each_refresh_gives_a_new_pair_of_the_same_session() {
    let fixture = TestIdentity::new().await;
    let first = signed_in(&fixture).await;
    let second = renewed(&fixture.people, &first.refresh_token, 600).await;
    let third = renewed(&fixture.people, &second.refresh_token, 1_200).await;
    assert_ne!(first.refresh_token.expose(), second.refresh_token.expose());
    assert_ne!(second.refresh_token.expose(), third.refresh_token.expose());
    let session = |signed: &SignedIn, second| {
        fixture
            .people
            .verify(signed.access_token.expose_secret(), at(second))
            .unwrap()
            .session_id
    };
    assert_eq!(session(&first, 600), session(&third, 1_200));
}

#[tokio::test]
async fn two_parallel_refreshes_get_the_same_successor_and_the_family_does_not_fork() {
    let fixture = TestIdentity::new().await;
    let mut token = signed_in(&fixture).await.refresh_token;
    let elsewhere = fixture.another_process();
    for round in 0..10 {
        let (one, other, third) = tokio::join!(
            renewed(&fixture.people, &token, round),
            renewed(&elsewhere, &token, round),
            renewed(&fixture.people, &token, round),
        );
        assert_eq!(one.refresh_token.expose(), other.refresh_token.expose());
        assert_eq!(one.refresh_token.expose(), third.refresh_token.expose());
        let unused: i64 =
            sqlx::query_scalar("select count(*) from identity.refresh_tokens where replaced_at is null")
                .fetch_one(&fixture.pool)
                .await
                .unwrap();
        assert_eq!(unused, 1);
        token = one.refresh_token;
    }
    renewed(&fixture.people, &token, 100).await;
}

async fn killed(fixture: &TestIdentity, first: &SignedIn, second: &SignedIn, device: &Device, moment: i64) {
    let answer = fixture
        .people
        .refresh(&first.refresh_token, device, at(moment))
        .await;
    assert_eq!(refusal(answer), IdentityRefusal::RefreshReused);
    // The thief's and the owner's tokens alike.
    for signed in [first, second] {
        let answer = fixture
            .people
            .refresh(&signed.refresh_token, &phone_app(), at(moment))
            .await;
        assert_eq!(refusal(answer), IdentityRefusal::RefreshUnknown);
        let verified = fixture
            .people
            .verify(signed.access_token.expose_secret(), at(moment));
        assert_eq!(verified, Err(TokenRefusal::Revoked));
    }
    let reason: String = sqlx::query_scalar("select revoked_reason from identity.sessions")
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    assert_eq!(reason, "refresh_reused");
}

#[tokio::test]
async fn a_reuse_after_the_grace_ends_the_session() {
    let fixture = TestIdentity::new().await;
    let first = signed_in(&fixture).await;
    let second = renewed(&fixture.people, &first.refresh_token, 10).await;
    killed(&fixture, &first, &second, &phone_app(), 16).await;
}

#[tokio::test]
async fn a_reuse_from_another_device_ends_the_session_even_at_once() {
    let fixture = TestIdentity::new().await;
    let first = signed_in(&fixture).await;
    let second = renewed(&fixture.people, &first.refresh_token, 10).await;
    killed(&fixture, &first, &second, &Device::from_user_agent("curl/8"), 10).await;
}

#[tokio::test]
async fn a_reuse_after_the_successor_was_used_ends_the_session_even_at_once() {
    let fixture = TestIdentity::new().await;
    let first = signed_in(&fixture).await;
    let second = renewed(&fixture.people, &first.refresh_token, 10).await;
    renewed(&fixture.people, &second.refresh_token, 11).await;
    killed(&fixture, &first, &second, &phone_app(), 11).await;
}

#[tokio::test]
async fn an_ended_session_does_not_take_the_account_s_others_with_it() {
    let fixture = TestIdentity::new().await;
    let stolen = signed_in(&fixture).await;
    let other = fixture
        .people
        .login(
            &email("ivan@example.com"),
            &password(PASSWORD),
            &phone_app(),
            at(0),
        )
        .await
        .unwrap();
    renewed(&fixture.people, &stolen.refresh_token, 10).await;
    let reused = fixture
        .people
        .refresh(&stolen.refresh_token, &phone_app(), at(100))
        .await;
    assert_eq!(refusal(reused), IdentityRefusal::RefreshReused);
    renewed(&fixture.people, &other.refresh_token, 101).await;
}

#[tokio::test]
async fn an_unused_token_and_an_old_session_expire() {
    let fixture = TestIdentity::with(|options| {
        options.patients.refresh_hours = 2;
        options.patients.session_hours = 3;
    })
    .await;
    let first = signed_in(&fixture).await;
    let expired = fixture
        .people
        .refresh(&first.refresh_token, &phone_app(), at(7_200))
        .await;
    assert_eq!(refusal(expired), IdentityRefusal::RefreshExpired);
    let second = renewed(&fixture.people, &first.refresh_token, 7_199).await;
    // The new token would last longer than its session may.
    let over = fixture
        .people
        .refresh(&second.refresh_token, &phone_app(), at(10_800))
        .await;
    assert_eq!(refusal(over), IdentityRefusal::RefreshExpired);
}

#[tokio::test]
async fn an_invented_token_is_unknown_and_harms_nobody() {
    let fixture = TestIdentity::new().await;
    let signed = signed_in(&fixture).await;
    let invented = RefreshToken::parse(&format!("totr_{}", "A".repeat(43))).unwrap();
    let answer = fixture.people.refresh(&invented, &phone_app(), at(1)).await;
    assert_eq!(refusal(answer), IdentityRefusal::RefreshUnknown);
    renewed(&fixture.people, &signed.refresh_token, 2).await;
}

#[tokio::test]
async fn the_tables_hold_no_token() {
    let fixture = TestIdentity::new().await;
    let first = signed_in(&fixture).await;
    let second = renewed(&fixture.people, &first.refresh_token, 10).await;
    let rows: Vec<String> = sqlx::query_scalar(
        "select t::text || s::text || encode(t.digest, 'escape') \
         from identity.refresh_tokens t join identity.sessions s on s.id = t.session_id",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), 2);
    for token in [&first.refresh_token, &second.refresh_token] {
        assert!(rows.iter().all(|row| !row.contains(&token.expose()[5..])));
    }
}
