//! Where a list ends: beyond the calendar is its end, and what is no time stays none.

use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::extract::read::{end_in, last_day_in};

#[test]
fn an_end_beyond_the_calendar_is_the_calendars_end() {
    for text in [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.999+03:00",
        "10000-02-29T00:00:00Z",
        "+275760-09-13T00:00:00.000Z",
    ] {
        assert_eq!(end_in(text), Ok(Timestamp::MAX), "{text}");
    }
    for text in ["2026-12-01T00:00:00Z", "9999-12-30T21:59:59Z"] {
        assert_eq!(end_in(text), Ok(text.parse().unwrap()), "{text}");
    }
    assert_eq!(last_day_in("10000-01-01"), Ok(Date::MAX));
    assert_eq!(last_day_in("+275760-09-13"), Ok(Date::MAX));
    assert_eq!(last_day_in("2026-12-01"), Ok(date(2026, 12, 1)));
}

#[test]
fn what_is_no_time_in_any_year_is_refused() {
    for text in [
        "9999-13-01T00:00:00Z",
        "10000-02-30T00:00:00Z",
        "9999-12-31",
        "9999-12-31T23:59:59",
        "99999999999-01-01T00:00:00Z",
        "-10000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "9999",
        "soon",
        "",
    ] {
        assert_eq!(end_in(text).unwrap_err().code, "not_an_instant", "{text}");
    }
    for text in ["10000-01-32", "9999-13-01", "10000-01-01T00:00:00Z"] {
        assert_eq!(last_day_in(text).unwrap_err().code, "not_a_date", "{text}");
    }
}
