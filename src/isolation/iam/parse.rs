//! Reads a policy document, and says where it is none.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::pattern::{Text, tokens};
use super::principal::{Named, Principals};
use super::statement::{Effect, Listed, Statement};

const KEYS: [&str; 9] = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

pub(super) fn statements(document: &Value) -> Result<Vec<Statement>, String> {
    let policy = document.as_object().ok_or("the policy is no object")?;
    if let Some(key) = policy.keys().find(|key| !matches!(key.as_str(), "Version" | "Id" | "Statement")) {
        return Err(format!("`{key}`: a policy has no such key"));
    }
    // Without a version, a policy is of the old one, which knows no variables.
    let variables = match policy.get("Version").map(|version| (version, version.as_str())) {
        None | Some((_, Some("2008-10-17"))) => false,
        Some((_, Some("2012-10-17"))) => true,
        Some((version, _)) => return Err(format!("`Version`: {version} is neither `2012-10-17` nor `2008-10-17`")),
    };
    match policy.get("Statement") {
        None => Err("`Statement` is missing".into()),
        Some(Value::Array(all)) if all.is_empty() => Err("`Statement` is empty".into()),
        Some(Value::Array(all)) => all.iter().enumerate().map(|(n, one)| statement(one, &format!("Statement[{n}]"), variables)).collect(),
        Some(one) => Ok(vec![statement(one, "Statement", variables)?]),
    }
}

fn statement(value: &Value, at: &str, variables: bool) -> Result<Statement, String> {
    let fields = value.as_object().ok_or_else(|| format!("`{at}` is no object"))?;
    if let Some(key) = fields.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{at}.{key}`: a statement has no such key"));
    }
    let effect = match fields.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(format!("`{at}.Effect` is neither `Allow` nor `Deny`")),
    };
    let sid = match fields.get("Sid") {
        None => None,
        Some(sid) => Some(sid.as_str().ok_or_else(|| format!("`{at}.Sid` is no text"))?.to_owned()),
    };
    let (listed, at_actions, actions) =
        one_of(fields, ["Action", "NotAction"], at)?.ok_or_else(|| format!("`{at}` has neither `Action` nor `NotAction`"))?;
    let actions = texts(actions, &at_actions)?.iter().map(|action| tokens(&action.to_lowercase())).collect();
    let resources = match one_of(fields, ["Resource", "NotResource"], at)? {
        None => None,
        Some((listed, at, value)) => {
            let text = |text: &String| if variables { Text::with_variables(text) } else { Text::plain(text) };
            Some((listed, texts(value, &at)?.iter().map(text).collect()))
        }
    };
    let principals = match one_of(fields, ["Principal", "NotPrincipal"], at)? {
        None => None,
        Some((listed, at, value)) => Some((listed, self::principals(value, &at)?)),
    };
    let conditions = fields.get("Condition").map_or(Ok(Vec::new()), |value| conditions(value, &format!("{at}.Condition"), variables))?;
    Ok(Statement { sid, effect, principals, actions: (listed, actions), resources, conditions })
}

/// The one of a pair of keys that is there, and its place.
fn one_of<'a>(fields: &'a Map<String, Value>, names: [&str; 2], at: &str) -> Result<Option<(Listed, String, &'a Value)>, String> {
    let [within, without] = names;
    match (fields.get(within), fields.get(without)) {
        (Some(_), Some(_)) => Err(format!("`{at}` has both `{within}` and `{without}`")),
        (Some(value), None) => Ok(Some((Listed::In, format!("{at}.{within}"), value))),
        (None, Some(value)) => Ok(Some((Listed::Out, format!("{at}.{without}"), value))),
        (None, None) => Ok(None),
    }
}

/// A text or a list of texts, of which there is at least one.
fn texts(value: &Value, at: &str) -> Result<Vec<String>, String> {
    let one = |value: &Value, at: &str| value.as_str().map(str::to_owned).ok_or_else(|| format!("`{at}` is no text"));
    match value {
        Value::Array(all) if all.is_empty() => Err(format!("`{at}` is empty")),
        Value::Array(all) => all.iter().enumerate().map(|(n, value)| one(value, &format!("{at}[{n}]"))).collect(),
        value => Ok(vec![one(value, at)?]),
    }
}

fn principals(value: &Value, at: &str) -> Result<Principals, String> {
    if value == "*" {
        return Ok(Principals(vec![Named::Everyone]));
    }
    let kinds = value.as_object().filter(|kinds| !kinds.is_empty()).ok_or_else(|| format!("`{at}` is neither `*` nor an object"))?;
    let mut all = Vec::new();
    for (kind, value) in kinds {
        for text in texts(value, &format!("{at}.{kind}"))? {
            all.push(match kind.as_str() {
                "AWS" if text == "*" => Named::Everyone,
                "AWS" => Named::Aws(text),
                "Service" => Named::Service(text),
                "Federated" => Named::Federated(text),
                "CanonicalUser" => Named::Other,
                _ => return Err(format!("`{at}.{kind}`: there is no such kind of principal")),
            });
        }
    }
    Ok(Principals(all))
}

fn conditions(value: &Value, at: &str, variables: bool) -> Result<Vec<Condition>, String> {
    let operators = value.as_object().ok_or_else(|| format!("`{at}` is no object"))?;
    let mut all = Vec::new();
    for (operator, keys) in operators {
        let at = format!("{at}.{operator}");
        let keys = keys.as_object().ok_or_else(|| format!("`{at}` is no object"))?;
        for (key, wanted) in keys {
            let at = format!("{at}.{key}");
            let wanted = match wanted {
                Value::Array(all) => all.iter().enumerate().map(|(n, value)| scalar(value, &format!("{at}[{n}]"))).collect(),
                value => scalar(value, &at).map(|value| vec![value]),
            };
            all.push(Condition::new(operator, key, &wanted?, variables));
        }
    }
    Ok(all)
}

fn scalar(value: &Value, at: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(format!("`{at}` is no text, number or boolean")),
    }
}
