//! What is drawn: places along an axis, and for each series a value in each place, in hundredths.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::ChartError;
use crate::answer::Answer;
use crate::column::{Column, Kind};
use crate::report::Series;
use crate::words::shown;

/// Hundredths in one.
pub const ONE: i64 = 100;

/// A chart's content.
#[derive(Debug)]
pub struct Figure {
    /// What is asked, in Russian.
    pub title: &'static str,
    /// The same in English, with the period.
    pub subtitle: String,
    /// What the values are, in Russian: their name where they have one, and the unit.
    pub unit: String,
    /// What tells the places apart, in Russian.
    pub axis: String,
    /// Whether a value can only be whole.
    pub whole: bool,
    /// The places, in order.
    pub labels: Vec<String>,
    /// Where each place lies along the axis, as far from each other as in time.
    pub offsets: Vec<i64>,
    /// The lines, or the bars of each place.
    pub series: Vec<Drawn>,
}

/// One series.
#[derive(Debug, PartialEq, Eq)]
pub struct Drawn {
    /// What it is called.
    pub name: String,
    /// Its value in each place, in hundredths; none where nothing is known.
    pub values: Vec<Option<i64>>,
}

/// Values by series, by place: both in the order in which they are shown.
#[derive(Default)]
struct Sums {
    names: Vec<String>,
    places: BTreeMap<(usize, String), i64>,
}

impl Sums {
    fn add(&mut self, name: &str, place: &str, value: Option<i64>) -> Option<()> {
        let at = match self.names.iter().position(|known| known == name) {
            Some(at) => at,
            None => {
                self.names.push(name.to_owned());
                self.names.len() - 1
            }
        };
        if let Some(value) = value {
            let sum = self.places.entry((at, place.to_owned())).or_default();
            *sum = sum.checked_add(value)?;
        }
        Some(())
    }

    /// The series; where there is no row, nothing is nothing only of what is counted.
    fn series(&self, places: &[String], counted: bool) -> Vec<Drawn> {
        let missing = counted.then_some(0);
        let of = |at: usize, name: &String| Drawn {
            name: name.clone(),
            values: places
                .iter()
                .map(|place| self.places.get(&(at, place.clone())).copied().or(missing))
                .collect(),
        };
        self.names
            .iter()
            .enumerate()
            .map(|(at, name)| of(at, name))
            .collect()
    }
}

/// Lines over time.
pub fn over_time(answer: &Answer, along: &str, series: Series) -> Result<Figure, ChartError> {
    let (axis, axis_at) = column(answer, along)?;
    let mut places: Vec<String> = Vec::new();
    let mut sums = Sums::default();
    let mut value_column = axis;
    for row in &answer.rows {
        let Some(place) = cell(row, axis_at) else { continue };
        if places.iter().all(|known| known != place) {
            places.push(place.to_owned());
        }
        match series {
            Series::Columns(names) => {
                for name in names {
                    let (value, at) = column(answer, name)?;
                    value_column = value;
                    let number = number(value, cell(row, at))?;
                    sums.add(value.title, place, number)
                        .ok_or(ChartError::Value(value.name))?;
                }
            }
            Series::Split(split, name) => {
                let (_, split_at) = column(answer, split)?;
                let (value, at) = column(answer, name)?;
                value_column = value;
                let word = shown(split, cell(row, split_at).unwrap_or("—"));
                let number = number(value, cell(row, at))?;
                sums.add(word, place, number)
                    .ok_or(ChartError::Value(value.name))?;
            }
        }
    }
    places.sort_unstable();
    let drawn = sums.series(&places, value_column.kind == Kind::Integer);
    let offsets = offsets(axis.kind, &places);
    let labels = places.iter().map(|place| dated(place)).collect();
    let named = match series {
        Series::Columns([_]) | Series::Split(..) if !answer.rows.is_empty() => Some(value_column.title),
        Series::Columns(_) | Series::Split(..) => None,
    };
    let axis = axis.title.to_owned();
    Ok(figure(
        answer,
        value_column.kind,
        named,
        axis,
        labels,
        offsets,
        drawn,
    ))
}

