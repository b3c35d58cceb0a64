//! What the audit trail keeps of each command, and why it keeps nothing of the others.

/// Of one command.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// It is recorded.
    Recorded(Recording),
    /// It is not, for this reason.
    Unrecorded(&'static str),
}

/// How a command is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Recording {
    /// Who may run it.
    pub who: Who,
    /// With which login of the database it works.
    pub database: Database,
    /// When it is recorded.
    pub moment: Moment,
    /// The arguments whose values are told, by their ids in clap. Of all others only that they were given.
    pub shown_arguments: &'static [&'static str],
}

/// Who may run a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// An admin who is signed in.
    Admin,
    /// The same, or whoever has an analyst's login of the database, who reads there what an analyst may.
    AdminOrAnalyst,
    /// Whoever has what it needs: the owner's login, a key, or a database without accounts. An admin, where one is signed in.
    Operator,
}

/// A login of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// `TOT_DATABASE_URL`.
    Application,
    /// `TOT_DATABASE_OWNER_URL`.
    Owner,
}

/// When a command is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before it does anything.
    Before,
    /// Once it has ended: the tables come about with it.
    Afterwards,
}

const fn recorded(who: Who, database: Database, told: &'static [&'static str]) -> Rule {
    Rule::Recorded(Recording {
        who,
        database,
        moment: Moment::Before,
        shown_arguments: told,
    })
}

/// What an admin may do over HTTP as well.
const fn by_admin(told: &'static [&'static str]) -> Rule {
    recorded(Who::Admin, Database::Application, told)
}

/// What shows ids and sums alone, or needs more than the login of the database.
const fn by_operator(told: &'static [&'static str]) -> Rule {
    recorded(Who::Operator, Database::Application, told)
}

const fn by_owner(told: &'static [&'static str]) -> Rule {
    recorded(Who::Operator, Database::Owner, told)
}

const fn afterwards(told: &'static [&'static str]) -> Rule {
    Rule::Recorded(Recording {
        who: Who::Operator,
        database: Database::Owner,
        moment: Moment::Afterwards,
        shown_arguments: told,
    })
}

const STATE: &str = "it shows how things stand, without a person in it and without taking the history out";
const SERVES: &str = "it serves; who did what through it is recorded by itself";
const DEVELOPMENT: &str = "it works on a platform for development alone";
const SESSION: &str = "the session it opens, ends or shows says so itself: `tot account show`";
const FILE: &str = "it works on a file of this machine and needs no database";
const PROOF: &str = "it recomputes what is there and changes nothing";

