//! How often each tenant may call a gateway's tools: one limit of a gateway, with an entry for everybody and the exceptions.
//!
//! A quota and no boundary: AWS lets calls pass when it can't count them. One call sets all limits of a gateway, and AWS's
//! documents disagree on what becomes of those that it leaves out, so other people's limits are sent along as they are. It
//! sets and does not add, so it may go out again, and no token of ours would tell two equal settings apart. AWS refuses a
//! second change of one gateway's limits while one is under way (last verified 2026-11).

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_rate_limit::GetGatewayRateLimitOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, FAILED};
use super::{Found, Gateway, Kind, Observe, Ownership, Step, child};
use crate::address::Owner;
use crate::aws::settle::{self, Settles, Status};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Late;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RateLimit {
    pub(crate) gateway: Late,
    /// Ours to choose.
    pub(crate) id: String,
    /// What callers are told apart by.
    pub(crate) keys: Vec<String>,
    /// By the callers' values for the keys; `*` is everybody who has no entry of their own.
    pub(crate) entries: BTreeMap<String, Entry>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    requests: Option<Rate>,
    /// Never declared: what others have limited shows in the plan before an update frees it.
    tokens: Option<Rate>,
    connections: Option<Rate>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rate {
    most: f64,
    per: String,
}

/// The time that a limit counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Second,
    Minute,
}

