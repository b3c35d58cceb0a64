//! The tests of the workspace by the names that nextest prints: package, target, modules, function.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::source_layout::{files_ending, sources};

/// A package of the workspace.
struct Package {
    folder: PathBuf,
    name: String,
    /// The name of its program, where it is not the package's.
    program: Option<String>,
}

/// Every test, and the file in which it stands.
pub fn all() -> BTreeMap<String, PathBuf> {
    let (packages, sources) = (packages(), sources());
    let mut found = BTreeMap::new();
    for (path, text) in &sources {
        let inside = |package: &&Package| path.starts_with(&package.folder);
        let package = packages
            .iter()
            .filter(inside)
            .max_by_key(|package| package.folder.iter().count());
        let Some(package) = package else { continue };
        let has_library = sources
            .iter()
            .any(|(other, _)| *other == package.folder.join("src/lib.rs"));
        let (target, modules) = target(package, path.strip_prefix(&package.folder).unwrap(), has_library);
        for name in names(text) {
            let parts = modules.iter().chain(&name).map(String::as_str);
            let full = parts.collect::<Vec<_>>().join("::");
            found.insert(format!("{target} {full}"), path.clone());
        }
    }
    found
}

fn packages() -> Vec<Package> {
    let of = |(path, text): (PathBuf, String)| {
        let (_, package) = text.split_once("[package]")?;
        Some(Package {
            folder: path.parent()?.to_owned(),
            name: quoted(package, "name = ")?,
            program: text
                .split_once("[[bin]]")
                .and_then(|(_, program)| quoted(program, "name = ")),
        })
    };
    files_ending("Cargo.toml").into_iter().filter_map(of).collect()
}

/// The first value of a key in quotes.
fn quoted(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.split('"').nth(1)?.to_owned())
}

/// What a file is compiled into, and its modules there.
fn target(package: &Package, file: &Path, has_library: bool) -> (String, Vec<String>) {
    let without_ending = file.with_extension("");
    let mut parts: Vec<String> = without_ending
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    let name = &package.name;
    let first = parts.remove(0);
    let target = match first.as_str() {
        "src" if has_library => name.clone(),
        "src" => format!("{name}::bin/{}", package.program.as_ref().unwrap_or(name)),
        "tests" if !parts.is_empty() => format!("{name}::{}", parts.remove(0)),
        _ => format!("{name}::{first}"),
    };
    if parts
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        parts.pop();
    }
    (target, parts)
}

/// The tests of one source, each behind the modules that it opens inline; rustfmt puts a module's end below its first letter.
fn names(text: &str) -> Vec<Vec<String>> {
    let (mut found, mut modules, mut is_test) = (Vec::new(), Vec::<(usize, String)>::new(), false);
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        if let Some((_, module)) = line
            .strip_suffix(" {")
            .and_then(|opening| opening.rsplit_once("mod "))
        {
            modules.push((indent, module.to_owned()));
        } else if line == "}" && modules.last().is_some_and(|(opened, _)| *opened == indent) {
            modules.pop();
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((before, rest)) = line.split_once("fn ")
            && (before.is_empty() || before == "async ")
            && std::mem::take(&mut is_test)
        {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            let inside = modules.iter().map(|(_, module)| module.clone());
            found.push(inside.chain([name.to_owned()]).collect());
        }
    }
    found
}
