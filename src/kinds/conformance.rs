//! The matrix that every kind must pass: from each of its examples to each other, on the sandbox.
//!
//! Applied, observed equal, planned empty, changed, planned empty again, deleted, gone, deleted again quietly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::apply::{Options, Outcome, Site, apply};
use crate::desired::Desired;
use crate::late::Late;
use crate::observe::observe;
use crate::plan::{Action, Named, Plan, Which, diff};
use crate::sandbox::{Faults, Sandbox};
use crate::schedule::schedule;

mod front_door;
mod others;
mod pre_token;
mod rate_limit;
mod registry;
mod resource_policy;

fn names() -> Names {
    Names { platform: "acme".parse().unwrap(), account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn tags(value: &str) -> BTreeMap<String, String> {
    [("Stage".to_owned(), value.to_owned())].into()
}

fn blobs() -> Blobs {
    ["first", "second"].into_iter().map(|text| (crate::secret::digest(text.as_bytes()), bytes::Bytes::from(text))).collect()
}

pub(super) struct Bench {
    pub(super) site: Site,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Faults::default())
    }

    pub(super) fn with(faults: Faults) -> Self {
        let sandbox = Arc::new(Sandbox::open(None, "111122223333", faults).unwrap());
        let aws = Arc::new(Aws::sandbox(sandbox, &names().region));
        Self { site: Site { aws, names: names(), blobs: blobs() } }
    }

    pub(super) async fn plan(&self, desired: &Desired, named: &Named) -> Plan {
        let live = observe(&self.site.aws, &self.site.names, desired).await.unwrap();
        diff(&self.site.names, desired, &live, named).unwrap()
    }

    pub(super) async fn apply(&self, desired: &Desired, named: &Named) -> Outcome {
        let plan = self.plan(desired, named).await;
        assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
        let steps = schedule(&plan);
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let options = Options { jobs: 8, stop: tokio_util::sync::CancellationToken::new() };
        let outcome = apply(plan, steps, self.site.clone(), &options, events).await;
        assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
        assert!(outcome.skipped.is_empty() && outcome.not_begun.is_empty());
        outcome
    }

    pub(super) async fn is_settled(&self, desired: &Desired, at: &str) {
        let plan = self.plan(desired, &Named::default()).await;
        let changes: Vec<String> = plan.changes.iter().map(|c| format!("{:?} {} {:?}", c.action, c.address, c.fields)).collect();
        assert!(changes.is_empty(), "{at}: the second plan is not empty: {changes:#?}");
    }
}

/// One kind's examples: each declares what it needs, then the resource under one and the same address.
struct Examples {
    kind: &'static str,
    variants: Vec<fn(&mut Desired)>,
}

pub(super) fn put<K: Kind>(desired: &mut Desired, label: &str, spec: &K) -> crate::late::Handle<K> {
    desired.add(Owner::Platform, label, spec).unwrap()
}

fn basic() -> crate::names::TierName {
    "basic".parse().unwrap()
}

/// Children without tags are known by the name that their tier gives them.
fn put_in_tier<K: Kind>(desired: &mut Desired, label: &str, spec: &K) -> crate::late::Handle<K> {
    desired.add(Owner::Tier(basic()), label, spec).unwrap()
}

fn a_bucket(desired: &mut Desired, stage: &str) -> crate::late::Handle<Bucket> {
    let spec = Bucket {
        name: "acme-data".into(),
        region: "us-east-1".into(),
        policy: None,
        protection: BucketProtection::closed(),
        tags: tags(stage),
    };
    put(desired, "data", &spec)
}

fn a_pool(desired: &mut Desired, attributes: &[&str], mfa: crate::manifest::Mfa) -> crate::late::Handle<UserPool> {
    let attributes = attributes.iter().map(|a| ((*a).to_owned(), Attribute { mutable: true, max_length: 64 })).collect();
    put(desired, "main", &UserPool::closed("AcmePool".into(), mfa, attributes, tags("one")))
}

/// The pool, and the identifier of its resource server.
fn a_server(desired: &mut Desired, scopes: &[&str]) -> (Late, Late) {
    let pool = a_pool(desired, &["tier"], crate::manifest::Mfa::Off).at(&UserPool::ID);
    let scopes = scopes.iter().map(|s| ((*s).to_owned(), format!("may {s}"))).collect();
    let server = ResourceServer { pool: pool.clone(), identifier: "acme-api".into(), name: "AcmeResourceServer".into(), scopes };
    let identifier = put(desired, "main", &server).at(&ResourceServer::IDENTIFIER);
    (pool, identifier)
}

fn a_role(desired: &mut Desired, label: &str, service: &str, action: &str, stage: &str) -> crate::late::Handle<Role> {
    let trust = serde_json::json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }] });
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } });
    let role = Role { trust: trust.into(), policy: policy.into(), ..Role::named(names().role(label), "an example", tags(stage)) };
    put(desired, label, &role)
}

