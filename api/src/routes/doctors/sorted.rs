//! Doctors by what they offer: the next free slot, or the price. Both change from hour to hour and stand in no index, so so many
//! doctors are sorted as one question may look at, and no more. How far they are the database sorts.

use domain::booking::events::CallType;
use domain::ids::DoctorId;
use identity::{DoctorFilter, DoctorProfile, FARTHEST};
use projections::{Cursor, Limit, List};
use uuid::Uuid;

use crate::app::App;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::routes::doctors::offers;

/// How many doctors are sorted at most.
const SORTED_MAX: usize = 1_000;
/// How many are read at once.
const READ_AT_ONCE: u32 = 200;

/// An order of the doctors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoctorSort {
    /// Who can come next, first; who has no free slot, last.
    NextSlot,
    /// The cheapest first.
    Cheapest,
    /// The dearest first.
    Dearest,
    /// The nearest first; who has no place, last.
    Distance,
}

impl DoctorSort {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::NextSlot, Self::Cheapest, Self::Dearest, Self::Distance];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NextSlot => "next_slot",
            Self::Cheapest => "price",
            Self::Dearest => "-price",
            Self::Distance => "distance",
        }
    }

    /// The order named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == word)
    }

    /// Whether it goes by the price.
    pub const fn is_by_price(self) -> bool {
        match self {
            Self::NextSlot | Self::Distance => false,
            Self::Cheapest | Self::Dearest => true,
        }
    }

    /// The list that its cursors belong to.
    pub const fn list(self) -> List {
        match self {
            Self::NextSlot => List::DoctorsBySlot,
            Self::Cheapest => List::DoctorsByPrice,
            Self::Dearest => List::DoctorsDearest,
            Self::Distance => List::DoctorsByDistance,
        }
    }
}

/// A page of the doctors who match, and where the next begins. A doctor whose place moved meanwhile may be met twice or not at all.
///
/// # Errors
/// `invalid` when too many match or the cursor is another list's; `needs_newer_code`, `unavailable`.
pub async fn page(
    app: &App,
    filter: &DoctorFilter,
    (sort, call_type): (DoctorSort, CallType),
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<(Vec<DoctorProfile>, Option<Cursor>), Problem> {
    let after = match cursor {
        Some(cursor) => Some(cursor.place(sort.list())?),
        None => None,
    };
    if sort == DoctorSort::Distance {
        return nearby(app, filter, after, limit).await;
    }
    let doctors = matching(app, filter).await?;
    let mut placed = placed(app, doctors, (sort, call_type)).await?;
    placed.sort_by_key(|(place, _)| *place);
    placed.retain(|(place, _)| after.is_none_or(|after| *place > after));
    let more = placed.len() > usize::from(limit.rows());
    placed.truncate(usize::from(limit.rows()));
    let last = placed.last().filter(|_| more);
    let next = last.map(|((key, id), _)| Cursor::new(sort.list(), *key, *id));
    Ok((placed.into_iter().map(|(_, doctor)| doctor).collect(), next))
}

/// By their distance. Who joins or moves away meanwhile moves nobody else.
async fn nearby(
    app: &App,
    filter: &DoctorFilter,
    after: Option<(i64, Uuid)>,
    limit: Limit,
) -> Result<(Vec<DoctorProfile>, Option<Cursor>), Problem> {
    let after = after.map(|(metres, id)| (metres, DoctorId::from_uuid(id)));
    let page = app
        .people()
        .doctors_nearby(filter, after, u32::from(limit.rows()))
        .await?;
    let list = DoctorSort::Distance.list();
    let next = page.next.map(|(metres, id)| Cursor::new(list, metres, id.uuid()));
    Ok((page.items, next))
}

/// Every doctor who matches.
async fn matching(app: &App, filter: &DoctorFilter) -> Result<Vec<DoctorProfile>, Problem> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = app.people().doctors(filter, after, READ_AT_ONCE).await?;
        found.extend(page.items);
        after = page.next;
        if found.len() + usize::from(after.is_some()) > SORTED_MAX {
            let message = format!("more than {SORTED_MAX} doctors match: narrow them with a filter");
            return Err(Problem::invalid(vec![
                FieldProblem::new("too_broad", message).at("/query/sort"),
            ]));
        }
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Each with its place in the order.
async fn placed(
    app: &App,
    doctors: Vec<DoctorProfile>,
    (sort, call_type): (DoctorSort, CallType),
) -> Result<Vec<((i64, Uuid), DoctorProfile)>, Problem> {
    let slots = match sort {
        DoctorSort::NextSlot => Some(offers::next_slots(app, &doctors).await?),
        DoctorSort::Cheapest | DoctorSort::Dearest | DoctorSort::Distance => None,
    };
    let list = match sort {
        DoctorSort::NextSlot | DoctorSort::Distance => None,
        DoctorSort::Cheapest | DoctorSort::Dearest => offers::prices(app).await?,
    };
    let key = |doctor: &DoctorProfile| {
        let next = slots.as_ref().and_then(|slots| slots.get(&doctor.id));
        let price = list
            .as_ref()
            .map(|list| list.price(call_type, Some(doctor.id), None).minor);
        match sort {
            DoctorSort::NextSlot => next.map_or(i64::MAX, |slot| slot.visit.start().as_microsecond()),
            DoctorSort::Cheapest => price.unwrap_or_default(),
            DoctorSort::Dearest => -price.unwrap_or_default(),
            DoctorSort::Distance => doctor.metres.map_or(FARTHEST, i64::from),
        }
    };
    Ok(doctors
        .into_iter()
        .map(|doctor| ((key(&doctor), doctor.id.uuid()), doctor))
        .collect())
}
