//! The matrix: every kind with the variants that a walk goes through, each from and to each other.

use super::*;

/// One kind's examples: each declares what it needs, then the resource under one and the same address.
pub(super) struct Examples {
    pub(super) kind: &'static str,
    pub(super) variants: Vec<fn(&mut Desired)>,
}

/// Of everything, of a memory of another name, to another group, and of logs alone.
pub(super) const DELIVERIES: [fn(&mut Desired); 4] = [
    |d| deliveries(d, "acme_basic_memory", "one", &Delivered::ALL),
    |d| deliveries(d, "acme_basic_other", "one", &Delivered::ALL),
    |d| deliveries(d, "acme_basic_memory", "two", &Delivered::ALL),
    |d| deliveries(d, "acme_basic_memory", "one", &[Delivered::Logs]),
];

pub(super) fn matrix() -> Vec<Examples> {
    use crate::manifest::Mfa;
    fn parameter(desired: &mut Desired, value: &str, protection: Protection) {
        put(desired, "x", &Parameter { name: "/app/acme/x".into(), protection, value: value.into() });
    }
    fn bounded(desired: &mut Desired, policy: &str) {
        let boundary = Some(crate::names::Arn::new(format!("arn:aws:iam::111122223333:policy/{policy}")));
        let role = Role::named(names().role("runtime"), "an example", tags("one"));
        let trust = serde_json::json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "bedrock.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
        let may =
            serde_json::json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" } });
        put(desired, "runtime", &Role { trust: trust.into(), policy: may.into(), boundary, ..role });
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
            variants: vec![
                |d| drop(a_role(d, "runtime", "bedrock.amazonaws.com", "s3:GetObject", "one")),
                |d| {
                    drop(a_role(d, "runtime", "bedrock-agentcore.amazonaws.com", "s3:ListBucket", "two"));
                },
                |d| bounded(d, "acme-limits"),
                |d| bounded(d, "acme-other-limits"),
            ],
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
            variants: vec![
                |d| drop(a_gateway(d, None, "one", "one")),
                |d| drop(a_gateway(d, Some("tools"), "two", "two")),
                |d| drop(a_gateway(d, None, "three", "two")),
                |d| an_intercepted_gateway(d, "acme-interceptor", "one"),
                |d| an_intercepted_gateway(d, "acme-other", "two"),
            ],
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
                some_policies(d, "bedrock-agentcore:StopRuntimeSession", false);
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
