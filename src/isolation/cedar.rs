//! Cedar policies against the tools that they speak of: syntax, types, and whether they let a tenant ask for another's.
//!
//! Policies are judged as the user wrote them, holes and all: a hole stands inside a string, where Cedar takes any text,
//! so every place in a finding is a place in the user's file.

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Effect, Entities, EntityUid, Policy, PolicySet, PrincipalConstraint, Request,
    ResourceConstraint, Schema, ValidationMode, Validator,
};
use serde_json::{Map, Value, json};

/// The one gateway that a policy may name: its own.
pub(crate) const GATEWAY: &str = "{{gateway.arn}}";
/// Stands before the tool's name in every action.
pub(crate) const TARGET: &str = "{{target}}";
/// AgentCore's bounds for a statement, in characters, 2026-09.
const STATEMENT: (usize, usize) = (35, 10_000);

/// What is wrong, where in the text, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) at: (usize, usize),
    pub(crate) summary: String,
    pub(crate) help: String,
}

/// The claims of a token that tell tenants apart, as the token names them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claims<'a> {
    pub(crate) tier: &'a str,
    pub(crate) tenant: &'a str,
    /// The tool inputs that name a tenant go by the tenant claim's own name.
    pub(crate) input: &'a str,
}

/// Everything that is wrong with a policy for a gateway with these tools.
pub(crate) fn check(text: &str, tools: &Value, claims: Claims<'_>) -> Vec<Finding> {
    let whole = (0, text.len());
    let finding = |at, summary: String, help: &str| Finding { at, summary, help: help.into() };
    let length = text.trim().chars().count();
    if !(STATEMENT.0..=STATEMENT.1).contains(&length) {
        let (least, most) = STATEMENT;
        return vec![finding(whole, format!("the policy has {length} characters"), &format!("AgentCore takes {least} to {most}"))];
    }
    let policies: PolicySet = match text.parse() {
        Ok(policies) => policies,
        Err(errors) => {
            let errors: &cedar_policy::ParseErrors = &errors;
            let found =
                errors.iter().map(|e| finding(place(e, text), format!("this is no Cedar: {e}"), "see https://docs.cedarpolicy.com"));
            return found.collect();
        }
    };
    let all: Vec<&Policy> = policies.policies().collect();
    let [policy] = all.as_slice() else {
        let summary = format!("the file has {} policies", all.len());
        return vec![finding(whole, summary, "write one policy a file: AgentCore takes one statement a policy")];
    };
    let mut found = scope(policy, tools, whole);
    if policy.effect() == Effect::Permit && !policy.has_non_scope_constraint() {
        found.push(finding(
            whole,
            "the policy permits without a condition".into(),
            "add `when { … }`: AgentCore refuses it as overly permissive",
        ));
    }
    let schema = match schema(tools) {
        Ok(schema) => schema,
        Err(why) => {
            return vec![finding(whole, format!("the tools can't be turned into a Cedar schema: {why}"), "mend the tool definitions")];
        }
    };
    let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
    let explain =
        "only the tool's inputs (`context.input`), `context.system.now` and the token's claims (`principal.hasTag`) are there to ask for";
    found.extend(result.validation_errors().map(|e| finding(place(e, text), plain(&e.to_string()), explain)));
    // "This policy never applies" is a warning to Cedar; here it is a mistake.
    found.extend(result.validation_warnings().map(|w| finding(place(w, text), plain(&w.to_string()), explain)));
    if found.is_empty()
        && policy.effect() == Effect::Permit
        && let ActionConstraint::Eq(action) = policy.action_constraint()
        && lets_others_in(&policies, &action, tools, &schema, claims)
    {
        let (input, tenant) = (claims.input, claims.tenant);
        found.push(finding(
            whole,
            format!("the policy lets a tenant ask for another's data: the tool takes `{input}` and nothing binds it to the caller"),
            &format!("add `principal.hasTag(\"{tenant}\") && context.input.{input} == principal.getTag(\"{tenant}\")`"),
        ));
    }
    found
}

