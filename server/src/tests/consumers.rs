//! Every event as the log stores it, past every process and every read model: who does what about it stands in
//! `tests/golden/consumers.txt`, so that a new event or a new answer fails until somebody decided.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use commands::processes::{PROCESSES, operator_alerts};
use dev_stack::TestDatabase;
use event_store::{Fact, PgConnection};
use projections::Model;
use sqlx::{Connection as _, Executor as _};

use super::golden::{Golden, golden_events, golden_folder};

/// What most rows begin with.
const OPENING: [&str; 4] = [
    "BookingRequested",
    "DayOpened",
    "PaymentStarted",
    "PayoutRequested",
];

/// What the table begins with.
const HEAD: &str = "\
# Consumers: processes in commands/src/processes/<name>.rs, read models in projections/src/<name>/.
# Besides, each aggregate folds its own events in domain/src/<aggregate>/evolve.rs, and commands/src/prices keeps the price lists.
# What an account's events mean for sign-in and for whom patients are offered, the commit that appends them carries out
# (migrations/sql/0046_account_facts.sql). What endpoints of webhooks are told stands in webhooks/src/catalogue.rs.

";

/// The tables of one model, in a transaction that is never committed.
struct Tables<'c> {
    connection: &'c mut PgConnection,
    model: Model,
    names: Vec<String>,
}

impl Tables<'_> {
    /// Applies facts on top of what is there; false where the projector refuses them.
    async fn apply(&mut self, facts: &[Fact]) -> bool {
        self.connection.execute("savepoint before").await.unwrap();
        let applied = self
            .model
            .consumer()
            .apply(self.connection, 1, facts)
            .await
            .is_ok();
        if !applied {
            self.connection
                .execute("rollback to savepoint before")
                .await
                .unwrap();
        }
        applied
    }

    /// Everything the tables say, but for what tells only that some event came.
    async fn rows(&mut self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in &self.names {
            let all = format!(
                "select (to_jsonb(t) - 'version' - 'changed_at')::text from {table} t where generation = 1 order by 1"
            );
            let all: Vec<String> = sqlx::query_scalar(&all)
                .fetch_all(&mut *self.connection)
                .await
                .unwrap();
            rows.extend(all);
        }
        rows
    }

    /// Which of the events change rows after these ones.
    async fn changed_by<'e>(&mut self, history: &[Fact], events: &[&'e Golden]) -> Vec<&'e Golden> {
        self.connection.execute("savepoint history").await.unwrap();
        let mut changing = Vec::new();
        if self.apply(history).await {
            let before = self.rows().await;
            for event in events {
                self.connection.execute("savepoint event").await.unwrap();
                let next = i64::try_from(history.len()).unwrap() + 1;
                if self.apply(&[event.fact(next)]).await && self.rows().await != before {
                    changing.push(*event);
                }
                self.connection
                    .execute("rollback to savepoint event")
                    .await
                    .unwrap();
            }
        }
        self.connection
            .execute("rollback to savepoint history")
            .await
            .unwrap();
        changing
    }
}

/// Which events change rows of a model: alone, after what rows begin with, or with one more event of the stream between.
async fn handled_by(tables: &mut Tables<'_>, events: &[Golden]) -> Vec<String> {
    let consumer = tables.model.consumer();
    let wanted: Vec<&Golden> = events
        .iter()
        .filter(|event| consumer.wants(&event.fact(1)))
        .collect();
    let openings = ["scheduled", "urgent"].map(|call_type| -> Vec<Golden> {
        let opening = OPENING
            .iter()
            .filter_map(|name| events.iter().find(|event| event.event_type == *name));
        opening.map(|event| event.called(call_type)).collect()
    });
    let facts = |events: &[&Golden]| -> Vec<Fact> {
        events
            .iter()
            .zip(1..)
            .map(|(event, position)| event.fact(position))
            .collect()
    };
    let mut handled: Vec<String> = Vec::new();
    let mut histories = vec![(None, vec![])];
    for opening in &openings {
        let opening: Vec<&Golden> = opening.iter().collect();
        histories.push((None, opening.clone()));
        for event in &wanted {
            histories.push((Some(event.aggregate), [opening.clone(), vec![*event]].concat()));
        }
    }
    for (aggregate, history) in histories {
        let open: Vec<&Golden> = wanted
            .iter()
            .copied()
            .filter(|event| !handled.contains(&event.title()))
            .filter(|event| aggregate.is_none_or(|aggregate| aggregate == event.aggregate))
            .collect();
        let changing = tables.changed_by(&facts(&history), &open).await;
        handled.extend(changing.into_iter().map(Golden::title));
    }
    handled
}