fn an_index(desired: &mut Desired, dimensions: u32) -> (Late<crate::names::Arn>, Late<crate::names::Arn>) {
    let bucket = put(desired, "main", &VectorBucket { name: "acme-vectors".into(), tags: tags("one") }).at(&VectorBucket::ARN);
    let index =
        put(desired, "main", &VectorIndex::cosine(bucket.clone(), "acme-index".into(), dimensions, tags("one"))).at(&VectorIndex::ARN);
    (bucket, index)
}

fn a_base(desired: &mut Desired, description: Option<&str>, stage: &str) -> crate::late::Handle<KnowledgeBase> {
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

fn a_source(desired: &mut Desired, prefix: &str, tokens: u32) {
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

fn an_authorizer(audience: &str) -> JwtAuthorizer {
    let discovery_url = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc/.well-known/openid-configuration";
    // The second of the examples lets another tier in, the third any.
    let tier = [("one", "basic"), ("two", "premium")].into_iter().find(|(of, _)| *of == audience);
    let claims = tier.map(|(_, tier)| ("custom:tier".to_owned(), tier.to_owned())).into_iter().collect();
    JwtAuthorizer::audience(discovery_url.into(), [Late::known(audience)].into(), claims)
}

fn a_gateway(desired: &mut Desired, description: Option<&str>, audience: &str, stage: &str) -> crate::late::Handle<Gateway> {
    let role = a_role(desired, "gateway", "bedrock-agentcore.amazonaws.com", "lambda:InvokeFunction", "one").at(&Role::ARN);
    let gateway = Gateway {
        name: "acme-gw".into(),
        description: description.map(Into::into),
        role,
        authorizer_type: AuthorizerType::CustomJwt,
        authorizer: an_authorizer(audience),
        policy: None,
        tags: tags(stage),
        condition: Condition::default(),
    };
    put_in_tier(desired, "main", &gateway)
}

fn a_target(desired: &mut Desired, tool: &str, headers: &[&str]) {
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

fn a_runtime(desired: &mut Desired, artifact: RuntimeArtifact, environment: &[(&str, &str)], stage: &str) -> crate::late::Handle<Runtime> {
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
fn some_policies(desired: &mut Desired, action: &str, endpoint: bool) {
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

fn a_memory(desired: &mut Desired, expiry_days: i32, strategies: &[&str], stage: &str) {
    put(desired, "main", &a_memory_of(expiry_days, strategies, stage));
}

fn a_memory_of(expiry_days: i32, strategies: &[&str], stage: &str) -> Memory {
    let namespace = |name: &str| format!("clinic/{{actorId}}/{name}");
    let strategy = |name: &str| (name.to_owned(), Strategy { extracts: Extracts::Semantic, namespace: namespace(name) });
    let strategies = strategies.iter().map(|name| strategy(name)).collect();
    Memory { name: "acme_basic_memory".into(), expiry_days, strategies, tags: tags(stage), condition: Condition::default() }
}

fn an_engine(desired: &mut Desired, stage: &str) -> crate::late::Handle<PolicyEngine> {
    put(desired, "main", &PolicyEngine { name: "acme_policy_engine".into(), tags: tags(stage), condition: Condition::default() })
}

/// A gateway that the engine decides for, and a policy for its one tool.
fn a_policy(desired: &mut Desired, tier: &str, enforced: Enforced, mode: PolicyMode) {
    let engine = an_engine(desired, "one");
    let role = a_role(desired, "gateway", "bedrock-agentcore.amazonaws.com", "lambda:InvokeFunction", "one").at(&Role::ARN);
    let gateway = Gateway {
        name: "acme-gw".into(),
        description: None,
        role,
        authorizer_type: AuthorizerType::CustomJwt,
        authorizer: an_authorizer("one"),
        policy: Some(PolicyAttachment { engine: engine.at(&PolicyEngine::ARN), mode }),
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
fn a_provider(desired: &mut Desired, client: &str) {
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
pub(super) fn a_guardrail(desired: &mut Desired, content: &GuardrailContent, stage: &str) -> crate::late::Handle<GuardrailVersion> {
    let draft =
        Guardrail { name: "acme-basic-guardrail".into(), content: content.clone(), tags: tags(stage), condition: Condition::default() };
    let guardrail = put(desired, "main", &draft).at(&Guardrail::ID);
    let digest = content.digest().unwrap();
    let label = GuardrailVersion::label(&digest);
    put(desired, &label, &GuardrailVersion { guardrail, name: draft.name, digest })
}

pub(super) fn some_content(word: &str) -> GuardrailContent {
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

fn more_content() -> GuardrailContent {
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

fn an_image(tag: &str) -> RuntimeArtifact {
    RuntimeArtifact::Image { uri: format!("111122223333.dkr.ecr.us-east-1.amazonaws.com/agent:{tag}") }
}

fn some_code(desired: &mut Desired, text: &str) -> RuntimeArtifact {
    let object = an_object(desired, text);
    RuntimeArtifact::Code {
        bucket: object.at(&Object::BUCKET),
        key: object.at(&Object::KEY),
        entry_point: vec!["main.py".into()],
        python: "PYTHON_3_12".into(),
    }
}

fn an_object(desired: &mut Desired, text: &str) -> crate::late::Handle<Object> {
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

fn a_client(desired: &mut Desired, minutes: u32, urls: &[&str]) {
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

fn a_prefix(desired: &mut Desired, tenants: &[&str]) {
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
        let prefix = Prefix { bucket: bucket.clone(), prefix: crate::names::tenant_prefix(&tier, &id) };
        desired.add(Owner::Tenant(id), tier.as_str(), &prefix).unwrap();
    }
}

fn a_key(desired: &mut Desired, action: &str, stage: &str) -> crate::late::Handle<Key> {
    let root = serde_json::json!({ "AWS": "arn:aws:iam::111122223333:root" });
    let statement = serde_json::json!({ "Effect": "Allow", "Principal": root, "Action": ["kms:PutKeyPolicy", action], "Resource": "*" });
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": statement });
    put(desired, "data", &Key::rotating(names().data_key(), &format!("of stage {stage}"), policy.into(), tags(stage)))
}

fn a_table(desired: &mut Desired, key: &str, indexes: &[(&str, &str)], stage: &str) -> crate::late::Handle<Table> {
    let encryption_key = a_key(desired, "kms:DescribeKey", "one").at(&Key::ARN);
    let table = Table::closed(names().table(TenantRow::TABLE), key, encryption_key, tags(stage));
    let indexes = indexes.iter().map(|(name, attribute)| ((*name).to_owned(), TableIndex::by(attribute))).collect();
    put(desired, TenantRow::TABLE, &Table { indexes, ..table })
}

fn a_row(desired: &mut Desired, tenants: &[&str], attribute: &serde_json::Value) {
    let table = a_table(desired, "clinic_id", &[], "one").at(&Table::TABLE);
    for tenant in tenants {
        let attributes = [("specialty".to_owned(), attribute.clone())].into();
        let row = TenantRow { table: table.clone(), id: (*tenant).into(), attributes, key_attribute: "clinic_id".into() };
        desired.add(Owner::Tenant(tenant.parse().unwrap()), TenantRow::TABLE, &row).unwrap();
    }
}

fn a_registry(desired: &mut Desired, description: Option<&str>, stage: &str) -> crate::late::Handle<Registry> {
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
pub(super) fn a_record(desired: &mut Desired, tool: &str, description: &str, publication: Publication) {
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

pub(super) fn a_limit(desired: &mut Desired, claim: &str, entries: &[(&str, u32, Period)]) {
    let gateway = a_gateway(desired, None, "one", "one").at(&Gateway::ID);
    let entries = entries.iter().map(|(tenant, most, per)| ((*tenant).to_owned(), RateLimitEntry::requests(*most, *per))).collect();
    let keys = vec![format!("$.context.jwt.{claim}")];
    put_in_tier(
        desired,
        "tenants",
        &RateLimit { gateway, id: names().rate_limit(&basic()), keys, entries, condition: Condition::default() },
    );
}

const LAMBDA: &str = "arn:aws:lambda:us-east-1:111122223333:function:acme-proxy";

fn an_api(desired: &mut Desired, paths: &[&str], lambda: &str, stage: &str) -> (RestApi, crate::late::Handle<RestApi>) {
    let methods = paths.iter().map(|path| ((*path).to_owned(), ApiMethod::proxy(Late::known(lambda)))).collect();
    let api = RestApi::regional("acme-api".into(), methods, tags(stage));
    let handle = put(desired, "main", &api);
    (api, handle)
}

fn an_account(desired: &mut Desired, role: &str) -> crate::late::Handle<ApiAccount> {
    let role = a_role(desired, role, "apigateway.amazonaws.com", "logs:PutLogEvents", "one").at(&Role::ARN);
    put(desired, "logs", &ApiAccount { role })
}

fn a_stage(desired: &mut Desired, label: &str, lambda: &str, logged: Option<&str>, stage: &str) -> crate::late::Handle<Stage> {
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

fn a_plan(desired: &mut Desired, label: &str, stage: &str, rate: f64, quota: Option<Quota>) -> crate::late::Handle<UsagePlan> {
    let place = Late::slot(Address::new(Stage::NAME, Owner::Platform, stage), "place");
    let throttle = Some(Throttle { rate, burst: 5 });
    put(desired, label, &UsagePlan { name: format!("acme-{label}-plan"), stages: [place].into(), throttle, quota, tags: tags(label) })
}

fn a_quota(requests: i32, period: &str) -> Option<Quota> {
    Some(Quota { requests, period: period.into(), offset: 0 })
}

/// Two plans of one stage, and a key in one of them.
fn an_api_key(desired: &mut Desired, plan: &str, enabled: bool) {
    a_stage(desired, "prod", LAMBDA, None, "one");
    let plans = ["basic", "premium"].map(|label| (label, a_plan(desired, label, "prod", 2.0, None).at(&UsagePlan::ID)));
    let plans = plans.into_iter().filter(|(label, _)| *label == plan).map(|(_, id)| id).collect();
    let key = put(desired, "main", &ApiKey { name: "acme-main-key".into(), enabled, plans });
    let value = key.at(&ApiKey::VALUE);
    put(desired, "api_key", &Parameter { name: "/app/acme/api_key".into(), protection: Protection::Secret, value });
}

/// Two functions of the same code would share its object.
fn a_function(desired: &mut Desired, code: &str, variables: &[(&str, &str)], stage: &str) -> crate::late::Handle<Function> {
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

fn a_permission(desired: &mut Desired, service: &str, source: &str) {
    let function = a_function(desired, "first", &[], "one").at(&Function::FUNCTION);
    let permission = Permission::invoke(function, "front-door", service, source.into(), "111122223333");
    put(desired, &Permission::label("tools", "front-door"), &permission);
}

/// People with their tenant, tier and role, in the pool that they all share.
fn some_users(desired: &mut Desired, people: &[(&str, &str, &str, &str)]) {
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
fn some_groups(desired: &mut Desired, days: Option<i32>, stage: &str) {
    let memory = put_in_tier(desired, "main", &a_memory_of(30, &[], stage)).at(&Memory::ID);
    let name = Late::concat([Late::known(crate::names::vended_log_group(Memory::NAME, "")), memory]);
    put_in_tier(desired, "memory", &LogGroup { name, retention_days: days, tags: tags(stage) });
    put(desired, "api", &LogGroup { name: Late::known("/tenantry/acme/api"), retention_days: days, tags: tags(stage) });
}

/// What X-Ray needs before anything is delivered to it.
fn a_trace_destination(desired: &mut Desired, sid: &str) -> Late {
    let statement = serde_json::json!({
        "Sid": sid, "Effect": "Allow", "Principal": { "Service": "xray.amazonaws.com" }, "Action": "logs:PutLogEvents", "Resource": "*",
    });
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] });
    let policy = put(desired, "xray", &LogPolicy { name: names().spans_policy(), document: document.into() }).at(&LogPolicy::POLICY);
    let destination = TraceDestination { segments: TraceStore::CloudWatchLogs, policy };
    put(desired, "xray", &destination).at(&TraceDestination::SEGMENTS)
}

/// What is delivered of a memory of that name.
fn deliveries(desired: &mut Desired, memory: &str, group: &str, delivered: &[Delivered]) {
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

/// Of everything, of a memory of another name, to another group, and of logs alone.
const DELIVERIES: [fn(&mut Desired); 4] = [
    |d| deliveries(d, "acme_basic_memory", "one", &Delivered::ALL),
    |d| deliveries(d, "acme_basic_other", "one", &Delivered::ALL),
    |d| deliveries(d, "acme_basic_memory", "two", &Delivered::ALL),
    |d| deliveries(d, "acme_basic_memory", "one", &[Delivered::Logs]),
];

fn matrix() -> Vec<Examples> {
    use crate::manifest::Mfa;
    fn parameter(desired: &mut Desired, value: &str, protection: Protection) {
        put(desired, "x", &Parameter { name: "/app/acme/x".into(), protection, value: value.into() });
    }
    fn domain(desired: &mut Desired, prefix: &str) {
        let pool = a_pool(desired, &["tier"], Mfa::Off).at(&UserPool::ID);
        put(desired, "main", &Domain { pool, prefix: prefix.into() });
    }
    fn group(desired: &mut Desired, description: Option<&str>, precedence: u32) {
        let pool = a_pool(desired, &["tier"], Mfa::Off).at(&UserPool::ID);
        put(
            desired,
            "admin",
            &Group { pool, name: "admin".into(), description: description.map(Into::into), precedence: Some(precedence) },
        );
    }
    vec![
        Examples {
            kind: CredentialProvider::NAME,
            variants: vec![|d| a_provider(d, "AcmeMachineClient"), |d| a_provider(d, "AcmeWebClient")],
        },
        Examples { kind: PolicyEngine::NAME, variants: vec![|d| drop(an_engine(d, "one")), |d| drop(an_engine(d, "two"))] },
        Examples {
            kind: Policy::NAME,
            variants: vec![
                |d| a_policy(d, "basic", Enforced::Active, PolicyMode::Enforce),
                |d| a_policy(d, "premium", Enforced::LogOnly, PolicyMode::Enforce),
                |d| a_policy(d, "premium", Enforced::Active, PolicyMode::LogOnly),
            ],
        },
        Examples {
            kind: Key::NAME,
            variants: vec![|d| drop(a_key(d, "kms:DescribeKey", "one")), |d| drop(a_key(d, "kms:GetKeyPolicy", "two"))],
        },
        Examples {
            kind: Table::NAME,
            variants: vec![
                |d| drop(a_table(d, "clinic_id", &[], "one")),
                |d| drop(a_table(d, "clinic_id", &[("by-tier", "tier"), ("by-name", "name")], "two")),
                |d| drop(a_table(d, "clinic_id", &[("by-tier", "plan")], "one")),
                |d| drop(a_table(d, "patient_id", &[("by-tier", "plan")], "one")),
            ],
        },
        Examples {
            kind: TenantRow::NAME,
            variants: vec![|d| a_row(d, &["one-clinic"], &"Oncology".into()), |d| {
                a_row(d, &["one-clinic", "two-clinic"], &serde_json::json!(["Oncology", "Cardiology"]));
            }],
        },
        Examples {
            kind: LogGroup::NAME,
            variants: vec![|d| some_groups(d, Some(30), "one"), |d| some_groups(d, Some(90), "two"), |d| some_groups(d, None, "two")],
        },
        Examples {
            kind: LogPolicy::NAME,
            variants: vec![|d| drop(a_trace_destination(d, "One")), |d| drop(a_trace_destination(d, "Two"))],
        },
        Examples { kind: DeliverySource::NAME, variants: vec![DELIVERIES[0], DELIVERIES[1], DELIVERIES[3]] },
        Examples { kind: DeliveryDestination::NAME, variants: vec![DELIVERIES[0], DELIVERIES[2]] },
        Examples { kind: Delivery::NAME, variants: vec![DELIVERIES[1], DELIVERIES[3]] },
        Examples {
            kind: Memory::NAME,
            variants: vec![|d| a_memory(d, 90, &["facts"], "one"), |d| a_memory(d, 30, &["facts", "preferences"], "two"), |d| {
                a_memory(d, 30, &[], "two");
            }],
        },
        Examples {
            kind: Guardrail::NAME,
            variants: vec![
                |d| drop(a_guardrail(d, &some_content("first"), "one")),
                |d| drop(a_guardrail(d, &more_content(), "one")),
                |d| {
                    drop(a_guardrail(d, &more_content(), "two"));
                },
            ],
        },
        Examples {
            kind: GuardrailVersion::NAME,
            variants: vec![|d| drop(a_guardrail(d, &some_content("first"), "one")), |d| {
                drop(a_guardrail(d, &some_content("second"), "one"));
            }],
        },
        Examples { kind: Bucket::NAME, variants: vec![|d| drop(a_bucket(d, "one")), |d| drop(a_bucket(d, "two"))] },
        Examples { kind: Object::NAME, variants: vec![|d| drop(an_object(d, "first")), |d| drop(an_object(d, "second"))] },
        Examples { kind: Prefix::NAME, variants: vec![|d| a_prefix(d, &["one-clinic"]), |d| a_prefix(d, &["one-clinic", "two-clinic"])] },
        Examples {
            kind: UserPool::NAME,
            variants: vec![
                |d| drop(a_pool(d, &["tier"], Mfa::Off)),
                |d| drop(a_pool(d, &["tier"], Mfa::Optional)),
                |d| {
                    drop(a_pool(d, &["tier", "role"], Mfa::Required));
                },
                |d| {
                    let attributes = [("tier".to_owned(), Attribute { mutable: true, max_length: 64 })].into();
                    let lambda = "arn:aws:lambda:us-east-1:111122223333:function:acme-claims";
                    let pool = UserPool::closed("AcmePool".into(), Mfa::Off, attributes, tags("one"));
                    put(d, "main", &UserPool { pre_token: Some(PreToken::of(lambda.into())), ..pool });
                },
            ],
        },
        Examples {
            kind: ResourceServer::NAME,
            variants: vec![|d| drop(a_server(d, &["read"])), |d| drop(a_server(d, &["read", "write"]))],
        },
        Examples {
            kind: Client::NAME,
            variants: vec![|d| a_client(d, 60, &["http://localhost:8501/"]), |d| {
                a_client(d, 30, &["http://localhost:8501/", "https://acme.example/"]);
            }],
        },
        Examples { kind: Domain::NAME, variants: vec![|d| domain(d, "acme-one"), |d| domain(d, "acme-two")] },
        Examples { kind: Group::NAME, variants: vec![|d| group(d, None, 1), |d| group(d, Some("who may"), 2)] },
        Examples {
            kind: User::NAME,
            variants: vec![
                |d| some_users(d, &[("ann@one.com", "one-clinic", "basic", "nurse"), ("o'neil@two.com", "two-clinic", "basic", "nurse")]),
                |d| some_users(d, &[("ann@one.com", "one-clinic", "premium", "physician")]),
                |d| some_users(d, &[("ann@one.com", "two-clinic", "basic", "nurse")]),
            ],
        },
        Examples {
            kind: VectorBucket::NAME,
            variants: vec![|d| drop(put(d, "main", &VectorBucket { name: "acme-vectors".into(), tags: tags("one") })), |d| {
                drop(put(d, "main", &VectorBucket { name: "acme-vectors".into(), tags: tags("two") }));
            }],
        },
        Examples { kind: VectorIndex::NAME, variants: vec![|d| drop(an_index(d, 1024)), |d| drop(an_index(d, 512))] },
        Examples {
            kind: Role::NAME,
            variants: vec![|d| drop(a_role(d, "runtime", "bedrock.amazonaws.com", "s3:GetObject", "one")), |d| {
                drop(a_role(d, "runtime", "bedrock-agentcore.amazonaws.com", "s3:ListBucket", "two"));
            }],
        },
        Examples {
            kind: KnowledgeBase::NAME,
            variants: vec![|d| drop(a_base(d, None, "one")), |d| drop(a_base(d, Some("documents"), "two"))],
        },
        Examples {
            kind: DataSource::NAME,
            variants: vec![|d| a_source(d, "basic-tier/", 512), |d| a_source(d, "other/", 512), |d| a_source(d, "basic-tier/", 300)],
        },
        Examples {
            kind: Gateway::NAME,
            variants: vec![|d| drop(a_gateway(d, None, "one", "one")), |d| drop(a_gateway(d, Some("tools"), "two", "two")), |d| {
                drop(a_gateway(d, None, "three", "two"))
            }],
        },
        Examples {
            kind: GatewayTarget::NAME,
            variants: vec![|d| a_target(d, "first", &["X-Tier"]), |d| a_target(d, "second", &["X-Tier", "X-Clinic-ID"])],
        },
        Examples {
            kind: RateLimit::NAME,
            variants: vec![
                |d| a_limit(d, "clinic_id", &[("*", 10, Period::Second)]),
                |d| a_limit(d, "clinic_id", &[("*", 100, Period::Minute), ("one-clinic", 20, Period::Second)]),
                |d| a_limit(d, "tenant", &[("*", 10, Period::Second)]),
            ],
        },
        Examples {
            kind: Registry::NAME,
            variants: vec![|d| drop(a_registry(d, None, "one")), |d| drop(a_registry(d, Some("tools"), "one")), |d| {
                drop(a_registry(d, Some("tools"), "two"));
            }],
        },
        Examples {
            kind: RegistryRecord::NAME,
            variants: vec![
                |d| a_record(d, "first", "tools", Publication::Submitted),
                |d| a_record(d, "second", "tools", Publication::Approved),
                |d| a_record(d, "second", "more tools", Publication::Approved),
            ],
        },
        Examples {
            kind: Runtime::NAME,
            variants: vec![
                |d| drop(a_runtime(d, an_image("1"), &[], "one")),
                |d| drop(a_runtime(d, an_image("2"), &[("AGENT_TIER", "basic")], "two")),
                |d| {
                    let code = some_code(d, "first");
                    a_runtime(d, code, &[("AGENT_TIER", "basic")], "one");
                },
                |d| {
                    let code = some_code(d, "second");
                    a_runtime(d, code, &[], "three");
                },
            ],
        },
        Examples {
            kind: ResourcePolicy::NAME,
            variants: vec![|d| some_policies(d, "bedrock-agentcore:InvokeAgentRuntime", true), |d| {
                some_policies(d, "bedrock-agentcore:StopRuntimeSession", false)
            }],
        },
        Examples {
            kind: Function::NAME,
            variants: vec![
                |d| drop(a_function(d, "first", &[("STAGE", "one"), ("MORE", "x")], "one")),
                |d| drop(a_function(d, "second", &[("STAGE", "two")], "two")),
                |d| drop(a_function(d, "first", &[], "one")),
            ],
        },
        Examples {
            kind: Permission::NAME,
            variants: vec![|d| a_permission(d, "apigateway.amazonaws.com", "arn:aws:execute-api:us-east-1:111122223333:abc/*/*"), |d| {
                a_permission(d, "cognito-idp.amazonaws.com", "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_abc");
            }],
        },
        Examples {
            kind: Project::NAME,
            variants: vec![|d| drop(put(d, "main", &Project { name: "Acme-Basic".into(), tags: tags("one") })), |d| {
                drop(put(d, "main", &Project { name: "Acme-Basic".into(), tags: tags("two") }));
            }],
        },
        Examples {
            kind: RestApi::NAME,
            variants: vec![
                |d| drop(an_api(d, &["POST /runtimes/{proxy+}"], LAMBDA, "one")),
                |d| drop(an_api(d, &["POST /runtimes/{proxy+}", "GET /runtimes"], LAMBDA, "two")),
                |d| drop(an_api(d, &["ANY /"], &format!("{LAMBDA}:live"), "two")),
            ],
        },
        Examples { kind: ApiAccount::NAME, variants: vec![|d| drop(an_account(d, "api-logs")), |d| drop(an_account(d, "other-logs"))] },
        Examples {
            kind: Stage::NAME,
            variants: vec![
                |d| drop(a_stage(d, "prod", LAMBDA, Some("status"), "one")),
                |d| drop(a_stage(d, "prod", LAMBDA, Some("result"), "two")),
                |d| drop(a_stage(d, "prod", &format!("{LAMBDA}:live"), None, "two")),
            ],
        },
        Examples {
            kind: UsagePlan::NAME,
            variants: vec![
                |d| {
                    a_stage(d, "prod", LAMBDA, None, "one");
                    a_plan(d, "basic", "prod", 2.0, a_quota(50, "DAY"));
                },
                |d| {
                    a_stage(d, "prod", LAMBDA, None, "one");
                    a_plan(d, "basic", "prod", 10.0, a_quota(500, "MONTH"));
                },
                |d| {
                    a_stage(d, "next", LAMBDA, None, "one");
                    a_plan(d, "basic", "next", 10.0, None);
                },
            ],
        },
        Examples {
            kind: ApiKey::NAME,
            variants: vec![|d| an_api_key(d, "basic", true), |d| an_api_key(d, "premium", true), |d| an_api_key(d, "premium", false)],
        },
        Examples {
            kind: Parameter::NAME,
            variants: vec![|d| parameter(d, "one", Protection::Plain), |d| parameter(d, "two", Protection::Plain)],
        },
    ]
}

#[test]
fn every_kind_is_in_the_matrix() {
    // One setting of the account, with one value, that nobody takes back: it has tests of its own.
    let tested: BTreeSet<&str> = matrix().iter().map(|e| e.kind).chain([TraceDestination::NAME]).collect();
    let kinds: BTreeSet<&str> = KINDS.iter().map(|k| k.name()).collect();
    assert_eq!(tested, kinds);
    assert!(matrix().iter().all(|e| e.variants.len() > 1));
}

fn desired(variant: fn(&mut Desired)) -> Desired {
    let mut desired = Desired::default();
    variant(&mut desired);
    desired
}

#[tokio::test(start_paused = true)]
async fn from_each_example_to_each_other() {
    for examples in matrix() {
        for (i, from) in examples.variants.iter().enumerate() {
            for (j, to) in examples.variants.iter().enumerate().filter(|(j, _)| *j != i) {
                walk(examples.kind, &format!("{} from example {i} to {j}", examples.kind), &desired(*from), &desired(*to)).await;
            }
        }
    }
}

async fn walk(kind: &str, at: &str, from: &Desired, to: &Desired) {
    let bench = Bench::new();
    bench.apply(from, &Named::default()).await;
    bench.is_settled(from, at).await;

    // Data may go here: the walk is about the kinds, the guards have tests of their own.
    let all: BTreeSet<Address> = from.specs().keys().chain(to.specs().keys()).cloned().collect();
    let named = Named { delete: all.iter().cloned().map(Which::One).collect(), replace: all };
    let plan = bench.plan(to, &named).await;
    assert!(plan.changes.iter().any(|c| c.address.kind() == kind), "{at}: the examples don't differ");
    for change in plan.changes.iter().filter(|c| c.action == Action::Update) {
        let replacing = super::kind(change.address.kind()).unwrap().replace_on();
        assert!(
            change.fields.iter().all(|f| replacing.iter().all(|(field, _)| *field != f.root())),
            "{at}: {:?} is updated in place",
            change.fields
        );
    }
    bench.apply(to, &named).await;
    bench.is_settled(to, at).await;

    // What a plan knows beforehand is what came of it.
    for (address, found) in &observe(&bench.site.aws, &bench.site.names, to).await.unwrap() {
        let known = super::kind(address.kind()).unwrap().known(&found.spec, &bench.site.names).unwrap();
        for (name, value) in known.as_object().unwrap() {
            assert_eq!(found.output.get(name), Some(value), "{at}: `{name}` of {address}");
        }
    }

    // Every live resource of the kind is deleted, and deleted again.
    let nothing = Desired::default();
    let before = observe(&bench.site.aws, &bench.site.names, to).await.unwrap();
    bench.apply(&nothing, &named).await;
    let after = observe(&bench.site.aws, &bench.site.names, &nothing).await.unwrap();
    assert!(after.is_empty(), "{at}: not gone: {:?}", after.keys().collect::<Vec<_>>());
    for (address, found) in before.iter().filter(|(a, _)| a.kind() == kind) {
        let mark = Mark { platform: "acme".into(), address: address.clone(), spec: String::new() };
        let step = Step { aws: &bench.site.aws, names: &bench.site.names, blobs: &bench.site.blobs, mark, tell: &|_| {} };
        super::kind(kind).unwrap().delete(&step, found).await.unwrap_or_else(|e| panic!("{at}: deleting {address} again: {e:#}"));
    }

    // And made again: AWS has not forgotten the idempotency tokens of the first time.
    bench.apply(from, &named).await;
    bench.is_settled(from, at).await;
}

/// What leaves the manifest is shut where AWS can do that, kept so, and opened again when it comes back.
#[tokio::test(start_paused = true)]
async fn what_can_be_closed_off_is_closed_off_and_opened_again() {
    let mut kinds = BTreeSet::new();
    for examples in matrix() {
        let (wanted, nothing) = (desired(examples.variants[0]), Desired::default());
        let bench = Bench::new();
        bench.apply(&wanted, &Named::default()).await;
        let kind = super::kind(examples.kind).unwrap();
        let closed = |live: &crate::observe::Live| {
            let of_kind = live.iter().filter(|(a, _)| a.kind() == examples.kind);
            of_kind.map(|(_, f)| kind.closed(&f.spec).unwrap().map(|c| c == f.spec)).collect::<Vec<_>>()
        };
        let before = closed(&observe(&bench.site.aws, &bench.site.names, &wanted).await.unwrap());
        if before.iter().all(Option::is_none) {
            continue;
        }
        assert!(before.iter().all(|c| *c == Some(false)), "{}: shut from the beginning", examples.kind);
        kinds.insert(examples.kind);
        bench.apply(&nothing, &Named::default()).await;
        bench.is_settled(&nothing, examples.kind).await;
        let after = closed(&observe(&bench.site.aws, &bench.site.names, &nothing).await.unwrap());
        assert_eq!(after, vec![Some(true); before.len()], "{}", examples.kind);
        bench.apply(&wanted, &Named::default()).await;
        bench.is_settled(&wanted, examples.kind).await;
    }
    assert_eq!(kinds, [User::NAME].into());
}

mod transitions;
mod users;
mod vended;

#[tokio::test(start_paused = true)]
async fn a_key_that_waits_for_its_deletion_is_gone_until_it_is_wanted_again() {
    let bench = Bench::new();
    let wanted = desired(|d| drop(a_table(d, "clinic_id", &[], "one")));
    let changed = desired(|d| drop(a_key(d, "kms:GetKeyPolicy", "two")));
    bench.apply(&wanted, &Named::default()).await;
    let arn = async |at: &Desired| {
        let live = observe(&bench.site.aws, &bench.site.names, at).await.unwrap();
        live.iter().find(|(a, _)| a.kind() == Key::NAME).map(|(_, found)| found.output["arn"].clone())
    };
    let before = arn(&wanted).await;
    assert!(before.is_some());
    let named = Named { delete: wanted.specs().keys().cloned().map(crate::plan::Which::One).collect(), ..Named::default() };
    bench.apply(&Desired::default(), &named).await;
    assert_eq!(arn(&wanted).await, None);
    bench.apply(&changed, &Named::default()).await;
    assert_eq!(arn(&wanted).await, before);
    bench.is_settled(&changed, "taken back").await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_makes_no_second_key_and_no_second_table() {
    let sandbox = Arc::new(Sandbox::open(None, "111122223333", Faults::parse("lost=1").unwrap()).unwrap());
    let aws = Arc::new(Aws::sandbox(sandbox, &names().region));
    let bench = Bench { site: Site { aws, names: names(), blobs: blobs() } };
    let wanted = desired(|d| a_row(d, &["one-clinic"], &"Oncology".into()));
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "lost replies").await;
    let changed = desired(|d| drop(a_table(d, "clinic_id", &[("by-tier", "tier")], "two")));
    bench.apply(&changed, &Named::default()).await;
    bench.is_settled(&changed, "lost replies of updates").await;
    assert_eq!(bench.site.aws.kms.list_keys().send().await.unwrap().keys().len(), 1);
    assert_eq!(bench.site.aws.dynamodb.list_tables().send().await.unwrap().table_names().len(), 1);

    let named = Named { delete: wanted.specs().keys().cloned().map(crate::plan::Which::One).collect(), ..Named::default() };
    bench.apply(&Desired::default(), &named).await;
    bench.apply(&changed, &Named::default()).await;
    bench.is_settled(&changed, "lost replies of deletes and of a key that is taken back").await;
    assert_eq!(bench.site.aws.kms.list_keys().send().await.unwrap().keys().len(), 1);
}
