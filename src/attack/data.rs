//! One made-up tenant's session against another's data, with the calls that the probes judge on paper.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;

use super::{Canary, Tried, the, tried, untagged};
use crate::aws::{Aws, AwsError, Class, During as _, Place, Session, Tolerate as _};
use crate::isolation::model::Model;
use crate::isolation::probes::{Call, PROBES, trusted, walls};
use crate::isolation::report::Row;
use crate::isolation::roles::{roles, tagged};
use crate::kinds::Table;

/// What a row of ours says of itself, so that no other is ever removed.
const MARK: &str = "made_by";
const BY: &str = "tenantry verify --live";

/// A call of a probe that can be made.
#[derive(Debug, Clone)]
enum Attempt {
    Object { bucket: String, key: String },
    Listing { bucket: String, prefix: Option<String> },
    Row { table: String, key: String, tenant: String },
    Query { table: String, index: String, key: String, tenant: String },
    Scan { table: String },
    Events(Place),
    Records { memory: String, namespace: String },
    Actors { memory: String },
}

/// The keys of tables and of their indexes, by `table` and `table/index/name`.
fn keys(model: &Model) -> Result<BTreeMap<String, String>> {
    let mut keys = BTreeMap::new();
    for (_, table) in model.all::<Table>()? {
        keys.extend(table.indexes.iter().map(|(name, index)| (format!("{}/index/{name}", table.name), index.key.clone())));
        keys.insert(table.name, table.key);
    }
    Ok(keys)
}

impl Attempt {
    /// None for what is not tried: other accounts' buckets, and what changes or costs something.
    fn of(call: &Call, keys: &BTreeMap<String, String>) -> Option<Self> {
        let value = |name: &str| call.keys.iter().find(|(key, _)| *key == name).and_then(|(_, values)| values.first().cloned());
        let table = || call.resource.split(":table/").nth(1).map(ToOwned::to_owned);
        let memory = || call.resource.split(":memory/").nth(1).map(ToOwned::to_owned);
        let bucket = call.resource.strip_prefix("arn:aws:s3:::");
        match call.action {
            "s3:GetObject" => bucket?.split_once('/').map(|(bucket, key)| Self::Object { bucket: bucket.into(), key: key.into() }),
            "s3:ListBucket" => Some(Self::Listing { bucket: bucket?.into(), prefix: value("s3:prefix") }),
            "dynamodb:Scan" => Some(Self::Scan { table: table().filter(|table| !table.contains('/'))? }),
            "dynamodb:GetItem" => {
                let (table, tenant) = (table()?, value("dynamodb:LeadingKeys")?);
                Some(Self::Row { key: keys.get(&table)?.clone(), table, tenant })
            }
            "dynamodb:Query" => {
                let (at, tenant) =
                    (table()?, value("dynamodb:LeadingKeys").filter(|_| call.keys.iter().all(|(_, values)| values.len() == 1))?);
                let (table, index) = at.split_once("/index/")?;
                Some(Self::Query { key: keys.get(&at)?.clone(), table: table.into(), index: index.into(), tenant })
            }
            "bedrock-agentcore:ListEvents" => {
                let (actor, session) = (value("bedrock-agentcore:actorId")?, value("bedrock-agentcore:sessionId")?);
                Some(Self::Events(Place { memory: memory()?, actor, session }))
            }
            "bedrock-agentcore:ListMemoryRecords" => {
                Some(Self::Records { memory: memory()?, namespace: value("bedrock-agentcore:namespace")? })
            }
            "bedrock-agentcore:ListActors" => Some(Self::Actors { memory: memory()? }),
            _ => None,
        }
    }

    async fn make(&self, session: &Session) -> Result<()> {
        let text = |text: &str| AttributeValue::S(text.into());
        match self {
            Self::Object { bucket, key } => {
                session.s3.get_object().bucket(bucket).key(key).send().await.during("reading an object").map(drop)
            }
            Self::Listing { bucket, prefix } => {
                let list = session.s3.list_objects_v2().bucket(bucket).set_prefix(prefix.clone()).max_keys(1);
                list.send().await.during("listing objects").map(drop)
            }
            Self::Row { table, key, tenant } => {
                session.dynamodb.get_item().table_name(table).key(key, text(tenant)).send().await.during("reading a row").map(drop)
            }
            Self::Query { table, index, key, tenant } => {
                let query = session.dynamodb.query().table_name(table).index_name(index).limit(1);
                let query = query.key_condition_expression("#k = :t").expression_attribute_names("#k", key);
                query.expression_attribute_values(":t", text(tenant)).send().await.during("querying rows").map(drop)
            }
            Self::Scan { table } => session.dynamodb.scan().table_name(table).limit(1).send().await.during("scanning rows").map(drop),
            Self::Events(place) => session.memories.events(place).await.map(drop),
            Self::Records { memory, namespace } => session.memories.records(memory, namespace).await,
            Self::Actors { memory } => session.memories.actors(memory).await,
        }
    }

