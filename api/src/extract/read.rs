//! Readers of single values: each turns the text of one field into a meaning, or says what is wrong with it.

use std::borrow::Cow;

use domain::ids::Id;
use domain::money::{Currency, Money, MoneyError};
use domain::payment::events::PaymentMethod;
use event_store::AsOf;
use identity::Alphabet;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::problem::field_error::FieldProblem;

/// What reading one value gives.
pub type Parsed<T> = Result<T, FieldProblem>;

/// The largest amount a request may name, in kopecks: 10 000 000.00.
pub const AMOUNT_MAX_MINOR: i64 = 1_000_000_000;

/// The northernmost latitude, in degrees; the southernmost lies as far on the other side.
pub const LATITUDE_MAX: i64 = 90;
/// The easternmost longitude, in degrees; the westernmost lies as far on the other side.
pub const LONGITUDE_MAX: i64 = 180;

/// One line of `least` to `most` characters.
pub fn line(least: usize, most: usize) -> impl Fn(&RawValue) -> Parsed<String> {
    move |raw| Ok(Alphabet::Line.read(&string(raw)?, (least, most))?)
}

/// Text of at most `most` characters that may have several lines.
pub fn lines(most: usize) -> impl Fn(&RawValue) -> Parsed<String> {
    move |raw| Ok(Alphabet::Lines.read(&string(raw)?, (1, most))?)
}

/// Text as it came, untrimmed: passwords and tokens.
pub fn verbatim(most: usize) -> impl Fn(&RawValue) -> Parsed<String> {
    move |raw| {
        let text = string(raw)?;
        if text.chars().count() > most {
            return Err(FieldProblem::new(
                "too_long",
                format!("must have at most {most} characters"),
            ));
        }
        Ok(text.into_owned())
    }
}

/// A value with a parser of its own, such as an e-mail address; text longer than `most` is not even looked at.
pub fn parsed<T, R: Into<FieldProblem>>(
    parse: impl Fn(&str) -> Result<T, R>,
    most: usize,
) -> impl Fn(&RawValue) -> Parsed<T> {
    move |raw| {
        let text = string(raw)?;
        if text.chars().count() > most {
            return Err(FieldProblem::new(
                "too_long",
                format!("must have at most {most} characters"),
            ));
        }
        parse(&text).map_err(Into::into)
    }
}

/// A word of a closed set.
pub fn one_of<T>(parse: impl Fn(&str) -> Option<T>, allowed: String) -> impl Fn(&RawValue) -> Parsed<T> {
    move |raw| one_of_in(&string(raw)?, &parse, &allowed)
}

/// A word of a closed set, from plain text.
pub fn one_of_in<T>(text: &str, parse: impl Fn(&str) -> Option<T>, allowed: &str) -> Parsed<T> {
    parse(text).ok_or_else(|| FieldProblem::new("not_allowed", format!("must be one of {allowed}")))
}

/// A UUID.
pub fn id<Kind>(raw: &RawValue) -> Parsed<Id<Kind>> {
    id_in(&string(raw)?)
}

/// A UUID, from plain text.
pub fn id_in<Kind>(text: &str) -> Parsed<Id<Kind>> {
    text.parse().map_err(|_| not_an_id())
}