/// Whom, what and where a policy speaks of.
fn scope(policy: &Policy, tools: &Value, whole: (usize, usize)) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |summary: String, help: String| found.push(Finding { at: whole, summary, help });
    let users = matches!(policy.principal_constraint(), PrincipalConstraint::Is(kind) if kind.to_string() == "AgentCore::OAuthUser");
    if policy.effect() == Effect::Permit && !users {
        add("the policy permits others than users with a token".into(), "write `principal is AgentCore::OAuthUser`".into());
    }
    let own = matches!(policy.resource_constraint(), ResourceConstraint::Eq(gateway) if gateway.id().unescaped() == GATEWAY);
    if !own {
        add("the policy is not for its own gateway alone".into(), format!("write `resource == AgentCore::Gateway::\"{GATEWAY}\"`"));
    }
    let actions: Vec<EntityUid> = match policy.action_constraint() {
        ActionConstraint::Eq(action) => vec![action],
        ActionConstraint::In(actions) => actions,
        ActionConstraint::Any => Vec::new(),
    };
    let known: Vec<String> = names(tools).map(|name| format!("{TARGET}___{name}")).collect();
    if actions.is_empty() {
        add("the policy speaks of every tool".into(), format!("name one: `action == AgentCore::Action::\"{TARGET}___TOOL\"`"));
    }
    for action in actions {
        let action = action.id().unescaped().to_owned();
        if !known.contains(&action) {
            add(format!("the gateway has no tool `{action}`"), format!("its tools are: {}", known.join(", ")));
        }
    }
    found
}

fn names(tools: &Value) -> impl Iterator<Item = &str> {
    tools.as_array().into_iter().flatten().filter_map(|tool| tool.get("name")?.as_str())
}

/// The first place that an error names, or the whole text.
fn place(error: &dyn miette::Diagnostic, text: &str) -> (usize, usize) {
    let label = error.labels().and_then(|mut labels| labels.next());
    label.map_or((0, text.len()), |label| (label.offset(), label.offset() + label.len().max(1)))
}

/// Cedar's words without the name that it made up for the policy.
fn plain(message: &str) -> String {
    message.replace("for policy `policy0`, ", "").replace("policy `policy0`", "the policy")
}

/// What AgentCore makes of tool definitions: an action a tool, its inputs as the context.
pub(super) fn schema(tools: &Value) -> Result<Schema, String> {
    let mut actions = json!({ "Mcp": {}, "CallTool": { "memberOf": [{ "id": "Mcp" }] } });
    for tool in tools.as_array().into_iter().flatten() {
        let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
        let input = kind(tool.get("inputSchema").unwrap_or(&Value::Null), name)?;
        let system = json!({ "type": "Record", "attributes": { "now": { "type": "Extension", "name": "datetime" } } });
        let action = json!({
            "memberOf": [{ "id": "CallTool" }],
            "appliesTo": {
                "principalTypes": ["OAuthUser"],
                "resourceTypes": ["Gateway"],
                "context": { "type": "Record", "attributes": { "input": input, "system": system } },
            },
        });
        if let Some(actions) = actions.as_object_mut() {
            actions.insert(format!("{TARGET}___{name}"), action);
        }
    }
    let user = json!({ "shape": { "type": "Record", "attributes": { "id": { "type": "String" } } }, "tags": { "type": "String" } });
    let schema = json!({ "AgentCore": { "entityTypes": { "OAuthUser": user, "Gateway": {} }, "actions": actions } });
    Schema::from_json_value(schema).map_err(|error| error.to_string())
}

