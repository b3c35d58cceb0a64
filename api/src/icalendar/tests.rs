//! What stands in a calendar, to the letter.

use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use domain::ids::{BookingId, DoctorId, PatientId};
use domain::time::TimeRange;
use identity::CalendarLanguage;
use jiff::{SignedDuration, Timestamp};
use projections::bookings::query::feed::{FeedReader, FeedVisit};
use uuid::Uuid;

use super::feed::Feed;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn visit(status: BookingStatus) -> FeedVisit {
    let start = at("2026-12-02T06:00:00Z");
    FeedVisit {
        booking_id: BookingId::from_uuid(Uuid::from_u128(0x019a_8f0e_6f0a_7c3e_9a51_1f2d_3c4b_5a69)),
        call_type: CallType::Scheduled,
        status,
        visit: TimeRange::new(start, start + SignedDuration::from_mins(30)).unwrap(),
        has_change_to_accept: false,
        requested_at: at("2026-11-30T15:20:00.5Z"),
        version: 7,
        changed_at: at("2026-11-30T15:24:59.999Z"),
    }
}

fn of_patient(language: CalendarLanguage) -> Feed<'static> {
    Feed {
        reader: FeedReader::Patient(PatientId::from_uuid(Uuid::from_u128(1))),
        language,
        public_url: "https://tot.example",
    }
}

fn of_doctor() -> Feed<'static> {
    Feed {
        reader: FeedReader::Doctor(DoctorId::from_uuid(Uuid::from_u128(2))),
        ..of_patient(CalendarLanguage::Russian)
    }
}

/// Unfolded, one property a line.
fn lines(text: &str) -> Vec<String> {
    let unfolded = text.replace("\r\n ", "");
    assert!(!unfolded.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
    unfolded.split_terminator("\r\n").map(str::to_owned).collect()
}

/// The lines of the only event with these names.
fn told(feed: Feed<'_>, visit: FeedVisit, names: [&str; 3]) -> Vec<String> {
    let lines = lines(&feed.write(&[visit]));
    let of = |name: &str| lines.iter().find(|line| line.starts_with(&format!("{name}:")));
    names.iter().filter_map(|name| of(name).cloned()).collect()
}

#[test]
fn a_visit_is_written_to_the_letter() {
    let text = of_patient(CalendarLanguage::Russian).write(&[visit(BookingStatus::Assigned)]);
    let expected = "\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//TOT//Visits//RU
CALSCALE:GREGORIAN
NAME:ТОТ: визиты врача
X-WR-CALNAME:ТОТ: визиты врача
REFRESH-INTERVAL;VALUE=DURATION:PT1H
X-PUBLISHED-TTL:PT1H
BEGIN:VEVENT
UID:019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69
DTSTAMP:20261130T152459Z
LAST-MODIFIED:20261130T152459Z
CREATED:20261130T152000Z
SEQUENCE:7
STATUS:CONFIRMED
DTSTART:20261202T060000Z
DTEND:20261202T063000Z
SUMMARY:Визит врача
DESCRIPTION:Подробности после входа: https://tot.examp
 le/
CLASS:PRIVATE
TRANSP:OPAQUE
URL:https://tot.example/
END:VEVENT
END:VCALENDAR
";
    assert_eq!(text, expected.replace('\n', "\r\n"));
}

#[test]
fn a_calendar_without_visits_has_its_name_and_the_component_that_it_must_have() {
    assert_eq!(
        lines(&of_patient(CalendarLanguage::English).write(&[])),
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//TOT//Visits//EN",
            "CALSCALE:GREGORIAN",
            "NAME:TOT: doctor's visits",
            "X-WR-CALNAME:TOT: doctor's visits",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
            "BEGIN:VTIMEZONE",
            "TZID:Etc/UTC",
            "BEGIN:STANDARD",
            "DTSTART:19700101T000000",
            "TZOFFSETFROM:+0000",
            "TZOFFSETTO:+0000",
            "TZNAME:UTC",
            "END:STANDARD",
            "END:VTIMEZONE",
            "END:VCALENDAR",
        ]
    );
}

#[test]
fn each_status_is_told_as_calendars_know_it() {
    let names = ["STATUS", "TRANSP", "SUMMARY"];
    for status in BookingStatus::ALL {
        let expected = match status {
            BookingStatus::Absent | BookingStatus::Pending => {
                ["STATUS:TENTATIVE", "TRANSP:OPAQUE", "SUMMARY:Визит врача"]
            }
            BookingStatus::Assigned
            | BookingStatus::EnRoute
            | BookingStatus::Arrived
            | BookingStatus::InProgress
            | BookingStatus::Completed
            | BookingStatus::NoShow => ["STATUS:CONFIRMED", "TRANSP:OPAQUE", "SUMMARY:Визит врача"],
            BookingStatus::Cancelled | BookingStatus::Expired | BookingStatus::Missed => [
                "STATUS:CANCELLED",
                "TRANSP:TRANSPARENT",
                "SUMMARY:Отменено: Визит врача",
            ],
        };
        let told = told(of_patient(CalendarLanguage::Russian), visit(status), names);
        assert_eq!(told, expected, "{status:?}");
    }
}

#[test]
fn a_change_that_the_patient_has_not_accepted_is_tentative_for_the_patient_alone() {
    let changed = FeedVisit {
        has_change_to_accept: true,
        ..visit(BookingStatus::Assigned)
    };
    let names = ["STATUS", "DESCRIPTION", "SUMMARY"];
    assert_eq!(
        told(of_patient(CalendarLanguage::English), changed.clone(), names),
        [
            "STATUS:TENTATIVE",
            "DESCRIPTION:The doctor or the time has changed: accept it or cancel.\\nDetails after signing in: https://tot.example/",
            "SUMMARY:Doctor's visit",
        ]
    );
    assert_eq!(
        told(of_doctor(), changed, names),
        [
            "STATUS:CONFIRMED",
            "DESCRIPTION:Подробности после входа: https://tot.example/",
            "SUMMARY:Визит",
        ]
    );
}

#[test]
fn a_consultation_is_no_visit() {
    let consultation = FeedVisit {
        call_type: CallType::Consultation,
        ..visit(BookingStatus::Cancelled)
    };
    let english = of_patient(CalendarLanguage::English);
    assert_eq!(
        told(english, consultation.clone(), ["SUMMARY"; 3])[0],
        "SUMMARY:Cancelled: Video consultation"
    );
    assert_eq!(
        told(of_doctor(), consultation, ["SUMMARY"; 3])[0],
        "SUMMARY:Отменено: Видеоконсультация"
    );
}
