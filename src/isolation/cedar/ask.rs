//! Asking policies about one call of a tool, as the gateway does.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, Schema};
use serde_json::{Map, Value, json};

/// The policies of an engine, as they are after holes are filled, and the tools of one gateway.
pub(crate) struct Engine {
    policies: PolicySet,
    texts: Vec<(String, Value)>,
    schema: Schema,
    gateway: String,
    target: String,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'a> {
    pub(crate) tool: &'a str,
    /// The claims of the caller's token.
    pub(crate) claims: BTreeMap<&'a str, &'a str>,
    pub(crate) input: Map<String, Value>,
    /// By the gateway's clock, UTC.
    pub(crate) hour: u8,
}

impl Engine {
    pub(crate) fn new<'a>(
        policies: impl IntoIterator<Item = (&'a str, &'a str)>,
        tools: &Value,
        target: &str,
        gateway: &str,
    ) -> Result<Self> {
        let (mut set, mut texts) = (PolicySet::new(), Vec::new());
        for (name, text) in policies {
            let policy = Policy::parse(Some(PolicyId::new(name)), text).with_context(|| format!("reading the policy `{name}`"))?;
            texts.push((name.to_owned(), policy.to_json().with_context(|| format!("reading the policy `{name}`"))?));
            set.add(policy).with_context(|| format!("reading the policy `{name}`"))?;
        }
        let schema = super::schema_for(target, tools).map_err(|why| anyhow!("{why}"))?;
        Ok(Self { policies: set, texts, schema, gateway: gateway.into(), target: target.into() })
    }

    /// Whether the call passes; none if the tools' schema does not take it, which the gateway refuses by itself.
    pub(crate) fn lets(&self, asked: &Asked<'_>) -> Result<Option<bool>> {
        self.ask(&self.policies, asked)
    }

    /// Whether the call may pass under any of these readings; none as above.
    pub(crate) fn might(&self, readings: &[PolicySet], asked: &Asked<'_>) -> Result<Option<bool>> {
        let mut worst = None;
        for policies in readings {
            match self.ask(policies, asked)? {
                Some(true) => return Ok(Some(true)),
                other => worst = worst.or(other),
            }
        }
        Ok(worst)
    }

    /// The policies on a tool with everything decided, one way and the other, that they ask of anything but the tier, the tenant
    /// and the input at `path`: of clocks, of other claims and inputs, of users by name. What passes under no reading never passes.
    /// None if there is too much to decide.
    pub(crate) fn readings(&self, tool: &str, path: &[&str], claims: [&str; 2]) -> Result<Option<Vec<PolicySet>>> {
        let action = format!("{}___{tool}", self.target);
        let names = |policy: &Value, part: &str, id: &str| match policy.pointer(&format!("/{part}/op")).and_then(Value::as_str) {
            Some("==") => policy.pointer(&format!("/{part}/entity/id")).and_then(Value::as_str) == Some(id),
            _ => true,
        };
        let concerned =
            self.texts.iter().filter(|(_, policy)| names(policy, "action", &action) && names(policy, "resource", &self.gateway));
        let policies: Vec<&(String, Value)> = concerned.collect();
        let mut free = Free { path, claims, found: Vec::new() };
        for (_, policy) in &policies {
            free.collect(policy);
        }
        if free.found.len() > MOST_FREE {
            return Ok(None);
        }
        let mut readings = Vec::new();
        for chosen in 0..1_usize << free.found.len() {
            let mut set = PolicySet::new();
            for (name, policy) in &policies {
                let Some(read) = free.read(policy, chosen) else { continue };
                set.add(Policy::from_json(Some(PolicyId::new(name)), read).with_context(|| format!("reading the policy `{name}`"))?)?;
            }
            readings.push(set);
        }
        Ok(Some(readings))
    }

    fn ask(&self, policies: &PolicySet, asked: &Asked<'_>) -> Result<Option<bool>> {
        let uid = |kind: &str, id: &str| -> Result<EntityUid> {
            Ok(EntityUid::from_json(json!({ "type": format!("AgentCore::{kind}"), "id": id }))?)
        };
        let action = uid("Action", &format!("{}___{}", self.target, asked.tool))?;
        let now = json!({ "__extn": { "fn": "datetime", "arg": format!("2026-09-01T{:02}:30:00Z", asked.hour) } });
        let context = json!({ "input": asked.input, "system": { "now": now } });
        let Ok(context) = Context::from_json_value(context, Some((&self.schema, &action))) else { return Ok(None) };
        let user =
            json!({ "uid": { "type": "AgentCore::OAuthUser", "id": "u" }, "attrs": { "id": "u" }, "parents": [], "tags": asked.claims });
        let entities = Entities::from_json_value(json!([user]), Some(&self.schema))?;
        let request = Request::new(uid("OAuthUser", "u")?, action, uid("Gateway", &self.gateway)?, context, Some(&self.schema))?;
        Ok(Some(Authorizer::new().is_authorized(&request, policies, &entities).decision() == Decision::Allow))
    }
}

