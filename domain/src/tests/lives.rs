//! Whatever can be asked is asked of lives in every state that was met so far: so each way of the rules is taken, in every run the same.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::lifecycle::Transition;

/// Enough for the rarest way to be taken.
const STEPS: usize = 40_000;
/// How many lives are remembered in one state.
const LIVES_MAX: usize = 64;

/// What comes of a command, or why nothing does.
type Decide<Life> = fn(
    &Life,
    <Life as Aggregate>::Command,
) -> Result<Vec<<Life as Aggregate>::Event>, <Life as Aggregate>::Error>;

/// What a life is, as far as its picture is concerned.
pub struct Rules<Life: Aggregate, State> {
    pub decide: Decide<Life>,
    pub state_of: fn(&Life) -> Option<State>,
    pub name_of: fn(&Life::Event) -> &'static str,
}

impl<Life: Aggregate + Clone, State: Copy + Ord> Rules<Life, State> {
    /// Every way that is taken by lives that begin so, whatever of `steps` is asked of them.
    pub fn ways_taken(
        &self,
        beginnings: Vec<Life::Command>,
        steps: impl Strategy<Value = Life::Command>,
    ) -> BTreeSet<Transition<State>> {
        let (mut taken, mut lives) = (BTreeSet::new(), BTreeMap::<State, Vec<Life>>::new());
        for beginning in beginnings {
            let mut life = Life::default();
            taken.extend(self.step(&mut life, beginning));
            lives
                .entry((self.state_of)(&life).unwrap())
                .or_default()
                .push(life);
        }
        let mut runner = TestRunner::deterministic();
        let chosen = (any::<Index>(), any::<Index>(), steps);
        for _ in 0..STEPS {
            let (state, place, command) = chosen.new_tree(&mut runner).unwrap().current();
            let met: Vec<State> = lives.keys().copied().collect();
            let mut life = place.get(&lives[state.get(&met)]).clone();
            taken.extend(self.step(&mut life, command));
            let here = lives.entry((self.state_of)(&life).unwrap()).or_default();
            if here.len() < LIVES_MAX {
                here.push(life);
            } else {
                here[place.index(LIVES_MAX)] = life;
            }
        }
        taken
    }

    /// What the life becomes, and the ways there.
    fn step(&self, life: &mut Life, command: Life::Command) -> Vec<Transition<State>> {
        let mut ways = Vec::new();
        for event in (self.decide)(life, command).unwrap_or_default() {
            let (from, fact) = ((self.state_of)(life), (self.name_of)(&event));
            life.apply(event);
            let to = (self.state_of)(life).unwrap();
            if from != Some(to) {
                ways.push(Transition { from, fact, to });
            }
        }
        ways
    }
}

/// Fails unless the ways taken are those that are shown, and every state is met.
pub fn is_shown<State: Copy + Ord + std::fmt::Debug>(
    taken: &BTreeSet<Transition<State>>,
    shown: &[Transition<State>],
    states: &[State],
) {
    let all: BTreeSet<_> = shown.iter().copied().collect();
    assert_eq!(all.len(), shown.len(), "each way is shown once");
    let hidden: Vec<String> = taken.difference(&all).map(|way| format!("{way:?}")).collect();
    let invented: Vec<String> = all.difference(taken).map(|way| format!("{way:?}")).collect();
    assert!(
        hidden.is_empty() && invented.is_empty(),
        "not shown: {hidden:#?}\nnever taken: {invented:#?}"
    );
    let met: BTreeSet<State> = taken.iter().map(|way| way.to).collect();
    assert_eq!(met, states.iter().copied().collect(), "every state is met");
}
