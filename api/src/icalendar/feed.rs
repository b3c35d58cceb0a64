//! A person's visits as one calendar.
//!
//! What stands in it lies with whoever reads it: with Google, Apple or an employer, unencrypted and out of our reach. So it says when a
//! visit is and that it is one, and nothing of health, of names, of addresses: what it is about is read after signing in, where reading is
//! recorded. One visit is one `UID` for ever; whatever happens to it is the same event with a higher `SEQUENCE`.

use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use identity::CalendarLanguage;
use jiff::Timestamp;
use projections::bookings::query::feed::{FeedReader, FeedVisit};

use crate::icalendar::content_lines::ContentLines;

/// How often a calendar is asked to look again (RFC 7986, 5.7): an hour. Many look less often, whatever is asked.
const REFRESH: &str = "PT1H";

/// Whom a calendar is for, in which language, and where more is told.
#[derive(Clone, Copy, Debug)]
pub struct Feed<'a> {
    /// Whose visits they are.
    pub reader: FeedReader,
    /// Of its words.
    pub language: CalendarLanguage,
    /// Where the platform is reached, without a slash at the end.
    pub public_url: &'a str,
}

impl Feed<'_> {
    /// The calendar; the same for the same visits, whenever it is written.
    ///
    /// No `METHOD`: with one it would be a message that changes somebody's calendar (RFC 5546), which must name its organizer; this is a
    /// calendar. Times are UTC: an instant needs no `VTIMEZONE`, and every calendar shows it in its reader's zone. Without
    /// visits it names that zone, since a calendar without any component is none (RFC 5545, 3.6).
    pub fn write(&self, visits: &[FeedVisit]) -> String {
        let mut lines = ContentLines::default();
        let name = self.name();
        lines.plain("BEGIN", "VCALENDAR");
        lines.plain("VERSION", "2.0");
        lines.plain(
            "PRODID",
            match self.language {
                CalendarLanguage::Russian => "-//TOT//Visits//RU",
                CalendarLanguage::English => "-//TOT//Visits//EN",
            },
        );
        lines.plain("CALSCALE", "GREGORIAN");
        // The name and the interval by the standard, then as most calendars know them.
        lines.text("NAME", name);
        lines.text("X-WR-CALNAME", name);
        lines.plain("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
        lines.plain("X-PUBLISHED-TTL", REFRESH);
        for visit in visits {
            self.event(&mut lines, visit);
        }
        if visits.is_empty() {
            coordinated_universal_time(&mut lines);
        }
        lines.plain("END", "VCALENDAR");
        lines.finish()
    }

    fn event(&self, lines: &mut ContentLines, visit: &FeedVisit) {
        let standing = Standing::of(self.reader, visit);
        let (changed, address) = (time(visit.changed_at), format!("{}/", self.public_url));
        lines.plain("BEGIN", "VEVENT");
        lines.plain("UID", &visit.booking_id.to_string());
        // Without a METHOD the stamp is that of the last change (RFC 5545, 3.8.7.2).
        lines.plain("DTSTAMP", &changed);
        lines.plain("LAST-MODIFIED", &changed);
        lines.plain("CREATED", &time(visit.requested_at));
        lines.plain("SEQUENCE", &visit.version.to_string());
        lines.plain("STATUS", standing.word());
        lines.plain("DTSTART", &time(visit.visit.start()));
        lines.plain("DTEND", &time(visit.visit.end()));
        lines.text("SUMMARY", &self.summary(visit.call_type, standing));
        lines.text("DESCRIPTION", &self.description(standing, &address));
        lines.plain("CLASS", "PRIVATE");
        lines.plain("TRANSP", standing.transparency());
        lines.plain("URL", &address);
        lines.plain("END", "VEVENT");
    }

    const fn name(&self) -> &'static str {
        match (self.reader, self.language) {
            (FeedReader::Patient(_), CalendarLanguage::Russian) => "ТОТ: визиты врача",
            (FeedReader::Patient(_), CalendarLanguage::English) => "TOT: doctor's visits",
            (FeedReader::Doctor(_), CalendarLanguage::Russian) => "ТОТ: мои визиты",
            (FeedReader::Doctor(_), CalendarLanguage::English) => "TOT: my visits",
        }
    }

    /// Some calendars show what is off like anything else: the words say it, too.
    fn summary(&self, call_type: CallType, standing: Standing) -> String {
        let russian = self.language == CalendarLanguage::Russian;
        let what = match (self.reader, is_at_home(call_type), russian) {
            (FeedReader::Patient(_), true, true) => "Визит врача",
            (FeedReader::Patient(_), true, false) => "Doctor's visit",
            (FeedReader::Doctor(_), true, true) => "Визит",
            (FeedReader::Doctor(_), true, false) => "Visit",
            (_, false, true) => "Видеоконсультация",
            (_, false, false) => "Video consultation",
        };
        match (standing, russian) {
            (Standing::Cancelled, true) => format!("Отменено: {what}"),
            (Standing::Cancelled, false) => format!("Cancelled: {what}"),
            (Standing::Unsettled | Standing::Changed | Standing::Confirmed, _) => what.to_owned(),
        }
    }

    /// Not all calendars show an event's `URL`: the words hold it, too.
    fn description(&self, standing: Standing, address: &str) -> String {
        let russian = self.language == CalendarLanguage::Russian;
        let first = match (standing, russian) {
            (Standing::Unsettled, true) => "Врач и время ещё уточняются.\n",
            (Standing::Unsettled, false) => "The doctor and the time are not settled yet.\n",
            (Standing::Changed, true) => "Врач или время изменились: согласитесь или откажитесь.\n",
            (Standing::Changed, false) => "The doctor or the time has changed: accept it or cancel.\n",
            (Standing::Confirmed | Standing::Cancelled, _) => "",
        };
        match russian {
            true => format!("{first}Подробности после входа: {address}"),
            false => format!("{first}Details after signing in: {address}"),
        }
    }
}

