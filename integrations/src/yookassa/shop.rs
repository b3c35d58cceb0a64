//! What YooKassa knows of the shop or gateway whose keys we hold.

use commands::ports::{ProviderReply, UnknownReason};
use domain::money::Money;

use super::client::Client;
use super::wire::{Amount, Me};

/// The settings of a shop or gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopSettings {
    /// The number of the shop or gateway.
    pub account_id: String,
    /// Whether it may work; `enabled` in YooKassa's words.
    pub enabled: bool,
    /// Whether it moves no real money.
    pub test: bool,
    /// Whether payments need receipts.
    pub fiscalization: bool,
    /// The payment methods switched on, in YooKassa's words.
    pub payment_methods: Vec<String>,
    /// What is left to pay out; of a gateway alone.
    pub payout_balance: Option<Money>,
}

pub(super) async fn settings(client: &Client) -> ProviderReply<ShopSettings> {
    client.get("me", &["me"], vec![]).await.read(read)
}

fn read(me: Me) -> Result<ShopSettings, UnknownReason> {
    Ok(ShopSettings {
        account_id: me.account_id,
        enabled: me.status == "enabled",
        test: me.test,
        fiscalization: me.fiscalization.is_some_and(|till| till.enabled),
        payment_methods: me.payment_methods,
        payout_balance: me.payout_balance.as_ref().map(Amount::money).transpose()?,
    })
}