/// A JSON schema as a Cedar type.
fn kind(schema: &Value, at: &str) -> Result<Value, String> {
    Ok(match schema.get("type").and_then(Value::as_str) {
        Some("string") => json!({ "type": "String" }),
        Some("integer") => json!({ "type": "Long" }),
        Some("boolean") => json!({ "type": "Boolean" }),
        Some("number") => json!({ "type": "Extension", "name": "decimal" }),
        Some("array") => json!({ "type": "Set", "element": kind(schema.get("items").unwrap_or(&Value::Null), at)? }),
        Some("object") => {
            let required: Vec<&str> =
                schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let mut attributes = Map::new();
            for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let mut attribute = kind(inner, &format!("{at}.{name}"))?;
                if let Some(attribute) = attribute.as_object_mut() {
                    attribute.insert("required".into(), required.contains(&name.as_str()).into());
                }
                attributes.insert(name.clone(), attribute);
            }
            json!({ "type": "Record", "attributes": attributes })
        }
        other => return Err(format!("`{at}` has the type {other:?}")),
    })
}

/// Whether some call passes whose input names another tenant than the caller's token, at any hour of a day.
fn lets_others_in(policies: &PolicySet, action: &EntityUid, tools: &Value, schema: &Schema, claims: Claims<'_>) -> bool {
    let name = action.id().unescaped().to_owned();
    let tool = tools
        .as_array()
        .into_iter()
        .flatten()
        .find(|t| t.get("name").and_then(Value::as_str).is_some_and(|n| name.ends_with(&format!("___{n}"))));
    let Some(properties) = tool.and_then(|t| t.pointer("/inputSchema/properties")).and_then(Value::as_object) else { return false };
    if !properties.contains_key(claims.input) {
        return false;
    }
    // Every input that a schema can give a value for, so that `has` finds it.
    let mut input: Map<String, Value> = properties.iter().filter_map(|(name, schema)| Some((name.clone(), example(schema)?))).collect();
    input.insert(claims.input.into(), "tenant-b".into());
    passes_at_some_hour(policies, action, &input, schema, (claims, "{{tier}}"))
}

