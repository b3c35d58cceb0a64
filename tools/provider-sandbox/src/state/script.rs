//! A script told by the control surface: rules of what happens to which of the things they concern.

use serde::Serialize;
use serde_json::Value;

/// A line of a script.
pub trait Rule {
    /// What befalls the things that it hits.
    type Fault: Clone;

    /// The first thing that is hit, counted from 1, and how many in a row; 0 means all that follow.
    fn hits(&self) -> (u32, u32);

    /// What befalls them.
    fn fault(&self) -> &Self::Fault;
}

/// The rules in the order they were told, with what each has seen.
#[derive(Debug)]
pub struct Script<R> {
    rules: Vec<Counted<R>>,
}

#[derive(Debug, Serialize)]
struct Counted<R> {
    #[serde(flatten)]
    rule: R,
    seen: u32,
    hit: u32,
}

impl<R> Default for Script<R> {
    fn default() -> Self {
        Self { rules: Vec::new() }
    }
}

impl<R: Rule + Serialize> Script<R> {
    /// Adds a rule after the others.
    pub fn add(&mut self, rule: R) {
        self.rules.push(Counted {
            rule,
            seen: 0,
            hit: 0,
        });
    }

    /// Forgets all rules.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules with their counters, for reading.
    pub fn describe(&self) -> Value {
        serde_json::to_value(&self.rules).unwrap_or_default()
    }

    /// What befalls a thing: the first rule that hits. Every rule that concerns it counts it as seen.
    pub fn strike_one(&mut self, concerns: impl Fn(&R) -> bool) -> Option<R::Fault> {
        self.strike(1, concerns).pop()
    }

    /// What befalls a thing: every rule that hits, in order.
    pub fn strike_all(&mut self, concerns: impl Fn(&R) -> bool) -> Vec<R::Fault> {
        self.strike(usize::MAX, concerns)
    }

    fn strike(&mut self, at_most: usize, concerns: impl Fn(&R) -> bool) -> Vec<R::Fault> {
        let mut faults = Vec::new();
        for counted in self.rules.iter_mut().filter(|counted| concerns(&counted.rule)) {
            let (nth, times) = counted.rule.hits();
            counted.seen += 1;
            let spent = times != 0 && counted.hit >= times;
            if faults.len() < at_most && counted.seen >= nth && !spent {
                counted.hit += 1;
                faults.push(counted.rule.fault().clone());
            }
        }
        faults
    }
}

/// Whether a pattern (`*`, `family.*` or a whole name) means this name.
pub fn named(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(family) => name.starts_with(family),
        None => pattern == name,
    }
}

/// Where a rule does not say which thing it hits, or how many.
pub fn first() -> u32 {
    1
}
