//! Sessions, what they may do, and how they are refused, asked as clients ask.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::super::protocol::encode;
use super::super::{Faults, Sandbox};
use super::*;

const ACCOUNT: &str = "111122223333";
/// Of the sandbox's user.
const USER: &str = "AKIAIOSFODNN7EXAMPLE";
const MEMORY: &str = "acme_basic_memory";

struct Aws(Sandbox);

impl Aws {
    fn new() -> Self {
        Self(Sandbox::open(None, ACCOUNT, Faults::default()).unwrap())
    }

    async fn send(
        &self,
        key: &str,
        service: &str,
        method: &str,
        uri: &str,
        headers: &[(&'static str, &str)],
        body: String,
    ) -> (u16, String) {
        let scope = format!("AWS4-HMAC-SHA256 Credential={key}/20260901/us-east-1/{service}/aws4_request, SignedHeaders=host");
        let mut sent = HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_str(&scope).unwrap())]);
        sent.extend(headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())));
        let reply = self.0.answer(&Request::new(method, &uri.parse().unwrap(), sent, body.into())).await;
        (reply.status, String::from_utf8(reply.body).unwrap())
    }

    async fn form(&self, key: &str, service: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.send(key, service, "POST", "/", &[], body.join("&")).await
    }

    async fn role(&self, name: &str, trust: &Value, policy: &Value) {
        let document = |statements: &Value| json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let created = [("Action", "CreateRole"), ("RoleName", name), ("AssumeRolePolicyDocument", &document(trust))];
        assert_eq!(self.form(USER, "iam", &created).await.0, 200);
        let put = [("Action", "PutRolePolicy"), ("RoleName", name), ("PolicyName", "own"), ("PolicyDocument", &document(policy))];
        assert_eq!(self.form(USER, "iam", &put).await.0, 200);
    }

    /// A session's access key, or the refusal.
    async fn assume(&self, key: &str, role: &str, tags: &[(&str, &str)], transitive: &[&str]) -> Result<String, String> {
        self.assume_with(key, role, tags, transitive, &[]).await
    }

    async fn assume_with(
        &self,
        key: &str,
        role: &str,
        tags: &[(&str, &str)],
        transitive: &[&str],
        more: &[(&str, &str)],
    ) -> Result<String, String> {
        let mut fields: Vec<(String, String)> = vec![
            ("Action".into(), "AssumeRole".into()),
            ("RoleArn".into(), format!("arn:aws:iam::{ACCOUNT}:role/{role}")),
            ("RoleSessionName".into(), "one".into()),
        ];
        for (n, (key, value)) in (1..).zip(tags) {
            fields.push((format!("Tags.member.{n}.Key"), (*key).into()));
            fields.push((format!("Tags.member.{n}.Value"), (*value).into()));
        }
        fields.extend((1..).zip(transitive).map(|(n, key)| (format!("TransitiveTagKeys.member.{n}"), (*key).into())));
        fields.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (status, said) = self.form(key, "sts", &fields).await;
        let part = |name: &str| said.split_once(&format!("<{name}>")).and_then(|(_, rest)| Some(rest.split_once('<')?.0.to_owned()));
        if status == 200 {
            Ok(part("AccessKeyId").unwrap())
        } else {
            Err(format!("{}: {}", part("Code").unwrap(), part("Message").unwrap()))
        }
    }

    async fn dynamo(&self, key: &str, operation: &'static str, body: Value) -> (u16, String) {
        self.send(key, "dynamodb", "POST", "/", &[("x-amz-target", &format!("DynamoDB_20120810.{operation}"))], body.to_string()).await
    }

    async fn memory(&self, key: &str, method: &str, path: &str, body: Value) -> (u16, String) {
        self.send(key, "bedrock-agentcore", method, path, &[], body.to_string()).await
    }
}

fn user_trust() -> Value {
    json!([{ "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": ["sts:AssumeRole", "sts:TagSession"] }])
}

/// Trusts one role, with exactly one tag, handed on.
fn tenant_trust(who: &str) -> Value {
    json!([{ "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:role/{who}") }, "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringLike": { "aws:RequestTag/Tenant": "?*" },
            "ForAllValues:StringEquals": { "aws:TagKeys": ["Tenant"] },
            "ForAnyValue:StringEquals": { "sts:TransitiveTagKeys": "Tenant" },
        } }])
}

