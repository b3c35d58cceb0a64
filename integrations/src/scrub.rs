//! Takes out of a provider's words what could be somebody's: addresses, telephone and card numbers.

/// The longest description that is kept, in characters.
const CHARS_MAX: usize = 200;
/// As many digits in a row, with or without spaces and hyphens between them, may be a person's number.
const DIGITS_MAX: usize = 6;
const HIDDEN: &str = "[hidden]";

/// The text without addresses and long numbers, shortened.
pub(crate) fn scrub(text: &str) -> String {
    let without_addresses: Vec<&str> = text
        .split_whitespace()
        .map(|word| if word.contains('@') { HIDDEN } else { word })
        .collect();
    hide_numbers(&without_addresses.join(" "))
        .chars()
        .take(CHARS_MAX)
        .collect()
}

fn hide_numbers(text: &str) -> String {
    let (mut kept, mut run) = (String::new(), String::new());
    for character in text.chars() {
        if character.is_numeric() || (!run.is_empty() && matches!(character, ' ' | '-' | '(' | ')' | '*')) {
            run.push(character);
        } else {
            close(&mut kept, &mut run);
            kept.push(character);
        }
    }
    close(&mut kept, &mut run);
    kept
}

fn close(kept: &mut String, run: &mut String) {
    let digits = run.chars().filter(|character| character.is_numeric()).count();
    if digits > DIGITS_MAX {
        kept.push_str(HIDDEN);
        let digits_end = run
            .trim_end_matches(|character: char| !character.is_numeric())
            .len();
        kept.push_str(run.get(digits_end..).unwrap_or_default());
    } else {
        kept.push_str(run);
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_words_keep_their_sense_and_lose_people() {
        for (said, kept) in [
            ("Invalid API key provided", "Invalid API key provided"),
            ("Amount exceeds 500000 roubles", "Amount exceeds 500000 roubles"),
            (
                "Bad email ivan.petrov@example.com given",
                "Bad email [hidden] given",
            ),
            ("Phone 79990001122 is wrong", "Phone [hidden] is wrong"),
            ("Phone +7 (999) 000-11-22", "Phone +[hidden]"),
            ("card 5555 5555 5555 4444", "card [hidden]"),
            ("card 555555******4444.", "card [hidden]."),
        ] {
            assert_eq!(scrub(said), kept);
        }
        assert_eq!(scrub(&"ы ".repeat(500)).chars().count(), 200);
    }
}
