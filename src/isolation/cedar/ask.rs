//! Asking policies about one call of a tool, as the gateway does.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, Schema};
use serde_json::{Map, Value, json};

/// The policies of an engine, as they are after holes are filled, and the tools of one gateway.
pub(crate) struct Engine {
    policies: PolicySet,
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
        let mut set = PolicySet::new();
        for (name, text) in policies {
            let policy = Policy::parse(Some(PolicyId::new(name)), text).with_context(|| format!("reading the policy `{name}`"))?;
            set.add(policy).with_context(|| format!("reading the policy `{name}`"))?;
        }
        let schema = super::schema_for(target, tools).map_err(|why| anyhow!("{why}"))?;
        Ok(Self { policies: set, schema, gateway: gateway.into(), target: target.into() })
    }

    /// Whether the call passes; none if the tools' schema does not take it, which the gateway refuses by itself.
    pub(crate) fn lets(&self, asked: &Asked<'_>) -> Result<Option<bool>> {
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
        Ok(Some(Authorizer::new().is_authorized(&request, &self.policies, &entities).decision() == Decision::Allow))
    }
}

/// A value for every input that a tool's schema can give one for, so that `has` finds it.
pub(crate) fn example(tool: &Value) -> Map<String, Value> {
    let properties = tool.pointer("/inputSchema/properties").and_then(Value::as_object);
    properties.into_iter().flatten().filter_map(|(name, schema)| Some((name.clone(), super::example(schema)?))).collect()
}