async fn read_models(events: &[Golden]) -> Vec<(&'static str, Vec<String>)> {
    let database = TestDatabase::create()
        .await
        .expect("a database; run through dev-stack exec");
    let mut connection = PgConnection::connect(database.app_url()).await.unwrap();
    let mut all = Vec::new();
    for model in Model::ALL {
        let names = sqlx::query_scalar("select table_name from model_tables where model = $1 order by 1")
            .bind(model.name())
            .fetch_all(&mut connection)
            .await
            .unwrap();
        connection.execute("begin").await.unwrap();
        let mut tables = Tables {
            connection: &mut connection,
            model,
            names,
        };
        all.push((model.name(), handled_by(&mut tables, events).await));
        connection.execute("rollback").await.unwrap();
    }
    all
}

/// The consumers there are, and for each event those who do something about it; the others ignore it.
fn matrix(events: &[Golden], models: &[(&'static str, Vec<String>)]) -> String {
    let mut text = String::from(HEAD);
    for process in PROCESSES {
        writeln!(text, "process {} (revision {})", process.name, process.revision).unwrap();
    }
    writeln!(
        text,
        "{} (beside the processes; states no intent)",
        operator_alerts::NAME
    )
    .unwrap();
    for model in Model::ALL {
        writeln!(
            text,
            "read model {} (schema version {})",
            model.name(),
            model.schema_version()
        )
        .unwrap();
    }
    text.push_str("\n# Events and who handles them; every other consumer ignores them\n");
    let mut by_title = BTreeMap::<String, Vec<&str>>::new();
    for (model, handled) in models {
        for title in handled {
            by_title.entry(title.clone()).or_default().push(model);
        }
    }
    for event in events {
        let mut consumers = Vec::new();
        for process in PROCESSES {
            let intents = event.intents_of(process);
            if !intents.is_empty() {
                consumers.push(format!("    {}: {}", process.name, intents.join(", ")));
            }
        }
        if let Some(metric) = event.alert() {
            consumers.push(format!("    {}: {metric}", operator_alerts::NAME));
        }
        if let Some(models) = by_title.get(&event.title()) {
            consumers.push(format!("    shown by {}", models.join(", ")));
        }
        if consumers.is_empty() {
            consumers.push("    nobody".to_owned());
        }
        writeln!(text, "\n{}\n{}", event.title(), consumers.join("\n")).unwrap();
    }
    text
}

/// Whatever stands in `commands/src/processes` and is shown every event.
fn reacting() -> impl Iterator<Item = &'static str> {
    let processes = PROCESSES.iter().map(|process| process.name);
    processes.chain([operator_alerts::NAME])
}

#[test]
fn every_consumer_stands_where_the_table_says() {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in reacting() {
        let file = crates.join(format!("commands/src/processes/{name}.rs"));
        assert!(file.is_file(), "{}", file.display());
    }
    for model in Model::ALL {
        let file = crates.join(format!("projections/src/{}/mod.rs", model.name()));
        assert!(file.is_file(), "{}", file.display());
    }
}

#[tokio::test]
async fn every_event_has_its_consumers_decided() {
    let events = golden_events();
    let matrix = matrix(&events, &read_models(&events).await);
    let file = golden_folder().join("consumers.txt");
    if std::env::var_os("TOT_BLESS").is_some() {
        std::fs::write(&file, &matrix).unwrap();
    }
    let decided = std::fs::read_to_string(&file).unwrap_or_default();
    for name in reacting() {
        let does_something = matrix.contains(&format!("\n    {name}: "));
        assert!(does_something, "no golden event tells what {name} does");
    }
    let changed: Vec<_> = matrix
        .split("\n\n")
        .filter(|block| !decided.split("\n\n").any(|old| old == *block))
        .collect();
    assert!(
        matrix == decided,
        "an event or a consumer is new or answers otherwise than tests/golden/consumers.txt says:\n\n{}\n\n\
         Decide for every process and read model what the event means to it; a process that answers more than before \
         needs another revision. Then write the table with TOT_BLESS=1 and read its diff.",
        changed.join("\n\n")
    );
}
