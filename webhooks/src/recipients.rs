//! Who is to be told of what: the active endpoints, as whoever tells the log remembers them.

use std::collections::HashMap;

use event_store::Position;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::catalogue::EventType;
use crate::error::WebhookError;
use crate::event::Event;

/// One endpoint.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Which.
    pub id: Uuid,
    /// Up to where it was told, if it does not follow: behind the cursor, or ahead of it where it was made just now.
    pub position: Option<Position>,
    clinic_id: Option<Uuid>,
    wanted: u32,
}

/// The same as it is stored.
#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    clinic_id: Option<Uuid>,
    event_types: Vec<String>,
    position: Option<Position>,
}

/// All of them.
pub struct Recipients {
    /// The count of changes as of which this is so.
    pub changes: i64,
    all: Vec<Recipient>,
    /// Those that are told of everybody's bookings.
    of_all: Vec<usize>,
    by_clinic: HashMap<Uuid, Vec<usize>>,
}

impl Recipients {
    /// Reads them.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn read(connection: &mut PgConnection) -> Result<Self, WebhookError> {
        // In this order: a change between the two is one too many, never one too few.
        let changes = sqlx::query_scalar("select changes from webhooks.cursor")
            .fetch_one(&mut *connection)
            .await?;
        let rows: Vec<Row> = sqlx::query_as(
            "select id, clinic_id, event_types, position from webhooks.endpoints where state = 'active'",
        )
        .fetch_all(connection)
        .await?;
        let all = rows
            .into_iter()
            .map(|row| Recipient {
                id: row.id,
                position: row.position,
                clinic_id: row.clinic_id,
                wanted: mask(&row.event_types),
            })
            .collect();
        Ok(Self::of(changes, all))
    }

    fn of(changes: i64, all: Vec<Recipient>) -> Self {
        let (mut of_all, mut by_clinic) = (Vec::new(), HashMap::<Uuid, Vec<usize>>::new());
        for (place, recipient) in all.iter().enumerate() {
            match recipient.clinic_id {
                None => of_all.push(place),
                Some(clinic_id) => by_clinic.entry(clinic_id).or_default().push(place),
            }
        }
        Self {
            changes,
            all,
            of_all,
            by_clinic,
        }
    }

    /// Whether there is nobody to tell.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The position of the one that is furthest behind the cursor, if any is.
    pub fn furthest_behind(&self, cursor: Position) -> Option<Position> {
        let positions = self.all.iter().filter_map(|recipient| recipient.position);
        positions.min().filter(|position| *position < cursor)
    }

    /// Those that are behind and were told up to a position from here to there, the latter left out.
    pub fn behind(&self, from: Position, until: Position) -> impl Iterator<Item = &Recipient> {
        let within = move |position: Position| (from..until).contains(&position);
        self.all
            .iter()
            .filter(move |recipient| recipient.position.is_some_and(within))
    }

    /// Those who want the event and whom it concerns.
    pub fn of_event<'a>(&'a self, event: &Event) -> impl Iterator<Item = &'a Recipient> {
        let bit = bit(event.event_type);
        let [before, after] = event.clinics;
        let places = |clinic: Option<Uuid>| clinic.and_then(|clinic| self.by_clinic.get(&clinic));
        let once = after.filter(|_| after != before);
        let of_clinics = places(before).into_iter().chain(places(once)).flatten();
        let concerned = self.of_all.iter().chain(of_clinics);
        concerned
            .filter_map(move |place| self.all.get(*place))
            .filter(move |recipient| recipient.wanted & bit != 0)
    }
}

fn bit(event_type: EventType) -> u32 {
    let place = EventType::ALL.iter().position(|one| *one == event_type);
    place
        .and_then(|place| u32::try_from(place).ok())
        .and_then(|place| 1_u32.checked_shl(place))
        .unwrap_or_default()
}

/// Names that this program does not know are of newer code, and nothing it tells is called so.
fn mask(names: &[String]) -> u32 {
    let known = names.iter().filter_map(|name| EventType::parse(name));
    known.fold(0, |mask, event_type| mask | bit(event_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(number: u128, clinic: Option<u128>, types: &[EventType]) -> Recipient {
        let names: Vec<String> = types.iter().map(|one| one.as_str().to_owned()).collect();
        Recipient {
            id: Uuid::from_u128(number),
            position: None,
            clinic_id: clinic.map(Uuid::from_u128),
            wanted: mask(&names),
        }
    }

    fn event(event_type: EventType, clinics: [Option<u128>; 2]) -> Event {
        Event {
            position: 1,
            id: Uuid::nil(),
            event_type,
            partition_key: String::new(),
            payload: String::new(),
            clinics: clinics.map(|clinic| clinic.map(Uuid::from_u128)),
        }
    }

    #[test]
    fn everybody_hears_what_they_asked_for_and_what_is_theirs_once() {
        let recipients = Recipients::of(
            0,
            vec![
                recipient(1, None, &EventType::ALL),
                recipient(2, Some(20), &EventType::ALL),
                recipient(3, Some(30), &EventType::ALL),
                recipient(4, Some(20), &[EventType::BookingCancelled]),
            ],
        );
        let told = |event_type, clinics| -> Vec<u128> {
            let event = event(event_type, clinics);
            recipients.of_event(&event).map(|one| one.id.as_u128()).collect()
        };
        assert_eq!(told(EventType::BookingCreated, [None, None]), [1]);
        assert_eq!(told(EventType::BookingStarted, [Some(20), Some(20)]), [1, 2]);
        assert_eq!(told(EventType::BookingCancelled, [Some(20), Some(20)]), [1, 2, 4]);
        // Moved from one clinic's doctor to another's: both are told.
        assert_eq!(
            told(EventType::BookingRescheduled, [Some(20), Some(30)]),
            [1, 2, 3]
        );
    }
}