/// Bars of categories, in the order of the rows.
pub fn by_category(answer: &Answer, by: &[&str], values: &[&str]) -> Result<Figure, ChartError> {
    let mut places: Vec<String> = Vec::new();
    let mut sums = Sums::default();
    let mut kind = Kind::Integer;
    for row in &answer.rows {
        let mut words = Vec::with_capacity(by.len());
        for name in by {
            let (_, at) = column(answer, name)?;
            words.push(shown(name, cell(row, at).unwrap_or("—")));
        }
        let place = words.join(" · ");
        if !places.contains(&place) {
            places.push(place.clone());
        }
        for name in values {
            let (value, at) = column(answer, name)?;
            kind = value.kind;
            let number = number(value, cell(row, at))?;
            sums.add(value.title, &place, number)
                .ok_or(ChartError::Value(value.name))?;
        }
    }
    // Numbers are categories in their own order.
    if by.len() == 1 && places.iter().all(|place| place.parse::<i64>().is_ok()) {
        places.sort_by_key(|place| place.parse::<i64>().unwrap_or_default());
    }
    let drawn = sums.series(&places, kind == Kind::Integer);
    let offsets = (0..).take(places.len()).collect();
    let title = |name: &&str| column(answer, name).map(|(column, _)| column.title);
    let axis = by.iter().map(title).collect::<Result<Vec<_>, _>>()?.join(" · ");
    let named = match values {
        [only] => Some(title(only)?),
        _ => None,
    };
    Ok(figure(answer, kind, named, axis, places, offsets, drawn))
}

fn figure(
    answer: &Answer,
    kind: Kind,
    named: Option<&'static str>,
    axis: String,
    labels: Vec<String>,
    offsets: Vec<i64>,
    series: Vec<Drawn>,
) -> Figure {
    let period = answer
        .period
        .map(|period| format!(" {} — {}.", period.from, period.to));
    // A part must not pass for the whole.
    let part = answer
        .has_more
        .then(|| format!(" Только первые строки: {}.", answer.rows.len()));
    let (unit, divisor) = unit(kind, &series);
    let series = series
        .into_iter()
        .map(|one| Drawn {
            name: one.name,
            values: one
                .values
                .into_iter()
                .map(|value| value.map(|value| value / divisor))
                .collect(),
        })
        .collect();
    Figure {
        title: answer.report.title_ru,
        subtitle: [
            answer.report.title_en,
            &period.unwrap_or_default(),
            &part.unwrap_or_default(),
        ]
        .concat(),
        unit: named.map_or_else(|| unit.to_owned(), |named| captioned(named, unit)),
        axis,
        whole: matches!(kind, Kind::Integer),
        labels,
        offsets,
        series,
    }
}

/// What is shown, and in what it is counted.
fn captioned(named: &str, unit: &str) -> String {
    if named.ends_with(unit) {
        return named.to_owned();
    }
    format!("{named}, {unit}")
}

/// A place in time as a Russian reader writes it: `01.12.2026`, `12.2026`, `IV кв. 2026`.
fn dated(place: &str) -> String {
    let parts: Vec<&str> = place.split('-').collect();
    match (parts.as_slice(), place.split_once('Q')) {
        ([year, month, day], _) => format!("{day}.{month}.{year}"),
        ([year, month], _) => format!("{month}.{year}"),
        (_, Some((year, quarter))) => {
            let number = quarter
                .parse()
                .ok()
                .and_then(|number: usize| number.checked_sub(1));
            let roman = number.and_then(|at| ["I", "II", "III", "IV"].get(at).copied());
            format!("{} кв. {year}", roman.unwrap_or(quarter))
        }
        (_, None) => place.to_owned(),
    }
}