/// Every command that does something, by what one types. Whoever adds one decides here.
const RULES: &[(&str, Rule)] = &[
    ("tot account deactivate", by_admin(&["id", "reason"])),
    ("tot account edit", by_admin(&["id"])),
    ("tot account end-sessions", by_admin(&["id", "session"])),
    (
        "tot account list",
        by_admin(&[
            "role", "active", "verified", "applied", "clinic", "after", "limit",
        ]),
    ),
    ("tot account reactivate", by_admin(&["id"])),
    ("tot account refuse-application", by_admin(&["id", "reason"])),
    ("tot account reset-factor", by_admin(&["id"])),
    ("tot account show", by_admin(&["id"])),
    ("tot account unverify", by_admin(&["id", "reason"])),
    ("tot account verify", by_admin(&["id"])),
    // The first account is made where there is nobody to sign in as.
    ("tot admin create", by_operator(&["role", "clinic_id"])),
    ("tot analyst create", by_owner(&["login", "clinic"])),
    ("tot analyst list", Rule::Unrecorded(STATE)),
    ("tot analyst yield", Rule::Unrecorded(SERVES)),
    ("tot anomalies list", Rule::Unrecorded(STATE)),
    (
        "tot anomalies resolve",
        by_admin(&["subject", "number", "resolution"]),
    ),
    (
        "tot app create",
        by_admin(&["scopes", "requests_per_minute", "writes_per_minute"]),
    ),
    ("tot app deactivate", by_admin(&["id"])),
    (
        "tot app list",
        Rule::Unrecorded("it shows programs and no person"),
    ),
    ("tot app reactivate", by_admin(&["id"])),
    ("tot app revoke", by_admin(&["id", "secret"])),
    ("tot app rotate", by_admin(&["id", "overlap_hours"])),
    ("tot audit check", Rule::Unrecorded(FILE)),
    ("tot audit consistency", Rule::Unrecorded(PROOF)),
    ("tot audit head", by_operator(&[])),
    ("tot audit heads", Rule::Unrecorded(STATE)),
    ("tot audit prove", by_operator(&["booking", "out"])),
    ("tot audit verify", Rule::Unrecorded(PROOF)),
    (
        "tot audit-trail",
        Rule::Unrecorded("it shows ids alone; that it was read changes nothing of it"),
    ),
    ("tot backup", by_owner(&["out", "postgres_bin", "jobs"])),
    ("tot clock advance", Rule::Unrecorded(DEVELOPMENT)),
    ("tot clock show", Rule::Unrecorded(DEVELOPMENT)),
    (
        "tot completions",
        Rule::Unrecorded("it prints a script for a shell"),
    ),
    ("tot demo", Rule::Unrecorded(DEVELOPMENT)),
    ("tot dev", Rule::Unrecorded(DEVELOPMENT)),
    ("tot erasure list", by_admin(&["state"])),
    ("tot erasure run", by_admin(&[])),
    ("tot erasure show", by_admin(&["id"])),
    (
        "tot export",
        recorded(
            Who::AdminOrAnalyst,
            Database::Application,
            &["name", "format", "out", "from_position", "since"],
        ),
    ),
    ("tot find", by_admin(&[])),
    ("tot intents give-up", by_admin(&["id", "reason"])),
    ("tot intents list", Rule::Unrecorded(STATE)),
    ("tot intents retry", by_admin(&["id"])),
    ("tot keys", Rule::Unrecorded(FILE)),
    ("tot keys new-master", Rule::Unrecorded(FILE)),
    ("tot keys retire-master", by_operator(&["version"])),
    ("tot keys rotate-master", by_operator(&[])),
    ("tot keys seal-with", Rule::Unrecorded(FILE)),
    ("tot keys status", Rule::Unrecorded(STATE)),
    ("tot ledger", Rule::Unrecorded(STATE)),
    ("tot ledger accounts", Rule::Unrecorded(STATE)),
    ("tot ledger statement", Rule::Unrecorded(STATE)),
    ("tot login", Rule::Unrecorded(SESSION)),
    ("tot logout", Rule::Unrecorded(SESSION)),
    ("tot migrate", afterwards(&[])),
    ("tot payouts list", Rule::Unrecorded(STATE)),
    ("tot payouts retry", by_admin(&["payout"])),
    ("tot payouts run", by_admin(&["through"])),
    ("tot payouts show", Rule::Unrecorded(STATE)),
    ("tot prices list", Rule::Unrecorded(STATE)),
    ("tot prices publish", by_admin(&["file"])),
    ("tot projections list", Rule::Unrecorded(STATE)),
    ("tot projections rebuild", by_admin(&["model"])),
    ("tot projections unpark", by_admin(&["consumer", "key"])),
    ("tot reconcile", by_admin(&["from", "to", "format"])),
    (
        "tot replay",
        by_operator(&["policy", "from", "to", "zone", "format"]),
    ),
    ("tot replay booking", by_operator(&["id", "as_of", "lang"])),
    (
        "tot report",
        Rule::Unrecorded("it shows sums and rates, as an analyst's login does"),
    ),
    (
        "tot restore",
        afterwards(&["from", "keys", "witnesses", "former_logs", "postgres_bin", "jobs"]),
    ),
    (
        "tot second-factor code",
        Rule::Unrecorded("it computes a code from a secret that is given, and changes nothing"),
    ),
    // The first admin has nobody to sign in as before it.
    ("tot second-factor confirm", by_operator(&[])),
    ("tot second-factor enrol", by_operator(&[])),
    ("tot serve", Rule::Unrecorded(SERVES)),
    ("tot stream show", by_operator(&["aggregate_type", "id", "as_of"])),
    ("tot wallet credit", by_admin(&["owner", "amount"])),
    ("tot wallet show", Rule::Unrecorded(STATE)),
    ("tot whoami", Rule::Unrecorded(SESSION)),
    ("tot witness", Rule::Unrecorded(SERVES)),
];

/// What the trail keeps of this command; of one that nobody decided on, all but the values of its arguments.
pub fn of(command: &str) -> Rule {
    let found = RULES.iter().find(|(name, _)| *name == command);
    found.map_or(by_admin(&[]), |(_, rule)| *rule)
}

/// Which of its arguments are told with their values.
pub fn shown_arguments(command: &str) -> &'static [&'static str] {
    match of(command) {
        Rule::Recorded(recording) => recording.shown_arguments,
        Rule::Unrecorded(_) => &[],
    }
}

/// Every command that somebody decided on.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = (&'static str, Rule)> {
    RULES.iter().copied()
}
