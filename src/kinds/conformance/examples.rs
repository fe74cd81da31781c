//! Declarations of every kind, for tests to build platforms of.

use super::*;

pub(in crate::kinds) fn put<K: Kind>(desired: &mut Desired, label: &str, spec: &K) -> crate::late::Handle<K> {
    desired.add(Owner::Platform, label, spec).unwrap()
}

pub(in crate::kinds) fn basic() -> crate::names::TierName {
    "basic".parse().unwrap()
}

/// Children without tags are known by the name that their tier gives them.
pub(in crate::kinds) fn put_in_tier<K: Kind>(desired: &mut Desired, label: &str, spec: &K) -> crate::late::Handle<K> {
    desired.add(Owner::Tier(basic()), label, spec).unwrap()
}

pub(in crate::kinds) fn a_bucket(desired: &mut Desired, stage: &str) -> crate::late::Handle<Bucket> {
    let spec = Bucket {
        name: "acme-data".into(),
        region: "us-east-1".into(),
        policy: None,
        protection: BucketProtection::closed(),
        tags: tags(stage),
    };
    put(desired, "data", &spec)
}

pub(in crate::kinds) fn a_pool(desired: &mut Desired, attributes: &[&str], mfa: crate::manifest::Mfa) -> crate::late::Handle<UserPool> {
    let attributes = attributes.iter().map(|a| ((*a).to_owned(), Attribute { mutable: true, max_length: 64 })).collect();
    put(desired, "main", &UserPool::closed("AcmePool".into(), mfa, attributes, tags("one")))
}

/// The pool, and the identifier of its resource server.
pub(in crate::kinds) fn a_server(desired: &mut Desired, scopes: &[&str]) -> (Late, Late) {
    let pool = a_pool(desired, &["tier"], crate::manifest::Mfa::Off).at(&UserPool::ID);
    let scopes = scopes.iter().map(|s| ((*s).to_owned(), format!("may {s}"))).collect();
    let server = ResourceServer { pool: pool.clone(), identifier: "acme-api".into(), name: "AcmeResourceServer".into(), scopes };
    let identifier = put(desired, "main", &server).at(&ResourceServer::IDENTIFIER);
    (pool, identifier)
}

pub(in crate::kinds) fn a_role(desired: &mut Desired, label: &str, service: &str, action: &str, stage: &str) -> crate::late::Handle<Role> {
    let trust = serde_json::json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }] });
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } });
    let role = Role { trust: trust.into(), policy: policy.into(), ..Role::named(names().role(label), "an example", tags(stage)) };
    put(desired, label, &role)
}

pub(in crate::kinds) fn an_index(desired: &mut Desired, dimensions: u32) -> (Late<crate::names::Arn>, Late<crate::names::Arn>) {
    let bucket = put(desired, "main", &VectorBucket { name: "acme-vectors".into(), tags: tags("one") }).at(&VectorBucket::ARN);
    let index =
        put(desired, "main", &VectorIndex::cosine(bucket.clone(), "acme-index".into(), dimensions, tags("one"))).at(&VectorIndex::ARN);
    (bucket, index)
}

pub(in crate::kinds) fn a_base(desired: &mut Desired, description: Option<&str>, stage: &str) -> crate::late::Handle<KnowledgeBase> {
    let (vector_bucket, index) = an_index(desired, 1024);
    let role = a_role(desired, "kb", "bedrock.amazonaws.com", "bedrock:InvokeModel", "one").at(&Role::ARN);
    let base = KnowledgeBase {
        name: "acme-kb".into(),
        description: description.map(Into::into),
        role,
        embedding_model: "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0".into(),
        dimensions: 1024,
        vector_bucket,
        index,
        tags: tags(stage),
        condition: Condition::default(),
    };
    put_in_tier(desired, "main", &base)
}

pub(in crate::kinds) fn a_source(desired: &mut Desired, prefix: &str, tokens: u32) {
    let base = a_base(desired, None, "one").at(&KnowledgeBase::ID);
    let bucket = a_bucket(desired, "one").at(&Bucket::ARN);
    let source = DataSource {
        knowledge_base: base,
        name: names().data_source(&basic()),
        description: None,
        bucket,
        prefix: prefix.into(),
        chunk_tokens: tokens,
        chunk_overlap_percent: 20,
        deletion_policy: DeletionPolicy::Retain,
        condition: Condition::default(),
    };
    put_in_tier(desired, "documents", &source);
}

