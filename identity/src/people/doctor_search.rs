//! Words by which patients look for a doctor. What a doctor is called and practises is public, so parts of words will do.

use crate::values::text::Alphabet;

/// How many words a search has at most.
const WORDS_MAX: usize = 8;
/// The longest search, in characters.
const SEARCH_CHARS_MAX: usize = 100;

/// Words that all stand, in part or whole, in what a doctor is called or practises; letter case aside, and `ё` is `е`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorSearch {
    words: Vec<String>,
}

impl DoctorSearch {
    /// Reads one to eight words of at most a hundred characters in all; none of anything else, nor with characters that cannot be seen.
    pub fn parse(raw: &str) -> Option<Self> {
        let text = Alphabet::Line.read(raw, (1, SEARCH_CHARS_MAX)).ok()?;
        let words: Vec<String> = text.split_whitespace().map(normal).collect();
        let fits = (1..=WORDS_MAX).contains(&words.len());
        fits.then_some(Self { words })
    }

    /// The words in their normal form.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }
}

fn normal(word: &str) -> String {
    word.to_lowercase().replace('ё', "е")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_a_few_words_in_normal_form() {
        let words = |raw: &str| DoctorSearch::parse(raw).map(|search| search.words);
        assert_eq!(
            words(" Семён  КАРД "),
            Some(vec!["семен".to_owned(), "кард".to_owned()])
        );
        assert_eq!(words(" "), None);
        assert!(words(&"я ".repeat(8)).is_some());
        assert_eq!(words(&"я ".repeat(9)), None);
        assert_eq!(words(&"я".repeat(101)), None);
        assert_eq!(words("кард\0"), None);
    }
}
