//! Inputs of tools that say for whom a call is: whatever lets the caller choose that is the caller's way to another tenant.
//!
//! Policies are asked, not read: an input is bound if no call passes that gives it another value than the caller's own.

use cedar_policy::{EntityUid, Policy, PolicyId, PolicySet};
use serde_json::{Map, Value};

use super::cedar::{self, Claims, TARGET};

/// What tools call tenants and tiers, whatever the claims are called.
const TENANTS: &[&str] = &["clinic_id", "customer_id", "organization_id", "tenant", "tenant_id", "tier"];
/// What a function behind a gateway may take for the request that it came with.
const REQUESTS: &[&str] = &["body", "headers"];
/// No tenant and no tier.
const ANOTHER: &str = "another-tenant";

/// An input that callers choose freely.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unbound {
    pub(crate) tool: String,
    /// Its name, after those of what holds it.
    pub(crate) input: String,
    pub(crate) says: Says,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Whose,
    /// A request of the caller's own making, in which a function may look for whose it is.
    Request,
}

/// The inputs that no policy binds to a caller of that tier; without policies nothing is asked, and everything passes.
pub(crate) fn unbound(tools: &Value, policies: Option<&[String]>, claims: Claims<'_>, tier: &str) -> Vec<Unbound> {
    let judges = policies.map(|texts| all(texts).zip(cedar::schema(tools).ok()));
    let mut found = Vec::new();
    for tool in tools.as_array().into_iter().flatten() {
        let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
        let Some(schema) = tool.get("inputSchema") else { continue };
        for (path, says) in suspects(schema, claims, &[]) {
            let passes = match &judges {
                None => true,
                // What can't be asked is not known to be safe.
                Some(None) => true,
                Some(Some((policies, types))) => action(name).is_none_or(|action| {
                    [Inputs::All, Inputs::Required].into_iter().any(|inputs| {
                        let input = call(schema, &path, inputs).unwrap_or_default();
                        cedar::passes_at_some_hour(policies, &action, &input, types, (claims, tier))
                    })
                }),
            };
            if passes {
                found.push(Unbound { tool: name.into(), input: path.join("."), says });
            }
        }
    }
    found
}

/// All policies of a gateway as one set, which AgentCore asks together.
fn all(texts: &[String]) -> Option<PolicySet> {
    let policies = texts.iter().enumerate().map(|(n, text)| Policy::parse(Some(PolicyId::new(n.to_string())), text).ok());
    PolicySet::from_policies(policies.collect::<Option<Vec<_>>>()?).ok()
}

fn action(tool: &str) -> Option<EntityUid> {
    format!("AgentCore::Action::\"{TARGET}___{tool}\"").parse().ok()
}

/// The properties that say whose a call is, with those of the objects and lists in them.
pub(super) fn suspects(schema: &Value, claims: Claims<'_>, within: &[&str]) -> Vec<(Vec<String>, Says)> {
    let mut found = Vec::new();
    for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path: Vec<&str> = within.iter().copied().chain([name.as_str()]).collect();
        if let Some(says) = says(name, claims) {
            found.push((path.iter().map(|&name| name.to_owned()).collect(), says));
        }
        let mut inner = inner;
        while let Some(items) = inner.get("items") {
            inner = items;
        }
        found.extend(suspects(inner, claims, &path));
    }
    found
}

fn says(property: &str, claims: Claims<'_>) -> Option<Says> {
    // `tenantId` and `Tenant-ID` are read as `tenant_id` by whoever wants to.
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let is = |known: &str| plain(known) == plain(property);
    let claim = |claim: &str| is(claim.strip_prefix("custom:").unwrap_or(claim));
    if TENANTS.iter().any(|known| is(known)) || claim(claims.tenant) || claim(claims.tier) {
        return Some(Says::Whose);
    }
    REQUESTS.iter().any(|known| is(known)).then_some(Says::Request)
}

/// Which inputs a call gives beside the one in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inputs {
    All,
    Required,
}

/// A call with another's value at the path.
pub(super) fn call(schema: &Value, path: &[String], inputs: Inputs) -> Option<Map<String, Value>> {
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let (first, rest) = path.split_first().map_or((None, path), |(first, rest)| (Some(first), rest));
    let mut call = Map::new();
    for (name, inner) in schema.get("properties")?.as_object()? {
        let value = if Some(name) == first {
            another(inner, rest, inputs)
        } else if inputs == Inputs::All || required.contains(&name.as_str()) {
            cedar::example(inner)
        } else {
            continue;
        };
        call.extend(value.map(|value| (name.clone(), value)));
    }
    Some(call)
}

