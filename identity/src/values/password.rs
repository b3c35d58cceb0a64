//! A password on its way to the hash: never shown, wiped from memory when dropped.

use domain::people::Role;
use secrecy::{ExposeSecret, SecretString};
use zxcvbn::{Score, zxcvbn};

use super::ValueRefusal;

/// How much of a password is judged: the work grows with the square of it, and anybody may ask for it. What begins with so many
/// characters that are soon guessed is refused however it goes on.
const JUDGED_CHARS_MAX: usize = 40;

/// What a person types to prove who they are.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// The fewest characters of one being chosen.
    pub const CHARS_MIN: usize = 8;
    /// The fewest characters of one that somebody who works here chooses.
    pub const STAFF_CHARS_MIN: usize = 12;
    /// The most characters: bounds the work of the hash's first pass over its input.
    pub const CHARS_MAX: usize = 128;

    /// Reads a password being chosen: 8 to 128 characters, every one of them meant. Whether it is good enough for whoever chooses
    /// it [`Password::suits`] tells.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`] or [`ValueRefusal::TooLong`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Self::parse_for(Role::Patient, raw)
    }

    /// The same where it is known for whom it is chosen: what is too short for them is told once, with their number.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`] or [`ValueRefusal::TooLong`].
    pub fn parse_for(role: Role, raw: &str) -> Result<Self, ValueRefusal> {
        let min = chars_min(role);
        if raw.chars().count() < min {
            return Err(ValueRefusal::TooShort { min });
        }
        Self::presented(raw)
    }

    /// Reads a password presented at login, where a short one is not a fault of form but simply wrong.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`] when empty, [`ValueRefusal::TooLong`].
    pub fn presented(raw: &str) -> Result<Self, ValueRefusal> {
        if raw.is_empty() {
            return Err(ValueRefusal::TooShort { min: 1 });
        }
        if raw.chars().count() > Self::CHARS_MAX {
            return Err(ValueRefusal::TooLong { max: Self::CHARS_MAX });
        }
        Ok(Self(SecretString::from(raw)))
    }

    /// Whether somebody in this role, called by these words, may choose it: long enough, and further from common passwords, from
    /// dates, runs of keys and their own names than a million guesses reach.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::Guessable`].
    pub fn suits(&self, role: Role, own_words: &[&str]) -> Result<(), ValueRefusal> {
        let password = self.0.expose_secret();
        let min = chars_min(role);
        if password.chars().count() < min {
            return Err(ValueRefusal::TooShort { min });
        }
        let own: Vec<String> = parts(own_words);
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let judged: String = password.chars().take(JUDGED_CHARS_MAX).collect();
        if zxcvbn(&judged, &own).score() < Score::Two {
            return Err(ValueRefusal::Guessable);
        }
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

const fn chars_min(role: Role) -> usize {
    match role {
        Role::Patient => Password::CHARS_MIN,
        Role::Doctor | Role::Clinic | Role::Admin | Role::Analyst => Password::STAFF_CHARS_MIN,
    }
}

/// The words, what an address or a number is made of, and two of those run together.
fn parts(words: &[&str]) -> Vec<String> {
    let letters = |word: &&str| -> Vec<String> {
        let parts = word.split(|character: char| !character.is_alphanumeric());
        let parts = parts.filter(|part| part.chars().count() > 2);
        parts.map(str::to_lowercase).collect()
    };
    let parts: Vec<String> = words.iter().flat_map(letters).collect();
    let pairs = parts
        .iter()
        .flat_map(|one| parts.iter().map(move |other| format!("{one}{other}")));
    let whole = words.iter().map(|word| word.to_lowercase());
    whole.chain(pairs).chain(parts.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_password_has_eight_to_128_characters() {
        assert_eq!(
            Password::parse("1234567").unwrap_err(),
            ValueRefusal::TooShort { min: 8 }
        );
        assert!(Password::parse("admin123").is_ok());
        assert!(Password::parse(&"я".repeat(128)).is_ok());
        assert_eq!(
            Password::parse(&"я".repeat(129)).unwrap_err(),
            ValueRefusal::TooLong { max: 128 }
        );
    }

    #[test]
    fn whoever_works_here_chooses_a_longer_one() {
        let password = Password::parse("moss-kettle").unwrap();
        assert_eq!(password.suits(Role::Patient, &[]), Ok(()));
        for role in [Role::Doctor, Role::Clinic, Role::Admin, Role::Analyst] {
            assert_eq!(password.suits(role, &[]), Err(ValueRefusal::TooShort { min: 12 }));
        }
        // Told at once, and not only once it has eight.
        assert_eq!(
            Password::parse_for(Role::Admin, "moss").unwrap_err(),
            ValueRefusal::TooShort { min: 12 }
        );
        let longer = Password::parse("moss-kettle-ferry").unwrap();
        assert_eq!(longer.suits(Role::Admin, &[]), Ok(()));
    }

    #[test]
    fn what_is_soon_guessed_is_refused() {
        for common in [
            "password",
            "password123",
            "P@ssw0rd",
            "qwertyuiop",
            "12345678",
            "11111111",
            "iloveyou",
            "01.05.1990",
            "aaaaaaaaaaaa",
        ] {
            let password = Password::parse(common).unwrap();
            assert_eq!(
                password.suits(Role::Patient, &[]),
                Err(ValueRefusal::Guessable),
                "{common}"
            );
        }
    }

    #[test]
    fn one_s_own_names_guard_nothing() {
        let words = [
            "zinaida@example.com",
            "Зинаида",
            "Великанова-Тихая",
            "+79261234567",
        ];
        for own in [
            "zinaida@example.com",
            "великанова1",
            "Зинаида1990",
            "79261234567",
            "Тихая2024",
        ] {
            let password = Password::parse(own).unwrap();
            assert_eq!(
                password.suits(Role::Patient, &words),
                Err(ValueRefusal::Guessable),
                "{own}"
            );
        }
        let other = Password::parse("медный-якорь-7").unwrap();
        assert_eq!(other.suits(Role::Patient, &words), Ok(()));
    }

    #[test]
    fn a_presented_password_may_be_short_but_not_endless() {
        assert!(Password::presented("1").is_ok());
        assert!(Password::presented("").is_err());
        assert!(Password::presented(&"x".repeat(129)).is_err());
    }

    #[test]
    fn a_password_does_not_show_itself() {
        assert!(!format!("{:?}", Password::parse("marker-password").unwrap()).contains("marker"));
    }
}
