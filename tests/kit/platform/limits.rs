//! A test asks more often than a person; the limits have tests of their own.

/// The variables of limits, set so that nobody meets one.
pub const UNLIMITED: [(&str, &str); 11] = [
    ("TOT_RATE_LIMIT_REQUESTS_PER_ADDRESS", "100000000"),
    ("TOT_RATE_LIMIT_LOGINS_PER_ADDRESS", "100000000"),
    ("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "100000000"),
    ("TOT_RATE_LIMIT_WRITES_PER_ACCOUNT", "100000000"),
    ("TOT_RATE_LIMIT_FEEDS_PER_LINK", "100000000"),
    ("TOT_LIMIT_BOOKINGS_PER_HOUR", "off"),
    ("TOT_LIMIT_URGENT_CALLS_PER_HOUR", "off"),
    ("TOT_LIMIT_REGISTRATIONS_PER_HOUR", "off"),
    ("TOT_LIMIT_REGISTRATIONS_PER_DAY", "off"),
    ("TOT_LIMIT_PAYMENTS_PER_HOUR", "off"),
    ("TOT_LIMIT_INVITATIONS_PER_DAY", "off"),
];
