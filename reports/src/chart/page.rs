//! The file around a chart: its size, its colours, its title, and text that can be no markup.

use std::fmt::Write as _;

/// The width of every chart, in the units of its own.
pub const WIDTH: i64 = 960;
/// Where the chart begins below the titles.
pub const TOP: i64 = 92;

/// So many letters of a title have room in large letters; the longest question has 91.
const LARGE_LETTERS_MAX: usize = 76;

/// How many colours there are; the series behind them are dashed.
const COLOURS: [&str; 8] = [
    "#2f81f7", "#d0651b", "#2da44e", "#9a6bf0", "#dd4b43", "#14908f", "#a07d00", "#cc4b93",
];

/// The ground follows the reader's; each colour is seen on both.
const GROUND: &str = ".ground{fill:#ffffff}.text{fill:#1f2328}.quiet{fill:#59636e}.grid{stroke:#d1d9e0}.zero{stroke:#59636e}\
    @media (prefers-color-scheme:dark){.ground{fill:#0d1117}.text{fill:#f0f6fc}.quiet{fill:#9198a1}.grid{stroke:#2f3742}\
    .zero{stroke:#9198a1}}";

/// A chart being written.
pub struct Page {
    body: String,
    height: i64,
}

/// Where a text's own beginning, middle or end stands.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Page {
    /// An empty one, so high.
    pub const fn new(height: i64) -> Self {
        Self {
            body: String::new(),
            height,
        }
    }

    /// One element of its own; what is in it is ours and no foreign text.
    pub fn element(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// A text.
    pub fn text(&mut self, class: &str, x: i64, y: i64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let text = escaped(text);
        self.element(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{text}</text>"
        ));
    }

    /// The whole file.
    pub fn finish(self, title: &str, subtitle: &str) -> String {
        let Self { body, height } = self;
        let letters = title.chars().count();
        let (title, subtitle) = (escaped(title), escaped(subtitle));
        let colours = colours();
        let size = if letters <= LARGE_LETTERS_MAX { 18 } else { 14 };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             role=\"img\" aria-labelledby=\"title description\" lang=\"ru\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
             <title id=\"title\">{title}</title>\n<desc id=\"description\">{subtitle}</desc>\n\
             <style>{GROUND}{colours}</style>\n\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
             <text class=\"text\" x=\"24\" y=\"36\" font-size=\"{size}\" font-weight=\"600\">{title}</text>\n\
             <text class=\"quiet\" x=\"24\" y=\"58\" lang=\"en\">{subtitle}</text>\n{body}</svg>\n"
        )
    }
}

/// A text of so many letters at most.
pub fn shortened(text: &str, letters_max: usize) -> String {
    if text.chars().count() <= letters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters_max.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// The class of a series' line.
pub fn line_class(series: usize) -> String {
    let dashed = if series < COLOURS.len() { "" } else { " dashed" };
    format!("line l{}{dashed}", series % COLOURS.len())
}

/// The class of a series' bars.
pub fn bar_class(series: usize) -> String {
    format!("b{}", series % COLOURS.len())
}

fn colours() -> String {
    let mut rules =
        ".line{fill:none;stroke-width:2;stroke-linejoin:round}.dashed{stroke-dasharray:6 4}".to_owned();
    for (number, colour) in COLOURS.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = write!(rules, ".l{number}{{stroke:{colour}}}.b{number}{{fill:{colour}}}");
    }
    rules
}

/// Text without markup, and without what XML cannot hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(
            escaped("</text><script>alert('a' & \"b\")\u{0}\n\u{ffff}"),
            "&lt;/text&gt;&lt;script&gt;alert(&#39;a&#39; &amp; &quot;b&quot;)  \u{fffd}"
        );
    }
}
