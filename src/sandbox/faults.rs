//! What goes wrong on demand: throttling, failures, lost replies, slow statuses, refusals and a kill.
//!
//! Faults come in a fixed rhythm instead of by chance, so that a run can be repeated, and never more than twice in a
//! row for the same request, so that a client who tries three times gets through.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::protocol::{Reply, Request};

pub(super) mod action;

/// How often in a row the same request may fail.
const IN_A_ROW: u8 = 2;

/// A share is kept in millionths: adding up fractions would drift.
const WHOLE: u32 = 1_000_000;

/// Of a busy operation: more refusals in a row than the SDK has attempts, so that they reach the program.
const BUSY: u64 = 10;

const KNOWN: &str = "latency, throttle, busy, errors, lost, slow, role, bucket, clock, kill, contrary and denied";

/// The faults of one sandbox; none by default.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    latency: Duration,
    throttle: u32,
    errors: u32,
    lost: u32,
    slow: Duration,
    role: Duration,
    bucket: Duration,
    /// How far AWS's clock is ahead of ours.
    clock: Duration,
    /// Ends the process after that many writes.
    kill: Option<u64>,
    denied: Vec<String>,
    /// Actions that IAM's simulator misjudges.
    contrary: Vec<String>,
    /// Operations that are throttled for a while, each from one of its calls on.
    busy: Vec<(String, u64)>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    throttle: u32,
    errors: u32,
    lost: u32,
    writes: u64,
    /// By operation: how often a busy one was called.
    called: BTreeMap<String, u64>,
    /// By request: how often in a row it was not done.
    failed: BTreeMap<u64, u8>,
    /// By request: how often in a row it was done and its reply lost.
    unheard: BTreeMap<u64, u8>,
}

