//! Doctors by their distance: every page shows each doctor once, whoever joins meanwhile; what the index finds is what there is; and what is
//! measured to a doctor cannot be told from what is measured to any other point of the same field.

use domain::ids::DoctorId;
use identity::{BasePoint, DoctorFilter, DoctorProfile, GeoPoint};
use sqlx::PgPool;
use uuid::Uuid;

use crate::kit::TestIdentity;

/// Numbers that look drawn and are the same in every run.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// Hundredths of a degree around a middle.
    fn around(&mut self, (latitude, longitude): (i16, i16), wide: u64) -> (i16, i16) {
        let mut off = || i16::try_from(self.below(2 * wide)).unwrap() - i16::try_from(wide).unwrap();
        (latitude + off(), longitude + 2 * (off() / 2))
    }
}

/// A verified doctor, there or nowhere.
async fn joins(pool: &PgPool, drawn: &mut Drawn, point: Option<(i16, i16)>, clinic: Option<Uuid>) -> Uuid {
    let id = Uuid::from_u128(u128::from(drawn.below(u64::MAX)) << 64 | u128::from(drawn.below(u64::MAX)));
    sqlx::query("insert into identity.accounts (id, role, created_at) values ($1, 'doctor', now())")
        .bind(id)
        .execute(pool)
        .await
        .unwrap();
    sqlx::query(
        "insert into identity.doctor_profiles (doctor_id, specialization, experience_years, languages, price_class, zone, \
             first_name, last_name, verified_at, latitude, longitude, clinic_id) \
         values ($1, 'Терапевт', 5, '{ru}', 'standard', 'Europe/Moscow', 'Пётр', 'Петров', now(), $2, $3, $4)",
    )
    .bind(id)
    .bind(point.map(|(latitude, _)| latitude))
    .bind(point.map(|(_, longitude)| longitude))
    .bind(clinic)
    .execute(pool)
    .await
    .unwrap();
    id
}

async fn clinic_at(pool: &PgPool, (latitude, longitude): (i16, i16)) -> Uuid {
    let id = Uuid::from_u128(7);
    sqlx::query("insert into identity.accounts (id, role, created_at) values ($1, 'clinic', now())")
        .bind(id)
        .execute(pool)
        .await
        .unwrap();
    sqlx::query(
        "insert into identity.clinics (account_id, name, latitude, longitude) values ($1, 'К', $2, $3)",
    )
    .bind(id)
    .bind(latitude)
    .bind(longitude)
    .execute(pool)
    .await
    .unwrap();
    id
}

fn from(near: &str, within_km: Option<u16>) -> DoctorFilter {
    DoctorFilter {
        near: Some(GeoPoint::parse(near).unwrap()),
        within_km,
        ..DoctorFilter::default()
    }
}

fn place(doctor: &DoctorProfile) -> (i64, Uuid) {
    (doctor.metres.map_or(i64::MAX, i64::from), doctor.id.uuid())
}

/// All of them, by the list that knows no boxes.
async fn one_by_one(fixture: &TestIdentity, filter: &DoctorFilter) -> Vec<(i64, Uuid)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = fixture.people.doctors(filter, after, 200).await.unwrap();
        found.extend(page.items.iter().map(place));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    found.sort_unstable();
    found
}

async fn by_pages(fixture: &TestIdentity, filter: &DoctorFilter, limit: u32) -> Vec<(i64, Uuid)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = fixture.people.doctors_nearby(filter, after, limit).await.unwrap();
        found.extend(page.items.iter().map(place));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn what_boxes_find_is_what_there_is_from_wherever_one_looks() {
    let fixture = TestIdentity::new().await;
    let mut drawn = Drawn(1);
    let clinic = clinic_at(&fixture.pool, (5_593, 3_742)).await;
    for nth in 0..260 {
        let point = match nth % 5 {
            // Many in few fields of one town; the rest in its region, everywhere, across the 180th meridian, and nowhere.
            0 | 1 => Some(drawn.around((5_576, 3_762), 20)),
            2 => Some(drawn.around((5_576, 3_762), 400)),
            3 if nth % 2 == 0 => Some(drawn.around((0, 0), 8_900)),
            3 => Some((6_473, if nth % 3 == 0 { 17_998 } else { -17_998 })),
            _ => None,
        };
        let of_clinic = (nth % 10 == 4).then_some(clinic);
        joins(&fixture.pool, &mut drawn, point, of_clinic).await;
    }
    for near in [
        "55.7558,37.6176",
        "55.2,36.1",
        "-33.9,18.4",
        "64.73,179.999999",
        "64.73,-180",
        "89.99,10",
        "-90,0",
    ] {
        for within_km in [None, Some(3), Some(60), Some(1_000)] {
            let filter = from(near, within_km);
            let owed = one_by_one(&fixture, &filter).await;
            assert!(within_km.is_some() || owed.len() == 260);
            for limit in [7, 200] {
                let found = by_pages(&fixture, &filter, limit).await;
                assert_eq!(found, owed, "{near} {within_km:?} {limit}");
            }
        }
    }
}

#[tokio::test]
async fn every_page_shows_each_doctor_once_while_others_join() {
    let fixture = TestIdentity::new().await;
    let mut drawn = Drawn(2);
    let mut before = Vec::new();
    for nth in 0..90 {
        let point = (nth % 3 > 0).then(|| drawn.around((5_576, 3_762), 60));
        before.push(joins(&fixture.pool, &mut drawn, point, None).await);
    }
    let filter = from("55.7558,37.6176", None);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = fixture.people.doctors_nearby(&filter, after, 4).await.unwrap();
        seen.extend(page.items.iter().map(place));
        after = page.next;
        if after.is_none() {
            break;
        }
        for point in [Some((5_576, 3_762)), Some(drawn.around((5_576, 3_762), 60)), None] {
            joins(&fixture.pool, &mut drawn, point, None).await;
        }
    }
    assert!(seen.is_sorted(), "{seen:?}");
    let mut ids: Vec<Uuid> = seen.iter().map(|(_, id)| *id).collect();
    ids.sort_unstable();
    let shown = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), shown, "nobody is shown twice");
    for id in before {
        assert!(ids.binary_search(&id).is_ok(), "{id} is missed");
    }
}

/// Whoever measures from everywhere learns the field, and not where in it.
#[tokio::test]
async fn a_distance_tells_no_more_than_the_field() {
    let fixture = TestIdentity::new().await;
    let mut drawn = Drawn(3);
    let mut same = Vec::new();
    for exact in [
        "55.755811,37.617312",
        "55.764999,37.627999",
        "55.755001,37.610001",
    ] {
        let kept = BasePoint::parse(exact).unwrap();
        let id = joins(
            &fixture.pool,
            &mut drawn,
            Some((kept.latitude, kept.longitude)),
            None,
        )
        .await;
        same.push(DoctorId::from_uuid(id));
    }
    for _ in 0..100 {
        let near = format!(
            "55.{:06},37.{:06}",
            drawn.below(1_000_000),
            drawn.below(1_000_000)
        );
        let near = GeoPoint::parse(&near).unwrap();
        let mut metres = Vec::new();
        for id in &same {
            let doctor = fixture.people.doctor_from(*id, Some(near)).await.unwrap();
            metres.push(doctor.unwrap().metres.unwrap());
        }
        assert!(metres.iter().all(|one| *one == metres[0]), "{metres:?}");
    }
}