pub(in crate::kinds) fn an_authorizer(audience: &str) -> JwtAuthorizer {
    let discovery_url = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc/.well-known/openid-configuration";
    // The second of the examples lets another tier in, the third any.
    let tier = [("one", "basic"), ("two", "premium")].into_iter().find(|(of, _)| *of == audience);
    let claims = tier.map(|(_, tier)| ("custom:tier".to_owned(), tier.to_owned())).into_iter().collect();
    JwtAuthorizer::audience(discovery_url.into(), [Late::known(audience)].into(), claims)
}

pub(in crate::kinds) fn a_gateway(
    desired: &mut Desired,
    description: Option<&str>,
    audience: &str,
    stage: &str,
) -> crate::late::Handle<Gateway> {
    let role = a_role(desired, "gateway", "bedrock-agentcore.amazonaws.com", "lambda:InvokeFunction", "one").at(&Role::ARN);
    let gateway = Gateway {
        name: "acme-gw".into(),
        description: description.map(Into::into),
        role,
        authorizer_type: AuthorizerType::CustomJwt,
        authorizer: an_authorizer(audience),
        policy: None,
        interceptor: None,
        tags: tags(stage),
        condition: Condition::default(),
    };
    put_in_tier(desired, "main", &gateway)
}

pub(in crate::kinds) fn an_intercepted_gateway(desired: &mut Desired, function: &str, stage: &str) {
    let role = a_role(desired, "gateway", "bedrock-agentcore.amazonaws.com", "lambda:InvokeFunction", "one").at(&Role::ARN);
    let gateway = Gateway {
        name: "acme-gw".into(),
        description: None,
        role,
        authorizer_type: AuthorizerType::CustomJwt,
        authorizer: an_authorizer("one"),
        policy: None,
        interceptor: Some(Interceptor::of(format!("arn:aws:lambda:us-east-1:111122223333:function:{function}").as_str().into())),
        tags: tags(stage),
        condition: Condition::default(),
    };
    put_in_tier(desired, "main", &gateway);
}

pub(in crate::kinds) fn a_target(desired: &mut Desired, tool: &str, headers: &[&str]) {
    let gateway = a_gateway(desired, None, "one", "one").at(&Gateway::ID);
    let target = GatewayTarget {
        gateway,
        name: names().gateway_target(&basic()),
        description: None,
        sort: TargetSort::Lambda,
        credentials: Credentials::GatewayRole,
        lambda: "arn:aws:lambda:us-east-1:111122223333:function:acme-tools".into(),
        tools: serde_json::json!([{ "name": tool, "description": "an example", "inputSchema": { "type": "object", "properties": { "id": { "type": "string" } }, "required": [] } }]).into(),
        headers: headers.iter().map(|h| (*h).to_owned()).collect(),
        condition: Condition::default(),
    };
    put_in_tier(desired, "tools", &target);
}

pub(in crate::kinds) fn a_runtime(
    desired: &mut Desired,
    artifact: RuntimeArtifact,
    environment: &[(&str, &str)],
    stage: &str,
) -> crate::late::Handle<Runtime> {
    let role = a_role(desired, "runtime", "bedrock-agentcore.amazonaws.com", "logs:PutLogEvents", "one").at(&Role::ARN);
    let runtime = Runtime {
        name: "acme_basic".into(),
        description: None,
        role,
        package: artifact.package(),
        artifact,
        authorizer: an_authorizer(stage),
        request_headers: ["Authorization".to_owned()].into(),
        environment: environment.iter().map(|(k, v)| ((*k).to_owned(), Late::known(v))).collect(),
        idle_timeout_seconds: 900,
        max_lifetime_seconds: 28800,
        tags: tags(stage),
        condition: Condition::default(),
    };
    put(desired, "main", &runtime)
}

/// The policies of a runtime and of its endpoint.
pub(in crate::kinds) fn some_policies(desired: &mut Desired, action: &str, endpoint: bool) {
    let runtime = a_runtime(desired, an_image("1"), &[], "one");
    let mut policy = |label: &str, resource: Late<crate::names::Arn>, action: &str| {
        let statement = serde_json::json!({
            "Effect": "Allow", "Principal": "*", "Action": action, "Resource": serde_json::to_value(&resource).unwrap(),
        });
        let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] }).into();
        put(desired, label, &ResourcePolicy { resource, policy });
    };
    policy("runtime", runtime.at(&Runtime::ARN), action);
    if endpoint {
        policy("endpoint", runtime.at(&Runtime::ENDPOINT), "bedrock-agentcore:InvokeAgentRuntime");
    }
}

