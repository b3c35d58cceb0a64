//! The languages in which histories are told.

use crate::sentence::Sentence;

/// In which language sentences are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl Language {
    /// The sentence in this language.
    pub fn of(self, sentence: &Sentence) -> &str {
        match self {
            Self::En => &sentence.en,
            Self::Ru => &sentence.ru,
        }
    }
}
