//! Bars of categories, one below the other, since their names are long.

use super::figure::Figure;
use super::page::{Anchor, Page, TOP, WIDTH, bar_class, shortened};
use super::scale::{Scale, written};

const LEFT: i64 = 330;
const RIGHT: i64 = WIDTH - 110;
const BAR: i64 = 16;
/// Between two categories.
const GAP: i64 = 12;
/// What the names of several series take above.
const LEGEND: i64 = 28;
/// The longest name of a category, in characters.
const NAME_MAX: usize = 40;
/// How wide a name of a series is with its colour.
const NAMED: i64 = 210;

/// Draws bars.
pub fn draw(figure: &Figure) -> String {
    let several = figure.series.len() > 1;
    let top = if several { TOP + LEGEND } else { TOP };
    let bars = count(figure.series.len()).max(1);
    let category = bars * BAR + GAP;
    let bottom = top + category * count(figure.labels.len()).max(1);
    let mut page = Page::new(bottom + 48);
    let scale = Scale::of(figure);
    let across = |value: i64| LEFT + scale.place(value, RIGHT - LEFT);
    page.text("quiet", RIGHT, bottom + 40, Anchor::End, &figure.unit);
    page.text(
        "quiet",
        LEFT - 10,
        top - 8,
        Anchor::End,
        &shortened(&figure.axis, NAME_MAX),
    );
    for tick in scale.ticks() {
        let x = across(tick);
        let class = if tick == 0 { "zero" } else { "grid" };
        page.element(&format!("<path class=\"{class}\" d=\"M{x} {top}V{bottom}\"/>"));
        page.text("quiet", x, bottom + 20, Anchor::Middle, &written(tick));
    }
    if figure.labels.is_empty() {
        page.text(
            "text",
            (LEFT + RIGHT) / 2,
            (top + bottom) / 2,
            Anchor::Middle,
            "За этот период ничего нет",
        );
    }
    for (at, label) in figure.labels.iter().enumerate() {
        let y = top + category * count(at) + GAP / 2;
        page.text(
            "text",
            LEFT - 10,
            y + bars * BAR / 2 + 5,
            Anchor::End,
            &shortened(label, NAME_MAX),
        );
        for (number, one) in figure.series.iter().enumerate() {
            let Some(value) = one.values.get(at).copied().flatten() else {
                continue;
            };
            let (zero, end) = (across(0), across(value));
            let (x, width) = (zero.min(end), (end - zero).abs());
            let (y, height) = (y + BAR * count(number), BAR - 2);
            let class = bar_class(number);
            page.element(&format!(
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
            ));
            page.text("quiet", x + width + 6, y + 12, Anchor::Start, &written(value));
        }
    }
    if several {
        for (number, one) in figure.series.iter().enumerate() {
            let x = 24 + NAMED * count(number);
            let class = bar_class(number);
            page.element(&format!(
                "<rect class=\"{class}\" x=\"{x}\" y=\"{}\" width=\"14\" height=\"14\"/>",
                TOP - 12
            ));
            page.text("text", x + 22, TOP, Anchor::Start, &one.name);
        }
    }
    page.finish(figure.title, &figure.subtitle)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or_default()
}
