//! Signed heads: made once the stored tree is known to follow from the last one, kept as the text that witnesses are given.

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

/// Signs the tree at `frontier` and keeps the head.
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
    if let Some(last) = last(connection, log_id).await? {
        let last = last.head.unverified();
        let nodes = &mut Nodes::default();
        let plan = ProofPlan::consistency(last.tree_size, size)?;
        let path = nodes.build(connection, &plan).await?;
        verify_consistency(last.tree_size, size, &path, &last.root_hash, &root_hash).map_err(|why| {
            AuditError::Forked {
                signed: last.tree_size,
                size,
                why,
            }
        })?;
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

/// Every stored head, by size, as its text: one that was changed may not be readable any more.
///
/// # Errors
/// What Postgres answers.
pub async fn texts(connection: &mut PgConnection) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query_as("select tree_size, head::text from notary_heads order by tree_size, time_us")
        .fetch_all(connection)
        .await
}

fn read(text: &str, key: &[u8]) -> Result<StoredHead, AuditError> {
    // The key's own text is how it is read.
    let public_key = serde_json::from_value(hex::encode(key).into()).ok();
    Ok(StoredHead {
        head: serde_json::from_str(text).map_err(AuditError::StoredHead)?,
        public_key,
    })
}
