//! What tells analysts' sessions from others among the processes of a database server.

use sqlx::PgConnection;

use crate::analysts::ROLES;

/// The logins of a database server, and how its processes are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSessions {
    /// The process that serves the connection which was asked, as the server numbers it.
    pub backend: u32,
    /// That connection's login.
    pub login: String,
    /// Its database.
    pub database: String,
    /// The setting `cluster_name`, which stands in the titles of processes; empty by default.
    pub cluster_name: String,
    /// Logins of analysts, whoever made them.
    pub analysts: Vec<String>,
    /// All other logins.
    pub others: Vec<String>,
}

type Row = (i32, String, String, String, Vec<String>, Vec<String>);

/// Reads them by one statement, with the rights that every login has.
///
/// # Errors
/// What Postgres answers.
pub async fn server_sessions(connection: &mut PgConnection) -> Result<ServerSessions, sqlx::Error> {
    let (backend, login, database, cluster_name, analysts, others): Row = sqlx::query_as(
        "select pg_backend_pid(), session_user::text, current_database()::text, current_setting('cluster_name'), \
                coalesce(array_agg(l.login) filter (where l.is_analyst), '{}'), \
                coalesce(array_agg(l.login) filter (where not l.is_analyst), '{}') \
         from (select r.rolname::text as login, not r.rolsuper and exists ( \
                   select from pg_roles g where g.rolname = any ($1::text[]) \
                      and (pg_has_role(r.oid, g.oid, 'USAGE') or pg_has_role(r.oid, g.oid, 'SET'))) as is_analyst \
               from pg_roles r where r.rolcanlogin) l",
    )
    .bind(ROLES.as_slice())
    .fetch_one(connection)
    .await?;
    Ok(ServerSessions {
        backend: backend.unsigned_abs(),
        login,
        database,
        cluster_name,
        analysts,
        others,
    })
}
