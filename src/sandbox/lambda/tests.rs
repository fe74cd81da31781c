//! What Lambda refuses, and what it keeps.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use super::*;
use crate::sandbox::{Faults, Sandbox};

struct Caller(Sandbox);

impl Caller {
    fn new() -> Self {
        Self(Sandbox::open(None, "111122223333", Faults::default()).unwrap())
    }

    async fn call(&self, service: &str, method: &str, path: &str, body: &str) -> (u16, String, Value) {
        let mut headers = HeaderMap::new();
        let scope = format!("AWS4-HMAC-SHA256 Credential=A/20260901/us-east-1/{service}/aws4_request, SignedHeaders=host");
        headers.insert("authorization", HeaderValue::from_str(&scope).unwrap());
        let request = Request::new(method, &path.parse().unwrap(), headers, Bytes::from(body.to_owned()));
        let reply = self.0.answer(&request).await;
        let code = reply.headers.iter().find(|(name, _)| name == "x-amzn-errortype").map(|(_, code)| code.clone());
        (reply.status, code.unwrap_or_default(), serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    async fn lambda(&self, method: &str, path: &str, body: &Value) -> (u16, String, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.call("lambda", method, path, &body).await
    }

    async fn with_role() -> Self {
        let caller = Self::new();
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
        let trust = crate::sandbox::protocol::encode(&trust.to_string());
        let form = format!("Action=CreateRole&Version=2010-05-08&RoleName=x&AssumeRolePolicyDocument={trust}");
        assert_eq!(caller.call("iam", "POST", "/", &form).await.0, 200);
        caller
    }
}

const FUNCTIONS: &str = "/2015-03-31/functions";

fn wanted(zip: &str, variables: &Value) -> Value {
    json!({
        "FunctionName": "acme-tools", "Role": "arn:aws:iam::111122223333:role/x", "Runtime": "python3.13", "Handler": "main.handler",
        "Code": { "ZipFile": zip }, "Environment": { "Variables": variables }, "Description": "tools",
    })
}

#[tokio::test]
async fn a_function_is_made_once_and_changed_one_thing_at_a_time() {
    let caller = Caller::with_role().await;
    let (status, _, made) = caller.lambda("POST", FUNCTIONS, &wanted("YQ==", &json!({ "NAME": "x" }))).await;
    assert_eq!((status, &made["State"], made.get("LastUpdateStatus")), (201, &json!("Pending"), None));
    assert_eq!(made["CodeSha256"], "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=", "of the letter a");
    let (status, code, _) = caller.lambda("POST", FUNCTIONS, &wanted("YQ==", &json!({}))).await;
    assert_eq!((status, code.as_str()), (409, "ResourceConflictException"));

    let one = format!("{FUNCTIONS}/acme-tools");
    let configuration = format!("{one}/configuration");
    let (_, code, _) = caller.lambda("PUT", &configuration, &json!({ "Timeout": 9 })).await;
    assert_eq!(code, "ResourceConflictException", "it is still being made");
    while caller.lambda("GET", &one, &Value::Null).await.2["Configuration"]["State"] != "Active" {}
    assert_eq!(caller.lambda("PUT", &configuration, &json!({ "Timeout": 9 })).await.2["LastUpdateStatus"], "InProgress");
    let (_, code, refused) = caller.lambda("PUT", &format!("{one}/code"), &json!({ "ZipFile": "Yg==" })).await;
    assert!(code == "ResourceConflictException" && refused["message"].as_str().unwrap().contains("in progress"), "{refused}");
    while caller.lambda("GET", &one, &Value::Null).await.2["Configuration"]["LastUpdateStatus"] != "Successful" {}
    let now = caller.lambda("GET", &configuration, &Value::Null).await.2;
    assert_eq!((&now["Timeout"], &now["Description"], &now["Environment"]["Variables"]["NAME"]), (&json!(9), &json!("tools"), &json!("x")));
    assert_eq!(caller.lambda("DELETE", &one, &Value::Null).await.0, 200);
    assert_eq!(caller.lambda("DELETE", &one, &Value::Null).await.0, 404);
}

#[tokio::test]
async fn what_lambda_takes_no_function_of() {
    let caller = Caller::with_role().await;
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut body = wanted("YQ==", &json!({}));
        change(&mut body);
        caller.lambda("POST", FUNCTIONS, &body).await.2["message"].as_str().unwrap_or_default().to_owned()
    };
    for (said, change) in [
        ("cannot be assumed", &(|b: &mut Value| b["Role"] = json!("arn:aws:iam::111122223333:role/none")) as &dyn Fn(&mut Value)),
        ("NoSuchBucket", &|b| b["Code"] = json!({ "S3Bucket": "none", "S3Key": "x" })),
        ("source for function code", &|b| b["Code"] = json!({})),
        ("AWS_REGION", &|b| b["Environment"]["Variables"] = json!({ "AWS_REGION": "x" })),
        ("4KB", &|b| b["Environment"]["Variables"] = json!({ "LONG": "x".repeat(4096) })),
        ("regular expression", &|b| b["Environment"]["Variables"] = json!({ "1A": "x" })),
        ("enum value set", &|b| b["Runtime"] = json!("python2.7")),
        ("mandatory", &|b| drop(b.as_object_mut().unwrap().remove("Handler"))),
        ("900", &|b| b["Timeout"] = json!(901)),
    ] {
        let message = refused(change).await;
        assert!(message.contains(said), "{said}: {message}");
    }
}

#[tokio::test]
async fn statements_come_and_go_one_by_one() {
    let caller = Caller::with_role().await;
    caller.lambda("POST", FUNCTIONS, &wanted("YQ==", &json!({}))).await;
    let policy = format!("{FUNCTIONS}/acme-tools/policy");
    assert_eq!(caller.lambda("GET", &policy, &Value::Null).await.0, 404);
    let statement = json!({
        "StatementId": "api", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com",
        "SourceArn": "arn:aws:execute-api:us-east-1:111122223333:abc/*/*", "SourceAccount": "111122223333",
    });
    assert_eq!(caller.lambda("POST", &policy, &statement).await.0, 201);
    assert_eq!(caller.lambda("POST", &policy, &statement).await.1, "ResourceConflictException");
    let reply = caller.lambda("GET", &policy, &Value::Null).await.2;
    let kept: Value = serde_json::from_str(reply["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(kept["Statement"][0]["Principal"], json!({ "Service": "apigateway.amazonaws.com" }));
    assert_eq!(kept["Statement"][0]["Condition"]["ArnLike"]["AWS:SourceArn"], statement["SourceArn"]);
    assert_eq!(caller.lambda("DELETE", &format!("{policy}/api"), &Value::Null).await.0, 204);
    assert_eq!(caller.lambda("DELETE", &format!("{policy}/api"), &Value::Null).await.0, 404);
    assert_eq!(caller.lambda("GET", &policy, &Value::Null).await.0, 404);
}
