//! Doctors as the public sees them: profiles without contacts, in pages that do not shift.

use domain::ids::{ClinicId, DoctorId};
use identity::{
    ClinicName, DoctorDetails, DoctorFilter, DoctorSearch, IdentityRefusal, Language, NewRole, ProfileChange,
    Specialization,
};

use crate::kit::{TestIdentity, account, at, details, name, patient, refusal};

async fn doctor(fixture: &TestIdentity, address: &str, specialization: &str, second: i64) -> DoctorId {
    made(fixture, address, details(specialization), second).await
}

async fn made(fixture: &TestIdentity, address: &str, profile: DoctorDetails, second: i64) -> DoctorId {
    let new = account(address, NewRole::Doctor(profile));
    let made = fixture.people.create_account(new, at(second)).await.unwrap();
    DoctorId::from_uuid(made.id.uuid())
}

async fn clinic(fixture: &TestIdentity) -> ClinicId {
    let role = NewRole::Clinic(ClinicName::parse("Клиника на Мира").unwrap());
    let made = fixture
        .people
        .create_account(account("clinic@tot.ru", role), at(0))
        .await
        .unwrap();
    ClinicId::from_uuid(made.id.uuid())
}

#[tokio::test]
async fn a_profile_reads_back_as_written() {
    let fixture = TestIdentity::new().await;
    let clinic_id = clinic(&fixture).await;
    let mut written = details("Терапевт");
    written.clinic_id = Some(clinic_id);
    written.accepts = false;
    let id = made(&fixture, "doctor@example.com", written, 1).await;
    let profile = fixture.people.doctor(id).await.unwrap().unwrap();
    assert_eq!(profile.specialization.as_str(), "Терапевт");
    assert_eq!(profile.clinic.as_deref(), Some("Клиника на Мира"));
    assert_eq!(profile.clinic_id, Some(clinic_id));
    assert_eq!(profile.experience_years.years(), 15);
    assert_eq!(
        profile.languages.iter().map(|l| l.as_str()).collect::<Vec<_>>(),
        ["ru", "en"]
    );
    assert_eq!(
        (
            profile.price_class.as_str(),
            profile.zone.as_str(),
            profile.accepts
        ),
        ("senior", "Europe/Moscow", false)
    );
}

#[tokio::test]
async fn a_clinic_that_is_none_is_refused_and_leaves_no_account() {
    let fixture = TestIdentity::new().await;
    let patient = fixture
        .people
        .register(patient("ivan@example.com"), at(0))
        .await
        .unwrap();
    let mut wrong = details("Кардиолог");
    wrong.clinic_id = Some(ClinicId::from_uuid(patient.id.uuid()));
    let made = fixture
        .people
        .create_account(account("doctor@example.com", NewRole::Doctor(wrong)), at(1))
        .await;
    assert_eq!(refusal(made), IdentityRefusal::NoSuchClinic);
    doctor(&fixture, "doctor@example.com", "Кардиолог", 2).await;
}

#[tokio::test]
async fn pages_show_each_doctor_once_while_doctors_join_and_change() {
    let fixture = TestIdentity::new().await;
    let mut expected = Vec::new();
    for number in 0..7 {
        expected.push(
            doctor(
                &fixture,
                &format!("doctor{number}@example.com"),
                "Кардиолог",
                number,
            )
            .await,
        );
    }
    let filter = DoctorFilter::default();
    let first = fixture.people.doctors(&filter, None, 3).await.unwrap();
    // A new name would move a doctor in a list sorted by name.
    let change = ProfileChange {
        last_name: Some(name("Аабов")),
        ..ProfileChange::default()
    };
    fixture
        .people
        .update_profile(expected[5].into(), change)
        .await
        .unwrap();
    expected.push(doctor(&fixture, "late@example.com", "Кардиолог", 100).await);

    let mut seen: Vec<DoctorId> = first.items.iter().map(|doctor| doctor.id).collect();
    let mut after = first.next;
    while let Some(cursor) = after {
        let page = fixture.people.doctors(&filter, Some(cursor), 3).await.unwrap();
        assert!(!page.items.is_empty(), "a cursor leads to a page");
        seen.extend(page.items.iter().map(|doctor| doctor.id));
        after = page.next;
    }
    assert_eq!(seen, expected);
    let exact = fixture.people.doctors(&filter, None, 8).await.unwrap();
    assert_eq!((exact.items.len(), exact.next), (8, None));
}

