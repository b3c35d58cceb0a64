//! What becomes of a payout whose gateway answers late, never, or no.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_makes_no_second_payout_and_the_key_is_the_recorded_one() {
    for fate in [Fate::AnswerLost, Fate::RequestLost] {
        let mut scene = Scene::earned().await;
        scene.gateway.next(&[fate, fate]);
        let payout_id = scene.paid().await;
        scene.kit.drain().await;
        assert!(scene.payout(payout_id).await.order().unwrap().unknown);
        scene.later(2).await;
        scene.later(2).await;
        assert_eq!(scene.status(payout_id).await, PayoutStatus::Paid);
        assert_eq!(
            (scene.gateway.sent(), scene.gateway.payouts().len()),
            (3, 1),
            "{fate:?}"
        );
        let key = IdempotencyKey(order::key(payout_id, 1));
        assert_eq!(scene.gateway.payouts()[0].0.request_attempt.key, key);
        assert_eq!(scene.kit.count("PayoutCallIntended").await, 1);
        assert_eq!(scene.kit.count("PayoutOutcomeUnknown").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_day_nothing_is_sent_again_and_the_search_tells() {
    for (fate, status, owed) in [
        (Fate::RequestLost, PayoutStatus::Cancelled, SHARE),
        (Fate::AnswerLost, PayoutStatus::Paid, 0),
    ] {
        let mut scene = Scene::earned().await;
        scene.gateway.next(&[fate]);
        let payout_id = scene.paid().await;
        scene.kit.drain().await;
        scene.later(23 * 60 + 5).await;
        assert_eq!((scene.gateway.sent(), scene.gateway.sought()), (1, 1), "{fate:?}");
        assert_eq!(scene.status(payout_id).await, status, "{fate:?}");
        assert_eq!(scene.owed().await, owed, "{fate:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_sends_the_money_back_unless_the_platforms_keys_are_to_blame() {
    let mut scene = Scene::earned().await;
    scene.gateway.next(&[Fate::Refused(RefusalKind::Rejected)]);
    let first = scene.paid().await;
    scene.kit.drain().await;
    assert_eq!(scene.status(first).await, PayoutStatus::Cancelled);
    assert_eq!(scene.owed().await, SHARE);

    scene
        .gateway
        .next(&[Fate::Refused(RefusalKind::Misconfigured); 2]);
    let second = scene.paid().await;
    assert_ne!(first, second);
    scene.kit.drain().await;
    assert_eq!(
        scene.status(second).await,
        PayoutStatus::Pending,
        "an operator mends the keys"
    );
    scene.later(6).await;
    scene.later(11).await;
    assert_eq!(scene.status(second).await, PayoutStatus::Paid);
    let key = IdempotencyKey(order::key(second, 3));
    assert_eq!(
        scene.gateway.payouts()[0].0.request_attempt.key,
        key,
        "a new key for each attempt"
    );

    scene.complete(1).await;
    scene.later(7 * 24 * 60).await;
    scene.gateway.next(&[Fate::Refused(RefusalKind::OurBug)]);
    let third = scene.paid().await;
    scene.kit.drain().await;
    let payout = scene.payout(third).await;
    let order = payout.order().unwrap();
    assert_eq!(order.anomalies[0].anomaly.kind, AnomalyKind::CallStuck);
    let sent = scene.gateway.sent();
    scene.later(24 * 60 + 1).await;
    assert_eq!(scene.gateway.sent(), sent, "nothing more was sent");
    assert_eq!(
        scene.status(third).await,
        PayoutStatus::Cancelled,
        "and nothing was there"
    );
    assert_eq!(scene.owed().await, SHARE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_30_without_funds_the_money_comes_back_and_a_run_after_the_top_up_pays() {
    let mut scene = Scene::earned().await;
    scene.gateway.ends_as(Status::Cancelled, "insufficient_funds");
    let first = scene.paid().await;
    scene.kit.drain().await;
    let payout = scene.payout(first).await;
    assert_eq!(
        payout.order().unwrap().code.as_deref(),
        Some("insufficient_funds")
    );
    assert_eq!(scene.owed().await, SHARE);
    let named = payouts::destination(&scene.kit.services, scene.doctor.into())
        .await
        .unwrap();
    assert_eq!(named.doubtful, None);
    scene.gateway.ends_as(Status::Succeeded, "");
    let second = scene.paid().await;
    scene.kit.drain().await;
    assert_eq!(scene.status(second).await, PayoutStatus::Paid);
    assert_eq!(scene.owed().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_cannot_be_paid_into_is_doubted_and_an_operator_can_ask_again() {
    let mut scene = Scene::earned().await;
    scene.gateway.ends_as(Status::Pending, "");
    let first = scene.paid().await;
    scene.kit.drain().await;
    let early = payouts::retry(&scene.kit.services, &as_admin(), first).await;
    assert_eq!(refused(early), "not_now");
    scene.gateway.end(&Status::Cancelled, "recipient_not_found");
    scene.later(1).await;
    assert_eq!(
        scene.status(first).await,
        PayoutStatus::Cancelled,
        "nobody told; the plan found it"
    );
    let doctor = scene.doctor.into();
    let named = payouts::destination(&scene.kit.services, doctor).await.unwrap();
    assert_eq!(named.doubtful.as_deref(), Some("recipient_not_found"));
    assert!(matches!(
        scene.run().await,
        RunOutcome::Skipped(Skipped::DestinationDoubtful { .. })
    ));
    let retry = payouts::retry(&scene.kit.services, &as_admin(), first).await;
    assert_eq!(refused(retry), "no_payout_destination");
    scene.name_destination().await;
    scene.gateway.ends_as(Status::Succeeded, "");
    for _ in 0..2 {
        let again = payouts::retry(&scene.kit.services, &as_admin(), first)
            .await
            .unwrap();
        assert_eq!(again.answer.payout.order().unwrap().terms.amount.minor, SHARE);
    }
    scene.kit.drain().await;
    assert_eq!((scene.owed().await, scene.kit.count("PayoutPaid").await), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_followed_by_reading_back_and_believed_in_nothing_by_itself() {
    let mut scene = Scene::earned().await;
    scene.gateway.ends_as(Status::Pending, "");
    let payout_id = scene.paid().await;
    scene.kit.drain().await;
    let notice = |id: &str, dedup: &str| Hint {
        event: "payout.succeeded".to_owned(),
        object: ObjectKind::Payout,
        object_id: id.to_owned(),
        payment_id: None,
        dedup: dedup.to_owned(),
    };
    for hint in [notice("po-1", "early"), notice("po-9", "unknown")] {
        payments::enqueue_notice(&scene.kit.services, Provider::Yookassa, &hint, false, "t")
            .await
            .unwrap();
    }
    scene.kit.drain().await;
    assert_eq!(scene.status(payout_id).await, PayoutStatus::Pending);
    scene.gateway.end(&Status::Succeeded, "");
    for number in 0..50 {
        let hint = notice("po-1", &format!("paid-{}", number % 5));
        payments::enqueue_notice(&scene.kit.services, Provider::Yookassa, &hint, false, "t")
            .await
            .unwrap();
    }
    scene.kit.drain().await;
    assert_eq!(scene.status(payout_id).await, PayoutStatus::Paid);
    assert_eq!(scene.kit.count("PayoutPaid").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_statement_shows_is_recorded_by_rank_and_known_again() {
    let mut scene = Scene::earned().await;
    scene.gateway.next(&[Fate::AnswerLost]);
    let payout_id = scene.paid().await;
    scene.kit.drain().await;
    assert!(scene.payout(payout_id).await.order().unwrap().unknown);
    let (services, asked) = (scene.kit.services.clone(), as_admin());
    let (_, there) = scene.gateway.payouts().remove(0);
    let tell = async |seen: &PayoutSnapshot| {
        let told = payouts::record_reconciled(&services, &asked, payout_id, seen)
            .await
            .unwrap();
        assert_eq!(
            *told.payout,
            *payouts::payout_now(&services, payout_id).await.unwrap()
        );
        (told.payout.status(), told.news)
    };
    let odd = PayoutSnapshot {
        status: Status::Other("on_the_moon".to_owned()),
        ..there.clone()
    };
    assert_eq!(tell(&odd).await, (PayoutStatus::Pending, false));
    assert_eq!(tell(&there).await, (PayoutStatus::Paid, true));
    assert_eq!(
        tell(&there).await,
        (PayoutStatus::Paid, false),
        "told twice, known once"
    );
    let second = PayoutSnapshot {
        provider_id: "po-2".to_owned(),
        ..there.clone()
    };
    assert_eq!(tell(&second).await, (PayoutStatus::Paid, true));
    assert_eq!(tell(&second).await, (PayoutStatus::Paid, false));
    let payout = scene.payout(payout_id).await;
    let kinds: Vec<_> = payout
        .order()
        .unwrap()
        .anomalies
        .iter()
        .map(|entry| entry.anomaly.kind)
        .collect();
    assert_eq!(kinds, [AnomalyKind::SecondPayment]);
    assert_eq!((scene.owed().await, scene.kit.count("PayoutPaid").await), (0, 1));
    let nobodys = PayoutId::from_uuid(uuid::Uuid::nil());
    let refused = payouts::record_reconciled(&services, &asked, nobodys, &there).await;
    assert!(matches!(refused, Err(commands::CommandError::Refused(_))));
    scene.later(2).await;
    assert_eq!(scene.gateway.sent(), 1, "what is known is not asked for again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ninety_days_of_a_silent_gateway_every_payout_is_ended_or_an_operators_task() {
    for (what, on_its_way, lost) in [
        ("never answered", false, Fate::RequestLost),
        ("made, and the answer lost", false, Fate::AnswerLost),
        ("on its way", true, Fate::AnswerLost),
    ] {
        let mut scene = Scene::earned().await;
        scene.kit.reaches(ProviderPorts {
            payouts: Some(Arc::new(scene.gateway.clone())),
            retries: few_looks(),
            ..ProviderPorts::none()
        });
        scene.gateway.ends_as(Status::Pending, "");
        if !on_its_way {
            scene.gateway.next(&[lost]);
        }
        let payout_id = scene.paid().await;
        scene.kit.drain().await;
        scene.gateway.fall_silent();
        for hours in [1, 1, 22, 24, 24, 24, 24 * 7, 24 * 30, 24 * 49] {
            scene.later(hours * 60).await;
        }
        let payout = scene.payout(payout_id).await;
        let told = payout.order().unwrap().anomalies.iter();
        let waits = told.filter(|anomaly| anomaly.resolution.is_none()).count();
        assert!(waits > 0, "{what}: {:?}, and nobody was told", payout.status());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_whose_gateways_keys_were_taken_away_is_an_operators_task_and_goes_on_with_them() {
    let mut scene = Scene::earned().await;
    let payout_id = scene.paid().await;
    let reached = scene.kit.services.ports.clone();
    scene.kit.reaches(ProviderPorts::none());
    scene.kit.drain().await;
    for minutes in [0, 10] {
        scene.later(minutes).await;
        let payout = scene.payout(payout_id).await;
        assert_eq!(payout.order().unwrap().anomalies.len(), 1, "told once");
    }
    scene.kit.reaches(reached);
    scene.later(10).await;
    assert_eq!(scene.status(payout_id).await, PayoutStatus::Paid);
}
