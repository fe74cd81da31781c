//! A guardrail's policies: what requests may say, and how reads write it, under other names and with AWS's defaults.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::protocol::Refusal;
use super::super::shape;
use super::invalid;

/// A request's policy, its lists, and what reads call them.
struct Policy {
    written: &'static str,
    read: &'static str,
    lists: &'static [List],
}

struct List {
    written: &'static str,
    read: &'static str,
    /// What no two entries may share.
    key: &'static str,
    defaults: Defaults,
}

/// What a read adds to each entry.
enum Defaults {
    Blocks,
    TextOnly,
    /// The entry's own action on both sides.
    Action,
    Enabled,
}

static POLICIES: &[Policy] = &[
    Policy {
        written: "topicPolicyConfig",
        read: "topicPolicy",
        lists: &[List { written: "topicsConfig", read: "topics", key: "name", defaults: Defaults::Blocks }],
    },
    Policy {
        written: "contentPolicyConfig",
        read: "contentPolicy",
        lists: &[List { written: "filtersConfig", read: "filters", key: "type", defaults: Defaults::TextOnly }],
    },
    Policy {
        written: "wordPolicyConfig",
        read: "wordPolicy",
        lists: &[
            List { written: "wordsConfig", read: "words", key: "text", defaults: Defaults::Blocks },
            List { written: "managedWordListsConfig", read: "managedWordLists", key: "type", defaults: Defaults::Blocks },
        ],
    },
    Policy {
        written: "sensitiveInformationPolicyConfig",
        read: "sensitiveInformationPolicy",
        lists: &[
            List { written: "piiEntitiesConfig", read: "piiEntities", key: "type", defaults: Defaults::Action },
            List { written: "regexesConfig", read: "regexes", key: "name", defaults: Defaults::Action },
        ],
    },
    Policy {
        written: "contextualGroundingPolicyConfig",
        read: "contextualGroundingPolicy",
        lists: &[List { written: "filtersConfig", read: "filters", key: "type", defaults: Defaults::Enabled }],
    },
];

fn entries<'a>(policy: &'a Value, list: &str) -> Vec<&'a Value> {
    policy.get(list).and_then(Value::as_array).into_iter().flatten().collect()
}

/// What shapes can't say.
pub(super) fn check(body: &Value) -> Result<(), Refusal> {
    let mut any = false;
    for policy in POLICIES {
        let Some(given) = body.get(policy.written) else { continue };
        any = true;
        if policy.lists.iter().all(|list| entries(given, list.written).is_empty()) {
            return Err(invalid(format!("{} must have at least one entry. Leave it out to have none.", policy.written)));
        }
        if policy.lists.iter().any(|list| given.get(list.written).is_some() && entries(given, list.written).is_empty()) {
            return Err(invalid(format!("The lists of {} must have at least one entry.", policy.written)));
        }
        for list in policy.lists {
            let mut seen = BTreeSet::new();
            if let Some(twice) = entries(given, list.written).into_iter().find(|entry| !seen.insert(shape::string(entry, list.key))) {
                return Err(invalid(format!("{} has {} twice.", list.written, shape::string(twice, list.key))));
            }
        }
        if shape::string(given.get("tierConfig").unwrap_or(&Value::Null), "tierName") == "STANDARD"
            && body.get("crossRegionConfig").is_none()
        {
            return Err(invalid("The STANDARD tier requires cross-Region inference. Set crossRegionConfig."));
        }
    }
    if !any {
        return Err(invalid("A guardrail must have at least one policy."));
    }
    let filters = body.get("contentPolicyConfig").map(|p| entries(p, "filtersConfig")).unwrap_or_default();
    if filters.iter().any(|f| shape::string(f, "type") == "PROMPT_ATTACK" && shape::string(f, "outputStrength") != "NONE") {
        return Err(invalid("The output strength of the content filter PROMPT_ATTACK must be NONE."));
    }
    let grounding = body.get("contextualGroundingPolicyConfig").map(|p| entries(p, "filtersConfig")).unwrap_or_default();
    for filter in grounding {
        let threshold = filter.get("threshold").and_then(Value::as_f64);
        if !threshold.is_some_and(|t| (0.0..1.0).contains(&t)) {
            return Err(invalid("The threshold of a contextual grounding filter must be from 0 to 0.99."));
        }
    }
    Ok(())
}

/// The members that a guardrail consists of: an update that leaves one out removes it.
pub(super) fn kept(body: &Value) -> Value {
    let mut members = vec![
        "name",
        "description",
        "blockedInputMessaging",
        "blockedOutputsMessaging",
        "kmsKeyId",
        "crossRegionConfig",
        "automatedReasoningPolicyConfig",
    ];
    members.extend(POLICIES.iter().map(|policy| policy.written));
    Value::Object(shape::pick(body, &members))
}

fn entry(given: &Value, defaults: &Defaults) -> Value {
    let action = given.get("action").cloned().unwrap_or_else(|| json!("BLOCK"));
    let mut shown = match defaults {
        Defaults::Blocks => json!({ "inputAction": "BLOCK", "outputAction": "BLOCK", "inputEnabled": true, "outputEnabled": true }),
        Defaults::TextOnly => json!({
            "inputAction": "BLOCK", "outputAction": "BLOCK", "inputEnabled": true, "outputEnabled": true,
            "inputModalities": ["TEXT"], "outputModalities": ["TEXT"],
        }),
        Defaults::Action => json!({ "inputAction": action, "outputAction": action, "inputEnabled": true, "outputEnabled": true }),
        Defaults::Enabled => json!({ "action": "BLOCK", "enabled": true }),
    };
    for (name, value) in given.as_object().into_iter().flatten() {
        shape::put(&mut shown, name, Some(value.clone()));
    }
    shown
}

/// As GetGuardrail writes it.
pub(super) fn shown(given: &Value) -> Value {
    let mut shown = Value::Object(shape::pick(given, &["name", "description", "blockedInputMessaging", "blockedOutputsMessaging"]));
    for policy in POLICIES {
        let Some(written) = given.get(policy.written) else { continue };
        let mut read = Map::new();
        for list in policy.lists {
            let all: Vec<Value> = entries(written, list.written).into_iter().map(|given| entry(given, &list.defaults)).collect();
            if !all.is_empty() {
                read.insert(list.read.into(), all.into());
            }
        }
        if let Some(tier) = written.get("tierConfig") {
            read.insert("tier".into(), tier.clone());
        } else if matches!(policy.read, "topicPolicy" | "contentPolicy") {
            read.insert("tier".into(), json!({ "tierName": "CLASSIC" }));
        }
        shape::put(&mut shown, policy.read, Some(Value::Object(read)));
    }
    shape::put(&mut shown, "kmsKeyArn", given.get("kmsKeyId").cloned());
    shape::put(&mut shown, "automatedReasoningPolicy", given.get("automatedReasoningPolicyConfig").cloned());
    if let Some(profile) = given.get("crossRegionConfig").and_then(|c| shape::maybe(c, "guardrailProfileIdentifier")) {
        shape::put(&mut shown, "crossRegionDetails", Some(json!({ "guardrailProfileId": profile })));
    }
    shown
}