fn another(schema: &Value, rest: &[String], inputs: Inputs) -> Option<Value> {
    match schema.get("type").and_then(Value::as_str)? {
        "array" => Some(Value::Array(vec![another(schema.get("items")?, rest, inputs)?])),
        "object" if !rest.is_empty() => call(schema, rest, inputs).map(Value::Object),
        "string" => Some(ANOTHER.into()),
        _ => cedar::example(schema),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::cedar::GATEWAY;
    use super::*;

    const CLAIMS: Claims<'_> = Claims { tier: "custom:tier", tenant: "custom:clinic_id", input: "clinic_id" };

    fn tool(properties: &Value, required: &[&str]) -> Value {
        json!([{ "name": "look", "description": "x", "inputSchema": { "type": "object", "properties": properties, "required": required } }])
    }

    fn policy(effect: &str, condition: &str) -> String {
        format!(
            "{effect} (principal is AgentCore::OAuthUser, action == AgentCore::Action::\"{TARGET}___look\", \
             resource == AgentCore::Gateway::\"{GATEWAY}\") when {{ {condition} }};"
        )
    }

    fn free(tools: &Value, policies: &[String]) -> Vec<String> {
        names(tools, Some(policies))
    }

    fn names(tools: &Value, policies: Option<&[String]>) -> Vec<String> {
        unbound(tools, policies, CLAIMS, "basic").into_iter().map(|found| found.input).collect()
    }

    #[test]
    fn what_names_a_tenant_is_found_where_nothing_decides() {
        let text = json!({ "type": "string" });
        let all = tool(
            &json!({
                "clinic_id": text, "tenantId": text, "tier": text, "limit": { "type": "integer" }, "patient_id": text,
                "headers": { "type": "object" }, "Body": text,
                "start": { "type": "object", "properties": { "tenant": text, "after": text } },
                "many": { "type": "array", "items": { "type": "object", "properties": { "tenant_id": text } } },
            }),
            &[],
        );
        let found = ["Body", "clinic_id", "headers", "many.tenant_id", "start.tenant", "tenantId", "tier"];
        let mut free = names(&all, None);
        free.sort();
        assert_eq!(free, found);
        let says: Vec<_> = unbound(&all, None, CLAIMS, "basic").into_iter().filter(|f| f.says == Says::Request).map(|f| f.input).collect();
        assert_eq!(says, ["headers", "Body"]);
        let other = Claims { tier: "custom:plan", tenant: "custom:organisation", input: "organisation" };
        assert_eq!(unbound(&tool(&json!({ "organisation": text, "plan": text }), &[]), None, other, "basic").len(), 2);
    }

    #[test]
    fn a_policy_binds_by_what_it_refuses_whatever_its_form() {
        let tools = tool(&json!({ "tenant_id": { "type": "string" }, "n": { "type": "integer" } }), &[]);
        let own = "principal.hasTag(\"custom:clinic_id\")";
        let equal = "context.input.tenant_id == principal.getTag(\"custom:clinic_id\")";
        let permit = |condition: &str| policy("permit", condition);
        let bound: [&[String]; 5] = [
            &[],
            &[permit(&format!("{own} && context.input has tenant_id && {equal}"))],
            &[permit("!(context.input has tenant_id)")],
            &[permit(own), policy("forbid", &format!("context.input has tenant_id && {own} && !({equal})"))],
            &[
                permit(&format!("{own} && !(context.input has tenant_id)")),
                permit(&format!("{own} && context.input has tenant_id && {equal}")),
            ],
        ];
        for policies in bound {
            assert_eq!(free(&tools, policies), [""; 0], "{policies:?}");
        }
        let loose: [&[String]; 4] = [
            &[permit(own)],
            // Only where something else is given as well, and only where it is not.
            &[permit("context.input has n")],
            &[permit("!(context.input has n)")],
            &[
                permit(&format!("{own} && context.input has tenant_id && {equal}")),
                permit("context.system.now.toTime() < duration(\"1h\")"),
            ],
        ];
        for policies in loose {
            assert_eq!(free(&tools, policies), ["tenant_id"], "{policies:?}");
        }
    }

    #[test]
    fn what_stands_deeper_is_asked_about_as_well() {
        let tools = tool(
            &json!({
                "start": { "type": "object", "properties": { "tenant": { "type": "string" } }, "required": ["tenant"] },
                "many": { "type": "array", "items": { "type": "object", "properties": { "tenant": { "type": "string" } } } },
            }),
            &[],
        );
        let start = "principal.hasTag(\"custom:clinic_id\") && context.input has start && \
                     context.input.start.tenant == principal.getTag(\"custom:clinic_id\")";
        assert_eq!(free(&tools, &[policy("permit", start)]), [""; 0], "no call gives `start` another's");
        assert_eq!(free(&tools, &[policy("permit", "!(context.input has start)")]), ["many.tenant"]);
    }

    #[test]
    fn the_shipped_tools_and_policies_leave_nothing_free() {
        let tools: Value = serde_json::from_str(include_str!("../../templates/tools/healthcare.json")).unwrap();
        let filled =
            |text: &str| text.replace("{{tier}}", "basic").replace("{{claim.tier}}", "tier").replace("{{claim.tenant}}", "clinic_id");
        let hours = filled(include_str!("../../policies/patient-context-office-hours.cedar"));
        let config = filled(include_str!("../../policies/clinic-config.cedar"));
        assert_eq!(free(&tools, &[hours.clone(), config.clone()]), [""; 0]);
        let loose = config.replace("principal.getTag(\"custom:clinic_id\") == context.input.clinic_id", "true");
        assert_ne!(loose, config);
        assert_eq!(free(&tools, &[hours, loose]), ["clinic_id"]);
        assert_eq!(names(&tools, None), ["clinic_id"]);
    }
}
