//! The programs an analyst works with, `psql` and Python, run beside the platform; one that is missing fails the test and says so.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use dev_stack::Layout;
use tokio::process::Command;

/// Runs a script of tests/analysts, with `psql` on the path, and answers what it printed; its failure is the test's.
pub async fn python(arguments: &[&str]) -> String {
    python_with(arguments, &[]).await
}

/// The same with more variables.
pub async fn python_with(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let program = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(&program);
    command
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("analysts"))
        .env("PATH", path_with(&psql_folder()))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(variables.iter().copied());
    let mend = format!("{program} cannot be run: install Python 3.10 or newer, or name one in PYTHON");
    run(command, &mend).await
}

/// Runs a file of SQL; its first error is the test's.
pub async fn psql(url: &str, file: &Path) {
    let mut command = Command::new(psql_folder().join("psql"));
    command
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
        .arg("--file")
        .arg(file)
        .arg(url);
    run(command, "psql cannot be run").await;
}

async fn run(mut command: Command, mend: &str) -> String {
    let output = command
        .output()
        .await
        .unwrap_or_else(|error| panic!("{mend}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{printed}\n{said}");
    printed
}

/// The one that came with the servers, else the first on the path.
fn psql_folder() -> PathBuf {
    let packaged = Layout::discover().unwrap().postgres_program("psql");
    let of_path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::iter::once(packaged)
        .chain(std::env::split_paths(&of_path).map(|folder| folder.join("psql")))
        .find(|program| program.is_file());
    let Some(program) = found else {
        panic!(
            "psql is neither among the servers nor on the path: run tools/scripts/setup, or install Postgres' client"
        );
    };
    program.parent().unwrap().to_owned()
}

fn path_with(folder: &Path) -> OsString {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&before));
    std::env::join_paths(folders).unwrap()
}
