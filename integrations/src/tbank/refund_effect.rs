//! Whether a refund took effect, judged by what T-Bank shows. Refunds have no ids and no keys there, so before one is
//! repeated the payment and its last refund are compared with what we know; in doubt a person looks.

use domain::money::Money;

use super::wire::{QrState, State};

/// What became of one refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RefundEffect {
    Done,
    UnderWay,
    /// The patient's bank would not take it, with the system's code.
    Failed(String),
    NotDone,
    CannotTell(&'static str),
}

/// The refund in question and what came before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub amount: Money,
    pub captured: Money,
    pub refunded_before: Money,
}

pub(super) fn judge(question: Question, state: &State, last: &QrState) -> RefundEffect {
    match state.status.as_str() {
        "REFUNDING" | "ASYNC_REFUNDING" => RefundEffect::UnderWay,
        "REFUNDED" => {
            if question.refunded_before.plus(question.amount) == Ok(question.captured) {
                RefundEffect::Done
            } else {
                RefundEffect::CannotTell("all of the payment went back, but not by refunds of ours")
            }
        }
        "CONFIRMED" => failed(question, last).unwrap_or(RefundEffect::NotDone),
        "PARTIAL_REFUNDED" => partial(question, state, last),
        _ => RefundEffect::CannotTell("the payment is in no state to be refunded in"),
    }
}

/// The last refund failed, and nothing speaks against its being the one in question. Taking an earlier failure for
/// this one at worst asks for a new refund that was never made.
fn failed(question: Question, last: &QrState) -> Option<RefundEffect> {
    let code = last.qr_cancel_code.as_ref().filter(|code| !code.is_empty())?;
    // Its own amount, or the sum of those that succeeded.
    let amounts = [question.amount.minor, question.refunded_before.minor];
    let same = last.amount.is_none_or(|amount| amounts.contains(&amount));
    same.then(|| RefundEffect::Failed(code.clone()))
}

fn partial(question: Question, state: &State, last: &QrState) -> RefundEffect {
    let (captured, before, amount) = (
        question.captured.minor,
        question.refunded_before.minor,
        question.amount.minor,
    );
    let Some(after) = before.checked_add(amount) else {
        return RefundEffect::CannotTell("the amounts do not add up");
    };
    // Terminals differ in whether the payment's amount becomes what is left.
    if state.amount < captured {
        return match captured - state.amount {
            gone if gone == after => RefundEffect::Done,
            gone if gone == before => failed(question, last).unwrap_or(RefundEffect::NotDone),
            _ => RefundEffect::CannotTell("another sum went back than by refunds of ours"),
        };
    }
    // And in whether the last refund's amount is its own or the sum of all.
    match last.amount {
        None | Some(0) if before == 0 => RefundEffect::Done,
        Some(shown) if shown == after => RefundEffect::Done,
        // No earlier refund was as large as this one.
        Some(shown) if shown == amount && amount > before => RefundEffect::Done,
        Some(shown) if shown == before && shown != amount && before > 0 => {
            failed(question, last).unwrap_or(RefundEffect::NotDone)
        }
        _ => RefundEffect::CannotTell("it is not shown which refunds took effect"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Text;
    use super::*;

    fn seen(
        status: &str,
        shown: i64,
        last: (Option<&str>, Option<i64>),
        before: i64,
        amount: i64,
    ) -> RefundEffect {
        let state = State {
            status: status.to_owned(),
            payment_id: Text("1".to_owned()),
            order_id: String::new(),
            amount: shown,
        };
        let last = QrState {
            qr_cancel_code: last.0.map(str::to_owned),
            amount: last.1,
        };
        let question = Question {
            amount: Money::kopecks(amount),
            captured: Money::kopecks(1000),
            refunded_before: Money::kopecks(before),
        };
        judge(question, &state, &last)
    }

    const PART: &str = "PARTIAL_REFUNDED";

    #[test]
    fn whole_and_running_refunds_show_themselves() {
        assert_eq!(seen("REFUNDED", 0, (None, None), 0, 1000), RefundEffect::Done);
        assert_eq!(
            seen("REFUNDED", 1000, (None, Some(1000)), 300, 700),
            RefundEffect::Done
        );
        assert!(matches!(
            seen("REFUNDED", 0, (None, None), 0, 700),
            RefundEffect::CannotTell(_)
        ));
        assert_eq!(
            seen("ASYNC_REFUNDING", 1000, (None, None), 0, 700),
            RefundEffect::UnderWay
        );
        assert_eq!(
            seen("CONFIRMED", 1000, (None, None), 0, 700),
            RefundEffect::NotDone
        );
        assert_eq!(
            seen("CONFIRMED", 1000, (Some("I05043"), Some(700)), 0, 700),
            RefundEffect::Failed("I05043".to_owned())
        );
        assert_eq!(
            seen("CONFIRMED", 1000, (Some("I05043"), Some(300)), 0, 700),
            RefundEffect::NotDone
        );
        assert_eq!(
            seen("CONFIRMED", 1000, (Some("I05043"), Some(0)), 0, 700),
            RefundEffect::Failed("I05043".to_owned())
        );
        assert!(matches!(
            seen("NEW", 1000, (None, None), 0, 700),
            RefundEffect::CannotTell(_)
        ));
    }

    #[test]
    fn what_is_left_tells_where_it_is_shown() {
        assert_eq!(seen(PART, 300, (None, None), 0, 700), RefundEffect::Done);
        assert_eq!(seen(PART, 200, (None, None), 300, 500), RefundEffect::Done);
        assert_eq!(seen(PART, 700, (None, None), 300, 500), RefundEffect::NotDone);
        assert_eq!(
            seen(PART, 700, (Some("I05043"), Some(500)), 300, 500),
            RefundEffect::Failed("I05043".to_owned())
        );
        assert!(matches!(
            seen(PART, 650, (None, None), 300, 500),
            RefundEffect::CannotTell(_)
        ));
    }

    #[test]
    fn where_it_is_not_the_last_refund_tells_by_either_reading() {
        // The first refund of a payment partially refunded can only be this one.
        assert_eq!(seen(PART, 1000, (None, None), 0, 700), RefundEffect::Done);
        assert_eq!(seen(PART, 1000, (None, Some(700)), 0, 700), RefundEffect::Done);
        assert!(matches!(
            seen(PART, 1000, (None, Some(600)), 0, 700),
            RefundEffect::CannotTell(_)
        ));
        // The sum of all.
        assert_eq!(seen(PART, 1000, (None, Some(800)), 300, 500), RefundEffect::Done);
        assert_eq!(
            seen(PART, 1000, (None, Some(300)), 300, 500),
            RefundEffect::NotDone
        );
        // Its own, larger than any before.
        assert_eq!(seen(PART, 1000, (None, Some(500)), 300, 500), RefundEffect::Done);
        // Two of one size cannot be told apart, nor a small one from an earlier small one.
        assert!(matches!(
            seen(PART, 1000, (None, Some(300)), 300, 300),
            RefundEffect::CannotTell(_)
        ));
        assert!(matches!(
            seen(PART, 1000, (None, Some(100)), 300, 100),
            RefundEffect::CannotTell(_)
        ));
        assert!(matches!(
            seen(PART, 1000, (None, None), 300, 100),
            RefundEffect::CannotTell(_)
        ));
    }
}
