//! The shipped strict profile, compiled: whose credentials reach what.

use serde_json::json;

use super::*;

fn strict() -> Desired {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reading = crate::manifest::open(&root.join("tenants.strict.yaml")).unwrap();
    let (library, found) = Library::read(root, &reading);
    let (manifest, warnings) = reading.finish().unwrap();
    assert!(warnings.is_empty() && found.is_empty(), "{warnings}{found}");
    compile(&manifest, &library, &manifest.platform.names()).unwrap()
}

fn spec<'d>(desired: &'d Desired, address: &str) -> &'d Value {
    desired.iter().find(|(a, _)| a.to_string() == address).unwrap_or_else(|| panic!("no {address}")).1
}

fn slot(of: &str) -> Value {
    json!({ "$late": [{ "slot": of }] })
}

/// What a role's policy allows, action by action, with the statement's resources.
fn allowed(role: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for statement in role["policy"]["Statement"].as_array().unwrap().iter().filter(|s| s["Effect"] == "Allow") {
        for action in statement["Action"].as_array().unwrap() {
            all.push((action.as_str().unwrap().to_owned(), statement["Resource"].to_string()));
        }
    }
    assert!(!all.is_empty());
    all
}

#[test]
fn the_strict_policies_rendered() {
    let desired = strict();
    let ours = ["runtime", "tvm", "broker-function", "interceptor-function", "gateway", "knowledge-base"];
    let roles =
        desired.iter().filter(|(a, _)| a.kind() == "role" && ours.iter().any(|label| a.to_string().ends_with(&format!("/{label}"))));
    let text: Vec<String> = roles
        .filter(|(address, _)| !address.to_string().contains("premium"))
        .map(|(address, spec)| {
            let part = |field: &str| serde_json::to_string_pretty(&crate::late::shown(&spec[field])).unwrap();
            format!("{address}\ntrust {}\npolicy {}\n", part("trust"), part("policy"))
        })
        .collect();
    assert_eq!(text.len(), ours.len());
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn the_broker_alone_takes_on_the_tenants_role() {
    let desired = strict();
    let trust = &spec(&desired, "role/platform/tvm")["trust"]["Statement"];
    let broker = slot("role/platform/broker-function#arn");
    let allows: Vec<&Value> = trust.as_array().unwrap().iter().filter(|s| s["Effect"] == "Allow").collect();
    assert_eq!(allows.len(), 1);
    assert_eq!(allows[0]["Principal"], json!({ "AWS": [broker] }));
    let tvm = "arn:aws:iam::111122223333:role/healthcare-us-east-1-tvm";
    for (address, role) in desired.iter().filter(|(a, _)| a.kind() == "role") {
        let assumes: Vec<String> = allowed(role).into_iter().filter(|(action, _)| action == "sts:AssumeRole").map(|(_, on)| on).collect();
        match address.label() {
            "broker-function" => assert_eq!(assumes, [format!("[\"{tvm}\"]")]),
            "tools-function" => assert!(assumes.len() == 1 && !assumes[0].contains(tvm), "{assumes:?}"),
            _ => assert!(assumes.is_empty(), "{address} takes on {assumes:?}"),
        }
    }
    let environment = &spec(&desired, "function/platform/broker")["environment"];
    let expected = json!({
        "PARAMETER_ROOT": "/app/healthcare", "TIER_CLAIM": "custom:tier", "TENANT_CLAIM": "custom:clinic_id", "TVM_ROLE_ARN": tvm,
        "CLINIC_CONFIG_TABLE": "healthcare-clinic-config", "TENANT_ATTRIBUTE": "clinic_id",
    });
    assert_eq!(*environment, expected);
    let environment = &spec(&desired, "function/platform/interceptor")["environment"];
    assert!(environment["TVM_ROLE_ARN"].is_null() && environment["TENANT_CLAIM"] == "custom:clinic_id", "{environment}");
}

#[test]
fn an_agents_own_role_reaches_no_tenant() {
    let desired = strict();
    let runtime = spec(&desired, "role/platform/runtime");
    for (action, on) in allowed(runtime) {
        let (service, what) = action.split_once(':').unwrap();
        let harmless = match service {
            "ecr" | "logs" | "xray" | "cloudwatch" | "bedrock-mantle" => true,
            "bedrock" => what.starts_with("InvokeModel") || what == "ApplyGuardrail",
            "bedrock-agentcore" => ["GetWorkloadAccessToken", "GetWorkloadAccessTokenForJWT"].contains(&what),
            "ssm" => what.starts_with("GetParameter") && !on.contains("parameter/app/healthcare/*"),
            "lambda" => on == r#"["arn:aws:lambda:us-east-1:111122223333:function:healthcare-broker"]"#,
            _ => false,
        };
        assert!(harmless, "{action} on {on}");
    }
    // Whatever somebody attaches to the role later: these stay out of reach.
    let statements = runtime["policy"]["Statement"].as_array().unwrap();
    let denied = |action: &str| {
        let everywhere = statements.iter().filter(|s| s["Effect"] == "Deny" && s["Resource"] == json!(["*"]) && s["Condition"].is_null());
        everywhere.flat_map(|s| s["Action"].as_array().unwrap()).any(|pattern| {
            let mut rest = action;
            let parts: Vec<&str> = pattern.as_str().unwrap().split('*').collect();
            let (first, last) = (parts[0], parts[parts.len() - 1]);
            rest.starts_with(first)
                && rest.ends_with(last)
                && parts.iter().all(|part| match rest.split_once(part) {
                    Some((_, after)) => {
                        rest = after;
                        true
                    }
                    None => false,
                })
        })
    };
    for action in [
        "sts:AssumeRole",
        "sts:TagSession",
        "dynamodb:GetItem",
        "s3:GetObject",
        "s3vectors:QueryVectors",
        "bedrock:Retrieve",
        "bedrock:RetrieveAndGenerate",
        "bedrock-agentcore:ListEvents",
        "bedrock-agentcore:CreateEvent",
        "bedrock-agentcore:RetrieveMemoryRecords",
        "bedrock-agentcore:ListActors",
        "bedrock-agentcore:ListSessions",
        "bedrock-agentcore:UpdateGateway",
        "bedrock-agentcore:InvokeAgentRuntimeForUser",
        "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
        "secretsmanager:GetSecretValue",
        "iam:PassRole",
        "cognito-idp:AdminUpdateUserAttributes",
    ] {
        assert!(denied(action), "{action} is not denied");
    }
    assert!(!denied("bedrock:InvokeModel") && !denied("lambda:InvokeFunction"));
    for tier in ["basic", "premium"] {
        let environment = &spec(&desired, &format!("runtime/tier:{tier}/main"))["environment"];
        assert_eq!(environment["BROKER_FUNCTION"], slot("function/platform/broker#name"));
    }
    for (address, role) in desired.iter().filter(|(a, _)| a.kind() == "role") {
        assert!(
            allowed(role).iter().all(|(action, _)| !action.starts_with("bedrock:Retrieve")),
            "{address} searches every tenant's documents"
        );
    }
}

#[test]
fn tools_hear_whose_a_request_is_from_the_interceptor_alone() {
    let desired = strict();
    for tier in ["basic", "premium"] {
        let gateway = spec(&desired, &format!("gateway/tier:{tier}/main"));
        let interceptor = json!({ "lambda": slot("function/platform/interceptor#arn"), "request_headers": "passed_on" });
        assert_eq!(gateway["interceptor"], interceptor);
        let target = spec(&desired, &format!("gateway_target/tier:{tier}/tools"));
        assert_eq!(target["headers"], json!(["X-Clinic-ID", "X-Tier", "X-User-ID"]));
    }
    let calls =
        allowed(spec(&desired, "role/platform/gateway")).into_iter().find(|(action, _)| action == "lambda:InvokeFunction").unwrap().1;
    assert!(calls.contains("healthcare-tools") && calls.contains("healthcare-interceptor"), "{calls}");
    assert!(!calls.contains("healthcare-broker"), "{calls}");
}

#[test]
fn each_tenant_has_an_index_that_is_opened_by_their_name() {
    let desired = strict();
    let own = |kind: &str| desired.iter().filter(|(a, _)| a.kind() == kind).map(|(a, _)| a.owner().to_string()).collect::<Vec<_>>();
    for kind in ["vector_index", "knowledge_base", "data_source"] {
        assert_eq!(own(kind).len(), 8);
        assert!(own(kind).iter().all(|owner| owner.starts_with("tenant:")), "{kind}: {:?}", own(kind));
    }
    assert_eq!(spec(&desired, "vector_index/tenant:clinic-a/main")["name"], "t-clinic-a");
    let base = spec(&desired, "knowledge_base/tenant:clinic-a/main");
    assert_eq!(base["index"], slot("vector_index/tenant:clinic-a/main#arn"));
    assert_eq!(spec(&desired, "data_source/tenant:clinic-a/documents")["prefix"], "basic-tier/clinic-a/");
    let published = spec(&desired, "parameter/tenant:clinic-a/knowledge_base/clinic-a_kb_id");
    assert_eq!(
        (&published["name"], &published["value"]),
        (&json!("/app/healthcare/knowledge_base/clinic-a_kb_id"), &slot("knowledge_base/tenant:clinic-a/main#id"))
    );

    let tvm = allowed(spec(&desired, "role/platform/tvm"));
    let query = &tvm.iter().find(|(action, _)| action == "s3vectors:QueryVectors").unwrap().1;
    assert_eq!(query, r#"["arn:aws:s3vectors:us-east-1:111122223333:bucket/healthcare-vectors/index/t-${aws:PrincipalTag/ClinicId}"]"#);
}
