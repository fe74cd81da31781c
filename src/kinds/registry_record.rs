//! What the registry says of one gateway: its MCP server, where it answers, and the tools that it has.
//!
//! A record is for finding things. Agents take a gateway's URL from their parameters: whoever may write here could otherwise
//! send users' tokens anywhere. An edit of an approved record is a draft, which has to be approved again while the approved
//! revision stays found; a record that somebody has deprecated can only be made anew (last verified 2026-11).

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::condition::{Condition, FAILED};
use super::gateway_target::Tools;
use super::{Found, Kind, Observe, Ownership, Registry, Step, child};
use crate::address::{Address, Owner};
use crate::aws::Tolerate as _;
use crate::aws::registries::{Content, Record};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::late::Late;
use crate::names::TierName;
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RegistryRecord {
    pub(crate) registry: Late,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) server: Server,
    /// Under the names that callers of the gateway see.
    pub(crate) tools: Tools,
    pub(crate) publication: Publication,
    /// From where AWS keeps the record up to date by itself, if somebody has set that up.
    pub(crate) source: Option<Value>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

/// A server as the MCP registry's schema describes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Server {
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    remotes: Vec<Remote>,
    /// Never declared: what others add shows in the plan before an update drops it.
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Remote {
    #[serde(rename = "type")]
    transport: String,
    url: Late,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

impl Server {
    /// One that answers at one URL. `name` is of the form `namespace/name`.
    pub(crate) fn at(name: String, description: &str, url: Late) -> Self {
        let remotes = vec![Remote { transport: "streamable-http".into(), url, more: BTreeMap::new() }];
        Self { name, description: description.into(), version: "1.0.0".into(), remotes, more: BTreeMap::new() }
    }
}

/// How far a record has come on its way to being found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Publication {
    /// Nobody has asked for its approval.
    Draft,
    /// A curator decides, or has decided.
    Submitted,
    Rejected,
    /// Whoever may search the registry finds it.
    Approved,
}