fn own_data() -> Value {
    json!([
        { "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::data/t/${aws:PrincipalTag/Tenant}/*" },
        { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::data",
          "Condition": { "StringLike": { "s3:prefix": "t/${aws:PrincipalTag/Tenant}/*" } } },
        { "Effect": "Allow", "Action": ["dynamodb:*Item", "dynamodb:Query"],
          "Resource": ["arn:aws:dynamodb:us-east-1:111122223333:table/rows", "arn:aws:dynamodb:us-east-1:111122223333:table/rows/index/by-tenant"],
          "Condition": { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": "${aws:PrincipalTag/Tenant}" }, "Null": { "dynamodb:LeadingKeys": "false" } } },
        { "Effect": "Allow", "Action": ["bedrock-agentcore:*Event*", "bedrock-agentcore:ListSessions"], "Resource": "arn:aws:bedrock-agentcore:us-east-1:111122223333:memory/*",
          "Condition": { "StringEquals": { "bedrock-agentcore:actorId": "${aws:PrincipalTag/Tenant}" } } },
        { "Effect": "Allow", "Action": "bedrock-agentcore:*MemoryRecords", "Resource": "arn:aws:bedrock-agentcore:us-east-1:111122223333:memory/*",
          "Condition": { "StringLike": { "bedrock-agentcore:namespace": "clinic/${aws:PrincipalTag/Tenant}/*" } } },
    ])
}

/// A platform with a runtime's role that may take on a tenant's, and keys of both.
async fn platform() -> (Aws, String, String) {
    let aws = Aws::new();
    aws.role("runtime", &user_trust(), &json!([{ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }])).await;
    aws.role("tenant", &tenant_trust("runtime"), &own_data()).await;
    let runtime = aws.assume(USER, "runtime", &[], &[]).await.unwrap();
    let tenant = aws.assume(&runtime, "tenant", &[("Tenant", "a")], &["Tenant"]).await.unwrap();
    (aws, runtime, tenant)
}

#[tokio::test]
async fn a_session_has_to_bring_the_tags_that_the_trust_asks_for() {
    let (aws, runtime, tenant) = platform().await;
    aws.role("other", &user_trust(), &json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }])).await;
    let other = aws.assume(USER, "other", &[], &[]).await.unwrap();
    let a = ("Tenant", "a");
    for (key, tags, transitive, refused) in [
        (
            &runtime,
            &[][..],
            &[][..],
            "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/runtime/one is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/tenant",
        ),
        (&runtime, &[a], &[], "AccessDenied"),
        (&runtime, &[a, ("More", "x")], &["Tenant"], "AccessDenied"),
        (&runtime, &[("Tenant", "")], &["Tenant"], "AccessDenied"),
        (&runtime, &[a], &["Tenant", "More"], "InvalidParameterValue"),
        (&runtime, &[a, ("tenant", "b")], &["Tenant"], "InvalidInput"),
        (&runtime, &[("Tenant", "a*")], &["Tenant"], "ValidationError"),
        // Not even who may do anything is let in by a role that trusts another by name.
        (&other, &[a], &["Tenant"], "AccessDenied"),
        (&tenant, &[], &[], "AccessDenied"),
    ] {
        let said = aws.assume(key, "tenant", tags, transitive).await.unwrap_err();
        assert!(said.starts_with(refused), "{tags:?} {transitive:?}: {said}");
    }
    assert!(aws.assume(USER, "tenant", &[a], &["Tenant"]).await.is_err());
    // Whoever is denied by their own policies is not let in by name.
    aws.role("denied", &user_trust(), &json!([{ "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*" }])).await;
    aws.role("of-denied", &tenant_trust("denied"), &own_data()).await;
    let denied = aws.assume(USER, "denied", &[], &[]).await.unwrap();
    assert!(aws.assume(&denied, "of-denied", &[a], &["Tenant"]).await.unwrap_err().contains("explicit deny"));
}