pub(in crate::kinds) fn a_memory(desired: &mut Desired, expiry_days: i32, strategies: &[&str], stage: &str) {
    put(desired, "main", &a_memory_of(expiry_days, strategies, stage));
}

pub(in crate::kinds) fn a_memory_of(expiry_days: i32, strategies: &[&str], stage: &str) -> Memory {
    let namespace = |name: &str| format!("clinic/{{actorId}}/{name}");
    let strategy = |name: &str| (name.to_owned(), Strategy { extracts: Extracts::Semantic, namespace: namespace(name) });
    let strategies = strategies.iter().map(|name| strategy(name)).collect();
    Memory { name: "acme_basic_memory".into(), expiry_days, strategies, tags: tags(stage), condition: Condition::default() }
}

pub(in crate::kinds) fn an_engine(desired: &mut Desired, stage: &str) -> crate::late::Handle<PolicyEngine> {
    put(desired, "main", &PolicyEngine { name: "acme_policy_engine".into(), tags: tags(stage), condition: Condition::default() })
}

/// A gateway that the engine decides for, and a policy for its one tool.
pub(in crate::kinds) fn a_policy(desired: &mut Desired, tier: &str, enforced: Enforced, mode: PolicyMode) {
    let engine = an_engine(desired, "one");
    let role = a_role(desired, "gateway", "bedrock-agentcore.amazonaws.com", "lambda:InvokeFunction", "one").at(&Role::ARN);
    let gateway = Gateway {
        name: "acme-gw".into(),
        description: None,
        role,
        authorizer_type: AuthorizerType::CustomJwt,
        authorizer: an_authorizer("one"),
        policy: Some(PolicyAttachment { engine: engine.at(&PolicyEngine::ARN), mode }),
        interceptor: None,
        tags: tags("one"),
        condition: Condition::default(),
    };
    let gateway = put_in_tier(desired, "main", &gateway);
    let target = GatewayTarget {
        gateway: gateway.at(&Gateway::ID),
        name: names().gateway_target(&basic()),
        description: None,
        sort: TargetSort::Lambda,
        credentials: Credentials::GatewayRole,
        lambda: "arn:aws:lambda:us-east-1:111122223333:function:acme-tools".into(),
        tools: serde_json::json!([{ "name": "look_up", "description": "an example", "inputSchema": { "type": "object" } }]).into(),
        headers: BTreeSet::new(),
        condition: Condition::default(),
    };
    let target = put_in_tier(desired, "tools", &target);
    let statement = Late::concat([
        Late::known("permit (principal is AgentCore::OAuthUser, action == AgentCore::Action::\""),
        target.at(&GatewayTarget::TARGET),
        Late::known("___look_up\", resource == AgentCore::Gateway::\""),
        gateway.at(&Gateway::ARN).text(),
        Late::known(format!("\") when {{ principal.hasTag(\"tier\") && principal.getTag(\"tier\") == \"{tier}\" }};")),
    ]);
    let policy =
        Policy { engine: engine.at(&PolicyEngine::ID), name: "acme_look_up".into(), statement, enforced, condition: Condition::default() };
    put(desired, "look-up", &policy);
}

/// A provider of the tokens of a client, whose secret no plan may hold.
pub(in crate::kinds) fn a_provider(desired: &mut Desired, client: &str) {
    let (pool, identifier) = a_server(desired, &["read"]);
    let spec = Client {
        pool: pool.clone(),
        name: client.into(),
        kind: ClientKind::Confidential,
        flows: ["client_credentials".to_owned()].into(),
        scopes: [Late::concat([identifier, Late::known("/read")])].into(),
        ..Client::closed()
    };
    let client = put(desired, client, &spec);
    let issuer = Late::known("https://cognito-idp.us-east-1.amazonaws.com/");
    let provider = CredentialProvider {
        name: names().credential_provider(),
        discovery_url: Late::concat([issuer, pool, Late::known("/.well-known/openid-configuration")]),
        client: client.at(&Client::ID),
        secret: client.at(&Client::SECRET),
        condition: Condition::default(),
    };
    put(desired, "cognito", &provider);
}

