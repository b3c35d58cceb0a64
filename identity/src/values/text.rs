//! The one alphabet of everything that people write: composed (NFC), without characters that cannot be seen.
//!
//! Invisible characters make two different texts look alike, and a mark of direction turns what is read around. Emoji and the
//! scripts that need them join letters by two of them, which texts may hold and names may not.

use unicode_normalization::UnicodeNormalization;

use super::ValueRefusal;

/// What may stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// What people and clinics are called: nothing unseen at all.
    Name,
    /// One line of text, such as an address.
    Line,
    /// Text that may have several lines.
    Lines,
}

/// Line feed, carriage return and tab.
const BREAKS: [char; 3] = ['\n', '\r', '\t'];
/// Zero-width non-joiner and joiner: parts of emoji and of Persian words.
const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

impl Alphabet {
    /// Reads text of so many characters, at least and at most: blanks around it are dropped, what is left is counted and composed.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::TooLong`] or [`ValueRefusal::ControlCharacter`].
    pub fn read(self, raw: &str, (min, max): (usize, usize)) -> Result<String, ValueRefusal> {
        let text = raw.trim();
        let length = text.chars().count();
        if length < min {
            return Err(ValueRefusal::TooShort { min });
        }
        if length > max {
            return Err(ValueRefusal::TooLong { max });
        }
        if !text.chars().all(|character| self.holds(character)) {
            return Err(ValueRefusal::ControlCharacter);
        }
        Ok(composed(text))
    }

    fn holds(self, character: char) -> bool {
        let is_apart = match self {
            Self::Name => false,
            Self::Line => JOINERS.contains(&character),
            Self::Lines => JOINERS.contains(&character) || BREAKS.contains(&character),
        };
        is_apart || !is_unseen(character)
    }
}

/// In Unicode's normal form C, by which equal texts are equal.
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Controls, marks of direction, and what takes no room or is blank without being a space.
const fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}'
            | '\u{17B4}' | '\u{17B5}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: (usize, usize) = (3, 40);

    #[test]
    fn text_is_trimmed_counted_and_composed() {
        assert_eq!(
            Alphabet::Line.read("  ул. Ленина, 1 ", SHORT).unwrap(),
            "ул. Ленина, 1"
        );
        // A letter and its breve are one letter afterwards.
        assert_eq!(Alphabet::Name.read("Андреи\u{306}", SHORT).unwrap(), "Андрей");
        assert_eq!(
            Alphabet::Line.read("ж".repeat(41).as_str(), SHORT),
            Err(ValueRefusal::TooLong { max: 40 })
        );
    }

    #[test]
    fn blanks_alone_are_nothing() {
        for blanks in ["   ", "\u{A0}\u{A0}\u{A0}", "\u{3000}\u{2003}\u{2009}", "\n\n\n"] {
            assert_eq!(
                Alphabet::Line.read(blanks, SHORT),
                Err(ValueRefusal::TooShort { min: 3 }),
                "{blanks:?}"
            );
        }
        for unseen in [
            "\u{200B}\u{200B}\u{200B}",
            "\u{2800}\u{2800}\u{2800}",
            "\u{3164}\u{3164}\u{3164}",
        ] {
            assert_eq!(
                Alphabet::Lines.read(unseen, SHORT),
                Err(ValueRefusal::ControlCharacter),
                "{unseen:?}"
            );
        }
    }

    #[test]
    fn nothing_unseen_stands_in_any_text() {
        for character in [
            '\0',
            '\u{1B}',
            '\u{85}',
            '\u{AD}',
            '\u{61C}',
            '\u{202E}',
            '\u{2066}',
            '\u{FEFF}',
            '\u{E0041}',
        ] {
            let text = format!("ул.{character}Ленина");
            for alphabet in [Alphabet::Name, Alphabet::Line, Alphabet::Lines] {
                assert_eq!(
                    alphabet.read(&text, SHORT),
                    Err(ValueRefusal::ControlCharacter),
                    "{character:?}"
                );
            }
        }
    }

    #[test]
    fn lines_stand_in_some_texts_and_joiners_in_no_name() {
        let (lines, joined) = ("болит\nгорло", "семья 👨\u{200D}👩\u{200D}👧");
        assert!(Alphabet::Lines.read(lines, SHORT).is_ok());
        assert!(Alphabet::Line.read(lines, SHORT).is_err());
        assert!(Alphabet::Lines.read(joined, SHORT).is_ok() && Alphabet::Line.read(joined, SHORT).is_ok());
        assert!(Alphabet::Name.read(joined, SHORT).is_err());
    }
}
