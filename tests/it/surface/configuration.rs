//! A platform that is not fully configured does not start, and says everything that is wrong at once.

use kit::platform::Platform;

#[tokio::test]
async fn a_missing_secret_stops_the_start_and_is_named() {
    for variable in [
        "TOT_COMMAND_SECRET",
        "TOT_TOKEN_KEYS",
        "TOT_MASTER_KEYS",
        "TOT_DATABASE_URL",
        "TOT_NATS_URL",
    ] {
        let mut platform = Platform::prepare().await;
        platform.unset(variable);
        let output = platform.try_tot(&["serve"], "").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{variable}");
        assert!(said.contains(&format!("{variable} is not set")), "{said}");

        platform.stop().await;
    }
}

#[tokio::test]
async fn a_secret_is_read_from_its_file_and_never_from_two_places() {
    let mut platform = Platform::prepare().await;
    let file = platform.folder().join("command-secret");
    std::fs::write(&file, format!("{}\n", platform.variable("TOT_COMMAND_SECRET"))).unwrap();
    platform.set("TOT_COMMAND_SECRET_FILE", file.to_str().unwrap());
    let output = platform.try_tot(&["serve"], "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    let mend = "TOT_COMMAND_SECRET and TOT_COMMAND_SECRET_FILE are both set: unset one of them";
    assert!(said.contains(mend), "{said}");
    platform.unset("TOT_COMMAND_SECRET");
    platform.serve("api").await;
    platform.stop().await;
}

#[tokio::test]
async fn every_fault_is_told_at_once_and_no_value_is_shown() {
    let mut platform = Platform::prepare().await;
    platform.unset("TOT_DATABASE_URL");
    platform.set("TOT_COMMAND_SECRET", "5ec4e7");
    platform.set("TOT_LISTEN", "everywhere");
    platform.set("TOT_RATE_LIMIT_WRITES_PER_ACCOUNT", "none");
    platform.set("TOT_NATS_URL", "http://user:pa55w0rd@nats");
    let output = platform.try_tot(&["serve"], "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    for variable in [
        "TOT_DATABASE_URL",
        "TOT_COMMAND_SECRET",
        "TOT_LISTEN",
        "TOT_RATE_LIMIT_WRITES_PER_ACCOUNT",
        "TOT_NATS_URL",
    ] {
        assert!(said.contains(variable), "{variable} in {said}");
    }
    for value in ["5ec4e7", "pa55w0rd"] {
        assert!(!said.contains(value), "{said}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_as_the_fault() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_DATABASE_URL", "postgres://tot_app:pa55w0rd@127.0.0.1:9/tot");
    let output = platform.try_tot(&["serve"], "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(said.contains("the log cannot be opened"), "{said}");
    assert!(!said.contains("pa55w0rd"), "{said}");
    platform.stop().await;
}
