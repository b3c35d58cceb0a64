//! The coarse place of a visit: the field of 0.05 by 0.1 degrees it lies in, all that stands of it outside its seal.

use serde_json::{Map, Value};

/// Hundredths of a degree of one field's height and width: about 5.5 by 6 km in Moscow.
const HEIGHT: i64 = 5;
const WIDTH: i64 = 10;

/// The south-western corner of the field that a body's coordinates lie in, as `south` and `west`; nothing where it has none.
pub(crate) fn field_of(body: &Value) -> Map<String, Value> {
    let corner = |name: &str, step| {
        body.get(name)
            .and_then(Value::as_str)
            .and_then(|text| floor(text, step))
    };
    match (corner("latitude", HEIGHT), corner("longitude", WIDTH)) {
        (Some(south), Some(west)) => [
            ("south".to_owned(), south.into()),
            ("west".to_owned(), west.into()),
        ]
        .into_iter()
        .collect(),
        _ => Map::new(),
    }
}

/// The decimal text `degrees` rounded down to a multiple of `step` hundredths; none where it is no such text.
fn floor(degrees: &str, step: i64) -> Option<String> {
    let (is_negative, digits) = match degrees.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, degrees),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.len() > 3 {
        return None;
    }
    let (near, rest) = fraction.split_at(fraction.len().min(2));
    let near: i64 = format!("{near:0<2}").parse().ok()?;
    let hundredths = whole.parse::<i64>().ok()? * 100 + near;
    let lower = match is_negative {
        // What is left out lies further down.
        true => -hundredths - i64::from(rest.bytes().any(|byte| byte != b'0')),
        false => hundredths,
    };
    let corner = lower.div_euclid(step) * step;
    let sign = if corner < 0 { "-" } else { "" };
    let size = corner.abs();
    Some(format!("{sign}{}.{:02}", size / 100, size % 100))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_is_rounded_down_to_the_corner_of_its_field() {
        // As floor(x / 0.05) * 0.05 and floor(x / 0.1) * 0.1 of exact decimals.
        for (degrees, south, west) in [
            ("55.771177", "55.75", "55.70"),
            ("55.75", "55.75", "55.70"),
            ("55.7499999", "55.70", "55.70"),
            ("0", "0.00", "0.00"),
            ("-0.000001", "-0.05", "-0.10"),
            ("-0.05", "-0.05", "-0.10"),
            ("-0.051", "-0.10", "-0.10"),
            ("-55.7", "-55.70", "-55.70"),
            ("180", "180.00", "180.00"),
            ("7.5", "7.50", "7.50"),
        ] {
            assert_eq!(floor(degrees, HEIGHT).as_deref(), Some(south), "{degrees}");
            assert_eq!(floor(degrees, WIDTH).as_deref(), Some(west), "{degrees}");
        }
        for none in ["", "-", "north", "1.", ".5", "1e3", "1234", "+5", "5,5"] {
            assert_eq!(floor(none, HEIGHT), None, "{none}");
        }
    }

    #[test]
    fn half_a_place_is_none() {
        assert!(field_of(&json!({"latitude": "55.7"})).is_empty());
        assert!(field_of(&json!({"latitude": 55, "longitude": 37})).is_empty());
        let whole = field_of(&json!({"latitude": "55.77", "longitude": "37.66", "address": "x"}));
        assert_eq!(Value::Object(whole), json!({"south": "55.75", "west": "37.60"}));
    }
}
