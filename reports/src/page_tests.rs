//! The page for analysts and the reports are the same: each question with its name and its SQL, in the same order.

use std::path::Path;

use crate::catalogue::REPORTS;

#[test]
fn the_page_shows_every_report_with_the_very_text_that_is_run() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/analysts.md");
    let page = std::fs::read_to_string(path).unwrap();
    let sections: Vec<&str> = page.split("\n### ").skip(1).collect();
    assert_eq!(sections.len(), REPORTS.len(), "one section for each");
    for ((section, report), number) in sections.iter().zip(&REPORTS).zip(1..) {
        let heading = format!("{number}. {}\n\n`{}`", report.title_en, report.name);
        assert!(section.starts_with(&heading), "instead of {heading:?}: {section}");
        let blocks: Vec<&str> = section.split("```").skip(1).step_by(2).collect();
        let [block] = blocks[..] else {
            panic!("one block of SQL is wanted under {heading}");
        };
        assert_eq!(block.strip_prefix("sql\n"), Some(report.sql), "{heading}");
    }
}
