//! Tenants' data: conversations and memories, rows, objects, and what searches find.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::super::iam::Context;
use super::super::model::Model;
use super::super::report::Row;
use super::super::roles::{Caller, roles};
use super::super::statement::{allows, sid};
use super::templates;
use super::walls::{Call, Kept, judge};
use crate::address::Owner;
use crate::kinds::{Bucket, KnowledgeBase, Memory, Table, VectorIndex};
use crate::manifest::Profile;
use crate::names::{CLINIC_CONFIG, PATIENT_METADATA};

/// What there is to guard, by the name of its tier.
struct Guarded {
    profile: Profile,
    platform: String,
    account: String,
    memories: BTreeMap<String, (String, Vec<String>)>,
    buckets: BTreeMap<String, String>,
    /// Tables and indexes whose key is the tenant: their ARNs.
    keyed: Vec<String>,
    /// By the tenant that it is of.
    indexes: BTreeMap<String, String>,
}

impl Guarded {
    fn of(model: &Model) -> Result<Self> {
        let tier = |owner: &Owner| match owner {
            Owner::Tier(tier) => Some(tier.to_string()),
            Owner::Platform | Owner::Tenant(_) => None,
        };
        let mut guarded = Self {
            profile: model.profile,
            platform: model.names.platform.to_string(),
            account: model.names.account.to_string(),
            memories: BTreeMap::new(),
            buckets: BTreeMap::new(),
            keyed: Vec::new(),
            indexes: BTreeMap::new(),
        };
        for (address, memory) in model.all::<Memory>()? {
            let Some(tier) = tier(address.owner()) else { continue };
            let namespaces = memory.strategies.values().map(|s| s.namespace.clone()).collect();
            guarded.memories.insert(tier, (model.output(address, "arn")?.to_owned(), namespaces));
        }
        for (address, bucket) in model.all::<Bucket>()? {
            guarded.buckets.extend(tier(address.owner()).map(|tier| (tier, bucket.name)));
        }
        let claim = model.claims.tenant.trim_start_matches("custom:");
        for (address, table) in model.all::<Table>()? {
            let arn = format!("arn:aws:dynamodb:{}:{}:table/{}", model.names.region, model.names.account, table.name);
            if address.label() == CLINIC_CONFIG && table.key == claim {
                guarded.keyed.push(arn.clone());
            }
            if address.label() == PATIENT_METADATA {
                let indexes = table.indexes.iter().filter(|(_, index)| index.key == claim);
                guarded.keyed.extend(indexes.map(|(name, _)| format!("{arn}/index/{name}")));
            }
        }
        for (address, _) in model.all::<VectorIndex>()? {
            if let Owner::Tenant(tenant) = address.owner() {
                guarded.indexes.insert(tenant.to_string(), model.output(address, "arn")?.to_owned());
            }
        }
        Ok(guarded)
    }

    fn actor(&self, caller: &Caller<'_>) -> String {
        match self.profile {
            Profile::Article => format!("{}-{}-{}", caller.tier, caller.tenant, caller.user),
            Profile::Strict => format!("{}_{}", caller.tenant, caller.user),
        }
    }

    fn events(&self, caller: &Caller<'_>) -> Vec<Call> {
        let Some((arn, _)) = self.memories.get(caller.tier) else { return Vec::new() };
        let actor = self.actor(caller);
        let call = |action, keys: &[&'static str]| Call {
            action,
            resource: arn.clone(),
            keys: keys
                .iter()
                .map(|key| (*key, vec![if key.ends_with("actorId") { actor.clone() } else { "session-0123456789-0123456789-01".into() }]))
                .collect(),
            words: format!("the conversations of actor `{actor}`"),
        };
        const ACTOR: &str = "bedrock-agentcore:actorId";
        const SESSION: &str = "bedrock-agentcore:sessionId";
        vec![
            call("bedrock-agentcore:ListEvents", &[ACTOR, SESSION]),
            call("bedrock-agentcore:GetEvent", &[ACTOR, SESSION]),
            call("bedrock-agentcore:CreateEvent", &[ACTOR, SESSION]),
            call("bedrock-agentcore:ListSessions", &[ACTOR]),
        ]
    }

