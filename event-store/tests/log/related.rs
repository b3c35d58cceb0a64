//! Facts by what they have in common: whole commands by actor and correlation, pages that begin in the midst of one, times.

use event_store::{AsOf, CommandContext, CommandStart, FactFilter, Position, execute};
use uuid::Uuid;

use crate::jar::{Jar, JarRefusal, jar, put};
use crate::kit::{TestLog, put_into, unkeyed};

fn by(actor: &str, correlation: &str) -> CommandContext {
    CommandContext {
        actor_id: actor.to_owned(),
        correlation_id: correlation.to_owned(),
        ..unkeyed()
    }
}

/// Six facts: two of anna, four of boris, of whom three share a correlation with one of anna's.
async fn log_of_two() -> TestLog {
    let fixture = TestLog::open().await;
    for (actor, correlation, name) in [
        ("anna", "one", "a"),
        ("boris", "one", "a"),
        ("boris", "one", "b"),
        ("anna", "two", "a"),
        ("boris", "one", "a"),
        ("boris", "three", "c"),
    ] {
        put_into(&fixture.log, &by(actor, correlation), &jar(name), "coin")
            .await
            .unwrap();
    }
    fixture
}

/// The positions that the filter lets through, two a page.
async fn found(fixture: &TestLog, mut filter: FactFilter) -> Vec<Position> {
    let mut positions = Vec::new();
    loop {
        let page = fixture.log.find_facts(&filter, 2).await.unwrap();
        assert!(page.facts.len() <= 2);
        positions.extend(page.facts.iter().map(|fact| fact.position));
        match page.next {
            Some(next) => filter.after = next,
            None => return positions,
        }
    }
}

#[tokio::test]
async fn facts_are_found_by_what_they_have_in_common() {
    let fixture = log_of_two().await;
    let text = |text: &str| Some(text.to_owned());
    let none = FactFilter::default();
    let actor = |actor| FactFilter {
        actor: text(actor),
        ..none.clone()
    };
    let correlation = |correlation| FactFilter {
        correlation: text(correlation),
        ..none.clone()
    };
    assert_eq!(found(&fixture, none.clone()).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(found(&fixture, actor("anna")).await, [1, 4]);
    assert_eq!(found(&fixture, actor("boris")).await, [2, 3, 5, 6]);
    assert_eq!(found(&fixture, actor("nobody")).await, [0; 0]);
    assert_eq!(found(&fixture, correlation("one")).await, [1, 2, 3, 5]);
    let both = FactFilter {
        actor: text("boris"),
        ..correlation("one")
    };
    assert_eq!(found(&fixture, both).await, [2, 3, 5]);
    let stream = FactFilter {
        stream: Some(("jar".to_owned(), "a".to_owned())),
        ..none.clone()
    };
    assert_eq!(found(&fixture, stream.clone()).await, [1, 2, 4, 5]);
    let of_anna = FactFilter {
        actor: text("anna"),
        ..stream
    };
    assert_eq!(found(&fixture, of_anna).await, [1, 4]);
    let between = FactFilter {
        after: 1,
        before: Some(5),
        ..none.clone()
    };
    assert_eq!(found(&fixture, between).await, [2, 3, 4]);
    let typed = FactFilter {
        event_type: text("Put"),
        ..none.clone()
    };
    assert_eq!(found(&fixture, typed).await, [1, 2, 3, 4, 5, 6]);
    let other = FactFilter {
        event_type: text("Taken"),
        ..none
    };
    assert_eq!(found(&fixture, other).await, [0; 0]);
}

#[tokio::test]
async fn whole_correlations_and_partitions_are_read_in_the_order_of_positions() {
    let fixture = log_of_two().await;
    let correlations = [("three", 0), ("one", 1), ("none", 0)];
    let correlations = correlations.map(|(id, after)| (id.to_owned(), after)).into();
    let starts = async |limit| -> (Vec<Position>, bool) {
        let found = fixture.log.commands_of(&correlations, limit).await.unwrap();
        assert!(found.starts.iter().all(|start| start.causation.is_none()));
        let positions = found.starts.iter().map(|start| start.position);
        (positions.collect(), found.is_cut)
    };
    assert_eq!(
        starts(3).await,
        (vec![2, 3, 5, 6], false),
        "the first one is known"
    );
    assert_eq!(starts(2).await, (vec![2, 3, 6], true), "two of each");
    let named = fixture.log.read_at(&[6, 2, 99]).await.unwrap();
    assert_eq!(named.iter().map(|fact| fact.position).collect::<Vec<_>>(), [2, 6]);
    let stream = fixture.log.read_stream("jar", "a", AsOf::Head).await.unwrap();
    let partition = &stream[0].partition_key;
    let own = fixture.log.read_partition(partition, 3).await.unwrap();
    assert_eq!(own[0].position, 1);
    assert!(own.len() <= 3 && own.iter().all(|fact| fact.partition_key == *partition));
    assert!(
        fixture
            .log
            .streams_of(partition, 9)
            .await
            .unwrap()
            .contains(&"jar/a".to_owned())
    );
    let command = stream[1].command_id.unwrap();
    assert_eq!(fixture.log.position_of_command(command).await.unwrap(), Some(2));
    assert_eq!(fixture.log.position_of_command(Uuid::nil()).await.unwrap(), None);
}

#[tokio::test]
async fn a_command_is_read_whole_by_any_of_its_facts_and_says_what_led_to_it() {
    let fixture = log_of_two().await;
    let followed = CommandContext {
        causation: Some(3),
        ..by("boris", "one")
    };
    let jars = [jar("a"), jar("b")];
    execute::<JarRefusal, _>(&fixture.log, &followed, &jars, |streams| {
        streams.decide::<Jar, JarRefusal>(&jars[0], |_| Ok(put("coin")))?;
        streams.decide::<Jar, JarRefusal>(&jars[1], |_| Ok(put("coin")))
    })
    .await
    .unwrap();
    let whole = fixture.log.whole_commands(&[8, 2]).await.unwrap();
    assert_eq!(
        whole.iter().map(|fact| fact.position).collect::<Vec<_>>(),
        [2, 7, 8]
    );
    let correlation = [("one".to_owned(), 5)].into();
    let found = fixture.log.commands_of(&correlation, 10).await.unwrap();
    let start = CommandStart {
        position: 7,
        causation: Some(3),
    };
    assert_eq!((found.starts, found.is_cut), (vec![start], false));
}

#[tokio::test]
async fn a_time_is_a_position() {
    let fixture = log_of_two().await;
    let log = &fixture.log;
    let facts = log.read_after(0, 10).await.unwrap();
    for fact in &facts {
        let first = facts
            .iter()
            .find(|other| other.recorded_at == fact.recorded_at)
            .unwrap();
        assert_eq!(log.position_at(fact.recorded_at).await.unwrap(), first.position);
    }
    assert_eq!(
        log.position_at("2000-01-01T00:00:00Z".parse().unwrap())
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        log.position_at("2100-01-01T00:00:00Z".parse().unwrap())
            .await
            .unwrap(),
        7
    );
}