/// A draft and the version of its content.
pub(in crate::kinds) fn a_guardrail(
    desired: &mut Desired,
    content: &GuardrailContent,
    stage: &str,
) -> crate::late::Handle<GuardrailVersion> {
    let draft =
        Guardrail { name: "acme-basic-guardrail".into(), content: content.clone(), tags: tags(stage), condition: Condition::default() };
    let guardrail = put(desired, "main", &draft).at(&Guardrail::ID);
    let digest = content.digest().unwrap();
    let label = GuardrailVersion::label(&digest);
    put(desired, &label, &GuardrailVersion { guardrail, name: draft.name, digest })
}

pub(in crate::kinds) fn some_content(word: &str) -> GuardrailContent {
    GuardrailContent {
        blocked_input_message: "no".into(),
        blocked_output_message: "not that".into(),
        filters: [("PROMPT_ATTACK".to_owned(), Strengths { input: Strength::High, output: Strength::None })].into(),
        grounding: BTreeMap::new(),
        managed_words: ["PROFANITY".to_owned()].into(),
        words: [word.to_owned()].into(),
        topics: BTreeMap::new(),
        pii: [("EMAIL".to_owned(), PiiAction::Anonymize)].into(),
        others: BTreeSet::new(),
    }
}

pub(in crate::kinds) fn more_content() -> GuardrailContent {
    let topic = Topic { definition: "advice on money".into(), examples: ["what should I buy".to_owned()].into() };
    let hate = Strengths { input: Strength::Low, output: Strength::Medium };
    GuardrailContent {
        filters: [("HATE".to_owned(), hate)].into(),
        grounding: [("GROUNDING".to_owned(), 0.8), ("RELEVANCE".to_owned(), 0.07)].into(),
        managed_words: BTreeSet::new(),
        words: BTreeSet::new(),
        topics: [("Money".to_owned(), topic)].into(),
        pii: [("EMAIL".to_owned(), PiiAction::Block), ("NAME".to_owned(), PiiAction::Anonymize)].into(),
        ..some_content("other")
    }
}

pub(in crate::kinds) fn an_image(tag: &str) -> RuntimeArtifact {
    RuntimeArtifact::Image { uri: format!("111122223333.dkr.ecr.us-east-1.amazonaws.com/agent:{tag}") }
}

pub(in crate::kinds) fn some_code(desired: &mut Desired, text: &str) -> RuntimeArtifact {
    let object = an_object(desired, text);
    RuntimeArtifact::Code {
        bucket: object.at(&Object::BUCKET),
        key: object.at(&Object::KEY),
        entry_point: vec!["main.py".into()],
        python: "PYTHON_3_12".into(),
    }
}

pub(in crate::kinds) fn an_object(desired: &mut Desired, text: &str) -> crate::late::Handle<Object> {
    let own = Bucket {
        name: names().platform_bucket(),
        region: "us-east-1".into(),
        policy: None,
        protection: BucketProtection::closed(),
        tags: tags("one"),
    };
    let bucket = put(desired, "own", &own).at(&Bucket::BUCKET);
    let digest = crate::secret::digest(text.as_bytes());
    put(desired, &digest.chars().take(12).collect::<String>(), &Object { bucket, key: format!("artifacts/basic/{digest}.zip"), digest })
}

pub(in crate::kinds) fn a_client(desired: &mut Desired, minutes: u32, urls: &[&str]) {
    let (pool, identifier) = a_server(desired, &["read"]);
    let client = Client {
        pool,
        name: "AcmeWebClient".into(),
        kind: ClientKind::Public,
        flows: ["code".to_owned()].into(),
        scopes: [Late::known("openid"), Late::concat([identifier, Late::known("/read")])].into(),
        callback_urls: urls.iter().map(|u| (*u).to_owned()).collect(),
        read_attributes: Some(["email", "custom:tier"].map(Into::into).into()),
        token_minutes: minutes,
        ..Client::closed()
    };
    put(desired, "web", &client);
}

