//! The weekly run: every doctor to whom enough is owed is paid what there is, once a week however often it is run.

use domain::ids::{AccountId, DoctorId, PayoutId};
use domain::money::Money;
use domain::payout::events::PayoutPurpose;
use domain::payout::refusal::PayoutRefusal;
use domain::payout::rest::rests_until;
use domain::payout::status::PayoutStatus;
use domain::payout::{PAYOUT_MAX, Payout};
use domain::wallet::Wallet;
use identity::PayoutDestination;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use uuid::Uuid;

use crate::context::CommandMetadata;
use crate::payouts::order::Sealed;
use crate::policy::{MayOperate, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};
use crate::wallet::StatementPeriods;

/// How often one week's payout to one doctor is asked for, each time after the one before came to nothing.
pub const TRIES_PER_WEEK_MAX: u32 = 4;
/// How many doctors one run sees to at most.
pub const RUN_DOCTORS_MAX: usize = 20_000;
/// How many doctors are listed at once.
const DOCTORS_AT_ONCE: u32 = 200;
/// The namespace of the runs' payouts. Fixed for ever: a run of the same week must find the same payouts.
const RUNS: Uuid = Uuid::from_u128(0x6b0f_4d1c_93e8_5a27_b1c4_0d5f_77a2_0001);

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct RunPayouts {
    /// The last day it is for, which names the week; said by who runs it, so that a repeat is for the same week.
    pub through: Date,
    pub dry_run: bool,
}

/// What a run did, or would do.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunReport {
    /// The week by ISO 8601, such as `2026-W48`.
    pub week: String,
    pub dry_run: bool,
    /// What became of each doctor, in the order in which they joined.
    pub lines: Vec<RunLine>,
}

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    pub doctor_id: DoctorId,
    pub outcome: RunOutcome,
}

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// A payout is on its way, or would be.
    Paid {
        payout_id: PayoutId,
        amount: Money,
        /// What is left for another week: one payout moves no more than the gateway lets it.
        left: Money,
    },
    /// There was nothing to do, or nothing could be done.
    Skipped(Skipped),
}

/// Why a doctor gets no payout by this run.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// Too little is owed yet.
    BelowMinimum { available: Money },
    /// The doctor never said where the money goes.
    NoDestination,
    /// The last payout to the account that the doctor named came to nothing with this code; another must be named.
    DestinationDoubtful { code: String },
    /// The doctor named the account less than a day ago; from then on it is paid into.
    DestinationResting { until: Timestamp },
    /// This week's payout is made already.
    AlreadyThisWeek {
        payout_id: PayoutId,
        status: PayoutStatus,
    },
    /// This week's payouts came to nothing too often; the next week's run tries again.
    TooOften,
    /// What concerns this doctor could not be read or decided: a fault of ours, told in the log. Others are paid.
    Faulty,
}

impl Skipped {
    /// The stable word of answers and logs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::BelowMinimum { .. } => "below_minimum",
            Self::NoDestination => "no_payout_destination",
            Self::DestinationDoubtful { .. } => "destination_doubtful",
            Self::DestinationResting { .. } => "destination_resting",
            Self::AlreadyThisWeek { .. } => "already_this_week",
            Self::TooOften => "too_often",
            Self::Faulty => "faulty",
        }
    }
}

/// Pays every doctor what is owed, as an admin. Running twice changes nothing, but for payouts that came to nothing
/// meanwhile: those are asked for again.
///
/// # Errors
/// `forbidden`, `payout_unavailable`, `too_early` for a day that has not come; and the errors of the log.
pub async fn run(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: RunPayouts,
) -> Result<RunReport, CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    if services.ports.payouts.is_none() && !command.dry_run {
        return Err(PayoutRefusal::Unavailable.into());
    }
    let today = Offset::UTC.to_datetime(services.log.clock().now()).date();
    if command.through > today {
        return Err(PayoutRefusal::TooEarly.into());
    }
    let week = week_of(command.through);
    let (mut lines, mut after) = (Vec::new(), None);
    while lines.len() < RUN_DOCTORS_MAX {
        let doctors = services.people.doctors_ever(after, DOCTORS_AT_ONCE).await?;
        let Some(last) = doctors.last() else { break };
        after = Some(*last);
        for doctor_id in doctors {
            let outcome = match see_to(services, metadata, doctor_id, &week, command.dry_run).await {
                Ok(outcome) => outcome,
                // Nobody can be paid now; another run goes on with whoever is left.
                Err(error @ CommandError::Unavailable) => return Err(error),
                Err(error) => faulty(doctor_id, &error),
            };
            lines.push(RunLine { doctor_id, outcome });
        }
    }
    let paid = lines
        .iter()
        .filter(|line| matches!(line.outcome, RunOutcome::Paid { .. }));
    tracing::info!(
        week,
        doctors = lines.len(),
        paid = paid.count(),
        dry_run = command.dry_run,
        "Payouts of {week} were run"
    );
    Ok(RunReport {
        week,
        dry_run: command.dry_run,
        lines,
    })
}

