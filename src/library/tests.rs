//! The library against folders with good, missing and malformed files.

use std::path::Path;

use super::{Library, SHIPPED};
use crate::diagnostic::Color;
use crate::manifest::Reading;

const MANIFEST: &str = r#"
version: 1
platform: { name: healthcare, region: us-east-1, account: "111122223333" }
tiers:
  basic:
    model: openai.gpt-oss-120b
    gateway: { tools_lambda: "arn:aws:lambda:us-east-1:111122223333:function:tools", tools: tools.json }
tenants: { clinic-a: { tier: basic, name: A } }
"#;
const TOOLS: &str = r#"[{ "name": "list", "description": "Lists", "inputSchema": { "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] } }]"#;
const NEEDED: &[&str] = &["gateway-trust", "gateway", "bucket"];

#[expect(clippy::disallowed_methods, reason = "a test's own files")]
/// A folder with all files that the manifest needs, and those of `files` instead or beside.
fn read(files: &[(&str, &str)]) -> (Result<Library, String>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    for name in NEEDED {
        let path = format!("policies/{name}.json");
        write(&path, SHIPPED.iter().find(|(shipped, _)| *shipped == path).unwrap().1);
    }
    write("tools.json", TOOLS);
    write("tenants.yaml", MANIFEST);
    for (name, text) in files {
        write(name, text);
    }
    let (library, found) = Library::read(folder.path(), &reading(folder.path()));
    let shown = found.render(Color::Never).replace(&format!("{}/", folder.path().display()), "");
    (if found.is_empty() { Ok(library) } else { Err(shown) }, folder)
}

fn reading(folder: &Path) -> Reading {
    crate::manifest::open(&folder.join("tenants.yaml")).unwrap()
}

#[test]
fn reads_what_the_manifest_needs_and_nothing_else() {
    let policy = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::{{ bucket.name }}/{{platform.name}}*" } }"#;
    let (library, _folder) = read(&[("policies/bucket.json", policy), ("policies/runtime.json", "not json")]);
    let library = library.unwrap();
    assert_eq!(library.policy("bucket").unwrap()["Statement"]["Resource"], "arn:aws:s3:::{{ bucket.name }}/{{platform.name}}*");
    assert!(library.policy("runtime").is_err());
    assert!(library.tools(Path::new("tools.json")).unwrap().is_array());
}

#[test]
fn missing_files_are_all_named() {
    let (_, folder) = read(&[]);
    std::fs::remove_dir_all(folder.path().join("policies")).unwrap();
    let (_, found) = Library::read(folder.path(), &reading(folder.path()));
    assert_eq!(found.to_json().as_array().unwrap().len(), NEEDED.len());
}

#[test]
fn bad_policies() {
    let (library, _folder) = read(&[
        (
            "policies/bucket.json",
            "{\n  \"Version\": \"2012-10-17\",\n  \"statement\": [],\n  \"Statement\": [\n    { \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"arn:aws:s3:::{{bucket.name}}/{{ bucket.nam }}\",\n      \"Condition\": { \"Null\": { \"aws:A\": [\"{{account}\", \"\\u007b{nope}}\"], \"{{region}}:x\": 1, \"aws:A\": 2 } } }\n  ]\n}\n",
        ),
        ("policies/runtime.json", "unread, since no tier has a runtime"),
        ("tools.json", "[\n  1,\n]\n"),
        ("policies/gateway-trust.json", "[\"{{bucket.name}}\"]"),
        (
            "policies/gateway.json",
            "{ \"Version\": \"2012-10-17\", \"Statement\": { \"Effect\": \"Allow\", \"Action\": \"lambda:Invoke\", \"Resource\": [\"{{ tools_lambdas.arn }}\", \"arn:aws:x/{{tools_lambdas.arn}}\"] } }",
        ),
    ]);
    insta::assert_snapshot!(library.unwrap_err());
}

