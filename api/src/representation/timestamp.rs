//! Instants as answers show them: to the microsecond, as everything is stored.

use jiff::Timestamp;

/// The instant without what lies below a microsecond, so that an answer to a command and a later read agree.
pub fn shown(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_a_microsecond_is_not_shown() {
        let instant: Timestamp = "2026-12-01T09:30:00.123456789Z".parse().unwrap();
        assert_eq!(shown(instant).to_string(), "2026-12-01T09:30:00.123456Z");
        let whole: Timestamp = "2026-12-01T09:30:00Z".parse().unwrap();
        assert_eq!(shown(whole).to_string(), "2026-12-01T09:30:00Z");
    }
}
