//! What a record says: patches with a wrapper at every level, and whether an MCP server is described as its schema wants it.

use serde_json::{Value, json};

use super::shape;

/// The versions of the MCP registry's schema that are known to be taken.
const SCHEMAS: &[&str] = &["2025-07-09", "2025-12-11"];
/// Members of a descriptor whose value has no wrappers inside.
const WHOLE: &[&str] = &["data", "dataSchemaVersion", "source"];

/// Applies `{ "optionalValue": … }`, or takes away what an empty wrapper stands for.
pub(super) fn patch(now: Option<Value>, name: &str, wrapper: &Value) -> Option<Value> {
    let value = wrapper.get("optionalValue")?;
    let Some(members) = value.as_object().filter(|_| !WHOLE.contains(&name)) else { return Some(value.clone()) };
    let mut patched = now.unwrap_or_else(|| json!({}));
    for (member, wrapper) in members {
        let now = patched.get(member).cloned();
        match patch(now, member, wrapper) {
            Some(value) => shape::put(&mut patched, member, Some(value)),
            None => drop(patched.as_object_mut().and_then(|all| all.remove(member))),
        }
    }
    Some(patched)
}

/// Why a record's content is refused, which its status says and no reply.
pub(super) fn wrong(kind: &str, descriptors: &Value) -> Option<String> {
    let Some(server) = descriptors.get("mcpServer").filter(|_| kind == "MCP") else {
        return (kind == "MCP").then(|| "An MCP record needs an mcpServer descriptor".into());
    };
    let data: Option<Value> = server.get("data").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    let Some(data) = data else { return Some("The MCP server definition is not valid JSON".into()) };
    if !SCHEMAS.contains(&shape::string(server, "dataSchemaVersion")) {
        return Some("The schema version does not match any supported version".into());
    }
    let remotes = data.get("remotes").and_then(Value::as_array);
    let fits = shape::matches("[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", shape::string(&data, "name"))
        && (1..=100).contains(&shape::string(&data, "description").chars().count())
        && !shape::string(&data, "version").is_empty()
        && remotes.into_iter().flatten().all(|r| {
            matches!(shape::string(r, "type"), "streamable-http" | "sse") && shape::matches(r"https?://[^\s]+", shape::string(r, "url"))
        });
    if !fits {
        return Some("Schema validation failed: content is not in compliance with schema version".into());
    }
    let tools = server.pointer("/additionalData/tools/data").and_then(Value::as_str)?;
    let tools: Option<Value> = serde_json::from_str(tools).ok();
    let listed = tools.as_ref().and_then(|tools| tools.get("tools")).and_then(Value::as_array);
    let described = |tool: &Value| !shape::string(tool, "name").is_empty() && tool.pointer("/inputSchema/type") == Some(&json!("object"));
    let right = listed.is_some_and(|all| all.iter().all(described));
    (!right).then(|| "Schema validation failed: the tools are not in compliance with the protocol version".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_what_it_names_and_takes_away_what_is_empty() {
        let before = json!({ "mcpServer": { "data": "a", "source": { "fromUrl": { "url": "https://x" } }, "dataSchemaVersion": "1" } });
        let wrapper = json!({ "optionalValue": { "mcpServer": { "optionalValue": {
            "data": { "optionalValue": "b" }, "source": {},
            "additionalData": { "optionalValue": { "tools": { "optionalValue": { "data": { "optionalValue": "t" } } } } },
        } } } });
        let after = json!({ "mcpServer": { "data": "b", "dataSchemaVersion": "1", "additionalData": { "tools": { "data": "t" } } } });
        assert_eq!(patch(Some(before), "descriptors", &wrapper), Some(after));
    }

    #[test]
    fn a_server_has_a_namespace_a_short_description_and_a_schema() {
        let server = |name: &str, schema: &str| {
            let data = json!({ "name": name, "description": "d", "version": "1.0.0" }).to_string();
            wrong("MCP", &json!({ "mcpServer": { "data": data, "dataSchemaVersion": schema } }))
        };
        assert_eq!(server("acme/tools", "2025-12-11"), None);
        assert!(server("tools", "2025-12-11").is_some() && server("acme/tools", "1").is_some());
    }
}