impl Faults {
    /// Reads a list such as `latency=100ms,throttle=0.05,errors=0.02,lost=0.01,slow=2s,role=3s,kill=7,denied=ssm:PutParameter`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut faults = Self::default();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = part.split_once('=').with_context(|| format!("fault `{part}` has no value; write `NAME=VALUE`"))?;
            faults.set(name, value).with_context(|| format!("fault `{name}`"))?;
        }
        Ok(faults)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "latency" => self.latency = duration(value)?,
            "slow" => self.slow = duration(value)?,
            "role" => self.role = duration(value)?,
            "bucket" => self.bucket = duration(value)?,
            "clock" => self.clock = duration(value)?,
            "throttle" => self.throttle = share(value)?,
            "errors" => self.errors = share(value)?,
            "lost" => self.lost = share(value)?,
            "kill" => self.kill = Some(count(value)?),
            "denied" => self.denied.push(action(value)?),
            "contrary" => self.contrary.push(action(value)?),
            "busy" => {
                let (name, from) = value.split_once('@').unwrap_or((value, "1"));
                self.busy.push((action(name)?, call(from)?));
            }
            _ => bail!("there is no such fault; there are {KNOWN}"),
        }
        Ok(())
    }

    /// How long a transitional status lasts.
    pub(super) fn settle(&self) -> Duration {
        self.slow
    }

    /// How long a new role cannot be assumed.
    pub(super) fn propagation(&self) -> Duration {
        self.role
    }

    /// How long a new bucket is not seen.
    pub(super) fn appearing(&self) -> Duration {
        self.bucket
    }

    /// What the sandbox's user may not do.
    pub(super) fn denied(&self) -> Vec<String> {
        self.denied.clone()
    }

    /// Seconds that the sandbox's clock is ahead of this machine's.
    pub(super) fn ahead(&self) -> f64 {
        self.clock.as_secs_f64()
    }

    /// Of which actions the simulator says the contrary.
    pub(super) fn contrary(&self) -> Vec<String> {
        self.contrary.clone()
    }

    /// The delay of every call.
    #[expect(clippy::disallowed_methods, reason = "the latency is the fault itself")]
    pub(super) async fn wait(&self) {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
    }

    /// The refusal or failure that comes instead of the work, if one is due.
    pub(super) fn before(&self, request: &Request, account: &str) -> Option<Reply> {
        if !self.denied.is_empty()
            && let Some(name) = action::all(request).into_iter().find(|name| self.denied.iter().any(|d| action::means(d, name)))
        {
            return Some(action::denied(request, &name, account));
        }
        if self.throttle == 0 && self.errors == 0 && self.busy.is_empty() {
            return None;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = &mut *counts;
        if self.is_busy(counts, request) {
            return Some(throttling(request));
        }
        let throttled = due(&mut counts.throttle, self.throttle);
        // A failure has its share of what is not throttled, so that one fault does not swallow the other.
        let failing = !throttled && due(&mut counts.errors, self.errors);
        if !goes_wrong(&mut counts.failed, request, throttled || failing) {
            return None;
        }
        Some(if throttled { throttling(request) } else { failure(request) })
    }

    /// Whether the request's operation takes nothing just now, whatever its content.
    fn is_busy(&self, counts: &mut Counts, request: &Request) -> bool {
        let name = if self.busy.is_empty() { None } else { action::of(request) };
        let Some((name, from)) = name.and_then(|name| self.busy.iter().find(|(busy, _)| action::means(busy, &name))) else {
            return false;
        };
        let called = counts.called.entry(name.clone()).or_default();
        *called += 1;
        (*from..from + BUSY).contains(called)
    }

    /// What becomes of a reply to work that is done: the reply, a lost one, or the end of the process.
    pub(super) fn after(&self, request: &Request, wrote: bool, reply: Reply, save: impl FnOnce() -> Result<()>) -> Reply {
        if !wrote || action::reads(request) {
            return reply;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.writes += 1;
        if self.kill == Some(counts.writes) {
            die(save);
        }
        let counts = &mut *counts;
        let due = due(&mut counts.lost, self.lost);
        if goes_wrong(&mut counts.unheard, request, due) { lost(request) } else { reply }
    }
}

/// Ends the process as SIGKILL would, the work kept and the reply not given.
#[expect(clippy::exit, clippy::disallowed_methods, reason = "the fault is the sudden end itself")]
fn die(save: impl FnOnce() -> Result<()>) -> ! {
    if let Err(error) = save() {
        tracing::warn!(%error, "saving the sandbox");
    }
    std::process::exit(137)
}

/// Whether this call is one of the share: spread evenly, the first one after `1 / share` calls.
fn due(sum: &mut u32, share: u32) -> bool {
    *sum += share;
    let due = share > 0 && *sum >= WHOLE;
    if due {
        *sum -= WHOLE;
    }
    due
}

/// Whether a fault that is due happens: not to a request that it has happened to often enough in a row.
fn goes_wrong(in_a_row: &mut BTreeMap<u64, u8>, request: &Request, due: bool) -> bool {
    let key = fingerprint(request);
    let times = in_a_row.get(&key).copied().unwrap_or(0);
    if due && times < IN_A_ROW {
        in_a_row.insert(key, times + 1);
        return true;
    }
    in_a_row.remove(&key);
    false
}

/// What a retry has in common with its first attempt: everything but the headers.
fn fingerprint(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&request.method, &request.host, &request.path, &request.query, request.header("x-amz-target"), &request.body).hash(&mut hasher);
    hasher.finish()
}

fn throttling(request: &Request) -> Reply {
    match request.signing_name() {
        "s3" => Reply::refuse_s3(503, "SlowDown", "Please reduce your request rate."),
        "iam" | "sts" => Reply::refuse_query(400, "Throttling", "Rate exceeded"),
        "apigateway" => Reply::refuse_json(429, "TooManyRequestsException", "Too Many Requests"),
        _ => Reply::refuse_json(400, "ThrottlingException", "Rate exceeded"),
    }
}

fn failure(request: &Request) -> Reply {
    const MESSAGE: &str = "We encountered an internal error. Please try again.";
    match request.signing_name() {
        "s3" => Reply::refuse_s3(500, "InternalError", MESSAGE),
        "iam" | "sts" => Reply::refuse_query(500, "InternalFailure", MESSAGE),
        _ => Reply::refuse_json(500, "InternalFailure", MESSAGE),
    }
}

