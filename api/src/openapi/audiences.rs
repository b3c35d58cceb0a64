//! One description for each audience, complete in itself: who writes an app need not read what admins, analysts or providers call.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{Components, OpenApi};

use crate::base_path::BASE;

/// The descriptions of the API.
pub struct Descriptions {
    /// All that is ours to describe, for tests and generators: all but what providers call.
    pub whole: OpenApi,
    /// For apps of patients.
    pub apps: OpenApi,
    /// What doctors may call.
    pub doctors: OpenApi,
    /// What clinics may call.
    pub clinics: OpenApi,
    /// For whoever has an account: what they may do about it.
    pub accounts: OpenApi,
    /// For admins: people and their bookings.
    pub admins: OpenApi,
    /// For admins who run the platform.
    pub operators: OpenApi,
    /// For analysts.
    pub analysts: OpenApi,
    /// For payment providers.
    pub webhooks: OpenApi,
}

/// The places below [`BASE`] of what people do about their own accounts, whatever their role.
const OF_ACCOUNTS: [&str; 21] = [
    "/auth/email",
    "/auth/passkey",
    "/auth/passkeys",
    "/auth/password",
    "/auth/password-resets",
    "/auth/phone",
    "/auth/recovery-codes",
    "/auth/second-factor",
    "/auth/sessions",
    "/auth/totp",
    "/clinic",
    "/consents",
    "/me/application",
    "/me/apps",
    "/me/clinic",
    "/me/consents",
    "/me/data",
    "/me/data-reads",
    "/me/erasure",
    "/me/invitations",
    "/me/profile",
];

/// The places of what concerns the running platform and not its people.
const OF_OPERATORS: [&str; 7] = [
    "/admin/events",
    "/admin/intents",
    "/admin/payouts",
    "/admin/price-lists",
    "/admin/projections",
    "/admin/reconciliations",
    "/admin/streams",
];

/// Whom an operation is described to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Apps,
    Accounts,
    Admins,
    Operators,
    Analysts,
    Providers,
}

