//! Tool definitions: JSON as the user writes it, and AWS's types.

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde_json::{Map, Value, json};

pub(super) fn declared(tools: &Value) -> Result<Vec<sdk::ToolDefinition>> {
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

pub(super) fn read(tools: &[sdk::ToolDefinition]) -> Value {
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
