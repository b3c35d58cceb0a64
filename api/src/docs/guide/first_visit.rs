//! From nothing to a paid visit: the steps as the README has them, which a test takes as they stand.

/// Where the steps are written.
const README: &str = include_str!("../../../../README.md");
/// The README's heading above them.
const HEADING: &str = "\n## A paid visit in five steps\n";

/// The commands of each step.
pub fn steps() -> impl Iterator<Item = &'static str> {
    let (_, section) = README.split_once(HEADING).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    section
        .split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(commands, _)| commands)
}
