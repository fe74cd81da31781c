//! The shipped files, compiled: every hole is filled, and reviewers see a policy's change as text.

use std::path::Path;

use serde_json::Value;

use super::*;
use crate::manifest::{Data, DataTable, Observability, Traces};

fn shipped() -> (Manifest, Library, Names) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reading = crate::manifest::open(&root.join("tenants.yaml")).unwrap();
    let (library, found) = Library::read(root, &reading);
    let (manifest, warnings) = reading.finish().unwrap();
    assert!(warnings.is_empty() && found.is_empty());
    let names = Names {
        platform: manifest.platform.name.clone(),
        account: manifest.platform.account.clone(),
        region: manifest.platform.region.clone(),
    };
    (manifest, library, names)
}

#[test]
fn the_shipped_policies_rendered() {
    let (manifest, library, names) = shipped();
    let desired = compile(&manifest, &library, &names).unwrap();
    let roles = desired.iter().filter(|(address, _)| matches!(address.kind(), "role"));
    let text: Vec<String> = roles
        .map(|(address, spec)| {
            let part = |field: &str| serde_json::to_string_pretty(&crate::late::shown(&spec[field])).unwrap();
            format!("{address}\ntrust {}\npolicy {}\n", part("trust"), part("policy"))
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn no_two_resources_share_a_name_and_the_same_files_give_the_same_documents() {
    let (manifest, library, names) = shipped();
    let (one, other) = (compile(&manifest, &library, &names).unwrap(), compile(&manifest, &library, &names).unwrap());
    assert_eq!(one.specs(), other.specs());
    let mut seen = std::collections::BTreeSet::new();
    for (address, spec) in one.iter() {
        let name = ["name", "id", "key", "prefix", "alias", "email"].iter().find_map(|f| spec[f].as_str());
        // What is named after an id of AWS's is told apart by what it refers to.
        let name = name.map_or_else(|| spec.to_string(), str::to_owned);
        assert!(seen.insert((address.kind().to_owned(), name)), "{address} shares its name");
    }
}

#[test]
fn nobody_writes_what_tells_tenants_apart() {
    let (manifest, library, names) = shipped();
    let desired = compile(&manifest, &library, &names).unwrap();
    let clients: Vec<_> = desired.iter().filter(|(a, _)| a.kind() == "client").collect();
    assert_eq!(clients.len(), 2);
    for (address, client) in clients {
        assert_eq!(client["write_attributes"], serde_json::json!(["name"]), "{address}");
        assert!(!client["read_attributes"].to_string().contains(crate::kinds::User::MARK), "{address}");
        assert!(client["read_attributes"].as_array().is_some_and(|all| !all.is_empty()), "{address} reads what AWS lets it");
        assert_eq!(client["auth_flows"], serde_json::json!(["ALLOW_REFRESH_TOKEN_AUTH"]), "{address}");
        assert_eq!((&client["hides_unknown_users"], &client["revocation"]), (&true.into(), &true.into()), "{address}");
    }
    let pool = desired.iter().find(|(a, _)| a.kind() == "user_pool").unwrap().1;
    assert_eq!(pool["self_sign_up"], false);
    assert_eq!(pool["attributes"]["clinic_id"]["mutable"], false);
    assert_eq!((&pool["attributes"]["tier"]["mutable"], &pool["attributes"]["role"]["mutable"]), (&true.into(), &true.into()));
    assert_eq!(pool["attributes"]["tenantry"]["mutable"], true);
}

#[test]
fn runtimes_and_gateways_let_in_their_own_tier_alone() {
    let (manifest, library, names) = shipped();
    let desired = compile(&manifest, &library, &names).unwrap();
    let doors: Vec<_> = desired.iter().filter(|(a, _)| matches!(a.kind(), "runtime" | "gateway")).collect();
    assert_eq!(doors.len(), 4);
    for (address, door) in doors {
        let Owner::Tier(tier) = address.owner() else { panic!("{address} belongs to no tier") };
        assert_eq!(door["authorizer"]["custom_claims"], serde_json::json!({ "custom:tier": tier.as_str() }), "{address}");
    }
}

#[test]
fn a_tenants_users_carry_the_claims_of_their_manifest() {
    let (mut manifest, library, names) = shipped();
    let first = manifest.tenants.values_mut().next().unwrap();
    first.users[0].email = "Dr.Smith@Clinic-A.com".into();
    let desired = compile(&manifest, &library, &names).unwrap();
    let users: Vec<_> = desired.iter().filter(|(a, _)| a.kind() == "user").collect();
    assert_eq!(users.len(), manifest.tenants.values().map(|t| t.users.len()).sum::<usize>());
    let (address, smith) = users[0];
    assert_eq!(address.to_string(), "user/tenant:clinic-a/dr.smith@clinic-a.com");
    assert_eq!(smith["tenant"], serde_json::json!({ "clinic_id": "clinic-a" }));
    assert_eq!(smith["claims"], serde_json::json!({ "tier": "basic", "role": "physician" }));
    assert_eq!((&smith["enabled"], &smith["email_verified"], &smith["invitation"]), (&true.into(), &true.into(), &"suppress".into()));
}

#[test]
fn a_missing_section_provisions_nothing_of_it() {
    let (mut manifest, library, names) = shipped();
    for tier in manifest.tiers.values_mut() {
        (tier.knowledge_base, tier.runtime, tier.gateway, tier.project) = (None, None, None, None);
        (tier.guardrail, tier.usage_plan) = (None, None);
    }
    (manifest.data, manifest.api, manifest.observability, manifest.registry) = (None, None, None, None);
    manifest.functions.clear();
    let desired = compile(&manifest, &library, &names).unwrap();
    for kind in [
        "knowledge_base",
        "data_source",
        "vector_bucket",
        "vector_index",
        "runtime",
        "object",
        "gateway",
        "gateway_target",
        "guardrail",
        "guardrail_version",
        "project",
        "role",
        "key",
        "table",
        "tenant_row",
        "function",
        "permission",
        "rest_api",
        "stage",
        "usage_plan",
        "api_key",
        "log_group",
        "delivery_source",
        "trace_destination",
        "registry",
    ] {
        assert!(desired.iter().all(|(address, _)| address.kind() != kind), "{kind} is declared");
    }
    assert!(desired.iter().any(|(address, _)| address.kind() == "prefix"));
}

#[test]
fn a_guardrail_is_published_with_the_version_of_its_content() {
    let (mut manifest, library, names) = shipped();
    let text = "version: 1\nplatform: { name: acme, region: us-east-1, account: \"111122223333\" }\n\
                tiers: { basic: { model: a.b, guardrail: {} }, premium: { model: a.b, guardrail: { words: [x] } } }\ntenants: {}\n";
    let (other, _) = crate::manifest::from_text(Path::new("tenants.yaml"), text.into()).unwrap();
    for (name, tier) in &mut manifest.tiers {
        tier.guardrail.clone_from(&other.tiers[name].guardrail);
    }
    let desired = compile(&manifest, &library, &names).unwrap();
    let digests: Vec<&Value> = desired.iter().filter(|(a, _)| a.kind() == "guardrail_version").map(|(_, spec)| &spec["digest"]).collect();
    assert_eq!(digests.len(), 2);
    assert_ne!(digests[0], digests[1]);
    for key in ["id", "arn", "version"] {
        let name = format!("/app/healthcare/guardrails/basic_{key}");
        let parameter = desired.iter().find(|(a, spec)| a.kind() == "parameter" && spec["name"] == *name).unwrap().1;
        let slot = crate::late::slots(parameter).into_iter().next().unwrap();
        assert_eq!(slot.attribute, key);
        assert_eq!(slot.address.kind(), if key == "version" { "guardrail_version" } else { "guardrail" });
    }
}

/// The shipped manifest with `data: {}` and one table more.
fn with_data() -> Desired {
    let (mut manifest, library, names) = shipped();
    let table = DataTable { key: "visit_id".into(), sort_key: Some("day".into()), indexes: [("by-day".into(), "day".into())].into() };
    manifest.data = Some(Data { tables: [("visits".into(), table)].into() });
    compile(&manifest, &library, &names).unwrap()
}

#[test]
fn tables_are_closed_and_published_and_every_tenant_has_a_row() {
    let desired = with_data();
    let all = |kind: &str| desired.iter().filter(|(a, _)| a.kind() == kind).map(|(_, spec)| spec).collect::<Vec<_>>();
    assert_eq!(all("key").len(), 1);
    assert_eq!(all("key")[0]["alias"], "alias/healthcare-data");
    let tables = all("table");
    assert_eq!(
        tables.iter().map(|t| t["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["healthcare-patient-metadata", "healthcare-clinic-config", "healthcare-visits"]
    );
    for table in tables {
        assert!(table["deletion_protection"] == true && table["point_in_time_recovery"] == true, "{table}");
        assert_eq!(table["encryption_key"], serde_json::json!({ "$late": [{ "slot": "key/platform/data#arn" }] }));
    }
    let published: Vec<&str> =
        all("parameter").iter().filter_map(|p| p["name"].as_str()?.strip_prefix("/app/healthcare/dynamodb/")).collect();
    assert_eq!(published, ["patient_metadata_table_name", "clinic_config_table_name", "visits_table_name"]);
    let rows = all("tenant_row");
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[0]["attributes"]["s3_prefix"], "basic-tier/clinic-a/");
    assert_eq!(rows[0]["attributes"]["specialty"], "Family Medicine / Primary Care");
}

#[test]
fn the_key_serves_tables_and_its_administrators_read_nothing_with_it() {
    let desired = with_data();
    let key = desired.iter().find(|(a, _)| a.kind() == "key").unwrap().1;
    for statement in key["policy"]["Statement"].as_array().unwrap() {
        let actions: Vec<&str> = statement["Action"].as_array().unwrap().iter().filter_map(|a| a.as_str()).collect();
        assert!(actions.iter().all(|a| !a.contains('*')), "{actions:?}");
        if actions.contains(&"kms:Decrypt") {
            let condition = &statement["Condition"]["StringEquals"];
            assert_eq!(condition["kms:ViaService"], serde_json::json!(["dynamodb.us-east-1.amazonaws.com"]));
            assert_eq!(condition["kms:CallerAccount"], serde_json::json!(["111122223333"]));
        }
    }
}

#[test]
fn a_tenants_role_reaches_the_tables_and_index_that_are_declared() {
    let desired = with_data();
    let tvm = desired.iter().find(|(a, _)| a.to_string() == "role/platform/tools-tvm").unwrap().1;
    let own = tvm["policy"]["Statement"].as_array().unwrap().iter().find(|s| s["Sid"] == "OwnRows").unwrap();
    let (_, index) = own["Resource"][1].as_str().unwrap().split_once(":table/healthcare-patient-metadata/index/").unwrap();
    let patients = desired.iter().find(|(a, _)| a.to_string() == "table/platform/patient-metadata").unwrap().1;
    assert_eq!(patients["indexes"][index]["key"], "clinic_id");
    assert!(own["Resource"][0].as_str().unwrap().ends_with(":table/healthcare-clinic-config"));
    assert_eq!(own["Condition"]["Null"], serde_json::json!({ "dynamodb:LeadingKeys": ["false"] }));
}

/// The documents that session tags decide by: all roles that are taken on for one tenant at a time.
fn tenants_roles(desired: &Desired) -> Vec<(String, &Value)> {
    of_kind(desired, "role").into_iter().filter(|(address, _)| address.ends_with("tvm")).collect()
}

#[test]
fn a_session_that_lacks_a_tag_may_do_nothing() {
    let (manifest, library, names) = shipped();
    let desired = compile(&manifest, &library, &names).unwrap();
    let roles = tenants_roles(&desired);
    assert_eq!(roles.iter().map(|(a, _)| a.as_str()).collect::<Vec<_>>(), ["role/platform/tools-tvm", "role/platform/tvm"]);
    for (address, role) in roles {
        for tag in ["Tier", "ClinicId", "UserId"] {
            let wanted = serde_json::json!({ "Null": { format!("aws:PrincipalTag/{tag}"): ["true"] } });
            let everything = serde_json::json!(["*"]);
            let refused = role["policy"]["Statement"]
                .as_array()
                .unwrap()
                .iter()
                .any(|s| s["Effect"] == "Deny" && s["Condition"] == wanted && s["Action"] == everything && s["Resource"] == everything);
            assert!(refused, "{address} does without the tag {tag}");
            let demanded = role["trust"]["Statement"][0]["Condition"].as_object().unwrap();
            let each = |operator: &str, key: &str| demanded[operator][key].as_array().is_some_and(|all| all.iter().any(|v| v == tag));
            assert!(each("ForAllValues:StringEquals", "aws:TagKeys") && each("ForAllValues:StringEquals", "sts:TransitiveTagKeys"));
            let stays = demanded.keys().filter(|o| o.starts_with("ForAnyValue:")).any(|o| each(o, "sts:TransitiveTagKeys"));
            assert!(stays, "{address} is assumed without the tag {tag} being transitive");
        }
    }
}

#[test]
fn a_tenants_role_reaches_the_memory_of_its_tier_by_the_name_that_it_has() {
    let (manifest, library, mut names) = shipped();
    names.platform = "city-clinics".parse().unwrap();
    let desired = compile(&manifest, &library, &names).unwrap();
    let (_, tvm) = tenants_roles(&desired).into_iter().find(|(address, _)| address == "role/platform/tvm").unwrap();
    let memories: Vec<&str> = of_kind(&desired, "memory").into_iter().map(|(_, spec)| spec["name"].as_str().unwrap()).collect();
    let statements = tvm["policy"]["Statement"].as_array().unwrap();
    let own: Vec<&Value> = statements.iter().filter(|s| s["Effect"] == "Allow" && s["Action"].to_string().contains("agentcore")).collect();
    assert_eq!(own.len(), 3);
    for (statement, tier) in own.iter().flat_map(|s| ["basic", "premium"].map(|tier| (s, tier))) {
        let reached = statement["Resource"][0].as_str().unwrap().replace("${aws:PrincipalTag/Tier}", tier);
        let reached = reached.strip_prefix("arn:aws:bedrock-agentcore:us-east-1:111122223333:memory/").unwrap().strip_suffix("-*").unwrap();
        assert!(memories.contains(&reached), "{reached} is not among {memories:?}");
    }
    let keys: Vec<&str> = own
        .iter()
        .flat_map(|s| s["Condition"].as_object().unwrap().values().next().unwrap().as_object().unwrap().keys())
        .map(String::as_str)
        .collect();
    assert_eq!(keys, ["bedrock-agentcore:actorId", "bedrock-agentcore:namespace", "bedrock-agentcore:namespacePath"]);
}

#[test]
fn a_users_token_asks_the_agent_and_does_nothing_else() {
    let (manifest, library, names) = shipped();
    let desired = compile(&manifest, &library, &names).unwrap();
    let policies = of_kind(&desired, "resource_policy");
    assert_eq!(policies.len(), 4);
    for (address, spec) in policies {
        let (place, owner) = (address.rsplit('/').next().unwrap(), address.split('/').nth(1).unwrap());
        let attribute = if place == "runtime" { "arn" } else { "endpoint" };
        let own = serde_json::json!({ "$late": [{ "slot": format!("runtime/{owner}/main#{attribute}") }] });
        assert_eq!(spec["resource"], own, "{address}");
        let statements = spec["policy"]["Statement"].as_array().unwrap();
        assert!(statements.iter().all(|s| s["Principal"] == "*" && s["Resource"] == serde_json::json!([own])), "{address}");
        let of = |effect: &str| {
            let with = statements.iter().filter(|s| s["Effect"] == effect);
            with.flat_map(|s| s["Action"].as_array().unwrap())
                .map(|a| a.as_str().unwrap().strip_prefix("bedrock-agentcore:").unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("Allow"), ["InvokeAgentRuntime"]);
        for action in ["InvokeAgentRuntimeCommand", "InvokeAgentRuntimeCommandShell", "StopRuntimeSession", "InvokeAgentRuntimeForUser"] {
            assert!(of("Deny").contains(&action), "{address} lets everybody {action}");
        }
    }
}

/// Whether an action of a policy, with its wildcards, covers one that is spelled out.
fn covers(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == action,
        Some((start, rest)) => action
            .strip_prefix(start)
            .is_some_and(|inner| inner.char_indices().map(|(at, _)| &inner[at..]).chain([""]).any(|tail| covers(rest, tail))),
    }
}

#[test]
fn the_runtimes_role_reaches_no_tenants_data_and_no_secret_and_can_still_do_its_work() {
    let (manifest, library, names) = shipped();
    let desired = compile(&manifest, &library, &names).unwrap();
    let runtime = desired.iter().find(|(a, _)| a.to_string() == "role/platform/runtime").unwrap().1;
    let statements = runtime["policy"]["Statement"].as_array().unwrap();
    let everywhere = serde_json::json!(["*"]);
    let says = |effect: &str, action: &str| {
        let with = statements.iter().filter(|s| s["Effect"] == effect);
        with.filter(|s| s["Action"].as_array().unwrap().iter().any(|a| covers(a.as_str().unwrap(), action))).collect::<Vec<_>>()
    };
    for action in [
        "dynamodb:Query",
        "s3:GetObject",
        "s3vectors:QueryVectors",
        "bedrock-agentcore:ListEvents",
        "bedrock-agentcore:CreateEvent",
        "bedrock-agentcore:RetrieveMemoryRecords",
        "bedrock-agentcore:BatchDeleteMemoryRecords",
        "bedrock-agentcore:ListActors",
        "bedrock-agentcore:ListSessions",
        "bedrock:RetrieveAndGenerateStream",
        "secretsmanager:GetSecretValue",
        "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
        "bedrock-agentcore:InvokeAgentRuntimeCommand",
        "bedrock-agentcore:InvokeAgentRuntimeCommandShell",
        "bedrock-agentcore:ListAgentRuntimeCommandShells",
        "bedrock-agentcore:StopRuntimeSession",
        "bedrock-agentcore:UpdateGateway",
        "bedrock-agentcore:PutResourcePolicy",
        "bedrock-agentcore:DeleteResourcePolicy",
        "lambda:InvokeFunction",
        "iam:PassRole",
        "cognito-idp:AdminUpdateUserAttributes",
    ] {
        assert!(says("Deny", action).iter().any(|s| s["Resource"] == everywhere && s.get("Condition").is_none()), "{action} is not denied");
    }
    // What agents need is allowed, and denied nowhere but where it is told apart.
    for action in [
        "logs:PutLogEvents",
        "xray:PutTraceSegments",
        "bedrock-agentcore:GetWorkloadAccessToken",
        "bedrock-agentcore:GetWorkloadAccessTokenForJWT",
        "bedrock-agentcore:InvokeGateway",
        "bedrock:InvokeModel",
        "bedrock:InvokeTool",
        "bedrock:ApplyGuardrail",
        "bedrock:Retrieve",
        "bedrock-mantle:CreateInference",
        "ssm:GetParameter",
        "sts:AssumeRole",
        "sts:TagSession",
    ] {
        assert_eq!(says("Allow", action).len(), 1, "{action} is not allowed");
        assert!(says("Deny", action).iter().all(|s| s["Resource"] != everywhere), "{action} is denied");
    }
    let only = |action: &str| says("Deny", action).iter().find_map(|s| s.get("NotResource")).unwrap().clone();
    assert_eq!(only("sts:AssumeRole"), serde_json::json!(["arn:aws:iam::111122223333:role/healthcare-us-east-1-tvm"]));
    let tagged = serde_json::json!({ "StringEquals": { format!("aws:ResourceTag/{}", crate::kinds::PLATFORM_TAG): ["healthcare"] } });
    for action in ["bedrock:Retrieve", "bedrock:ApplyGuardrail"] {
        assert_eq!(says("Allow", action)[0]["Condition"], tagged, "{action} reaches other platforms");
    }
    let hidden = &says("Deny", "ssm:GetParameter")[0]["Resource"];
    for (label, spec) in of_kind(&desired, "parameter").into_iter().filter(|(_, spec)| spec["protection"] == "secret") {
        let name = format!("arn:aws:ssm:us-east-1:111122223333:parameter{}", spec["name"].as_str().unwrap());
        assert!(hidden.as_array().unwrap().iter().any(|r| covers(r.as_str().unwrap(), &name)), "agents can read {label}");
    }
}

/// The good manifest with an API, under `keys`.
fn with_api(keys: crate::manifest::Keys) -> Desired {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reading = crate::manifest::open(&root.join("tests/manifests/good/api.yaml")).unwrap();
    let (library, found) = Library::read(root, &reading);
    let (mut manifest, _) = reading.finish().unwrap();
    assert!(found.is_empty(), "{found}");
    manifest.api.as_mut().unwrap().keys = keys;
    let platform = &manifest.platform;
    let names = Names { platform: platform.name.clone(), account: platform.account.clone(), region: platform.region.clone() };
    compile(&manifest, &library, &names).unwrap()
}

fn of_kind<'d>(desired: &'d Desired, kind: &str) -> Vec<(String, &'d Value)> {
    desired.iter().filter(|(a, _)| a.kind() == kind).map(|(address, spec)| (address.to_string(), spec)).collect()
}

#[test]
fn an_api_has_one_method_behind_a_key_and_logs_without_it() {
    let desired = with_api(crate::manifest::Keys::Tier);
    let (_, api) = of_kind(&desired, "rest_api")[0];
    assert_eq!(api["name"], "agentcore-multitenant-api");
    let methods = api["methods"].as_object().unwrap();
    assert_eq!(methods.keys().collect::<Vec<_>>(), ["POST /runtimes/{proxy+}"]);
    assert_eq!(methods["POST /runtimes/{proxy+}"]["key_required"], true);
    let (address, stage) = of_kind(&desired, "stage")[0].clone();
    assert_eq!(address, "stage/platform/v1");
    let definition = "POST /runtimes/{proxy+} to arn:aws:lambda:us-east-1:111122223333:function:proxy:live";
    assert_eq!(stage["definition"], definition);
    let logged = stage["access_log"]["format"].as_object().unwrap();
    assert!(logged.values().all(|variable| variable != "$context.identity.apiKey"), "{logged:?}");
    assert_eq!(logged["requestId"], "$context.requestId");
    let group = desired.iter().find(|(a, _)| a.to_string() == "log_group/platform/api").unwrap().1;
    assert_eq!((group["name"].as_str(), group["retention_days"].as_i64()), (Some("/tenantry/healthcare/api"), Some(90)));
    assert!(of_kind(&desired, "permission").is_empty(), "whose function it is must allow the call");
    let waits: Vec<String> = crate::late::slots(stage).into_iter().map(|slot| slot.address.kind().to_owned()).collect();
    assert_eq!(waits, ["api_account", "log_group", "rest_api"]);
}

#[test]
fn a_function_of_ours_may_be_called_by_this_api_alone() {
    use crate::manifest::LambdaRef;
    let text = "version: 1\nplatform: { name: acme, region: us-east-1, account: \"111122223333\" }\n\
                functions: { proxy: { code: templates/proxy_lambda, handler: proxy.handler, policy: proxy-function } }\n\
                api: { proxy_lambda: proxy }\ntiers: { basic: { model: a.b } }\ntenants: {}\n";
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in crate::library::SHIPPED.iter().filter(|(path, _)| *path != "tenants.yaml").chain(&[("tenants.yaml", text)]) {
        crate::library::place(&folder.path().join(path), text).unwrap();
    }
    let reading = crate::manifest::open(&folder.path().join("tenants.yaml")).unwrap();
    let (library, found) = Library::read(folder.path(), &reading);
    assert!(!found.has_errors(), "{found}");
    let (manifest, _) = reading.finish().unwrap();
    assert!(matches!(&manifest.api.as_ref().unwrap().proxy_lambda, LambdaRef::Managed(name) if name.as_str() == "proxy"));
    let platform = &manifest.platform;
    let names = Names { platform: platform.name.clone(), account: platform.account.clone(), region: platform.region.clone() };
    let desired = compile(&manifest, &library, &names).unwrap();
    let (address, permission) = of_kind(&desired, "permission")[0].clone();
    assert_eq!(address, "permission/platform/proxy/front-door");
    assert_eq!(permission["principal"], "apigateway.amazonaws.com");
    let (before, api, after) = ("arn:aws:execute-api:us-east-1:111122223333:", "rest_api/platform/main#id", "/*/POST/runtimes/*");
    let source = serde_json::json!({ "$late": [before, { "slot": api }, after] });
    assert_eq!(permission["source_arn"], source);
    let role = desired.iter().find(|(a, _)| a.to_string() == "role/platform/proxy-function").unwrap().1;
    let read = role["policy"]["Statement"].as_array().unwrap().iter().find(|s| s["Sid"] == "WhichRuntimesAreOurs").unwrap();
    assert_eq!(read["Resource"], serde_json::json!(["arn:aws:ssm:us-east-1:111122223333:parameter/app/acme/agentcore/*_runtime_arn"]));
}

#[test]
fn keys_go_to_tiers_or_to_tenants_and_are_published_as_secrets() {
    use crate::manifest::Keys;
    for (keys, owners, published) in [
        (
            Keys::Tier,
            &["api_key/tier:basic/api", "api_key/tier:premium/api"][..],
            &["/app/healthcare/agentcore/basic_api_key", "/app/healthcare/agentcore/premium_api_key"][..],
        ),
        (Keys::Tenant, &["api_key/tenant:clinic-a/api"], &["/app/healthcare/agentcore/api_keys/clinic-a"]),
    ] {
        let desired = with_api(keys);
        assert_eq!(of_kind(&desired, "api_key").into_iter().map(|(address, _)| address).collect::<Vec<_>>(), owners);
        let secrets = of_kind(&desired, "parameter").into_iter().filter(|(_, spec)| spec["protection"] == "secret");
        assert_eq!(secrets.map(|(_, spec)| spec["name"].as_str().unwrap()).collect::<Vec<_>>(), published);
        let plans = of_kind(&desired, "usage_plan");
        assert_eq!(plans.len(), 2);
        assert!(plans[0].1["quota"].is_null(), "{}", plans[0].1);
        assert_eq!(plans[1].1["quota"], serde_json::json!({ "offset": 0, "period": "WEEK", "requests": 500 }));
        assert_eq!(plans[1].1["throttle"], serde_json::json!({ "burst": 20, "rate": 10.0 }));
    }
}

/// The shipped manifest with another function, and more in its `identity`.
fn with_function(function: &str, identity: &str) -> (Desired, Names) {
    let (_, _, names) = shipped();
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in crate::library::SHIPPED.iter().filter(|(path, _)| *path != "tenants.yaml") {
        crate::library::place(&folder.path().join(path), text).unwrap();
    }
    let text = include_str!("../../tenants.yaml")
        .replace("\n  proxy:", &format!("\n  {function}\n  proxy:"))
        .replace("\nidentity:\n", &format!("\nidentity:\n{identity}"));
    crate::library::place(&folder.path().join("tenants.yaml"), &text).unwrap();
    let reading = crate::manifest::open(&folder.path().join("tenants.yaml")).unwrap();
    let (library, found) = Library::read(folder.path(), &reading);
    assert!(found.is_empty(), "{found}");
    let (manifest, _) = reading.finish().unwrap();
    (compile(&manifest, &library, &names).unwrap(), names)
}

#[test]
fn the_tools_act_for_tenants_and_other_functions_write_their_log() {
    let copy = "copy: { code: templates/tools_lambda, handler: main.handler, environment: { STAGE: x } }";
    let (desired, names) = with_function(copy, "");
    let spec = |address: &str| desired.iter().find(|(a, _)| a.to_string() == address).unwrap_or_else(|| panic!("no {address}")).1;
    let (tools, copy) = (spec("function/platform/tools"), spec("function/platform/copy"));
    assert_eq!(tools["name"], "healthcare-tools");
    assert_eq!(
        tools["environment"],
        serde_json::json!({
            "PARAMETER_ROOT": "/app/healthcare", "TVM_ROLE_ARN": "arn:aws:iam::111122223333:role/healthcare-us-east-1-tools-tvm",
            "PATIENT_METADATA_TABLE": "healthcare-patient-metadata", "CLINIC_CONFIG_TABLE": "healthcare-clinic-config",
            "TENANT_ATTRIBUTE": "clinic_id",
        })
    );
    assert_eq!(copy["environment"], serde_json::json!({ "PARAMETER_ROOT": "/app/healthcare", "STAGE": "x" }));
    assert_eq!(tools["code"], copy["code"], "one object holds the code of both");

    let role = |name: &str| spec(&format!("role/platform/{name}"));
    let actions = |name: &str| {
        let statements = role(name)["policy"]["Statement"].as_array().unwrap().clone();
        statements.iter().map(|s| s["Sid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(role("tools-function")["name"], "healthcare-us-east-1-tools-function");
    assert_eq!(actions("tools-function"), ["WriteOwnLog", "ActForOneTenant", "ActAsNobodyElse", "NoRowsOfItsOwn"]);
    assert_eq!(actions("copy-function"), ["WriteOwnLog"]);
    let slot = |name: &str| serde_json::json!([{ "$late": [{ "slot": format!("role/platform/{name}#arn") }] }]);
    for (tenants, trusted) in [("tvm", "runtime"), ("tools-tvm", "tools-function")] {
        let statements = role(tenants)["trust"]["Statement"].as_array().unwrap();
        let [allow, deny] = statements.as_slice() else { panic!("{statements:?}") };
        assert_eq!(allow["Principal"], serde_json::json!({ "AWS": slot(trusted) }), "{tenants}");
        assert_eq!(allow["Condition"]["StringEquals"]["aws:RequestTag/Tier"], serde_json::json!(["basic", "premium"]));
        assert_eq!((deny["Effect"].as_str(), deny["Principal"].as_str()), (Some("Deny"), Some("*")));
        assert_eq!(deny["Condition"], serde_json::json!({ "ArnNotEquals": { "aws:PrincipalArn": slot(trusted) } }));
    }
    let only = &role("tools-function")["policy"]["Statement"];
    assert_eq!(only[1]["Resource"], only[2]["NotResource"]);
    assert_eq!(only[1]["Resource"], serde_json::json!([tools["environment"]["TVM_ROLE_ARN"]]));
    assert!(desired.iter().all(|(a, _)| a.to_string() != "role/platform/copy-tvm"), "a function that acts for nobody needs no role for it");
    let call = &role("gateway")["policy"]["Statement"][0]["Resource"];
    assert_eq!(*call, serde_json::json!([names.function_arn("healthcare-tools").as_str()]));

    let function = serde_json::json!({ "$late": [{ "slot": "function/platform/tools#arn" }] });
    assert_eq!(spec("gateway_target/tier:basic/tools")["lambda"], function);
    assert_eq!(spec("parameter/platform/agentcore/lambda_arn")["value"], function);
}

#[test]
fn a_function_of_ours_that_writes_claims_knows_them_and_may_be_called_by_the_pool_alone() {
    let function = "claims: { code: templates/pre_token_lambda, handler: main.handler }";
    let (desired, _) = with_function(function, "  pre_token_lambda: claims\n");
    let spec = |address: &str| desired.iter().find(|(a, _)| a.to_string() == address).unwrap_or_else(|| panic!("no {address}")).1;
    let slot = |of: &str| serde_json::json!({ "$late": [{ "slot": of }] });
    let environment = serde_json::json!({ "PARAMETER_ROOT": "/app/healthcare", "CLAIMS": "tier,clinic_id,role" });
    assert_eq!(spec("function/platform/claims")["environment"], environment);
    assert_eq!(spec("user_pool/platform/main")["pre_token"]["lambda"], slot("function/platform/claims#arn"));
    let permission = spec("permission/platform/claims/pre-token");
    assert_eq!(permission["principal"], "cognito-idp.amazonaws.com");
    assert_eq!(permission["source_arn"], slot("user_pool/platform/main#arn"));
    assert_eq!(permission["source_account"], "111122223333");
    assert!(spec("function/platform/proxy")["environment"]["CLAIMS"].is_null());
}

#[test]
fn the_pool_writes_the_claim_that_a_limit_counts_by() {
    use crate::kinds::Period;
    use crate::manifest::{LambdaRef, RateLimit};
    let (mut manifest, library, names) = shipped();
    let arn = "arn:aws:lambda:us-east-1:111122223333:function:claims";
    manifest.identity.pre_token_lambda = Some(LambdaRef::Arn(arn.into()));
    let (id, tenant) = manifest.tenants.iter_mut().next().unwrap();
    tenant.rate_limit = Some(RateLimit { requests: 20, per: Period::Minute });
    let (id, tier) = (id.to_string(), tenant.tier.value.clone());
    let gateway = manifest.tiers.get_mut(&tier).unwrap().gateway.as_mut().unwrap();
    gateway.rate_limit = Some(RateLimit { requests: 10, per: Period::Second });
    let desired = compile(&manifest, &library, &names).unwrap();
    let one = |kind: &str| desired.iter().find(|(a, _)| a.kind() == kind).map(|(_, spec)| spec.clone()).unwrap();
    assert_eq!(one("user_pool")["pre_token"]["lambda"], arn);
    let limit = one("rate_limit");
    assert_eq!(limit["keys"], serde_json::json!(["$.context.jwt.clinic_id"]));
    assert_eq!(limit["entries"].as_object().unwrap().keys().collect::<Vec<_>>(), ["*", id.as_str()]);
}

#[test]
fn every_memory_gateway_and_runtime_is_watched() {
    let (mut manifest, library, names) = shipped();
    let count = |manifest: &Manifest| {
        let desired = compile(manifest, &library, &names).unwrap();
        move |kind: &str| desired.iter().filter(|(address, _)| address.kind() == kind).count()
    };
    manifest.observability = None;
    let bare = count(&manifest);
    let watched = ["memory", "gateway", "runtime"].iter().map(|kind| bare(kind)).sum::<usize>();
    assert!(watched > 2 && bare("delivery") == 0);
    for (traces, each) in [(Traces::XRay, 2), (Traces::Off, 1)] {
        manifest.observability = Some(Observability { log_days: 30, traces });
        let with = count(&manifest);
        let one = usize::from(traces == Traces::XRay);
        assert_eq!((with("trace_destination"), with("log_policy")), (one, one));
        assert_eq!(["delivery_source", "delivery_destination", "delivery"].map(with), [watched * each; 3]);
    }
}

mod strict;

#[test]
fn a_suspended_tenant_is_shut_out_and_differs_in_nothing_else() {
    let (mut manifest, library, names) = shipped();
    if let Some(api) = &mut manifest.api {
        api.keys = crate::manifest::Keys::Tenant;
    }
    let active = compile(&manifest, &library, &names).unwrap();
    let id: crate::names::TenantId = "clinic-a".parse().unwrap();
    manifest.tenants.get_mut(&id).unwrap().standing = crate::manifest::Standing::Suspended;
    let suspended = compile(&manifest, &library, &names).unwrap();
    let addresses = |desired: &Desired| desired.iter().map(|(address, _)| address.clone()).collect::<Vec<_>>();
    assert_eq!(addresses(&active), addresses(&suspended));
    let mut changed = Vec::new();
    for ((address, before), (_, after)) in active.iter().zip(suspended.iter()) {
        if before == after {
            continue;
        }
        let mut back = after.clone();
        match address.kind() {
            "tenant_row" => assert_eq!(back["attributes"].as_object_mut().unwrap().remove("status"), Some("suspended".into())),
            _ => assert_eq!(std::mem::replace(&mut back["enabled"], true.into()), false, "{address}"),
        }
        assert_eq!(&back, before, "{address}");
        assert_eq!(*address.owner(), Owner::Tenant(id.clone()));
        changed.push(address.kind());
    }
    changed.sort_unstable();
    assert_eq!(changed, ["api_key", "tenant_row", "user", "user"]);
}
