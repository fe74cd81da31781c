//! What holds for every policy and every call.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Context, Decision, Policy, Request, identity, resource};

/// Letters that make trouble: wildcards, colons, variables.
const TEXT: &str = r"[a-b:/*?${}',.]{0,12}|arn:aws:s3:::[ab*?/]{0,6}|\$\{aws:PrincipalTag/T\}[*?a]{0,2}|s3:Get[a-zA-Z*?]{0,4}|true|\*";

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        TEXT.prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        proptest::collection::vec(TEXT, 0..3).prop_map(Value::from)
    ]
}

fn operator() -> impl Strategy<Value = String> {
    let bare = prop_oneof![
        Just("StringEquals"),
        Just("StringNotEquals"),
        Just("StringLike"),
        Just("StringNotLike"),
        Just("StringEqualsIgnoreCase"),
        Just("ArnLike"),
        Just("ArnNotEquals"),
        Just("NumericLessThan"),
        Just("Bool"),
        Just("IpAddress"),
        Just("DateEquals"),
        Just("Null"),
        Just("Unheard"),
    ];
    let set = prop_oneof![Just(""), Just("ForAllValues:"), Just("ForAnyValue:")];
    (set, bare, prop_oneof![Just(""), Just("IfExists")]).prop_map(|(set, bare, end)| format!("{set}{bare}{end}"))
}

fn statement() -> impl Strategy<Value = Value> {
    let key = prop_oneof![Just("aws:PrincipalTag/T"), Just("s3:prefix"), Just("aws:TagKeys")];
    let condition = proptest::collection::btree_map(operator(), (key, value()), 0..3);
    (any::<bool>(), any::<bool>(), TEXT, TEXT, condition, any::<bool>()).prop_map(|(allow, within, action, resource, conditions, named)| {
        let mut statement = json!({ "Effect": if allow { "Allow" } else { "Deny" } });
        statement[if within { "Action" } else { "NotAction" }] = action.into();
        statement[if named { "Resource" } else { "NotResource" }] = resource.into();
        for (operator, (key, value)) in conditions {
            statement["Condition"][operator] = json!({ key: value });
        }
        statement
    })
}

fn context() -> impl Strategy<Value = Context> {
    let values = || proptest::option::of(proptest::collection::vec("[ab*?:]{0,3}", 0..3));
    (values(), values(), any::<bool>()).prop_map(|(tag, prefix, unknown)| {
        let mut context = Context::new();
        for (key, values) in [("aws:PrincipalTag/T", tag), ("s3:prefix", prefix)] {
            if let Some(values) = values {
                context = context.with(key, values);
            }
        }
        if unknown { context.unknown("aws:TagKeys") } else { context }
    })
}

fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

proptest! {
    #[test]
    fn no_document_makes_it_fall_over(statements in proptest::collection::vec(statement(), 1..4), context in context(), asked in TEXT) {
        let policy = Policy::parse(&document(&statements)).unwrap();
        let request = Request { principal: Some(&asked), service: None, action: &asked, resource: &asked, context: &context };
        let _ = identity(&[&policy], &request);
        let _ = resource(&policy, &request);
    }

    #[test]
    fn nor_does_what_is_no_document(value in value(), key in "[A-Za-z]{0,9}") {
        let _ = Policy::parse(&value);
        let _ = Policy::parse(&json!({ "Statement": value }));
        let _ = Policy::parse(&json!({ "Statement": { "Effect": "Allow", "Action": value, "Principal": { &key: value }, "Condition": { &key: { &key: value } } } }));
    }

    #[test]
    fn one_more_allow_never_denies(statements in proptest::collection::vec(statement(), 1..4), context in context(), asked in TEXT) {
        let request = Request { principal: None, service: None, action: "s3:GetObject", resource: &asked, context: &context };
        let before = identity(&[&Policy::parse(&document(&statements)).unwrap()], &request).decision;
        let mut wider = statements;
        wider.push(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
        let after = identity(&[&Policy::parse(&document(&wider)).unwrap()], &request).decision;
        match before {
            Decision::Allow => prop_assert_eq!(after, Decision::Allow),
            Decision::ExplicitDeny => prop_assert_eq!(after, Decision::ExplicitDeny),
            Decision::ImplicitDeny | Decision::Unknown => prop_assert_ne!(after, Decision::ImplicitDeny),
        }
    }

    #[test]
    fn one_more_denial_never_allows(statements in proptest::collection::vec(statement(), 1..4), more in statement(), context in context(), asked in TEXT) {
        let request = Request { principal: None, service: None, action: "s3:GetObject", resource: &asked, context: &context };
        let before = identity(&[&Policy::parse(&document(&statements)).unwrap()], &request).decision;
        let mut narrower = statements;
        let mut more = more;
        more["Effect"] = "Deny".into();
        narrower.push(more);
        let after = identity(&[&Policy::parse(&document(&narrower)).unwrap()], &request).decision;
        if after == Decision::Allow {
            prop_assert_eq!(before, Decision::Allow);
        }
        if before.is_denied() {
            prop_assert!(after.is_denied());
        }
    }

    /// A tag matches itself and nothing else, whatever letters it has.
    #[test]
    fn a_wildcard_in_a_tag_is_a_letter(tag in "[ab*?$]{1,4}", other in "[ab*?$]{1,4}") {
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/T}/*",
            "Condition": { "StringLike": { "s3:prefix": "t/${aws:PrincipalTag/T}/*" } } });
        let policy = Policy::parse(&document(&[statement])).unwrap();
        let (object, prefix) = (format!("arn:aws:s3:::b/{other}/x"), format!("t/{other}/x"));
        let context = Context::new().with("aws:PrincipalTag/T", [tag.as_str()]).with("s3:prefix", [prefix]);
        let request = Request { principal: None, service: None, action: "s3:GetObject", resource: &object, context: &context };
        let expected = if tag == other { Decision::Allow } else { Decision::ImplicitDeny };
        prop_assert_eq!(identity(&[&policy], &request).decision, expected);
    }
}
