//! Tool definitions: JSON as the user writes it, and AWS's types.

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Tool definitions as AWS's API writes them; of a schema, an empty part is the same as none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub(crate) struct Tools(Value);

impl From<Value> for Tools {
    fn from(mut tools: Value) -> Self {
        for tool in tools.as_array_mut().into_iter().flatten() {
            for schema in ["inputSchema", "outputSchema"] {
                tool.get_mut(schema).into_iter().for_each(without_empty_parts);
            }
        }
        Self(tools)
    }
}

impl Tools {
    pub(super) fn declared(&self) -> Result<Vec<sdk::ToolDefinition>> {
        declared(&self.0)
    }

    pub(super) fn read(tools: &[sdk::ToolDefinition]) -> Self {
        read(tools).into()
    }
}

/// Goes through schemas only: a property may be called `required`.
fn without_empty_parts(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    for inner in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(|p| p.values_mut()) {
        without_empty_parts(inner);
    }
    schema.get_mut("items").into_iter().for_each(without_empty_parts);
    let empty = |part: &Value| part.as_object().is_some_and(Map::is_empty) || part.as_array().is_some_and(Vec::is_empty);
    schema.retain(|keyword, part| !matches!(keyword.as_str(), "properties" | "required") || !empty(part));
}

fn declared(tools: &Value) -> Result<Vec<sdk::ToolDefinition>> {
    let tools = tools.as_array().context("tool definitions are a list")?;
    tools
        .iter()
        .map(|tool| {
            let text = |field: &str| tool.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
            Ok(sdk::ToolDefinition::builder()
                .set_name(text("name"))
                .set_description(text("description"))
                .set_input_schema(tool.get("inputSchema").map(schema).transpose()?)
                .set_output_schema(tool.get("outputSchema").map(schema).transpose()?)
                .build()?)
        })
        .collect()
}

fn schema(value: &Value) -> Result<sdk::SchemaDefinition> {
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let properties = value
        .get("properties")
        .and_then(Value::as_object)
        .map(|map| map.iter().map(|(k, v)| Ok((k.clone(), schema(v)?))).collect::<Result<_>>());
    let required =
        value.get("required").and_then(Value::as_array).map(|list| list.iter().filter_map(|v| v.as_str().map(ToOwned::to_owned)).collect());
    let mut built = sdk::SchemaDefinition::builder()
        .set_type(text("type").map(sdk::SchemaType::from))
        .set_properties(properties.transpose()?)
        .set_required(required);
    if let Some(items) = value.get("items") {
        built = built.items(schema(items)?);
    }
    Ok(built.set_description(text("description").map(Into::into)).build()?)
}

fn read(tools: &[sdk::ToolDefinition]) -> Value {
    let tool = |tool: &sdk::ToolDefinition| {
        let mut map = Map::from_iter([("name".into(), json!(tool.name)), ("description".into(), json!(tool.description))]);
        if let Some(input) = &tool.input_schema {
            map.insert("inputSchema".into(), shape(input));
        }
        if let Some(output) = &tool.output_schema {
            map.insert("outputSchema".into(), shape(output));
        }
        Value::Object(map)
    };
    tools.iter().map(tool).collect()
}

fn shape(schema: &sdk::SchemaDefinition) -> Value {
    let mut map = Map::from_iter([("type".into(), json!(schema.r#type.as_str()))]);
    if let Some(properties) = &schema.properties {
        map.insert("properties".into(), properties.iter().map(|(k, v)| (k.clone(), shape(v))).collect::<Map<_, _>>().into());
    }
    if let Some(required) = &schema.required {
        map.insert("required".into(), json!(required));
    }
    if let Some(items) = &schema.items {
        map.insert("items".into(), shape(items));
    }
    if let Some(description) = &schema.description {
        map.insert("description".into(), json!(description));
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_parts_of_a_schema_are_the_same_as_none() {
        let tools = |schema: Value| Tools::from(json!([{ "name": "t", "description": "d", "inputSchema": schema }]));
        let empty = json!({ "type": "object", "properties": {}, "required": [] });
        assert_eq!(tools(empty.clone()), tools(json!({ "type": "object" })));
        let nested = |inner: Value| json!({ "type": "object", "properties": { "required": { "type": "array", "items": inner } } });
        assert_eq!(tools(nested(empty)), tools(nested(json!({ "type": "object" }))));
        let there = tools(nested(json!({ "type": "string" })));
        assert_eq!(Tools::read(&there.declared().unwrap()), there);
    }
}