/// That it is no id; told with the example of the description.
pub fn not_an_id() -> FieldProblem {
    FieldProblem::new(
        "not_an_id",
        "must be a UUID such as 019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    )
}

/// An instant: RFC 3339 with an offset or `Z`.
pub fn instant(raw: &RawValue) -> Parsed<Timestamp> {
    instant_in(&string(raw)?)
}

/// The first of the year 1: what lies before is a slip, and Postgres knows no years before 4713 BC.
const FIRST_SECOND: i64 = -62_135_596_800;

/// An instant, from plain text.
pub fn instant_in(text: &str) -> Parsed<Timestamp> {
    text.parse()
        .ok()
        .filter(|at: &Timestamp| at.as_second() >= FIRST_SECOND)
        .ok_or_else(|| FieldProblem::new("not_an_instant", "must be a time such as 2026-12-01T09:30:00Z"))
}

/// The instant before which a list ends, from plain text: what lies beyond the calendar, as `9999-12-31T23:59:59Z` does, is its end.
pub fn end_in(text: &str) -> Parsed<Timestamp> {
    if is_beyond_the_calendar(text, |text| instant_in(text).is_ok()) {
        return Ok(Timestamp::MAX);
    }
    instant_in(text)
}

/// The last day of a period, likewise.
pub fn last_day_in(text: &str) -> Parsed<Date> {
    if is_beyond_the_calendar(text, |text| date_in(text).is_ok()) {
        return Ok(Date::MAX);
    }
    date_in(text)
}

/// The last year that the calendar knows, if not to its end.
const LAST_YEAR: u32 = 9_999;
/// A leap year, so that every day is one of it.
const SOME_YEAR: &str = "2000";
/// As many digits as a year may have.
const YEAR_DIGITS_MAX: usize = 9;

/// Whether a text is not read only because of its year: programs write the last instant that they know.
fn is_beyond_the_calendar(text: &str, is_read: impl Fn(&str) -> bool) -> bool {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let Some((year, rest)) = unsigned.split_once('-') else {
        return false;
    };
    let is_late = year.len() <= YEAR_DIGITS_MAX && year.parse().is_ok_and(|year: u32| year >= LAST_YEAR);
    is_late && !is_read(text) && is_read(&format!("{SOME_YEAR}-{rest}"))
}

/// A calendar date.
pub fn date(raw: &RawValue) -> Parsed<Date> {
    date_in(&string(raw)?)
}

/// A calendar date, from plain text.
pub fn date_in(text: &str) -> Parsed<Date> {
    let wrong = || FieldProblem::new("not_a_date", "must be a date such as 2026-12-01");
    // jiff also reads other forms, with times and zones that would be passed over, and years that no database holds.
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
        return Err(wrong());
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2];
    if !digits.into_iter().all(u8::is_ascii_digit) || text.starts_with("0000") {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// The minute of a local day: `09:30` is 570; `24:00` is the day's end, 1440.
pub fn minute_of_day(raw: &RawValue) -> Parsed<u16> {
    let wrong = || FieldProblem::new("not_a_time", "must be a time of day such as 09:30");
    let text = string(raw)?;
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return Err(wrong());
    }
    let number = |part: &str| part.parse::<u16>().map_err(|_| wrong());
    let (hour, minute) = (number(hour)?, number(minute)?);
    let minutes = hour * 60 + minute;
    if minute > 59 || minutes > 24 * 60 {
        Err(wrong())
    } else {
        Ok(minutes)
    }
}

/// A version of a stream, or an instant.
pub fn as_of_in(text: &str) -> Parsed<AsOf> {
    if let Some(position) = text.strip_prefix('@') {
        let position = position.parse().ok().filter(|position: &i64| *position >= 1);
        return position
            .map(AsOf::Position)
            .ok_or_else(|| FieldProblem::new("not_a_position", "must be a position, such as @42"));
    }
    if let Ok(version) = text.parse::<i64>() {
        let wrong = || FieldProblem::new("out_of_range", "a version is 1 or more");
        return if version >= 1 {
            Ok(AsOf::Version(version))
        } else {
            Err(wrong())
        };
    }
    text.parse().map(AsOf::Instant).map_err(|_| {
        FieldProblem::new(
            "not_a_moment",
            "must be a version such as 3, a position such as @42 or an instant such as 2026-12-01T09:30:00Z",
        )
    })
}

/// A version of a stream, from plain text; 0 is before its first fact.
pub fn version_in(text: &str) -> Parsed<i64> {
    let version = text.parse().ok().filter(|version: &i64| *version >= 0);
    version.ok_or_else(|| FieldProblem::new("not_a_version", "must be a version, such as 3"))
}

/// A whole number between two bounds. `30.0` is one: JSON Schema says so, and programs whose only numbers are of that kind write it.
pub fn whole(least: i64, most: i64) -> impl Fn(&RawValue) -> Parsed<i64> {
    move |raw| {
        let number: i64 = serde_json::from_str(without_zeros(raw.get()))
            .map_err(|_| FieldProblem::new("not_a_whole_number", "must be a whole number"))?;
        if number < least || number > most {
            return Err(FieldProblem::new(
                "out_of_range",
                format!("must be between {least} and {most}"),
            ));
        }
        Ok(number)
    }
}

/// The text of a number without a fraction that is zero.
fn without_zeros(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
        Some(_) | None => text,
    }
}

