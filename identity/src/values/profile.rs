//! What doctors and clinics say of themselves in public, and from where distances are counted.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use super::ValueRefusal;
use super::text::Alphabet;

/// What a doctor or a clinic says of themselves, in one or several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About(String);

impl About {
    /// How many characters, at least and at most.
    pub const CHARS: (usize, usize) = (1, 1_000);

    /// Reads it, trimming it.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::TooLong`] or [`ValueRefusal::ControlCharacter`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Alphabet::Lines.read(raw, Self::CHARS).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a clinic is, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClinicAddress(String);

impl ClinicAddress {
    /// How many characters, at least and at most.
    pub const CHARS: (usize, usize) = (5, 300);

    /// Reads it, trimming it.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::TooLong`] or [`ValueRefusal::ControlCharacter`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Alphabet::Line.read(raw, Self::CHARS).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far a doctor travels, in whole kilometres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TravelKm(i16);

impl TravelKm {
    /// The most kilometres.
    pub const MAX: i16 = 500;

    /// Reads a number of kilometres, 1 to 500.
    ///
    /// # Errors
    /// [`ValueRefusal::OutOfRange`].
    pub fn parse(km: i64) -> Result<Self, ValueRefusal> {
        i16::try_from(km)
            .ok()
            .filter(|km| (1..=Self::MAX).contains(km))
            .map(Self)
            .ok_or(ValueRefusal::OutOfRange {
                min: 1,
                max: Self::MAX.into(),
            })
    }

    pub const fn km(self) -> i16 {
        self.0
    }
}

/// A point on the map, in millionths of a degree: about a tenth of a metre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeoPoint {
    pub latitude: i32,
    pub longitude: i32,
}

/// Millionths in a hundredth of a degree.
const MILLIONTHS: i32 = 10_000;

impl GeoPoint {
    /// The most decimals that are read; those beyond the sixth are passed over.
    pub const DECIMALS_MAX: usize = 9;

    /// Reads latitude and longitude in degrees, such as `55.7558,37.6176`.
    ///
    /// # Errors
    /// [`ValueRefusal::NotAPoint`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let (latitude, longitude) = raw.split_once(',').ok_or(ValueRefusal::NotAPoint)?;
        Ok(Self {
            latitude: millionths(latitude, 90)?,
            longitude: millionths(longitude, 180)?,
        })
    }
}

/// From where distances to a doctor are counted: the middle of the field of 0.01 by 0.02 degrees (1.1 by 1.3 km in Moscow) that a point lies
/// in. Nothing finer is kept, so nothing finer can be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasePoint {
    /// In hundredths of a degree.
    pub latitude: i16,
    /// In hundredths of a degree, an even number of them.
    pub longitude: i16,
}

impl BasePoint {
    /// That of the field which the point lies in.
    pub fn of(point: GeoPoint) -> Self {
        let nearest = |millionths: i32, step: i32| {
            let half = (step * MILLIONTHS / 2) * millionths.signum();
            let hundredths = (millionths + half) / (step * MILLIONTHS) * step;
            i16::try_from(hundredths).unwrap_or_default()
        };
        Self {
            latitude: nearest(point.latitude, 1),
            longitude: nearest(point.longitude, 2),
        }
    }

    /// Reads a point as [`GeoPoint::parse`] does; what is kept of it is that of its field.
    ///
    /// # Errors
    /// [`ValueRefusal::NotAPoint`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        GeoPoint::parse(raw).map(Self::of)
    }

    /// In degrees, as it is read.
    pub fn degrees(self) -> String {
        let text = |hundredths: i16| {
            let sign = if hundredths < 0 { "-" } else { "" };
            let size = hundredths.unsigned_abs();
            format!("{sign}{}.{:02}", size / 100, size % 100)
        };
        format!("{},{}", text(self.latitude), text(self.longitude))
    }
}

