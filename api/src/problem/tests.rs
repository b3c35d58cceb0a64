//! Codes, their pages, and problems as they are written down.

use std::path::{Path, PathBuf};

use super::*;
use crate::problem::field_error::FieldProblem;

#[test]
fn every_page_in_the_folder_is_a_code_and_says_what_the_code_answers() {
    for (folder, language, words) in [
        ("", Language::English, "HTTP status"),
        ("/ru", Language::Russian, "статус HTTP"),
    ] {
        let folder = format!("{}/../docs/problems{folder}", env!("CARGO_MANIFEST_DIR"));
        let mut pages = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                continue;
            }
            let code = Code::parse(path.file_stem().unwrap().to_str().unwrap()).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let answer = Problem::plain(code).write("", "/", "t", language);
            let (title, status) = (code.title(language), answer.status().as_u16());
            let head = format!("# {title}\n\n`{}` · {words} {status}\n", code.as_str());
            assert!(text.starts_with(&head), "{}: {head}", path.display());
            assert_eq!(code.page(language), text);
            pages += 1;
        }
        assert_eq!(pages, Code::ALL.len());
    }
}

#[test]
fn every_code_speaks_both_languages() {
    for code in Code::ALL {
        let [russian, english] = Language::ALL.map(|language| code.title(language));
        let is_cyrillic = |text: &str| text.chars().any(|letter| ('а'..='я').contains(&letter));
        assert!(
            is_cyrillic(russian) && !is_cyrillic(english),
            "{russian}, {english}"
        );
        assert!(
            is_cyrillic(&Problem::plain(code).detail(Language::Russian)),
            "{}",
            code.as_str()
        );
    }
}

#[test]
fn a_problem_is_told_in_the_language_of_whoever_asks() {
    let faults = ["/amount", "/address"].map(|at| FieldProblem::new("required", "is required").at(at));
    let told = |problem: &Problem, language| {
        let answer = problem.write("", "/", "t", language);
        assert_eq!(answer.headers()["content-language"], language.tag());
        let body = futures::executor::block_on(axum::body::to_bytes(answer.into_body(), 10_000)).unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    let [one, _] = faults.clone();
    let one = Problem::invalid(vec![one]);
    assert_eq!(told(&one, Language::English)["detail"], "/amount is required");
    assert_eq!(told(&one, Language::Russian)["detail"], "/amount: обязательно");
    let both = Problem::invalid(faults.to_vec());
    assert_eq!(
        told(&both, Language::Russian)["title"],
        "Запрос составлен неверно"
    );
    assert_eq!(
        told(&both, Language::Russian)["errors"][1]["message"],
        "обязательно"
    );
    assert_eq!(
        told(&both, Language::English)["errors"][1]["message"],
        "is required"
    );
    let known = Problem::new(Code::NotNow, "no").in_russian("нет");
    assert_eq!(told(&known, Language::Russian)["detail"], "нет");
}

#[test]
fn a_written_problem_has_every_member_of_the_contract() {
    let problem = Problem::new(Code::PriceChanged, "the price is now 2000.00 RUB")
        .with_money("price", Money::kopecks(200_000));
    let response = problem.write("http://tot.example", "/api/v1/bookings", "abc", Language::English);
    assert_eq!(response.status(), 409);
    assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
    let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 10_000)).unwrap();
    let document: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        document,
        serde_json::json!({
            "type": "http://tot.example/problems/price_changed",
            "title": "The price is another one",
            "status": 409,
            "detail": "the price is now 2000.00 RUB",
            "instance": "/api/v1/bookings",
            "code": "price_changed",
            "trace_id": "abc",
            "price": {"amount": "2000.00", "currency": "RUB"},
        })
    );
}

#[test]
fn a_503_says_when_to_come_back_and_a_401_says_how_to_sign_in() {
    let busy = Problem::plain(Code::Busy).write("", "/", "t", Language::English);
    assert_eq!(busy.headers()[header::RETRY_AFTER], "1");
    let missing = Problem::plain(Code::TokenMissing).write("", "/", "t", Language::English);
    assert_eq!(missing.headers()[header::WWW_AUTHENTICATE], "Bearer");
}

/// What is told of one occurrence in one language is told in the other: whoever asks for none gets Russian.
#[test]
fn every_detail_has_its_russian_and_both_tell_the_same_values() {
    let mut seen = 0;
    in_sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut |path, text| {
            let own = if path.starts_with("problem") {
                "Self::new(Code::"
            } else {
                "Problem::new("
            };
            for (at, call) in text.match_indices(own) {
                if text.get(..at).unwrap().ends_with("Field") {
                    continue;
                }
                let rest = text.get(at + call.len()..).unwrap();
                // What is said in the same breath; twelve lines hold every one of them.
                let near: String = rest.lines().take(12).collect::<Vec<_>>().join("\n");
                let (english, russian) = near
                    .split_once("in_russian(")
                    .unwrap_or_else(|| panic!("{}: {near}", path.display()));
                // A sentence of its own has its values by itself; `refusals` holds those to account.
                let sentence = |said: &str| said.split('"').nth(1).map(str::to_owned);
                if let (Some(english), Some(russian)) = (sentence(english), sentence(russian)) {
                    let values = [&english, &russian].map(|said| said.matches('{').count());
                    assert_eq!(values[0], values[1], "{english} / {russian}");
                }
                seen += 1;
            }
        },
    );
    assert!(seen > 15, "{seen}");
}

fn in_sources(folder: &Path, read: &mut impl FnMut(&Path, &str)) {
    for (path, text) in sources(folder) {
        let path = path
            .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
            .unwrap();
        let of_tests = path.iter().any(|part| part == "tests" || part == "tests.rs");
        let of_the_problem = path.ends_with("problem/mod.rs") || path.ends_with("problem/page.rs");
        if !of_tests && !of_the_problem {
            read(path, &text);
        }
    }
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| match path.is_dir() {
        true => sources(&path),
        false => {
            let text = std::fs::read_to_string(&path).unwrap();
            vec![(path, text)]
        }
    });
    found.collect()
}