#[tokio::test]
async fn a_list_is_narrowed_and_hides_the_deactivated() {
    let fixture = TestIdentity::new().await;
    let clinic_id = clinic(&fixture).await;
    let heart = doctor(&fixture, "heart@example.com", "Кардиолог", 1).await;
    let mut busy = details("Терапевт");
    busy.accepts = false;
    busy.clinic_id = Some(clinic_id);
    let general = made(&fixture, "general@example.com", busy, 2).await;

    let ids = async |filter: DoctorFilter| {
        let page = fixture.people.doctors(&filter, None, 50).await.unwrap();
        page.items.iter().map(|doctor| doctor.id).collect::<Vec<_>>()
    };
    let specialization = Some(Specialization::parse("КАРДИОЛОГ").unwrap());
    assert_eq!(
        ids(DoctorFilter {
            specialization,
            ..DoctorFilter::default()
        })
        .await,
        [heart]
    );
    assert_eq!(
        ids(DoctorFilter {
            clinic_id: Some(clinic_id),
            ..DoctorFilter::default()
        })
        .await,
        [general]
    );
    assert_eq!(
        ids(DoctorFilter {
            accepts: Some(true),
            ..DoctorFilter::default()
        })
        .await,
        [heart]
    );

    let again = fixture.people.set_accepts(general, true).await.unwrap().unwrap();
    assert!(again.accepts && fixture.people.doctor(general).await.unwrap().unwrap().accepts);
    assert!(
        again.clinic_id == Some(clinic_id),
        "the rest of the profile stays"
    );
    let nobody = DoctorId::from_uuid(clinic_id.uuid());
    assert!(fixture.people.set_accepts(nobody, true).await.unwrap().is_none());

    fixture.deactivate(heart.into(), at(3)).await;
    assert_eq!(ids(DoctorFilter::default()).await, [general]);
    assert!(fixture.people.doctor(heart).await.unwrap().is_none());
}

#[tokio::test]
async fn doctors_are_searched_by_language_and_words() {
    let fixture = TestIdentity::new().await;
    let heart = doctor(&fixture, "heart@example.com", "Кардиолог", 1).await;
    let general = doctor(&fixture, "general@example.com", "Терапевт", 2).await;
    let ids = async |filter: DoctorFilter| {
        let page = fixture.people.doctors(&filter, None, 50).await.unwrap();
        page.items.iter().map(|doctor| doctor.id).collect::<Vec<_>>()
    };
    let speaking = |codes: &[&str]| DoctorFilter {
        languages: codes.iter().map(|code| Language::parse(code).unwrap()).collect(),
        ..DoctorFilter::default()
    };
    assert_eq!(ids(speaking(&["fa", "RU"])).await, [heart, general]);
    assert_eq!(ids(speaking(&["fa"])).await, Vec::<DoctorId>::new());
    for (words, found) in [
        ("кардио", vec![heart]),
        ("ТЕРАПЕВТ", vec![general]),
        ("терапевт кардиолог", vec![]),
        ("%", vec![]),
    ] {
        let search = DoctorSearch::parse(words);
        assert!(search.is_some());
        let filter = DoctorFilter {
            search,
            ..DoctorFilter::default()
        };
        assert_eq!(ids(filter).await, found, "{words}");
    }
}

#[tokio::test]
async fn a_patient_is_no_doctor() {
    let fixture = TestIdentity::new().await;
    let patient = fixture
        .people
        .register(patient("ivan@example.com"), at(0))
        .await
        .unwrap();
    let id = DoctorId::from_uuid(patient.id.uuid());
    assert!(fixture.people.doctor(id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_doctor_nobody_answers_for_is_not_listed_and_takes_no_new_visits() {
    let fixture = TestIdentity::new().await;
    let known = doctor(&fixture, "known@example.com", "Кардиолог", 1).await;
    let mut unverified = details("Кардиолог");
    unverified.verified = false;
    let new = made(&fixture, "new@example.com", unverified, 2).await;
    let listed = async || {
        let page = fixture.people.doctors(&DoctorFilter::default(), None, 10).await;
        let ids: Vec<DoctorId> = page.unwrap().items.iter().map(|doctor| doctor.id).collect();
        ids
    };
    let accepts = async |id| fixture.people.doctor(id).await.unwrap().unwrap().accepts;
    assert_eq!(listed().await, [known]);
    assert!(accepts(known).await && !accepts(new).await);
    fixture
        .record(new.into(), r#"{"DoctorVerified":{}}"#, at(3))
        .await;
    assert_eq!(listed().await, [known, new]);
    assert!(accepts(new).await);
    let taken_back = r#"{"DoctorUnverified":{"reason":"other"}}"#;
    fixture.record(known.into(), taken_back, at(4)).await;
    assert_eq!(listed().await, [new]);
    assert!(!accepts(known).await);
}
