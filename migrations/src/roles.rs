//! The database roles of processes that play one role each: every one of them may do its own work and nothing else.
//!
//! They are made by whoever sets the database up, since an owner need not have the right to make roles; a role that is not
//! there is passed over. A deployment's own logins may be members of them instead.

/// The function's name with what it takes, which must be told to name it in a grant.
macro_rules! append_facts {
    () => {
        "append_facts(uuid[], int[], text[], text[], bigint[], int[], uuid[], text[], text[], bigint[], text[], text[], \
         text[], text[], smallint[], text[], int[], uuid[], uuid[], text[], bytea[], text[])"
    };
}

/// The same of what keeps that a command found nothing to do.
macro_rules! remember_no_op {
    () => {
        "remember_no_op(uuid, text, text[], text[], bigint[])"
    };
}

/// What works with its owner's rights: closed to everybody, then opened to whoever needs it.
pub const DOORS: &[&str] = &[
    concat!("revoke all on function ", append_facts!(), " from public"),
    concat!("revoke all on function ", remember_no_op!(), " from public"),
    "revoke all on function create_generation(text, integer) from public",
    "revoke all on function drop_generation(text, integer) from public",
    "revoke all on function index_generation(text, integer) from public",
    "revoke all on function sum_booking_days(integer) from public",
    "revoke all on function sum_report_days(integer) from public",
];

/// What every one of them reads: the facts, which log this is, and how far everybody has come.
const SEEN_BY_ALL: &str = "grant select on events, log_identity, _sqlx_migrations, relay_mark, checkpoints, \
     current_checkpoints, worker_positions, consumer_workers, generations, \
     process_starts, parked, intents to {role}";
/// The bookkeeping of generations, leases and checkpoints, of whoever fills read models.
const FILLS: &[&str] = &[
    "grant insert, update, delete on read_models, generations, checkpoints, worker_positions, consumer_workers, \
     parked to {role}",
    "grant select, insert on payment_ledger_ranges, payment_ledger_sums, payment_ledger_days to {role}",
    // They read the views of analysts with their owner's rights.
    "grant execute on function sum_booking_days(integer), sum_report_days(integer) to {role}",
    "grant execute on function create_generation(text, integer), index_generation(text, integer), \
     drop_generation(text, integer) to {role}",
    "grant insert, update, delete on {read_models} to {role}",
    "alter default privileges in schema public grant select, insert, update, delete on tables to {role}",
];
const READS_ALL: &str = "grant select on all tables in schema public to {role}";
const APPENDS: &str = concat!(
    "grant execute on function ",
    append_facts!(),
    ", ",
    remember_no_op!(),
    " to {role}"
);
const IDENTITY: &str = "grant usage on schema identity to {role}";

