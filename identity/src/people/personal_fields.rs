//! What of a person's data there is to be shown, by name.

/// Which of a person's data somebody is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalField {
    /// First and last name.
    Name,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Where a visit goes.
    Address,
    /// Where that is on the map.
    Coordinates,
    /// What hurts.
    Symptoms,
    /// What else the doctor should know.
    Notes,
    /// What a doctor says of their licence.
    Licence,
    /// What a doctor shows with an application.
    Document,
}

impl PersonalField {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Address,
        Self::Coordinates,
        Self::Symptoms,
        Self::Notes,
        Self::Licence,
        Self::Document,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::Coordinates => "coordinates",
            Self::Symptoms => "symptoms",
            Self::Notes => "notes",
            Self::Licence => "licence",
            Self::Document => "document",
        }
    }
}
