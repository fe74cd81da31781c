//! AWS on the user's own machine: the services that tenantry calls, answered from one state file.
//!
//! It is written from AWS's API models and imports nothing from `kinds`: a fake that shares code with
//! its client agrees with the client's bugs. It refuses what AWS refuses, and answers what it does not
//! know with 501.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

mod agent_registry;
mod agentcore;
mod apigateway;
mod bedrock;
mod bedrock_agent;
mod broken;
mod claim;
mod cognito;
mod costs;
mod dates;
mod dynamodb;
mod faults;
mod guard;
mod iam;
mod kms;
mod lambda;
mod logs;
mod memory;
mod pages;
mod projects;
mod protocol;
mod record;
mod rest;
mod rpc;
mod s3;
mod s3vectors;
mod server;
mod shape;
mod ssm;
mod sts;
mod tags;
mod xray;

pub(crate) use broken::Broken;
pub(crate) use claim::{Claim, claim};
pub(crate) use faults::Faults;
pub(crate) use protocol::{Reply, Request};
pub(crate) use server::serve;

/// One AWS service: it recognises its requests and answers them.
trait Service: Sync {
    /// Whether the request is for this service, by signing name, target header or path.
    fn claims(&self, request: &Request) -> bool;
    /// Answers a request that it claimed; `None` if it knows no such operation.
    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply>;
    /// The IAM action that the request needs, such as `s3:PutEncryptionConfiguration`, where it can't be read off
    /// an `x-amz-target` or an `Action`.
    fn action(&self, _request: &Request) -> Option<String> {
        None
    }
    /// What a caller has to be allowed for the request, resource by resource; `None` where the service tells no more
    /// than the action.
    fn asks(&self, _world: &mut World, _request: &Request) -> Option<Vec<guard::Ask>> {
        None
    }
}

/// Every service, the ones that share a signing name told apart by path.
const SERVICES: &[&dyn Service] = &[
    &sts::Sts,
    &iam::Iam,
    &ssm::Ssm,
    &cognito::Cognito,
    &kms::Kms,
    &lambda::Lambda,
    &logs::Logs,
    &xray::XRay,
    &dynamodb::DynamoDb,
    &costs::Costs,
    &s3vectors::S3Vectors,
    &agent_registry::AgentRegistry,
    &memory::Memory,
    &agentcore::AgentCore,
    &apigateway::ApiGateway,
    &projects::Projects,
    &bedrock::Bedrock,
    &bedrock_agent::BedrockAgent,
    &s3::S3,
];

/// Everything that one sandbox knows, as it is kept in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Counts the ids handed out, so that the same calls give the same ids.
    ids: u64,
    agent_registry: agent_registry::State,
    agentcore: agentcore::State,
    apigateway: apigateway::State,
    #[serde(default)]
    bedrock: bedrock::State,
    bedrock_agent: bedrock_agent::State,
    cognito: cognito::State,
    costs: costs::State,
    dynamodb: dynamodb::State,
    iam: iam::State,
    kms: kms::State,
    lambda: lambda::State,
    logs: logs::State,
    memory: memory::State,
    projects: projects::State,
    s3: s3::State,
    s3vectors: s3vectors::State,
    ssm: ssm::State,
    xray: xray::State,
}

/// The account as a service sees it while it answers one request.
struct World {
    account: String,
    region: String,
    /// Seconds since 1970.
    now: f64,
    /// How long a status such as CREATING lasts; at least one read sees it even at zero.
    settle: Duration,
    /// How long a new role cannot be assumed yet.
    propagation: Duration,
    /// How long a new bucket is not seen yet.
    appearing: Duration,
    /// The actions of which IAM's simulator says the contrary of what policies say.
    contrary: Vec<String>,
    /// The actions that the sandbox's user is denied.
    denied: Vec<String>,
    state: State,
    /// Set by whatever changed the state, so that reads cost no write of the file.
    dirty: bool,
}

