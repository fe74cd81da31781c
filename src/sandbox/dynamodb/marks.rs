//! Tags of tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::{pages, shape};
use super::{Answer, Table, arn, invalid, refuse, tables};

const MOST: usize = 50;
/// AWS shows ten at once, and takes no size.
const PAGE: usize = 10;

/// The tags with those of the request; nothing changes if that is refused.
pub(super) fn added(tags: &BTreeMap<String, String>, body: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let mut all = tags.clone();
    for tag in tables::items(body, "Tags") {
        let (key, value) = (shape::string(tag, "Key"), shape::string(tag, "Value"));
        let allowed = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c));
        if key.to_lowercase().starts_with("aws:") || !allowed(key) || !allowed(value) {
            return Err(invalid(format!("One or more parameter values were invalid: tag {key} is reserved or has other characters")));
        }
        all.insert(key.to_owned(), value.to_owned());
    }
    if all.len() > MOST {
        return Err(invalid("One or more parameter values were invalid: Too many tags"));
    }
    Ok(all)
}

fn tagged<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut Table, Refusal> {
    let named = shape::string(body, "ResourceArn");
    let name = named.strip_prefix(&arn(world, "")).unwrap_or_default();
    super::tables(world)
        .get_mut(name)
        .ok_or_else(|| refuse("ResourceNotFoundException", format!("Requested resource not found: ResourcArn: {named} not found")))
}

pub(super) fn tag(world: &mut World, body: &Value) -> Answer {
    let table = tagged(world, body)?;
    table.tags = added(&table.tags, body)?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn untag(world: &mut World, body: &Value) -> Answer {
    let gone = shape::strings(body, "TagKeys");
    tagged(world, body)?.tags.retain(|name, _| !gone.contains(&name.as_str()));
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let tags = &tagged(world, body)?.tags;
    let items = tags.iter().map(|(key, value)| (key, json!({ "Key": key, "Value": value })));
    let page = pages::page(items, Some(PAGE), body.get("NextToken").and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| invalid("Invalid NextToken"))?;
    let mut reply = json!({ "Tags": page });
    shape::put(&mut reply, "NextToken", next);
    Ok(reply)
}