pub(in crate::kinds) fn a_prefix(desired: &mut Desired, tenants: &[&str]) {
    let tier = basic();
    let spec = Bucket {
        name: names().tier_bucket(&tier),
        region: "us-east-1".into(),
        policy: None,
        protection: BucketProtection::closed(),
        tags: tags("one"),
    };
    let bucket = desired.add(Owner::Tier(tier.clone()), "documents", &spec).unwrap().at(&Bucket::BUCKET);
    for tenant in tenants {
        let id: crate::names::TenantId = tenant.parse().unwrap();
        let prefix = Prefix { bucket: bucket.clone(), prefix: crate::names::tenant_prefix(&tier, &id), left: false };
        desired.add(Owner::Tenant(id), tier.as_str(), &prefix).unwrap();
    }
}

pub(in crate::kinds) fn a_key(desired: &mut Desired, action: &str, stage: &str) -> crate::late::Handle<Key> {
    let root = serde_json::json!({ "AWS": "arn:aws:iam::111122223333:root" });
    let statement = serde_json::json!({ "Effect": "Allow", "Principal": root, "Action": ["kms:PutKeyPolicy", action], "Resource": "*" });
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": statement });
    put(desired, "data", &Key::rotating(names().data_key(), &format!("of stage {stage}"), policy.into(), tags(stage)))
}

pub(in crate::kinds) fn a_table(desired: &mut Desired, key: &str, indexes: &[(&str, &str)], stage: &str) -> crate::late::Handle<Table> {
    let encryption_key = a_key(desired, "kms:DescribeKey", "one").at(&Key::ARN);
    let table = Table::closed(names().table(TenantRow::TABLE), key, encryption_key, tags(stage));
    let indexes = indexes.iter().map(|(name, attribute)| ((*name).to_owned(), TableIndex::by(attribute))).collect();
    put(desired, TenantRow::TABLE, &Table { indexes, ..table })
}

pub(in crate::kinds) fn a_row(desired: &mut Desired, tenants: &[&str], attribute: &serde_json::Value) {
    let table = a_table(desired, "clinic_id", &[], "one").at(&Table::TABLE);
    for tenant in tenants {
        let attributes = [("specialty".to_owned(), attribute.clone())].into();
        let row = TenantRow { table: table.clone(), id: (*tenant).into(), attributes, key_attribute: "clinic_id".into() };
        desired.add(Owner::Tenant(tenant.parse().unwrap()), TenantRow::TABLE, &row).unwrap();
    }
}

pub(in crate::kinds) fn a_registry(desired: &mut Desired, description: Option<&str>, stage: &str) -> crate::late::Handle<Registry> {
    let registry = Registry {
        name: names().registry(),
        description: description.map(Into::into),
        discovery: Discovery::Iam,
        tags: tags(stage),
        condition: Condition::default(),
    };
    put(desired, "main", &registry)
}

/// What a registry says of a gateway with one tool.
pub(in crate::kinds) fn a_record(desired: &mut Desired, tool: &str, description: &str, publication: Publication) {
    let registry = a_registry(desired, None, "one").at(&Registry::ID);
    let url = a_gateway(desired, None, "one", "one").at(&Gateway::URL);
    let tools = serde_json::json!([{ "name": format!("AcmeLambda-Basic___{tool}"), "description": "an example", "inputSchema": { "type": "object", "properties": {} } }]);
    let record = RegistryRecord {
        registry,
        name: names().gateway(&basic()),
        description: description.into(),
        server: Server::at("acme/acme-basic-gw".into(), description, url),
        tools: tools.into(),
        publication,
        source: None,
        condition: Condition::default(),
    };
    put_in_tier(desired, "gateway", &record);
}

pub(in crate::kinds) fn a_limit(desired: &mut Desired, claim: &str, entries: &[(&str, u32, Period)]) {
    let gateway = a_gateway(desired, None, "one", "one").at(&Gateway::ID);
    let entries = entries.iter().map(|(tenant, most, per)| ((*tenant).to_owned(), RateLimitEntry::requests(*most, *per))).collect();
    let keys = vec![format!("$.context.jwt.{claim}")];
    put_in_tier(
        desired,
        "tenants",
        &RateLimit { gateway, id: names().rate_limit(&basic()), keys, entries, condition: Condition::default() },
    );
}

pub(in crate::kinds) const LAMBDA: &str = "arn:aws:lambda:us-east-1:111122223333:function:acme-proxy";

