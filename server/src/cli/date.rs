//! A calendar date on the command line.

use jiff::civil::Date;

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

#[cfg(test)]
mod tests {
    use super::date;

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
