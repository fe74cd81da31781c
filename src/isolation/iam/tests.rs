//! What IAM does, a vector a rule.

use serde_json::{Value, json};

use super::*;

const ROLE: &str = "arn:aws:iam::111122223333:role/runtime";
const A: Decision = Decision::Allow;
const D: Decision = Decision::ExplicitDeny;
const I: Decision = Decision::ImplicitDeny;
const U: Decision = Decision::Unknown;

fn policy(statements: &Value) -> Policy {
    Policy::parse(&json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
}

fn asked<'a>(action: &'a str, resource: &'a str, context: &'a Context) -> Request<'a> {
    Request { principal: Some(ROLE), service: None, action, resource, context }
}

fn says(statements: &Value, action: &str, resource: &str, context: &Context) -> Decision {
    identity(&[&policy(statements)], &asked(action, resource, context)).decision
}

/// An Allow of everything on this condition.
fn on(condition: &Value, context: &Context) -> Decision {
    says(&json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }]), "s3:GetObject", "*", context)
}

/// An Allow of this resource.
fn of(resource: &str, asked: &str, context: &Context) -> Decision {
    says(&json!([{ "Effect": "Allow", "Action": "*", "Resource": resource }]), "s3:GetObject", asked, context)
}

fn tag(value: &str) -> Context {
    Context::new().with("aws:PrincipalTag/Tenant", [value])
}

