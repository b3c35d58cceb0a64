//! How a person is reached: e-mail address and telephone number. Neither shows itself in `Debug` output.

use std::fmt;

use super::ValueRefusal;

/// An e-mail address in lower case; the name a person signs in with.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// The longest address SMTP can carry (RFC 5321, erratum 1690), in characters.
    pub const CHARS_MAX: usize = 254;
    /// The longest part before the `@` (RFC 5321).
    pub const LOCAL_CHARS_MAX: usize = 64;
    /// The longest label of a domain (RFC 1035).
    pub const LABEL_CHARS_MAX: usize = 63;

    /// Reads an address, trimming it and lowering its case.
    ///
    /// # Errors
    /// [`ValueRefusal::TooLong`] beyond 254 characters, [`ValueRefusal::NotAnEmail`] otherwise.
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let text = raw.trim();
        if text.chars().count() > Self::CHARS_MAX {
            return Err(ValueRefusal::TooLong { max: Self::CHARS_MAX });
        }
        let (local, domain) = text.rsplit_once('@').ok_or(ValueRefusal::NotAnEmail)?;
        if local_part(local) && domain_name(domain) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ValueRefusal::NotAnEmail)
        }
    }

    /// An address read back from where a parsed one was stored.
    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The address itself: personal data, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(hidden)")
    }
}

/// A telephone number: `+7` and ten digits where it fits that form, else its digits as given.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// The fewest digits, the prefix's one among them: the MVP's rule, which the apps rely on.
    pub const DIGITS_MIN: usize = 10;
    /// The most digits (ITU-T E.164).
    pub const DIGITS_MAX: usize = 15;

    /// Reads a number that starts with `+7` or `8` and has 10 to 15 digits; spaces, hyphens and brackets may stand
    /// between them.
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let text = raw.trim();
        let (international, rest) = match (text.strip_prefix("+7"), text.strip_prefix('8')) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(ValueRefusal::NotAPhone),
        };
        let plain = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '\u{A0}');
        if !rest.chars().all(plain) {
            return Err(ValueRefusal::NotAPhone);
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        // The prefix is one digit more: +7 and 8 both stand for the country.
        let count = digits.len() + 1;
        if !(Self::DIGITS_MIN..=Self::DIGITS_MAX).contains(&count) {
            return Err(ValueRefusal::NotAPhone);
        }
        let national = digits.len() == 10;
        Ok(Self(if national || international {
            format!("+7{digits}")
        } else {
            format!("8{digits}")
        }))
    }

    /// A number read back from where a parsed one was stored.
    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The number itself: personal data, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(hidden)")
    }
}

/// RFC 5321's dot-string; quoted local parts are refused: nobody has one, attackers do.
fn local_part(local: &str) -> bool {
    let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
    local.len() <= Email::LOCAL_CHARS_MAX
        && local
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn domain_name(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= Email::LABEL_CHARS_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    // A numeric top level would be an address literal, not a name.
    domain.contains('.') && domain.split('.').all(label) && !top.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_lowered_and_trimmed() {
        assert_eq!(
            Email::parse("  Ivan.Petrov+tot@Example.COM ").unwrap().as_str(),
            "ivan.petrov+tot@example.com"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        for raw in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@localhost",
            "a b@example.com",
            "a@exa mple.com",
            "a@@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example-.com",
            "a@example..com",
            "a@127.0.0.1",
            "a@example.com\r\nBcc: b@example.com",
            "\"a b\"@example.com",
            "иван@example.com",
            "a@example.com\0",
            &long_local,
        ] {
            assert_eq!(Email::parse(raw), Err(ValueRefusal::NotAnEmail), "{raw:?}");
        }
        let long = format!("a@{}.com", "b".repeat(260));
        assert_eq!(Email::parse(&long), Err(ValueRefusal::TooLong { max: 254 }));
    }

    #[test]
    fn a_number_takes_its_international_form_where_it_fits() {
        for raw in [
            "+79991234567",
            "89991234567",
            "8 (999) 123-45-67",
            "+7 999 123 45 67",
        ] {
            assert_eq!(Phone::parse(raw).unwrap().as_str(), "+79991234567", "{raw}");
        }
        // Ten digits with their 8 pass the MVP's rule but are one short of a national number.
        assert_eq!(Phone::parse("8999123456").unwrap().as_str(), "8999123456");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for raw in [
            "",
            "+7",
            "8",
            "899912345",
            "+1 202 555 0100",
            "79991234567",
            "8999123456a",
            "+7999123456７",
            "+7999123456789012",
        ] {
            assert_eq!(Phone::parse(raw), Err(ValueRefusal::NotAPhone), "{raw:?}");
        }
    }

    #[test]
    fn neither_shows_itself() {
        let shown = format!(
            "{:?} {:?}",
            Email::parse("marker@example.com").unwrap(),
            Phone::parse("+79990001122").unwrap()
        );
        assert!(!shown.contains("marker") && !shown.contains("999000"), "{shown}");
    }
}
