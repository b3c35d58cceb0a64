//! Alerts and the dashboard: they speak of metrics that exist, and every alert has a test and a section of the runbook.

use std::collections::BTreeSet;

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use super::metrics::described;

const RULES: &str = include_str!("../../../deploy/prometheus/tot.rules.yml");
const TESTS: &str = include_str!("../../../deploy/prometheus/tot.rules.test.yml");
const DASHBOARD: &str = include_str!("../../../deploy/grafana/tot.dashboard.json");
const RUNBOOK: &str = include_str!("../../../docs/RUNBOOK.md");
/// Where alerts say what to do.
const SECTION: &str = "docs/RUNBOOK.md#";
/// What Prometheus itself knows of a process.
const OF_PROMETHEUS: [&str; 2] = ["up", "ALERTS"];

#[test]
fn every_alert_speaks_of_metrics_that_exist() {
    let known = described();
    for (alert, rule) in alerts() {
        let query = rule["expr"].as_str().unwrap();
        assert_query(&alert, query, &known);
        assert!(
            ["page", "task"].contains(&rule["labels"]["severity"].as_str().unwrap()),
            "{alert}"
        );
        assert!(
            !rule["annotations"]["summary"].as_str().unwrap().is_empty(),
            "{alert}"
        );
    }
}

#[test]
fn every_alert_leads_to_a_section_of_the_runbook() {
    let sections: BTreeSet<String> = RUNBOOK
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(anchor)
        .collect();
    for (alert, rule) in alerts() {
        let url = rule["annotations"]["runbook_url"].as_str().unwrap_or_default();
        let section = url.strip_prefix(SECTION);
        assert!(
            section.is_some_and(|section| sections.contains(section)),
            "{alert}: {url}"
        );
    }
}

#[test]
fn every_alert_is_tested_when_it_fires_and_when_it_does_not() {
    let tests = YamlLoader::load_from_str(TESTS).unwrap().remove(0);
    let (mut fires, mut rests) = (BTreeSet::new(), BTreeSet::new());
    for test in tests["tests"].as_vec().unwrap() {
        let has_others = test["input_series"].as_vec().unwrap().len() > 1;
        for case in test["alert_rule_test"].as_vec().unwrap() {
            let name = case["alertname"].as_str().unwrap().to_owned();
            if !case["exp_alerts"].as_vec().unwrap().is_empty() {
                // Whatever else is there and does not fire is a case of its own.
                if has_others {
                    rests.insert(name.clone());
                }
                fires.insert(name);
            } else {
                rests.insert(name);
            }
        }
    }
    let names: BTreeSet<String> = alerts().into_iter().map(|(name, _)| name).collect();
    assert_eq!(fires, names);
    assert!(names.is_subset(&rests), "{:?}", names.difference(&rests));
}

#[test]
fn every_panel_of_the_dashboard_asks_for_metrics_that_exist() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let known = described();
    let (mut ids, mut queries) = (BTreeSet::new(), 0);
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_i64().unwrap()), "{panel}");
        let title = panel["title"].as_str().unwrap();
        let targets = panel["targets"].as_array();
        assert_eq!(panel["type"] == "row", targets.is_none(), "{title}");
        for target in targets.into_iter().flatten() {
            assert_query(title, target["expr"].as_str().unwrap(), &known);
            queries += 1;
        }
    }
    assert!(queries > 30, "{queries}");
    let annotations = dashboard["annotations"]["list"].as_array().unwrap();
    assert_query("annotations", annotations[0]["expr"].as_str().unwrap(), &known);
}

/// As far as can be told without Prometheus: brackets close, and whatever looks like a metric is one.
fn assert_query(whose: &str, query: &str, known: &BTreeSet<String>) {
    let mut open = Vec::new();
    let mut texts = query.split('"');
    let code: String = texts.by_ref().step_by(2).collect::<Vec<_>>().join(" ");
    assert!(query.matches('"').count().is_multiple_of(2), "{whose}: {query}");
    for letter in code.chars() {
        match letter {
            '(' | '[' | '{' => open.push(letter),
            ')' | ']' | '}' => {
                let expected = open.pop().map(|open| match open {
                    '(' => ')',
                    '[' => ']',
                    _ => '}',
                });
                assert_eq!(expected, Some(letter), "{whose}: {query}");
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "{whose}: {query}");
    let words = code.split(|letter: char| !(letter.is_ascii_alphanumeric() || "_:".contains(letter)));
    let metrics: Vec<&str> = words
        .filter(|word| word.starts_with("tot_") || OF_PROMETHEUS.contains(word))
        .collect();
    assert!(!metrics.is_empty(), "{whose}: {query}");
    for metric in metrics {
        let plain = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| metric.strip_suffix(end))
            .unwrap_or(metric);
        assert!(
            known.contains(plain) || OF_PROMETHEUS.contains(&metric),
            "{whose} speaks of {metric}, which nobody measures"
        );
    }
}

fn alerts() -> Vec<(String, Yaml)> {
    let rules = YamlLoader::load_from_str(RULES).unwrap().remove(0);
    let groups = rules["groups"].as_vec().unwrap();
    let of = |group: &Yaml| group["rules"].as_vec().unwrap().clone();
    let named = |rule: Yaml| (rule["alert"].as_str().unwrap().to_owned(), rule);
    let found: Vec<(String, Yaml)> = groups.iter().flat_map(of).map(named).collect();
    assert!(found.len() > 25, "{}", found.len());
    found
}

/// The anchor of a heading, as it is made where the page is shown: lower case, no punctuation, a hyphen for each space.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
