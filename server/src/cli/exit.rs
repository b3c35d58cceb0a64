//! The exit codes of every command: one table, which `--help` and docs/how-to/use-the-command-line.md show.

/// What was to be shown is not so: the books differ, the log or a proof does not hold, a witness did not take the head, an analyst's
/// query does not yield.
pub const NOT_SO: u8 = 3;
/// A part could not be compared, so that nothing is known of it; in the rest nothing differs, else it is [`NOT_SO`].
pub const INCOMPLETE: u8 = 4;
/// Somebody interrupted it; what it printed tells how to go on.
pub const INTERRUPTED: u8 = 130;

/// All of them, for `--help`.
pub const HELP: &str = "\
Exit codes:
  0    it is done, or it is so
  1    it failed, and standard error says why
  2    the command line is wrong
  3    it is not so: the books differ, the log or a proof does not hold, a witness did not take the head, a query does not yield
  4    a part could not be compared, and in the rest nothing differs: run it again
  130  it was interrupted";

#[cfg(test)]
mod tests {
    use super::{HELP, INCOMPLETE, INTERRUPTED, NOT_SO};

    const PAGE: &str = include_str!("../../../docs/how-to/use-the-command-line.md");

    #[test]
    fn the_help_and_the_page_tell_every_code() {
        for code in [0, 1, 2, NOT_SO, INCOMPLETE, INTERRUPTED] {
            let told = HELP
                .lines()
                .filter(|line| line.trim_start().starts_with(&format!("{code} ")));
            assert_eq!(told.count(), 1, "{code}");
            assert_eq!(PAGE.matches(&format!("\n| {code} | ")).count(), 1, "{code}");
        }
    }
}
