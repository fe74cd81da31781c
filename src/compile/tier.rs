//! What one tier consists of: its bucket, knowledge base, runtime, gateway and project.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::identity::Identity;
use super::observability::Watched;
use super::platform::{Engine, Platform};
use super::registry::Registry;
use super::{Sources, guardrail, rate_limit};
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{
    AuthorizerType, Bucket, BucketProtection, Condition, Credentials, DataSource, DeletionPolicy, Enforced, Gateway, GatewayTarget,
    JwtAuthorizer, KnowledgeBase, Memory, Object, Policy, PolicyAttachment, PolicyEngine, Project, ResourcePolicy, Role, RuntimeArtifact,
    Strategy, TargetSort, VectorIndex,
};
use crate::late::{self, Handle, Late};
use crate::manifest::{self, Artifact, Tier};
use crate::names::{Arn, TierName, data_source_parameter, tier_prefix};

/// Declares a tier; gives back the name of its bucket.
pub(super) fn declare(
    sources: &Sources<'_>,
    desired: &mut Desired,
    identity: &Identity,
    platform: &Platform,
    registry: Option<&Registry>,
    name: &TierName,
    tier: &Tier,
) -> Result<Late> {
    let part = Part { sources, identity, platform, registry, name, tier, owner: Owner::Tier(name.clone()) };
    let bucket = part.bucket(desired)?;
    if let Some(base) = &tier.knowledge_base {
        part.knowledge_base(desired, base, &bucket)?;
    }
    if let Some(memory) = &tier.memory {
        part.memory(desired, memory)?;
    }
    if let Some(content) = &tier.guardrail {
        guardrail::declare(sources, desired, name, tier, content)?;
    }
    if let Some(gateway) = &tier.gateway {
        part.gateway(desired, gateway)?;
    }
    if let Some(runtime) = &tier.runtime {
        part.runtime(desired, runtime)?;
    }
    if let Some(project) = &tier.project {
        part.project(desired, project)?;
    }
    Ok(bucket.at(&Bucket::BUCKET))
}

struct Part<'a> {
    sources: &'a Sources<'a>,
    identity: &'a Identity,
    platform: &'a Platform,
    registry: Option<&'a Registry>,
    name: &'a TierName,
    tier: &'a Tier,
    owner: Owner,
}

