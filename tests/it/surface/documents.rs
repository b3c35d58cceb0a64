//! What documents name is there: files and folders in back-ticks, and what links lead to.

use std::path::{Path, PathBuf};

use super::source_layout::files_ending;

/// Endings by which a word without a slash is the name of a file of ours.
const ENDINGS: [&str; 4] = [".rs", ".md", ".sql", ".py"];

#[test]
fn every_path_that_a_document_names_exists() {
    let files: Vec<PathBuf> = files_ending("").into_iter().map(|(path, _)| path).collect();
    let mut missing = Vec::new();
    for (document, text) in files_ending(".md") {
        for word in text.split('`').skip(1).step_by(2) {
            if is_path(word, &files) && !names_one(word, &files) {
                missing.push(format!("{}: `{word}`", document.display()));
            }
        }
        for link in links(&text) {
            if !root().join(document.parent().unwrap()).join(link).exists() {
                missing.push(format!("{}: ({link})", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Whether a back-ticked word means a file or a folder of this repository: it ends like a source, or begins with a folder there is.
fn is_path(word: &str, files: &[PathBuf]) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let is_ours = word.chars().all(plain) && !word.starts_with(['/', '.']);
    let first = word.split('/').next().unwrap_or_default();
    let is_below_a_folder = word.contains('/')
        && files
            .iter()
            .any(|path| path.iter().rev().skip(1).any(|part| part == first));
    is_ours && (is_below_a_folder || ENDINGS.iter().any(|ending| word.ends_with(ending)))
}

/// Whether some file, or a folder above it, has a path that ends with `word`; documents leave out what their subject makes clear.
fn names_one(word: &str, files: &[PathBuf]) -> bool {
    let word = Path::new(word);
    files
        .iter()
        .any(|path| path.ancestors().any(|above| above.ends_with(word)))
}

/// What the links of a document lead to inside this repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter_map(|link| link.split('#').next())
        .filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with('/'))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
