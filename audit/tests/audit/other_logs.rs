//! Heads of another name: a database that was restored begins with them, one that was rewritten and renamed does not.

use audit::verify::VerifyOptions;
use audit::verify::finding::Kind;
use audit::verify::other_logs::{FormerLog, OtherLog};
use audit::witnesses::bring;
use audit::{HeadsFile, heads_file};
use notary::witness::Acceptance;
use notary::{Frontier, PrivateKey, SignedTreeHead};
use uuid::Uuid;

use crate::kit::{TestLog, seen};
use crate::witnessing::Folder;

impl TestLog {
    fn trusting(&self, witnessed: &[SignedTreeHead], former: Option<FormerLog>) -> VerifyOptions {
        VerifyOptions {
            keys: vec![self.key.public()],
            witnessed: witnessed.to_vec(),
            former_logs: former.into_iter().collect(),
            ..VerifyOptions::default()
        }
    }
}

const fn former(log_id: Uuid, until: Option<u64>) -> Option<FormerLog> {
    Some(FormerLog { log_id, until })
}

/// The owner rewrites a fact and all that was made of it, and gives the log another name: everything in the database agrees, the witness
/// takes the new log for one it does not know.
#[tokio::test]
async fn a_log_that_was_rewritten_and_renamed_is_contradicted_by_its_old_heads() {
    let (mut log, folder) = (TestLog::open().await, Folder::new());
    let path = folder.0.join("heads.jsonl");
    let file = HeadsFile::open(&path, vec![log.key.public()]).unwrap();
    let head = log.signed_until(80).await;
    bring(&mut log.owner, &file, &head).await.unwrap();
    let old = log.log_id().await;
    log.loosen().await;
    log.run("update events set payload = '{}' where position = 70")
        .await;
    log.run("truncate notary_leaves, notary_nodes, notary_heads")
        .await;
    log.run("select renew_log_identity()").await;
    log.frontier = Frontier::default();
    let renamed = log.signed_until(90).await;
    let accepted = bring(&mut log.owner, &file, &renamed).await.unwrap();
    assert_eq!(accepted, Acceptance::First);

    let options = VerifyOptions {
        witness_files: vec![path.clone()],
        ..log.trusting(&[], None)
    };
    let (log, report) = log.verify_by(options).await;
    assert_eq!(seen(&report.findings), [(Kind::HeadContradicted, None, None)]);
    let detail = &report.findings[0].detail;
    assert!(detail.contains(&format!("--former-log {old}")), "{detail}");
    let other = OtherLog {
        log_id: old,
        named: false,
        heads: 1,
        held: 0,
        not_held: 1,
    };
    assert_eq!((report.other_heads, report.other_logs), (1, vec![other]));
    assert_eq!(report.witnessed, 90, "the new name's own head holds");

    // Whoever says that the database was restored says to where: beyond, nothing need hold, and up to there all.
    let heads = heads_file::read_heads(&path).unwrap();
    let mut log = log;
    for (until, findings) in [(None, 0), (Some(79), 0), (Some(80), 1)] {
        let options = log.trusting(&heads, former(old, until));
        let (given_back, report) = log.verify_by(options).await;
        log = given_back;
        assert_eq!(report.findings.len(), findings, "{until:?}: {report:?}");
        assert_eq!(
            (report.other_logs[0].named, report.other_logs[0].not_held),
            (true, 1)
        );
    }
}

/// Restored to an earlier point and gone on from there.
#[tokio::test]
async fn a_restored_log_begins_with_its_former_heads() {
    let mut log = TestLog::open().await;
    let kept = log.signed_until(80).await;
    let beyond = log.signed_until(300).await;
    let old = log.log_id().await;
    log.loosen().await;
    for statement in [
        "delete from events where position > 100",
        "truncate notary_leaves, notary_nodes, notary_heads",
        "select renew_log_identity()",
    ] {
        log.run(statement).await;
    }
    log.frontier = Frontier::default();
    log.hash(50).await;
    let (log, report) = log.verify_with(vec![kept]).await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(
        report.witnessed, 80,
        "its past is under a witnessed head, whatever its name was"
    );
    let (mut log, report) = log.verify_with(vec![kept, beyond]).await;
    assert_eq!(seen(&report.findings), [(Kind::HeadBeyond, None, None)]);
    for until in [None, Some(100)] {
        let options = log.trusting(&[kept, beyond], former(old, until));
        let (given_back, report) = log.verify_by(options).await;
        log = given_back;
        assert!(report.is_clean(), "{report:?}");
        let other = OtherLog {
            log_id: old,
            named: true,
            heads: 2,
            held: 80,
            not_held: 1,
        };
        assert_eq!(report.other_logs, [other]);
    }
}

/// A witness may serve others.
#[tokio::test]
async fn a_log_by_a_key_that_nobody_trusts_is_none_of_ours() {
    let mut log = TestLog::open().await;
    let head = log.signed_until(80).await;
    let mut stranger = *head.unverified();
    stranger.log_id = Uuid::nil();
    stranger.tree_size = 9_000;
    stranger.position = 9_000;
    let stranger = stranger.sign(&PrivateKey::from_seed(&[9; 32]));
    let (_, report) = log.verify_with(vec![head, stranger]).await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.other_heads, report.other_logs), (1, Vec::new()));
}
