//! A script told by the control surface: rules of what befalls which of the things they concern.

use serde::Deserialize;

/// A line of a script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule<F> {
    /// A request (`payments.create`, `tbank.Init`) or a notification (`payment.succeeded`, `tbank.CONFIRMED`);
    /// `payments.*` for a family, `*` for all.
    on: String,
    /// The first that is hit, counted from 1.
    #[serde(default = "first")]
    nth: u32,
    /// How many in a row; 0 means all that follow.
    #[serde(default = "first")]
    times: u32,
    fault: F,
}

fn first() -> u32 {
    1
}

impl<F> Rule<F> {
    fn concerns(&self, name: &str) -> bool {
        match self.on.strip_suffix('*') {
            Some(family) => name.starts_with(family),
            None => self.on == name,
        }
    }
}

/// The rules in the order they were told, with what each has seen and hit.
#[derive(Debug)]
pub struct Script<F>(Vec<Counted<F>>);

#[derive(Debug)]
struct Counted<F> {
    rule: Rule<F>,
    seen: u32,
    hit: u32,
}

impl<F> Default for Script<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<F: Clone> Script<F> {
    /// Adds a rule after the others.
    pub fn add(&mut self, rule: Rule<F>) {
        self.0.push(Counted {
            rule,
            seen: 0,
            hit: 0,
        });
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What befalls a thing of that name: the first rule that hits. Every rule that concerns it counts it as seen.
    pub fn strike_one(&mut self, name: &str) -> Option<F> {
        self.strike(1, name).pop()
    }

    /// What befalls a thing of that name: every rule that hits, in order.
    pub fn strike_all(&mut self, name: &str) -> Vec<F> {
        self.strike(usize::MAX, name)
    }

    fn strike(&mut self, at_most: usize, name: &str) -> Vec<F> {
        let mut faults = Vec::new();
        for counted in self.0.iter_mut().filter(|counted| counted.rule.concerns(name)) {
            counted.seen += 1;
            let Rule { nth, times, .. } = counted.rule;
            let spent = times != 0 && counted.hit >= times;
            if faults.len() < at_most && counted.seen >= nth && !spent {
                counted.hit += 1;
                faults.push(counted.rule.fault.clone());
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::{Rule, Script};

    fn script(on: &str, nth: u32, times: u32) -> Script<&'static str> {
        let mut script = Script::default();
        script.add(Rule {
            on: on.into(),
            nth,
            times,
            fault: "lost",
        });
        script
    }

    #[test]
    fn the_nth_request_is_hit_as_often_as_told() {
        let mut script = script("payments.create", 2, 2);
        let hits: Vec<bool> = (0..5)
            .map(|_| script.strike_one("payments.create").is_some())
            .collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!(script.strike_one("payments.get"), None);
    }

    #[test]
    fn families_are_matched() {
        let mut script = script("payments.*", 1, 0);
        assert_eq!(script.strike_one("payments.capture"), Some("lost"));
        assert_eq!(script.strike_one("refunds.create"), None);
    }
}
