//! Every fault of a field as a Russian sentence: `faults.txt` has both, `{}` standing for a bound or a choice that both of them tell.

use std::borrow::Cow;

/// An English sentence and the same in Russian, a line each, ` = ` between them.
const SENTENCES: &str = include_str!("faults.txt");
/// What stands in a sentence for a value, which is kept as it is.
const VALUE: &str = "{}";

/// The same in Russian, its values kept; the English one where there is no sentence for it, which a test rules out.
pub fn of(english: Cow<'static, str>) -> Cow<'static, str> {
    told(&english).map_or(english, Cow::Owned)
}

/// The sentence that says most of its words itself: one that is known whole comes before one with values.
fn told(english: &str) -> Option<String> {
    let fitting = sentences().filter_map(|(known, russian)| Some((known, russian, values(known, english)?)));
    let (_, russian, values) = fitting.max_by_key(|(known, ..)| known.replace(VALUE, "").len())?;
    let mut values = values.into_iter();
    let mut said = String::new();
    for (index, part) in russian.split(VALUE).enumerate() {
        if index > 0 {
            said.push_str(values.next()?);
        }
        said.push_str(part);
    }
    Some(said)
}

fn sentences() -> impl Iterator<Item = (&'static str, &'static str)> {
    SENTENCES.lines().filter_map(|line| line.split_once(" = "))
}

/// What `english` has where `known` leaves a value open; nothing where it is another sentence.
fn values<'e>(known: &str, english: &'e str) -> Option<Vec<&'e str>> {
    let mut parts = known.split(VALUE);
    let mut rest = english.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty().then_some(found);
    }
    while let Some(part) = parts.next() {
        let (value, behind) = match parts.peek() {
            Some(_) => rest.split_once(part)?,
            None => (rest.strip_suffix(part)?, ""),
        };
        found.push(value);
        rest = behind;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    /// Whose messages are faults', beside what `FieldProblem::new` is given here: a file and the type in it.
    const MESSAGES: [(&str, &str); 9] = [
        ("domain/src/price_list/terms_error.rs", "enum Unlawful"),
        ("domain/src/time.rs", "struct EmptyRange"),
        ("identity/src/values/mod.rs", "enum ValueRefusal"),
        ("reports/src/filter.rs", "enum FilterError"),
        ("webhooks/src/address.rs", "enum AddressRefusal"),
        ("history/src/find/query.rs", "struct NotFindable"),
        ("projections/src/page.rs", "struct CursorRefusal"),
        ("api/src/extract/body.rs", "struct NotCanonical"),
        ("exports/src/error.rs", "NoPositions(Source)"),
    ];

    fn said(english: &'static str) -> String {
        of(Cow::Borrowed(english)).into_owned()
    }

    #[test]
    fn bounds_and_choices_are_kept() {
        for (english, russian) in [
            ("must have at most 64 characters", "не больше 64 знаков"),
            (
                "must have at most 2048 characters, encoded as a URL",
                "в виде URL не больше 2048 знаков",
            ),
            (
                "the period is longer than 3660 days: ask for a shorter one, or for several",
                "период длиннее 3660 дней: возьмите короче или несколько",
            ),
            ("must be between -90 and 90", "от -90 до 90"),
            ("must be between 1 and 240 minutes", "от 1 до 240 минут"),
            ("a number from 0 to 80 is needed", "от 0 до 80"),
            ("must be one of urgent, scheduled", "одно из: urgent, scheduled"),
            (
                "is not a parameter of this request: there are limit, cursor",
                "такого параметра в этом запросе нет; есть limit, cursor",
            ),
            (
                "the period ends on 2026-01-01, before it begins on 2026-02-01",
                "период кончается 2026-01-01, раньше, чем начинается 2026-02-01",
            ),
            ("nobody ever said this", "nobody ever said this"),
        ] {
            assert_eq!(said(english), russian);
        }
    }

    #[test]
    fn every_fault_is_told_in_russian_with_every_value_and_no_other_is() {
        let mut used = BTreeSet::new();
        for sentence in sentences_of_the_sources() {
            // Names as values, so that no sentence fits by chance, and each value can be looked for.
            let mut english = String::new();
            for (index, part) in sentence.split(VALUE).enumerate() {
                if index > 0 {
                    english.push_str(&format!("value_{index}"));
                }
                english.push_str(part);
            }
            let russian = told(&english).unwrap_or_else(|| panic!("no Russian for: {sentence}"));
            for value in carried(&english) {
                assert!(
                    russian.contains(value),
                    "{value} of {english:?} is not in {russian:?}"
                );
            }
            let fitting = sentences().filter(|(known, _)| values(known, &english).is_some());
            let best = fitting.max_by_key(|(known, _)| known.replace(VALUE, "").len());
            used.insert(best.unwrap().0);
        }
        let unused: Vec<_> = sentences().filter(|(known, _)| !used.contains(known)).collect();
        assert!(unused.is_empty(), "{unused:#?}");
        for (known, russian) in sentences() {
            assert_eq!(
                known.matches(VALUE).count(),
                russian.matches(VALUE).count(),
                "{known}"
            );
        }
        assert_eq!(SENTENCES.lines().count(), sentences().count());
    }

    /// What a sentence must not lose in another language: figures, names of fields and parameters, examples.
    fn carried(sentence: &str) -> impl Iterator<Item = &str> {
        let words = sentence
            .split_whitespace()
            .map(|word| word.trim_matches(|c| ",;:.()'".contains(c)));
        words.filter(|word| word.contains(|c: char| c.is_ascii_digit() || "_`@/\"#".contains(c)))
    }

    /// Every sentence that a fault may have, `{}` where it is completed.
    fn sentences_of_the_sources() -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        in_sources(&Path::new(ROOT).join("api/src"), &mut |text| {
            for (at, call) in text.match_indices("FieldProblem::new(") {
                let arguments = balanced(text.get(at + call.len()..).unwrap());
                let (_, message) = arguments.split_once(',').unwrap();
                let message = message.trim().trim_end_matches(',');
                let is_a_name = message
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                let told = if is_a_name {
                    let bound = format!("let {message} = ");
                    let (_, said) = text.get(..at).unwrap().rsplit_once(&bound).expect(message);
                    literals(said.split_once(';').unwrap().0)
                } else {
                    literals(message)
                };
                // What has no words here is a refusal's own, of `MESSAGES`.
                assert!(!told.is_empty() || message.ends_with(".to_string()"), "{message}");
                found.extend(told);
            }
        });
        for (file, declared) in MESSAGES {
            let text = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
            let (before, after) = text.split_once(declared).expect(declared);
            let (own, variants) = if declared.starts_with("enum ") {
                ("", after.split_once("\n}").unwrap().0)
            } else {
                (before.rsplit_once("#[error(").unwrap().1, "")
            };
            let messages = variants.split("#[error(").skip(1).chain([own]);
            found.extend(messages.filter_map(|message| literals(balanced(message)).into_iter().next()));
        }
        assert!(found.len() > 80, "{found:#?}");
        found
    }

    /// Up to the bracket that closes what is open before `text`.
    fn balanced(text: &str) -> &str {
        let (mut depth, mut quoted, mut escaped) = (1, false, false);
        for (at, letter) in text.char_indices() {
            match letter {
                '"' if !escaped => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                _ => {}
            }
            escaped = letter == '\\' && !escaped;
            if depth == 0 {
                return text.get(..at).unwrap();
            }
        }
        text
    }

    /// The texts in a piece of source, what is put into them left open.
    fn literals(source: &str) -> Vec<String> {
        // A quote within a text, and a text that goes on in the next line.
        let source = source.replace("\\\"", "\u{1}");
        let lines = source.split("\\\n").enumerate();
        let lines = lines.map(|(index, line)| if index > 0 { line.trim_start() } else { line });
        let source: String = lines.collect();
        let texts = source.split('"').skip(1).step_by(2);
        texts
            .map(|text| {
                let mut open = String::new();
                for (index, part) in text.split('{').enumerate() {
                    let part = match index {
                        0 => part,
                        _ => {
                            open.push_str(VALUE);
                            part.split_once('}').unwrap().1
                        }
                    };
                    open.push_str(part);
                }
                open.replace('\u{1}', "\"")
            })
            .collect()
    }

    fn in_sources(folder: &Path, read: &mut impl FnMut(&str)) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                in_sources(&path, read);
            } else if path.is_file() && !path.ends_with("faults.rs") && !path.ends_with("faults.txt") {
                read(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
}