/// One doctor's fault is told and keeps no other doctor's money.
fn faulty(doctor_id: DoctorId, error: &CommandError) -> RunOutcome {
    tracing::error!(doctor.id = %doctor_id, fault = error as &dyn std::error::Error, "A doctor could not be seen to in a payout run");
    metrics::counter!("tot_payout_run_faults_total").increment(1);
    RunOutcome::Skipped(Skipped::Faulty)
}

/// The week of this day, by ISO 8601.
fn week_of(day: Date) -> String {
    let week = day.iso_week_date();
    format!("{:04}-W{:02}", week.year(), week.week())
}

/// The `number`th payout of a week to a doctor.
fn payout_of(week: &str, doctor_id: DoctorId, number: u32) -> PayoutId {
    PayoutId::from_uuid(Uuid::new_v5(
        &RUNS,
        format!("{week}/{doctor_id}/{number}").as_bytes(),
    ))
}

async fn see_to(
    services: &CommandServices,
    metadata: &CommandMetadata,
    doctor_id: DoctorId,
    week: &str,
    dry_run: bool,
) -> Result<RunOutcome, CommandError> {
    let owner_id = AccountId::from(doctor_id);
    let destination = services.people.payout_destination(owner_id).await?;
    let mut periods = StatementPeriods::of(services);
    // Drawn from week and doctor, the payouts themselves keep a second run from being a second payment.
    let about = streams::payout(payout_of(week, doctor_id, 1), owner_id);
    let mut sealed: Option<Sealed> = None;
    loop {
        let context = metadata.as_new_command().expecting(None).context(&about);
        let mut to_seal = None;
        let mut run_outcome = RunOutcome::Skipped(Skipped::TooOften);
        let outcome = event_store::execute::<Refusal, _>(&services.log, &context, &[], |work| {
            to_seal = None;
            run_outcome = match next_of(work, week, doctor_id)? {
                Next::Made(made) => RunOutcome::Skipped(made),
                Next::Open(payout_id) => {
                    let available = available(work, &mut periods, owner_id)?;
                    match payable(services, (available, work.now()), destination.as_ref()) {
                        Err(skipped) => RunOutcome::Skipped(skipped),
                        Ok((amount, to)) => {
                            let left = available.minus(amount).unwrap_or(Money::ZERO);
                            match sealed.as_ref().filter(|sealed| sealed.payout_id() == payout_id) {
                                _ if dry_run => {}
                                Some(sealed) => sealed.ask(work, &mut periods, amount, metadata.by)?,
                                None => to_seal = Some((payout_id, to)),
                            }
                            RunOutcome::Paid {
                                payout_id,
                                amount,
                                left,
                            }
                        }
                    }
                }
            };
            Ok(())
        })
        .await
        .map_err(CommandError::from);
        if periods.looked_up(&outcome).await? {
            continue;
        }
        outcome?;
        let Some((payout_id, to)) = to_seal else {
            return Ok(run_outcome);
        };
        // Which one it is stands in the log; now its account can be sealed, and the payout asked for.
        sealed = Some(Sealed::to_named(services, payout_id, PayoutPurpose::DoctorEarnings, to).await?);
    }
}

/// Where this week's payouts to a doctor stand.
enum Next {
    /// One is made, or there were too many.
    Made(Skipped),
    /// This one can be asked for.
    Open(PayoutId),
}

fn next_of(work: &mut UnitOfWork<'_>, week: &str, doctor_id: DoctorId) -> Result<Next, DecisionError> {
    for number in 1..=TRIES_PER_WEEK_MAX {
        let payout_id = payout_of(week, doctor_id, number);
        let payout = work.state::<Payout>(&streams::payout(payout_id, doctor_id.into()))?;
        match &*payout {
            Payout::Absent => return Ok(Next::Open(payout_id)),
            Payout::Cancelled(_) => {}
            Payout::Requested(_) | Payout::Pending(_) | Payout::Paid(_) => {
                let status = payout.status();
                return Ok(Next::Made(Skipped::AlreadyThisWeek { payout_id, status }));
            }
        }
    }
    Ok(Next::Made(Skipped::TooOften))
}

pub(super) fn available(
    work: &mut UnitOfWork<'_>,
    periods: &mut StatementPeriods<'_>,
    owner_id: AccountId,
) -> Result<Money, DecisionError> {
    let page = periods.current(work, owner_id)?;
    let at = work.now();
    Ok(work.state::<Wallet>(&page)?.available_at(at))
}

/// How much goes where, or why nothing does.
fn payable<'a>(
    services: &CommandServices,
    (available, now): (Money, Timestamp),
    destination: Option<&'a PayoutDestination>,
) -> Result<(Money, &'a PayoutDestination), Skipped> {
    if available.minor < services.policies.payout_min.minor || !available.is_positive() {
        return Err(Skipped::BelowMinimum { available });
    }
    let to = destination.ok_or(Skipped::NoDestination)?;
    if let Some(code) = &to.doubtful {
        return Err(Skipped::DestinationDoubtful { code: code.clone() });
    }
    let until = rests_until(to.first_named_at);
    if now < until {
        return Err(Skipped::DestinationResting { until });
    }
    let amount = if available.minor > PAYOUT_MAX.minor {
        PAYOUT_MAX
    } else {
        available
    };
    Ok((amount, to))
}
