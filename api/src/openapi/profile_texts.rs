//! What the texts of public profiles look like.

use identity::{About, ClinicAddress, GeoPoint};

use super::texts::{TextShape, matching, trimmed, unseen_in_a_line, unseen_in_lines};

/// What a doctor or a clinic says of themselves.
pub fn about() -> TextShape {
    trimmed(&unseen_in_lines(), About::CHARS)
}

/// Where a clinic is.
pub fn clinic_address() -> TextShape {
    trimmed(&unseen_in_a_line(), ClinicAddress::CHARS)
}

/// Latitude and longitude in degrees.
pub fn point() -> TextShape {
    let (some, none) = (
        format!(r"(\.[0-9]{{1,{}}})?", GeoPoint::DECIMALS_MAX),
        format!(r"(\.0{{1,{}}})?", GeoPoint::DECIMALS_MAX),
    );
    let latitude = format!("(90{none}|[0-8]?[0-9]{some})");
    let longitude = format!("(180{none}|(1[0-7][0-9]|0?[0-9]?[0-9]){some})");
    matching(format!("^-?{latitude},-?{longitude}$"))
}
