//! The queue of the audit trail: bounded, written at the end, and what is lost is told; nobody changes what stands there.

use identity::{AuditFilter, AuditKind, EventOrigin, NewSecurityEvent, SecurityEvent};
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};

use crate::kit::TestIdentity;

fn event() -> NewSecurityEvent {
    let origin = EventOrigin {
        operation: "auth_login".into(),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        address_hash: Some([7; 16]),
        app_id: None,
    };
    NewSecurityEvent::new(SecurityEvent::SignInUnknownAccount, origin)
}

async fn found(fixture: &TestIdentity, kind: AuditKind) -> Vec<identity::AuditEntry> {
    let filter = AuditFilter {
        kind: Some(kind),
        rows: 100,
        ..AuditFilter::default()
    };
    fixture.people.audit_trail(&filter).await.unwrap()
}

#[tokio::test]
async fn what_finds_no_place_is_counted_and_the_count_is_recorded() {
    let fixture = TestIdentity::with(|options| options.trail_waiting_max = 4).await;
    let taken: Vec<bool> = (0..10)
        .map(|second| {
            let at = Timestamp::from_second(1_790_000_000 + second).unwrap();
            fixture.people.note_event(event(), at)
        })
        .collect();
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 4);
    // Told to stop at once: what waits is written all the same.
    fixture.people.keep_trail(std::future::ready(())).await;
    let entries = found(&fixture, AuditKind::SignIn).await;
    assert_eq!(entries.len(), 4);
    let first = entries.last().unwrap();
    assert_eq!(first.place.at.as_second(), 1_790_000_000);
    assert_eq!(first.address_hash.as_deref(), Some(&[7; 16][..]));
    assert_eq!(first.operation.as_deref(), Some("auth_login"));
    let lost = found(&fixture, AuditKind::Trail).await;
    let told: Vec<_> = lost
        .iter()
        .map(|entry| (entry.result.as_deref(), entry.target.as_deref()))
        .collect();
    assert_eq!(told, [(Some("lost"), Some("6"))]);
    // There is room again, and nothing is told twice.
    let now = Timestamp::from_second(1_790_000_100).unwrap();
    assert!(fixture.people.note_event(event(), now));
    fixture.people.keep_trail(std::future::ready(())).await;
    assert_eq!(found(&fixture, AuditKind::SignIn).await.len(), 5);
    assert_eq!(found(&fixture, AuditKind::Trail).await.len(), 1);
}

#[tokio::test]
async fn entries_are_purged_by_the_owner_alone_and_only_when_they_are_old() {
    let fixture = TestIdentity::new().await;
    let old = Timestamp::from_second(1_600_000_000).unwrap();
    assert!(fixture.people.note_event(event(), old));
    fixture.people.keep_trail(std::future::ready(())).await;
    fixture.people.record_event(event()).await.unwrap();
    let mut owner = PgConnection::connect(fixture.owner_url()).await.unwrap();
    let command = "insert into identity.command_line_acts (acted_at, actor_role, os_user, command, target, trace_id) \
                   values ('2020-01-01', 'operator', 'root', 'tot backup', '', '') returning id";
    let act: i64 = sqlx::query_scalar(command).fetch_one(&mut owner).await.unwrap();
    let ended = "insert into identity.command_line_results (act_id, result) values ($1, 'done')";
    sqlx::query(ended).bind(act).execute(&mut owner).await.unwrap();
    for refused in [
        "delete from identity.security_events",
        "update identity.security_events set result = 'done'",
        "truncate identity.security_events",
    ] {
        let error = sqlx::query(refused).execute(&mut owner).await.unwrap_err();
        assert!(error.to_string().contains("never changed"), "{refused}: {error}");
    }
    let purge = "select identity.purge_audit_trail(now() - interval '1 month')";
    assert!(sqlx::query(purge).execute(&mut owner).await.is_err());
    let purge = "select identity.purge_audit_trail(now() - interval '3 years')";
    assert!(sqlx::query(purge).execute(&fixture.pool).await.is_err());
    let taken: i64 = sqlx::query_scalar(purge).fetch_one(&mut owner).await.unwrap();
    assert_eq!(taken, 2, "the event and the command");
    let again: i64 = sqlx::query_scalar(purge).fetch_one(&mut owner).await.unwrap();
    assert_eq!((again, found(&fixture, AuditKind::SignIn).await.len()), (0, 1));
}