#[tokio::test]
async fn a_role_that_trusts_the_account_asks_for_the_callers_own_policies() {
    let aws = Aws::new();
    let may = |action: &str| json!([{ "Effect": "Allow", "Action": action, "Resource": "*" }]);
    aws.role("with", &user_trust(), &may("sts:*")).await;
    aws.role("without", &user_trust(), &may("s3:*")).await;
    aws.role("target", &user_trust(), &may("s3:*")).await;
    let (with, without) = (aws.assume(USER, "with", &[], &[]).await.unwrap(), aws.assume(USER, "without", &[], &[]).await.unwrap());
    assert!(aws.assume(&with, "target", &[], &[]).await.is_ok());
    assert!(aws.assume(&without, "target", &[], &[]).await.is_err());
    // What can't be told is not let in.
    let odd = json!([{ "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "sts:AssumeRole", "Condition": { "StringSortOf": { "sts:RoleSessionName": "one" } } }]);
    aws.role("odd", &odd, &may("s3:*")).await;
    let said = aws.assume(&with, "odd", &[], &[]).await.unwrap_err();
    assert!(said.contains("AccessDenied") && said.contains("tell what `statement 1` means"), "{said}");
}

#[tokio::test]
async fn the_user_stands_for_a_service_that_a_role_trusts() {
    let aws = Aws::new();
    let trust = |account: &str| {
        json!([{ "Effect": "Allow", "Principal": { "Service": "bedrock-agentcore.amazonaws.com" }, "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "aws:SourceAccount": account } } }])
    };
    aws.role("runtime", &trust(ACCOUNT), &json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }])).await;
    aws.role("elsewhere", &trust("444455556666"), &json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }])).await;
    let runtime = aws.assume(USER, "runtime", &[], &[]).await.unwrap();
    assert!(aws.assume(USER, "runtime", &[("Tenant", "a")], &[]).await.is_err());
    assert!(aws.assume(USER, "elsewhere", &[], &[]).await.is_err());
    assert!(aws.assume(&runtime, "runtime", &[], &[]).await.is_err());
}

#[tokio::test]
async fn transitive_tags_go_on_and_cannot_be_changed() {
    let (aws, _, tenant) = platform().await;
    let by_tag = json!([{ "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": { "StringEquals": { "aws:PrincipalTag/Tenant": "a" } } }]);
    aws.role("next", &json!([{ "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:role/tenant") }, "Action": ["sts:AssumeRole", "sts:TagSession"] }]), &by_tag).await;
    let next = aws.assume(&tenant, "next", &[], &[]).await.unwrap();
    assert_eq!(aws.send(&next, "s3", "GET", "/", &[], String::new()).await.0, 200);
    let said = aws.assume(&tenant, "next", &[("tenant", "b")], &[]).await.unwrap_err();
    assert!(said.starts_with("InvalidParameterValue"), "{said}");
}

#[tokio::test]
async fn objects_are_kept_apart_by_their_prefix() {
    let (aws, runtime, tenant) = platform().await;
    aws.send(USER, "s3", "PUT", "/data", &[], String::new()).await;
    for key in ["t/a/one", "t/ab/one", "t/b/one"] {
        assert_eq!(aws.send(USER, "s3", "PUT", &format!("/data/{key}"), &[], "x".into()).await.0, 200);
    }
    for (method, uri, status) in [
        ("GET", "/data/t/a/one", 200),
        ("HEAD", "/data/t/a/one", 200),
        ("PUT", "/data/t/a/two", 200),
        ("GET", "/data/t/ab/one", 403),
        ("GET", "/data/t/b/one", 403),
        ("HEAD", "/data/t/b/one", 403),
        ("PUT", "/data/t/b/two", 403),
        ("DELETE", "/data/t/b/one", 403),
        ("GET", "/data/t/A/one", 403),
        ("GET", "/data/t/a/one?versionId=null", 403),
        ("GET", "/data?list-type=2&prefix=t/a/", 200),
        ("GET", "/data?list-type=2&prefix=t/a", 403),
        ("GET", "/data?list-type=2&prefix=t/b/", 403),
        ("GET", "/data?list-type=2&prefix=", 403),
        ("GET", "/data?list-type=2", 403),
        ("GET", "/data?versions", 403),
        ("GET", "/data", 403),
        ("GET", "/", 403),
    ] {
        let (found, said) = aws.send(&tenant, "s3", method, uri, &[], String::new()).await;
        assert_eq!(found, status, "{method} {uri}: {said}");
        assert_eq!(aws.send(&runtime, "s3", method, uri, &[], String::new()).await.0, 403, "{method} {uri}");
    }
    let many = |keys: [&str; 2]| format!("<Delete>{}</Delete>", keys.map(|key| format!("<Object><Key>{key}</Key></Object>")).concat());
    let (status, said) = aws.send(&tenant, "s3", "POST", "/data?delete", &[("content-md5", "x")], many(["t/a/two", "t/b/one"])).await;
    assert!(status == 403 && said.contains("<Code>AccessDenied</Code>") && said.contains("arn:aws:s3:::data/t/b/one"), "{said}");
    // A policy of the bucket can deny, and allow whom it names.
    let policy = |principal: &str| {
        let whole = ["arn:aws:s3:::data/*"];
        json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": whole, "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
            { "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": whole },
            { "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "s3:GetObject", "Resource": whole },
        ] })
        .to_string()
    };
    for (principal, status) in [(format!("arn:aws:iam::{ACCOUNT}:root"), 403), (format!("arn:aws:iam::{ACCOUNT}:role/tenant"), 200)] {
        assert_eq!(aws.send(USER, "s3", "PUT", "/data?policy", &[("content-md5", "x")], policy(&principal)).await.0, 204);
        assert_eq!(aws.send(&tenant, "s3", "GET", "/data/t/b/one", &[], String::new()).await.0, status);
        assert_eq!(aws.send(&tenant, "s3", "PUT", "/data/t/a/two", &[], String::new()).await.0, 403);
        assert_eq!(aws.send(&tenant, "s3", "GET", "/data/t/a/one", &[], String::new()).await.0, 200);
    }
}

