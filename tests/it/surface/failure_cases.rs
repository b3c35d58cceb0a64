//! Every way in which real money can go wrong has a test by its number, and a line on the page that explains it.

use std::collections::BTreeSet;

use super::source_layout::sources;

/// The numbers of the research.
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=33;
/// The page.
const PAGE: &str = include_str!("../../../docs/FAILURE-CASES.md");

#[test]
fn every_failure_case_has_a_test_and_a_line() {
    let tests = tests();
    let numbers: BTreeSet<u32> = tests.iter().flat_map(|name| numbers_of(name)).collect();
    for number in NUMBERS {
        assert!(numbers.contains(&number), "case {number} has no test");
    }
    let unknown: Vec<_> = numbers
        .iter()
        .filter(|number| !NUMBERS.contains(number))
        .collect();
    assert!(unknown.is_empty(), "there are no cases {unknown:?}");
    for number in NUMBERS {
        let line = format!("\n- **{number}.** ");
        assert_eq!(
            PAGE.matches(&line).count(),
            1,
            "the page has one line for case {number}"
        );
    }
}

#[test]
fn the_page_names_the_tests_there_are_and_no_others() {
    let tests = tests();
    let named: BTreeSet<String> = PAGE
        .split('`')
        .filter(|word| is_numbered(word))
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = tests.difference(&named).collect();
    let gone: Vec<_> = named.difference(&tests).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not on the page: {missing:#?}, not in the sources: {gone:#?}"
    );
}

/// The names of all tests about failure cases and complaints.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in sources() {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some((before, rest)) = line.split_once("fn ") {
                let name = rest.split(['(', '<']).next().unwrap_or_default();
                let declares = before.is_empty() || before == "async ";
                if declares && is_test && is_numbered(name) {
                    names.insert(name.to_owned());
                }
                is_test = false;
            }
        }
    }
    names
}

fn is_numbered(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (name.starts_with("case_") || name.starts_with("complaint_")) && name.bytes().all(plain)
}

/// The numbers in a name such as `case_01_and_case_02_…`.
fn numbers_of(name: &str) -> Vec<u32> {
    let parts = name.split("case_").skip(1);
    parts.filter_map(|part| part.get(..2)?.parse().ok()).collect()
}
