//! The figures this code is held to: no file, function or line of a document too long to read.

use std::process::Command;

#[test]
fn no_file_function_or_line_of_a_document_is_too_long_to_read() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/scripts/measure-code");
    let output = Command::new(script).arg("--check").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{failed}");
}
