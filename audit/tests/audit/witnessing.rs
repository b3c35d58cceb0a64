//! Heads outside the database: a file takes what follows, refuses a fork and survives a crash.

use audit::witnesses::{WitnessError, WitnessPort, bring};
use audit::{HeadsFile, heads_file};
use notary::witness::Acceptance;

use crate::kit::TestLog;

/// A folder that goes with the test.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tot-audit-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn a_file_takes_each_head_that_follows_and_knows_them_after_a_crash() {
    let (mut log, folder) = (TestLog::open().await, Folder::new());
    let path = folder.0.join("heads.jsonl");
    let open = |log: &TestLog| HeadsFile::open(&path, vec![log.key.public()]).unwrap();
    let file = open(&log);
    for (size, expected) in [
        (10, Acceptance::First),
        (70, Acceptance::Grown),
        (300, Acceptance::Grown),
    ] {
        let head = log.signed_until(size).await;
        assert_eq!(bring(&mut log.owner, &file, &head).await.unwrap(), expected);
    }
    drop(file);
    // A line that a crash left half written was never acknowledged.
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}{{\"head\":")).unwrap();
    let file = open(&log);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
    let log_id = log.log_id().await;
    assert_eq!(
        file.last_seen(log_id).unwrap().unwrap().unverified().tree_size,
        300
    );
    let head = log.signed_until(301).await;
    assert_eq!(
        bring(&mut log.owner, &file, &head).await.unwrap(),
        Acceptance::Grown
    );
    let witnessed = heads_file::read_heads(&path).unwrap();
    assert_eq!(witnessed.len(), 4);
    let (_, report) = log.verify_with(witnessed).await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.witnessed, 301);
}

#[tokio::test]
async fn a_log_with_another_past_is_refused_as_a_fork_or_as_stale() {
    let (mut log, folder) = (TestLog::open().await, Folder::new());
    let file = HeadsFile::open(&folder.0.join("heads.jsonl"), vec![log.key.public()]).unwrap();
    let head = log.signed_until(80).await;
    bring(&mut log.owner, &file, &head).await.unwrap();
    // The owner rewrites a fact and all that was made of it.
    log.loosen().await;
    log.run("update events set payload = '{}' where position = 70")
        .await;
    log.run("truncate notary_leaves, notary_nodes, notary_heads")
        .await;
    log.frontier = notary::Frontier::default();
    log.hash(50).await;
    let fork = log.sign().await;
    let refused = bring(&mut log.owner, &file, &fork).await.unwrap_err();
    assert!(
        matches!(&refused, WitnessError::Refused(why) if why.contains("another root hash for the same 80 facts")),
        "{refused:?}"
    );
    let grown = log.signed_until(90).await;
    let refused = bring(&mut log.owner, &file, &grown).await.unwrap_err();
    assert!(
        matches!(&refused, WitnessError::Refused(why) if why.contains("does not follow")),
        "{refused:?}"
    );
    assert_eq!(
        WitnessPort::last_seen(&file, log.log_id().await).await.unwrap(),
        Some(head)
    );
}

#[tokio::test]
async fn two_processes_write_one_file_and_an_older_head_of_the_same_tree_alarms_nobody() {
    let (mut log, folder) = (TestLog::open().await, Folder::new());
    let path = folder.0.join("heads.jsonl");
    let open = |log: &TestLog| HeadsFile::open(&path, vec![log.key.public()]).unwrap();
    let (one, other) = (open(&log), open(&log));
    let first = log.signed_until(10).await;
    let second = log.signed_until(20).await;
    let third = log.signed_until(30).await;
    bring(&mut log.owner, &one, &first).await.unwrap();
    assert_eq!(
        bring(&mut log.owner, &other, &third).await.unwrap(),
        Acceptance::Grown
    );
    assert_eq!(
        bring(&mut log.owner, &one, &second).await.unwrap(),
        Acceptance::Same
    );
    assert_eq!(heads_file::read_heads(&path).unwrap(), [first, third]);
}
