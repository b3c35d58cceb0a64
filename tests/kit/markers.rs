//! Looking for planted markers: in tables, and in what NATS carried.

use async_nats::jetstream;
use futures::TryStreamExt;
use sqlx::PgPool;

/// Every table, with its schema.
pub async fn tables(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p') and not c.relispartition
           and has_schema_privilege(n.oid, 'usage')
           and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Whether any row of a table shows a marker.
pub async fn holds(pool: &PgPool, table: &str, marker: &str) -> bool {
    let question = format!("select exists (select from {table} t where strpos(to_jsonb(t)::text, $1) > 0)");
    sqlx::query_scalar(&question)
        .bind(marker)
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Everything that lies in JetStream, as text.
pub async fn carried(nats_url: &str) -> String {
    let jetstream = jetstream::new(nats(nats_url).await);
    let names: Vec<String> = jetstream.stream_names().try_collect().await.unwrap();
    let mut text = String::new();
    for name in names {
        let mut stream = jetstream.get_stream(&name).await.unwrap();
        let state = stream.info().await.unwrap().state.clone();
        for sequence in state.first_sequence..=state.last_sequence {
            if let Ok(message) = stream.get_raw_message(sequence).await {
                text.push_str(&String::from_utf8_lossy(&message.payload));
                text.push_str(&format!("{:?}\n", message.headers));
            }
        }
    }
    text
}

/// Somebody on NATS, signed in as the address says.
pub async fn nats(address: &str) -> async_nats::Client {
    let address = url::Url::parse(address).unwrap();
    let (user, password) = (address.username(), address.password().unwrap());
    async_nats::ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
        .connect(address.as_str())
        .await
        .unwrap()
}
