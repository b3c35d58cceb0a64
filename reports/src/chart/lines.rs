//! Lines over time.

use super::figure::{Drawn, Figure};
use super::page::{Anchor, Page, TOP, WIDTH, line_class, shortened};
use super::scale::{Scale, written};

const HEIGHT: i64 = 540;
const LEFT: i64 = 100;
const BOTTOM: i64 = HEIGHT - 48;
/// What stands before the name of a line on the right, and behind it.
const KEY: i64 = 64;
/// What the names of several lines take on the right, at the least and at the most.
const LEGEND: std::ops::RangeInclusive<i64> = 240..=340;
/// A letter of a name is that wide, about; wide fonts included.
const LETTER: i64 = 8;
/// Between the names of two places, so that a day's does not reach into the next.
const APART: i64 = 92;

/// Draws lines.
pub fn draw(figure: &Figure) -> String {
    let right = WIDTH - legend(figure).unwrap_or(40);
    let name_max = usize::try_from((LEGEND.end() - KEY) / LETTER).unwrap_or_default();
    let mut page = Page::new(HEIGHT);
    let scale = Scale::of(figure);
    // Above the highest value's own name.
    page.text("quiet", 24, TOP - 14, Anchor::Start, &figure.unit);
    values(&mut page, scale, right);
    let across = |offset: i64| LEFT + place(figure, offset, right - LEFT);
    for (label, x) in named(figure, across) {
        page.text("quiet", x, BOTTOM + 24, Anchor::Middle, label);
    }
    if figure.labels.is_empty() {
        page.text(
            "text",
            (LEFT + right) / 2,
            (TOP + BOTTOM) / 2,
            Anchor::Middle,
            "За этот период ничего нет",
        );
    }
    for (number, one) in figure.series.iter().enumerate() {
        let class = line_class(number);
        for piece in pieces(figure, one) {
            let points: Vec<(i64, i64)> = piece
                .into_iter()
                .map(|(offset, value)| (across(offset), BOTTOM - scale.place(value, BOTTOM - TOP)))
                .collect();
            page.element(&stretch(&class, &points));
        }
        if figure.series.len() > 1 {
            let y = TOP + 12 + 24 * i64::try_from(number).unwrap_or_default();
            let (from, to) = (right + 20, right + 44);
            page.element(&format!("<path class=\"{class}\" d=\"M{from} {y}H{to}\"/>"));
            page.text(
                "text",
                to + 8,
                y + 5,
                Anchor::Start,
                &shortened(&one.name, name_max),
            );
        }
    }
    page.finish(figure.title, &figure.subtitle)
}

/// The grid with the values beside it.
fn values(page: &mut Page, scale: Scale, right: i64) {
    for tick in scale.ticks() {
        let y = BOTTOM - scale.place(tick, BOTTOM - TOP);
        let class = if tick == 0 { "zero" } else { "grid" };
        page.element(&format!("<path class=\"{class}\" d=\"M{LEFT} {y}H{right}\"/>"));
        page.text("quiet", LEFT - 10, y + 5, Anchor::End, &written(tick));
    }
}

/// Where a place lies along the axis of this length; one alone in the middle.
fn place(figure: &Figure, offset: i64, length: i64) -> i64 {
    match figure.offsets.last().copied().unwrap_or_default() {
        0 => length / 2,
        last => offset * length / last,
    }
}

/// The places that are named, and where: every one that has room behind the one before.
fn named(figure: &Figure, across: impl Fn(i64) -> i64) -> Vec<(&str, i64)> {
    let mut named: Vec<(&str, i64)> = Vec::new();
    for (label, offset) in figure.labels.iter().zip(&figure.offsets) {
        let x = across(*offset);
        if named.last().is_none_or(|(_, before)| x - before >= APART) {
            named.push((label, x));
        }
    }
    named
}

/// How wide the names of several lines are; one line alone is named with its unit.
fn legend(figure: &Figure) -> Option<i64> {
    let letters = figure.series.iter().map(|one| one.name.chars().count()).max()?;
    let wide = KEY + LETTER * i64::try_from(letters).unwrap_or_default();
    (figure.series.len() > 1).then(|| wide.clamp(*LEGEND.start(), *LEGEND.end()))
}

/// The stretches of a line between which nothing is known.
fn pieces(figure: &Figure, one: &Drawn) -> Vec<Vec<(i64, i64)>> {
    let mut pieces = vec![Vec::new()];
    for (offset, value) in figure.offsets.iter().zip(&one.values) {
        match (value, pieces.last_mut()) {
            (Some(value), Some(piece)) => piece.push((*offset, *value)),
            (None, Some(piece)) if !piece.is_empty() => pieces.push(Vec::new()),
            (_, _) => {}
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// A line, or a dot where it has one place alone.
fn stretch(class: &str, points: &[(i64, i64)]) -> String {
    if let [(x, y)] = points {
        return format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"2\"/>");
    }
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    format!("<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "))
}
