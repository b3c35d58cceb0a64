//! What a doctor's public profile is made of.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use std::fmt;

use jiff::tz::TimeZone;

use super::ValueRefusal;
use super::text::Alphabet;

/// What a doctor practises, 2 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specialization(String);

impl Specialization {
    /// How many characters, at least and at most.
    pub const CHARS: (usize, usize) = (2, 100);

    /// Reads a specialization, trimming it.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::TooLong`] or [`ValueRefusal::ControlCharacter`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Alphabet::Name.read(raw, Self::CHARS).map(Self)
    }

    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whole years a doctor has practised, 0 to 80.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExperienceYears(i16);

impl ExperienceYears {
    /// The most years.
    pub const MAX: i16 = 80;

    /// Reads a number of years.
    pub fn parse(years: i64) -> Result<Self, ValueRefusal> {
        i16::try_from(years)
            .ok()
            .filter(|years| (0..=Self::MAX).contains(years))
            .map(Self)
            .ok_or(ValueRefusal::OutOfRange {
                min: 0,
                max: Self::MAX.into(),
            })
    }

    pub(crate) const fn stored(years: i16) -> Self {
        Self(years)
    }

    pub const fn years(self) -> i16 {
        self.0
    }
}

/// A language by its ISO 639 code, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(String);

impl Language {
    /// How many letters, at least and at most.
    pub const LETTERS: (usize, usize) = (2, 3);

    /// Reads a code of two or three letters.
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let text = raw.trim();
        let letters = text.bytes().all(|c| c.is_ascii_alphabetic());
        if letters && (Self::LETTERS.0..=Self::LETTERS.1).contains(&text.len()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ValueRefusal::NotALanguage)
        }
    }

    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A time zone named in the IANA database, in that database's spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(String);

impl Zone {
    /// Reads a zone's name.
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let zone = TimeZone::get(raw.trim()).map_err(|_| ValueRefusal::UnknownZone)?;
        zone.iana_name()
            .map(|name| Self(name.to_owned()))
            .ok_or(ValueRefusal::UnknownZone)
    }

    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which column of the price list a doctor belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriceClass {
    #[default]
    Standard,
    Senior,
    /// A professor's or head of department's price.
    Expert,
}

impl PriceClass {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Senior, Self::Expert];

    /// The word used in storage and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Senior => "senior",
            Self::Expert => "expert",
        }
    }

    /// Reads a class by its word.
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Self::ALL
            .into_iter()
            .find(|class| class.as_str() == raw)
            .ok_or(ValueRefusal::UnknownWord)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_must_be_known_and_takes_its_proper_spelling() {
        assert_eq!(Zone::parse("europe/moscow").unwrap().as_str(), "Europe/Moscow");
        for raw in ["", "Europe/Atlantis", "+03:00", "../../etc/passwd"] {
            assert_eq!(Zone::parse(raw), Err(ValueRefusal::UnknownZone), "{raw:?}");
        }
    }

    #[test]
    fn a_language_is_a_code() {
        assert_eq!(Language::parse("RU").unwrap().as_str(), "ru");
        for raw in ["", "r", "russian", "р у", "12"] {
            assert_eq!(Language::parse(raw), Err(ValueRefusal::NotALanguage), "{raw:?}");
        }
    }

    #[test]
    fn years_stay_within_a_life() {
        assert_eq!(ExperienceYears::parse(80).unwrap().years(), 80);
        for years in [-1, 81, 70_000, i64::MAX] {
            assert!(ExperienceYears::parse(years).is_err(), "{years}");
        }
    }

    #[test]
    fn a_price_class_is_one_of_its_words() {
        assert_eq!(PriceClass::parse("senior"), Ok(PriceClass::Senior));
        assert_eq!(PriceClass::parse("Senior"), Err(ValueRefusal::UnknownWord));
    }
}
