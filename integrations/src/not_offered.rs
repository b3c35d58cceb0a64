//! What an adapter answers where its provider has no such operation.

use commands::ports::{ProviderReply, RefusalKind, Refused};

/// The answer to what a provider has no operation for; nobody was asked.
pub(crate) fn not_offered<T>() -> ProviderReply<T> {
    ProviderReply::Refused(Refused {
        kind: RefusalKind::NotOffered,
        code: "not_offered".to_owned(),
        description: "the provider has no such operation".to_owned(),
    })
}