pub(in crate::kinds) fn an_api(
    desired: &mut Desired,
    paths: &[&str],
    lambda: &str,
    stage: &str,
) -> (RestApi, crate::late::Handle<RestApi>) {
    let methods = paths.iter().map(|path| ((*path).to_owned(), ApiMethod::proxy(Late::known(lambda)))).collect();
    let api = RestApi::regional("acme-api".into(), methods, tags(stage));
    let handle = put(desired, "main", &api);
    (api, handle)
}

pub(in crate::kinds) fn an_account(desired: &mut Desired, role: &str) -> crate::late::Handle<ApiAccount> {
    let role = a_role(desired, role, "apigateway.amazonaws.com", "logs:PutLogEvents", "one").at(&Role::ARN);
    put(desired, "logs", &ApiAccount { role })
}

pub(in crate::kinds) fn a_stage(
    desired: &mut Desired,
    label: &str,
    lambda: &str,
    logged: Option<&str>,
    stage: &str,
) -> crate::late::Handle<Stage> {
    let account = an_account(desired, crate::names::API_LOG_ROLE);
    let (api, handle) = an_api(desired, &["POST /runtimes/{proxy+}"], lambda, "one");
    let access_log = logged.map(|member| AccessLog {
        account: account.at(&ApiAccount::ACCOUNT),
        destination: "arn:aws:logs:us-east-1:111122223333:log-group:/aws/apigateway/acme-access".into(),
        format: [("requestId".to_owned(), "$context.requestId".to_owned()), (member.to_owned(), "$context.status".to_owned())].into(),
    });
    let (definition, others) = (api.definition(), BTreeSet::new());
    let spec = Stage { api: handle.at(&RestApi::ID), name: label.into(), definition, access_log, others, tags: tags(stage) };
    put(desired, label, &spec)
}

pub(in crate::kinds) fn a_plan(
    desired: &mut Desired,
    label: &str,
    stage: &str,
    rate: f64,
    quota: Option<Quota>,
) -> crate::late::Handle<UsagePlan> {
    let place = Late::slot(Address::new(Stage::NAME, Owner::Platform, stage), "place");
    let throttle = Some(Throttle { rate, burst: 5 });
    put(desired, label, &UsagePlan { name: format!("acme-{label}-plan"), stages: [place].into(), throttle, quota, tags: tags(label) })
}

pub(in crate::kinds) fn a_quota(requests: i32, period: &str) -> Option<Quota> {
    Some(Quota { requests, period: period.into(), offset: 0 })
}

/// Two plans of one stage, and a key in one of them.
pub(in crate::kinds) fn an_api_key(desired: &mut Desired, plan: &str, enabled: bool) {
    a_stage(desired, "prod", LAMBDA, None, "one");
    let plans = ["basic", "premium"].map(|label| (label, a_plan(desired, label, "prod", 2.0, None).at(&UsagePlan::ID)));
    let plans = plans.into_iter().filter(|(label, _)| *label == plan).map(|(_, id)| id).collect();
    let key = put(desired, "main", &ApiKey { name: "acme-main-key".into(), enabled, plans });
    let value = key.at(&ApiKey::VALUE);
    put(desired, "api_key", &Parameter { name: "/app/acme/api_key".into(), protection: Protection::Secret, value });
}

/// Two functions of the same code would share its object.
pub(in crate::kinds) fn a_function(
    desired: &mut Desired,
    code: &str,
    variables: &[(&str, &str)],
    stage: &str,
) -> crate::late::Handle<Function> {
    let role = a_role(desired, "tools-function", "lambda.amazonaws.com", "logs:PutLogEvents", "one").at(&Role::ARN);
    let own = Bucket {
        name: names().platform_bucket(),
        region: "us-east-1".into(),
        policy: None,
        protection: BucketProtection::closed(),
        tags: tags("one"),
    };
    let bucket = put(desired, "own", &own).at(&Bucket::BUCKET);
    let digest = crate::secret::digest(code.as_bytes());
    let object = put(desired, &Object::label(&digest), &Object { bucket, key: Object::platform_key(&digest), digest });
    let function = Function {
        name: "acme-tools".into(),
        description: (!variables.is_empty()).then(|| "an example".into()),
        role,
        python: "python3.13".into(),
        handler: "main.handler".into(),
        memory_mb: 256,
        timeout_seconds: if variables.is_empty() { 30 } else { 60 },
        environment: variables.iter().map(|(k, v)| ((*k).to_owned(), Late::known(v))).collect(),
        code: FunctionCode { bucket: object.at(&Object::BUCKET), key: object.at(&Object::KEY) },
        layers: BTreeSet::new(),
        tags: tags(stage),
        condition: Condition::default(),
    };
    put(desired, "tools", &function)
}

