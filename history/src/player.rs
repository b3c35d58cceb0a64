//! One frame of the terminal player: the facts on the left, the state after the chosen one on the right, its story below.

use serde_json::Value;

use crate::chain::{Chain, Step};
use crate::language::Language;
use crate::text::{self, Names};

/// The fewest rows that facts and state get, however small the terminal.
const ROWS_MIN: usize = 3;
/// The widest list of facts; the rest is the state's.
const LIST_COLUMNS_MAX: usize = 52;
/// What is between the two.
const GAP: &str = " │ ";

/// How large the terminal is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// In characters.
    pub columns: usize,
    /// In lines.
    pub rows: usize,
}

/// The frame in which the fact with this number, from 0, is chosen: at most `size.rows` lines of at most `size.columns`
/// characters.
pub fn frame(chain: &Chain, names: &Names, language: Language, chosen: usize, size: Size) -> Vec<String> {
    let Some(step) = chain.steps.get(chosen) else {
        return vec![cut("nothing happened", size.columns)];
    };
    let head = format!(
        "booking {}   fact {} of {}   ← → step   Home End   q quit",
        chain.booking_id,
        chosen + 1,
        chain.steps.len()
    );
    let story = text::step(step, names, language);
    // Changed fields are marked in the state beside.
    let story: Vec<String> = story
        .into_iter()
        .filter(|line| !text::is_change(line, language))
        .collect();
    let body = size.rows.saturating_sub(story.len() + 3).max(ROWS_MIN);
    let list_columns = (size.columns / 2).min(LIST_COLUMNS_MAX);
    let facts = list(&chain.steps, chosen, body);
    let state = state(chain, chosen);
    let mut lines = vec![head, "─".repeat(size.columns)];
    for row in 0..body {
        let left = facts.get(row).map_or("", String::as_str);
        let right = state.get(row).map_or("", String::as_str);
        lines.push(format!("{:<list_columns$}{GAP}{right}", cut(left, list_columns)));
    }
    lines.push("─".repeat(size.columns));
    lines.extend(story);
    lines.truncate(size.rows);
    lines
        .into_iter()
        .map(|line| cut(line.trim_end(), size.columns))
        .collect()
}

/// The facts around the chosen one.
fn list(steps: &[Step], chosen: usize, rows: usize) -> Vec<String> {
    let first = chosen
        .saturating_sub(rows / 2)
        .min(steps.len().saturating_sub(rows));
    let shown = steps.iter().enumerate().skip(first).take(rows);
    shown
        .map(|(at, step)| {
            let mark = if at == chosen { '▶' } else { ' ' };
            format!(
                "{mark} #{} {} {}",
                step.fact.position, step.fact.aggregate_type, step.fact.event_type
            )
        })
        .collect()
}

/// The state of the chosen fact's stream after it, or the booking's where the chain does not hold that stream whole.
fn state(chain: &Chain, chosen: usize) -> Vec<String> {
    let earlier = chain.steps.get(..=chosen).unwrap_or_default();
    let own = earlier.last().filter(|step| step.state.is_some());
    let booking = chain.booking_id.to_string();
    let shown = own.or_else(|| {
        let mut earlier = earlier.iter().rev();
        earlier.find(|step| step.fact.aggregate_id == booking && step.state.is_some())
    });
    let Some((step, Value::Object(fields))) = shown.and_then(|step| Some((step, step.state.as_ref()?)))
    else {
        return vec!["no state is known here".to_owned()];
    };
    let mut lines = vec![format!(
        "{} after v{}",
        step.fact.aggregate_type, step.fact.sequence
    )];
    for (name, value) in fields {
        let is_changed = own.is_some() && step.changes.iter().any(|change| under(&change.path, name));
        let mark = if is_changed { '*' } else { ' ' };
        lines.push(format!("{mark} {name}: {}", plain(value)));
    }
    lines
}

/// Whether this JSON pointer leads to the field of this name, or into it.
fn under(path: &str, name: &str) -> bool {
    path.strip_prefix('/').and_then(|path| path.split('/').next()) == Some(name)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

fn cut(line: &str, columns: usize) -> String {
    line.chars().take(columns).collect()
}
