//! Rights as IAM policy documents, each within IAM's size.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{For, On, Right, rights};
use crate::names::Names;

/// What a managed policy may come to, white space aside.
pub(crate) const MOST_CHARACTERS: usize = 6_144;

/// One policy document, and why it asks for everything where it does.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) policy: Value,
    pub(crate) reasons: Reasons,
}

/// Why everything of a service is asked for, by the service.
pub(crate) type Reasons = BTreeMap<String, BTreeSet<&'static str>>;

impl Document {
    /// As IAM counts it.
    pub(crate) fn characters(&self) -> usize {
        self.policy.to_string().chars().filter(|c| !c.is_whitespace()).count()
    }
}

/// The rights as few documents: what is asked of the same resources of a service is one statement, and so is what is asked of
/// anything. With a boundary no role of ours may be made, or given a policy, without it.
pub(crate) fn documents(purpose: For, names: &Names, boundary: Option<&str>) -> Vec<Document> {
    let rights: Vec<Right> = rights(purpose);
    let mut together: BTreeMap<(&str, On), BTreeSet<&str>> = BTreeMap::new();
    let mut anything: BTreeSet<&str> = BTreeSet::new();
    let mut reasons = Reasons::new();
    for right in &rights {
        for action in right.actions {
            let service = action.split(':').next().unwrap_or_default();
            if let On::Anything(why) = right.on {
                anything.insert(action);
                reasons.entry(service.to_owned()).or_default().insert(why);
            } else {
                together.entry((service, right.on)).or_default().insert(action);
            }
        }
    }
    let mut packed: Vec<Document> = Vec::new();
    if !anything.is_empty() {
        let all = statement(On::Anything(""), &anything, names);
        packed.push(Document { policy: json!({ "Version": "2012-10-17", "Statement": [all] }), reasons });
    }
    for ((_, on), mut actions) in together {
        // What may be done to anything needs no further words.
        actions.retain(|action| !anything.contains(action));
        if actions.is_empty() {
            continue;
        }
        let mut statement = statement(on, &actions, names);
        if let (On::Bounded(_), Some(boundary), Some(map)) = (on, boundary, statement.as_object_mut()) {
            // Nobody takes a boundary off again with this.
            if let Some(Value::Array(actions)) = map.get_mut("Action") {
                actions.retain(|action| action != "iam:DeleteRolePermissionsBoundary");
            }
            map.insert("Condition".into(), json!({ "StringEquals": { "iam:PermissionsBoundary": boundary } }));
        }
        add(&mut packed, statement);
    }
    if purpose.keeps_secrets_shut() {
        add(&mut packed, shut(names));
    }
    packed
}

/// What AWS's own key for parameters lets everybody of the account do who may read a parameter: only a denial stops that.
fn shut(names: &Names) -> Value {
    let through = format!("ssm.{}.amazonaws.com", names.region);
    json!({
        "Sid": "SecretParametersStayShut",
        "Effect": "Deny",
        "Action": ["kms:Decrypt"],
        "Resource": ["*"],
        "Condition": { "StringEquals": { "kms:ViaService": through } },
    })
}

/// Puts a statement where there is room.
fn add(packed: &mut Vec<Document>, statement: Value) {
    {
        let fits = |document: &&mut Document| document.characters() + statement.to_string().len() < MOST_CHARACTERS;
        match packed.iter_mut().find(fits).and_then(|document| document.policy.get_mut("Statement")?.as_array_mut()) {
            Some(statements) => statements.push(statement),
            None => packed.push(Document { policy: json!({ "Version": "2012-10-17", "Statement": [statement] }), reasons: Reasons::new() }),
        }
    }
}

fn statement(on: On, actions: &BTreeSet<&str>, names: &Names) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": on.resources(names) });
    if let (Some((key, values)), Some(map)) = (on.condition(names), statement.as_object_mut()) {
        map.insert("Condition".into(), json!({ "StringEquals": { key: values } }));
    }
    statement
}