#[tokio::test]
async fn rows_are_kept_apart_by_their_partition() {
    let (aws, _, tenant) = platform().await;
    let attributes = ["id", "tenant"].map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    let table = json!({ "TableName": "rows", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes,
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "GlobalSecondaryIndexes": [{ "IndexName": "by-tenant", "KeySchema": [{ "AttributeName": "tenant", "KeyType": "HASH" }], "Projection": { "ProjectionType": "ALL" } }] });
    assert_eq!(aws.dynamo(USER, "CreateTable", table).await.0, 200);
    for _ in 0..3 {
        aws.dynamo(USER, "DescribeTable", json!({ "TableName": "rows" })).await;
    }
    let row = |id: &str| json!({ "id": { "S": id }, "tenant": { "S": id } });
    let key = |id: &str| json!({ "id": { "S": id } });
    for id in ["a", "ab", "b"] {
        assert_eq!(aws.dynamo(USER, "PutItem", json!({ "TableName": "rows", "Item": row(id) })).await.0, 200);
    }
    let query = |id: &str, index: Option<&str>| {
        let mut body = json!({ "TableName": "rows", "KeyConditionExpression": if index.is_some() { "tenant = :k" } else { "id = :k" },
            "ExpressionAttributeValues": { ":k": { "S": id } } });
        if let Some(index) = index {
            body["IndexName"] = index.into();
        }
        body
    };
    let get = |ids: &[&str]| json!({ "RequestItems": { "rows": { "Keys": ids.iter().map(|id| key(id)).collect::<Vec<_>>() } } });
    let write = |ids: &[&str]| {
        let puts =
            ids.iter().map(|id| json!({ "PutRequest": { "Item": row(id) } })).chain([json!({ "DeleteRequest": { "Key": key("a2") } })]);
        json!({ "RequestItems": { "rows": puts.collect::<Vec<_>>() } })
    };
    for (operation, body, allowed) in [
        ("GetItem", json!({ "TableName": "rows", "Key": key("a") }), true),
        ("GetItem", json!({ "TableName": "rows", "Key": key("ab") }), false),
        ("GetItem", json!({ "TableName": "rows", "Key": key("A") }), false),
        ("GetItem", json!({ "TableName": "others", "Key": key("a") }), false),
        ("GetItem", json!({ "TableName": "rows", "Key": {} }), false),
        ("PutItem", json!({ "TableName": "rows", "Item": row("a") }), true),
        ("PutItem", json!({ "TableName": "rows", "Item": row("b") }), false),
        ("DeleteItem", json!({ "TableName": "rows", "Key": key("b") }), false),
        ("UpdateItem", json!({ "TableName": "rows", "Key": key("b") }), false),
        ("Query", query("a", None), true),
        ("Query", query("b", None), false),
        ("Query", query("a", Some("by-tenant")), true),
        ("Query", query("b", Some("by-tenant")), false),
        ("Query", query("a", Some("by-day")), false),
        ("Query", json!({ "TableName": "rows" }), false),
        ("BatchGetItem", get(&["a"]), true),
        ("BatchGetItem", get(&["a", "b"]), false),
        ("BatchWriteItem", write(&["a"]), false),
        ("Scan", json!({ "TableName": "rows" }), false),
        ("Scan", json!({ "TableName": "rows", "IndexName": "by-tenant" }), false),
        ("TransactGetItems", json!({ "TransactItems": [{ "Get": { "TableName": "rows", "Key": key("b") } }] }), false),
        ("ExecuteStatement", json!({ "Statement": "SELECT * FROM rows" }), false),
        ("DescribeTable", json!({ "TableName": "rows" }), false),
        ("ListTables", json!({}), false),
    ] {
        let (status, said) = aws.dynamo(&tenant, operation, body.clone()).await;
        assert_eq!(status == 200, allowed, "{operation} {body}: {said}");
        assert!(allowed || said.contains("AccessDeniedException"), "{operation} {body}: {said}");
    }
}