/// The role of one kind of process.
pub struct ServingRole {
    /// Its name.
    pub name: &'static str,
    /// Its own grants, after everything was taken from it; `{role}` and `{read_models}` are filled in.
    grants: &'static [&'static [&'static str]],
}

impl ServingRole {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self {
            name: "tot_api",
            grants: &[
                &[READS_ALL, APPENDS, IDENTITY],
                // A rebuild that an admin asks for runs where it was asked for.
                FILLS,
                &[
                    // Exports read what analysts read.
                    "grant usage on schema analytics to {role}",
                    "grant select on all tables in schema analytics to {role}",
                    "grant insert, update on reconciliations to {role}",
                    // A provider's notice leaves an intent; an admin may have a stopped one tried again or given up.
                    "grant insert, update, delete on intents to {role}",
                    "grant insert on closed_intents to {role}",
                    "grant select, insert, update, delete on all tables in schema identity to {role}",
                    // Personal data enter with the facts that point at them.
                    "revoke insert, update, delete on identity.vault from {role}",
                    // Who read whose personal data, and what staff had done, is written and never rewritten.
                    "revoke update, delete on identity.personal_data_uses, identity.operator_acts, identity.security_events, identity.consents \
                     from {role}",
                    "revoke delete on identity.erasures from {role}",
                    // No command of the command line works with this role: nothing is written there in its name.
                    "revoke insert, update, delete on identity.command_line_acts, identity.command_line_results from {role}",
                ],
                // Owners make endpoints, change them, and have them told again; nobody there delivers.
                &[
                    "grant usage on schema webhooks to {role}",
                    "grant select, update on webhooks.cursor to {role}",
                    "grant select, insert, update on webhooks.endpoints, webhooks.events to {role}",
                    "grant select, insert, update, delete on webhooks.deliveries to {role}",
                    "grant usage on sequence webhooks.test_numbers to {role}",
                ],
            ],
        },
        Self {
            name: "tot_worker",
            grants: &[
                &[READS_ALL],
                FILLS,
                // Processes are started once, and leave what is to be done for the intents' role.
                &[
                    "grant insert on process_starts, editions, intents to {role}",
                    // A lock for share, which waits for whoever frees a key, takes the right to update a column.
                    "grant update (blocked) on intents to {role}",
                ],
            ],
        },
        Self {
            name: "tot_relay",
            grants: &[&[
                "grant update on relay_mark to {role}",
                // The notary follows the log beside the relay.
                "grant select, insert on notary_leaves, notary_nodes, notary_heads to {role}",
                "grant select, insert, update, delete on notary_witnesses to {role}",
            ]],
        },
        Self {
            name: "tot_intents",
            grants: &[
                &[READS_ALL, APPENDS, IDENTITY],
                &[
                    "grant insert, update, delete on intents, closed_intents, reconciliations to {role}",
                    "alter default privileges in schema public grant select on tables to {role}",
                    "grant select on identity.accounts, identity.contacts, identity.clinics, identity.doctor_profiles, \
                     identity.payout_destinations, identity.vault to {role}",
                    "grant select, insert on identity.data_keys to {role}",
                    "grant select, insert on identity.index_keys to {role}",
                    "grant update (doubtful) on identity.payout_destinations to {role}",
                    // Whoever forgot a password is sent a code, and mail is carried, from there.
                    "grant select, update, delete on identity.password_reset_requests to {role}",
                    "grant select, insert, update, delete on identity.one_time_codes, identity.outgoing_mail to {role}",
                    "grant select, delete on identity.sms_sends to {role}",
                    // It carries erasures out, by functions that work with their owner's rights, and says so in the trail.
                    "grant select, update on identity.erasures to {role}",
                    "grant select, delete on identity.application_documents to {role}",
                    "grant insert on identity.security_events to {role}",
                    "grant execute on function identity.erase_person(uuid), identity.rewrite_after_erasures() to {role}",
                ],
            ],
        },
        Self {
            name: "tot_webhooks",
            // It calls addresses that others name: beside the log it reaches the queues and nothing of anybody's.
            grants: &[&[
                "grant usage on schema webhooks to {role}",
                "grant select, update on webhooks.cursor to {role}",
                "grant select, update, delete on webhooks.endpoints to {role}",
                "grant select, insert, update, delete on webhooks.events, webhooks.deliveries to {role}",
            ]],
        },
    ];

    /// What gives the role its rights, whatever it had before, in order.
    pub fn statements(&self, schemas: &[String], read_models: &str) -> Vec<String> {
        let taken = schemas.iter().flat_map(|schema| {
            [
                format!("revoke all on all tables in schema {schema} from {{role}}"),
                format!("revoke all on all functions in schema {schema} from {{role}}"),
                format!("alter default privileges in schema {schema} revoke all on tables from {{role}}"),
            ]
        });
        let given = ["grant usage on schema public to {role}", SEEN_BY_ALL];
        let own = self.grants.iter().copied().flatten().copied();
        taken
            .chain(given.into_iter().chain(own).map(str::to_owned))
            .map(|statement| {
                statement
                    .replace("{role}", self.name)
                    .replace("{read_models}", read_models)
            })
            .collect()
    }
}