    fn no_events(&self, _: &Caller<'_>) -> Vec<Call> {
        let calls = |(tier, (arn, _)): (&String, &(String, Vec<String>))| {
            let call =
                |action, keys| Call { action, resource: arn.clone(), keys, words: format!("the memory of tier {tier}, of no actor") };
            vec![
                call("bedrock-agentcore:ListActors", vec![]),
                call("bedrock-agentcore:ListEvents", vec![]),
                call("bedrock-agentcore:ListSessions", vec![]),
                call("bedrock-agentcore:ListEvents", vec![("bedrock-agentcore:actorId", vec![String::new()])]),
                call("bedrock-agentcore:DeleteMemory", vec![]),
            ]
        };
        self.memories.iter().flat_map(calls).collect()
    }

    fn namespaces(&self, caller: &Caller<'_>) -> Vec<String> {
        let actor = self.actor(caller);
        let Some((_, namespaces)) = self.memories.get(caller.tier) else { return Vec::new() };
        namespaces.iter().map(|n| n.replace("{actorId}", &actor).replace("{sessionId}", "session-1")).collect()
    }

    fn records(&self, caller: &Caller<'_>) -> Vec<Call> {
        let Some((arn, _)) = self.memories.get(caller.tier) else { return Vec::new() };
        let call = |action, key, namespace: &String| Call {
            action,
            resource: arn.clone(),
            keys: vec![(key, vec![namespace.clone()])],
            words: format!("the namespace `{namespace}`"),
        };
        let namespaces = self.namespaces(caller);
        namespaces
            .iter()
            .flat_map(|namespace| {
                [
                    call("bedrock-agentcore:RetrieveMemoryRecords", "bedrock-agentcore:namespace", namespace),
                    call("bedrock-agentcore:ListMemoryRecords", "bedrock-agentcore:namespace", namespace),
                ]
            })
            .collect()
    }

    /// Namespaces above everybody's own, and calls that name none.
    fn no_records(&self, caller: &Caller<'_>) -> Vec<Call> {
        let Some((arn, _)) = self.memories.get(caller.tier) else { return Vec::new() };
        let actor = self.actor(caller);
        let above = ["", "/", "clinic", "clinic/", "clinic/*"].map(str::to_owned);
        let beside = [format!("clinic/{actor}"), format!("clinic/{actor}x/facts"), format!("x/clinic/{actor}/facts")];
        let keys = ["bedrock-agentcore:namespace", "bedrock-agentcore:namespacePath"];
        let named = above.into_iter().chain(beside).flat_map(|namespace| {
            keys.map(|key| Call {
                action: "bedrock-agentcore:RetrieveMemoryRecords",
                resource: arn.clone(),
                keys: vec![(key, vec![namespace.clone()])],
                words: format!("{} `{namespace}`", key.trim_start_matches("bedrock-agentcore:")),
            })
        });
        const UNSCOPED: [&str; 6] = [
            "bedrock-agentcore:RetrieveMemoryRecords",
            "bedrock-agentcore:GetMemoryRecord",
            "bedrock-agentcore:DeleteMemoryRecord",
            "bedrock-agentcore:BatchCreateMemoryRecords",
            "bedrock-agentcore:BatchUpdateMemoryRecords",
            "bedrock-agentcore:BatchDeleteMemoryRecords",
        ];
        let unscoped =
            UNSCOPED.map(|action| Call { action, resource: arn.clone(), keys: vec![], words: "a record, whosever it is".into() });
        named.chain(unscoped).collect()
    }

    fn rows(&self, caller: &Caller<'_>) -> Vec<Call> {
        let call = |arn: &String| Call {
            action: if arn.contains("/index/") { "dynamodb:Query" } else { "dynamodb:GetItem" },
            resource: arn.clone(),
            keys: vec![("dynamodb:LeadingKeys", vec![caller.tenant.to_owned()])],
            words: format!("rows of {} in {}", caller.tenant, arn.rsplit(":table/").next().unwrap_or_default()),
        };
        self.keyed.iter().map(call).collect()
    }

    fn no_rows(&self, caller: &Caller<'_>) -> Vec<Call> {
        let mixed = vec![caller.tenant.to_owned(), "zz-nobody".to_owned()];
        let calls = |arn: &String| {
            let call = |action, keys, words: &str| Call { action, resource: arn.clone(), keys, words: format!("{arn} {words}") };
            vec![
                call("dynamodb:Scan", vec![], "as a whole"),
                call("dynamodb:Query", vec![], "without a key"),
                call("dynamodb:GetItem", vec![], "without a key"),
                call("dynamodb:PartiQLSelect", vec![("dynamodb:LeadingKeys", vec![caller.tenant.to_owned()])], "by PartiQL"),
                call("dynamodb:BatchGetItem", vec![("dynamodb:LeadingKeys", mixed.clone())], "for itself and another at once"),
                call("dynamodb:Query", vec![("dynamodb:LeadingKeys", mixed.clone())], "for itself and another at once"),
                call("dynamodb:ExportTableToPointInTime", vec![], "as an export"),
                call("dynamodb:DeleteTable", vec![], "altogether"),
            ]
        };
        self.keyed.iter().flat_map(calls).collect()
    }

