//! Logins of analysts: made with a password that is told once, and listed.

use sqlx::error::DatabaseError;
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use crate::analysts::{ANALYST, CLINIC_ANALYST, ROLES, SESSIONS};
use crate::grants::{Role, run};

/// How many sessions of one login may be open; unlike a setting, a session cannot lift it.
const CONNECTIONS_MAX: u8 = 5;

/// What lets the owner make analysts' logins, for a superuser; docs/analysts.md tells it too.
const LET_THE_OWNER: &str = "create role tot_analyst nologin;         -- unless there is one
    create role tot_clinic_analyst nologin;  -- unless there is one
    alter role tot_owner createrole;
    grant tot_analyst, tot_clinic_analyst to tot_owner with admin true, inherit false, set false;";

/// Why there is no login for an analyst, each with its mend.
#[derive(Debug, thiserror::Error)]
pub enum AnalystError {
    /// The name would need quoting, or Postgres keeps it for itself.
    #[error(
        "the login {0:?} is not plain: use at most 63 lower-case letters, digits and underscores, a letter first, and not pg_ \
         at the beginning"
    )]
    NotPlain(String),
    /// A role of this name is there, whoever made it.
    #[error("there is a role {0} already: choose another login, or drop that role first")]
    Exists(String),
    /// The id is no clinic's.
    #[error("there is no clinic {0}: `tot admin create --role clinic` answers the id of the one it makes")]
    NoSuchClinic(Uuid),
    /// The owner lacks `createrole`, or a group to give away.
    #[error(
        "the owner of the database may not make analysts' logins; a superuser lets it, and `tot migrate` follows:\n    {LET_THE_OWNER}"
    )]
    OwnerMayNot(#[source] sqlx::Error),
    /// The platform's tables refuse this role.
    #[error("this role does not own the platform's tables: give the owner's address")]
    NotOwner(#[source] sqlx::Error),
    /// The schema `analytics` is not there.
    #[error("the database has no schema for analysts yet: run `tot migrate` first")]
    NotMigrated(#[source] sqlx::Error),
    /// Whatever else Postgres answers.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
}

impl AnalystError {
    /// What reading and writing the platform's own tables is refused with.
    fn of_tables(error: sqlx::Error) -> Self {
        match code(&error).as_deref() {
            Some(INSUFFICIENT_PRIVILEGE) => Self::NotOwner(error),
            Some(UNDEFINED_TABLE | INVALID_SCHEMA) => Self::NotMigrated(error),
            Some(_) | None => Self::Database(error),
        }
    }

    /// What the making of `login` is refused with.
    fn of_role(login: &str, error: sqlx::Error) -> Self {
        match code(&error).as_deref() {
            Some(DUPLICATE_OBJECT | UNIQUE_VIOLATION) => Self::Exists(login.to_owned()),
            Some(RESERVED_NAME) => Self::NotPlain(login.to_owned()),
            // A group that does not exist is one that the owner could not make.
            Some(INSUFFICIENT_PRIVILEGE | UNDEFINED_OBJECT) => Self::OwnerMayNot(error),
            Some(_) | None => Self::Database(error),
        }
    }
}

const INSUFFICIENT_PRIVILEGE: &str = "42501";
const UNDEFINED_TABLE: &str = "42P01";
const INVALID_SCHEMA: &str = "3F000";
const DUPLICATE_OBJECT: &str = "42710";
const UNIQUE_VIOLATION: &str = "23505";
const RESERVED_NAME: &str = "42939";
const UNDEFINED_OBJECT: &str = "42704";

fn code(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.map(std::borrow::Cow::into_owned)
}

/// Makes a login for an analyst, who sees everything or what is of one clinic, and answers its password, which is nowhere kept.
/// `pool` is of the owner, who may make roles and give analysts' groups away.
///
/// # Errors
/// [`AnalystError`].
pub async fn create_analyst(
    pool: &PgPool,
    login: &str,
    clinic: Option<Uuid>,
) -> Result<String, AnalystError> {
    let role = Role::parse(login).map_err(|_| AnalystError::NotPlain(login.to_owned()))?;
    let mut transaction = pool.begin().await.map_err(AnalystError::Database)?;
    bind(&mut transaction, login, clinic).await?;
    let password: String = sqlx::query_scalar(
        "select encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex')",
    )
    .fetch_one(&mut *transaction)
    .await
    .map_err(AnalystError::Database)?;
    let group = if clinic.is_some() { CLINIC_ANALYST } else { ANALYST };
    // Both are plain: the name was parsed, the password is hexadecimal.
    let make = format!(
        "create role {} login password '{password}' connection limit {CONNECTIONS_MAX} in role {group}",
        role.name()
    );
    for statement in [make.as_str(), SESSIONS] {
        run(&mut transaction, statement)
            .await
            .map_err(|error| AnalystError::of_role(login, error))?;
    }
    transaction.commit().await.map_err(AnalystError::Database)?;
    Ok(password)
}

/// Binds `login` to its clinic. What an older login of the name was bound to is forgotten.
async fn bind(
    transaction: &mut Transaction<'_, Postgres>,
    login: &str,
    clinic: Option<Uuid>,
) -> Result<(), AnalystError> {
    sqlx::query("delete from analytics_private.clinic_logins where login = $1::text::name")
        .bind(login)
        .execute(&mut **transaction)
        .await
        .map_err(AnalystError::of_tables)?;
    let Some(clinic) = clinic else {
        return Ok(());
    };
    let bound = sqlx::query(
        "insert into analytics_private.clinic_logins (login, clinic_id) \
         select $1::text, c.account_id from identity.clinics c where c.account_id = $2",
    )
    .bind(login)
    .bind(clinic)
    .execute(&mut **transaction)
    .await
    .map_err(AnalystError::of_tables)?;
    match bound.rows_affected() {
        0 => Err(AnalystError::NoSuchClinic(clinic)),
        _ => Ok(()),
    }
}

/// A login of an analyst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalystLogin {
    /// Its name.
    pub login: String,
    /// `tot_analyst` or `tot_clinic_analyst`.
    pub group: String,
    /// The clinic that it is bound to.
    pub clinic: Option<Uuid>,
}

/// Every login that is in a group of analysts, by name; whoever made it.
///
/// # Errors
/// [`AnalystError`].
pub async fn list_analysts(pool: &PgPool) -> Result<Vec<AnalystLogin>, AnalystError> {
    let rows: Vec<(String, String, Option<Uuid>)> = sqlx::query_as(
        "select r.rolname::text, g.rolname::text, c.clinic_id from pg_roles r \
         join pg_roles g on g.rolname = any ($1::text[]) \
         left join analytics_private.clinic_logins c on c.login = r.rolname \
         where r.rolcanlogin and not r.rolsuper \
           and (pg_has_role(r.oid, g.oid, 'USAGE') or pg_has_role(r.oid, g.oid, 'SET')) \
         order by 1, 2",
    )
    .bind(ROLES.as_slice())
    .fetch_all(pool)
    .await
    .map_err(AnalystError::of_tables)?;
    let login = |(login, group, clinic)| AnalystLogin { login, group, clinic };
    Ok(rows.into_iter().map(login).collect())
}
