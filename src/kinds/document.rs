//! Policy documents in one canonical form, so that what AWS gives back compares equal to what it was given.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JSON policy, parsed and in one canonical form, so that equal meaning is equal text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub(crate) struct PolicyDocument(pub(super) Value);

impl From<Value> for PolicyDocument {
    fn from(mut value: Value) -> Self {
        value.sort_all_objects();
        canonical(&mut value, "");
        Self(value)
    }
}

impl PolicyDocument {
    /// Parses what AWS stores.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).context("reading a policy that AWS stores")?;
        Ok(value.into())
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// As AWS is to store it.
    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }
}

/// AWS takes one string for a list of one and any order of a list; condition values and principals likewise. IAM keeps an
/// account as the ARN of its root, and a condition's numbers and flags are texts to it.
fn canonical(value: &mut Value, key: &str) {
    match value {
        Value::Object(map) => {
            if map.contains_key("$late") {
                return;
            }
            for (key, inner) in map.iter_mut() {
                canonical(inner, key);
                let listed = matches!(
                    key.as_str(),
                    "Action" | "NotAction" | "Resource" | "NotResource" | "Statement" | "AWS" | "Service" | "Federated"
                );
                if listed && !inner.is_array() {
                    *inner = Value::Array(vec![inner.take()]);
                }
                if key == "AWS" {
                    inner.as_array_mut().into_iter().flatten().for_each(whole_account);
                    sort(inner);
                }
            }
            if matches!(key, "Condition") {
                for operator in map.values_mut().filter_map(Value::as_object_mut) {
                    for values in operator.values_mut() {
                        if !values.is_array() {
                            *values = Value::Array(vec![values.take()]);
                        }
                        for value in values.as_array_mut().into_iter().flatten().filter(|v| v.is_boolean() || v.is_number()) {
                            *value = Value::String(value.to_string());
                        }
                        sort(values);
                    }
                }
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| canonical(item, key));
            if key != "Statement" {
                sort(value);
            }
        }
        _ => {}
    }
}

fn whole_account(principal: &mut Value) {
    let account = principal.as_str().filter(|text| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()));
    if let Some(account) = account {
        *principal = Value::String(format!("arn:aws:iam::{account}:root"));
    }
}

fn sort(value: &mut Value) {
    if let Value::Array(items) = value {
        items.sort_by_key(ToString::to_string);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_that_say_the_same_are_equal() {
        let policy = |principal: Value, limit: Value, secure: Value| {
            PolicyDocument::from(json!({ "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": principal },
                "Condition": { "Bool": { "aws:SecureTransport": secure }, "NumericLessThan": { "s3:max-keys": limit } },
            }] }))
        };
        let root = "arn:aws:iam::111122223333:root";
        let whole = policy(json!([root, "arn:aws:iam::111122223333:role/x"]), json!("10"), json!(["false"]));
        assert_eq!(policy(json!(["arn:aws:iam::111122223333:role/x", "111122223333"]), json!(10), json!(false)), whole);
        assert_eq!(policy(json!("111122223333"), json!([10]), json!(true)), policy(json!(root), json!("10"), json!("true")));
        assert_ne!(policy(json!("111122223333"), json!(10), json!(true)), policy(json!("444455556666"), json!(10), json!(true)));
    }
}
