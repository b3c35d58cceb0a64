//! Invitations are found by whom they are meant for, kept sealed, and carried out with the fact or not at all.

use domain::ids::{AccountId, ClinicId, DoctorId, InvitationId};
use identity::{
    ClinicInvitation, ClinicName, DoctorDetails, Email, INVITATIONS_MAX, IdentityRefusal, InvitationStatus,
    Invitee, NewRole,
};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::kit::{TestIdentity, account, at, details, patient, refusal};

const DAY: i64 = 24 * 60 * 60;

async fn clinic(fixture: &TestIdentity, email: &str) -> ClinicId {
    let role = NewRole::Clinic(ClinicName::parse("Клиника на Мира").unwrap());
    let made = fixture.people.create_account(account(email, role), at(0)).await;
    ClinicId::from_uuid(made.unwrap().id.uuid())
}

async fn made(fixture: &TestIdentity, email: &str, profile: DoctorDetails, seconds: i64) -> DoctorId {
    let new = account(email, NewRole::Doctor(profile));
    let made = fixture.people.create_account(new, at(seconds)).await;
    DoctorId::from_uuid(made.unwrap().id.uuid())
}

fn address(email: &str) -> Invitee {
    Invitee::Email(Email::parse(email).unwrap())
}

async fn invited(fixture: &TestIdentity, clinic: ClinicId, whom: Invitee, seconds: i64) -> ClinicInvitation {
    let invitation = fixture.people.invite_doctor(clinic, &whom, at(seconds)).await;
    invitation.unwrap()
}

fn joined(clinic: ClinicId, invitation: InvitationId) -> String {
    format!("{{\"DoctorJoinedClinic\":{{\"clinic_id\":\"{clinic}\",\"invitation_id\":\"{invitation}\"}}}}")
}

#[tokio::test]
async fn an_address_is_sealed_and_found_by_its_owner_also_by_one_who_joins_later() {
    let fixture = TestIdentity::new().await;
    let (people, clinic) = (&fixture.people, clinic(&fixture, "clinic@example.com").await);
    let invitation = invited(&fixture, clinic, address("Later@Example.com"), 1).await;
    let plain: i64 = sqlx::query_scalar(
        "select count(*) from identity.clinic_invitations i where lower(i::text) like '%later%' \
         or encode(i.email_sealed, 'escape') ilike '%later%'",
    )
    .fetch_one(&fixture.pool)
    .await
    .unwrap();
    assert_eq!(plain, 0);
    let doctor: AccountId = made(&fixture, "later@example.com", details("Кардиолог"), 2)
        .await
        .into();
    let found = people.invitations_of(doctor, at(3)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id, &found[0].email), (invitation.id, &None));
    let shown = people.invitations_by(clinic, at(3)).await.unwrap();
    assert_eq!(shown[0].email, Some(Email::parse("later@example.com").unwrap()));
}

#[tokio::test]
async fn an_invitation_is_renewed_expires_and_ends_once() {
    let fixture = TestIdentity::new().await;
    let (people, clinic) = (&fixture.people, clinic(&fixture, "clinic@example.com").await);
    let doctor = made(&fixture, "doctor@example.com", details("Кардиолог"), 1).await;
    let first = invited(&fixture, clinic, Invitee::Doctor(doctor), 2).await;
    let renewed = invited(&fixture, clinic, Invitee::Doctor(doctor), 2 + DAY).await;
    assert_eq!((first.id, first.made_at), (renewed.id, renewed.made_at));
    assert!(first.expires_at < renewed.expires_at);
    let of = async |seconds| {
        people
            .invitation_of(doctor.into(), first.id, at(seconds))
            .await
            .unwrap()
            .unwrap()
            .status
    };
    assert_eq!(of(1 + 31 * DAY).await, InvitationStatus::Open);
    assert_eq!(of(2 + 31 * DAY).await, InvitationStatus::Expired);
    assert!(
        people
            .invitations_of(doctor.into(), at(2 + 31 * DAY))
            .await
            .unwrap()
            .is_empty()
    );
    let declined = people
        .decline_invitation(doctor.into(), first.id, at(3))
        .await
        .unwrap();
    assert_eq!(declined.unwrap().status, InvitationStatus::Declined);
    let withdrawn = people.withdraw_invitation(clinic, first.id, at(4)).await.unwrap();
    assert_eq!(
        withdrawn.unwrap().status,
        InvitationStatus::Declined,
        "it stays as it ended"
    );
    let second = invited(&fixture, clinic, Invitee::Doctor(doctor), 5).await;
    assert_ne!(second.id, first.id);
    // Ninety days later nothing is left of what ended.
    invited(&fixture, clinic, address("somebody@example.com"), 4 + 91 * DAY).await;
    let left = people.invitations_by(clinic, at(4 + 91 * DAY)).await.unwrap();
    assert!(
        left.iter().all(|invitation| invitation.id != first.id),
        "{left:?}"
    );
}