impl World {
    /// An account without anything, in which nothing takes time.
    #[cfg(test)]
    fn empty() -> Self {
        Self {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            now: 1000.0,
            settle: Duration::ZERO,
            propagation: Duration::ZERO,
            appearing: Duration::ZERO,
            contrary: Vec::new(),
            denied: Vec::new(),
            state: State::default(),
            dirty: false,
        }
    }

    /// A new id of `length` characters out of `alphabet`, the same in every run of the same calls.
    fn id(&mut self, alphabet: &str, length: usize) -> String {
        self.state.ids += 1;
        let letters: Vec<char> = alphabet.chars().collect();
        let mut random = fastrand::Rng::with_seed(self.state.ids);
        (0..length).filter_map(|_| random.choice(&letters)).collect()
    }

    /// A new id in the form of a UUID.
    fn uuid(&mut self) -> String {
        let digits = self.id("0123456789abcdef", 32);
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }
}

/// A status on its way to its final value: it changes once enough time has passed and one read has seen it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Settling {
    now: String,
    then: String,
    ready_at: f64,
    seen: bool,
}

impl Settling {
    fn new(world: &World, now: &str, then: &str) -> Self {
        let ready_at = world.now + world.settle.as_secs_f64();
        Self { now: now.into(), then: then.into(), ready_at, seen: false }
    }

    fn settled(status: &str) -> Self {
        Self { now: status.into(), then: status.into(), ready_at: 0.0, seen: true }
    }

    /// The status as a read sees it.
    fn read(&mut self, now: f64) -> String {
        if self.seen && now >= self.ready_at {
            self.now.clone_from(&self.then);
        }
        self.seen = true;
        self.now.clone()
    }

    /// The status without moving it.
    fn peek(&self, now: f64) -> &str {
        if self.seen && now >= self.ready_at { &self.then } else { &self.now }
    }
}

/// A sandbox, shared by the SDK's connector and the server on a port.
#[derive(Debug)]
pub(crate) struct Sandbox {
    claim: Option<Claim>,
    faults: Faults,
    record: Option<record::Record>,
    broken: Broken,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    account: String,
    state: State,
    saved: Instant,
    /// How long the last save took: a large state is saved less often.
    took: Duration,
    unsaved: bool,
    /// Requests answered so far, which numbers them.
    requests: u64,
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    account: String,
    state: State,
}

/// What tells whether the rest can be read.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

const VERSION: u32 = 2;

impl Sandbox {
    /// Opens the sandbox that was claimed, or an empty one for `account` if there is none yet.
    #[expect(clippy::disallowed_methods, reason = "the sandbox's one file is read here")]
    pub(crate) fn open(claim: Option<Claim>, account: &str, faults: Faults) -> Result<Self> {
        let mut inner = Inner {
            account: account.into(),
            state: State::default(),
            saved: Instant::now(),
            took: Duration::ZERO,
            unsaved: false,
            requests: 0,
        };
        if let Some(path) = claim.as_ref().map(|claim| &claim.file) {
            let afresh = format!("`tenantry sandbox reset --sandbox={}` starts an empty one", path.display());
            match std::fs::read(path) {
                Ok(bytes) => {
                    let damaged = || format!("reading the sandbox in `{}`: it is damaged; {afresh}", path.display());
                    // First: what else stands there is another version's own business.
                    let Version { version } = serde_json::from_slice(&bytes).with_context(damaged)?;
                    anyhow::ensure!(
                        version == VERSION,
                        "the sandbox in `{}` is of version {version}, this tenantry keeps version {VERSION}; {afresh}",
                        path.display(),
                    );
                    let saved: Saved = serde_json::from_slice(&bytes).with_context(damaged)?;
                    inner.account = saved.account;
                    inner.state = saved.state;
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("reading the sandbox in `{}`", path.display())),
            }
        }
        Ok(Self { claim, faults, record: None, broken: Broken::default(), inner: Mutex::new(inner) })
    }

    /// From now on also appends each request and its reply to `path`, one JSON object a line.
    pub(crate) fn record_to(&mut self, path: &Path) -> Result<()> {
        self.record = Some(record::Record::open(path)?);
        Ok(())
    }

