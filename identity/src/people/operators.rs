//! Sign-in for the command line: one opaque token for a session of some hours, asked about in the database each time, so
//! that an ended session or a deactivated account is refused at once.

use domain::ids::{AccountId, SessionId};
use domain::people::Role;
use jiff::Timestamp;
use sqlx::Row;
use tracing::info;

use super::rows::{self, ACCOUNT_COLUMNS, instant, sql};
use super::sessions::later;
use super::{Account, People};
use crate::opaque::OpaqueToken;
use crate::random;
use crate::refusal::{IdentityError, IdentityRefusal};

/// Tells such a token from all others at a glance, also for secret scanners.
const PREFIX: &str = "toto_";

/// A token that lets whoever holds it act as an operator; never shown in `Debug` output.
#[derive(Clone, Debug)]
pub struct OperatorToken(OpaqueToken);

/// Who a token of the command line speaks for.
#[derive(Clone, Debug)]
pub struct Operator {
    pub account: Account,
    pub session_id: SessionId,
    pub expires_at: Timestamp,
}

/// A sign-in on the command line.
#[derive(Clone, Debug)]
pub struct OperatorSignedIn {
    pub token: OperatorToken,
    pub session_id: SessionId,
    pub expires_at: Timestamp,
}

impl OperatorToken {
    /// Reads a token; none of what does not look like one.
    pub fn parse(raw: &str) -> Option<Self> {
        OpaqueToken::parse(PREFIX, raw).map(Self)
    }

    /// The token itself, for the one place it is kept in.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    fn fresh() -> Self {
        Self(OpaqueToken::fresh(PREFIX))
    }

    /// What is stored in its place.
    fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }
}

impl People {
    /// Opens a session of the command line, of so many hours, for an account that has just been [authenticated] and brought a [code]; who
    /// may have one is the caller's to decide.
    ///
    /// [authenticated]: People::authenticate
    /// [code]: People::take_code
    ///
    /// # Errors
    /// [`IdentityRefusal::Deactivated`], and faults.
    pub async fn open_operator_session(
        &self,
        account_id: AccountId,
        hours: i64,
        now: Timestamp,
    ) -> Result<OperatorSignedIn, IdentityError> {
        let session_id = SessionId::from_uuid(random::id_at(now));
        let token = OperatorToken::fresh();
        let expires_at = later(now, hours);
        // Under a lock on the account, so that no session slips past a deactivation.
        let opened = sqlx::query(
            "with owner as ( \
                 select id from identity.accounts where id = $2 and deactivated_at is null for share \
             ), opened as ( \
                 insert into identity.sessions (id, account_id, created_at, expires_at, second_factor, proven_at) \
                 select $1, id, $3, $4, true, $3 from owner returning id \
             ) \
             insert into identity.operator_tokens (digest, session_id, last_used_at) select $5, id, $3 from opened",
        )
        .bind(session_id.uuid())
        .bind(account_id.uuid())
        .bind(sql(now))
        .bind(sql(expires_at))
        .bind(&token.digest()[..])
        .execute(self.pool())
        .await?;
        if opened.rows_affected() == 0 {
            return Err(IdentityRefusal::Deactivated.into());
        }
        self.end_surplus_sessions(account_id, now).await?;
        info!(account.id = %account_id, session.id = %session_id, "Account {account_id} signed in on the command line");
        Ok(OperatorSignedIn {
            token,
            session_id,
            expires_at,
        })
    }

    /// The account this token speaks for and its role, without opening what is personal; as [`People::operator`] otherwise.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn operator_role(
        &self,
        token: &OperatorToken,
        now: Timestamp,
    ) -> Result<Option<(AccountId, Role)>, IdentityError> {
        let row = sqlx::query(
            "with used as ( \
                 update identity.operator_tokens o set last_used_at = $2 from identity.sessions s \
                 where o.digest = $1 and s.id = o.session_id and s.revoked_at is null and s.expires_at > $2 and s.second_factor \
                 returning s.account_id \
             ) \
             select a.id, a.role from used join identity.accounts a on a.id = used.account_id and a.deactivated_at is null",
        )
        .bind(&token.digest()[..])
        .bind(sql(now))
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((
            AccountId::from_uuid(row.try_get("id")?),
            rows::role(&row)?,
        )))
    }

    /// Who this token speaks for; nobody where its session has ended, its account is deactivated, or it was never issued here.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn operator(
        &self,
        token: &OperatorToken,
        now: Timestamp,
    ) -> Result<Option<Operator>, IdentityError> {
        let query = format!(
            "with used as ( \
                 update identity.operator_tokens o set last_used_at = $2 from identity.sessions s \
                 where o.digest = $1 and s.id = o.session_id and s.revoked_at is null and s.expires_at > $2 and s.second_factor \
                 returning s.id as session_id, s.account_id, s.expires_at \
             ) \
             select used.session_id, used.expires_at, {ACCOUNT_COLUMNS} from used \
             join identity.accounts a on a.id = used.account_id and a.deactivated_at is null \
             join identity.contacts c on c.account_id = a.id \
             join identity.data_keys dk on dk.subject_id = a.id"
        );
        let row = sqlx::query(&query)
            .bind(&token.digest()[..])
            .bind(sql(now))
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Operator {
            account: rows::account(&row, self.master_keys())?,
            session_id: SessionId::from_uuid(row.try_get("session_id")?),
            expires_at: instant(&row, "expires_at")?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_shows_itself_to_nobody() {
        let token = OperatorToken::fresh();
        let read = OperatorToken::parse(token.expose()).unwrap();
        assert_eq!(read.digest(), token.digest());
        assert!(!format!("{token:?}").contains(&token.expose()[PREFIX.len()..]));
        let refresh_token = token.expose().replace(PREFIX, "totr_");
        for raw in ["", PREFIX, &token.expose()[1..], &refresh_token, "toto_short"] {
            assert!(OperatorToken::parse(raw).is_none(), "{raw}");
        }
    }
}
