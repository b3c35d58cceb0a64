//! What one of so many pieces of work costs: statements, transactions, row updates, processor time.

use crate::Options;
use crate::cpu::CpuTimes;
use crate::postgres::{Counted, Counter};
use crate::rounds::say;

/// What Postgres is asked, and how long processors work, while something is measured.
pub struct Watch<'a> {
    counter: &'a Counter<'a>,
    database: &'a str,
    statements: bool,
    before: Counted,
    worked_before: CpuTimes,
}

impl<'a> Watch<'a> {
    /// Begins to watch what is done on this database.
    pub async fn begin(
        options: &Options,
        counter: &'a Counter<'a>,
        database: &'a str,
    ) -> Result<Self, String> {
        if options.statements {
            counter.forget_statements().await?;
        }
        Ok(Self {
            counter,
            database,
            statements: options.statements,
            before: counter.read(database).await?,
            worked_before: CpuTimes::now(),
        })
    }

    /// Statements, transactions and row updates for each of `units`; says what else they cost.
    pub async fn end(self, units: f64) -> Result<[f64; 3], String> {
        let worked = CpuTimes::now().since(&self.worked_before, units);
        let each: Vec<String> = worked
            .iter()
            .filter(|(_, milliseconds)| *milliseconds > 0.0)
            .map(|(program, milliseconds)| format!("{program} {milliseconds:.3}"))
            .collect();
        say(&format!("  milliseconds of processor each: {}", each.join(", ")));
        let counted = self.counter.read(self.database).await?;
        if self.statements {
            for line in self.counter.costliest(self.database, units).await? {
                say(&line);
            }
        }
        Ok(counted.since(self.before, units))
    }
}
