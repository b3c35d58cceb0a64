//! The page that is made of the tables: how many of each status, what lacks, then each chapter row by row.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::table::{Chapter, Row, Status};

/// No line of a document is longer.
const COLUMNS_MAX: usize = 140;
/// What the page begins with.
const HEAD: &str = "\
# OWASP ASVS 5.0.0, levels 1 and 2

Generated from the tables in `docs/security/asvs`: [how to change it](README.md#how-the-asvs-page-is-kept). The
[standard](https://github.com/OWASP/ASVS/tree/v5.0.0/5.0) is OWASP's; here are its numbers, each requirement in a few words of our own.
A test that is named fails where the requirement no longer holds. Who attacks, and what is accepted: [threat model](threat-model.md).
";

/// The whole page.
pub fn of(chapters: &[Chapter], tests: &BTreeMap<String, PathBuf>) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| chapter | met | partly | missing | n/a | all |\n|---|---|---|---|---|---|\n");
    for chapter in chapters {
        let title = format!("{} {}", chapter.id, chapter.title);
        counts(&mut page, &title, chapter.rows.iter());
    }
    let all = || chapters.iter().flat_map(|chapter| &chapter.rows);
    for level in [1, 2] {
        let of_level = all().filter(|row| row.level == level);
        counts(&mut page, &format!("of level {level}"), of_level);
    }
    counts(&mut page, "**all**", all());
    page.push_str("\n## What lacks\n\n");
    for row in all() {
        if let Some(lacks) = &row.lacks {
            item(&mut page, row, lacks);
        }
    }
    for chapter in chapters {
        write!(page, "\n## {} {}\n\n", chapter.id, chapter.title).unwrap();
        for row in &chapter.rows {
            item(&mut page, row, &shown(row, tests));
        }
    }
    page
}

fn counts<'r>(page: &mut String, title: &str, rows: impl Iterator<Item = &'r Row>) {
    let statuses: Vec<Status> = rows.map(|row| row.status).collect();
    let of = |status| statuses.iter().filter(|found| **found == status).count();
    let [met, partly, missing, not_applicable] = Status::ALL.map(of);
    let all = statuses.len();
    writeln!(
        page,
        "| {title} | {met} | {partly} | {missing} | {not_applicable} | {all} |"
    )
    .unwrap();
}

/// One requirement as an item of a list, broken between words.
fn item(page: &mut String, row: &Row, rest: &str) {
    let (id, level, status, asks) = (&row.id, row.level, row.status, &row.asks);
    let text = format!("- **{id}** (level {level}) {asks}: **{status}**. {rest}");
    let mut columns = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if columns > 0 && columns + 1 + width > COLUMNS_MAX {
            page.push_str("\n ");
            columns = 1;
        }
        if columns > 0 {
            page.push(' ');
            columns += 1;
        }
        page.push_str(word);
        columns += width;
    }
    page.push('\n');
}

/// What a row says beside what it asks, with links to its tests and its document.
fn shown(row: &Row, tests: &BTreeMap<String, PathBuf>) -> String {
    let mut parts: Vec<String> = [&row.holds, &row.reason].into_iter().flatten().cloned().collect();
    parts.extend(row.tests.iter().map(|name| {
        let function = name.rsplit("::").next().unwrap_or(name);
        let path = tests.get(name).map(|path| path.display().to_string());
        format!("[`{function}`](../../{})", path.unwrap_or_default())
    }));
    parts.extend(row.document.iter().map(|document| {
        let path = document.split('#').next().unwrap_or(document);
        format!("[{path}](../../{document})")
    }));
    parts.extend(row.lacks.iter().map(|lacks| format!("**Lacks:** {lacks}")));
    parts.join(" ")
}
