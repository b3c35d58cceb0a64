//! Where tests find the providers' specifications, which belong to their publishers and are not copied here.

use std::path::PathBuf;

/// A file of the specifications folder (`TOT_PROVIDER_SPECS`, else beside the repository), or none, said loudly.
pub(crate) fn read(name: &str) -> Option<String> {
    let folder = std::env::var_os("TOT_PROVIDER_SPECS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs"),
        PathBuf::from,
    );
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!(
            "SKIPPED: {} is not there; set TOT_PROVIDER_SPECS to check against it",
            path.display()
        );
    }
    text
}
