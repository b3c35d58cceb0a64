//! Content lines as RFC 5545, 3.1 and 3.3.11 want them: CRLF, folded at 75 octets between characters, text escaped.
//!
//! Of our own since it is so little: the library there is (`icalendar` 0.17.17) looks for blanks to fold at by the count of octets among
//! characters, gives components without a time the clock's, and sorts properties by name.

/// The octets of a line, its end not counted.
const LINE_OCTETS_MAX: usize = 75;
const LINE_END: &str = "\r\n";

/// Lines being written.
#[derive(Debug, Default)]
pub struct ContentLines(String);

impl ContentLines {
    /// Writes a property whose value is no text: a time, a number, a word, an address.
    pub fn plain(&mut self, name: &str, value: &str) {
        self.fold(&format!("{name}:{}", without_controls(value)));
    }

    /// Writes a property whose value is text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.fold(&format!("{name}:{}", escaped(value)));
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.0
    }

    fn fold(&mut self, line: &str) {
        let mut room = LINE_OCTETS_MAX;
        for character in line.chars() {
            if character.len_utf8() > room {
                self.0.push_str(LINE_END);
                // The blank that begins the rest counts, too.
                self.0.push(' ');
                room = LINE_OCTETS_MAX - 1;
            }
            self.0.push(character);
            room -= character.len_utf8();
        }
        self.0.push_str(LINE_END);
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push('\t'),
            other if other.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

fn without_controls(value: &str) -> String {
    value
        .chars()
        .filter(|character| !character.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        let mut lines = ContentLines::default();
        lines.text("SUMMARY", text);
        lines.finish()
    }

    /// What a reader makes of it (RFC 5545, 3.1: unfold first, then unescape).
    fn read(lines: &str) -> String {
        let unfolded = lines.replace("\r\n ", "");
        let value = unfolded.strip_prefix("SUMMARY:").unwrap();
        let mut characters = value.strip_suffix("\r\n").unwrap().chars();
        let mut text = String::new();
        while let Some(character) = characters.next() {
            text.push(match character {
                '\\' => match characters.next().unwrap() {
                    'n' => '\n',
                    escaped => escaped,
                },
                plain => plain,
            });
        }
        text
    }

    #[test]
    fn long_lines_are_folded_at_75_octets_between_characters() {
        // SUMMARY: and 33 letters of two octets are 74; the next letter would be cut in half.
        assert_eq!(
            written(&"я".repeat(40)),
            format!("SUMMARY:{}\r\n {}\r\n", "я".repeat(33), "я".repeat(7))
        );
        assert_eq!(
            written(&"a".repeat(67)),
            format!("SUMMARY:{}\r\n", "a".repeat(67))
        );
        assert_eq!(
            written(&"a".repeat(68)),
            format!("SUMMARY:{}\r\n a\r\n", "a".repeat(67))
        );
    }

    #[test]
    fn what_means_something_is_escaped() {
        assert_eq!(
            written("a, b; c\\d\ne:\u{7}\"f\""),
            "SUMMARY:a\\, b\\; c\\\\d\\ne:\"f\"\r\n"
        );
    }

    #[test]
    fn no_value_begins_a_line_of_its_own() {
        let mut lines = ContentLines::default();
        lines.plain("URL", "https://tot.example/\r\nATTENDEE:mailto:x@example.com");
        assert_eq!(
            lines.finish(),
            "URL:https://tot.example/ATTENDEE:mailto:x@example.com\r\n"
        );
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in "[a-zа-я0-9 \\\\;,:\"\n😀é-]{0,300}") {
            let lines = written(&text);
            prop_assert_eq!(read(&lines), text);
            for line in lines.split_terminator("\r\n") {
                prop_assert!(line.len() <= 75, "{}", line);
                prop_assert!(!line.contains(['\r', '\n']), "{}", line);
            }
        }
    }
}