fn allow(more: &Value) -> Value {
    let mut all = json!({ "Sid": "Yes", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    all
}

#[test]
fn a_denial_wins_over_what_allows_and_silence_denies() {
    let none = Context::new();
    let deny = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" });
    assert_eq!(says(&json!([allow(&json!({}))]), "s3:GetObject", "*", &none), A);
    assert_eq!(says(&json!([allow(&json!({}))]), "s3:PutObject", "*", &none), I);
    assert_eq!(says(&json!([allow(&json!({})), deny]), "s3:GetObject", "*", &none), D);
    let judged = identity(&[&policy(&json!([allow(&json!({})), deny]))], &asked("s3:GetObject", "*", &none));
    assert_eq!(judged.by.as_deref(), Some("statement 2"));
    // Over several policies, too.
    let (one, two) = (policy(&json!([allow(&json!({}))])), policy(&json!(deny)));
    assert_eq!(identity(&[&one, &two], &asked("s3:GetObject", "*", &none)).decision, D);
    assert_eq!(identity(&[&one], &asked("s3:GetObject", "*", &none)).by.as_deref(), Some("Yes"));
    assert_eq!(identity(&[], &asked("s3:GetObject", "*", &none)).decision, I);
}

#[test]
fn what_is_not_known_is_neither_an_allow_nor_a_denial() {
    let none = Context::new();
    let maybe = json!({ "StringSometimes": { "aws:PrincipalTag/Tenant": "a" } });
    let deny = json!({ "Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": maybe });
    let yes = allow(&json!({}));
    let perhaps = allow(&json!({ "Condition": maybe }));
    assert_eq!(says(&json!([perhaps]), "s3:GetObject", "*", &none), U);
    assert_eq!(says(&json!([perhaps, yes]), "s3:GetObject", "*", &none), A);
    assert_eq!(says(&json!([yes, deny]), "s3:GetObject", "*", &none), U);
    // Nothing allows it, whatever the denial turns out to be.
    assert_eq!(says(&json!([deny]), "s3:GetObject", "*", &none), I);
    let sure = json!({ "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*" });
    assert_eq!(says(&json!([perhaps, deny, sure]), "s3:GetObject", "*", &none), D);
    let judged = identity(&[&policy(&json!([yes, deny]))], &asked("s3:GetObject", "*", &none));
    assert_eq!(judged.by.as_deref(), Some("No"));
}

#[test]
fn actions_are_the_same_in_upper_and_lower_case_and_have_no_variables() {
    let none = Context::new();
    let with = |action: &str| says(&json!([{ "Effect": "Allow", "Action": action, "Resource": "*" }]), "S3:getobject", "*", &none);
    assert_eq!(with("s3:GetObject"), A);
    assert_eq!(with("s3:Get*"), A);
    assert_eq!(with("s3:G?tObject"), A);
    assert_eq!(with("s3:GetObjectAcl"), I);
    assert_eq!(with("${*}"), I);
    let not = |action: &str| says(&json!([{ "Effect": "Allow", "NotAction": action, "Resource": "*" }]), "s3:GetObject", "*", &none);
    assert_eq!(not("iam:*"), A);
    assert_eq!(not("s3:*"), I);
}

#[test]
fn variables_stand_for_the_value_alone() {
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b/a/x", &tag("a")), A);
    assert_eq!(of("arn:aws:s3:::b/${aws:principaltag/tenant}/*", "arn:aws:s3:::b/a/x", &tag("a")), A);
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b/ab/x", &tag("a")), I);
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b/A/x", &tag("a")), I);
    // A wildcard in a tag is a character.
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b/other/x", &tag("*")), I);
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b/b/x", &tag("?")), I);
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b/*/x", &tag("*")), A);
    // Without a value the resource is none at all: not `b//x`.
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b//x", &Context::new()), I);
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant, 'none'}/*", "arn:aws:s3:::b/none/x", &Context::new()), A);
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant, 'none'}/*", "arn:aws:s3:::b/a/x", &tag("a")), A);
    assert_eq!(of("arn:aws:s3:::b/${*}${?}${$}", "arn:aws:s3:::b/*?$", &Context::new()), A);
    assert_eq!(of("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", &Context::new()), I);
}

#[test]
fn variables_that_aws_does_not_describe_prove_nothing() {
    let two = Context::new().with("aws:PrincipalTag/Tenant", ["a", "b"]);
    assert_eq!(of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b/a/x", &two), U);
    assert_eq!(
        of("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*", "arn:aws:s3:::b/a/x", &Context::new().unknown("aws:principaltag/TENANT")),
        U
    );
    for broken in ["${aws:Princ*Tag/Tenant}", "${aws:PrincipalTag/Tenant", "${}", "${a:b, default}", "${a:b, 'x*'}", "${nothing}"] {
        assert_eq!(of(&format!("arn:aws:s3:::b/{broken}/*"), "arn:aws:s3:::b/a/x", &tag("a")), U, "{broken}");
    }
}

#[test]
fn the_old_version_has_no_variables() {
    for version in [json!({}), json!({ "Version": "2008-10-17" })] {
        let mut document = version;
        document["Statement"] = json!({ "Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/*" });
        let policy = Policy::parse(&document).unwrap();
        let says = |resource: &str| identity(&[&policy], &asked("s3:GetObject", resource, &tag("a"))).decision;
        assert_eq!(says("arn:aws:s3:::b/a/x"), I);
        assert_eq!(says("arn:aws:s3:::b/${aws:PrincipalTag/Tenant}/x"), A);
    }
}

#[test]
fn text_operators() {
    let a = tag("a");
    let t = "aws:PrincipalTag/Tenant";
    for (condition, expected) in [
        (json!({ "StringEquals": { t: "a" } }), A),
        (json!({ "StringEquals": { t: ["b", "a"] } }), A),
        (json!({ "StringEquals": { t: "A" } }), I),
        (json!({ "StringEquals": { t: "*" } }), I),
        (json!({ "StringEquals": { "AWS:principaltag/TENANT": "a" } }), A),
        (json!({ "StringEqualsIgnoreCase": { t: "A" } }), A),
        (json!({ "StringNotEqualsIgnoreCase": { t: "A" } }), I),
        (json!({ "StringLike": { t: "?*" } }), A),
        (json!({ "StringLike": { t: "A*" } }), I),
        (json!({ "StringNotLike": { t: ["b*", "c*"] } }), A),
        (json!({ "StringNotEquals": { t: ["b", "a"] } }), I),
        (json!({ "StringNotEquals": { t: ["b", "c"] } }), A),
        // Keys and operators all have to hold.
        (json!({ "StringEquals": { t: "a", "aws:PrincipalTag/Tier": "x" } }), I),
        (json!({ "StringEquals": { t: "a" }, "StringNotEquals": { t: "a" } }), I),
        (json!({ "StringEquals": { t: [] } }), U),
        (json!({ "StringNotEquals": { t: [] } }), U),
    ] {
        assert_eq!(on(&condition, &a), expected, "{condition}");
    }
    let slash = Context::new().with("s3:prefix", ["t/a:b/c"]);
    assert_eq!(on(&json!({ "StringLike": { "s3:prefix": "t/*" } }), &slash), A);
    assert_eq!(on(&json!({ "StringLike": { "s3:prefix": "t/?/c" } }), &slash), I);
    // A pattern that is asked for as a text is a text.
    let star = Context::new().with("s3:prefix", ["t/*"]);
    assert_eq!(on(&json!({ "StringLike": { "s3:prefix": "t/a/*" } }), &star), I);
}

#[test]
fn keys_that_are_missing() {
    let none = Context::new();
    let t = "aws:PrincipalTag/Tenant";
    for (condition, expected) in [
        (json!({ "StringEquals": { t: "a" } }), I),
        (json!({ "StringNotEquals": { t: "a" } }), A),
        (json!({ "StringNotLike": { t: "a" } }), A),
        (json!({ "ArnNotEquals": { t: "arn:aws:iam::1:role/x" } }), A),
        (json!({ "StringEqualsIfExists": { t: "a" } }), A),
        (json!({ "BoolIfExists": { t: "true" } }), A),
        (json!({ "NumericLessThan": { t: "1" } }), I),
        (json!({ "NotIpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), A),
        (json!({ "ForAllValues:StringEquals": { t: "a" } }), A),
        (json!({ "ForAllValues:StringNotEquals": { t: "a" } }), A),
        (json!({ "ForAllValues:StringLikeIfExists": { t: "a" } }), A),
        (json!({ "ForAnyValue:StringEquals": { t: "a" } }), I),
        (json!({ "ForAnyValue:StringNotEquals": { t: "a" } }), I),
        (json!({ "ForAnyValue:StringEqualsIfExists": { t: "a" } }), U),
        (json!({ "Null": { t: "true" } }), A),
        (json!({ "Null": { t: true } }), A),
        (json!({ "Null": { t: "false" } }), I),
        (json!({ "Null": { t: "perhaps" } }), U),
        (json!({ "NullIfExists": { t: "true" } }), U),
        (json!({ "ForAllValues:Null": { t: "true" } }), U),
        (json!({ "DateLessThan": { "aws:CurrentTime": "2026-01-01T00:00:00Z" } }), I),
    ] {
        assert_eq!(on(&condition, &none), expected, "{condition}");
    }
    for (condition, expected) in [(json!({ "Null": { t: "false" } }), A), (json!({ "Null": { t: "true" } }), I)] {
        assert_eq!(on(&condition, &tag("a")), expected, "{condition}");
        assert_eq!(on(&condition, &none.clone().unknown(t)), U, "{condition}");
        // AWS calls an empty text null in one place, a value in another.
        assert_eq!(on(&condition, &tag("")), U, "{condition}");
    }
    // A key that is there and empty counts as missing.
    let empty = Context::new().with(t, [""; 0]);
    assert_eq!(on(&json!({ "Null": { t: "false" } }), &empty), I);
    assert_eq!(on(&json!({ "ForAllValues:StringEquals": { t: "a" } }), &empty), A);
    assert_eq!(on(&json!({ "ForAnyValue:StringEquals": { t: "a" } }), &empty), I);
}

#[test]
fn sets_of_values() {
    let k = "dynamodb:LeadingKeys";
    let with = |values: &[&str]| Context::new().with(k, values.iter().copied());
    let all = json!({ "ForAllValues:StringEquals": { k: ["a", "b"] } });
    assert_eq!(on(&all, &with(&["a", "b", "a"])), A);
    assert_eq!(on(&all, &with(&["a", "c"])), I);
    let any = json!({ "ForAnyValue:StringEquals": { k: ["a", "b"] } });
    assert_eq!(on(&any, &with(&["c", "a"])), A);
    assert_eq!(on(&any, &with(&["c"])), I);
    let other = json!({ "ForAnyValue:StringNotEquals": { k: "a" } });
    assert_eq!(on(&other, &with(&["a", "b"])), A);
    assert_eq!(on(&other, &with(&["a", "a"])), I);
    let none = json!({ "ForAllValues:StringNotEquals": { k: "a" } });
    assert_eq!(on(&none, &with(&["b", "c"])), A);
    assert_eq!(on(&none, &with(&["b", "a"])), I);
    // An operator for one value, on several: certain only where every value says the same.
    assert_eq!(on(&json!({ "StringEquals": { k: "a" } }), &with(&["a", "b"])), U);
    assert_eq!(on(&json!({ "StringEquals": { k: "a" } }), &with(&["b", "c"])), I);
    assert_eq!(on(&json!({ "ForSomeValues:StringEquals": { k: "a" } }), &with(&["a"])), U);
}

#[test]
fn values_that_are_null() {
    let keys = Context::new().with("dynamodb:LeadingKeys", ["T#"]);
    let value = "T#${aws:PrincipalTag/Tenant}";
    assert_eq!(on(&json!({ "StringEquals": { "dynamodb:LeadingKeys": value } }), &keys), I);
    assert_eq!(on(&json!({ "StringNotEquals": { "dynamodb:LeadingKeys": value } }), &keys), A);
    assert_eq!(on(&json!({ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [value] } }), &keys), I);
    assert_eq!(on(&json!({ "ForAnyValue:StringNotEquals": { "dynamodb:LeadingKeys": [value] } }), &keys), A);
    // Another value may still fit.
    assert_eq!(on(&json!({ "StringEquals": { "dynamodb:LeadingKeys": [value, "T#"] } }), &keys), A);
    assert_eq!(on(&json!({ "StringEquals": { "dynamodb:LeadingKeys": value } }), &keys.unknown("aws:PrincipalTag/Tenant")), U);
}

#[test]
fn numbers_truths_and_addresses() {
    let context = Context::new().with("n:n", ["12"]).with("n:b", ["True"]).with("aws:SourceIp", ["10.1.2.3"]).with("n:t", ["x"]);
    for (condition, expected) in [
        (json!({ "NumericEquals": { "n:n": 12 } }), A),
        (json!({ "NumericEquals": { "n:n": "12.0" } }), A),
        (json!({ "NumericNotEquals": { "n:n": 12 } }), I),
        (json!({ "NumericLessThan": { "n:n": 12 } }), I),
        (json!({ "NumericLessThanEquals": { "n:n": 12 } }), A),
        (json!({ "NumericGreaterThan": { "n:n": "9" } }), A),
        (json!({ "NumericGreaterThanEquals": { "n:n": "13" } }), I),
        (json!({ "NumericEquals": { "n:n": "NaN" } }), U),
        (json!({ "NumericEquals": { "n:t": 1 } }), U),
        (json!({ "Bool": { "n:b": true } }), A),
        (json!({ "Bool": { "n:b": "false" } }), I),
        (json!({ "Bool": { "n:b": "${n:b}" } }), U),
        (json!({ "Bool": { "n:t": "true" } }), U),
        (json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), A),
        (json!({ "IpAddress": { "aws:SourceIp": "10.1.2.4" } }), I),
        (json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } }), A),
        (json!({ "NotIpAddress": { "aws:SourceIp": "10.1.2.0/24" } }), I),
        (json!({ "IpAddress": { "aws:SourceIp": "::/0" } }), I),
        (json!({ "IpAddress": { "aws:SourceIp": "10.1.2.3/33" } }), U),
        (json!({ "IpAddress": { "aws:SourceIp": "ten" } }), U),
        (json!({ "BinaryEquals": { "n:t": "eA==" } }), U),
        (json!({ "DateGreaterThan": { "n:t": "2026-01-01T00:00:00Z" } }), U),
    ] {
        assert_eq!(on(&condition, &context), expected, "{condition}");
    }
}

#[test]
fn arns_are_compared_part_by_part_and_resources_as_a_whole_too() {
    let from = Context::new().with("aws:SourceArn", ["arn:aws:bedrock:eu-west-1:111122223333:knowledge-base/KB:1"]);
    for operator in ["ArnLike", "ArnEquals"] {
        let like = |pattern: &str| on(&json!({ operator: { "aws:SourceArn": pattern } }), &from);
        assert_eq!(like("arn:aws:bedrock:eu-west-1:111122223333:*"), A);
        assert_eq!(like("arn:aws:bedrock:*:111122223333:knowledge-base/*"), A);
        assert_eq!(like("arn:aws:*:111122223333:knowledge-base/KB:1:x"), I);
        assert_eq!(like("arn:aws:bedrock:eu-west-1:*:knowledge-base/KB"), I);
        assert_eq!(like("arn:aws:bedrock:*"), U);
        assert_eq!(like("arn:aws:lambda:*"), I);
    }
    // A wildcard in one part does not reach the next: the whole text would fit.
    assert_eq!(on(&json!({ "ArnNotLike": { "aws:SourceArn": "arn:aws:b*:x:y:z:*" } }), &from), A);
    let none = Context::new();
    let asked = "arn:aws:bedrock-agentcore:us-east-1:111122223333:memory/m-1";
    assert_eq!(of("*", asked, &none), A);
    assert_eq!(of("arn:aws:bedrock-agentcore:*:*:memory/*", asked, &none), A);
    assert_eq!(of("arn:aws:bedrock-agentcore:*", asked, &none), U);
    assert_eq!(of("arn:aws:bedrock-agentcore:us-east-1:*", asked, &none), U);
    assert_eq!(of("arn:aws:s3:*", asked, &none), I);
    // Colons that a tag brings in end no part.
    let tag = tag("us-east-1:111122223333");
    assert_eq!(of("arn:aws:bedrock-agentcore:${aws:PrincipalTag/Tenant}:memory/m-1", asked, &tag), U);
    assert_eq!(
        says(&json!([{ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*" }]), "s3:GetObject", "arn:aws:s3:::c/x", &none),
        A
    );
    assert_eq!(
        says(&json!([{ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*" }]), "s3:GetObject", "arn:aws:s3:::b/x", &none),
        I
    );
}

fn trusts(principal: &Value, principal_of_call: Option<&str>, service: Option<&str>) -> Decision {
    trusts_by("Allow", "Principal", principal, principal_of_call, service)
}

fn trusts_by(effect: &str, key: &str, principal: &Value, caller: Option<&str>, service: Option<&str>) -> Decision {
    let all = json!({ "Effect": "Allow", "Action": "*", "Principal": "*" });
    let one = json!({ "Effect": effect, "Action": "sts:AssumeRole", key: principal });
    let statements = if effect == "Deny" { json!([all, one]) } else { json!([one]) };
    let context = Context::new();
    resource(&policy(&statements), &Request { principal: caller, service, action: "sts:AssumeRole", resource: "x", context: &context })
        .decision
}

#[test]
fn principals() {
    let session = "arn:aws:sts::111122223333:assumed-role/runtime/one";
    for (principal, role, session_says) in [
        (json!("*"), A, A),
        (json!({ "AWS": "*" }), A, A),
        (json!({ "AWS": ROLE }), A, A),
        (json!({ "AWS": ["arn:aws:iam::111122223333:role/other", ROLE] }), A, A),
        (json!({ "AWS": "arn:aws:iam::111122223333:root" }), A, A),
        (json!({ "AWS": "111122223333" }), A, A),
        (json!({ "AWS": "444455556666" }), I, I),
        (json!({ "AWS": "arn:aws:iam::444455556666:root" }), I, I),
        (json!({ "AWS": "arn:aws-cn:iam::111122223333:root" }), I, I),
        (json!({ "AWS": "arn:aws:iam::111122223333:role/runtime2" }), I, I),
        (json!({ "AWS": "arn:aws:iam::111122223333:role/a/runtime" }), I, A),
        (json!({ "AWS": session }), U, A),
        (json!({ "AWS": "arn:aws:sts::111122223333:assumed-role/runtime/two" }), U, I),
        (json!({ "AWS": "arn:aws:iam::111122223333:role/run*" }), U, U),
        (json!({ "AWS": "AROAQWERTYUIOPASDFGH" }), I, I),
        (json!({ "Service": "lambda.amazonaws.com" }), I, I),
        (json!({ "CanonicalUser": "79a59d" }), U, U),
    ] {
        assert_eq!(trusts(&principal, Some(ROLE), None), role, "{principal}");
        assert_eq!(trusts(&principal, Some(session), None), session_says, "{principal}");
    }
    let lambda = Some("lambda.amazonaws.com");
    assert_eq!(trusts(&json!({ "Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"] }), None, lambda), A);
    assert_eq!(trusts(&json!({ "Service": "ec2.amazonaws.com" }), None, lambda), I);
    assert_eq!(trusts(&json!({ "AWS": ROLE }), None, lambda), I);
    assert_eq!(trusts(&json!({ "AWS": ROLE }), None, None), I);
    assert_eq!(trusts(&json!("*"), None, None), A);
    let pool = "cognito-identity.amazonaws.com";
    assert_eq!(trusts(&json!({ "Federated": pool }), Some(pool), None), A);
    assert_eq!(trusts(&json!({ "Federated": pool }), Some("accounts.google.com"), None), I);
}

#[test]
fn an_account_that_is_named_decides_nothing_by_itself() {
    let context = Context::new();
    let call = Request { principal: Some(ROLE), service: None, action: "sts:AssumeRole", resource: "x", context: &context };
    let says = |effect: &str, principal: &Value| {
        let one = json!({ "Effect": effect, "Action": "*", "Principal": principal });
        let all = json!({ "Effect": "Allow", "Action": "*", "Principal": "*" });
        resource_by_name(&policy(&if effect == "Deny" { json!([one, all]) } else { json!([one]) }), &call).decision
    };
    for account in [json!({ "AWS": "111122223333" }), json!({ "AWS": "arn:aws:iam::111122223333:root" })] {
        assert_eq!(says("Allow", &account), I);
        assert_eq!(says("Deny", &account), D);
    }
    assert_eq!(says("Allow", &json!({ "AWS": ["111122223333", ROLE] })), A);
    assert_eq!(says("Allow", &json!("*")), A);
}

#[test]
fn principals_that_are_left_out() {
    let other = json!({ "AWS": "arn:aws:iam::111122223333:role/other" });
    let own = json!({ "AWS": ROLE });
    assert_eq!(trusts_by("Allow", "NotPrincipal", &other, Some(ROLE), None), A);
    assert_eq!(trusts_by("Allow", "NotPrincipal", &own, Some(ROLE), None), I);
    assert_eq!(trusts_by("Deny", "NotPrincipal", &other, Some(ROLE), None), D);
    // Its session and its account would have to be there as well.
    assert_eq!(trusts_by("Deny", "NotPrincipal", &own, Some(ROLE), None), U);
    assert_eq!(trusts_by("Deny", "NotPrincipal", &json!("*"), Some(ROLE), None), A);
    assert_eq!(trusts_by("Deny", "Principal", &json!("*"), None, None), D);
}

#[test]
fn policies_in_the_wrong_place_prove_nothing() {
    let none = Context::new();
    let with = policy(&json!([{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }]));
    assert_eq!(identity(&[&with], &asked("s3:GetObject", "*", &none)).decision, U);
    let without = policy(&json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]));
    assert_eq!(resource(&without, &asked("s3:GetObject", "*", &none)).decision, U);
    let nowhere = policy(&json!([{ "Effect": "Allow", "Action": "*" }]));
    assert_eq!(identity(&[&nowhere], &asked("s3:GetObject", "*", &none)).decision, U);
}

#[test]
fn two_policies_together() {
    let of = |decision| Judgement { decision, by: None };
    for (one, other, bound, together) in
        [(A, A, A, A), (A, I, I, A), (A, D, D, D), (A, U, U, U), (I, U, I, U), (U, D, D, D), (I, I, I, I), (U, U, U, U)]
    {
        assert_eq!(bounded(of(one), of(other)).decision, bound, "{one:?} {other:?}");
        assert_eq!(bounded(of(other), of(one)).decision, bound, "{one:?} {other:?}");
        assert_eq!(either(of(one), of(other)).decision, together, "{one:?} {other:?}");
        assert_eq!(either(of(other), of(one)).decision, together, "{one:?} {other:?}");
    }
}

#[test]
fn what_is_no_policy_is_told_with_its_place() {
    let error = |document: Value| Policy::parse(&document).map(|_| ()).unwrap_err();
    let one = |statement: Value| error(json!({ "Version": "2012-10-17", "Statement": [statement] }));
    assert_eq!(error(json!([])), "the policy is no object");
    assert_eq!(error(json!({ "Version": "2012-10-17" })), "`Statement` is missing");
    assert_eq!(error(json!({ "Statement": [] })), "`Statement` is empty");
    assert_eq!(
        error(json!({ "Version": "2012-10-18", "Statement": {} })),
        "`Version`: \"2012-10-18\" is neither `2012-10-17` nor `2008-10-17`"
    );
    assert_eq!(error(json!({ "Statements": [] })), "`Statements`: a policy has no such key");
    assert_eq!(one(json!("x")), "`Statement[0]` is no object");
    assert_eq!(one(json!({ "Effect": "allow" })), "`Statement[0].Effect` is neither `Allow` nor `Deny`");
    assert_eq!(one(json!({ "Effect": "Allow" })), "`Statement[0]` has neither `Action` nor `NotAction`");
    assert_eq!(one(json!({ "Effect": "Allow", "Action": "*", "NotAction": "*" })), "`Statement[0]` has both `Action` and `NotAction`");
    assert_eq!(one(json!({ "Effect": "Allow", "Action": ["a:b", 1] })), "`Statement[0].Action[1]` is no text");
    assert_eq!(one(json!({ "Effect": "Allow", "Action": [] })), "`Statement[0].Action` is empty");
    assert_eq!(
        one(json!({ "Effect": "Allow", "Action": "*", "Conditions": {} })),
        "`Statement[0].Conditions`: a statement has no such key"
    );
    assert_eq!(one(json!({ "Effect": "Allow", "Action": "*", "Principal": "x" })), "`Statement[0].Principal` is neither `*` nor an object");
    let odd = json!({ "Effect": "Allow", "Action": "*", "Principal": { "Aws": "*" } });
    assert_eq!(one(odd), "`Statement[0].Principal.Aws`: there is no such kind of principal");
    let flat = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "StringEquals": "x" } });
    assert_eq!(one(flat), "`Statement[0].Condition.StringEquals` is no object");
    let deep = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "StringEquals": { "a:b": [null] } } });
    assert_eq!(one(deep), "`Statement[0].Condition.StringEquals.a:b[0]` is no text, number or boolean");
}
