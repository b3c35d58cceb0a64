//! Signed heads: made once the stored tree is known to follow from the last one, kept as the text that witnesses are given.

use futures::TryStreamExt;
use notary::tree::verify_consistency;
use notary::{Frontier, PrivateKey, ProofPlan, PublicKey, SignedTreeHead, TreeHead};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::AuditError;
use crate::nodes::Nodes;

/// A head as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct StoredHead {
    /// What was signed; not verified.
    pub head: SignedTreeHead,
    /// The key that it should have been signed with: a hint.
    pub public_key: Option<PublicKey>,
}

/// Signs the tree at `frontier` and keeps the head. When somebody else has signed a larger tree meanwhile that begins with this one,
/// that head is the answer, and nothing is signed.
///
/// # Errors
/// What Postgres answers, or that the stored tree does not follow from the last head of this log: such a head is never signed.
pub async fn sign(
    connection: &mut PgConnection,
    key: &PrivateKey,
    log_id: Uuid,
    frontier: &Frontier,
    time_us: i64,
) -> Result<SignedTreeHead, AuditError> {
    let size = frontier.size();
    let root_hash = frontier.root();
    if let Some(stored) = last(connection, log_id).await? {
        let last = stored.head.unverified();
        let (last_tree, this_tree) = ((last.tree_size, last.root_hash), (size, root_hash));
        let (smaller, larger) = if last.tree_size > size {
            (this_tree, last_tree)
        } else {
            (last_tree, this_tree)
        };
        let plan = ProofPlan::consistency(smaller.0, larger.0)?;
        let path = Nodes::default().build(connection, &plan).await?;
        verify_consistency(smaller.0, larger.0, &path, &smaller.1, &larger.1).map_err(|why| {
            AuditError::Forked {
                signed: last.tree_size,
                size,
                why,
            }
        })?;
        if last.tree_size > size {
            return Ok(stored.head);
        }
    }
    let head = TreeHead {
        log_id,
        tree_size: size,
        root_hash,
        position: i64::try_from(size).unwrap_or(i64::MAX),
        time_us,
    };
    let signed = head.sign(key);
    let text = serde_json::to_string(&signed).map_err(AuditError::ProofText)?;
    let public_key = hex::decode(key.public().to_string()).unwrap_or_default();
    sqlx::query(
        "insert into notary_heads (tree_size, log_id, time_us, head, public_key) values ($1, $2, $3, $4::json, $5) \
         on conflict do nothing",
    )
    .bind(head.position)
    .bind(log_id)
    .bind(time_us)
    .bind(text)
    .bind(public_key)
    .execute(connection)
    .await?;
    Ok(signed)
}

/// The last head of a log: the largest, of those the latest.
///
/// # Errors
/// What Postgres answers, or that the head cannot be read.
pub async fn last(connection: &mut PgConnection, log_id: Uuid) -> Result<Option<StoredHead>, AuditError> {
    let found: Option<(String, Vec<u8>)> = sqlx::query_as(
        "select head::text, public_key from notary_heads where log_id = $1 order by tree_size desc, time_us desc limit 1",
    )
    .bind(log_id)
    .fetch_optional(connection)
    .await?;
    found.map(|(text, key)| read(&text, &key)).transpose()
}

/// A head of this size of the log, the latest of them.
///
/// # Errors
/// What Postgres answers, that there is none or that it cannot be read.
pub async fn of_size(
    connection: &mut PgConnection,
    log_id: Uuid,
    size: u64,
) -> Result<StoredHead, AuditError> {
    let found: Option<(String, Vec<u8>)> = sqlx::query_as(
        "select head::text, public_key from notary_heads where log_id = $1 and tree_size = $2 order by time_us desc limit 1",
    )
    .bind(log_id)
    .bind(i64::try_from(size).unwrap_or(i64::MAX))
    .fetch_optional(connection)
    .await?;
    let (text, key) = found.ok_or(AuditError::NoSuchHead(size))?;
    read(&text, &key)
}

/// Tells every stored head, by size, as its text: one that was changed may not be readable any more.
///
/// # Errors
/// What Postgres answers.
pub async fn each_text(connection: &mut PgConnection, mut tell: impl FnMut(i64, &str)) -> sqlx::Result<()> {
    let mut rows = sqlx::query_as::<_, (i64, String)>(
        "select tree_size, head::text from notary_heads order by tree_size, time_us",
    )
    .fetch(connection);
    while let Some((size, text)) = rows.try_next().await? {
        tell(size, &text);
    }
    Ok(())
}

/// The last heads of a log, at most so many, the largest first.
///
/// # Errors
/// What Postgres answers, or that a head cannot be read.
pub async fn latest(
    connection: &mut PgConnection,
    log_id: Uuid,
    limit: u16,
) -> Result<Vec<SignedTreeHead>, AuditError> {
    let found: Vec<(String, Vec<u8>)> = sqlx::query_as(
        "select head::text, public_key from notary_heads where log_id = $1 order by tree_size desc, time_us desc limit $2",
    )
    .bind(log_id)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    let read = |(text, key): &(String, Vec<u8>)| Ok(read(text, key)?.head);
    found.iter().map(read).collect()
}

fn read(text: &str, key: &[u8]) -> Result<StoredHead, AuditError> {
    // The key's own text is how it is read.
    let public_key = serde_json::from_value(hex::encode(key).into()).ok();
    Ok(StoredHead {
        head: serde_json::from_str(text).map_err(AuditError::StoredHead)?,
        public_key,
    })
}
