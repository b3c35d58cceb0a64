//! An admin publishes a price list.

use std::sync::Arc;

use domain::price_list::commands::Publish;
use domain::price_list::list::PriceList;
use domain::price_list::terms::PriceTerms;
use domain::price_list::{PriceLists, decide};
use jiff::Timestamp;

use crate::context::CommandMetadata;
use crate::outcome::CommandOutcome;
use crate::policy::{MayPublishPrices, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishPrices {
    /// Its version, above every earlier one's.
    pub version: u32,
    /// From when it is in force, by database time; as soon as it may be if absent.
    pub valid_from: Option<Timestamp>,
    pub terms: PriceTerms,
}

/// Publishes a list, as an admin. The same list twice is one.
///
/// # Errors
/// `forbidden`, `price_list_not_newer`, `price_list_too_soon`, `invalid`; and the errors of the log.
pub async fn publish(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: PublishPrices,
) -> Result<CommandOutcome<Arc<PriceList>>, CommandError> {
    MayPublishPrices::RULE.permit(metadata.by)?;
    let name = streams::price_lists();
    let version = command.version;
    let known = std::slice::from_ref(&name);
    let outcome =
        event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
            let command = Publish {
                version,
                valid_from: command.valid_from,
                terms: command.terms.clone(),
                by: metadata.by,
                at: work.now(),
            };
            work.decide(&name, |lists: &PriceLists| decide::decide(lists, command))
        })
        .await?;
    // This process need not wait for its next look; that it may fail changes nothing about what was published.
    if let Err(error) = services.prices.all().await {
        tracing::debug!(error = %error, "The list that was published is looked up later");
    }
    let lists = outcome.state::<PriceLists>(&name);
    let list = lists.and_then(|lists| lists.version(version).cloned());
    let list = list.ok_or_else(|| CommandError::Internal("a published list is not in its stream".into()))?;
    Ok(CommandOutcome::of(Arc::new(list), &outcome, &name))
}
