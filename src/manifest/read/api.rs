//! The API in front of the agents, and the usage plans of its callers.

use std::collections::{BTreeMap, BTreeSet};

use super::super::api::{Api, Keys, Period, Quota, UsagePlan};
use super::super::section::{Findings, Section};
use super::super::shape::{Known, Shape, may, must};
use super::super::yaml::Node;
use super::super::{LambdaRef, Platform, Tenant, Tier, forms, rules};
use super::function;
use crate::diagnostic::{choices, quoted};
use crate::names::{TenantId, TierName};

const API: &[&str] = &["name", "stage", "proxy_lambda", "access_log_days", "keys"];
const STAGE: &str = "prod";
const ACCESS_LOG_DAYS: u32 = 30;
const KEYS: &[(&str, Keys)] = &[("tier", Keys::Tier), ("tenant", Keys::Tenant)];
/// An account in a region takes no more, and AWS raises it for nobody.
const MOST_KEYS: usize = 10_000;

pub(super) const USAGE_PLAN: &[&str] = &["rate", "burst", "quota", "period"];
const PERIODS: &[(&str, Period)] = &[("day", Period::Day), ("week", Period::Week), ("month", Period::Month)];
/// What an account takes in all, unless AWS has raised it.
const RATES: (u32, u32) = (1, 10_000);
const BURSTS: (u32, u32) = (1, 5_000);
const QUOTAS: (u32, u32) = (1, 2_147_483_647);
const RATE: u32 = 2;
const BURST: u32 = 5;

pub(super) fn read(top: &Section, functions: &BTreeSet<String>, findings: &mut Findings) -> Option<Api> {
    let section = top.section("api", "`api`", API, findings)?;
    let name = section.ruled("name", rules::display_name, findings);
    let stage = section.ruled("stage", rules::stage_name, findings).unwrap_or_else(|| STAGE.into());
    section.required(
        "proxy_lambda",
        "write the ARN of the Lambda that hands calls on to the runtimes, or the name of one that you declare in `functions`",
        findings,
    );
    let proxy_lambda = function::reference(&section, "proxy_lambda", functions, findings);
    let access_log_days = section.number("access_log_days", ACCESS_LOG_DAYS, (1, 3653), findings);
    if !rules::LOG_DAYS.contains(&access_log_days) {
        let summary = format!("CloudWatch keeps no log for {access_log_days} days");
        let help = format!("write one of: {}", rules::LOG_DAYS.map(|days| days.to_string()).join(", "));
        findings.error(section.span("access_log_days"), summary, "", help);
    }
    let keys = one_of(&section, "keys", KEYS, findings).unwrap_or(Keys::Tier);
    Some(Api { name, stage, proxy_lambda: proxy_lambda?, access_log_days, keys })
}

pub(super) fn usage_plan(section: &Section, findings: &mut Findings) -> UsagePlan {
    let rate = section.number("rate", RATE, RATES, findings);
    // Two seconds' worth at once.
    let burst = section.number("burst", (rate * 2).clamp(BURST, BURSTS.1), BURSTS, findings);
    if burst < rate {
        let summary = format!("{} lets {rate} requests a second in, but {burst} at once only", section.what());
        let help = "make `burst` at least `rate`: requests seldom come evenly, and those beyond it are refused";
        findings.warning(section.span(if section.get("burst").is_some() { "burst" } else { "rate" }), summary, "", help);
    }
    let requests = section.get("quota").is_some().then(|| section.number("quota", 1, QUOTAS, findings));
    let period = one_of(section, "period", PERIODS, findings);
    if section.get("period").is_some() && requests.is_none() {
        let summary = format!("{} has a `period` and no `quota`", section.what());
        findings.error(section.span("period"), summary, "", "write how many requests it takes in that time, such as `quota: 50`");
    }
    UsagePlan { rate, burst, quota: requests.map(|requests| Quota { requests, period: period.unwrap_or(Period::Day) }) }
}