/// How many questions are decided both ways: twice as many readings for each.
const MOST_FREE: usize = 9;

/// What policies ask that says nothing of whose a call is.
struct Free<'a> {
    path: &'a [&'a str],
    /// Tier and tenant.
    claims: [&'a str; 2],
    found: Vec<Value>,
}

impl Free<'_> {
    fn collect(&mut self, policy: &Value) {
        let bodies = policy.get("conditions").and_then(Value::as_array).into_iter().flatten().filter_map(|c| c.get("body"));
        bodies.for_each(|body| self.walk(body));
    }

    fn walk(&mut self, expr: &Value) {
        match inner(expr) {
            Some(parts) => parts.into_iter().for_each(|(_, part)| self.walk(part)),
            None if self.stands(expr) || self.found.contains(expr) => {}
            None => self.found.push(expr.clone()),
        }
    }

    /// The policy with the free questions answered by the bits of `chosen`; none if it then does not apply at all.
    fn read(&self, policy: &Value, chosen: usize) -> Option<Value> {
        let mut read = policy.clone();
        let is_anybody =
            policy.pointer("/principal/op").is_some_and(|op| op == "All" || (op == "is" && policy.pointer("/principal/in").is_none()));
        if !is_anybody {
            // One user by name: an attacker may be that user, and need not be.
            if policy.get("effect").is_some_and(|effect| effect == "forbid") {
                return None;
            }
            *read.get_mut("principal")? = json!({ "op": "All" });
        }
        for condition in read.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
            self.decide(condition.get_mut("body")?, chosen);
        }
        Some(read)
    }

    fn decide(&self, expr: &mut Value, chosen: usize) {
        let Some(parts) = inner(expr) else {
            if let Some(at) = self.found.iter().position(|found| found == expr) {
                *expr = json!({ "Value": chosen >> at & 1 == 1 });
            }
            return;
        };
        let pointers: Vec<String> = parts.into_iter().map(|(pointer, _)| pointer).collect();
        for pointer in pointers {
            if let Some(part) = expr.pointer_mut(&pointer) {
                self.decide(part, chosen);
            }
        }
    }

    /// Whether the attacks themselves decide it: what tier and tenant the token has, and whether the input is the tenant's.
    fn stands(&self, expr: &Value) -> bool {
        let Some((op, arguments)) = expr.as_object().and_then(|map| map.iter().next()) else { return false };
        let [tier, tenant] = self.claims;
        let tag = |side: Option<&Value>, claim: &str| {
            side == Some(&json!({ "getTag": { "left": { "Var": "principal" }, "right": { "Value": claim } } }))
        };
        let (left, right) = (arguments.get("left"), arguments.get("right"));
        match op.as_str() {
            "Value" => arguments.is_boolean(),
            "hasTag" => {
                left == Some(&json!({ "Var": "principal" })) && [tier, tenant].iter().any(|claim| right == Some(&json!({ "Value": claim })))
            }
            "has" => {
                let attr = arguments.get("attr").and_then(Value::as_str);
                (0..self.path.len())
                    .any(|n| attr == self.path.get(n).copied() && left == Some(&input(self.path.get(..n).unwrap_or_default())))
            }
            "==" | "!=" => [(left, right), (right, left)].into_iter().any(|(one, other)| {
                (tag(one, tenant) && other == Some(&input(self.path)))
                    || (tag(one, tier) && other.and_then(|other| other.get("Value")).is_some_and(Value::is_string))
            }),
            _ => false,
        }
    }
}

/// `context.input.a.b` as Cedar writes it in JSON.
fn input(path: &[&str]) -> Value {
    let inputs = json!({ ".": { "left": { "Var": "context" }, "attr": "input" } });
    path.iter().fold(inputs, |left, attr| json!({ ".": { "left": left, "attr": attr } }))
}

/// The parts of an expression that is put together from others by and, or, not or if: where they are, and what.
fn inner(expr: &Value) -> Option<Vec<(String, &Value)>> {
    let (op, _) = expr.as_object()?.iter().next()?;
    let parts: &[&str] = match op.as_str() {
        "&&" | "||" => &["left", "right"],
        "!" => &["arg"],
        "if-then-else" => &["if", "then", "else"],
        _ => return None,
    };
    Some(parts.iter().map(|part| format!("/{op}/{part}")).filter_map(|at| Some((at.clone(), expr.pointer(&at)?))).collect())
}

/// A value for every input that a tool's schema can give one for, so that `has` finds it.
pub(crate) fn example(tool: &Value) -> Map<String, Value> {
    let properties = tool.pointer("/inputSchema/properties").and_then(Value::as_object);
    properties.into_iter().flatten().filter_map(|(name, schema)| Some((name.clone(), super::example(schema)?))).collect()
}
