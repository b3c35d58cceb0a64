//! A chain as lines of text: what `tot replay` prints where nobody can press a key.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use crate::cause::Cause;
use crate::chain::{Chain, Instruction, Step};
use crate::paid_out::PayoutShare;
use crate::sentence::Sentence;
use crate::state::Change;

/// In which language sentences are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

/// The names of those who acted, as far as they are known.
pub type Names = BTreeMap<Uuid, String>;

impl Language {
    /// The sentence in this language.
    pub fn of(self, sentence: &Sentence) -> &str {
        match self {
            Self::En => &sentence.en,
            Self::Ru => &sentence.ru,
        }
    }
}

/// The whole chain: every fact in three lines or more, then the instructions that are still to be carried out.
pub fn chain(chain: &Chain, names: &Names, language: Language) -> String {
    let mut lines = vec![format!(
        "booking {}: {} facts, {} instructions{}",
        chain.booking_id,
        chain.steps.len(),
        chain.instructions.len(),
        if chain.is_cut { ", cut off" } else { "" },
    )];
    for fact in &chain.steps {
        lines.push(String::new());
        lines.extend(step(fact, names, language));
    }
    let open: Vec<&Instruction> = chain
        .instructions
        .iter()
        .filter(|one| one.led_to.is_empty())
        .collect();
    if !open.is_empty() {
        lines.push(String::new());
        lines.push("instructions that came to no fact here".to_owned());
        lines.extend(open.into_iter().map(|one| instruction(one, language)));
    }
    if !chain.payouts.is_empty() {
        lines.push(String::new());
        lines.push("payouts of what the visit earned, the oldest money of the wallet going first".to_owned());
        lines.extend(chain.payouts.iter().map(payout));
    }
    lines.join("\n")
}

/// One fact: where it stands, what it says, who and why, what it changed, what it led to.
pub fn step(step: &Step, names: &Names, language: Language) -> Vec<String> {
    let fact = &step.fact;
    let mut lines = vec![
        format!(
            "#{} {}  {} v{}  {}",
            fact.position, fact.recorded_at, fact.aggregate_type, fact.sequence, fact.event_type
        ),
        format!("    {}", language.of(&step.sentence)),
        format!("    because  {}{}", step.cause.words(), named(&step.cause, names)),
    ];
    if let Some(command) = step.command_id {
        lines.push(format!("    command  {command}"));
    }
    if !step.led_to.is_empty() {
        let facts: Vec<String> = step
            .led_to
            .iter()
            .map(|position| format!("#{position}"))
            .collect();
        lines.push(format!("    led to   {}", facts.join(" ")));
    }
    // What a stream begins with is all there is of it: only that it began is a change.
    let worth = |change: &&Change| fact.sequence > 1 || change.op == "replace";
    let shown = step.changes.iter().filter(worth);
    lines.extend(shown.map(|change| format!("    changed  {}", changed(change))));
    lines
}

/// A field that changed, on one line.
pub fn changed(change: &Change) -> String {
    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "–".to_owned(), Value::to_string);
    format!(
        "{}: {} → {}",
        change.path,
        shown(&change.from),
        shown(&change.value)
    )
}

fn instruction(one: &Instruction, language: Language) -> String {
    let intent = &one.intent;
    let outcome = intent
        .outcome
        .as_deref()
        .map_or_else(String::new, |code| format!(" ({code})"));
    format!(
        "    {}  {}, because of #{}, due {}: {}{outcome}",
        intent.process,
        language.of(&one.sentence),
        intent.caused_by,
        intent.due_at,
        intent.state.as_str(),
    )
}

fn payout(share: &PayoutShare) -> String {
    format!(
        "    {}  {} of {}: {}",
        share.payout_id,
        share.of_visit,
        share.amount,
        share.status.as_str()
    )
}

fn named(cause: &Cause, names: &Names) -> String {
    match cause {
        Cause::Person { account_id, .. } => {
            let name = account_id.parse().ok().and_then(|id: Uuid| names.get(&id));
            name.map_or_else(
                || format!(" {account_id}"),
                |name| format!(" {name} ({account_id})"),
            )
        }
        Cause::Process { .. } | Cause::Notice { .. } | Cause::Comparison { .. } | Cause::Deadline { .. } => {
            String::new()
        }
    }
}
