//! Whoever proves an address by a code for another password gets the account to themselves.

use domain::ids::AccountId;
use identity::{
    Account, BankId, CalendarLanguage, EventOrigin, FactorCode, IdentityRefusal, MailContent, NewErasure,
    OneTimeCode, PasswordReset, People, Place, ResetOutcome,
};
use jiff::SignedDuration;
use sqlx::{Connection, PgConnection};

use crate::claims::{
    ADDRESS, MINE, THEIRS, THIRD, actor, code, mail, proven, registered, signed_in, with_mail,
};
use crate::kit::{TestIdentity, at, email, password, phone, phone_app, refusal};

/// Whom a code for another password is sent to.
async fn reset_code(people: &People, second: i64) -> Vec<(AccountId, MailContent)> {
    people
        .request_password_reset(&email(ADDRESS), at(second))
        .await
        .unwrap();
    assert!(people.answer_reset_request(at(second)).await.unwrap());
    mail(people, second).await
}

pub async fn reset(
    people: &People,
    code: OneTimeCode,
    chosen: &str,
    second: i64,
) -> Result<Account, IdentityRefusal> {
    let reset = PasswordReset {
        email: email(ADDRESS),
        code,
        chosen: password(chosen),
    };
    let origin = EventOrigin::default();
    match people
        .reset_password(&reset, (&origin, Place::KNOWN), at(second))
        .await
    {
        Ok(ResetOutcome::Done(account)) => Ok(*account),
        Ok(ResetOutcome::Unsuitable(refusal)) => panic!("{refusal}"),
        failed => Err(refusal(failed)),
    }
}

#[tokio::test]
async fn a_code_for_another_password_goes_to_the_holder_or_to_the_only_one_or_to_nobody() {
    let fixture = with_mail().await;
    let people = &fixture.people;
    let one = registered(people, MINE, 0).await;
    let sent = reset_code(people, 1).await;
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [one.id]);
    let other = registered(people, THEIRS, 2).await;
    assert_eq!(reset_code(people, 120).await, [], "of several it is nobody's");
    let holder = proven(people, &other, 240).await;
    let sent = reset_code(people, 480).await;
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [holder.id]);
}

#[tokio::test]
async fn whoever_proves_an_address_by_a_reset_ends_what_was_set_up_before() {
    let fixture = with_mail().await;
    let people = &fixture.people;
    let squatter = registered(people, THEIRS, 0).await;
    let id = squatter.id;
    let open = signed_in(people, THEIRS, 1).await;
    let begun = people.enrol_totp(id, &password(THEIRS), at(2)).await.unwrap();
    let totp = FactorCode::Totp(begun.secret.code_at(at(3)));
    people.confirm_totp(id, &totp, &phone_app(), at(3)).await.unwrap();
    people
        .make_calendar_link(id, CalendarLanguage::Russian, at(4))
        .await
        .unwrap();
    let_an_app_in(&fixture, id).await;
    let bank = BankId::parse("100000000111").unwrap();
    people
        .set_payout_destination(id, phone("+79995550123"), bank, at(4))
        .await
        .unwrap();
    let erasure = NewErasure {
        subject: id,
        reason: identity::ErasureReason::OwnRequest,
        cooling_off: SignedDuration::from_hours(24),
    };
    people
        .request_erasure(erasure, &actor(&squatter), at(4))
        .await
        .unwrap();
    assert_eq!(
        mail(people, 5).await,
        [],
        "an address that nobody proved is told nothing"
    );

    people
        .request_password_reset(&email(ADDRESS), at(6))
        .await
        .unwrap();
    people.answer_reset_request(at(6)).await.unwrap();
    let (owner, code) = code(people, 6).await;
    assert_eq!(owner, id);
    reset(people, code, MINE, 7).await.unwrap();
    // The password alone opens it: the factor is gone, as are its codes.
    let mine = signed_in(people, MINE, 8).await;
    assert!(mine.account.email_proven);
    let late = people
        .login(&email(ADDRESS), &password(THEIRS), &phone_app(), at(9))
        .await;
    assert_eq!(refusal(late), IdentityRefusal::WrongCredentials);
    let renewed = people.refresh(&open.refresh_token, &phone_app(), at(9)).await;
    assert_eq!(refusal(renewed), IdentityRefusal::RefreshUnknown);
    assert!(people.second_factor(id).await.unwrap().is_none());
    assert!(people.calendar_link(id).await.unwrap().is_none());
    assert!(people.payout_destination(id).await.unwrap().is_none());
    let erasure = people.erasure_of(id).await.unwrap();
    assert!(erasure.is_none_or(|erasure| erasure.state == identity::ErasureState::Withdrawn));
    for table in ["recovery_codes", "app_links", "app_link_codes"] {
        let left: i64 = sqlx::query_scalar(&format!("select count(*) from identity.{table}"))
            .fetch_one(&fixture.pool)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

/// An app acts for this patient, and another code waits to be taken.
async fn let_an_app_in(fixture: &TestIdentity, patient: AccountId) {
    let mut owner = PgConnection::connect(fixture.owner_url()).await.unwrap();
    for statement in [
        "insert into identity.apps (id, name, scopes, requests_per_minute, writes_per_minute, created_at, created_by)
         values ($1, 'Insurer', '{bookings:read}', 60, 60, now(), $1)",
        "insert into identity.app_links (app_id, patient_id, scopes, linked_at) values ($1, $1, '{bookings:read}', now())",
        "insert into identity.app_link_codes (patient_id, app_id, scopes, digest, expires_at)
         values ($1, $1, '{bookings:read}', decode(repeat('00', 32), 'hex'), now())",
    ] {
        sqlx::query(statement)
            .bind(patient.uuid())
            .execute(&mut owner)
            .await
            .unwrap();
    }
    owner.close().await.unwrap();
}

#[tokio::test]
async fn a_code_of_a_claim_that_another_account_has_overtaken_replaces_no_password() {
    let fixture = with_mail().await;
    let people = &fixture.people;
    let one = registered(people, THEIRS, 0).await;
    people
        .request_password_reset(&email(ADDRESS), at(1))
        .await
        .unwrap();
    people.answer_reset_request(at(1)).await.unwrap();
    let (id, code) = code(people, 1).await;
    assert_eq!(id, one.id);
    let other = registered(people, MINE, 2).await;
    proven(people, &other, 3).await;
    assert_eq!(
        reset(people, code, THIRD, 4).await.unwrap_err(),
        IdentityRefusal::WrongCode
    );
    signed_in(people, THEIRS, 5).await;
}