#[test]
fn policies_that_aws_would_refuse() {
    let bucket = r#"{
  "Version": "2008-10-17",
  "Statement": [
    "text",
    { "Sid": "a b", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::another/*" },
    { "Sid": "a b", "Effect": "allow", "Principal": { "aws": "1" }, "Action": "ssm:GetParameter", "Resource": [] }
  ]
}"#;
    let gateway = r#"{
  "Statement": [
    { "Effect": "Allow", "Principal": "*", "Action": ["GetObject", 1], "NotAction": "*", "Resource": "bucket", "Conditions": {} },
    { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "StringEqual": { "Account": ["1"] }, "Bool": [] } },
    { "Sid": "a-b", "Effect": "Deny", "Action": "s3:*" }
  ]
}"#;
    let trust = r#"{ "Version": "2012-10-17", "Statement": [
    { "Effect": "Allow", "Principal": { "AWS": ["x", "{{account}}", "*"], "Service": "bedrock" }, "Action": "*", "Resource": "*" },
    { "Effect": "Allow", "NotPrincipal": { "AWS": "111122223333" }, "Action": "s3:GetObject" },
    { "Effect": "Deny", "Principal": {}, "Action": "sts:AssumeRole", "Condition": { "StringLike": { "aws:PrincipalArn": { "a": 1 } } } }
] }"#;
    let (library, _folder) =
        read(&[("policies/bucket.json", bucket), ("policies/gateway.json", gateway), ("policies/gateway-trust.json", trust)]);
    insta::assert_snapshot!(library.unwrap_err());
}

#[test]
fn who_may_act_for_tenants() {
    let manifest = MANIFEST.replace(", tools: tools.json }", ", tools: tools.json }\n    runtime: { code: code, entry_point: main.py }");
    let shipped = |path: &str| SHIPPED.iter().find(|(name, _)| *name == path).unwrap().1;
    let judged = |trust: &str, policy: &str| {
        let others = ["runtime", "runtime-trust", "runtime-resource"].map(|name| format!("policies/{name}.json"));
        let others: Vec<(&str, &str)> = others.iter().map(|path| (path.as_str(), shipped(path))).collect();
        let own = [("tenants.yaml", manifest.as_str()), ("policies/tvm-trust.json", trust), ("policies/tvm.json", policy)];
        read(&[others, own.to_vec()].concat()).0
    };
    let (trust, policy) = (shipped("policies/tvm-trust.json"), shipped("policies/tvm.json"));
    assert_eq!(judged(trust, policy).map(|_| ()), Ok(()));
    let everybody = trust.replace(r#"{ "AWS": "{{trusted_role.arn}}" }"#, "\"*\"");
    let account = trust.replace("\"AWS\": \"{{trusted_role.arn}}\"", "\"AWS\": \"{{account}}\"");
    let another = trust.replace("\"AWS\": \"{{trusted_role.arn}}\"", "\"AWS\": [\"{{trusted_role.arn}}\", \"{{runtime_role.arn}}\"]");
    let empty = trust.replace("\"aws:RequestTag/ClinicId\": \"?*\"", "\"aws:RequestTag/ClinicId\": \"*\"");
    let optional = trust.replace("\"StringLike\"", "\"StringLikeIfExists\"");
    let any_tier = trust.replace("\"StringEquals\": { \"aws:RequestTag/Tier\": [\"{{tier.names}}\"] },", "");
    let nobody = trust.replace("\"Allow\"", "\"Deny\"");
    let mut shown = String::new();
    for trust in [&everybody, &account, &another, &empty, &optional, &any_tier, &nobody] {
        assert_ne!(trust, shipped("policies/tvm-trust.json"));
        shown.push_str(&judged(trust, policy).unwrap_err());
        shown.push_str("----\n");
    }
    shown.push_str(&judged(trust, "{ \"foo\": 1 }").unwrap_err());
    insta::assert_snapshot!(shown);
}

#[test]
fn users_may_ask_an_agent_and_no_more() {
    let manifest = MANIFEST.replace(", tools: tools.json }", ", tools: tools.json }\n    runtime: { code: code, entry_point: main.py }");
    let shipped = |path: &str| SHIPPED.iter().find(|(name, _)| *name == path).unwrap().1;
    let names = ["runtime", "runtime-trust", "tvm", "tvm-trust"].map(|name| format!("policies/{name}.json"));
    let judged = |policy: &str| {
        let others = names.iter().map(|path| (path.as_str(), shipped(path)));
        let own = [("tenants.yaml", manifest.as_str()), ("policies/runtime-resource.json", policy)];
        read(&others.chain(own).collect::<Vec<_>>()).0.err().unwrap_or_default()
    };
    let policy = shipped("policies/runtime-resource.json");
    assert_eq!(judged(policy), "");
    let ask = "\"Action\": \"bedrock-agentcore:InvokeAgentRuntime\"";
    for (with, words) in [
        ("\"Action\": \"bedrock-agentcore:*\"", "users may do more with this agent than ask it"),
        ("\"Action\": [\"bedrock-agentcore:InvokeAgentRuntime\", \"bedrock-agentcore:StopRuntimeSession\"]", "users may do more"),
        ("\"NotAction\": \"bedrock-agentcore:InvokeAgentRuntime\"", "users may do more"),
        ("\"Action\": \"s3:GetObject\"", "a runtime's policy is about actions of `bedrock-agentcore`"),
    ] {
        let shown = judged(&policy.replace(ask, with));
        assert!(shown.contains(words), "{with}:\n{shown}");
    }
    assert!(judged(&policy.replace("Allow", "Deny")).contains("nobody may ask this agent"));
    let other = policy.replacen("{{resource.arn}}", "arn:aws:bedrock-agentcore:{{region}}:{{account}}:runtime/*", 1);
    assert!(judged(&other).contains("write `{{resource.arn}}`"));
}

#[test]
fn tools_that_no_registry_record_takes() {
    let tool = |n: usize| {
        let words = "x".repeat(5_000);
        format!(r#"{{ "name": "tool{n}", "description": "{words}", "inputSchema": {{ "type": "object" }} }}"#)
    };
    let tools = |count: usize| format!("[{}]", (0..count).map(tool).collect::<Vec<_>>().join(","));
    let with = MANIFEST.replace("tiers:", "registry: {}\ntiers:");
    assert!(read(&[("tools.json", &tools(20)), ("tenants.yaml", &with)]).0.is_ok());
    assert!(read(&[("tools.json", &tools(21))]).0.is_ok(), "nothing is published");
    let refused = read(&[("tools.json", &tools(21)), ("tenants.yaml", &with)]).0.unwrap_err();
    assert!(refused.contains("tenants.yaml:8") && refused.contains("a record takes 100 KB"), "{refused}");
}

#[test]
fn policies_that_are_too_large() {
    let statement = |n: usize| format!("{{ \"Effect\": \"Deny\", \"Action\": \"s3:{}\", \"Resource\": \"*\" }}", "x".repeat(n));
    let whole = |n: usize| format!("{{ \"Version\": \"2012-10-17\",    \"Statement\": [{}] }}", statement(n));
    let empty = whole(0).chars().filter(|c| !c.is_whitespace()).count();
    assert!(read(&[("policies/gateway.json", &whole(10_240 - empty))]).0.is_ok());
    let refused = read(&[("policies/gateway.json", &whole(10_241 - empty))]).0.unwrap_err();
    assert!(refused.contains("policies/gateway.json:1:1") && refused.contains("10241 characters"), "{refused}");
    let trust = SHIPPED.iter().find(|(name, _)| *name == "policies/gateway-trust.json").unwrap().1;
    let refused = read(&[("policies/gateway-trust.json", &trust.replace("gateway/", &"x".repeat(1800)))]).0.unwrap_err();
    assert!(refused.contains("AWS takes 2048"), "{refused}");
    let bucket = SHIPPED.iter().find(|(name, _)| *name == "policies/bucket.json").unwrap().1;
    let refused = read(&[("policies/bucket.json", &bucket.replace("/*\"", &format!("/{}*\"", "x".repeat(20_480))))]).0.unwrap_err();
    assert!(refused.contains("bytes") && refused.contains("AWS takes 20480"), "{refused}");
}

#[test]
fn what_the_agents_code_leaves_out_or_cannot_hold_is_said_at_the_manifests_line() {
    let manifest = MANIFEST.replace(", tools: tools.json }", ", tools: tools.json }\n    runtime: { code: code, entry_point: main.py }");
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("code")).unwrap();
    for (name, text) in [("tenants.yaml", manifest.as_str()), ("tools.json", TOOLS), ("code/main.py", ""), ("code/.env", "KEY=1")] {
        #[expect(clippy::disallowed_methods, reason = "a test's own files")]
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("code/host")).unwrap();
    let (_, found) = Library::read(folder.path(), &reading(folder.path()));
    let found = found.to_json();
    let code: Vec<_> = found.as_array().unwrap().iter().filter(|d| d["file"].as_str().unwrap().ends_with("tenants.yaml")).collect();
    let said: Vec<_> = code.iter().map(|d| (d["severity"].as_str().unwrap(), d["summary"].as_str().unwrap())).collect();
    assert_eq!(
        said,
        [("error", "`host` in the agent's code points outside the directory"), ("warning", "left out of the agent's code: `.env`")]
    );
    assert!(code.iter().all(|d| d["line"] == 8 && d["column"] == 22), "{code:?}");
}

#[test]
fn bad_tools() {
    let tools = r#"[
  { "name": "list files", "description": "", "inputSchema": { "type": "object", "properties": { "kind": { "type": "enum", "enum": ["a"] } }, "required": ["knd"] } },
  { "name": "get", "inputSchema": { "type": "array" } },
  { "name": "get", "description": "Gets", "inputSchema": { "properties": {} }, "outputschema": {} },
  "text"
]"#;
    let (library, _folder) = read(&[("tools.json", tools)]);
    insta::assert_snapshot!(library.unwrap_err());
}

/// A manifest with a function called tools behind the gateway, in a folder with its code.
fn with_function(files: &[(&str, &str)]) -> (Library, Vec<(String, String)>) {
    let manifest = MANIFEST.replace("\"arn:aws:lambda:us-east-1:111122223333:function:tools\"", "tools");
    let manifest = manifest.replace("\ntiers:", "\nfunctions: { tools: { code: code, handler: main.handler } }\ntiers:");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(path).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes())).unwrap();
    };
    SHIPPED.iter().filter(|(path, _)| path.starts_with("policies/")).for_each(|(path, text)| write(path, text));
    [("tenants.yaml", manifest.as_str()), ("tools.json", TOOLS), ("code/main.py", "")].iter().for_each(|(path, text)| write(path, text));
    files.iter().for_each(|(path, text)| write(path, text));
    let (library, found) = Library::read(folder.path(), &reading(folder.path()));
    let found = found.to_json();
    let text = |d: &serde_json::Value, key: &str| d[key].as_str().unwrap_or_default().to_owned();
    (library, found.as_array().unwrap().iter().map(|d| (text(d, "summary"), text(d, "help"))).collect())
}

#[test]
fn a_function_that_acts_for_tenants_needs_the_tenants_role_and_its_own_policies() {
    let (library, found) = with_function(&[]);
    assert_eq!(found, []);
    for policy in ["function-trust", "tenant-function", "tools-tvm", "tvm-trust"] {
        assert!(library.policy(policy).is_ok(), "{policy}");
    }
    assert!(["function", "runtime", "tvm"].iter().all(|policy| library.policy(policy).is_err()));
    assert_eq!(library.code(Path::new("code")).unwrap().unpacked, Some(0));

    let trust = SHIPPED.iter().find(|(path, _)| *path == "policies/tvm-trust.json").unwrap().1;
    let joined = trust.replace("\"{{tier.names}}\"", "\"x{{tier.names}}\"");
    assert!(with_function(&[("policies/tvm-trust.json", &joined)]).1.iter().any(|(said, _)| said.contains("has several values")));
    let (_, found) = with_function(&[(
        "policies/tenant-function.json",
        "{ \"Version\": \"2012-10-17\", \"Statement\": { \"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::{{function.nam}}\" } }",
    )]);
    assert!(
        matches!(found.as_slice(), [(said, help)] if said.contains("`function.nam`") && help.contains("did you mean `function.name`")),
        "{found:?}"
    );
}

#[test]
fn an_input_that_says_whose_and_that_nothing_binds_is_said_at_the_manifests_line() {
    let tools =
        TOOLS.replace("\"n\": { \"type\": \"integer\" }", "\"n\": { \"type\": \"integer\" }, \"tenantId\": { \"type\": \"string\" }");
    let shown = read(&[("tools.json", &tools)]).0.unwrap_err();
    assert!(shown.contains("tool `list` takes `tenantId`, and there are no policies") && shown.contains("tenants.yaml:7:"), "{shown}");
    assert!(shown.contains("policy: { mode: enforce }") && shown.contains("principal.getTag(\"custom:"), "{shown}");

    let manifest = MANIFEST.replace(", tools: tools.json }", ", tools: tools.json, policies: [list.cedar] }");
    let manifest = manifest.replace("\ntiers:", "\npolicy: { mode: enforce }\ntiers:");
    let permit = |condition: &str| {
        format!(
            "permit (principal is AgentCore::OAuthUser, action == AgentCore::Action::\"{{{{target}}}}___list\", \
             resource == AgentCore::Gateway::\"{{{{gateway.arn}}}}\") when {{ \
             principal.hasTag(\"custom:{{{{claim.tier}}}}\") && principal.getTag(\"custom:{{{{claim.tier}}}}\") == \"{{{{tier}}}}\" && \
             principal.hasTag(\"custom:{{{{claim.tenant}}}}\") && {condition} }};"
        )
    };
    let judged = |condition: &str| {
        let files = [("tools.json", tools.as_str()), ("tenants.yaml", &manifest), ("list.cedar", &permit(condition))];
        read(&files).0.err().unwrap_or_default()
    };
    let equal = "context.input has tenantId && context.input.tenantId == principal.getTag(\"custom:{{claim.tenant}}\")";
    assert_eq!(judged(equal), "");
    assert_eq!(judged("!(context.input has tenantId)"), "");
    let shown = judged("context.input.n > 0");
    assert!(shown.contains("takes `tenantId`, and no policy of the gateway of tier `basic` binds it"), "{shown}");

    let request =
        TOOLS.replace("\"n\": { \"type\": \"integer\" }", "\"n\": { \"type\": \"integer\" }, \"headers\": { \"type\": \"string\" }");
    let shown = read(&[("tools.json", &request)]).0.unwrap_err();
    assert!(shown.contains("takes `headers`") && shown.contains("who asks is for the gateway to say"), "{shown}");
}

#[test]
fn an_object_that_takes_no_members_is_said() {
    let tools = TOOLS.replace("\"n\": { \"type\": \"integer\" }", "\"n\": { \"type\": \"array\", \"items\": { \"type\": \"object\" } }");
    let shown = read(&[("tools.json", &tools)]).0.unwrap_err();
    assert!(shown.contains("warning[tools]: `n` of tool `list` is an object without properties"), "{shown}");
}

#[test]
fn code_that_lambda_does_not_take() {
    let path = crate::manifest::Located { value: "code.zip".into(), span: crate::diagnostic::Span { start: 0, end: 0 } };
    let source = crate::diagnostic::Source::new(Path::new("tenants.yaml"), "x");
    let judged = |unpacked| {
        let packed = super::Packed { digest: String::new(), bytes: bytes::Bytes::new(), unpacked };
        super::fits_lambda(&packed, &path, "the code of function `x`", &source).render(Color::Never)
    };
    assert_eq!(judged(Some(250 << 20)), "");
    assert!(judged(Some((250 << 20) + (1 << 20))).contains("251 MB unpacked"));
    assert!(judged(None).contains("no zip that can be read"));
}
