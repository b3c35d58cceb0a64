//! What a platform asks of Postgres, counted by Postgres itself.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

/// A Postgres of a platform this size, for all who are measured: the working set fits into its memory, and it does not write
/// every page whole again after each gigabyte. Durability is untouched; statements are counted.
pub const SETTINGS: [&str; 4] = [
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=15min",
    "shared_preload_libraries=pg_stat_statements",
];

/// What one database was asked since it was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// Statements as clients sent them; what functions run inside counts as part of theirs.
    pub statements: i64,
    /// Transactions that were committed.
    pub transactions: i64,
    /// Rows that were updated.
    pub updates: i64,
}

impl Counted {
    /// What came since `before`, per one of `units`.
    pub fn since(self, before: Self, units: f64) -> [f64; 3] {
        [
            self.statements - before.statements,
            self.transactions - before.transactions,
            self.updates - before.updates,
        ]
        .map(|count| count as f64 / units)
    }
}

/// Counts of a database, as a superuser sees them.
#[derive(Debug)]
pub struct Counter<'a> {
    /// A superuser's address, of the maintenance database.
    pub superuser_url: &'a str,
}

impl Counter<'_> {
    /// Makes the counts readable.
    pub async fn prepare(&self) -> Result<(), String> {
        let mut connection = self.connect().await?;
        sqlx::query("create extension if not exists pg_stat_statements")
            .execute(&mut connection)
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }

    /// What the database of this name was asked so far. Backends report their counts at most once a second, and when idle.
    pub async fn read(&self, database: &str) -> Result<Counted, String> {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let mut connection = self.connect().await?;
        let counts = "
            select (select coalesce(sum(calls), 0)::bigint from pg_stat_statements
                     where dbid = d.datid and toplevel),
                   d.xact_commit, d.tup_updated
            from pg_stat_database d where d.datname = $1";
        let (statements, transactions, updates) = sqlx::query_as(counts)
            .bind(database)
            .fetch_one(&mut connection)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Counted {
            statements,
            transactions,
            updates,
        })
    }

    /// Times plans, and what functions run inside, too, from now on.
    pub async fn time_plans(&self) -> Result<(), String> {
        let mut connection = self.connect().await?;
        for sql in [
            "alter system set pg_stat_statements.track_planning = on",
            "alter system set pg_stat_statements.track = 'all'",
            "select pg_reload_conf()",
        ] {
            sqlx::query(sql)
                .execute(&mut connection)
                .await
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Forgets what was counted of statements.
    pub async fn forget_statements(&self) -> Result<(), String> {
        let mut connection = self.connect().await?;
        sqlx::query("select pg_stat_statements_reset()")
            .execute(&mut connection)
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }

    /// The costliest statements of a database since they were forgotten, a line each: calls, milliseconds of planning and of
    /// running per one of `units`, rows, pages and write-ahead records per call, and how the statement begins.
    pub async fn costliest(&self, database: &str, units: f64) -> Result<Vec<String>, String> {
        let mut connection = self.connect().await?;
        let costs = "
            select s.calls::float8, s.total_plan_time, s.total_exec_time,
                   format('%5s rows %6s pages %5s records', s.rows / greatest(s.calls, 1), (s.shared_blks_hit + s.shared_blks_read) / greatest(s.calls, 1),
                          s.wal_records / greatest(s.calls, 1)),
                   case when s.toplevel then '' else '  ' end || left(regexp_replace(s.query, '[[:space:]]+', ' ', 'g'), 110)
            from pg_stat_statements s join pg_database d on d.oid = s.dbid
            where d.datname = $1 order by s.total_plan_time + s.total_exec_time desc limit 60";
        let rows: Vec<(f64, f64, f64, String, String)> = sqlx::query_as(costs)
            .bind(database)
            .fetch_all(&mut connection)
            .await
            .map_err(|error| error.to_string())?;
        let line = |(calls, plan, run, each, sql): (f64, f64, f64, String, String)| {
            let [calls, plan, run] = [calls, plan, run].map(|cost| cost / units);
            format!("{calls:7.3} calls {plan:7.4} + {run:7.4} ms {each}  {sql}")
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Holds a snapshot of this database open until the connection is dropped.
    pub async fn hold_snapshot(&self, database: &str) -> Result<PgConnection, String> {
        let options: PgConnectOptions = self
            .superuser_url
            .parse()
            .map_err(|error: sqlx::Error| error.to_string())?;
        let holding = async {
            let mut connection = PgConnection::connect_with(&options.database(database)).await?;
            sqlx::raw_sql("begin isolation level repeatable read; select count(*) from read_models")
                .execute(&mut connection)
                .await?;
            Ok::<_, sqlx::Error>(connection)
        };
        holding.await.map_err(|error| error.to_string())
    }

    /// `fsync`, `synchronous_commit` and the version, in one sentence.
    pub async fn durability(&self) -> Result<String, String> {
        let mut connection = self.connect().await?;
        let row: (String, String, String) = sqlx::query_as(
            "select current_setting('fsync'), current_setting('synchronous_commit'), current_setting('server_version')",
        )
        .fetch_one(&mut connection)
        .await
        .map_err(|error| error.to_string())?;
        Ok(format!(
            "PostgreSQL {}, fsync {}, synchronous_commit {}, for all of them",
            row.2, row.0, row.1
        ))
    }

    async fn connect(&self) -> Result<PgConnection, String> {
        PgConnection::connect(self.superuser_url)
            .await
            .map_err(|error| error.to_string())
    }
}