impl Audience {
    /// By its place below [`BASE`], as `/api/v1/admin/events` is in `admin`; the probes are asked by those who run the platform.
    fn of(path: &str) -> Self {
        let Some(below) = path.strip_prefix(BASE) else {
            return Self::Operators;
        };
        let is_in = |place: &str| {
            let rest = below.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if OF_ACCOUNTS.iter().any(|place| is_in(place)) {
            return Self::Accounts;
        }
        if OF_OPERATORS.iter().any(|place| is_in(place)) {
            return Self::Operators;
        }
        // The books are the analysts' as much as the admins'.
        if is_in("/admin/ledger") {
            return Self::Analysts;
        }
        match below.trim_start_matches('/').split('/').next() {
            Some("admin") => Self::Admins,
            Some("exports" | "reports") => Self::Analysts,
            Some("webhooks") => Self::Providers,
            Some(_) | None => Self::Apps,
        }
    }
}

/// What no patient may call of what people's apps call, by their ids; a test over HTTP calls everything as everybody. That an admin
/// gives money back stands beside the payment.
const NOT_FOR_PATIENTS: [&str; 28] = [
    "bookings_arrive",
    "bookings_assign",
    "bookings_complete",
    "bookings_depart",
    "bookings_estimate_arrival",
    "bookings_no_show",
    "bookings_open_calls",
    "bookings_room",
    "bookings_start",
    "bookings_unassign",
    "doctors_accept",
    "doctors_block_time",
    "doctors_blocks",
    "doctors_close_day",
    "doctors_days",
    "doctors_extend_day",
    "doctors_open_day",
    "doctors_unblock_time",
    "webhook_endpoints_create",
    "webhook_endpoints_delete",
    "webhook_endpoints_deliveries",
    "webhook_endpoints_edit",
    "webhook_endpoints_list",
    "webhook_endpoints_replay",
    "webhook_endpoints_retry",
    "webhook_endpoints_rotate_secret",
    "webhook_endpoints_show",
    "webhook_endpoints_test",
];

/// The same of doctors.
const NOT_FOR_DOCTORS: [&str; 27] = [
    "apps_link",
    "apps_patients",
    "apps_token",
    "bookings_accept_change",
    "bookings_assign",
    "bookings_history",
    "bookings_open_calls",
    "bookings_request",
    "bookings_reschedule",
    "payments_list",
    "payments_qr_png",
    "payments_qr_svg",
    "payments_refund",
    "payments_show",
    "payments_start",
    "wallet_deposit",
    "wallet_withdraw",
    "webhook_endpoints_create",
    "webhook_endpoints_delete",
    "webhook_endpoints_deliveries",
    "webhook_endpoints_edit",
    "webhook_endpoints_list",
    "webhook_endpoints_replay",
    "webhook_endpoints_retry",
    "webhook_endpoints_rotate_secret",
    "webhook_endpoints_show",
    "webhook_endpoints_test",
];

/// The same of clinics.
const NOT_FOR_CLINICS: [&str; 30] = [
    "apps_link",
    "apps_patients",
    "apps_token",
    "bookings_accept_change",
    "bookings_arrive",
    "bookings_complete",
    "bookings_depart",
    "bookings_estimate_arrival",
    "bookings_history",
    "bookings_no_show",
    "bookings_request",
    "bookings_room",
    "bookings_start",
    "calendar_make",
    "calendar_revoke",
    "calendar_show",
    "payments_list",
    "payments_qr_png",
    "payments_qr_svg",
    "payments_refund",
    "payments_show",
    "payments_start",
    "payouts_destination",
    "payouts_list",
    "payouts_name_destination",
    "payouts_show",
    "wallet_deposit",
    "wallet_entries",
    "wallet_show",
    "wallet_withdraw",
];

/// The description of everything, taken apart.
pub fn split(everything: &OpenApi) -> Descriptions {
    let told = |audience, title: &str, words: &str| {
        entitled(
            part(everything, |path, _| Audience::of(path) == audience),
            title,
            words,
        )
    };
    let people = part(everything, |path, _| Audience::of(path) == Audience::Apps);
    let mut webhooks = told(
        Audience::Providers,
        "TOT — notices of payment providers",
        "For payment providers alone; apps need nothing of this.",
    );
    // Providers sign in nowhere: they are known by their networks and their signatures.
    if let Some(components) = &mut webhooks.components {
        components.security_schemes.clear();
    }
    webhooks.security = None;
    Descriptions {
        whole: part(everything, |path, _| Audience::of(path) != Audience::Providers),
        doctors: entitled(
            part(&people, |_, id| !NOT_FOR_DOCTORS.contains(&id)),
            "TOT — for doctors",
            "What a doctor may call.",
        ),
        clinics: entitled(
            part(&people, |_, id| !NOT_FOR_CLINICS.contains(&id)),
            "TOT — for clinics",
            "What a clinic may call.",
        ),
        apps: part(&people, |_, id| !NOT_FOR_PATIENTS.contains(&id)),
        accounts: told(
            Audience::Accounts,
            "TOT — one's own account",
            "For whoever is signed in, whatever their role: password, second factor, passkeys, sessions, and who read what about them. Signing in \
             by password stands with what each role calls.",
        ),
        admins: told(
            Audience::Admins,
            "TOT — for admins",
            "For admins: people, their accounts and bookings, the audit trail, what waits for somebody. What admins do as patients, \
             doctors and clinics is described for these, the running platform for operators, and the books for analysts.",
        ),
        operators: told(
            Audience::Operators,
            "TOT — for operators",
            "For admins who run the platform: the log, read models, instructions, reconciliations, payouts, price lists; and the probes.",
        ),
        analysts: told(
            Audience::Analysts,
            "TOT — for analysts",
            "For analysts: exports, reports and the books, which admins read, too.",
        ),
        webhooks,
    }
}

/// The same under a title of its own, with words of its own first.
fn entitled(mut described: OpenApi, title: &str, words: &str) -> OpenApi {
    title.clone_into(&mut described.info.title);
    let general = described.info.description.take().unwrap_or_default();
    described.info.description = Some(format!("{words}\n\n{general}"));
    described
}

/// The operations that are of it by their paths and ids, with the components and tags that they name.
fn part(everything: &OpenApi, is_of_it: impl Fn(&str, &str) -> bool) -> OpenApi {
    let mut described = everything.clone();
    described.paths.paths.retain(|path, item| {
        for operation in methods(item) {
            let id = operation
                .as_ref()
                .and_then(|operation| operation.operation_id.as_deref());
            if !is_of_it(path, id.unwrap_or_default()) {
                *operation = None;
            }
        }
        methods(item).any(|operation| operation.is_some())
    });
    let mut used = BTreeSet::new();
    for item in described.paths.paths.values_mut() {
        used.extend(
            super::operations(item).flat_map(|(_, operation)| operation.tags.clone().unwrap_or_default()),
        );
    }
    if let Some(tags) = &mut described.tags {
        tags.retain(|tag| used.contains(&tag.name));
    }
    prune(&mut described);
    described
}

/// The operations of a path, those that are not there too.
fn methods(item: &mut PathItem) -> impl Iterator<Item = &mut Option<Operation>> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
}

/// Forgets the components that nothing refers to.
fn prune(described: &mut OpenApi) {
    let Some(components) = &mut described.components else {
        return;
    };
    let told = serde_json::to_value(&*components).unwrap_or_default();
    let mut named = BTreeSet::new();
    let mut pending = references(&serde_json::to_value(&described.paths).unwrap_or_default());
    while let Some(reference) = pending.pop() {
        let pointer = reference.trim_start_matches("#/components");
        if let Some(component) = told.pointer(pointer)
            && named.insert(pointer.to_owned())
        {
            pending.extend(references(component));
        }
    }
    retain(components, |kind, name| {
        named.contains(&format!("/{kind}/{name}"))
    });
}

fn retain(components: &mut Components, is_named: impl Fn(&str, &str) -> bool) {
    components.schemas.retain(|name, _| is_named("schemas", name));
    components.responses.retain(|name, _| is_named("responses", name));
    components
        .parameters
        .retain(|name, _| is_named("parameters", name));
    components.headers.retain(|name, _| is_named("headers", name));
}

/// Every `$ref` in it.
fn references(part: &Value) -> Vec<String> {
    let (mut found, mut pending) = (Vec::new(), vec![part]);
    while let Some(part) = pending.pop() {
        if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
            found.push(reference.to_owned());
        }
        match part {
            Value::Object(fields) => pending.extend(fields.values()),
            Value::Array(items) => pending.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}