#[tokio::test]
async fn a_clinic_has_so_many_open_invitations_at_most() {
    let fixture = TestIdentity::new().await;
    let clinic = clinic(&fixture, "clinic@example.com").await;
    for number in 0..INVITATIONS_MAX {
        let somebody = DoctorId::from_uuid(Uuid::from_u128(u128::try_from(number).unwrap() + 1));
        invited(&fixture, clinic, Invitee::Doctor(somebody), 1).await;
    }
    let one_more = address("one-more@example.com");
    let refused = fixture.people.invite_doctor(clinic, &one_more, at(2)).await;
    assert_eq!(refusal(refused.map(drop)), IdentityRefusal::TooManyInvitations);
    let known = Invitee::Doctor(DoctorId::from_uuid(Uuid::from_u128(1)));
    invited(&fixture, clinic, known, 3).await;
}

#[tokio::test]
async fn joining_and_leaving_are_carried_out_with_their_facts_or_refused() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let (one, other) = (
        clinic(&fixture, "one@example.com").await,
        clinic(&fixture, "other@example.com").await,
    );
    let doctor = made(&fixture, "doctor@example.com", details("Кардиолог"), 1).await;
    let first = invited(&fixture, one, Invitee::Doctor(doctor), 2).await.id;
    let second = invited(&fixture, other, Invitee::Doctor(doctor), 2).await.id;
    fixture.record(doctor.into(), &joined(one, first), at(3)).await;
    assert_eq!(people.clinic_of(doctor.into()).await.unwrap(), Some(one));
    let accepted = people.invitation_of(doctor.into(), first, at(3)).await.unwrap();
    assert_eq!(accepted.unwrap().status, InvitationStatus::Accepted);
    // Of one clinic at most, and by an invitation that is open.
    let refused = fixture
        .try_record(doctor.into(), &joined(other, second), at(4))
        .await;
    assert!(refused.is_err());
    let still_open = people.invitation_of(doctor.into(), second, at(4)).await.unwrap();
    assert_eq!(still_open.unwrap().status, InvitationStatus::Open);
    let left = |clinic| format!("{{\"DoctorLeftClinic\":{{\"clinic_id\":\"{clinic}\"}}}}");
    assert!(
        fixture
            .try_record(doctor.into(), &left(other), at(5))
            .await
            .is_err()
    );
    fixture.record(doctor.into(), &left(one), at(5)).await;
    assert_eq!(people.clinic_of(doctor.into()).await.unwrap(), None);
    assert!(
        fixture
            .try_record(doctor.into(), &joined(one, first), at(6))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_application_waits_until_it_is_decided_and_takes_the_doctor_off_meanwhile() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let doctor = made(&fixture, "doctor@example.com", details("Кардиолог"), 1).await;
    let stands = async || {
        let row: (bool, bool, bool) = sqlx::query_as(
            "select verified_at is not null, applied_at is not null, has_applied \
             from identity.doctor_profiles where doctor_id = $1",
        )
        .bind(doctor.uuid())
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
        row
    };
    assert_eq!(stands().await, (true, false, false));
    let facts = [
        (r#"{"DoctorApplied":{}}"#, (false, true, true)),
        (
            r#"{"DoctorApplicationRefused":{"reason":"other"}}"#,
            (false, false, true),
        ),
        (r#"{"DoctorApplied":{}}"#, (false, true, true)),
        (r#"{"DoctorVerified":{}}"#, (true, false, true)),
        (r#"{"DoctorApplied":{}}"#, (false, true, true)),
        (r#"{"DoctorUnverified":{"reason":"other"}}"#, (false, false, true)),
    ];
    for (nth, (fact, stood)) in (2..).zip(facts) {
        fixture.record(doctor.into(), fact, at(nth)).await;
        assert_eq!(stands().await, stood, "{fact}");
        assert_eq!(people.is_verified(doctor.into()).await.unwrap(), stood.0);
    }
}

#[tokio::test]
async fn an_address_that_is_only_claimed_finds_no_invitation_and_ends_none() {
    let fixture = TestIdentity::new().await;
    let (people, clinic) = (&fixture.people, clinic(&fixture, "clinic@example.com").await);
    invited(&fixture, clinic, address("doctor@example.com"), 1).await;
    let claim = patient("doctor@example.com");
    let claim = people.register(claim, at(2)).await.unwrap();
    let found = people.invitations_of(claim.id, at(3)).await.unwrap();
    assert_eq!(found.len(), 0);
    fixture.deactivate(claim.id, at(4)).await;
    let mut owner = PgConnection::connect(fixture.owner_url()).await.unwrap();
    sqlx::query(
        "insert into identity.erasures (id, subject_id, subject_role, requested_at, requested_by, reason, due_at, state) \
         values ($1, $2, 'patient', now(), $2, 'own_request', now(), 'erasing')",
    )
    .bind(Uuid::from_u128(9))
    .bind(claim.id.uuid())
    .execute(&mut owner)
    .await
    .unwrap();
    sqlx::query("select identity.erase_person($1)")
        .bind(Uuid::from_u128(9))
        .execute(&mut owner)
        .await
        .unwrap();
    assert!(people.account(claim.id).await.unwrap().is_none());
    let doctor = made(&fixture, "doctor@example.com", details("Кардиолог"), 5).await;
    let found = people.invitations_of(doctor.into(), at(6)).await.unwrap();
    assert_eq!(found.len(), 1);
}
