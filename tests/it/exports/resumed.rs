//! An export that was cut off goes on where it stopped, or says why it cannot.

use std::fs;
use std::process::Stdio;

use kit::database;
use kit::process::command;
use kit::wait::until;

use super::files::{export, refused, visited};

#[tokio::test]
async fn a_log_that_was_cut_off_goes_on_behind_its_last_whole_fact() {
    let scene = visited().await;
    let platform = &scene.platform;
    for format in ["csv", "jsonl"] {
        let whole = platform.folder().join(format!("whole.{format}"));
        export(platform, "events", format, &whole, &[]).await;
        let whole = fs::read(&whole).unwrap();
        let file = platform.folder().join(format!("cut.{format}"));
        let part = platform.folder().join(format!("cut.{format}.part"));
        // Behind a fact, within one, within its line's end, and at the very end.
        let line_end = whole.len() / 2
            + whole[whole.len() / 2..]
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap();
        for kept in [line_end + 1, line_end, line_end - 7, whole.len() - 1, whole.len()] {
            fs::write(&part, &whole[..kept]).unwrap();
            export(platform, "events", format, &file, &["--resume"]).await;
            assert!(
                fs::read(&file).unwrap() == whole,
                "{format} cut off after {kept} bytes"
            );
            assert!(!part.exists());
        }
    }
    scene.finish().await;
}

#[tokio::test]
async fn what_cannot_go_on_says_so_and_stays_as_it_was() {
    let scene = visited().await;
    let platform = &scene.platform;
    let whole = platform.folder().join("whole.csv");
    export(platform, "events", "csv", &whole, &[]).await;
    let text = fs::read_to_string(&whole).unwrap();
    let file = platform.folder().join("file");
    let part = platform.folder().join("file.part");
    let out = file.to_str().unwrap();
    let resume = |name, format| ["export", name, "--format", format, "--out", out, "--resume"];

    let said = refused(platform, &resume("events", "csv")).await;
    assert!(said.contains("file.part"), "there is none: {said}");
    let other_columns = text.replacen("position,", "position,surprise,", 1);
    // Another log has other facts at its positions.
    let last = text.trim_end().rfind('\n').unwrap();
    let other_log = format!("{}9{}", &text[..last - 1], &text[last..]).replace("Z,", "0Z,");
    // What is torn is a single byte of the next position; only the fact before it tells that it is another log.
    let torn = other_log[..other_log.find("\n5,").unwrap() + 2].to_owned();
    let longer = text[..text.find("\n6,").unwrap() + 1].replace("\n5,", "\n500000,");
    for (content, name, format, words) in [
        (&text, "bookings", "csv", "shows the present"),
        (&text, "events", "parquet", "Parquet"),
        (&text, "events", "jsonl", "no export of the log"),
        (&other_columns, "events", "csv", "other columns"),
        (&torn, "events", "csv", "another database"),
        (&longer, "events", "csv", "another database"),
        (&other_log, "events", "csv", "another database"),
        (
            &text[..text.find("\n2,").unwrap()].to_owned(),
            "events",
            "csv",
            "no whole fact",
        ),
    ] {
        fs::write(&part, content).unwrap();
        let said = refused(platform, &resume(name, format)).await;
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(fs::read_to_string(&part).unwrap(), *content, "{words}");
    }
    assert!(!file.exists());
    scene.finish().await;
}

#[tokio::test]
async fn an_interrupted_export_ends_at_once_and_says_how_to_go_on() {
    let scene = visited().await;
    let platform = &scene.platform;
    let whole = platform.folder().join("whole.csv");
    export(platform, "events", "csv", &whole, &[]).await;
    let text = fs::read_to_string(&whole).unwrap();
    let part = platform.folder().join("file.part");
    let out = platform.folder().join("file");
    let cut = &text[..text.find("\n4,").unwrap()];
    fs::write(&part, cut).unwrap();

    // Who waits for what is shown to a superuser alone.
    let owner = database::pool(&platform.superuser_url()).await;
    let mut holding = owner.begin().await.unwrap();
    sqlx::query("lock table events in access exclusive mode")
        .execute(&mut *holding)
        .await
        .unwrap();
    let arguments = ["export", "events", "--out", out.to_str().unwrap(), "--resume"];
    let mut resuming = command(&arguments, platform.environment());
    let resuming = resuming.stdout(Stdio::piped()).spawn().unwrap();
    until("the export waits for the log", || async {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where application_name = 'tot export' and wait_event_type = 'Lock'
               and datname = current_database()",
        )
        .fetch_one(&owner)
        .await
        .unwrap();
        (waiting == 1).then_some(())
    })
    .await;
    let pid = resuming.id().unwrap().to_string();
    let signalled = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(signalled.unwrap().success());
    let output = resuming.wait_with_output().await.unwrap();
    holding.rollback().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    // The third one may have ended with its last byte, or not.
    assert!(
        said.contains("up to position 2") && said.contains("--resume"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&part).unwrap(), cut);
    export(platform, "events", "csv", &out, &["--resume"]).await;
    assert_eq!(fs::read_to_string(&out).unwrap(), text);
    owner.close().await;
    scene.finish().await;
}