/// What the axis counts in, and how many seconds that is.
fn unit(kind: Kind, series: &[Drawn]) -> (&'static str, i64) {
    let largest = series
        .iter()
        .flat_map(|one| one.values.iter().flatten())
        .max()
        .copied()
        .unwrap_or_default();
    match kind {
        Kind::Seconds if largest >= 2 * 3_600 * ONE => ("часы", 3_600),
        Kind::Seconds if largest >= 2 * 60 * ONE => ("минуты", 60),
        Kind::Seconds => ("секунды", 1),
        Kind::Money => ("рубли", 1),
        Kind::Percent => ("%", 1),
        Kind::Integer | Kind::Text | Kind::Id | Kind::Degrees | Kind::Date | Kind::Month => ("количество", 1),
    }
}

/// How far each place is from the first one: in days, in months, or one after the other.
fn offsets(kind: Kind, places: &[String]) -> Vec<i64> {
    let numbers: Option<Vec<i64>> = match kind {
        Kind::Date => places.iter().map(|place| day(place)).collect(),
        Kind::Month => places.iter().map(|place| month(place)).collect(),
        Kind::Text
        | Kind::Id
        | Kind::Integer
        | Kind::Seconds
        | Kind::Money
        | Kind::Percent
        | Kind::Degrees => None,
    };
    match numbers {
        Some(numbers) => {
            let first = numbers.first().copied().unwrap_or_default();
            numbers.into_iter().map(|number| number - first).collect()
        }
        None => (0..).take(places.len()).collect(),
    }
}

fn day(text: &str) -> Option<i64> {
    let date: Date = text.parse().ok()?;
    let span = date.since(Date::constant(1970, 1, 1)).ok()?;
    Some(span.get_days().into())
}

fn month(text: &str) -> Option<i64> {
    let (year, month) = text.split_once('-')?;
    Some(year.parse::<i64>().ok()? * 12 + month.parse::<i64>().ok()?)
}

fn column(answer: &Answer, name: &str) -> Result<(Column, usize), ChartError> {
    let found = answer
        .columns
        .iter()
        .enumerate()
        .find(|(_, column)| column.name == name);
    found
        .map(|(at, column)| (*column, at))
        .ok_or(ChartError::NoChart(answer.report))
}

fn cell(row: &[Option<String>], at: usize) -> Option<&str> {
    row.get(at)?.as_deref()
}

/// A number in hundredths; decimals have two digits behind the point at most.
fn number(column: Column, text: Option<&str>) -> Result<Option<i64>, ChartError> {
    let Some(text) = text else { return Ok(None) };
    hundredths(text).map(Some).ok_or(ChartError::Value(column.name))
}

fn hundredths(text: &str) -> Option<i64> {
    let (digits, sign) = match text.strip_prefix('-') {
        Some(digits) => (digits, -1),
        None => (text, 1),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = match fraction.len() {
        0 => 0,
        1 => fraction.parse::<i64>().ok()? * 10,
        2 => fraction.parse().ok()?,
        _ => return None,
    };
    let whole: i64 = whole.parse().ok()?;
    Some(sign * whole.checked_mul(ONE)?.checked_add(fraction)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_hundredths() {
        let read = |text| hundredths(text);
        assert_eq!(read("1500.00"), Some(150_000));
        assert_eq!(read("-0.01"), Some(-1));
        assert_eq!(read("12.3"), Some(1_230));
        assert_eq!(read("7"), Some(700));
        for wrong in ["", "1.005", "NaN", "9223372036854775807"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn places_in_time_are_written_as_russians_write_them() {
        let written = ["2025-01-31", "2025-11", "2025Q4", "2025Q9", "—"].map(dated);
        assert_eq!(
            written,
            ["31.01.2025", "11.2025", "IV кв. 2025", "9 кв. 2025", "—"]
        );
    }

    #[test]
    fn places_lie_as_far_apart_as_in_time() {
        let places = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let days = places(&["2024-02-28", "2024-03-01", "2024-03-02"]);
        assert_eq!(offsets(Kind::Date, &days), [0, 2, 3]);
        let months = places(&["2024-11", "2025-01"]);
        assert_eq!(offsets(Kind::Month, &months), [0, 2]);
        assert_eq!(offsets(Kind::Text, &places(&["2024Q1", "2025Q1"])), [0, 1]);
    }
}
