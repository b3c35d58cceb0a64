"""Lets foreign readers of iCalendar judge the calendars that a running platform serves.

Usage: calendars.py <tot binary> <folder of what setup fetched>

A patient and a doctor subscribe; visits are booked, moved and called off; each reader must find in each calendar what the platform answered.
"""

import datetime
import json
import pathlib
import subprocess
import sys
import time

from running_platform import ROOT, Platform

PATIENCE_SECONDS = 20
LOOK_EVERY_SECONDS = 0.1
NODE_SECONDS_MAX = 30
# A day behind those that the demo opens.
DAY = datetime.date.today() + datetime.timedelta(days=20)
# Readers of iCalendar and what each makes of a calendar: its name, how often to look again, its events.
READERS = {}


class Wrong(SystemExit):
    """A reader found something else than was there."""


def reader(function):
    """Makes a function a reader."""
    READERS[function.__name__.removeprefix("with_")] = function
    return function


@reader
def with_icalendar(text):
    import icalendar

    calendar = icalendar.Calendar.from_ical(text)
    broken = [error for component in calendar.walk() for error in component.errors]
    if broken:
        raise Wrong(f"icalendar {icalendar.__version__}: {broken}")
    calendar.validate()
    # What it writes of what it read is the same, line by line: nothing was lost or escaped otherwise. It folds one octet earlier.
    written = calendar.to_ical(sorted=False)
    if unfolded(written) != unfolded(text):
        raise Wrong(f"icalendar {icalendar.__version__} writes it otherwise:\n{written.decode()}\n{text.decode()}")
    return {
        "name": str(calendar["X-WR-CALNAME"]),
        "refresh": calendar["REFRESH-INTERVAL"].dt.total_seconds(),
        "events": [event_of(event) for event in calendar.walk("VEVENT")],
    }


def unfolded(text):
    """Content lines as they were before they were folded (RFC 5545, 3.1)."""
    return text.replace(b"\r\n ", b"")


def event_of(event):
    """An event as `icalendar` has it."""
    return {
        "uid": str(event["UID"]), "sequence": int(event["SEQUENCE"]), "status": str(event["STATUS"]), "summary": str(event["SUMMARY"]),
        "starts_at": event["DTSTART"].dt, "ends_at": event["DTEND"].dt, "changed_at": event["LAST-MODIFIED"].dt, "url": str(event["URL"]),
    }  # fmt: skip


@reader
def with_recurring_ical_events(text):
    import icalendar
    import recurring_ical_events

    calendar = icalendar.Calendar.from_ical(text)
    around = DAY - datetime.timedelta(days=60), DAY + datetime.timedelta(days=60)
    events = [event_of(event) for event in recurring_ical_events.of(calendar).between(*around)]
    return {
        "name": str(calendar["X-WR-CALNAME"]),
        "refresh": calendar["REFRESH-INTERVAL"].dt.total_seconds(),
        "events": sorted(events, key=lambda event: (event["starts_at"], event["uid"])),
    }


def with_ical_js(folder):
    """The reader that needs Node."""

    def read(text):
        command = ["node", str(folder / "calendar.mjs")]
        done = subprocess.run(command, input=text, capture_output=True, timeout=NODE_SECONDS_MAX, check=False)
        if done.returncode:
            raise Wrong(done.stderr.decode())
        found = json.loads(done.stdout)
        for event in found["events"]:
            for moment in ("starts_at", "ends_at", "changed_at"):
                event[moment] = datetime.datetime.fromisoformat(event[moment])
        return found

    return read


