//! The doctors who are nearest first. Distances are counted from coarse points (`migrations/sql/0132_public_profiles.sql`), looked for in
//! boxes that grow until a page is full: an index finds who is in a box, and only of those the distance is computed.

use domain::ids::DoctorId;
use uuid::Uuid;

use super::doctors::{ACCEPTS, COLUMNS, DOCTORS, METRES, PAGE_MAX, matches, matching};
use super::{DoctorFilter, DoctorProfile, People, rows};
use crate::refusal::IdentityError;

/// How far is looked, in metres, one radius after another: a town, a region, everywhere.
const RADII: [i32; 5] = [5_000, 20_000, 80_000, 320_000, EVERYWHERE];
/// No two points of the Earth are so far apart.
const EVERYWHERE: i32 = 20_100_000;

/// Behind every distance there is on Earth, in metres: the place in the order of those who have no point.
pub const FARTHEST: i64 = 1_000_000_000;

/// A part of the doctors by their distance.
#[derive(Clone, Debug)]
pub struct NearbyPage {
    pub items: Vec<DoctorProfile>,
    /// Where the next page starts: metres and doctor of the last one here; `None` at the end.
    pub next: Option<(i64, DoctorId)>,
}

impl People {
    /// The verified doctors behind `after` in the order of their distance from `filter.near`, at most `limit` (1 to 200) of them; those
    /// without a point stand last, unless only those within some distance are asked for. Who joins meanwhile moves nobody else.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn doctors_nearby(
        &self,
        filter: &DoctorFilter,
        after: Option<(i64, DoctorId)>,
        limit: u32,
    ) -> Result<NearbyPage, IdentityError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let after = after.map_or((-1, Uuid::nil()), |(metres, id)| (metres, id.uuid()));
        let rows = i64::from(limit) + 1;
        let mut found = Vec::new();
        if after.0 < FARTHEST {
            found = self.with_a_point(filter, after, rows).await?;
        }
        let left = page.saturating_sub(found.len());
        if found.len() <= page && filter.within_km.is_none() {
            let behind = if after.0 < FARTHEST { Uuid::nil() } else { after.1 };
            let rows = i64::try_from(left).unwrap_or(0) + 1;
            found.extend(self.without_a_point(filter, behind, rows).await?);
        }
        let more = found.len() > page;
        found.truncate(page);
        let place = |doctor: &DoctorProfile| (doctor.metres.map_or(FARTHEST, i64::from), doctor.id);
        let next = found.last().filter(|_| more).map(place);
        Ok(NearbyPage { items: found, next })
    }

    async fn with_a_point(
        &self,
        filter: &DoctorFilter,
        (metres, id): (i64, Uuid),
        rows: i64,
    ) -> Result<Vec<DoctorProfile>, IdentityError> {
        let within = filter.within_km.map(|km| i32::from(km) * 1_000);
        let mut found = Vec::new();
        for radius in RADII {
            let is_last = within.is_some_and(|within| within <= radius);
            if i64::from(radius) <= metres && !is_last {
                continue;
            }
            let radius = within.map_or(radius, |within| within.min(radius));
            let query = nearby(radius == EVERYWHERE);
            let read = matching(&query, filter)
                .bind(metres)
                .bind(id)
                .bind(rows)
                .bind(radius)
                .fetch_all(self.pool())
                .await?;
            found = read.iter().map(rows::doctor).collect::<Result<_, _>>()?;
            if is_last || i64::try_from(found.len()).unwrap_or(i64::MAX) >= rows {
                break;
            }
        }
        Ok(found)
    }

    async fn without_a_point(
        &self,
        filter: &DoctorFilter,
        behind: Uuid,
        rows: i64,
    ) -> Result<Vec<DoctorProfile>, IdentityError> {
        let query = format!(
            "select {COLUMNS}, {ACCEPTS}, null::integer as metres from {DOCTORS} \
             where {} and coalesce(p.latitude, k.latitude) is null and p.doctor_id > $9 order by p.doctor_id limit $10",
            matches()
        );
        let read = matching(&query, filter)
            .bind(behind)
            .bind(rows)
            .fetch_all(self.pool())
            .await?;
        Ok(read.iter().map(rows::doctor).collect::<Result<_, _>>()?)
    }
}

/// Those within `$12` metres behind the place `$9`, `$10` in the order, at most `$11`. All of them lie in the box; what is in its corners
/// is left to a larger one. A distance is computed once a doctor, and only those of the page are read whole.
/// A box that is everywhere is none.
fn nearby(everywhere: bool) -> String {
    let is_in_box = |table: &str| {
        format!(
            "{table}.latitude between $1::integer / 10000 - $12::integer / 1111 - 1 and $1::integer / 10000 + $12::integer / 1111 + 1 \
             and {table}.longitude between $2::integer / 10000 - identity.longitudes_within($12::integer, $1::integer, $2::integer) - 1 \
                                   and $2::integer / 10000 + identity.longitudes_within($12::integer, $1::integer, $2::integer) + 1"
        )
    };
    let (placed, of_placed) = match everywhere {
        true => (String::new(), ""),
        false => (
            format!(
                "placed as ( \
                    select d.doctor_id from identity.doctor_profiles d where {own} \
                    union all \
                    select d.doctor_id from identity.clinics c join identity.doctor_profiles d on d.clinic_id = c.account_id \
                    where d.latitude is null and {of_clinic}), ",
                own = is_in_box("d"),
                of_clinic = is_in_box("c"),
            ),
            "join placed on placed.doctor_id = p.doctor_id",
        ),
    };
    format!(
        "with {placed} \
         measured as materialized ( \
            select p.doctor_id, {METRES} as metres from {DOCTORS} {of_placed} where {matches}), \
         page as ( \
            select * from measured where metres <= $12 and (metres, doctor_id) > ($9::bigint, $10::uuid) \
            order by metres, doctor_id limit $11) \
         select {COLUMNS}, {ACCEPTS}, page.metres from page join {DOCTORS} on p.doctor_id = page.doctor_id \
         order by page.metres, page.doctor_id",
        matches = matches(),
    )
}
