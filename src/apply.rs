//! Carries a plan out: steps as soon as what they wait for is done, and an event for everything that happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::address::Address;
use crate::aws::{Aws, AwsError, Calls, Class};
use crate::kinds::{AnyFound, Blobs, Mark, Step, kind};
use crate::late::fill;
use crate::names::Names;
use crate::plan::{Action, Change, Plan, attribute, spec_digest};
use crate::schedule::{Op, Queue, Schedule, StepId};

pub(crate) mod lock;
pub(crate) mod record;

/// What happens while a plan is carried out.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Started {
        step: StepId,
    },
    /// AWS's own word for what it is doing.
    Waiting {
        step: StepId,
        status: String,
    },
    Retrying {
        step: StepId,
        attempt: u32,
        why: String,
        request_id: Option<String>,
    },
    Done {
        step: StepId,
        elapsed: Duration,
    },
    Failed {
        step: StepId,
        why: String,
        request_id: Option<String>,
        elapsed: Duration,
    },
    /// Never begun, because of another step.
    Skipped {
        step: StepId,
        because: StepId,
    },
}

/// What came of every step.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) done: BTreeMap<StepId, Duration>,
    /// Of those that were done, the digest of what AWS was given: what carries no mark of its own is known by it later.
    pub(crate) specs: BTreeMap<StepId, String>,
    pub(crate) failed: BTreeMap<StepId, anyhow::Error>,
    /// Not begun, because of the other.
    pub(crate) skipped: BTreeMap<StepId, StepId>,
    /// Not begun, because of Ctrl-C, the time limit, or a failure before the deletes.
    pub(crate) not_begun: BTreeSet<StepId>,
    /// The sum along the longest chain of steps that wait for each other.
    pub(crate) longest_chain: Duration,
}

/// Where a plan is carried out, and the packed code that it uploads, by digest.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) aws: Arc<Aws>,
    pub(crate) names: Names,
    pub(crate) blobs: Blobs,
}

/// How to carry out.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) jobs: usize,
    /// Begin nothing new once this is cancelled.
    pub(crate) stop: CancellationToken,
}

struct Work {
    aws: Arc<Aws>,
    names: Names,
    blobs: Blobs,
    events: UnboundedSender<Event>,
    changes: BTreeMap<Address, Change>,
}

/// Carries out every step of the schedule that its predecessors allow.
pub(crate) async fn apply(plan: Plan, schedule: Schedule, site: Site, options: &Options, events: UnboundedSender<Event>) -> Outcome {
    let changes = plan.changes.into_iter().map(|change| (change.address.clone(), change)).collect();
    let Site { aws, names, blobs } = site;
    let work = Arc::new(Work { aws, names, blobs, events, changes });
    let mut run = Run { work, outputs: plan.outputs, outcome: Outcome::default(), chains: BTreeMap::new() };
    run.wave(schedule.first, options).await;
    if run.outcome.failed.is_empty() && run.outcome.not_begun.is_empty() {
        run.wave(schedule.last, options).await;
    } else {
        run.outcome.not_begun.extend(schedule.last.into_keys());
    }
    run.outcome
}

/// Carries out the creation of one resource ahead of everything else, if the plan creates it.
pub(crate) async fn alone(plan: &mut Plan, address: &Address, site: &Site) -> Result<Option<(StepId, Duration)>> {
    let Some(at) = plan.changes.iter().position(|c| c.address == *address && c.action == Action::Create) else { return Ok(None) };
    let change = plan.changes.remove(at);
    let step = StepId { address: address.clone(), op: Op::Create };
    let spec = change.desired.clone().unwrap_or_default();
    let mark = Mark { platform: site.names.platform.to_string(), address: address.clone(), spec: spec_digest(&spec) };
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let changes = BTreeMap::from([(address.clone(), change)]);
    let work = Work { aws: Arc::clone(&site.aws), names: site.names.clone(), blobs: site.blobs.clone(), events, changes };
    let begun = Instant::now();
    let step = Begun { id: step, mark, spec: Some(spec), live: None, slot: Slot::default() };
    let output = patiently(&work, &step).await.with_context(|| format!("creating {address}"))?;
    plan.outputs.insert(address.clone(), output.unwrap_or_default());
    Ok(Some((step.id, begun.elapsed())))
}

/// A step with all that it needs.
struct Begun {
    id: StepId,
    mark: Mark,
    /// The declared document with every reference filled, secrets included; none for a delete.
    spec: Option<Value>,
    live: Option<AnyFound>,
    slot: Slot,
}

/// A step's right to run beside others; what only waits for AWS to be ready has given it up.
type Slot = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

/// How many steps may be begun for each one that may run: those that wait for AWS still ask how far it is.
const WAITING: usize = 8;

