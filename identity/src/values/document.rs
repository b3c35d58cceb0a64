//! What a document shows, and what its bytes are: closed sets.

/// What a document shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// The diploma, or what else says what the doctor has learnt.
    Diploma,
    /// The licence, or the accreditation in its place.
    Licence,
    /// Who the doctor is.
    IdentityProof,
}

impl DocumentKind {
    /// All of them, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Diploma, Self::Licence, Self::IdentityProof];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Diploma => "diploma",
            Self::Licence => "licence",
            Self::IdentityProof => "identity_proof",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a document's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentMediaType {
    /// A PDF.
    Pdf,
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture.
    Png,
}

impl DocumentMediaType {
    /// All of them, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Jpeg, Self::Png];

    /// The media type (RFC 6838).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    /// By its name, in any case of letters.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|media_type| media_type.as_str().eq_ignore_ascii_case(name))
    }

    /// By the bytes with which each such file begins; none of any other.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let begins: [(Self, &[u8]); 3] = [
            (Self::Pdf, b"%PDF-"),
            (Self::Jpeg, &[0xff, 0xd8, 0xff]),
            (Self::Png, b"\x89PNG\r\n\x1a\n"),
        ];
        let found = begins.into_iter().find(|(_, magic)| bytes.starts_with(magic));
        found.map(|(media_type, _)| media_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_how_it_begins_and_not_by_what_is_said_of_it() {
        for (bytes, media_type) in [
            (&b"%PDF-1.7\n"[..], Some(DocumentMediaType::Pdf)),
            (&[0xff, 0xd8, 0xff, 0xe0], Some(DocumentMediaType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(DocumentMediaType::Png)),
            (b"<html>%PDF-", None),
            (b"GIF89a", None),
            (b"%PDF", None),
            (b"", None),
        ] {
            assert_eq!(DocumentMediaType::of_bytes(bytes), media_type, "{bytes:?}");
        }
    }
}
