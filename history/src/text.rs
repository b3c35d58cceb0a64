//! A chain as lines of text: what `tot replay` prints where nobody can press a key.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use crate::cause::Cause;
use crate::chain::{Chain, Instruction, Step};
use crate::language::Language;
use crate::paid_out::PayoutShare;
use crate::state::Change;

/// What stands around the sentences.
struct Labels {
    because: &'static str,
    command: &'static str,
    led_to: &'static str,
    changed: &'static str,
    booking: &'static str,
    facts: &'static str,
    instructions: &'static str,
    cut_off: &'static str,
    open: &'static str,
    because_of: &'static str,
    due: &'static str,
    payouts: &'static str,
    of: &'static str,
}

/// Each begins its line behind four spaces; all of a language are as wide as its widest.
const EN: Labels = Labels {
    because: "because  ",
    command: "command  ",
    led_to: "led to   ",
    changed: "changed  ",
    booking: "booking",
    facts: "facts",
    instructions: "instructions",
    cut_off: ", cut off",
    open: "instructions that came to no fact here",
    because_of: "because of",
    due: "due",
    payouts: "payouts of what the visit earned, the oldest money of the wallet going first",
    of: "of",
};
const RU: Labels = Labels {
    because: "причина    ",
    command: "команда    ",
    led_to: "привело к  ",
    changed: "изменилось ",
    booking: "запись",
    facts: "фактов:",
    instructions: "поручений:",
    cut_off: ", показано не всё",
    open: "поручения, которые здесь ни к какому факту не привели",
    because_of: "из-за",
    due: "срок",
    payouts: "выплаты заработанного этим визитом: сначала уходят самые старые деньги кошелька",
    of: "из",
};

/// The names of those who acted, as far as they are known.
pub type Names = BTreeMap<Uuid, String>;

const fn labels(language: Language) -> &'static Labels {
    match language {
        Language::En => &EN,
        Language::Ru => &RU,
    }
}

/// How much of what is shown: a number with its word, which in Russian leads, for it would have to agree with the number.
fn counted(language: Language, number: usize, word: &str) -> String {
    match language {
        Language::En => format!("{number} {word}"),
        Language::Ru => format!("{word} {number}"),
    }
}

/// The whole chain: every fact in three lines or more, then the instructions that are still to be carried out.
pub fn chain(chain: &Chain, names: &Names, language: Language) -> String {
    let labels = labels(language);
    let mut lines = vec![format!(
        "{} {}: {}, {}{}",
        labels.booking,
        chain.booking_id,
        counted(language, chain.steps.len(), labels.facts),
        counted(language, chain.instructions.len(), labels.instructions),
        if chain.is_cut { labels.cut_off } else { "" },
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
        lines.push(labels.open.to_owned());
        lines.extend(open.into_iter().map(|one| instruction(one, language)));
    }
    if !chain.payouts.is_empty() {
        lines.push(String::new());
        lines.push(labels.payouts.to_owned());
        lines.extend(chain.payouts.iter().map(|share| payout(share, labels)));
    }
    lines.join("\n")
}

/// One fact: where it stands, what it says, who and why, what it changed, what it led to.
pub fn step(step: &Step, names: &Names, language: Language) -> Vec<String> {
    let (fact, labels) = (&step.fact, labels(language));
    let mut lines = vec![
        format!(
            "#{} {}  {} v{}  {}",
            fact.position, fact.recorded_at, fact.aggregate_type, fact.sequence, fact.event_type
        ),
        format!("    {}", language.of(&step.sentence)),
        format!(
            "    {}{}{}",
            labels.because,
            step.cause.words(language),
            named(&step.cause, names)
        ),
    ];
    if let Some(command) = step.command_id {
        lines.push(format!("    {}{command}", labels.command));
    }
    if !step.led_to.is_empty() {
        let facts: Vec<String> = step
            .led_to
            .iter()
            .map(|position| format!("#{position}"))
            .collect();
        lines.push(format!("    {}{}", labels.led_to, facts.join(" ")));
    }
    // What a stream begins with is all there is of it: only that it began is a change.
    let worth = |change: &&Change| fact.sequence > 1 || change.op == "replace";
    let shown = step.changes.iter().filter(worth);
    lines.extend(shown.map(|change| format!("    {}{}", labels.changed, changed(change))));
    lines
}

/// Whether [`step`] tells with this line what changed.
pub fn is_change(line: &str, language: Language) -> bool {
    line.trim_start().starts_with(labels(language).changed)
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
    let labels = labels(language);
    format!(
        "    {}  {}, {} #{}, {} {}: {}{outcome}",
        intent.process,
        language.of(&one.sentence),
        labels.because_of,
        intent.caused_by,
        labels.due,
        intent.due_at,
        intent.state.as_str(),
    )
}

fn payout(share: &PayoutShare, labels: &Labels) -> String {
    format!(
        "    {}  {} {} {}: {}",
        share.payout_id,
        share.of_visit,
        labels.of,
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
