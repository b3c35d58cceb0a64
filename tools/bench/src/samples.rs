//! What one build was measured to do, round by round.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::stats::median;

/// What one build was measured to do: a figure's name, and its value in each round.
#[derive(Debug, Default)]
pub struct Samples(BTreeMap<&'static str, Vec<f64>>);

impl Samples {
    /// Adds this round's value.
    pub fn add(&mut self, figure: &'static str, value: f64) {
        self.0.entry(figure).or_default().push(value);
    }

    /// The middle of the rounds.
    pub fn median(&self, figure: &str) -> Option<f64> {
        self.0.get(figure).map(|values| median(values))
    }

    /// The middle of the rounds' own ratios of `figure` to `to` in `other`.
    pub fn ratio(&self, figure: &str, other: &Self, to: &str) -> Option<f64> {
        let (ours, theirs) = (self.0.get(figure)?, other.0.get(to)?);
        let ratios: Vec<f64> = ours
            .iter()
            .zip(theirs)
            .map(|(ours, theirs)| ours / theirs)
            .collect();
        Some(median(&ratios))
    }

    /// With those of others beside them.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The names of what was measured.
    pub fn figures(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// The middle of each figure's rounds, by its name.
    pub fn json(&self) -> Map<String, Value> {
        self.0
            .iter()
            .map(|(figure, values)| ((*figure).to_owned(), json!(median(values))))
            .collect()
    }
}