    /// Buckets of the platform's own account: names are anybody's to take.
    fn ours(&self) -> Vec<(&'static str, Vec<String>)> {
        vec![("aws:ResourceAccount", vec![self.account.clone()])]
    }

    fn objects(&self, caller: &Caller<'_>) -> Vec<Call> {
        let Some(bucket) = self.buckets.get(caller.tier) else { return Vec::new() };
        let prefix = format!("{}-tier/{}/", caller.tier, caller.tenant);
        vec![
            Call {
                action: "s3:GetObject",
                resource: format!("arn:aws:s3:::{bucket}/{prefix}reports/one.pdf"),
                keys: self.ours(),
                words: format!("{bucket}/{prefix}reports/one.pdf"),
            },
            Call {
                action: "s3:ListBucket",
                resource: format!("arn:aws:s3:::{bucket}"),
                keys: [self.ours(), vec![("s3:prefix", vec![prefix.clone()])]].concat(),
                words: format!("{bucket} below `{prefix}`"),
            },
        ]
    }

    fn no_objects(&self, caller: &Caller<'_>) -> Vec<Call> {
        let Some(bucket) = self.buckets.get(caller.tier) else { return Vec::new() };
        let tier = format!("{}-tier/", caller.tier);
        let list = |prefix: Option<String>| Call {
            action: "s3:ListBucket",
            resource: format!("arn:aws:s3:::{bucket}"),
            words: prefix.as_ref().map_or_else(|| format!("all of {bucket}"), |prefix| format!("{bucket} below `{prefix}`")),
            keys: self.ours().into_iter().chain(prefix.map(|prefix| ("s3:prefix", vec![prefix]))).collect(),
        };
        let get = |path: String| Call { action: "s3:GetObject", resource: format!("arn:aws:s3:::{path}"), keys: self.ours(), words: path };
        let elsewhere = Call {
            action: "s3:PutObject",
            resource: format!("arn:aws:s3:::{bucket}/{tier}{}/one.pdf", caller.tenant),
            keys: vec![("aws:ResourceAccount", vec!["999999999999".into()])],
            words: format!("{bucket} in another account"),
        };
        vec![
            elsewhere,
            list(None),
            list(Some(String::new())),
            list(Some(tier.clone())),
            // Without its slash a prefix lists whoever begins with it.
            list(Some(format!("{tier}{}", caller.tenant))),
            get(format!("{bucket}/{tier}{}x/one.pdf", caller.tenant)),
            get(format!("{bucket}/{tier}{}", caller.tenant)),
            get(format!("{bucket}/one.pdf")),
            get(format!("{}-else/{tier}{}/one.pdf", self.platform, caller.tenant)),
        ]
    }

