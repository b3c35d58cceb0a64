"""What a planned year is made of: people, days, bookings and money. Sums are whole kopecks, times are aware."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

MOSCOW = timezone(timedelta(hours=3))
ZONES = {"Europe/Moscow": MOSCOW, "Asia/Yekaterinburg": timezone(timedelta(hours=5))}
UTC = timezone.utc
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
PRICES = {"urgent": 150_000, "scheduled": 200_000, "consultation": 150_001}
NAMESPACE = uuid.UUID("5a3c1c7e-0000-4000-8000-000000000000")
PATIENT, DOCTOR, CLINIC, ADMIN, PROCESS = "patient", "doctor", "clinic", "admin", "process"


def named(*parts):
    """An id that is the same in every run."""
    return str(uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts)))


ADMIN_ID = named("admin")


@dataclass
class Doctor:
    id: str
    clinic: str
    speciality: str
    price_class: str
    zone: str

    @property
    def tz(self):
        return ZONES[self.zone]


@dataclass
class Patient:
    id: str
    signed_up: datetime
    place: tuple  # latitude and longitude as text, or None
    has_wallet: bool


@dataclass
class WorkDay:
    doctor: Doctor
    date: date
    hours: list  # of local hours (from, until) at first
    extended: list = None
    closed: bool = False
    blocks: list = field(default_factory=list)  # (id, from, until, taken back)

    def working(self):
        return [] if self.closed else (self.extended or self.hours)

    def at(self, hour):
        return datetime(self.date.year, self.date.month, self.date.day, tzinfo=self.doctor.tz) + hour * HOUR


@dataclass
class Refund:
    number: int
    amount: int
    reason: str
    by: str
    requested_at: datetime
    ended_at: datetime


@dataclass
class Attempt:
    id: str
    method: str
    provider: str
    amount: int
    started_at: datetime
    failed: str = None
    paid_at: datetime = None
    captured: int = 0
    captured_at: datetime = None
    given_up_at: datetime = None  # the hold was released in full
    fee: int = None  # the provider's, where it is told
    refunds: list = field(default_factory=list)

    @property
    def at_once(self):
        return self.method == "sbp"


@dataclass
class Step:
    at: datetime
    name: str
    by: str = PROCESS
    by_id: str = None
    doctor: Doctor = None
    visit: tuple = None
    reason: str = None


@dataclass
class Booking:
    id: str
    patient: Patient
    call_type: str
    price: int
    requested_at: datetime
    chosen: Doctor = None
    visit: tuple = None
    steps: list = field(default_factory=list)
    attempts: list = field(default_factory=list)
    due: int = None  # what is kept once it is over
    fee: int = None
    earned_at: datetime = None

    def step(self, name):
        """The last step of this name."""
        return next((step for step in reversed(self.steps) if step.name == name), None)

    @property
    def status(self):
        words = {"requested": "pending", "secured": "pending", "revived": "pending", "unassigned": "pending",
                 "departed": "en_route", "started": "in_progress", "nobody_found": "expired"}
        last = [step.name for step in self.steps if step.name != "rescheduled"][-1]
        return words.get(last, last)

    @property
    def doctor(self):
        """The doctor it has, or had until the end."""
        doctor = self.chosen
        for step in self.steps:
            if step.name == "unassigned":
                doctor = None
            elif step.name == "revived" or step.doctor and step.name in ("assigned", "rescheduled"):
                doctor = step.doctor or doctor
        return doctor

    @property
    def clinic(self):
        """Of that doctor, or of the one who was taken off."""
        doctors = [self.chosen] + [step.doctor for step in self.steps if step.name in ("assigned", "rescheduled")]
        known = [doctor for doctor in doctors if doctor]
        return known[-1].clinic if known else None

    def final_visit(self):
        visit = self.visit
        for step in self.steps:
            visit = step.visit or visit
        return visit


@dataclass
class Deposit:
    patient: Patient
    amount: int
    at: datetime
    attempt: Attempt = None  # none: cash


@dataclass
class Payout:
    id: str
    owner: str
    purpose: str
    amount: int
    requested_at: datetime
    ended_at: datetime
    paid: bool
