//! Apps sign in by secrets that end when they are to, and act for patients who agreed, until these end it.

use domain::apps::{AppScope, AppScopes};
use domain::ids::{AccountId, AppId, PatientId};
use domain::people::Role;
use identity::{
    AppAccess, AppError, AppLimits, AppMade, AppName, AppRefusal, AuditActor, Bearer, ClientRefusal,
    EventOrigin, NewApp, NewSecurityEvent, OneTimeCode, People, SecurityEvent, TokenRefusal,
};
use secrecy::ExposeSecret;

use crate::kit::{TestIdentity, at, patient};

const HOUR: i64 = 3_600;

fn actor(admin: AccountId) -> AuditActor {
    AuditActor {
        account_id: admin,
        role: Role::Admin,
        origin: EventOrigin::command_line("tot app create", "t"),
    }
}

async fn made(people: &People, scopes: &[AppScope]) -> AppMade {
    let admin = AccountId::from_uuid(uuid_of(1));
    let new = NewApp {
        name: AppName::parse("Страховая").unwrap(),
        scopes: scopes.iter().copied().collect(),
        limits: AppLimits {
            requests_per_minute: 600,
            writes_per_minute: 120,
        },
    };
    people.create_app(&actor(admin), new, at(0)).await.unwrap()
}

fn uuid_of(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

async fn token(people: &People, made: &AppMade, now: i64) -> Result<(AppAccess, i64), ClientRefusal> {
    let signed = people
        .sign_in_app(made.app.id, made.secret.expose(), None, at(now))
        .await
        .unwrap()?;
    let token = signed.access_token.expose_secret();
    match people.bearer(token, at(now)) {
        Ok(Bearer::App(access)) => Ok((access, signed.expires_in_s)),
        other => panic!("an app's token is {other:?}"),
    }
}

async fn stands(people: &People, access: &AppAccess, now: i64) -> bool {
    people
        .app_standing(access, None, at(now))
        .await
        .unwrap()
        .is_some()
}

fn refused<T>(answer: Result<T, AppError>) -> AppRefusal {
    match answer {
        Err(AppError::Refused(refusal)) => refusal,
        Err(error) => panic!("a fault instead of a refusal: {error:?}"),
        Ok(_) => panic!("an answer instead of a refusal"),
    }
}

#[tokio::test]
async fn an_app_signs_in_by_its_own_secret_alone_and_for_no_more_than_it_may() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let (one, other) = (
        made(people, &AppScope::ALL).await,
        made(people, &[AppScope::BookingsRead]).await,
    );
    let (access, lasts) = token(people, &one, 0).await.unwrap();
    assert_eq!(access.scopes, AppScopes::from_iter(AppScope::ALL));
    assert!((1..=900).contains(&lasts), "{lasts}");
    for (app, secret) in [
        (one.app.id, other.secret.expose()),
        (one.app.id, "tota_short"),
        (AppId::from_uuid(uuid_of(9)), one.secret.expose()),
    ] {
        let answer = people.sign_in_app(app, secret, None, at(0)).await.unwrap();
        assert_eq!(answer.unwrap_err(), ClientRefusal::InvalidClient);
    }
    let asking = async |wanted: &str| {
        let wanted = AppScopes::parse(wanted);
        let secret = other.secret.expose();
        people
            .sign_in_app(other.app.id, secret, wanted, at(0))
            .await
            .unwrap()
    };
    assert_eq!(
        asking("bookings:read").await.unwrap().scopes.to_string(),
        "bookings:read"
    );
    let beyond = asking("bookings:read payments:write").await;
    assert_eq!(beyond.unwrap_err(), ClientRefusal::InvalidScope);

    // It is nobody's who signed in.
    let signed = people
        .sign_in_app(one.app.id, one.secret.expose(), None, at(0))
        .await
        .unwrap();
    let token = signed.unwrap().access_token;
    assert_eq!(
        people.verify(token.expose_secret(), at(1)),
        Err(TokenRefusal::OfAnApp)
    );
    assert_eq!(
        people.bearer(token.expose_secret(), at(900)),
        Err(TokenRefusal::Expired)
    );
}

#[tokio::test]
async fn two_secrets_live_together_and_the_old_one_ends_with_its_tokens_at_an_instant() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let old = made(people, &AppScope::ALL).await;
    let id = old.app.id;
    let new = people.rotate_app_secret(id, 1, at(0)).await.unwrap();
    assert_eq!(new.app.secrets.len(), 2);
    assert!(token(people, &old, 10).await.is_ok() && token(people, &new, 10).await.is_ok());
    assert_eq!(
        refused(people.rotate_app_secret(id, 1, at(20)).await),
        AppRefusal::TooManySecrets
    );

    let (last, lasts) = token(people, &old, HOUR - 60).await.unwrap();
    assert_eq!(lasts, 60, "no token outlives its secret");
    assert!(stands(people, &last, HOUR - 1).await);
    assert!(!stands(people, &last, HOUR).await);
    assert_eq!(
        token(people, &old, HOUR).await.unwrap_err(),
        ClientRefusal::InvalidClient
    );
    assert!(token(people, &new, HOUR).await.is_ok());

    let at_once = people.rotate_app_secret(id, 0, at(HOUR)).await.unwrap();
    assert_eq!(at_once.app.secrets.len(), 1);
    assert_eq!(
        token(people, &new, HOUR).await.unwrap_err(),
        ClientRefusal::InvalidClient
    );
    assert!(token(people, &at_once, HOUR).await.is_ok());
}