    fn vectors(&self, caller: &Caller<'_>) -> Vec<Call> {
        // The index of whom nobody knows is named like the others.
        let arn = self.indexes.get(caller.tenant).cloned().or_else(|| {
            let (known, arn) = self.indexes.first_key_value()?;
            Some(arn.replace(known.as_str(), caller.tenant))
        });
        let call = |(action, arn): (&'static str, String)| Call { action, words: arn.clone(), resource: arn, keys: vec![] };
        arn.into_iter().flat_map(|arn| [("s3vectors:QueryVectors", arn.clone()), ("s3vectors:GetVectors", arn)]).map(call).collect()
    }
}

/// The sorts of data, for the argument about one pair.
pub(crate) fn walls(model: &Model) -> Result<Vec<(&'static str, Wall)>> {
    let sorts: [(&'static str, Sort); 5] = [
        ("memory events", Sort { own: Guarded::events, never: Guarded::no_events, kept: Kept::User }),
        ("memory records", Sort { own: Guarded::records, never: Guarded::no_records, kept: Kept::User }),
        ("tables", Sort { own: Guarded::rows, never: Guarded::no_rows, kept: Kept::Tenant }),
        ("documents", Sort { own: Guarded::objects, never: Guarded::no_objects, kept: Kept::TierAndTenant }),
        ("knowledge", Sort { own: Guarded::vectors, never: |_, _| Vec::new(), kept: Kept::Tenant }),
    ];
    sorts.into_iter().map(|(layer, sort)| Ok((layer, Wall { guarded: Guarded::of(model)?, sort }))).collect()
}

struct Sort {
    own: fn(&Guarded, &Caller<'_>) -> Vec<Call>,
    never: fn(&Guarded, &Caller<'_>) -> Vec<Call>,
    kept: Kept,
}

/// A wall with what it guards.
pub(crate) struct Wall {
    guarded: Guarded,
    sort: Sort,
}

impl Wall {
    pub(crate) fn own(&self, caller: &Caller<'_>) -> Vec<Call> {
        (self.sort.own)(&self.guarded, caller)
    }

    pub(crate) fn never(&self, caller: &Caller<'_>) -> Vec<Call> {
        (self.sort.never)(&self.guarded, caller)
    }

    pub(crate) fn kept(&self) -> Kept {
        self.sort.kept
    }
}

fn sweep(model: &Model, row: &mut Row, layer: &str) -> Result<()> {
    let (_, wall) = walls(model)?.into_iter().find(|(name, _)| *name == layer).context("no such sort of data")?;
    judge(model, row, &wall)?;
    if row.attacks == 0 && row.findings.is_empty() {
        row.skipped("the manifest declares none");
    }
    Ok(())
}

pub(super) fn events(model: &Model, row: &mut Row) -> Result<()> {
    row.backstop = Some("the agent's own use of the actor id");
    templates::judge(model, row, "bedrock-agentcore")?;
    sweep(model, row, "memory events")
}

pub(super) fn records(model: &Model, row: &mut Row) -> Result<()> {
    for (address, memory) in model.all::<Memory>()? {
        for (name, strategy) in &memory.strategies {
            let own = strategy.namespace.contains("/{actorId}/") || strategy.namespace.starts_with("{actorId}/");
            let says = format!("strategy `{name}` keeps its records in `{}`, which is not one user's own", strategy.namespace);
            row.refused_if(own, address.to_string(), says);
        }
    }
    sweep(model, row, "memory records")
}

pub(super) fn rows(model: &Model, row: &mut Row) -> Result<()> {
    row.backstop = Some("the tool's own query");
    templates::judge(model, row, "dynamodb")?;
    sweep(model, row, "tables")
}

pub(super) fn objects(model: &Model, row: &mut Row) -> Result<()> {
    templates::judge(model, row, "s3")?;
    buckets(model, row)?;
    sweep(model, row, "documents")
}

/// What buckets say themselves: their policies only refuse, so that they let nobody in past the tenants' roles.
fn buckets(model: &Model, row: &mut Row) -> Result<()> {
    for (address, bucket) in model.all::<Bucket>()?.into_iter().filter(|(address, _)| matches!(address.owner(), Owner::Tier(_))) {
        row.refused_if(bucket.protection.public_access_blocked, address.to_string(), "the bucket may be opened to the public");
        for statement in bucket.policy.iter().flat_map(allows) {
            let name = sid(statement);
            row.breach(address.to_string(), format!("its policy lets callers in by itself, past the tenants' roles (statement `{name}`)"));
        }
    }
    Ok(())
}

/// Searches in a shared knowledge base are filtered by whoever asks; an index for each tenant is IAM's to guard.
pub(super) fn knowledge(model: &Model, row: &mut Row) -> Result<()> {
    templates::judge(model, row, "s3vectors")?;
    let shared: Vec<String> = model
        .all::<KnowledgeBase>()?
        .into_iter()
        .filter(|(address, _)| !matches!(address.owner(), Owner::Tenant(_)))
        .map(|(address, _)| address.owner().to_string().replace(':', " "))
        .collect();
    if !shared.is_empty() {
        // The filter is the agent's; that nobody but an agent may search at all is IAM's.
        let context = Context::new();
        for (address, _) in model.all::<KnowledgeBase>()? {
            let arn = model.output(address, "arn")?;
            for role in roles(model)?.iter().filter(|role| role.is_tagged) {
                let judged = role.might("bedrock:Retrieve", arn, &context);
                if !judged.decision.is_denied() {
                    row.breach(role.name(), format!("bedrock:Retrieve on {arn}, of all tenants, is allowed to a tenant's session"));
                }
            }
        }
        row.not_enforced(shared.join(", "), "tenants share a knowledge base; the agent's filter on the tenant keeps them apart");
        return Ok(());
    }
    sweep(model, row, "knowledge")
}