    /// From now on a failure to write the file is told there, and nothing is answered any more.
    pub(crate) fn tell(&mut self, broken: Broken) {
        self.broken = broken;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request as AWS would, after whatever fault is due.
    pub(crate) async fn answer(&self, request: &Request) -> Reply {
        self.faults.wait().await;
        let (account, number) = {
            let mut inner = self.lock();
            inner.requests += 1;
            (inner.account.clone(), inner.requests)
        };
        let reply = self.faults.before(request, &account).unwrap_or_else(|| {
            let (reply, wrote) = self.work(request);
            self.faults.after(request, wrote, reply, || self.save_now())
        });
        if self.broken.is_told() {
            // What can't be kept was not done, and a refusal would only be tried again: whoever is told ends the command.
            std::future::pending::<()>().await;
        }
        let reply = reply.stamped(request, number).header("date", &dates::http(seconds() + self.faults.ahead()));
        if let Some(record) = &self.record {
            record.write(request, &reply);
        }
        reply
    }

    fn work(&self, request: &Request) -> (Reply, bool) {
        let mut inner = self.lock();
        let mut world = World {
            account: inner.account.clone(),
            region: request.region().to_owned(),
            now: seconds(),
            settle: self.faults.settle(),
            propagation: self.faults.propagation(),
            appearing: self.faults.appearing(),
            contrary: self.faults.contrary(),
            denied: self.faults.denied(),
            state: std::mem::take(&mut inner.state),
            dirty: false,
        };
        let service = SERVICES.iter().find(|service| service.claims(request));
        let reply = guard::refusal(&mut world, service.copied(), request)
            .or_else(|| service.and_then(|service| service.answer(&mut world, request)))
            .unwrap_or_else(|| protocol::unknown(request));
        inner.state = world.state;
        inner.unsaved |= world.dirty;
        let due = inner.unsaved && inner.saved.elapsed() > Duration::from_millis(200).max(inner.took * 20);
        let wrote = world.dirty;
        drop(inner);
        if due {
            self.keep();
        }
        (reply, wrote)
    }

    /// Writes the state to its file, or tells that it can't be.
    fn keep(&self) {
        if let Err(error) = self.save_now() {
            self.broken.tell(error);
        }
    }

    /// Writes the state to its file, if anything in it changed.
    pub(crate) fn save_now(&self) -> Result<()> {
        let mut inner = self.lock();
        let Some(path) = self.claim.as_ref().map(|claim| claim.file.as_path()) else { return Ok(()) };
        if !inner.unsaved {
            return Ok(());
        }
        let state = std::mem::take(&mut inner.state);
        let saved = Saved { version: VERSION, account: inner.account.clone(), state };
        let begun = Instant::now();
        let written = write_whole(path, &saved);
        inner.state = saved.state;
        written.with_context(|| format!("writing the sandbox to `{}`; the file there is the one from before", path.display()))?;
        inner.unsaved = false;
        inner.saved = Instant::now();
        inner.took = begun.elapsed();
        Ok(())
    }
}

/// Replaces the file at once or not at all.
fn write_whole(path: &Path, saved: &Saved) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut buffered = std::io::BufWriter::new(&mut file);
    serde_json::to_writer(&mut buffered, saved)?;
    // A buffer that is dropped says nothing of what it could not write.
    buffered.flush()?;
    drop(buffered);
    file.as_file().sync_data()?;
    file.persist(path)?;
    Ok(())
}

/// What `reset` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    Removed,
    WasEmpty,
}

/// Forgets everything in the sandbox in `file`, unless somebody is using it.
pub(crate) async fn reset(file: &Path) -> Result<Reset> {
    if !file.exists() && !claim::was_claimed(file) {
        return Ok(Reset::WasEmpty);
    }
    let claim = claim(file).await?;
    match std::fs::remove_file(&claim.file) {
        Ok(()) => Ok(Reset::Removed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Reset::WasEmpty),
        Err(error) => Err(error).with_context(|| format!("removing the sandbox in `{}`", file.display())),
    }
}

fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}