/// A reply that never arrived, as a proxy would put it: the client can't know that the work was done.
fn lost(request: &Request) -> Reply {
    const CODE: &str = "ServiceUnavailable";
    const MESSAGE: &str = "The reply was lost on its way.";
    match request.signing_name() {
        "s3" => Reply::refuse_s3(503, CODE, MESSAGE),
        "iam" | "sts" => Reply::refuse_query(503, CODE, MESSAGE),
        _ => Reply::refuse_json(503, CODE, MESSAGE),
    }
}

fn duration(text: &str) -> Result<Duration> {
    let wrong = || format!("`{text}` is no duration; write `100ms` or `2s`");
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').with_context(wrong)?, 1.0),
    };
    let number: f64 = number.parse().with_context(wrong)?;
    Duration::try_from_secs_f64(number * scale).with_context(wrong)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be between 0 and 1 before it is scaled")]
fn share(text: &str) -> Result<u32> {
    let number = text.parse::<f64>().ok().filter(|n| (0.0..=1.0).contains(n));
    let number = number.with_context(|| format!("`{text}` is no share of calls; write a number between 0 and 1"))?;
    Ok((number * f64::from(WHOLE)).round() as u32)
}

fn count(text: &str) -> Result<u64> {
    text.parse::<u64>().ok().filter(|n| *n > 0).with_context(|| format!("`{text}` is no number of writes; write 1 or more"))
}

fn call(text: &str) -> Result<u64> {
    text.parse::<u64>().ok().filter(|n| *n > 0).with_context(|| format!("`{text}` is no number of a call; write 1 or more"))
}

fn action(text: &str) -> Result<String> {
    let parts = text.split_once(':').filter(|(service, name)| !service.is_empty() && !name.is_empty());
    let (service, _) = parts
        .with_context(|| format!("`{text}` is no IAM action; write one such as `ssm:PutParameter`, or `ssm:Put*` for all that begin so"))?;
    if !action::SERVICES_OF_IAM.iter().any(|known| known.eq_ignore_ascii_case(service)) {
        bail!("the sandbox asks for no action of `{service}`; it knows those of {}", action::SERVICES_OF_IAM.join(", "));
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> Request {
        let headers = http::HeaderMap::new();
        Request::new("GET", &path.parse().unwrap(), headers, bytes::Bytes::new())
    }

    #[test]
    fn a_share_falls_evenly_and_the_third_attempt_gets_through() {
        let faults = Faults::parse("throttle=0.25").unwrap();
        let hits: Vec<bool> = (0..8).map(|n| faults.before(&request(&format!("/{n}")), "").is_some()).collect();
        assert_eq!(hits, [false, false, false, true, false, false, false, true]);

        let always = Faults::parse("errors=1").unwrap();
        let hits: Vec<bool> = (0..4).map(|_| always.before(&request("/same"), "").is_some()).collect();
        assert_eq!(hits, [true, true, false, true]);
    }

    #[test]
    fn a_wildcard_means_what_it_means_in_a_policy() {
        let means = |pattern: &str| action::means(pattern, "s3:PutObject");
        for pattern in ["s3:*", "s3:Put*", "S3:putobject", "s3:*Object", "s3:P?tObject", "s3:**"] {
            assert!(means(pattern), "{pattern}");
        }
        for other in ["s3:Get*", "s3:Put", "s3:PutObject?", "s3v*:PutObject", "ssm:*"] {
            assert!(!means(other), "{other}");
        }
        let faults = Faults::parse("denied=lambda:*").unwrap();
        assert_eq!(faults.denied(), ["lambda:*"]);
        assert!(Faults::parse("denied=*").is_err() && Faults::parse("denied=*:Get*").is_err());
    }

    #[test]
    fn an_unknown_fault_lists_the_known_ones() {
        let error = format!("{:#}", Faults::parse("latency=10ms,thottle=1").unwrap_err());
        assert_eq!(error, format!("fault `thottle`: there is no such fault; there are {KNOWN}"));
        let error = format!("{:#}", Faults::parse("denied=nosuch:Thing").unwrap_err());
        assert!(error.contains("`nosuch`") && error.contains("bedrock-mantle"), "{error}");
    }
}