pub(in crate::kinds) fn a_permission(desired: &mut Desired, service: &str, source: &str) {
    let function = a_function(desired, "first", &[], "one").at(&Function::FUNCTION);
    let permission = Permission::invoke(function, "front-door", service, source.into(), "111122223333");
    put(desired, &Permission::label("tools", "front-door"), &permission);
}

/// People with their tenant, tier and role, in the pool that they all share.
pub(in crate::kinds) fn some_users(desired: &mut Desired, people: &[(&str, &str, &str, &str)]) {
    let pool = a_pool(desired, &["clinic_id", "tier", "role", User::MARK], crate::manifest::Mfa::Off).at(&UserPool::ID);
    for (email, tenant, tier, role) in people {
        let user = User {
            pool: pool.clone(),
            email: (*email).into(),
            email_verified: true,
            tenant: [("clinic_id".to_owned(), (*tenant).to_owned())].into(),
            claims: [("tier".to_owned(), (*tier).to_owned()), ("role".to_owned(), (*role).to_owned())].into(),
            enabled: true,
            invitation: Invitation::Suppress,
        };
        desired.add(Owner::Tenant(tenant.parse().unwrap()), &User::label(email), &user).unwrap();
    }
}

/// A group of a memory, which carries the memory's tags, and one that the platform writes itself.
pub(in crate::kinds) fn some_groups(desired: &mut Desired, days: Option<i32>, stage: &str) {
    let memory = put_in_tier(desired, "main", &a_memory_of(30, &[], stage)).at(&Memory::ID);
    let name = Late::concat([Late::known(crate::names::vended_log_group(Memory::NAME, "")), memory]);
    put_in_tier(desired, "memory", &LogGroup { name, retention_days: days, tags: tags(stage) });
    put(desired, "api", &LogGroup { name: Late::known("/tenantry/acme/api"), retention_days: days, tags: tags(stage) });
}

/// What X-Ray needs before anything is delivered to it.
pub(in crate::kinds) fn a_trace_destination(desired: &mut Desired, sid: &str) -> Late {
    let statement = serde_json::json!({
        "Sid": sid, "Effect": "Allow", "Principal": { "Service": "xray.amazonaws.com" }, "Action": "logs:PutLogEvents", "Resource": "*",
    });
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] });
    let policy = put(desired, "xray", &LogPolicy { name: names().spans_policy(), document: document.into() }).at(&LogPolicy::POLICY);
    let destination = TraceDestination { segments: TraceStore::CloudWatchLogs, policy };
    put(desired, "xray", &destination).at(&TraceDestination::SEGMENTS)
}

/// What is delivered of a memory of that name.
pub(in crate::kinds) fn deliveries(desired: &mut Desired, memory: &str, group: &str, delivered: &[Delivered]) {
    let memory = put_in_tier(desired, "main", &Memory { name: memory.into(), ..a_memory_of(30, &[], "one") });
    let group = LogGroup { name: Late::known(format!("/tenantry/acme/{group}")), retention_days: Some(1), tags: tags("one") };
    let group = put(desired, &group.name.get().unwrap().replace('/', "-"), &group).at(&LogGroup::ARN);
    for delivered in delivered {
        let label = format!("memory-{}", delivered.word());
        let source = DeliverySource::of(memory.at(&Memory::ARN), *delivered);
        let source = put_in_tier(desired, &label, &source).at(&DeliverySource::SOURCE);
        let to = match delivered {
            Delivered::Logs => DeliveryTo::LogGroup(group.clone()),
            Delivered::Traces => DeliveryTo::XRay(a_trace_destination(desired, "One")),
        };
        let destination = DeliveryDestination { of: memory.at(&Memory::ID), to };
        let destination = put_in_tier(desired, &label, &destination).at(&DeliveryDestination::ARN);
        put_in_tier(desired, &label, &Delivery { source, destination });
    }
}