impl Entry {
    pub(crate) fn requests(most: u32, per: Period) -> Self {
        let per = match per {
            Period::Second => sdk::Period::Second,
            Period::Minute => sdk::Period::Minute,
        };
        Self { requests: Some(Rate { most: most.into(), per: per.to_string() }), tokens: None, connections: None }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    gateway: String,
}

impl Kind for RateLimit {
    const NAME: &'static str = "rate_limit";
    const RIGHTS: &'static [Right] = &[
        reads(
            &["bedrock-agentcore:ListGatewayRateLimits", "bedrock-agentcore:GetGatewayRateLimit"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:gateway/{p}-*"]),
        ),
        writes(
            &["bedrock-agentcore:BatchPutGatewayRateLimits", "bedrock-agentcore:DeleteGatewayRateLimit"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:gateway/{p}-*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[
        ("gateway", "a limit belongs to one gateway"),
        ("id", "a limit is known by its id"),
        ("keys", "what a limit tells callers apart by is fixed at creation"),
        FAILED,
    ];
    const BELOW: &'static [&'static str] = &[Gateway::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut found = Vec::new();
        for (parent, gateway) in observe.above::<Gateway>() {
            let wanted = wanted.iter().find(|(address, _)| address.owner() == parent.owner());
            for limit in list(observe.aws, &gateway.id).await.missing_is_none()?.unwrap_or_default() {
                let named = wanted.map_or_else(|| child(Self::NAME, parent.owner(), "tenants"), |(address, _)| address.clone());
                let ours = matches!(parent.owner(), Owner::Tier(tier) if observe.names.rate_limit(tier) == limit.rate_limit_id)
                    || wanted.is_some_and(|(_, w)| w.id == limit.rate_limit_id);
                // A gateway has one limit for the same keys: another of them would be taken over.
                let in_our_way = wanted.is_some_and(|(_, w)| w.keys == limit.dimension_keys);
                let mark = match (ours, in_our_way) {
                    (true, _) => Ownership::Ours { spec: None },
                    (false, true) => Ownership::Foreign { platform: None },
                    (false, false) => continue,
                };
                let output = Output { id: limit.rate_limit_id.clone(), gateway: gateway.id.clone() };
                found.push(Found { address: named, spec: Self::read(&gateway.id, limit), output, mark });
            }
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        self.put(step).await
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.put(step).await
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, gateway } = &live.output;
        let send = || async {
            let delete = step.aws.agentcore.delete_gateway_rate_limit().gateway_identifier(gateway).rate_limit_id(id);
            delete.send().await.during(format!("deleting rate limit `{id}`")).map(drop)
        };
        settle::delete(step, send, || get(step.aws, gateway, id)).await.map_err(busy)
    }
}

impl RateLimit {
    /// The gateway's limits with this one among them.
    async fn put(&self, step: &Step<'_>) -> Result<Output> {
        let (gateway, id) = (self.gateway.get()?, &self.id);
        let mut all = vec![self.declared()?];
        for other in list(step.aws, gateway).await?.into_iter().filter(|other| other.rate_limit_id != *id) {
            let kept = sdk::BatchPutLimitEntry::builder().rate_limit_id(other.rate_limit_id).set_description(other.description);
            all.push(kept.set_dimension_keys(Some(other.dimension_keys)).set_entries(Some(other.entries)).build()?);
        }
        let put = step.aws.agentcore.batch_put_gateway_rate_limits().gateway_identifier(gateway).set_rate_limits(Some(all));
        put.send().await.during(format!("setting rate limit `{id}` of gateway `{gateway}`")).map_err(busy)?;
        settle::ready(step, || get(step.aws, gateway, id)).await?;
        Ok(Output { id: id.clone(), gateway: gateway.into() })
    }

    fn declared(&self) -> Result<sdk::BatchPutLimitEntry> {
        let rate = |rate: &Option<Rate>| -> Result<Option<Vec<sdk::RateConfig>>> {
            let built = rate.as_ref().map(|r| sdk::RateConfig::builder().rate(r.most).period(r.per.as_str().into()).build());
            Ok(built.transpose()?.map(|rate| vec![rate]))
        };
        let entries = self.entries.iter().map(|(value, entry)| {
            let dimensions = self.keys.iter().map(|key| (key.clone(), value.clone())).collect();
            let built = sdk::LimitEntry::builder().set_dimensions(Some(dimensions)).set_requests(rate(&entry.requests)?);
            Ok(built.set_tokens(rate(&entry.tokens)?).set_connections(rate(&entry.connections)?).build()?)
        });
        let entries: Result<Vec<_>> = entries.collect();
        let limit = sdk::BatchPutLimitEntry::builder().rate_limit_id(&self.id).set_dimension_keys(Some(self.keys.clone()));
        Ok(limit.set_entries(Some(entries?)).build()?)
    }

    fn read(gateway: &str, limit: sdk::GatewayRateLimitDetail) -> Self {
        let rate = |rates: Option<Vec<sdk::RateConfig>>| {
            let rate = rates?.into_iter().next()?;
            Some(Rate { most: rate.rate, per: rate.period.to_string() })
        };
        let keys = limit.dimension_keys;
        let entries = limit.entries.into_iter().map(|entry| {
            let values: Vec<&str> = keys.iter().filter_map(|key| entry.dimensions.get(key)).map(String::as_str).collect();
            let read = Entry { requests: rate(entry.requests), tokens: rate(entry.tokens), connections: rate(entry.connections) };
            (values.join(" "), read)
        });
        Self {
            gateway: Late::known(gateway),
            id: limit.rate_limit_id,
            entries: entries.collect(),
            condition: progress(&limit.status).into(),
            keys,
        }
    }
}

impl Settles for GetGatewayRateLimitOutput {
    fn progress(&self) -> Status {
        progress(&self.status)
    }
}

fn progress(status: &sdk::GatewayRateLimitStatus) -> Status {
    match status {
        sdk::GatewayRateLimitStatus::Active => Status::Ready,
        sdk::GatewayRateLimitStatus::Deleting => Status::Leaving,
        other => Status::Pending(other.to_string()),
    }
}

/// Another change of the gateway's limits is under way, and nothing was done: this one may be begun again.
fn busy(error: anyhow::Error) -> anyhow::Error {
    if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) { AwsError::nothing_done(error) } else { error }
}

/// Whole limits, not summaries.
async fn list(aws: &Aws, gateway: &str) -> Result<Vec<sdk::GatewayRateLimitDetail>> {
    let mut all = Vec::new();
    let mut pages = aws.agentcore.list_gateway_rate_limits().gateway_identifier(gateway).max_results(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during(format!("listing the rate limits of gateway `{gateway}`"))?.rate_limits);
    }
    Ok(all)
}

async fn get(aws: &Aws, gateway: &str, id: &str) -> Result<GetGatewayRateLimitOutput> {
    let get = aws.agentcore.get_gateway_rate_limit().gateway_identifier(gateway).rate_limit_id(id);
    get.send().await.during(format!("reading rate limit `{id}` of gateway `{gateway}`"))
}
