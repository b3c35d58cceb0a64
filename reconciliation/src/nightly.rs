//! When the nightly comparison is due, and what it covers: pure, by the platform's clock and a time zone.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

/// The namespace of the ids of nights; never changes.
const NIGHTS: Uuid = Uuid::from_u128(0x2f6b_71d4_0c3e_5a19_8d52_17be_90aa_0001);

/// Every night at this time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nightly {
    pub at: Time,
    pub zone: TimeZone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Night {
    /// The same for every process that thinks of this night.
    pub id: Uuid,
    pub due_at: Timestamp,
}

impl Nightly {
    /// The default: 03:00 in Moscow, when nobody pays.
    pub fn usual() -> Option<Self> {
        Self::parse("03:00 Europe/Moscow")
    }

    /// Reads `03:00 Europe/Moscow`; without a zone it is Moscow.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (hours, minutes) = words.next()?.split_once(':')?;
        let number = |digits: &str| {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse::<i8>().ok() } else { None }
        };
        let at = Time::new(number(hours)?, number(minutes)?, 0, 0).ok()?;
        let zone = TimeZone::get(words.next().unwrap_or("Europe/Moscow")).ok()?;
        words.next().is_none().then_some(Self { at, zone })
    }

    /// The next night after `now`. A time that a change of clocks skips is the moment after.
    pub fn next(&self, now: Timestamp) -> Option<Night> {
        let today = now.to_zoned(self.zone.clone()).date();
        let tomorrow = today.checked_add(1.day()).ok()?;
        [today, tomorrow]
            .into_iter()
            .filter_map(|date| self.night(date))
            .find(|night| night.due_at > now)
    }

    fn night(&self, date: Date) -> Option<Night> {
        let due_at = date.to_datetime(self.at).to_zoned(self.zone.clone()).ok()?;
        Some(Night {
            id: Uuid::new_v5(&NIGHTS, date.to_string().as_bytes()),
            due_at: due_at.timestamp(),
        })
    }

    /// From when on a night's comparison looks: the beginning of the local day before the one it was due on, so that it
    /// covers everything since the night before, however late it is carried out.
    pub fn from(&self, due_at: Timestamp) -> Timestamp {
        let day = due_at.to_zoned(self.zone.clone()).date();
        let before = day.checked_sub(1.day()).unwrap_or(day);
        before
            .to_zoned(self.zone.clone())
            .map_or(due_at, |midnight| midnight.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_night_comes_once_and_every_process_means_the_same() {
        let nightly = Nightly::usual().unwrap();
        let night = nightly.next(at("2026-11-22T12:00:00Z")).unwrap();
        assert_eq!(night.due_at, at("2026-11-23T00:00:00Z"));
        assert_eq!(nightly.next(at("2026-11-22T23:59:59Z")), Some(night));
        let next = nightly.next(night.due_at).unwrap();
        assert_eq!(next.due_at, at("2026-11-24T00:00:00Z"));
        assert_ne!(next.id, night.id);
        assert_eq!(nightly.from(night.due_at), at("2026-11-21T21:00:00Z"));
    }

    #[test]
    fn a_moved_hour_keeps_the_nights_name_and_a_skipped_one_is_the_moment_after() {
        let (early, late) = (
            Nightly::parse("02:30 Europe/Berlin").unwrap(),
            Nightly::parse("04:00 Europe/Berlin").unwrap(),
        );
        let before = at("2026-03-28T12:00:00Z");
        let (one, other) = (early.next(before).unwrap(), late.next(before).unwrap());
        assert_eq!(one.id, other.id);
        assert_eq!(
            one.due_at,
            at("2026-03-29T01:30:00Z"),
            "02:30 does not exist that night"
        );
    }

    #[test]
    fn what_is_no_time_of_day_is_not_read() {
        for text in [
            "",
            "3:00",
            "24:00",
            "03:60",
            "03",
            "03:00 Nowhere/Land",
            "03:00 Europe/Moscow x",
            "+3:00",
        ] {
            assert_eq!(Nightly::parse(text), None, "{text}");
        }
        assert_eq!(Nightly::parse("03:00"), Nightly::usual());
    }
}