/// A step, how long it took, and its output.
type Ended = (StepId, Duration, Result<Option<Value>>);

/// How many of a step's kind AWS takes in one call.
fn at_once(step: &StepId) -> usize {
    match step.op {
        Op::Create => kind(step.address.kind()).map_or(1, |kind| kind.together()),
        Op::Update | Op::Close | Op::Delete => 1,
    }
}

struct Run {
    work: Arc<Work>,
    /// What AWS chose, of all that is live by now.
    outputs: BTreeMap<Address, Value>,
    outcome: Outcome,
    /// The longest chain that ends in each finished step.
    chains: BTreeMap<StepId, Duration>,
}

impl Run {
    async fn wave(&mut self, before: BTreeMap<StepId, BTreeSet<StepId>>, options: &Options) {
        let mut queue = Queue::new(&before);
        let mut running = JoinSet::new();
        let slots = Arc::new(Semaphore::new(options.jobs));
        let most = options.jobs * WAITING;
        loop {
            if options.stop.is_cancelled() {
                self.outcome.not_begun.extend(queue.drain());
            }
            tokio::select! {
                biased;
                () = options.stop.cancelled(), if !queue.is_empty() => {}
                Ok(slot) = Arc::clone(&slots).acquire_owned(), if queue.has_ready() && running.len() < most => {
                    self.begin(&mut running, queue.take(at_once), slot);
                }
                ended = running.join_next() => match ended {
                    Some(Ok(ended)) => ended.into_iter().for_each(|ended| self.end(ended, &before, &mut queue)),
                    Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
                    None => break,
                },
            }
        }
    }

    fn begin(&self, running: &mut JoinSet<Vec<Ended>>, steps: Vec<StepId>, slot: OwnedSemaphorePermit) {
        let slot = Arc::new(Mutex::new(Some(slot)));
        let begun: Vec<Begun> = steps.into_iter().map(|step| self.filled(step, Arc::clone(&slot))).collect();
        let work = Arc::clone(&self.work);
        running.spawn(async move {
            let since = Instant::now();
            let mut made = together(&work, &begun).await;
            let each = begun.iter().map(|step| (step, made.remove(&step.id))).map(|(step, made)| async {
                let result = match made {
                    Some(output) => Ok(Some(output)),
                    None => patiently(&work, step).await,
                };
                (step.id.clone(), since.elapsed(), result)
            });
            futures::future::join_all(each).await
        });
    }

    fn filled(&self, step: StepId, slot: Slot) -> Begun {
        self.tell(Event::Started { step: step.clone() });
        let reveal = |slot: &crate::late::Slot| self.outputs.get(&slot.address).and_then(|o| revealed(o, &slot.attribute));
        let change = self.work.changes.get(&step.address);
        let document = change.and_then(|c| c.desired.as_ref());
        let mark = Mark {
            platform: self.work.names.platform.to_string(),
            address: step.address.clone(),
            spec: self.digest(&step).unwrap_or_default(),
        };
        Begun { id: step, mark, spec: document.map(|d| fill(d, &reveal)), live: change.and_then(|c| c.live.clone()), slot }
    }

    /// The digest of what a step gives AWS. Kinds read their own documents back; one that can't be read fails in the step itself.
    fn digest(&self, step: &StepId) -> Option<String> {
        let lookup = |slot: &crate::late::Slot| self.outputs.get(&slot.address).and_then(|o| attribute(o, &slot.attribute));
        let document = self.work.changes.get(&step.address)?.desired.as_ref()?;
        kind(step.address.kind()).ok()?.canonical(&fill(document, &lookup)).ok().map(|document| spec_digest(&document))
    }

    fn end(&mut self, (step, elapsed, result): Ended, before: &BTreeMap<StepId, BTreeSet<StepId>>, queue: &mut Queue) {
        match result {
            Ok(output) => {
                if let Some(output) = output {
                    self.outputs.insert(step.address.clone(), output);
                }
                let chain =
                    before.get(&step).into_iter().flatten().filter_map(|b| self.chains.get(b)).max().copied().unwrap_or_default() + elapsed;
                self.outcome.longest_chain = self.outcome.longest_chain.max(chain);
                self.chains.insert(step.clone(), chain);
                self.tell(Event::Done { step: step.clone(), elapsed });
                queue.done(&step);
                self.outcome.specs.extend(self.digest(&step).filter(|_| step.op != Op::Delete).map(|digest| (step.clone(), digest)));
                self.outcome.done.insert(step, elapsed);
            }
            Err(error) => {
                let request_id = AwsError::of(&error).and_then(|e| e.request_id.clone());
                self.tell(Event::Failed { step: step.clone(), why: format!("{error:#}"), request_id, elapsed });
                for skipped in queue.doomed(&step) {
                    self.tell(Event::Skipped { step: skipped.clone(), because: step.clone() });
                    self.outcome.skipped.insert(skipped, step.clone());
                }
                self.outcome.failed.insert(step, error);
            }
        }
    }