class Journey:
    """People and their visits."""

    def __init__(self, platform):
        self.platform = platform
        self.patient, self.doctor = platform.token("patient"), platform.token("doctor")
        self.doctor_id = platform.ask("/auth/me", token=self.doctor).json()["id"]
        day = {"date": DAY.isoformat(), "slot_minutes": 30, "working": [{"from": "09:00", "until": "18:00"}]}
        platform.ask(f"/doctors/{self.doctor_id}/days", day, self.doctor).json()
        span = f"from={DAY}T00:00:00Z&to={DAY + datetime.timedelta(days=1)}T00:00:00Z"
        slots = platform.ask(f"/doctors/{self.doctor_id}/slots?{span}").json()["items"]
        self.slots = iter([slot["starts_at"] for slot in slots])

    def subscribed(self, token, language):
        """The address of somebody's calendar."""
        return self.platform.ask("/me/calendar", {"language": language}, token).json()["url"]

    def booked(self, call_type, amount):
        """A booking that is paid and assigned."""
        request = {"call_type": call_type, "doctor_id": self.doctor_id, "starts_at": next(self.slots), "amount": amount}
        request |= {"allow_overlap": True} | ({} if call_type == "consultation" else {"address": "ул. Ленина, 1; кв. 2"})
        booking = self.platform.ask("/bookings", request, self.patient).json()["id"]
        payment = {"booking_id": booking, "payment_method": "wallet"}
        self.platform.ask("/payments", payment, self.patient).json()
        return self.seen(booking, lambda found: found["status"] == "assigned")

    def act(self, booking, action, request):
        """Something done to a booking, seen by its patient."""
        self.platform.ask(f"/bookings/{booking['id']}/{action}", request, self.patient).json()
        return self.seen(booking["id"], lambda found: found["status"] == "cancelled" or found["starts_at"] == request.get("starts_at"))

    def seen(self, booking, holds):
        """The booking once it is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = self.platform.ask(f"/bookings/{booking}", token=self.patient).json()
            if holds(found):
                return found
            if time.monotonic() > deadline:
                raise SystemExit(f"booking {booking} stays as it is: {found}")
            time.sleep(LOOK_EVERY_SECONDS)

    def calendar(self, url):
        """What somebody reads who has the address and nothing else."""
        path = url[url.index("/api/v1/") + len("/api/v1"):]
        answer = self.platform.ask(path)
        if answer.status != 200 or answer.headers["content-type"] != "text/calendar; charset=utf-8":
            raise SystemExit(f"{answer.status} {answer.headers}: {answer.body.decode()}")
        return answer.body


def told(booking, words):
    """The event of a booking, as far as it is known beforehand."""
    off = booking["status"] == "cancelled"
    return {
        "uid": booking["id"],
        "status": "CANCELLED" if off else "CONFIRMED",
        "summary": (words["off"] if off else "") + words[booking["call_type"]],
        "starts_at": datetime.datetime.fromisoformat(booking["starts_at"]),
        "ends_at": datetime.datetime.fromisoformat(booking["ends_at"]),
    }


PATIENT = {"name": "ТОТ: визиты врача", "off": "Отменено: ", "scheduled": "Визит врача", "consultation": "Видеоконсультация"}
DOCTOR = {"name": "TOT: my visits", "off": "Cancelled: ", "scheduled": "Visit", "consultation": "Video consultation"}


def judge(what, text, bookings, words):
    """Lets each reader read the calendar; answers each booking's `SEQUENCE` and time of change, on which they agree."""
    agreed = None
    expected = sorted((told(booking, words) for booking in bookings), key=lambda event: (event["starts_at"], event["uid"]))
    for name, read in READERS.items():
        found = read(text)
        heads = (found["name"], found["refresh"])
        events = [{key: event[key] for key in ("uid", "status", "summary", "starts_at", "ends_at")} for event in found["events"]]
        if heads != (words["name"], 3600) or events != expected:
            raise Wrong(f"{name}, {what}: {heads} {events} instead of {words['name']} {expected} in\n{text.decode()}")
        marks = {event["uid"]: (event["sequence"], event["changed_at"]) for event in found["events"]}
        if agreed not in (None, marks):
            raise Wrong(f"{name}, {what}: {marks} instead of {agreed}")
        agreed = marks
    print(f"ok: {what}: {len(bookings)} visits read by {', '.join(READERS)}", flush=True)
    return agreed


def merged(older, newer):
    """A calendar that keeps every event it ever read, as one that imports does."""
    head, _, rest = older.partition(b"BEGIN:VEVENT")
    return head + b"BEGIN:VEVENT" + rest.removesuffix(b"END:VCALENDAR\r\n") + newer[newer.index(b"BEGIN:VEVENT"):]


def walk(platform):
    """Books, moves and calls off, and has the calendars judged at each step."""
    journey = Journey(platform)
    urls = {"patient": (journey.subscribed(journey.patient, "ru"), PATIENT), "doctor": (journey.subscribed(journey.doctor, "en"), DOCTOR)}
    judge("an empty calendar", journey.calendar(urls["patient"][0]), [], PATIENT)
    visits = [journey.booked("scheduled", "2000.00"), journey.booked("scheduled", "2000.00"), journey.booked("consultation", "1500.00")]
    steps = [
        ("booked", lambda: None),
        ("moved", lambda: visits.__setitem__(0, journey.act(visits[0], "reschedule", {"starts_at": next(journey.slots)}))),
        ("called off", lambda: visits.__setitem__(0, journey.act(visits[0], "cancel", {"reason": "recovered", "expected_fee": "0.00"}))),
    ]
    before = {}
    for step, do in steps:
        do()
        for who, (url, words) in urls.items():
            text = journey.calendar(url)
            marks = judge(f"a {who}'s calendar, {step}", text, visits, words)
            if who in before:
                earlier, earlier_marks = before[who]
                first = visits[0]["id"]
                rest = {uid: mark for uid, mark in marks.items() if uid != first}
                if not (marks[first] > earlier_marks[first] and rest.items() <= earlier_marks.items()):
                    raise Wrong(f"a {who}'s calendar, {step}: {marks} after {earlier_marks}")
                # Both together: the newer event of one UID takes the place of the older one.
                both = READERS["recurring_ical_events"](merged(earlier, text))["events"]
                if both != READERS["recurring_ical_events"](text)["events"]:
                    raise Wrong(f"a {who}'s calendar, {step}, beside the one before: {both}")
            before[who] = (text, marks)


def main():
    tot, fetched = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    sys.path.insert(0, str(fetched / "calendars"))
    if (fetched / "node" / "node_modules").is_dir():
        READERS["ical_js"] = with_ical_js(fetched / "node")
    else:
        print("SKIPPED  npm ical.js: there is no Node on this machine", file=sys.stderr, flush=True)
    with Platform(tot, ROOT) as platform:
        walk(platform)
    return 0


if __name__ == "__main__":
    sys.exit(main())