/// Whether a call with this input passes for some caller of that tier, at any hour of a day.
pub(super) fn passes_at_some_hour(
    policies: &PolicySet,
    action: &EntityUid,
    input: &Map<String, Value>,
    schema: &Schema,
    (claims, tier): (Claims<'_>, &str),
) -> bool {
    let tags = json!({ (claims.tier): tier, (claims.tenant): "tenant-a" });
    let user = json!([{ "uid": { "type": "AgentCore::OAuthUser", "id": "u" }, "attrs": { "id": "u" }, "parents": [], "tags": tags }]);
    (0..24).any(|hour| {
        let now = json!({ "__extn": { "fn": "datetime", "arg": format!("2026-09-01T{hour:02}:30:00Z") } });
        let passes = || -> Option<Decision> {
            let context = json!({ "input": input, "system": { "now": now } });
            let context = Context::from_json_value(context, Some((schema, action))).ok()?;
            let entities = Entities::from_json_value(user.clone(), Some(schema)).ok()?;
            let principal: EntityUid = "AgentCore::OAuthUser::\"u\"".parse().ok()?;
            let resource: EntityUid = format!("AgentCore::Gateway::\"{GATEWAY}\"").parse().ok()?;
            let request = Request::new(principal, action.clone(), resource, context, Some(schema)).ok()?;
            Some(Authorizer::new().is_authorized(&request, policies, &entities).decision())
        };
        // What can't be asked is not known to be safe.
        passes() != Some(Decision::Deny)
    })
}

/// Some value that fits.
pub(super) fn example(schema: &Value) -> Option<Value> {
    Some(match schema.get("type")?.as_str()? {
        "string" => "x".into(),
        "integer" => 12.into(),
        "boolean" => true.into(),
        "object" => Value::Object(
            schema
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter_map(|(n, s)| Some((n.clone(), example(s)?)))
                .collect(),
        ),
        "array" => json!([]),
        "number" => json!({ "__extn": { "fn": "decimal", "arg": "1.0" } }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: Claims<'_> = Claims { tier: "custom:tier", tenant: "custom:clinic_id", input: "clinic_id" };

    fn tools() -> Value {
        json!([
            { "name": "patients", "description": "x", "inputSchema": { "type": "object", "properties": { "limit": { "type": "integer" } } } },
            { "name": "config", "description": "x", "inputSchema": {
                "type": "object", "properties": { "clinic_id": { "type": "string" } }, "required": ["clinic_id"] } },
        ])
    }

    fn permit(tool: &str, condition: &str) -> String {
        format!(
            "permit (principal is AgentCore::OAuthUser, action == AgentCore::Action::\"{TARGET}___{tool}\", \
             resource == AgentCore::Gateway::\"{GATEWAY}\") when {{ {condition} }};"
        )
    }

    fn summaries(text: &str) -> Vec<String> {
        check(text, &tools(), CLAIMS).into_iter().map(|f| f.summary).collect()
    }

    const TIER: &str = "principal.hasTag(\"custom:tier\") && principal.getTag(\"custom:tier\") == \"{{tier}}\"";
    const BOUND: &str = "principal.hasTag(\"custom:clinic_id\") && context.input.clinic_id == principal.getTag(\"custom:clinic_id\")";

    #[test]
    fn what_is_right_passes() {
        assert_eq!(summaries(&permit("patients", TIER)), [""; 0]);
        assert_eq!(summaries(&permit("config", &format!("{TIER} && {BOUND}"))), [""; 0]);
        let hours = "context.system.now.toTime() >= duration(\"8h\") && context.system.now.toTime() < duration(\"18h\")";
        assert_eq!(summaries(&permit("patients", &format!("{TIER} && {hours}"))), [""; 0]);
    }

    #[test]
    fn the_shipped_tools_take_what_they_give_back() {
        let tools: Value = serde_json::from_str(include_str!("../../templates/tools/healthcare.json")).unwrap();
        let schema = schema(&tools).unwrap();
        let action: EntityUid = format!("AgentCore::Action::\"{TARGET}___patient_context\"").parse().unwrap();
        let takes = |cursor: Value| {
            let input = json!({ "list_patients": true, "limit": 20, "last_evaluated_key": cursor });
            let now = json!({ "__extn": { "fn": "datetime", "arg": "2026-09-01T12:30:00Z" } });
            Context::from_json_value(json!({ "input": input, "system": { "now": now } }), Some((&schema, &action))).is_ok()
        };
        // As `patient_context` ends a page.
        assert!(takes(json!({ "patient_id": "P1" })));
        assert!(!takes(json!({ "patient_id": "P1", "clinic_id": "clinic-b" })));
    }

    #[test]
    fn a_tenant_that_could_ask_for_another_is_found_at_any_hour() {
        assert!(summaries(&permit("config", TIER))[0].contains("another's"));
        let night = format!("{TIER} && (({BOUND}) || context.system.now.toTime() < duration(\"4h\"))");
        assert!(summaries(&permit("config", &night))[0].contains("another's"));
        // The other way round binds as well.
        let turned = "principal.hasTag(\"custom:clinic_id\") && principal.getTag(\"custom:clinic_id\") == context.input.clinic_id";
        assert_eq!(summaries(&permit("config", turned)), [""; 0]);
    }

    #[test]
    fn what_agentcore_would_refuse_is_said_with_its_place() {
        let text = permit("patients", "context.input.lmit > 3");
        let found = check(&text, &tools(), CLAIMS);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(text[found[0].at.0..found[0].at.1].contains("lmit"), "{found:?}");
        for (text, words) in [
            (permit("nothing", TIER), "no tool"),
            (permit("patients", "context.input.limit == \"x\""), "type"),
            (permit("patients", "context.headers has x"), "headers"),
            ("permit (principal, action, resource) when { true };".to_owned(), "every tool"),
            (permit("patients", TIER) + &permit("config", BOUND), "2 policies"),
            (permit("patients", "1 +"), "no Cedar"),
            (permit("patients", TIER).split(" when").next().unwrap().to_owned() + ";", "without a condition"),
            ("permit(principal,action,resource);".to_owned(), "34 characters"),
        ] {
            let found = summaries(&text);
            assert!(found.iter().any(|s| s.contains(words)), "`{words}` is not in {found:?}");
        }
    }
}
