//! What a search is for, told by its shape alone: nothing is looked up before it is known what for.

use domain::ids::AccountId;
use identity::{Alphabet, Email, Phone, Sought, SoughtName};
use uuid::Uuid;

/// The longest text that is looked for; the longest e-mail address there is.
pub const CHARS_MAX: usize = 254;
/// The shortest id of a provider that is looked for: shorter ones are everywhere.
const PROVIDER_ID_CHARS_MIN: usize = 6;
const PROVIDER_ID_CHARS_MAX: usize = 64;

/// What somebody looks for. A number may be a telephone's and a provider's at once, a UUID ours and a provider's.
#[derive(Clone, Debug, Default)]
pub struct FindQuery {
    /// An id of ours.
    pub(super) id: Option<Uuid>,
    /// A person.
    pub(super) person: Option<Sought>,
    /// An id of a payment provider or of the payout gateway.
    pub(super) provider_id: Option<String>,
}

/// Nothing can be looked for by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an id, an e-mail address, a telephone number, a provider's id of {PROVIDER_ID_CHARS_MIN} characters or more with a digit, \
     or a last name, with or without a first name"
)]
pub struct NotFindable;

impl FindQuery {
    /// The account it may be the id of.
    pub fn account_id(&self) -> Option<AccountId> {
        self.id.map(AccountId::from_uuid)
    }

    /// The person it may mean.
    pub const fn person(&self) -> Option<&Sought> {
        self.person.as_ref()
    }

    /// Reads what somebody typed.
    ///
    /// # Errors
    /// [`NotFindable`] where it has no shape that anything is found by.
    pub fn parse(raw: &str) -> Result<Self, NotFindable> {
        let text = Alphabet::Line
            .read(raw, (0, CHARS_MAX))
            .map_err(|_| NotFindable)?;
        let text = text.as_str();
        let provider_id = is_provider_id(text).then(|| text.to_owned());
        if let Ok(id) = text.parse() {
            return Ok(Self {
                id: Some(id),
                provider_id,
                ..Self::default()
            });
        }
        if text.contains('@') {
            let email = Email::parse(text).map_err(|_| NotFindable)?;
            return Ok(Self {
                person: Some(Sought::Email(email)),
                ..Self::default()
            });
        }
        if let Some(phone) = phone(text) {
            return Ok(Self {
                person: Some(Sought::Phone(phone)),
                provider_id,
                ..Self::default()
            });
        }
        if provider_id.is_some() {
            return Ok(Self {
                provider_id,
                ..Self::default()
            });
        }
        let is_of_names =
            |letter: char| letter.is_alphabetic() || letter.is_whitespace() || "-'’.".contains(letter);
        let name = SoughtName::parse(text).filter(|_| text.chars().all(is_of_names));
        Ok(Self {
            person: Some(Sought::Name(name.ok_or(NotFindable)?)),
            ..Self::default()
        })
    }
}

/// A telephone number, also without the sign or the digit before the country's ten: `79161234501`, `916 123-45-01`. Every mobile number
/// begins with 9, and most ids of ten digits do not.
fn phone(text: &str) -> Option<Phone> {
    if let Ok(phone) = Phone::parse(text) {
        return Some(phone);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let national = match digits.len() {
        10 if digits.starts_with('9') => text,
        11 if digits.starts_with("79") => text.trim_start_matches('(').strip_prefix('7')?,
        _ => return None,
    };
    Phone::parse(&format!("+7{national}")).ok()
}

/// Providers' ids are ASCII and have a digit: no name has.
fn is_provider_id(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (PROVIDER_ID_CHARS_MIN..=PROVIDER_ID_CHARS_MAX).contains(&text.len())
        && text.chars().all(allowed)
        && text.chars().any(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it is looked up as.
    fn shape(text: &str) -> Result<Vec<&'static str>, NotFindable> {
        let FindQuery {
            id,
            person,
            provider_id,
        } = FindQuery::parse(text)?;
        let person = person.map(|person| match person {
            Sought::Email(_) => "e-mail",
            Sought::Phone(_) => "phone",
            Sought::Name(_) => "name",
        });
        let shapes = [id.map(|_| "id"), person, provider_id.map(|_| "provider")];
        Ok(shapes.into_iter().flatten().collect())
    }

    #[test]
    fn a_search_is_known_by_its_shape() {
        for (text, expected) in [
            (" 019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69 ", vec!["id", "provider"]),
            ("Anna@Example.com", vec!["e-mail"]),
            ("+7 999 123-45-67", vec!["phone"]),
            ("89991234567", vec!["phone", "provider"]),
            ("9161234501", vec!["phone", "provider"]),
            ("(916) 123-45-01", vec!["phone"]),
            ("79161234501", vec!["phone", "provider"]),
            ("2353039219", vec!["provider"]),
            ("po-285c0ab7-0003-5000-9000-0e1166498fda", vec!["provider"]),
            ("Безухов", vec!["name"]),
            ("Пётр Безухов", vec!["name"]),
            ("Saint-Exupéry", vec!["name"]),
            ("Симона де Бовуар", vec!["name"]),
        ] {
            assert_eq!(shape(text), Ok(expected), "{text}");
        }
        for wrong in [
            "",
            "  ",
            "@",
            "a@b@",
            "one two three four five six seven eight nine",
            "x=1",
            "a\0b",
            &"я".repeat(300),
        ] {
            assert_eq!(shape(wrong), Err(NotFindable), "{wrong}");
        }
    }
}