    fn tell(&self, event: Event) {
        // Nobody listens any more only when the command is ending.
        let _ = self.work.events.send(event);
    }
}

/// An attribute with its secrets, for AWS alone.
fn revealed(output: &Value, name: &str) -> Option<String> {
    output.get(name)?.get("$secret").and_then(Value::as_str).map(Into::into).or_else(|| attribute(output, name))
}

/// IAM promises seconds; two minutes are what others in the field wait.
const PROPAGATION: Duration = Duration::from_secs(120);
/// How often a throttled step is begun again; creates look first at what an earlier try has made.
const THROTTLED_TRIES: u32 = 8;

/// What is left of the patience with refusals that pass by themselves.
#[derive(Debug)]
pub(crate) struct Patience<'a> {
    calls: &'a Calls,
    begun: Instant,
    attempt: u32,
    throttled: u32,
    pause: Duration,
}

impl<'a> Patience<'a> {
    pub(crate) fn new(aws: &'a Aws) -> Self {
        Self { calls: aws.calls(), begun: Instant::now(), attempt: 1, throttled: 0, pause: Duration::from_millis(250) }
    }

    /// Waits before the next try; gives the error back if there is to be none.
    #[expect(clippy::disallowed_methods, reason = "waiting for what was just written to spread is the executor's")]
    pub(crate) async fn bear(&mut self, error: anyhow::Error, tell: impl Fn(u32, &AwsError)) -> Result<()> {
        let refusal = match AwsError::of(&error) {
            Some(refusal) if refusal.class == Class::NotPropagated && self.begun.elapsed() < PROPAGATION => refusal,
            Some(refusal) if refusal.class == Class::Throttled && self.throttled + 1 < THROTTLED_TRIES => {
                self.throttled += 1;
                refusal
            }
            _ => return Err(error),
        };
        self.attempt += 1;
        self.calls.count_retry();
        tell(self.attempt, refusal);
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_secs(10));
        Ok(())
    }
}

/// What could be created of several steps by calls that carry more than one: the rest is tried step by step.
async fn together(work: &Work, steps: &[Begun]) -> BTreeMap<StepId, Value> {
    let Some(kind) = steps.first().filter(|_| steps.len() > 1).and_then(|first| kind(first.id.address.kind()).ok()) else {
        return BTreeMap::new();
    };
    let silent = |_: &str| {};
    let batch: Vec<(Value, Step<'_>)> = steps.iter().map(|step| (step.spec.clone().unwrap_or_default(), on(work, step, &silent))).collect();
    let results = kind.create_together(&batch).await;
    steps.iter().zip(results).filter_map(|(step, result)| Some((step.id.clone(), result.ok()?))).collect()
}

fn on<'a>(work: &'a Work, step: &Begun, tell: &'a (dyn Fn(&str) + Send + Sync)) -> Step<'a> {
    Step { aws: &work.aws, names: &work.names, blobs: &work.blobs, mark: step.mark.clone(), tell }
}

/// One step, begun again while AWS says "not yet".
async fn patiently(work: &Work, step: &Begun) -> Result<Option<Value>> {
    let mut patience = Patience::new(&work.aws);
    let tell = |attempt: u32, why: &AwsError| {
        let _ =
            work.events.send(Event::Retrying { step: step.id.clone(), attempt, why: why.to_string(), request_id: why.request_id.clone() });
    };
    loop {
        match once(work, step).await {
            Ok(output) => return Ok(output),
            Err(error) => patience.bear(error, tell).await?,
        }
    }
}

async fn once(work: &Work, step: &Begun) -> Result<Option<Value>> {
    let address = &step.id.address;
    let kind = kind(address.kind())?;
    let tell = |status: &str| {
        drop(step.slot.lock().map(|mut slot| slot.take()));
        let _ = work.events.send(Event::Waiting { step: step.id.clone(), status: status.into() });
    };
    let run = on(work, step, &tell);
    let spec = || step.spec.as_ref().with_context(|| format!("{address} has no spec in the plan"));
    let live = || step.live.as_ref().with_context(|| format!("{address} is not live in the plan"));
    match step.id.op {
        Op::Create => kind.create(spec()?, &run).await.map(Some),
        Op::Update | Op::Close => kind.update(spec()?, &run, live()?).await.map(Some),
        Op::Delete => kind.delete(&run, live()?).await.map(|()| None),
    }
}