#[tokio::test]
async fn events_are_kept_apart_by_their_actor() {
    let (aws, _, tenant) = platform().await;
    let strategy = json!([{ "semanticMemoryStrategy": { "name": "facts", "namespaces": ["clinic/{actorId}/facts"] } }]);
    let memory = json!({ "name": MEMORY, "eventExpiryDuration": 30, "memoryStrategies": strategy });
    let (status, said) = aws.memory(USER, "POST", "/memories/create", memory).await;
    assert_eq!(status, 202, "{said}");
    let made: Value = serde_json::from_str(&said).unwrap();
    let at = |rest: &str| format!("/memories/{}/{rest}", made["memory"]["id"].as_str().unwrap());
    let event = |actor: &str| {
        let said = json!([{ "conversational": { "role": "USER", "content": { "text": format!("I am {actor}") } } }]);
        json!({ "actorId": actor, "sessionId": "s", "eventTimestamp": 1000, "payload": said })
    };
    for actor in ["a", "ab", "b"] {
        assert_eq!(aws.memory(USER, "POST", &at("events"), event(actor)).await.0, 201);
    }
    for (method, path, body, allowed) in [
        ("POST", at("events"), event("a"), true),
        ("POST", at("events"), event("b"), false),
        ("POST", at("actor/a/sessions/s"), json!({}), true),
        ("POST", at("actor/b/sessions/s"), json!({}), false),
        ("POST", at("actor/ab/sessions/s"), json!({}), false),
        ("POST", at("actor/a%2Fb/sessions/s"), json!({}), false),
        ("POST", at("actor/a/sessions"), json!({}), true),
        ("POST", at("actor/b/sessions"), json!({}), false),
        ("GET", at("actor/b/sessions/s/events/0%23a"), json!({}), false),
        ("DELETE", at("actor/b/sessions/s/events/0%23a"), json!({}), false),
        ("POST", at("actors"), json!({}), false),
        ("POST", at("memoryRecords"), json!({ "namespace": "clinic/a/" }), true),
        ("POST", at("memoryRecords"), json!({ "namespace": "clinic/b/" }), false),
        ("POST", at("memoryRecords"), json!({ "namespace": "clinic/a" }), false),
        ("POST", at("memoryRecords"), json!({ "namespace": "clinic/*/" }), false),
        ("POST", at("memoryRecords"), json!({ "namespacePath": "clinic/a/" }), false),
        ("POST", at("retrieve"), json!({ "namespace": "clinic/ab/", "searchCriteria": { "searchQuery": "x" } }), false),
        ("POST", at("retrieve"), json!({ "searchCriteria": { "searchQuery": "x" } }), false),
        ("GET", at("details"), json!({}), false),
    ] {
        let (status, said) = aws.memory(&tenant, method, &path, body.clone()).await;
        assert_eq!(status < 300, allowed, "{method} {path} {body}: {said}");
        assert!(allowed || (status == 403 && said.contains("AccessDeniedException")), "{method} {path} {body}: {said}");
    }
    let (_, said) =
        aws.memory(&tenant, "POST", &at("retrieve"), json!({ "namespace": "clinic/a/", "searchCriteria": { "searchQuery": "x" } })).await;
    assert!(said.contains("I am a") && !said.contains("I am ab") && said.contains("clinic/a/facts"), "{said}");
    let (_, said) = aws.memory(&tenant, "POST", &at("actor/a/sessions/s"), json!({})).await;
    let events: Value = serde_json::from_str(&said).unwrap();
    let id = events["events"][0]["eventId"].as_str().unwrap().replace('#', "%23");
    let own = at(&format!("actor/a/sessions/s/events/{id}"));
    assert_eq!(aws.memory(&tenant, "GET", &own, json!({})).await.0, 200);
    assert_eq!(aws.memory(&tenant, "DELETE", &own, json!({})).await.0, 200);
    assert_eq!(aws.memory(&tenant, "GET", &own, json!({})).await.0, 404);
    assert_eq!(aws.memory(USER, "POST", "/memories/none-0123456789/actors", json!({})).await.0, 404);
    assert_eq!(aws.memory(USER, "POST", &at("actor/-/sessions"), json!({})).await.0, 400);
}