impl Part<'_> {
    fn tags(&self) -> BTreeMap<String, String> {
        self.sources.tags(Some(self.tier))
    }

    fn publish(&self, desired: &mut Desired, label: &str, value: Late) -> Result<()> {
        self.sources.publish(desired, self.owner.clone(), label, value)
    }

    /// Has AWS deliver what a memory, gateway or runtime logs.
    fn watch(&self, desired: &mut Desired, sort: &'static str, id: Late, arn: Late<Arn>) -> Result<()> {
        let Some(observability) = &self.platform.observability else { return Ok(()) };
        observability.watch(desired, Watched { owner: self.owner.clone(), sort, id, arn, tags: self.tags() })
    }

    /// Tokens of this pool, for the web client, of users of this tier: a token of another tier never gets to the agent or its tools.
    fn authorizer(&self) -> JwtAuthorizer {
        let claim = format!("custom:{}", self.sources.manifest.identity.claims.tier);
        let (url, audience) = (self.identity.discovery_url.clone(), [self.identity.web_client.clone()].into());
        JwtAuthorizer::audience(url, audience, [(claim, self.name.to_string())].into())
    }

    fn bucket(&self, desired: &mut Desired) -> Result<Handle<Bucket>> {
        let name = self.sources.names.tier_bucket(self.name);
        let bucket = Bucket {
            region: self.sources.names.region.to_string(),
            policy: Some(self.sources.policy("bucket", &[("bucket.name", vec![Late::known(&name)])])?),
            protection: BucketProtection::closed(),
            tags: self.tags(),
            name,
        };
        desired.add(self.owner.clone(), "documents", &bucket)
    }

    fn knowledge_base(&self, desired: &mut Desired, wanted: &manifest::KnowledgeBase, bucket: &Handle<Bucket>) -> Result<()> {
        let (sources, names) = (self.sources, self.sources.names);
        let vectors = self.platform.vector_bucket.clone().context("a knowledge base without a vector bucket")?;
        let index = VectorIndex::cosine(vectors.clone(), names.vector_index(self.name), wanted.dimensions, self.tags());
        let index = desired.add(self.owner.clone(), "main", &index)?.at(&VectorIndex::ARN);
        let model: Late<Arn> = Late::known(format!("arn:aws:bedrock:{}::foundation-model/{}", names.region, wanted.embedding_model));
        let holes = [
            ("embedding_model.arn", vec![model.text()]),
            ("tier.bucket", vec![bucket.at(&Bucket::BUCKET)]),
            ("tier.prefix", vec![Late::known(tier_prefix(self.name))]),
            ("vector_index.arn", vec![index.text()]),
        ];
        let role = Role {
            trust: sources.policy("knowledge-base-trust", &[])?,
            policy: sources.policy("knowledge-base", &holes)?,
            ..Role::named(names.tier_role(self.name, "kb"), &format!("What the knowledge base of tier {} may do", self.name), self.tags())
        };
        let role = desired.add(self.owner.clone(), "knowledge-base", &role)?;
        let base = KnowledgeBase {
            name: names.knowledge_base(self.name),
            description: wanted.description.clone(),
            role: role.at(&Role::ARN),
            embedding_model: model,
            dimensions: wanted.dimensions,
            vector_bucket: vectors,
            index,
            tags: self.tags(),
            condition: Condition::default(),
        };
        let base = desired.add(self.owner.clone(), "main", &base)?;
        let source = DataSource {
            knowledge_base: base.at(&KnowledgeBase::ID),
            name: names.data_source(self.name),
            description: None,
            bucket: bucket.at(&Bucket::ARN),
            prefix: tier_prefix(self.name),
            chunk_tokens: wanted.chunk_tokens,
            chunk_overlap_percent: wanted.chunk_overlap_percent,
            deletion_policy: DeletionPolicy::Retain,
            condition: Condition::default(),
        };
        let source = desired.add(self.owner.clone(), "documents", &source)?;
        self.publish(desired, &format!("knowledge_base/{}_kb_id", self.name), base.at(&KnowledgeBase::ID))?;
        self.publish(desired, &data_source_parameter(self.name), source.at(&DataSource::ID))
    }

    fn gateway(&self, desired: &mut Desired, wanted: &manifest::Gateway) -> Result<()> {
        let names = self.sources.names;
        let gateway = Gateway {
            name: names.gateway(self.name),
            description: wanted.description.clone(),
            role: self.platform.gateway_role.clone().context("a gateway without a role")?,
            authorizer_type: AuthorizerType::CustomJwt,
            authorizer: self.authorizer(),
            policy: self
                .platform
                .engine
                .as_ref()
                .map(|engine| PolicyAttachment { engine: engine.handle.at(&PolicyEngine::ARN), mode: engine.mode }),
            tags: self.tags(),
            condition: Condition::default(),
        };
        let gateway = desired.add(self.owner.clone(), "main", &gateway)?;
        let target = GatewayTarget {
            gateway: gateway.at(&Gateway::ID),
            name: names.gateway_target(self.name),
            description: None,
            sort: TargetSort::Lambda,
            credentials: Credentials::GatewayRole,
            lambda: self.platform.functions.arn(&wanted.tools_lambda)?,
            tools: self.sources.library.tools(&wanted.tools.value)?.clone().into(),
            headers: wanted.headers.clone(),
            condition: Condition::default(),
        };
        let target = desired.add(self.owner.clone(), "tools", &target)?;
        if let Some(engine) = &self.platform.engine {
            for file in &wanted.policies {
                self.policy(desired, engine, &file.value, (&gateway, &target))?;
            }
        }
        if let Some(limit) = wanted.rate_limit {
            rate_limit::declare(self.sources, desired, self.name, limit, &gateway)?;
        }
        if let Some(registry) = self.registry {
            registry.record(self.sources, desired, self.name, wanted, &gateway)?;
        }
        self.watch(desired, "gateway", gateway.at(&Gateway::ID), gateway.at(&Gateway::ARN))?;
        self.publish(desired, &format!("agentcore/{}_gateway_id", self.name), gateway.at(&Gateway::ID))?;
        self.publish(desired, &format!("agentcore/{}_gateway_name", self.name), gateway.at(&Gateway::GATEWAY_NAME))?;
        self.publish(desired, &format!("agentcore/{}_gateway_arn", self.name), gateway.at(&Gateway::ARN).text())?;
        self.publish(desired, &format!("agentcore/{}_gateway_url", self.name), gateway.at(&Gateway::URL))
    }

    /// A policy can only be made once the gateway and the tools that it speaks of are there.
    fn policy(
        &self,
        desired: &mut Desired,
        engine: &Engine,
        file: &Path,
        (gateway, target): (&Handle<Gateway>, &Handle<GatewayTarget>),
    ) -> Result<()> {
        let claims = &self.sources.manifest.identity.claims;
        let parts = late::holes(self.sources.library.cedar(file)?).into_iter().map(|part| {
            let hole = match part {
                Ok(text) => return Ok(Late::known(text)),
                Err(hole) => hole,
            };
            // Nothing here can hold a quote: names have rules, and so have AWS's ids.
            Ok(match hole.as_str() {
                "gateway.arn" => gateway.at(&Gateway::ARN).text(),
                "target" => target.at(&GatewayTarget::TARGET),
                "tier" => Late::known(self.name),
                "claim.tier" => Late::known(&claims.tier),
                "claim.tenant" => Late::known(&claims.tenant),
                "claim.role" => Late::known(&claims.role),
                _ => bail!("nothing fills the hole `{{{{{hole}}}}}` of `{}`", file.display()),
            })
        });
        let statement = Late::concat(parts.collect::<Result<Vec<_>>>()?);
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let policy = Policy {
            engine: engine.handle.at(&PolicyEngine::ID),
            name: self.sources.names.policy(self.name, &stem),
            statement,
            enforced: Enforced::Active,
            condition: Condition::default(),
        };
        desired.add(self.owner.clone(), &stem, &policy)?;
        Ok(())
    }

    fn runtime(&self, desired: &mut Desired, wanted: &manifest::Runtime) -> Result<()> {
        use crate::kinds::Runtime;
        let artifact = match &wanted.artifact {
            Artifact::Image(uri) => RuntimeArtifact::Image { uri: uri.clone() },
            Artifact::Code { path, entry_point, python } => {
                let packed = self.sources.library.code(&path.value)?;
                let object = Object {
                    bucket: self.platform.own_bucket.clone(),
                    key: format!("artifacts/{}/{}.zip", self.name, packed.digest),
                    digest: packed.digest.clone(),
                };
                let object = desired.add(self.owner.clone(), &Object::label(&packed.digest), &object)?;
                let (bucket, key) = (object.at(&Object::BUCKET), object.at(&Object::KEY));
                RuntimeArtifact::Code { bucket, key, entry_point: entry_point.clone(), python: python.clone() }
            }
        };
        let mut environment: BTreeMap<String, Late> = BTreeMap::from([
            ("AGENT_TIER".into(), Late::known(self.name)),
            ("AWS_REGION".into(), Late::known(&self.sources.names.region)),
            ("MODEL_ID".into(), Late::known(&self.tier.model)),
            ("PARAMETER_ROOT".into(), Late::known(self.sources.names.parameter_root())),
            ("TENANT_CLAIM".into(), Late::known(format!("custom:{}", self.sources.manifest.identity.claims.tenant))),
        ]);
        environment.extend(wanted.environment.iter().map(|(k, v)| (k.clone(), Late::known(v))));
        let runtime = Runtime {
            name: self.sources.names.runtime(self.name),
            description: wanted.description.clone(),
            role: self.platform.runtime_role.clone().context("a runtime without a role")?,
            package: artifact.package(),
            artifact,
            authorizer: self.authorizer(),
            request_headers: wanted.request_headers.clone(),
            environment,
            idle_timeout_seconds: wanted.idle_timeout_seconds,
            max_lifetime_seconds: wanted.max_lifetime_seconds,
            tags: self.tags(),
            condition: Condition::default(),
        };
        let runtime = desired.add(self.owner.clone(), "main", &runtime)?;
        self.restrict(desired, "runtime", runtime.at(&Runtime::ARN))?;
        self.restrict(desired, "endpoint", runtime.at(&Runtime::ENDPOINT))?;
        self.watch(desired, "runtime", runtime.at(&Runtime::ID), runtime.at(&Runtime::ARN))?;
        self.publish(desired, &format!("agentcore/{}_runtime_arn", self.name), runtime.at(&Runtime::ARN).text())
    }

    /// A good token is for asking the agent, and for nothing else that can be done with a runtime.
    fn restrict(&self, desired: &mut Desired, label: &str, resource: Late<Arn>) -> Result<()> {
        let policy = self.sources.policy("runtime-resource", &[("resource.arn", vec![resource.text()])])?;
        desired.add(self.owner.clone(), label, &ResourcePolicy { resource, policy })?;
        Ok(())
    }

    fn memory(&self, desired: &mut Desired, wanted: &manifest::Memory) -> Result<()> {
        let strategy = |s: &manifest::Strategy| Strategy { extracts: s.extracts, namespace: s.namespace.clone() };
        let memory = Memory {
            name: self.sources.names.memory(self.name),
            expiry_days: wanted.expiry_days,
            strategies: wanted.strategies.iter().map(|(name, s)| (name.clone(), strategy(s))).collect(),
            tags: self.tags(),
            condition: Condition::default(),
        };
        let memory = desired.add(self.owner.clone(), "main", &memory)?;
        self.watch(desired, "memory", memory.at(&Memory::ID), memory.at(&Memory::ARN))?;
        self.publish(desired, &format!("memory/{}_id", self.name), memory.at(&Memory::ID))
    }

    fn project(&self, desired: &mut Desired, wanted: &manifest::Project) -> Result<()> {
        let mut tags = self.tags();
        tags.extend(wanted.tags.clone());
        let project = desired.add(self.owner.clone(), "main", &Project { name: self.sources.names.project(self.name), tags })?;
        self.publish(desired, &format!("projects/{}_id", self.name), project.at(&Project::ID))
    }
}
