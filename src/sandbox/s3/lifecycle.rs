//! The lifecycle rules of a bucket: kept as sent and never carried out.

use std::collections::BTreeSet;

use super::super::World;
use super::super::protocol::{Refusal, Reply};
use super::xml::Element;
use super::{Answer, Call, malformed};

const ACTIONS: [&str; 5] =
    ["Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition", "AbortIncompleteMultipartUpload"];
const MINIMUM_SIZE: (&str, &str) = ("x-amz-transition-default-minimum-object-size", "all_storage_classes_128K");

pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let given = Element::parse(&call.request.body, "LifecycleConfiguration")?;
    let mut rules: Vec<Element> = given.all("Rule").cloned().collect();
    if rules.is_empty() || rules.len() > 1000 || rules.len() != given.children.len() {
        return Err(malformed());
    }
    let mut ids = BTreeSet::new();
    for rule in &mut rules {
        checked(rule)?;
        if rule.text("ID").is_none_or(str::is_empty) {
            rule.children.retain(|child| child.name != "ID");
            let id = world.id("0123456789abcdef", 32);
            rule.children.insert(0, Element { name: "ID".into(), text: id, children: Vec::new() });
        }
        if !ids.insert(rule.text("ID").unwrap_or("").to_owned()) {
            return Err(Refusal::new(400, "InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule"));
        }
    }
    world.state.s3.bucket_mut(&call.bucket)?.lifecycle = rules;
    world.dirty = true;
    Ok(Reply::empty(200).header(MINIMUM_SIZE.0, MINIMUM_SIZE.1))
}

fn checked(rule: &Element) -> Result<(), Refusal> {
    let argument = |message: &str| Err(Refusal::new(400, "InvalidArgument", message));
    if rule.text("ID").is_some_and(|id| id.chars().count() > 255) {
        return argument("ID length should not exceed allowed limit of 255");
    }
    if !matches!(rule.text("Status"), Some("Enabled" | "Disabled")) {
        return Err(malformed());
    }
    if rule.child("Filter").is_some() == rule.child("Prefix").is_some() {
        return Err(malformed());
    }
    if !ACTIONS.iter().any(|action| rule.child(action).is_some()) {
        return Err(Refusal::new(400, "InvalidRequest", "At least one action needs to be specified in a rule"));
    }
    let days = ["Days", "NoncurrentDays", "DaysAfterInitiation"];
    for action in rule.children.iter().filter(|child| ACTIONS.contains(&child.name.as_str())) {
        for count in action.children.iter().filter(|child| days.contains(&child.name.as_str())) {
            let positive = count.text.parse::<i64>().is_ok_and(|n| n > 0 || (n == 0 && action.name == "Transition"));
            if !positive {
                return argument(&format!("'{}' for {} action must be a positive integer", count.name, action.name));
            }
        }
    }
    Ok(())
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let rules = &world.state.s3.bucket(&call.bucket)?.lifecycle;
    if rules.is_empty() {
        return Err(Refusal::new(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"));
    }
    let rules: String = rules.iter().map(Element::written).collect();
    Ok(Reply::xml(200, &format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>")).header(MINIMUM_SIZE.0, MINIMUM_SIZE.1))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    world.state.s3.bucket_mut(&call.bucket)?.lifecycle.clear();
    world.dirty = true;
    Ok(Reply::empty(204))
}