#[tokio::test]
async fn everything_else_is_refused_unless_it_is_allowed_as_a_whole() {
    let (aws, runtime, tenant) = platform().await;
    let ssm = |key: &str| {
        let (key, body) = (key.to_owned(), json!({ "Name": "/secret" }).to_string());
        let aws = &aws;
        async move { aws.send(&key, "ssm", "POST", "/", &[("x-amz-target", "AmazonSSM.GetParameter")], body).await }
    };
    for key in [&runtime, &tenant] {
        let (status, said) = ssm(key).await;
        assert!(status == 400 && said.contains("AccessDeniedException") && said.contains("no identity-based policy allows"), "{said}");
        assert_eq!(aws.form(key, "iam", &[("Action", "ListRoles")]).await.0, 403);
        assert_eq!(aws.form(key, "sts", &[("Action", "GetCallerIdentity")]).await.0, 200);
        assert_eq!(aws.send(key, "lambda", "GET", "/2015-03-31/functions", &[], String::new()).await.0, 403);
        assert_eq!(aws.send(key, "bedrock-agentcore", "POST", "/runtimes/x/invocations", &[], String::new()).await.0, 403);
    }
    aws.role("reader", &user_trust(), &json!([{ "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*" }])).await;
    let reader = aws.assume(USER, "reader", &[], &[]).await.unwrap();
    assert!(ssm(&reader).await.1.contains("ParameterNotFound"));
    // A session policy narrows, and never widens.
    let narrow = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } }).to_string();
    let narrowed = aws.assume_with(USER, "reader", &[], &[], &[("Policy", &narrow)]).await.unwrap();
    assert!(ssm(&narrowed).await.1.contains("AccessDeniedException"));
    assert_eq!(aws.send(&narrowed, "s3", "GET", "/", &[], String::new()).await.0, 403);
}

#[tokio::test]
async fn a_key_that_was_handed_out_never_becomes_the_users() {
    let (aws, _, _) = platform().await;
    let (status, said) = aws.send("ASIASANDBOXAAAAAAAAA", "s3", "GET", "/", &[], String::new()).await;
    assert!(status == 400 && said.contains("ExpiredToken"), "{said}");
    assert_eq!(aws.form("ASIASANDBOXAAAAAAAAA", "iam", &[("Action", "ListRoles")]).await.0, 403);
    assert_eq!(aws.form("ASIASANDBOXAAAAAAAAA", "sts", &[("Action", "GetCallerIdentity")]).await.0, 403);
    // Nor does the session of a role that is gone.
    let aws = Aws::new();
    aws.role("short", &user_trust(), &json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }])).await;
    let key = aws.assume(USER, "short", &[], &[]).await.unwrap();
    assert_eq!(aws.send(&key, "s3", "GET", "/", &[], String::new()).await.0, 200);
    for (action, more) in [("DeleteRolePolicy", Some(("PolicyName", "own"))), ("DeleteRole", None)] {
        let fields: Vec<(&str, &str)> = [("Action", action), ("RoleName", "short")].into_iter().chain(more).collect();
        assert_eq!(aws.form(USER, "iam", &fields).await.0, 200);
    }
    assert_eq!(aws.send(&key, "s3", "GET", "/", &[], String::new()).await.0, 403);
}