/// How a visit stands, as far as a calendar tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It has no doctor or no time.
    Unsettled,
    /// The patient has yet to accept another doctor or time.
    Changed,
    Confirmed,
    Cancelled,
}

impl Standing {
    fn of(reader: FeedReader, visit: &FeedVisit) -> Self {
        match visit.status {
            BookingStatus::Absent | BookingStatus::Pending => Self::Unsettled,
            BookingStatus::Assigned
            | BookingStatus::EnRoute
            | BookingStatus::Arrived
            | BookingStatus::InProgress => match reader {
                FeedReader::Patient(_) if visit.has_change_to_accept => Self::Changed,
                FeedReader::Patient(_) | FeedReader::Doctor(_) => Self::Confirmed,
            },
            BookingStatus::Completed | BookingStatus::NoShow => Self::Confirmed,
            BookingStatus::Cancelled | BookingStatus::Expired | BookingStatus::Missed => Self::Cancelled,
        }
    }

    /// `STATUS` (RFC 5545, 3.8.1.11).
    const fn word(self) -> &'static str {
        match self {
            Self::Unsettled | Self::Changed => "TENTATIVE",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether it takes time: what is off leaves its reader free.
    const fn transparency(self) -> &'static str {
        match self {
            Self::Unsettled | Self::Changed | Self::Confirmed => "OPAQUE",
            Self::Cancelled => "TRANSPARENT",
        }
    }
}

const fn is_at_home(call_type: CallType) -> bool {
    match call_type {
        CallType::Urgent | CallType::Scheduled => true,
        CallType::Consultation => false,
    }
}

/// UTC as a component.
fn coordinated_universal_time(lines: &mut ContentLines) {
    for (name, value) in [
        ("BEGIN", "VTIMEZONE"),
        ("TZID", "Etc/UTC"),
        ("BEGIN", "STANDARD"),
        ("DTSTART", "19700101T000000"),
        ("TZOFFSETFROM", "+0000"),
        ("TZOFFSETTO", "+0000"),
        ("TZNAME", "UTC"),
        ("END", "STANDARD"),
        ("END", "VTIMEZONE"),
    ] {
        lines.plain(name, value);
    }
}

/// A time in UTC, in whole seconds.
fn time(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