#[tokio::test]
async fn what_is_revoked_is_refused_at_once_also_by_other_processes() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let elsewhere = fixture.another_process();
    let first = made(people, &AppScope::ALL).await;
    let id = first.app.id;
    let (access, _) = token(people, &first, 0).await.unwrap();
    assert!(stands(&elsewhere, &access, 1).await);
    let secret = first.app.secrets[0].id;
    people.revoke_app_secret(id, secret, at(2)).await.unwrap();
    assert!(!stands(&elsewhere, &access, 2).await);
    assert_eq!(
        refused(people.revoke_app_secret(id, secret, at(3)).await),
        AppRefusal::NoSuchSecret
    );

    let second = people.rotate_app_secret(id, 0, at(3)).await.unwrap();
    let (access, _) = token(people, &second, 3).await.unwrap();
    people.deactivate_app(id, at(4)).await.unwrap();
    assert!(!stands(&elsewhere, &access, 4).await);
    assert_eq!(
        refused(people.rotate_app_secret(id, 0, at(5)).await),
        AppRefusal::Deactivated
    );
    let on = people.reactivate_app(id, at(6)).await.unwrap();
    assert!(on.secrets.is_empty() && on.deactivated_at.is_none());
    assert_eq!(
        token(people, &second, 6).await.unwrap_err(),
        ClientRefusal::InvalidClient
    );
    let third = people.rotate_app_secret(id, 0, at(7)).await.unwrap();
    assert!(token(people, &third, 7).await.is_ok());
}

async fn redeem(people: &People, app: AppId, code: &OneTimeCode, now: i64) -> Result<PatientId, AppError> {
    let told = |_| {
        let origin = EventOrigin::command_line("apps_link", "t");
        NewSecurityEvent::new(SecurityEvent::AppLinked, origin)
    };
    let linked = people.redeem_link_code(app, code, told, at(now)).await?;
    Ok(linked.patient_id)
}

#[tokio::test]
async fn a_patients_code_lets_one_app_in_once_and_for_what_was_agreed() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let registered = people.register(patient("anna@example.com"), at(0)).await.unwrap();
    let anna = PatientId::from_uuid(registered.id.uuid());
    let app = made(people, &[AppScope::BookingsRead]).await;
    let thief = made(people, &AppScope::ALL).await;
    let id = app.app.id;
    let (access, _) = token(people, &app, 0).await.unwrap();
    let agreed = async |now: i64| {
        let standing = people.app_standing(&access, Some(anna), at(now)).await.unwrap();
        standing.unwrap().agreed
    };

    let first = people.make_link_code(anna, id, at(0)).await.unwrap();
    let code = people.make_link_code(anna, id, at(1)).await.unwrap();
    assert_eq!(
        refused(redeem(people, id, &first.code, 2).await),
        AppRefusal::WrongLinkCode
    );
    assert_eq!(
        refused(redeem(people, thief.app.id, &code.code, 2).await),
        AppRefusal::WrongLinkCode
    );
    assert_eq!(agreed(2).await, None);
    assert_eq!(redeem(people, id, &code.code, 2).await.unwrap(), anna);
    assert_eq!(
        refused(redeem(people, id, &code.code, 3).await),
        AppRefusal::WrongLinkCode
    );
    assert_eq!(agreed(3).await, AppScopes::parse("bookings:read"));

    // What an admin gives the app later, the patient has not agreed to.
    let more = identity::AppChange {
        scopes: Some(AppScopes::from_iter(AppScope::ALL)),
        ..identity::AppChange::default()
    };
    people.edit_app(id, &more, at(4)).await.unwrap();
    assert_eq!(agreed(4).await, AppScopes::parse("bookings:read"));
    let late = people.make_link_code(anna, id, at(5)).await.unwrap();
    assert_eq!(
        refused(redeem(people, id, &late.code, 605).await),
        AppRefusal::WrongLinkCode
    );
    let again = people.make_link_code(anna, id, at(605)).await.unwrap();
    redeem(people, id, &again.code, 606).await.unwrap();
    assert_eq!(agreed(606).await, Some(AppScopes::from_iter(AppScope::ALL)));

    assert_eq!(people.patients_of_app(id, None, 10).await.unwrap().len(), 1);
    assert_eq!(people.app_links(registered.id).await.unwrap().len(), 1);
    assert!(people.end_app_link(anna, id).await.unwrap());
    assert!(!people.end_app_link(anna, id).await.unwrap());
    assert_eq!(agreed(607).await, None);
}

#[tokio::test]
async fn nobody_acts_for_an_account_that_is_off() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let registered = people.register(patient("anna@example.com"), at(0)).await.unwrap();
    let anna = PatientId::from_uuid(registered.id.uuid());
    let app = made(people, &AppScope::ALL).await;
    let (access, _) = token(people, &app, 0).await.unwrap();
    let code = people.make_link_code(anna, app.app.id, at(0)).await.unwrap();
    redeem(people, app.app.id, &code.code, 1).await.unwrap();
    let waiting = people.make_link_code(anna, app.app.id, at(2)).await.unwrap();
    fixture.deactivate(registered.id, at(3)).await;
    let standing = people.app_standing(&access, Some(anna), at(3)).await.unwrap();
    assert_eq!(standing.unwrap().agreed, None);
    assert_eq!(
        refused(redeem(people, app.app.id, &waiting.code, 4).await),
        AppRefusal::WrongLinkCode
    );
    assert_eq!(
        refused(people.make_link_code(anna, app.app.id, at(5)).await),
        AppRefusal::NoSuchApp
    );
}
