//! What one day judges by itself.

use super::*;

fn on_day(booking: u128) -> ClaimOnDay {
    ClaimOnDay {
        doctor_id: doctor_id(),
        date: tenth(),
        booking_id: id(booking),
        visit: range("2026-12-10T07:00:00Z", "2026-12-10T07:30:00Z"),
        occupied: range("2026-12-10T06:50:00Z", "2026-12-10T07:50:00Z"),
        at: now(),
    }
}

fn held(booking: u128) -> DoctorDayEvent {
    DoctorDayEvent::Held {
        doctor_id: doctor_id(),
        date: tenth(),
        booking_id: id(booking),
        visit: on_day(booking).visit,
        occupied: on_day(booking).occupied,
        until: now(),
        at: now(),
    }
}

fn given(facts: Vec<DoctorDayEvent>) -> cqrs_es::test::AggregateTestExecutor<DoctorDay> {
    TestFramework::<DoctorDay>::with(()).given(facts)
}

#[test]
fn a_single_day_keeps_its_own_rules() {
    let hold = |booking| {
        DoctorDayCommand::Hold(HoldOnDay {
            claim: on_day(booking),
            until: now(),
        })
    };
    given(vec![]).when(hold(1)).then_expect_events(vec![held(1)]);
    given(vec![held(1)]).when(hold(1)).then_expect_events(vec![]);
    given(vec![held(1)])
        .when(hold(2))
        .then_expect_error(taken(vec![id(1)]));
    given(vec![held(1)])
        .when(DoctorDayCommand::Claim(on_day(2)))
        .then_expect_error(taken(vec![id(1)]));
}

#[test]
fn a_single_day_ends_what_stands_there() {
    let (doctor_id, date, booking_id, at) = (doctor_id(), tenth(), id(1), now());
    let confirm = DoctorDayCommand::Confirm(ConfirmOnDay {
        doctor_id,
        date,
        booking_id,
        at,
    });
    let claimed = DoctorDayEvent::Claimed {
        doctor_id,
        date,
        booking_id,
        visit: on_day(1).visit,
        occupied: on_day(1).occupied,
        at,
    };
    given(vec![held(1)])
        .when(confirm.clone())
        .then_expect_events(vec![claimed.clone()]);
    given(vec![]).when(confirm).then_expect_events(vec![]);
    given(vec![claimed.clone()])
        .when(DoctorDayCommand::Claim(on_day(1)))
        .then_expect_events(vec![]);
    let release = DoctorDayCommand::Release(ReleaseOnDay {
        doctor_id,
        date,
        booking_id,
        at,
    });
    given(vec![claimed.clone()])
        .when(release.clone())
        .then_expect_events(vec![DoctorDayEvent::Released {
            doctor_id,
            date,
            booking_id,
            at,
        }]);
    given(vec![]).when(release).then_expect_events(vec![]);
    let block = BlockTime {
        block_id: id(7),
        range: on_day(1).visit,
        by: person(Role::Doctor),
        at,
    };
    let block = DoctorDayCommand::Block(BlockOnDay {
        doctor_id,
        date,
        block,
    });
    given(vec![claimed]).when(block).then_expect_error(taken(vec![]));
}

#[test]
fn a_single_day_opens_grows_and_closes() {
    let (doctor_id, date, at) = (doctor_id(), tenth(), now());
    let unblock = DoctorDayCommand::Unblock(UnblockOnDay {
        doctor_id,
        date,
        block: UnblockTime {
            block_id: id(7),
            by: person(Role::Doctor),
            at,
        },
    });
    given(vec![held(1)]).when(unblock).then_expect_events(vec![]);
    let bounds = day_bounds(date, MOSCOW).unwrap();
    let open = DoctorDayCommand::Open(OpenOnDay {
        doctor_id,
        bounds,
        day: hours(date, 540, 720),
    });
    let opened = given(vec![held(1)]).when(open.clone()).inspect_result().unwrap();
    given(opened.clone()).when(open).then_expect_events(vec![]);
    let extend = DoctorDayCommand::Extend(ExtendOnDay {
        doctor_id,
        day: ExtendDay {
            date,
            working: window(date, MOSCOW, 540, 720).unwrap(),
            by: person(Role::Doctor),
            at,
        },
    });
    given(opened.clone()).when(extend).then_expect_events(vec![]);
    let close = DoctorDayCommand::Close(CloseOnDay {
        doctor_id,
        day: CloseDay {
            date,
            by: person(Role::Doctor),
            at,
        },
    });
    let claimed_day = [vec![held(1)], opened].concat();
    given(claimed_day)
        .when(close)
        .then_expect_error(ScheduleRefusal::DayClaimed { overdue: vec![id(1)] });
}

#[test]
fn a_day_survives_being_written_down() {
    let mut days = open_tenth();
    days.hold(1, "2026-12-10T07:00:00Z").unwrap();
    let day = days.day(tenth());
    let text = serde_json::to_string(&day).unwrap();
    assert_eq!(serde_json::from_str::<DoctorDay>(&text).unwrap(), day);
}
