//! What processes want done, in English.

use commands::intents::Intent;

use super::words;

pub fn sentence(intent: &Intent) -> String {
    match intent {
        Intent::ExpireBooking { .. } => "Let the booking expire, unless it was paid".into(),
        Intent::WatchSearch { .. } => "See whether a doctor was found in time".into(),
        Intent::WatchVisit { .. } => "See whether the visit gets on".into(),
        Intent::ApplyPayment { .. } => "Let the money do what it is for".into(),
        Intent::ReturnMoney { .. } => "Send back the money that the booking does not want".into(),
        Intent::SettleBooking { due, .. } => format!("Keep {due} and free the rest"),
        Intent::CallProvider { call, .. } => format!("Ask the provider to {}", words::call(*call)),
        Intent::LookAtPayment { round, .. } => {
            format!("Ask the provider how the payment stands (look {round})")
        }
        Intent::LookAtRefund { number, round, .. } => {
            format!("Ask the provider how refund {number} stands (look {round})")
        }
        Intent::LookAtReceipt { number, round, .. } => {
            format!("Ask the cash register how receipt {number} stands (look {round})")
        }
        Intent::PursuePayment { .. } => "Try again what came to nothing of the payment".into(),
        Intent::NextRefund { .. } => "Ask for the next refund, if one waits".into(),
        Intent::KeepHold { .. } => "Take the held money before the hold ends, if the visit is ahead".into(),
        Intent::FollowNotice { .. } => "The provider told something: see what it has of the payment".into(),
        Intent::EarnVisit { .. } => "Fix what the doctor earned, once visit and money are through".into(),
        Intent::CallPayout { .. } => "Ask the gateway for the payout".into(),
        Intent::LookAtPayout { round, .. } => format!("Ask the gateway how the payout stands (look {round})"),
        Intent::DoubtDestination { .. } => "Have the owner name another bank account".into(),
        Intent::FollowPayoutNotice { .. } => {
            "The gateway told something: see what it has of the payout".into()
        }
    }
}
