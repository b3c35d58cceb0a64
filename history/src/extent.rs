//! From where to where a stream's facts reach: told to whoever asks for a moment outside of them.

use std::fmt;

use event_store::{AsOf, EventLog, Fact, LogError, Position};
use jiff::Timestamp;

/// The first and the last of a stream's facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many facts there are: the last version.
    pub versions: i64,
    /// Where the first and the last stand in the log.
    pub positions: (Position, Position),
    /// When the first and the last were recorded.
    pub recorded: (Timestamp, Timestamp),
}

impl Extent {
    /// That of a stream as it is now; nothing of one that has no facts.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn of_stream(log: &EventLog, kind: &str, id: &str) -> Result<Option<Self>, LogError> {
        Ok(Self::of(&log.read_stream(kind, id, AsOf::Head).await?))
    }

    /// That of these facts of one stream, in their order.
    pub fn of(facts: &[Fact]) -> Option<Self> {
        let (first, last) = (facts.first()?, facts.last()?);
        Some(Self {
            versions: last.sequence,
            positions: (first.position, last.position),
            recorded: (first.recorded_at, last.recorded_at),
        })
    }

    /// What [`fmt::Display`] says in English.
    pub fn in_russian(&self) -> String {
        let Self {
            versions,
            positions: (first, last),
            recorded: (from, to),
        } = self;
        format!("есть версии от 1 до {versions}, позиции от @{first} до @{last}, время от {from} до {to}")
    }

    /// What to tell whoever asked for a moment behind the last fact, when `head` is the log's last position; nothing where there was
    /// such a moment.
    pub fn beyond(&self, as_of: AsOf, head: Position) -> Option<String> {
        match as_of {
            AsOf::Version(version) if version > self.versions => Some(format!(
                "there is no version {version} yet: the last one is {}, at position @{}",
                self.versions, self.positions.1
            )),
            AsOf::Position(position) if position > head => Some(format!(
                "the log does not reach position @{position} yet: it ends at @{head}"
            )),
            AsOf::Version(_) | AsOf::Position(_) | AsOf::Instant(_) | AsOf::Head => None,
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            versions,
            positions: (first, last),
            recorded: (from, to),
        } = self;
        write!(
            f,
            "there are versions 1 to {versions}, positions @{first} to @{last}, {from} to {to}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_behind_the_last_fact_is_told_from_one_within() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let extent = Extent {
            versions: 4,
            positions: (40, 52),
            recorded: (at(0), at(60)),
        };
        assert_eq!(
            extent.to_string(),
            "there are versions 1 to 4, positions @40 to @52, 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z"
        );
        assert_eq!(
            extent.in_russian(),
            "есть версии от 1 до 4, позиции от @40 до @52, время от 1970-01-01T00:00:00Z до 1970-01-01T00:01:00Z"
        );
        let beyond = |as_of| extent.beyond(as_of, 60);
        for within in [
            AsOf::Head,
            AsOf::Version(4),
            AsOf::Position(60),
            AsOf::Instant(at(99)),
        ] {
            assert_eq!(beyond(within), None, "{within:?}");
        }
        assert_eq!(
            beyond(AsOf::Version(99)).unwrap(),
            "there is no version 99 yet: the last one is 4, at position @52"
        );
        assert_eq!(
            beyond(AsOf::Position(61)).unwrap(),
            "the log does not reach position @61 yet: it ends at @60"
        );
    }
}