impl Publication {
    /// What a live status comes to for who wants this: whatever a curator decides is what was asked for.
    fn of(status: &str, wanted: Option<Self>) -> Self {
        match (status, wanted) {
            ("PENDING_APPROVAL" | "REJECTED" | "APPROVED", Some(Self::Submitted)) | ("PENDING_APPROVAL", _) => Self::Submitted,
            ("APPROVED", _) => Self::Approved,
            ("REJECTED", _) => Self::Rejected,
            _ => Self::Draft,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    registry: String,
}

const APPROVED_BECAUSE: &str = "the manifest approves the records of its own gateways";

impl Kind for RegistryRecord {
    const NAME: &'static str = "registry_record";
    const RIGHTS: &'static [Right] = &[
        reads(
            &["agent-registry:ListRegistryRecords", "agent-registry:GetRegistryRecord"],
            On::These(&["arn:aws:agent-registry:{r}:{a}:registry/*"]),
        ),
        writes(
            &[
                "agent-registry:CreateRegistryRecord",
                "agent-registry:UpdateRegistryRecord",
                "agent-registry:DeleteRegistryRecord",
                "agent-registry:SubmitRegistryRecordForApproval",
                "agent-registry:UpdateRegistryRecordStatus",
            ],
            On::These(&["arn:aws:agent-registry:{r}:{a}:registry/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("registry", "a record belongs to one registry"), ("name", "a record is known by its name"), FAILED];
    const BELOW: &'static [&'static str] = &[Registry::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut live = Vec::new();
        for (_, registry) in observe.above::<Registry>() {
            for record in observe.aws.registries.records(&registry.id).await.missing_is_none()?.unwrap_or_default() {
                let address = whose(observe, &wanted, &record.name);
                live.extend(address.map(|address| (address, registry.id.clone(), record.id)));
            }
        }
        let found = each(live, |(address, registry, id)| {
            let wanted = wanted.iter().find(|(a, _)| *a == address).map(|(_, record)| record.publication);
            async move {
                let read = observe.aws.registries.record(&registry, &id).await;
                let Some(record) = Observe::details(read, Some(&address))? else { return Ok(None) };
                let spec = Self::read(&registry, record, wanted);
                Ok(Some(Found { address, spec, output: Output { id, registry }, mark: Ownership::Ours { spec: None } }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let (registries, registry) = (&step.aws.registries, self.registry.get()?);
        let content = &self.content()?;
        let send = |token: String| async move { registries.create_record(registry, &self.name, content, &token).await };
        let read = |id: String| async move { registries.record(registry, &id).await };
        let (id, live) = settle::create(step, send, read, || self.namesake(step, registry)).await?;
        self.publish(step, registry, live).await?;
        Ok(Output { id, registry: registry.into() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, registry } = &live.output;
        let (registries, content) = (&step.aws.registries, &self.content()?);
        let get = || registries.record(registry, id);
        let mut now = settle::at_rest(step, get).await?;
        let wanted = self.document()?;
        let done = |live: &Record| Self::read(registry, live.clone(), None).document().is_ok_and(|live| live == wanted);
        // An edit takes an approval away, so there is none without need.
        if now.progress() != Status::Ready || !done(&now) {
            now = settle::change(step, || registries.update_record(registry, id, &self.name, content), get, done).await?;
        }
        self.publish(step, registry, now).await?;
        Ok(Output { id: id.clone(), registry: registry.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let (registries, Output { id, registry }) = (&step.aws.registries, &live.output);
        settle::delete(step, || registries.delete_record(registry, id), || registries.record(registry, id)).await
    }
}

impl Settles for Record {
    fn progress(&self) -> Status {
        let why = || self.status_reason.clone().unwrap_or_default();
        match self.status.as_str() {
            "DRAFT" | "PENDING_APPROVAL" | "APPROVED" | "REJECTED" => Status::Ready,
            "CREATE_FAILED" => Status::Failed(why()),
            "UPDATE_FAILED" => Status::UpdateFailed(why()),
            "DEPRECATED" => Status::Failed("somebody has deprecated it, which can't be taken back".into()),
            "CREATE_PENDING_AUTH" | "UPDATE_PENDING_AUTH" => Status::Failed("somebody would have to authorize it".into()),
            other => Status::Pending(other.into()),
        }
    }
}

/// In our registry, a record of the name that a gateway of ours has; all others are somebody else's.
fn whose(observe: &Observe<'_>, wanted: &[(Address, RegistryRecord)], name: &str) -> Option<Address> {
    if let Some((address, _)) = wanted.iter().find(|(_, record)| record.name == name) {
        return Some(address.clone());
    }
    let tier: TierName = name.strip_prefix(&format!("{}-", observe.names.platform))?.strip_suffix("-gw")?.parse().ok()?;
    // As every tier declares it: one address for one thing, also once its tier is gone.
    (observe.names.gateway(&tier) == name).then(|| child(RegistryRecord::NAME, &Owner::Tier(tier), "gateway"))
}

impl RegistryRecord {
    fn content(&self) -> Result<Content> {
        Ok(Content {
            description: self.description.clone(),
            server: serde_json::to_string(&self.server)?,
            tools: json!({ "tools": self.tools }).to_string(),
        })
    }

    /// What an edit can change.
    fn document(&self) -> Result<Value> {
        Ok(json!([self.description, self.server, self.tools, self.source]))
    }

    /// A text that is not what it should be reads as none.
    fn read(registry: &str, record: Record, wanted: Option<Publication>) -> Self {
        let condition = record.progress().into();
        let publication = Publication::of(&record.status, wanted);
        let mcp = record.descriptors.mcp_server.filter(|_| record.record_type == "MCP").unwrap_or_default();
        let server = mcp.data.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let tools = mcp.additional_data.and_then(|more| more.tools?.data);
        let tools: Option<Value> = tools.and_then(|text| serde_json::from_str(&text).ok());
        let tools = tools.and_then(|all| all.get("tools").cloned()).unwrap_or_default();
        Self {
            registry: Late::known(registry),
            name: record.name,
            description: record.description.unwrap_or_default(),
            server,
            tools: tools.into(),
            publication,
            source: mcp.source,
            condition,
        }
    }

    /// Brings a record at rest as far as it is to come.
    async fn publish(&self, step: &Step<'_>, registry: &str, mut live: Record) -> Result<()> {
        let registries = &step.aws.registries;
        let id = live.id.clone();
        let get = || registries.record(registry, &id);
        if live.status == "DRAFT" {
            let sent = registries.submit(registry, &id).await;
            live = landed(sent, settle::ready(step, get).await?, "DRAFT")?;
        }
        if self.publication == Publication::Approved && live.status != "APPROVED" {
            let before = live.status.clone();
            let sent = registries.approve(registry, &id, APPROVED_BECAUSE).await;
            live = landed(sent, settle::ready(step, get).await?, &before)?;
        }
        if Publication::of(&live.status, Some(self.publication)) != self.publication {
            bail!("registry record `{}` is {}, and somebody else may be deciding on it; run the command again", self.name, live.status);
        }
        Ok(())
    }

    /// In a registry of ours, a record of our name that is as declared is the one that was to be created.
    async fn namesake(&self, step: &Step<'_>, registry: &str) -> Result<Option<Namesake>> {
        let listed = step.aws.registries.records(registry).await?;
        let Some(listed) = listed.into_iter().find(|record| record.name == self.name) else { return Ok(None) };
        let Some(live) = step.aws.registries.record(registry, &listed.id).await.missing_is_none()? else {
            return Ok(Some(Namesake::Leaving(listed.id)));
        };
        let live = Self::read(registry, live, None);
        Ok((self.document()? == live.document()?).then_some(Namesake::Ours(listed.id)))
    }
}

/// The record after a change of its status: a refusal counts only where nothing has moved, since a repeated request is refused.
fn landed(sent: Result<()>, live: Record, before: &str) -> Result<Record> {
    match sent {
        Err(error) if live.status == before => Err(error),
        _ => Ok(live),
    }
}