fn millionths(text: &str, most: i32) -> Result<i32, ValueRefusal> {
    let wrong = ValueRefusal::NotAPoint;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str, chars_max: usize| {
        (1..=chars_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(whole, most.to_string().len()) || !is_number(fraction, GeoPoint::DECIMALS_MAX) {
        return Err(wrong);
    }
    let degrees: i32 = whole.parse().map_err(|_| wrong)?;
    let near: String = fraction.chars().take(6).collect();
    let near: i32 = format!("{near:0<6}").parse().map_err(|_| wrong)?;
    let is_beyond = degrees > most || (degrees == most && fraction.bytes().any(|digit| digit != b'0'));
    if is_beyond {
        return Err(wrong);
    }
    Ok(sign * (degrees * 1_000_000 + near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_rounded_to_the_middle_of_its_field() {
        for (point, kept) in [
            ("55.7558,37.6176", "55.76,37.62"),
            ("55.7549,37.6299", "55.75,37.62"),
            ("-0.004,-0.009", "0.00,0.00"),
            ("-55.7558,-179.9999999", "-55.76,-180.00"),
            ("90,180", "90.00,180.00"),
            ("05,007", "5.00,7.00"),
        ] {
            assert_eq!(BasePoint::parse(point).unwrap().degrees(), kept, "{point}");
        }
    }

    #[test]
    fn what_is_no_point_is_refused() {
        for raw in [
            "",
            "55.7558",
            "55.7558,",
            "55.7558;37.6176",
            "55,7558,37,6176",
            "55.7558, 37.6176",
            "90.000000001,0",
            "0,180.000001",
            "-91,0",
            "1e1,0",
            "+5,0",
            "5.,0",
            "005,0",
            "0,0.0000000001",
        ] {
            assert_eq!(GeoPoint::parse(raw), Err(ValueRefusal::NotAPoint), "{raw}");
        }
        let read = GeoPoint::parse("55.755800999,-0.0000019").unwrap();
        assert_eq!((read.latitude, read.longitude), (55_755_800, -1));
    }

    #[test]
    fn a_radius_is_a_few_hundred_kilometres_at_most() {
        assert_eq!(TravelKm::parse(500).unwrap().km(), 500);
        for km in [0, -1, 501, i64::MAX] {
            assert!(TravelKm::parse(km).is_err(), "{km}");
        }
    }

    #[test]
    fn about_is_up_to_a_thousand_characters_that_can_be_seen() {
        assert!(About::parse("Кардиолог.\nВзрослые и дети.").is_ok());
        assert!(About::parse(&"я".repeat(1_000)).is_ok());
        assert_eq!(
            About::parse(&"я".repeat(1_001)),
            Err(ValueRefusal::TooLong { max: 1_000 })
        );
        assert_eq!(About::parse("a\u{202E}b"), Err(ValueRefusal::ControlCharacter));
        assert_eq!(
            ClinicAddress::parse("abc"),
            Err(ValueRefusal::TooShort { min: 5 })
        );
    }

    /// Rounding again changes nothing, and nobody is moved by more than half a field.
    #[test]
    fn what_is_kept_is_no_finer_than_its_field() {
        let mut drawn: u64 = 1;
        for _ in 0..20_000 {
            drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let latitude = i32::try_from((drawn >> 20) % 180_000_001).unwrap() - 90_000_000;
            let longitude = i32::try_from((drawn >> 30) % 360_000_001).unwrap() - 180_000_000;
            let kept = BasePoint::of(GeoPoint { latitude, longitude });
            let of_kept = GeoPoint {
                latitude: i32::from(kept.latitude) * MILLIONTHS,
                longitude: i32::from(kept.longitude) * MILLIONTHS,
            };
            assert_eq!(BasePoint::of(of_kept), kept);
            assert!((of_kept.latitude - latitude).abs() <= MILLIONTHS / 2);
            assert!((of_kept.longitude - longitude).abs() <= MILLIONTHS);
            assert_eq!(kept.longitude % 2, 0);
        }
    }
}