pub(super) fn shape(known: &Known) -> Shape {
    let proxy = "The Lambda that hands calls on to the runtimes: a function of this manifest, or an ARN.";
    Shape::section(
        "An API in front of the agents: POST /runtimes/{proxy+}, with keys and usage plans.",
        [
            may("name", Shape::text("What the API is called in API Gateway.", forms::display_name())),
            may("stage", Shape::text("The stage, a part of the API's address.", forms::stage_name()).or_else(STAGE)),
            must("proxy_lambda", function::reference_shape(proxy, known)),
            may("access_log_days", Shape::whole_of("Days that the access log is kept.", &rules::LOG_DAYS).or_else(ACCESS_LOG_DAYS)),
            may("keys", Shape::words("One API key for each tier, or for each tenant.", words(KEYS)).or_else("tier")),
        ],
    )
}

pub(super) fn usage_plan_shape() -> Shape {
    Shape::section(
        "What the tier's API key may ask of the API; `{}` takes the defaults.",
        [
            may("rate", Shape::whole("Requests a second.", RATES).or_else(RATE)),
            may("burst", Shape::whole(&format!("Requests at once; by default twice `rate`, at least {BURST}."), BURSTS)),
            may("quota", Shape::whole("Requests in a `period`; without it there is no quota.", QUOTAS).such_as(50)),
            may("period", Shape::words("What the quota is for.", words(PERIODS)).or_else("day")),
        ],
    )
}

fn words<T>(table: &'static [(&'static str, T)]) -> impl Iterator<Item = &'static str> {
    table.iter().map(|(word, _)| *word)
}

/// A word out of a closed list.
fn one_of<T: Copy>(section: &Section, key: &str, known: &[(&str, T)], findings: &mut Findings) -> Option<T> {
    let node = section.get(key)?;
    let what = format!("`{key}` of {}", section.what());
    let text = findings.text(node, &what)?;
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let help = choices(text, "it is one of", known.iter().map(|(name, _)| *name));
        findings.error(node.span, format!("{} can't be {what}", quoted(text)), "", help);
    }
    found
}

/// What the section can't judge alone. A section with mistakes is there all the same.
pub(super) fn check(
    api: Option<&Api>,
    platform: Option<&Platform>,
    (tiers, tenants): (&BTreeMap<TierName, Tier>, &BTreeMap<TenantId, Tenant>),
    root: &Node,
    findings: &mut Findings,
) {
    let is_there = root.get("api").is_some();
    for (name, tier) in tiers {
        let place = |path: &[&str]| root.place(&[&["tiers", name.as_str()], path].concat());
        if tier.usage_plan.is_some() && !is_there {
            let help = "write `api: { proxy_lambda: … }` beside `tiers`, or remove the plan";
            findings.error(place(&["usage_plan"]), format!("tier `{name}` has a usage plan, and there is no API to use"), "", help);
        }
        if tier.usage_plan.is_none() && is_there {
            let span = root.get("tiers").and_then(|t| t.entry(name.as_str())).map_or(root.span, |(key, _)| key.span);
            let help = "write `usage_plan: {}` in the tier: a key comes with its plan";
            findings.warning(span, format!("nobody of tier `{name}` gets a key for the API"), "no usage plan", help);
        }
    }
    let Some(api) = api else { return };
    let with_key = tenants.values().filter(|tenant| tiers.get(&tenant.tier.value).is_some_and(|tier| tier.usage_plan.is_some())).count();
    if api.keys == Keys::Tenant && with_key > MOST_KEYS {
        let summary = format!("{with_key} tenants would get an API key each, and AWS takes {MOST_KEYS} keys");
        findings.error(root.place(&["api", "keys"]), summary, "", "write `keys: tier`, or move tenants to a platform in another region");
    }
    let LambdaRef::Arn(lambda) = &api.proxy_lambda else { return };
    if let (Some(found), Some(platform)) = (rules::lambda(lambda), platform) {
        let place = root.place(&["api", "proxy_lambda"]);
        if found.region != platform.region.as_str() {
            let summary = format!("the proxy Lambda is in `{}`, the platform in `{}`", found.region, platform.region);
            findings.error(place, summary, "another region", format!("deploy it in `{}`", platform.region));
        } else if found.account != platform.account.as_str() {
            let summary = format!("the proxy Lambda is in account `{}`, the platform in `{}`", found.account, platform.account);
            let help = "that account must allow API Gateway to call it, which tenantry can't see or set";
            findings.warning(place, summary, "another account", help);
        }
    }
}
