//! Dates and instants on the command line.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Reads a date such as `2026-12-01`. Other forms that jiff reads have times and zones, which would be passed over, or years that no
/// database holds.
///
/// # Errors
/// With what is wanted.
pub fn date(text: &str) -> Result<Date, String> {
    let form = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let wanted = || "must be a date such as 2026-12-01".to_owned();
    if text.len() != "2026-12-01".len() || !form || text.starts_with("0000") {
        return Err(wanted());
    }
    text.parse().map_err(|_| wanted())
}

/// Reads an instant, or a date: its beginning in UTC.
///
/// # Errors
/// With what is wanted.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let of_date = || {
        let day = date(text).ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse::<Timestamp>().ok().or_else(of_date).ok_or_else(|| {
        "must be a date such as 2026-12-01 or an instant such as 2026-12-01T09:30:00Z".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::{date, moment};

    #[test]
    fn an_instant_or_the_beginning_of_a_date_in_utc() {
        let noon = moment("2026-11-22T12:00:00Z").unwrap();
        assert_eq!(moment("2026-11-22T15:00:00+03:00"), Ok(noon));
        assert_eq!(moment("2026-11-21").unwrap().to_string(), "2026-11-21T00:00:00Z");
        for wrong in ["", "yesterday", "2026-11-22T12:00", "12:00"] {
            let said = moment(wrong).unwrap_err();
            assert!(said.contains("2026-12-01T09:30:00Z"), "{wrong}: {said}");
        }
    }

    #[test]
    fn a_date_has_one_form() {
        assert_eq!(date("2026-12-01"), Ok(jiff::civil::date(2026, 12, 1)));
        for wrong in [
            "",
            "20261201",
            "2026-12-1",
            "2026-02-30",
            "2026-12-01T10:00",
            "2026-12-01[Europe/Moscow]",
            "-009999-01-01",
            "0000-01-01",
            "２026-12-0",
        ] {
            assert!(date(wrong).is_err(), "{wrong}");
        }
    }
}
