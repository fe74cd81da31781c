//! Calls of tools: what policies let through, and what tools take at all.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use cedar_policy::PolicySet;
use serde_json::Value;

use super::super::cedar::Claims;
use super::super::cedar::ask::{Asked, Engine, example};
use super::super::inputs::{self, Inputs};
use super::super::model::Model;
use super::super::report::{Outcome, Row};
use crate::address::{Address, Owner};
use crate::kinds::{Enforced, Gateway, GatewayTarget, Policy, PolicyMode, TargetSort};

/// One gateway with its tools and the policies that decide on them.
struct Desk<'a> {
    address: &'a Address,
    tier: String,
    tools: Vec<Value>,
    engine: Engine,
}

const HOURS: std::ops::Range<u8> = 0..24;

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
        let engines: Vec<&str> =
            model.of_kind("policy_engine").filter_map(|(_, found)| found.output.get("arn").and_then(Value::as_str)).collect();
        match gateway.policy {
            Some(attached) if !engines.contains(&attached.engine.get()?) => {
                row.breach(address.to_string(), "it asks a policy engine that is not the platform's, of whose policies nothing is known");
                continue;
            }
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
        let id = model.output(address, "id")?;
        for (at, target) in targets.iter().filter(|(_, target)| target.gateway.get().is_ok_and(|gateway| gateway == id)) {
            if target.sort != TargetSort::Lambda {
                row.unknown(at.to_string(), "the target is of a sort of which it can't be told what its tools take");
                continue;
            }
            let tools: Value = serde_json::to_value(&target.tools)?;
            let pairs = policies.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            let engine = Engine::new(pairs, &tools, &target.name, model.output(address, "arn")?)?;
            let tools = tools.as_array().cloned().unwrap_or_default();
            desks.push(Desk { address, tier: tier.to_string(), tools, engine });
        }
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

/// Judges a call that must never pass, whatever else its policies ask for than whose it is.
fn refuse(desk: &Desk<'_>, row: &mut Row, tool: &str, readings: Option<&[PolicySet]>, attempt: &Attempt<'_>, says: &str) -> Result<()> {
    let Some(readings) = readings else {
        row.unknown(desk.address.to_string(), format!("the policies on `{tool}` ask for too much beside the tenant to try it all"));
        return Ok(());
    };
    let asked = Asked { tool, claims: attempt.claims.clone(), input: attempt.input.clone(), hour: 12 };
    if desk.engine.might(readings, &asked)? != Some(true) {
        row.refused_if(true, "", "");
        return Ok(());
    }
    let when = match passes(desk, tool, attempt)? {
        Some(hour) => format!("at {hour}:30 UTC"),
        None => "when whatever else its policies ask for holds".into(),
    };
    row.breach(desk.address.to_string(), format!("{says} {when}"));
    Ok(())
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
            let readings = desk.engine.readings(name, &[input], [tier, tenant])?;
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
                refuse(&desk, row, name, readings.as_deref(), attempt, &format!("{} calls `{name}`", attempt.words))?;
            }
            if takes_tenant {
                let mut more = with(Some("clinic-a"));
                more.insert("headers".into(), "x".into());
                let attempt = Attempt { claims: own("clinic-a"), input: more, words: "an argument that the tool does not declare".into() };
                refuse(&desk, row, name, readings.as_deref(), &attempt, &format!("{} reaches `{name}`", attempt.words))?;
            }
        }
    }
    Ok(())
}

pub(super) fn schemas(model: &Model, row: &mut Row) -> Result<()> {
    let (tenant, tier) = (model.claims.tenant.as_str(), model.claims.tier.as_str());
    let claims = Claims { tier, tenant, input: tenant.trim_start_matches("custom:") };
    for (gateway, name) in &model.strangers.targets {
        row.unknown(
            gateway.to_string(),
            format!(
                "somebody else has hung the target `{name}` behind it, and what its tools take is not judged; delete it if nobody needs it"
            ),
        );
    }
    for (address, target) in model.all::<GatewayTarget>()? {
        let tools: Value = serde_json::to_value(&target.tools)?;
        for tool in tools.as_array().into_iter().flatten() {
            let name = name(tool)?;
            for property in tool.pointer("/inputSchema/properties").and_then(Value::as_object).into_iter().flat_map(|all| all.keys()) {
                let identity = IDENTITY_INPUTS.iter().any(|known| plain(known) == plain(property));
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
            let (name, schema) = (name(tool)?, tool.get("inputSchema").unwrap_or(&Value::Null));
            for (path, _) in inputs::suspects(schema, claims, &[]) {
                let parts: Vec<&str> = path.iter().map(String::as_str).collect();
                let readings = desk.engine.readings(name, &parts, [tier, tenant])?;
                let says = format!("`{name}` takes `{}`, and no policy binds it to the caller's tenant: a call passes", path.join("."));
                for others in [Inputs::All, Inputs::Required] {
                    let mut input = inputs::call(schema, &path, others).unwrap_or_default();
                    if path.as_slice() != [claims.input] && input.contains_key(claims.input) {
                        input.insert(claims.input.into(), "clinic-a".into());
                    }
                    let claims = BTreeMap::from([(tier, desk.tier.as_str()), (tenant, "clinic-a")]);
                    refuse(&desk, row, name, readings.as_deref(), &Attempt { claims, input, words: String::new() }, &says)?;
                }
            }
        }
    }
    for finding in unjudged.findings {
        match finding.outcome {
            // Without an engine nothing binds anything.
            Outcome::NotEnforced => row.not_enforced(finding.object, finding.says),
            Outcome::Unknown => row.unknown(finding.object, finding.says),
            // P09 says it.
            Outcome::Fail | Outcome::Pass | Outcome::Skipped => {}
        }
    }
    Ok(())
}

/// `tenantId` and `Tenant-ID` are read as `tenant_id` by whoever wants to.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
