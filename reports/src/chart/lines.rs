//! Lines over time.

use super::figure::{Drawn, Figure};
use super::page::{Anchor, Page, TOP, WIDTH, line_class};
use super::scale::{Scale, written};

const HEIGHT: i64 = 540;
const LEFT: i64 = 100;
const BOTTOM: i64 = HEIGHT - 48;
/// What the names of several lines take on the right.
const LEGEND: i64 = 240;
/// How many places are named at most.
const NAMED_MAX: usize = 12;

/// Draws lines.
pub fn draw(figure: &Figure) -> String {
    let right = if figure.series.len() > 1 {
        WIDTH - LEGEND
    } else {
        WIDTH - 32
    };
    let mut page = Page::new(HEIGHT);
    let scale = Scale::of(figure);
    page.text("quiet", 24, TOP - 8, Anchor::Start, figure.unit);
    values(&mut page, scale, right);
    let across = |offset: i64| LEFT + place(figure, offset, right - LEFT);
    for (label, offset) in named(figure) {
        page.text("quiet", across(offset), BOTTOM + 24, Anchor::Middle, label);
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
            page.text("text", to + 8, y + 5, Anchor::Start, &one.name);
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

/// The places that are named: every one, or every so many.
fn named(figure: &Figure) -> impl Iterator<Item = (&str, i64)> {
    let every = figure.labels.len().div_ceil(NAMED_MAX).max(1);
    figure
        .labels
        .iter()
        .map(String::as_str)
        .zip(figure.offsets.iter().copied())
        .step_by(every)
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
