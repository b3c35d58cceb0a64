//! YooKassa's payouts: a gateway with credentials of its own, to bank accounts by telephone number.

use commands::ports::{
    Bank, Page, PayoutProvider, PayoutRequest, PayoutSnapshot, ProviderFuture, ProviderReply, UnknownReason,
    Window,
};
use domain::money::Money;
use domain::payment::provider::Provider;
use jiff::SignedDuration;
use serde::Serialize;
use uuid::Uuid;

use super::client::{Client, Credentials};
use super::wire::{Amount, List, Metadata, Payout, SbpBank, status};
use super::{lists, shop};
use crate::http::Http;

const PAYOUT: &str = "payout_id";

/// Payouts of one gateway, whose credentials are not the shop's.
#[derive(Clone, Debug)]
pub struct Gateway {
    client: Client,
}

#[derive(Serialize)]
struct PayoutBody<'a> {
    amount: Amount,
    payout_destination_data: Destination<'a>,
    description: &'a str,
    metadata: Metadata,
}

#[derive(Serialize)]
struct Destination<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Digits alone, without a plus.
    phone: String,
    bank_id: &'a str,
}

impl Gateway {
    /// The gateway with these credentials; they are not the shop's. For `repeat_within` see
    /// [`REPEAT_WITHIN`](super::REPEAT_WITHIN).
    pub const fn new(http: Http, credentials: Credentials, repeat_within: SignedDuration) -> Self {
        Self {
            client: Client::new(http, credentials, repeat_within),
        }
    }

    /// The gateway's settings as YooKassa has them, to be checked before going live.
    pub fn settings(&self) -> ProviderFuture<'_, shop::ShopSettings> {
        Box::pin(shop::settings(&self.client))
    }

    async fn pay_out(&self, request: PayoutRequest) -> ProviderReply<PayoutSnapshot> {
        let body = PayoutBody {
            amount: request.amount.into(),
            payout_destination_data: Destination {
                kind: "sbp",
                phone: super::digits(request.phone.as_str()),
                bank_id: &request.bank_id,
            },
            description: &request.description,
            metadata: Metadata::from([(PAYOUT.to_owned(), Some(request.payout_id.to_string()))]),
        };
        self.client
            .post("payout", &["payouts"], &request.request_attempt, &body)
            .await
            .read(snapshot)
    }

    /// YooKassa finds payouts of the last three months by one pair of metadata.
    async fn find(&self, payout_id: Uuid, created: Window) -> ProviderReply<Vec<PayoutSnapshot>> {
        let mut query = lists::query(created, None);
        query.push((format!("metadata[{PAYOUT}]"), payout_id.to_string()));
        let path = ["payouts", "search"];
        let listed = lists::all(&self.client, "find_payout", &path, query, snapshot).await;
        listed.map(|mut payouts| {
            payouts.retain(|payout| payout.payout_id == Some(payout_id));
            payouts
        })
    }
}

impl PayoutProvider for Gateway {
    fn name(&self) -> Provider {
        Provider::Yookassa
    }

    fn payout(&self, request: PayoutRequest) -> ProviderFuture<'_, PayoutSnapshot> {
        Box::pin(self.pay_out(request))
    }

    fn payout_state(&self, provider_id: String) -> ProviderFuture<'_, PayoutSnapshot> {
        Box::pin(async move {
            let path = ["payouts", provider_id.as_str()];
            self.client
                .get("payout_state", &path, vec![])
                .await
                .read(snapshot)
        })
    }

    fn find_payout(&self, payout_id: Uuid, created: Window) -> ProviderFuture<'_, Vec<PayoutSnapshot>> {
        Box::pin(self.find(payout_id, created))
    }

    fn payouts(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<PayoutSnapshot>> {
        Box::pin(async move {
            let query = lists::query(window, cursor);
            let answer: ProviderReply<List<Payout>> = self.client.get("payouts", &["payouts"], query).await;
            answer.read(|list| lists::page(list, snapshot))
        })
    }

    fn banks(&self) -> ProviderFuture<'_, Vec<Bank>> {
        Box::pin(async {
            let answer: ProviderReply<List<SbpBank>> =
                self.client.get("sbp_banks", &["sbp_banks"], vec![]).await;
            let bank = |bank: SbpBank| Bank {
                bank_id: bank.bank_id,
                name: bank.name,
            };
            answer.map(|list| list.items.into_iter().map(bank).collect())
        })
    }

    fn balance(&self) -> ProviderFuture<'_, Option<Money>> {
        Box::pin(async {
            shop::settings(&self.client)
                .await
                .map(|settings| settings.payout_balance)
        })
    }
}

fn snapshot(payout: Payout) -> Result<PayoutSnapshot, UnknownReason> {
    let payout_id = payout
        .metadata
        .get(PAYOUT)
        .and_then(|text| text.as_ref()?.parse().ok());
    Ok(PayoutSnapshot {
        provider_id: payout.id,
        status: status(payout.status),
        amount: payout.amount.money()?,
        payout_id,
        created_at: Some(payout.created_at),
        cancelled: payout.cancellation_details.map(Into::into),
        test: payout.test,
    })
}
