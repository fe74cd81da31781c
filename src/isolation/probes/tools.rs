//! Calls of tools: what policies let through, and what tools take at all.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::super::cedar::ask::{Asked, Engine, example};
use super::super::model::Model;
use super::super::report::Row;
use crate::address::{Address, Owner};
use crate::kinds::{Enforced, Gateway, GatewayTarget, Policy, PolicyMode};

/// One gateway with its tools and the policies that decide on them.
struct Desk<'a> {
    address: &'a Address,
    tier: String,
    tools: Vec<Value>,
    engine: Engine,
}

const HOURS: std::ops::Range<u8> = 0..24;

/// Inputs that say whose data is meant, whatever the claim is called.
const TENANT_INPUTS: [&str; 5] = ["clinic_id", "tenant", "tenant_id", "organization_id", "customer_id"];
/// Inputs by which a tool could be told who calls, past the headers.
const IDENTITY_INPUTS: [&str; 4] = ["headers", "body", "tier", "user_id"];

fn desks<'a>(model: &'a Model, row: &mut Row) -> Result<Vec<Desk<'a>>> {
    let mut policies: BTreeMap<String, String> = model.strangers.policies.clone();
    for (address, policy) in model.all::<Policy>()? {
        if policy.enforced == Enforced::Active {
            policies.insert(policy.name, policy.statement.get()?.to_owned());
        } else {
            row.breach(address.to_string(), "the policy decides nothing: it only logs");
        }
    }
    let targets = model.all::<GatewayTarget>()?;
    let mut desks = Vec::new();
    for (address, gateway) in model.all::<Gateway>()? {
        let Owner::Tier(tier) = address.owner() else { continue };
        match gateway.policy {
            None => {
                row.not_enforced(address.to_string(), "no policy engine decides on tool calls");
                continue;
            }
            Some(attached) if attached.mode == PolicyMode::LogOnly => {
                row.breach(address.to_string(), "the policy engine only logs what it would refuse");
                continue;
            }
            Some(_) => {}
        }
        let Some((_, target)) = targets.iter().find(|(a, _)| a.owner() == address.owner()) else { continue };
        let tools: Value = serde_json::to_value(&target.tools)?;
        let pairs = policies.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let engine = Engine::new(pairs, &tools, &target.name, model.output(address, "arn")?)?;
        let tools = tools.as_array().cloned().unwrap_or_default();
        desks.push(Desk { address, tier: tier.to_string(), tools, engine });
    }
    Ok(desks)
}

/// A token's claims and a call's arguments, for all hours of a day.
struct Attempt<'a> {
    claims: BTreeMap<&'a str, &'a str>,
    input: serde_json::Map<String, Value>,
    words: String,
}

/// The first hour at which the call passes.
fn passes(desk: &Desk<'_>, tool: &str, attempt: &Attempt<'_>) -> Result<Option<u8>> {
    for hour in HOURS {
        let asked = Asked { tool, claims: attempt.claims.clone(), input: attempt.input.clone(), hour };
        if desk.engine.lets(&asked)? == Some(true) {
            return Ok(Some(hour));
        }
    }
    Ok(None)
}

fn name(tool: &Value) -> Result<&str> {
    tool.get("name").and_then(Value::as_str).context("a tool without a name")
}

