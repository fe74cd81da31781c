//! How often tenants may call their gateway: what a tier says for all, what a tenant says for itself, and whether it can be counted.

use std::collections::BTreeMap;

use super::super::section::{Findings, Section};
use super::super::shape::{Shape, must};
use super::super::yaml::Node;
use super::super::{Identity, RateLimit, Tenant, Tier};
use crate::diagnostic::{choices, quoted};
use crate::kinds::Period;
use crate::names::{TenantId, TierName};

const PERIODS: &[(&str, Period)] = &[("second", Period::Second), ("minute", Period::Minute)];
/// AgentCore's own bounds, but for none at all: who is to be shut out is suspended.
const BOUNDS: (u32, u32) = (1, 10_000_000);
/// A limit takes a thousand entries, and one of them is for everybody else.
const MOST_EXCEPTIONS: usize = 999;

/// What tokens say for themselves, and no function may write.
const RESERVED: &[&str] = &[
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "client_id",
    "email",
    "email_verified",
    "event_id",
    "exp",
    "iat",
    "identities",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "origin_jti",
    "scope",
    "sub",
    "token_use",
    "username",
    "version",
];

pub(super) fn read(parent: &Section, findings: &mut Findings) -> Option<RateLimit> {
    let what = format!("`rate_limit` of {}", parent.what());
    let section = parent.section("rate_limit", &what, &["requests", "per"], findings)?;
    section.required("requests", "write how many calls a tenant may make, such as `requests: 10`", findings)?;
    let requests = section.number("requests", 1, BOUNDS, findings);
    let node = section.required("per", "write `per: second` or `per: minute`", findings)?;
    let text = findings.text(node, &format!("`per` of {what}"))?;
    let Some((_, per)) = PERIODS.iter().find(|(name, _)| *name == text) else {
        let help = choices(text, "it is one of", PERIODS.iter().map(|(name, _)| *name));
        findings.error(node.span, format!("{} can't be `per` of {what}", quoted(text)), "", help);
        return None;
    };
    Some(RateLimit { requests, per: *per })
}

pub(super) fn shape(says: &str) -> Shape {
    Shape::section(
        says,
        [
            must("requests", Shape::whole("How many calls a tenant may make.", BOUNDS).such_as(10)),
            must("per", Shape::words("In what time.", PERIODS.iter().map(|(name, _)| *name))),
        ],
    )
}

/// What a limit counts by has to be in the tokens, and an exception needs a rule.
pub(super) fn check(
    identity: Option<&Identity>,
    tiers: &BTreeMap<TierName, Tier>,
    tenants: &BTreeMap<TenantId, Tenant>,
    root: &Node,
    findings: &mut Findings,
) {
    let limited = |tier: &Tier| tier.gateway.as_ref().is_some_and(|gateway| gateway.rate_limit.is_some());
    if let (Some((name, _)), Some(identity)) = (tiers.iter().find(|(_, tier)| limited(tier)), identity) {
        let place = root.place(&["tiers", name.as_str(), "gateway", "rate_limit"]);
        if identity.pre_token_lambda.is_none() {
            let help = "name a function that writes it, such as the one in templates/pre_token_lambda, under `identity`: `pre_token_lambda: \u{2026}`";
            let summary =
                format!("tenants can't be told apart: their tokens have no claim `{}`, only `custom:{0}`", identity.claims.tenant);
            findings.error(place, summary, "counts by a claim without a prefix", help);
        }
        let claim = &identity.claims.tenant;
        if RESERVED.contains(&claim.as_str()) {
            let help = "take another name for the claim, such as `tenant_id`";
            let summary = format!("a limit can't count by the claim {}: tokens have one of that name with another meaning", quoted(claim));
            findings.error(place, summary, "", help);
        }
        if claim.len() < 2 || claim.starts_with(|c: char| c.is_ascii_digit()) {
            let help = "take a name of two or more characters that begins with a letter or `_`";
            findings.error(place, format!("a limit can't count by the claim {}", quoted(claim)), "", help);
        }
    }
    let mut exceptions: BTreeMap<&TierName, usize> = BTreeMap::new();
    for (id, tenant) in tenants.iter().filter(|(_, tenant)| tenant.rate_limit.is_some()) {
        let tier = &tenant.tier.value;
        // A tier with mistakes was reported where it stands.
        let Some(found) = tiers.get(tier) else { continue };
        if !limited(found) {
            let place = root.place(&["tenants", id.as_str(), "rate_limit"]);
            let help = format!("give the gateway of tier `{tier}` a `rate_limit` for everybody, or remove this one");
            findings.error(
                place,
                format!("tenant `{id}` has a rate limit of its own, and its tier has none"),
                "an exception to nothing",
                help,
            );
        }
        *exceptions.entry(tier).or_default() += 1;
    }
    for (tier, count) in exceptions.into_iter().filter(|(_, count)| *count > MOST_EXCEPTIONS) {
        let place = root.place(&["tiers", tier.as_str(), "gateway", "rate_limit"]);
        let summary = format!("{count} tenants of tier `{tier}` have a rate limit of their own");
        let help = format!("keep {MOST_EXCEPTIONS}: AgentCore takes no more beside the tier's own; a second tier can hold the rest");
        findings.error(place, summary, "", help);
    }
}
