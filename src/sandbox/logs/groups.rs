//! Log groups: made, listed by how their names begin, kept for some days, deleted with what stands in them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::{shape, tags};
use super::{Answer, Group, INVALID, arn, missing, page, refuse, region};

/// The retentions that there are, in days.
const RETENTIONS: &[i64] = &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "logGroupName").to_owned();
    if name.starts_with("aws/") {
        return Err(refuse(INVALID, "Log groups starting with AWS/ are reserved for AWS."));
    }
    let tags = tags::read(body.get("tags"), INVALID)?;
    if region(world).groups.contains_key(&name) {
        return Err(refuse("ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    let group = Group {
        created: world.now,
        retention: None,
        class: shape::maybe(body, "logGroupClass").unwrap_or_else(|| "STANDARD".into()),
        key: shape::maybe(body, "kmsKeyId"),
        protected: body.get("deletionProtectionEnabled").and_then(Value::as_bool).unwrap_or(false),
        tags,
        streams: BTreeMap::new(),
    };
    region(world).groups.insert(name, group);
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let (prefix, pattern, class) =
        (shape::string(body, "logGroupNamePrefix"), shape::string(body, "logGroupNamePattern"), body.get("logGroupClass"));
    if !prefix.is_empty() && !pattern.is_empty() {
        return Err(refuse(INVALID, "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let base = arn(world, "log-group:");
    let fits = |(name, group): &(&String, &Group)| {
        name.starts_with(prefix) && name.to_lowercase().contains(&pattern.to_lowercase()) && class.is_none_or(|class| *class == group.class)
    };
    let shown = region(world).groups.iter().filter(fits).map(|(name, group)| (name, shown(&base, name, group)));
    page(body, shown, "logGroups")
}

fn shown(base: &str, name: &str, group: &Group) -> Value {
    let stored: usize = group.streams.values().flat_map(|stream| &stream.events).map(|event| event.message.len()).sum();
    let mut shown = json!({
        "logGroupName": name, "arn": format!("{base}{name}:*"), "logGroupArn": format!("{base}{name}"), "logGroupClass": group.class,
        "metricFilterCount": 0, "storedBytes": stored, "deletionProtectionEnabled": group.protected,
    });
    // Milliseconds, and whole.
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
    shape::put(&mut shown, "creationTime", Some((group.created * 1000.0) as i64));
    shape::put(&mut shown, "retentionInDays", group.retention);
    shape::put(&mut shown, "kmsKeyId", group.key.clone());
    shown
}

pub(super) fn group<'a>(world: &'a mut World, name: &str) -> Result<&'a mut Group, Refusal> {
    region(world).groups.get_mut(name).ok_or_else(|| missing("The specified log group does not exist."))
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "logGroupName");
    if group(world, name)?.protected {
        return Err(refuse("ValidationException", "The log group is protected from deletion; disable deletion protection first."));
    }
    region(world).groups.remove(name);
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn keep(world: &mut World, body: &Value) -> Answer {
    let days = body.get("retentionInDays").and_then(Value::as_i64).unwrap_or_default();
    if !RETENTIONS.contains(&days) {
        let all = RETENTIONS.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(refuse(INVALID, format!("The retention is {days}; the valid values are: [{all}]")));
    }
    group(world, shape::string(body, "logGroupName"))?.retention = Some(days);
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn keep_for_ever(world: &mut World, body: &Value) -> Answer {
    group(world, shape::string(body, "logGroupName"))?.retention = None;
    world.dirty = true;
    Ok(json!({}))
}