    /// Something for the attempt to find.
    async fn put(&self, operator: &Session) -> Result<()> {
        let text = |text: &str| AttributeValue::S(text.into());
        match self {
            Self::Object { bucket, key } => {
                let put = operator.s3.put_object().bucket(bucket).key(key).body(ByteStream::from_static(BY.as_bytes()));
                put.send().await.during(format!("putting `{key}` into bucket `{bucket}`")).map(drop)
            }
            Self::Row { table, key, tenant } => {
                if whose(operator, (table, key, tenant)).await? == Whose::Others {
                    bail!("table `{table}` has a row of `{tenant}` that no attack made; delete it, or keep it and don't use --live");
                }
                let put = operator.dynamodb.put_item().table_name(table).item(key, text(tenant)).item(MARK, text(BY));
                put.send().await.during(format!("putting a row of `{tenant}` into table `{table}`")).map(drop)
            }
            Self::Events(place) => operator.memories.create_event(place, now(), BY).await,
            _ => Ok(()),
        }
    }

    async fn remove(&self, operator: &Session) -> Result<()> {
        let text = |text: &str| AttributeValue::S(text.into());
        match self {
            Self::Object { bucket, key } => {
                // Buckets keep what is deleted: every version goes, and every mark of a deletion.
                let list = operator.s3.list_object_versions().bucket(bucket).prefix(key).send().await;
                let Some(found) = list.during(format!("listing the versions of `{key}` in bucket `{bucket}`")).missing_is_none()? else {
                    return Ok(());
                };
                let versions = found.versions().iter().map(|v| (v.key(), v.version_id()));
                let all = versions.chain(found.delete_markers().iter().map(|m| (m.key(), m.version_id())));
                for (_, version) in all.filter(|(name, _)| *name == Some(key.as_str())) {
                    let delete = operator.s3.delete_object().bucket(bucket).key(key).set_version_id(version.map(Into::into));
                    delete.send().await.during(format!("deleting `{key}` from bucket `{bucket}`")).missing_is_none()?;
                }
                Ok(())
            }
            Self::Row { table, key, tenant } => {
                if whose(operator, (table, key, tenant)).await? != Whose::Ours {
                    return Ok(());
                }
                let delete = operator.dynamodb.delete_item().table_name(table).key(key, text(tenant));
                delete.send().await.during(format!("deleting the row of `{tenant}` from table `{table}`")).missing_is_none().map(drop)
            }
            Self::Events(place) => {
                let found = operator.memories.events(place).await.missing_is_none()?.unwrap_or_default();
                for id in found {
                    operator.memories.delete_event(place, &id).await.missing_is_none()?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Who made a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Others,
    Nobodys,
}

async fn whose(operator: &Session, (table, key, tenant): (&str, &str, &str)) -> Result<Whose> {
    let get = operator.dynamodb.get_item().table_name(table).key(key, AttributeValue::S(tenant.into())).consistent_read(true);
    let read = get.send().await.during(format!("reading the row of `{tenant}` in table `{table}`")).missing_is_none()?;
    Ok(match read.and_then(|read| read.item).map(|row| row.get(MARK) == Some(&AttributeValue::S(BY.into()))) {
        Some(true) => Whose::Ours,
        Some(false) => Whose::Others,
        None => Whose::Nobodys,
    })
}

fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).map_or(0.0, f64::from)
}

/// What is a canary's own, by layer.
fn own(model: &Model, canary: &Canary, keys: &BTreeMap<String, String>) -> Result<Vec<(&'static str, String, Attempt)>> {
    let caller = canary.caller();
    let calls = walls(model)?.into_iter().flat_map(|(layer, wall)| wall.own(&caller).into_iter().map(move |call| (layer, call)));
    Ok(calls.filter_map(|(layer, call)| Some((layer, said(&call), Attempt::of(&call, keys)?))).collect())
}

/// What is nobody's.
fn never(model: &Model, canary: &Canary, keys: &BTreeMap<String, String>) -> Result<Vec<(&'static str, String, Attempt)>> {
    let caller = canary.caller();
    let calls = walls(model)?.into_iter().flat_map(|(layer, wall)| wall.never(&caller).into_iter().map(move |call| (layer, call)));
    let tried = calls.filter_map(|(layer, call)| Some((layer, said(&call), Attempt::of(&call, keys)?)));
    Ok(tried.filter(|(.., attempt)| matches!(attempt, Attempt::Listing { .. } | Attempt::Scan { .. } | Attempt::Actors { .. })).collect())
}

fn said(call: &Call) -> String {
    format!("{} on {}", call.action, call.words)
}

pub(super) async fn remove(aws: &Aws, model: &Model, canaries: &[Canary]) -> Result<()> {
    let (operator, keys) = (aws.own_session(), keys(model)?);
    let mut first = Ok(());
    for canary in canaries {
        for (.., attempt) in own(model, canary, &keys)? {
            // One that stays keeps no other from going.
            let gone = attempt.remove(&operator).await;
            first = first.and(gone);
        }
    }
    first
}

/// Who can take on the tenants' roles, as themselves, and for which role.
async fn takers(aws: &Aws, model: &Model) -> Result<Vec<(String, Session)>> {
    let (operator, all) = (aws.own_session(), roles(model)?);
    let mut found = Vec::new();
    for role in tagged(model)? {
        for taker in trusted(&role, &all, model) {
            match operator.take_on(&taker.arn, "tenantry-verify", &untagged()).await {
                Ok(session) => found.push((role.arn.clone(), session)),
                Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Denied) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(found)
}

pub(super) async fn attack(aws: &Aws, model: &Model, canaries: &[Canary]) -> Result<Vec<Row>> {
    let mut rows: BTreeMap<&'static str, Row> = ["P14", "P15", "P16", "P17"].into_iter().map(|probe| (probe, the(probe))).collect();
    let takers = takers(aws, model).await?;
    if takers.is_empty() {
        for row in rows.values_mut() {
            row.skipped(
                "only an agent's runtime or a function of the platform can have a tenant's session: AWS gives you none, as it should",
            );
        }
        return Ok(rows.into_values().collect());
    }
    let (operator, keys) = (aws.own_session(), keys(model)?);
    for canary in canaries {
        for (.., attempt) in own(model, canary, &keys)? {
            attempt.put(&operator).await?;
        }
    }
    for canary in canaries {
        let mut sessions = Vec::new();
        for (role, taker) in &takers {
            sessions.push(taker.take_on(role, &canary.session(), &canary.caller().tags()).await?);
        }
        for (layer, words, attempt) in own(model, canary, &keys)? {
            let Some(row) = of(&mut rows, layer) else { continue };
            match ended(&attempt, &sessions).await {
                Tried::Through => row.controls += 1,
                Tried::Refused => row.unknown(canary.tenant.as_str(), format!("{words} is refused, although it is its own")),
                Tried::Otherwise(why) => row.unknown(canary.tenant.as_str(), format!("{words}: {why}")),
            }
        }
        let mut attacks = never(model, canary, &keys)?;
        for other in canaries.iter().filter(|other| other.tenant != canary.tenant) {
            attacks.extend(own(model, other, &keys)?);
        }
        for (layer, words, attempt) in attacks {
            let Some(row) = of(&mut rows, layer) else { continue };
            match ended(&attempt, &sessions).await {
                Tried::Through => row.breach(canary.tenant.as_str(), format!("{words} was let through")),
                Tried::Refused => row.refused_if(true, "", ""),
                Tried::Otherwise(why) => row.unknown(canary.tenant.as_str(), format!("{words}: {why}")),
            }
        }
    }
    Ok(rows.into_values().collect())
}

fn of<'a>(rows: &'a mut BTreeMap<&'static str, Row>, layer: &str) -> Option<&'a mut Row> {
    rows.get_mut(PROBES.iter().find(|probe| probe.layer == layer)?.id)
}

/// With each of a canary's sessions: one that gets through is enough.
async fn ended(attempt: &Attempt, sessions: &[Session]) -> Tried {
    let mut worst = Tried::Refused;
    for session in sessions {
        match tried(attempt.make(session).await) {
            Tried::Through => return Tried::Through,
            Tried::Refused => {}
            other => worst = other,
        }
    }
    worst
}