/// Yes or no, in a parameter.
pub fn truth_in(text: &str) -> Parsed<bool> {
    one_of_in(text, |word| word.parse().ok(), "true, false")
}

/// Yes or no.
pub fn truth(raw: &RawValue) -> Parsed<bool> {
    serde_json::from_str(raw.get()).map_err(|_| FieldProblem::new("not_a_boolean", "must be true or false"))
}

/// A currency's ISO code.
pub fn currency(raw: &RawValue) -> Parsed<Currency> {
    one_of_in(&string(raw)?, Currency::parse, "RUB")
}

/// An amount above nothing, from a JSON number or string, as decimal text; never through a float.
pub fn amount(raw: &RawValue) -> Parsed<Money> {
    let money = non_negative_amount(raw)?;
    if !money.is_positive() {
        return Err(FieldProblem::new("not_positive", "must be greater than 0"));
    }
    Ok(money)
}

/// An amount of nothing or more, as [`amount`].
pub fn non_negative_amount(raw: &RawValue) -> Parsed<Money> {
    let text = decimal_text(raw)?;
    let money = Money::parse(&text, Currency::Rub).map_err(|error| match error {
        MoneyError::NotDecimal => {
            FieldProblem::new("not_decimal", "must be a decimal number such as 1500.00")
        }
        MoneyError::TooPrecise => FieldProblem::new("too_precise", "must have at most two decimals"),
        MoneyError::OutOfRange => too_large(),
    })?;
    if money.minor < 0 {
        return Err(FieldProblem::new("not_positive", "must not be negative"));
    }
    if money.minor > AMOUNT_MAX_MINOR {
        return Err(too_large());
    }
    Ok(money)
}

fn too_large() -> FieldProblem {
    FieldProblem::new("too_large", "must be at most 10000000.00")
}

/// Degrees between `-most` and `most` with at most nine decimals, kept as decimal text.
pub fn degrees(most: i64) -> impl Fn(&RawValue) -> Parsed<String> {
    move |raw| {
        let not_decimal = || FieldProblem::new("not_decimal", "must be a decimal number such as 55.7558");
        let text = decimal_text(raw)?;
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain =
            |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(not_decimal());
        }
        let degrees: i64 = whole.parse().map_err(|_| not_decimal())?;
        let beyond = degrees > most || (degrees == most && fraction.bytes().any(|byte| byte != b'0'));
        if beyond {
            return Err(FieldProblem::new(
                "out_of_range",
                format!("must be between -{most} and {most}"),
            ));
        }
        Ok(text.into_owned())
    }
}

/// The digits of a JSON number, or the content of a JSON string.
fn decimal_text(raw: &RawValue) -> Parsed<Cow<'_, str>> {
    match raw.get().as_bytes().first() {
        Some(b'"') => string(raw),
        Some(b'-' | b'0'..=b'9') => Ok(Cow::Borrowed(raw.get())),
        _ => Err(FieldProblem::new(
            "not_decimal",
            "must be a decimal number or text of one",
        )),
    }
}

/// The content of a JSON string.
pub fn string(raw: &RawValue) -> Parsed<Cow<'_, str>> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    serde_json::from_str::<Text<'_>>(raw.get())
        .map(|text| text.0)
        .map_err(|_| FieldProblem::new("not_text", "must be text"))
}

/// A way to pay; `card` is whoever takes cards at the time.
pub fn payment_method_in(text: &str) -> Option<PaymentMethod> {
    match text {
        "card" => Some(PaymentMethod::Yookassa),
        other => PaymentMethod::parse(other),
    }
}