pub(super) fn policies(model: &Model, row: &mut Row) -> Result<()> {
    row.backstop = Some("the tools' role reads the caller's rows alone");
    let (tenant, tier) = (model.claims.tenant.as_str(), model.claims.tier.as_str());
    let input = tenant.trim_start_matches("custom:");
    for desk in desks(model, row)? {
        let object = desk.address.to_string();
        for tool in &desk.tools {
            let name = name(tool)?;
            let example = example(tool);
            let with = |id: Option<&str>| {
                let mut arguments = example.clone();
                match id.filter(|_| arguments.contains_key(input)) {
                    Some(id) => drop(arguments.insert(input.into(), id.into())),
                    None => drop(arguments.remove(input)),
                }
                arguments
            };
            let own = |id| BTreeMap::from([(tier, desk.tier.as_str()), (tenant, id)]);
            let takes_tenant = example.contains_key(input);
            // The caller's own.
            let control = Attempt { claims: own("clinic-a"), input: with(Some("clinic-a")), words: String::new() };
            match passes(&desk, name, &control)? {
                Some(_) => row.controls += 1,
                None => row.unknown(&object, format!("no hour of the day lets the tier's own users call `{name}`: refusals show nothing")),
            }
            let mut tried = Vec::new();
            if takes_tenant {
                for other in ["clinic-b", "clinic-ab", "clinic", "CLINIC-A", "clinic-a ", ""] {
                    tried.push(Attempt {
                        claims: own("clinic-a"),
                        input: with(Some(other)),
                        words: format!("a user of clinic-a asking for `{other}`"),
                    });
                }
                tried.push(Attempt { claims: own("clinic-a"), input: with(None), words: "a call that names no tenant".into() });
            }
            for other in model.tiers.iter().map(crate::names::TierName::as_str).filter(|other| *other != desk.tier) {
                let claims = BTreeMap::from([(tier, other), (tenant, "clinic-a")]);
                tried.push(Attempt { claims, input: with(Some("clinic-a")), words: format!("a user of tier {other}") });
            }
            for (claims, words) in [
                (BTreeMap::new(), "a token without claims"),
                (BTreeMap::from([(tier, desk.tier.as_str())]), "a token without a tenant"),
                (BTreeMap::from([(tenant, "clinic-a")]), "a token without a tier"),
            ] {
                tried.push(Attempt { claims, input: with(Some("clinic-a")), words: words.into() });
            }
            for attempt in &tried {
                let passed = passes(&desk, name, attempt)?;
                let says = || format!("{} calls `{name}` at {}:30 UTC", attempt.words, passed.unwrap_or_default());
                row.refused_if(passed.is_none(), &object, says());
            }
            if takes_tenant {
                let mut more = with(Some("clinic-a"));
                more.insert("headers".into(), "x".into());
                let attempt = Attempt { claims: own("clinic-a"), input: more, words: "an argument that the tool does not declare".into() };
                row.refused_if(passes(&desk, name, &attempt)?.is_none(), &object, format!("{} reaches `{name}`", attempt.words));
            }
        }
    }
    Ok(())
}

pub(super) fn schemas(model: &Model, row: &mut Row) -> Result<()> {
    let (tenant, tier) = (model.claims.tenant.as_str(), model.claims.tier.as_str());
    let claim = tenant.trim_start_matches("custom:");
    for (address, target) in model.all::<GatewayTarget>()? {
        let tools: Value = serde_json::to_value(&target.tools)?;
        for tool in tools.as_array().into_iter().flatten() {
            let name = name(tool)?;
            for property in example(tool).keys() {
                let folded = property.to_lowercase().replace('-', "_");
                let identity = IDENTITY_INPUTS.contains(&folded.as_str());
                row.refused_if(
                    !identity,
                    address.to_string(),
                    format!("`{name}` takes `{property}`, by which callers could say who they are"),
                );
            }
        }
    }
    let mut unjudged = Row::new("P11", "", "", row.method);
    for desk in desks(model, &mut unjudged)? {
        for tool in &desk.tools {
            let name = name(tool)?;
            let example = example(tool);
            let named: Vec<&String> =
                example.keys().filter(|key| key.as_str() == claim || TENANT_INPUTS.contains(&key.to_lowercase().as_str())).collect();
            for property in named {
                let mut input = example.clone();
                if input.contains_key(claim) {
                    input.insert(claim.into(), "clinic-a".into());
                }
                input.insert(property.clone(), "clinic-b".into());
                let claims = BTreeMap::from([(tier, desk.tier.as_str()), (tenant, "clinic-a")]);
                let attempt = Attempt { claims, input, words: String::new() };
                let says = format!("`{name}` takes `{property}`, and no policy binds it to the caller's tenant");
                row.refused_if(passes(&desk, name, &attempt)?.is_none(), desk.address.to_string(), says);
            }
        }
    }
    // Without an engine nothing binds anything.
    for finding in unjudged.findings.into_iter().filter(|f| f.says.contains("no policy engine")) {
        row.not_enforced(finding.object, finding.says);
    }
    Ok(())
}
