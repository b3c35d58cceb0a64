//! An owner's sessions and password: what ends here ends in every process, and nobody else's with it.

use identity::{IdentityRefusal, NewPatient, PasswordChange, Proof, SignIn, SignInOrigin, TokenRefusal};
use secrecy::ExposeSecret;

use crate::kit::{PASSWORD, TestIdentity, at, email, password, patient, phone_app, refusal};

const IVAN: &str = "ivan@example.com";
const ANOTHER: &str = "amber-tunnel-violin";

#[tokio::test]
async fn a_changed_password_ends_the_sessions_in_every_process() {
    let fixture = TestIdentity::new().await;
    let ivan = fixture.people.register(patient(IVAN), at(0)).await.unwrap();
    let sign_in = async |word: &str, seconds: i64| {
        fixture
            .people
            .login(&email(IVAN), &password(word), &phone_app(), at(seconds))
            .await
    };
    let old = sign_in(PASSWORD, 1).await.unwrap();
    let elsewhere = fixture.another_process();
    let token = old.access_token.expose_secret();
    assert!(elsewhere.verify(token, at(2)).is_ok());
    let change = |current: &str| PasswordChange {
        account_id: ivan.id,
        current: password(current),
        chosen: password(ANOTHER),
        proof: Proof::Password,
    };
    let wrong = fixture
        .people
        .change_password(&change("not this one"), &phone_app(), at(3))
        .await;
    assert_eq!(refusal(wrong), IdentityRefusal::WrongPassword);
    assert!(fixture.people.verify(token, at(3)).is_ok());

    let new = fixture
        .people
        .change_password(&change(PASSWORD), &phone_app(), at(4))
        .await
        .unwrap();
    assert_eq!(fixture.people.verify(token, at(4)), Err(TokenRefusal::Revoked));
    elsewhere.sync_revocations(at(5)).await.unwrap();
    assert_eq!(elsewhere.verify(token, at(5)), Err(TokenRefusal::Revoked));
    let new = new.access_token.expose_secret();
    assert!(elsewhere.verify(new, at(5)).is_ok() && fixture.people.verify(new, at(5)).is_ok());
    let refused = fixture
        .people
        .refresh(&old.refresh_token, &phone_app(), at(6))
        .await;
    assert_eq!(refusal(refused), IdentityRefusal::RefreshUnknown);
    let refused = sign_in(PASSWORD, 7).await;
    assert_eq!(refusal(refused), IdentityRefusal::WrongCredentials);
    sign_in(ANOTHER, 8).await.unwrap();
}

#[tokio::test]
async fn a_deactivated_account_changes_nothing() {
    let fixture = TestIdentity::new().await;
    let ivan = fixture.people.register(patient(IVAN), at(0)).await.unwrap();
    fixture.deactivate(ivan.id, at(1)).await;
    let change = PasswordChange {
        account_id: ivan.id,
        current: password(PASSWORD),
        chosen: password(ANOTHER),
        proof: Proof::Password,
    };
    let refused = fixture.people.change_password(&change, &phone_app(), at(2)).await;
    assert_eq!(refusal(refused), IdentityRefusal::Deactivated);
    let changed: bool = sqlx::query_scalar("select changed_at > $1 from identity.credentials")
        .bind(jiff_sqlx::ToSqlx::to_sqlx(at(1)))
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    assert!(!changed);
}

#[tokio::test]
async fn living_sessions_are_listed_however_many_have_ended_since() {
    let fixture = TestIdentity::new().await;
    let ivan = fixture.people.register(patient(IVAN), at(0)).await.unwrap();
    let first = fixture
        .people
        .login(&email(IVAN), &password(PASSWORD), &phone_app(), at(1))
        .await
        .unwrap();
    let kept = fixture
        .people
        .verify(first.access_token.expose_secret(), at(1))
        .unwrap();
    sqlx::query(
        "insert into identity.sessions (id, account_id, created_at, expires_at, revoked_at, revoked_reason) \
         select gen_random_uuid(), $1, now() + i * interval '1 s', now() + interval '1 day', now(), 'logout' \
         from generate_series(1, 60) i",
    )
    .bind(ivan.id.uuid())
    .execute(&fixture.pool)
    .await
    .unwrap();
    let listed = fixture.people.own_sessions(ivan.id, at(2)).await.unwrap();
    assert_eq!(
        listed.iter().map(|session| session.id).collect::<Vec<_>>(),
        [kept.session_id]
    );
}

#[tokio::test]
async fn a_device_is_known_to_its_own_account_until_the_password_changes() {
    let fixture = TestIdentity::new().await;
    let ivan = fixture.people.register(patient(IVAN), at(0)).await.unwrap();
    let maria = NewPatient {
        phone: None,
        ..patient("maria@example.com")
    };
    fixture.people.register(maria, at(0)).await.unwrap();
    let first = fixture
        .people
        .login(&email(IVAN), &password(PASSWORD), &phone_app(), at(1))
        .await
        .unwrap();
    let token = first.device_token.unwrap();
    let known = async |address: &str, seconds: i64| {
        let people = &fixture.people;
        people
            .knows_device(&email(address), &token, at(seconds))
            .await
            .unwrap()
    };
    assert!(known(IVAN, 2).await && !known("maria@example.com", 2).await);
    let origin = SignInOrigin {
        device_token: Some(token.clone()),
        ..SignInOrigin::default()
    };
    let sign_in = async |address: &str, seconds: i64| {
        let (people, email) = (&fixture.people, email(address));
        let (secret, device) = (password(PASSWORD), phone_app());
        let signed_in = people
            .login_from(&email, &secret, &device, &origin, at(seconds))
            .await;
        let Ok(SignIn::Complete(signed_in)) = signed_in else {
            panic!("{signed_in:?}")
        };
        signed_in.device_token.unwrap()
    };
    assert_eq!(sign_in(IVAN, 3).await.digest(), token.digest());
    // Another account on the same device gets a token of its own.
    assert_ne!(sign_in("maria@example.com", 4).await.digest(), token.digest());
    // Unused for half a year it is forgotten.
    let half_a_year = 181 * 24 * 60 * 60;
    assert!(!known(IVAN, half_a_year).await);

    let change = PasswordChange {
        account_id: ivan.id,
        current: password(PASSWORD),
        chosen: password(ANOTHER),
        proof: Proof::Password,
    };
    fixture
        .people
        .change_password(&change, &phone_app(), at(5))
        .await
        .unwrap();
    assert!(!known(IVAN, 6).await);
}

#[tokio::test]
async fn an_account_has_twenty_devices_at_most() {
    let fixture = TestIdentity::new().await;
    fixture.people.register(patient(IVAN), at(0)).await.unwrap();
    let mut tokens = Vec::new();
    for number in 1..=22 {
        let signed_in = fixture
            .people
            .login(&email(IVAN), &password(PASSWORD), &phone_app(), at(number))
            .await
            .unwrap();
        tokens.push(signed_in.device_token.unwrap());
    }
    let mut known = Vec::new();
    for token in &tokens {
        known.push(
            fixture
                .people
                .knows_device(&email(IVAN), token, at(30))
                .await
                .unwrap(),
        );
    }
    assert_eq!(known.iter().filter(|known| **known).count(), 20);
    assert!(!known[0] && !known[1], "{known:?}");
}
