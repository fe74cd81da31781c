//! Knowledge bases. In the article's profile a tier has one, whose documents say whose they are; in the strict one each tenant
//! has their own, over an index that no other tenant's credentials reach.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Sources;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Bucket, Condition, DataSource, DeletionPolicy, KnowledgeBase, Role, VectorIndex};
use crate::late::{Handle, Late};
use crate::manifest::{self, Profile, Tier};
use crate::names::{
    Arn, TenantId, TierName, data_source_parameter, knowledge_parameter, tenant_data_source_parameter, tenant_knowledge_parameter,
    tenant_prefix, tier_prefix,
};

/// What a tier's knowledge bases have in common.
pub(super) struct Shelf {
    wanted: manifest::KnowledgeBase,
    tier: TierName,
    tags: BTreeMap<String, String>,
    bucket: Late<Arn>,
    vectors: Late<Arn>,
    model: Late<Arn>,
    role: Late<Arn>,
}

/// How one knowledge base is called, and what it reads.
struct Base {
    owner: Owner,
    index: Late<Arn>,
    name: String,
    source: String,
    prefix: String,
    /// Where its id and its data source's are published.
    parameters: [String; 2],
}

/// The knowledge base of a tier; or what those of its tenants will share.
pub(super) fn of_tier(
    sources: &Sources<'_>,
    desired: &mut Desired,
    (name, tier, wanted): (&TierName, &Tier, &manifest::KnowledgeBase),
    bucket: &Handle<Bucket>,
    vectors: &Late<Arn>,
) -> Result<Option<Shelf>> {
    let (names, owner, tags) = (sources.names, Owner::Tier(name.clone()), sources.tags(Some(tier)));
    let model: Late<Arn> = Late::known(format!("arn:aws:bedrock:{}::foundation-model/{}", names.region, wanted.embedding_model));
    let mut holes = vec![
        ("embedding_model.arn", vec![model.text()]),
        ("tier.bucket", vec![bucket.at(&Bucket::BUCKET)]),
        ("tier.prefix", vec![Late::known(tier_prefix(name))]),
    ];
    let (file, index) = match sources.manifest.profile {
        Profile::Strict => {
            holes.push(("vector_bucket.arn", vec![vectors.text()]));
            ("knowledge-base-strict", None)
        }
        Profile::Article => {
            let index = VectorIndex::cosine(vectors.clone(), names.vector_index(name), wanted.dimensions, tags.clone());
            let index = desired.add(owner.clone(), "main", &index)?.at(&VectorIndex::ARN);
            holes.push(("vector_index.arn", vec![index.text()]));
            ("knowledge-base", Some(index))
        }
    };
    let role = Role {
        trust: sources.policy("knowledge-base-trust", &[])?,
        policy: sources.policy(file, &holes)?,
        ..sources.role(names.tier_role(name, "kb"), &format!("What the knowledge base of tier {name} may do"), tags.clone())
    };
    let role = desired.add(owner.clone(), "knowledge-base", &role)?.at(&Role::ARN);
    let shelf =
        Shelf { wanted: wanted.clone(), tier: name.clone(), tags, bucket: bucket.at(&Bucket::ARN), vectors: vectors.clone(), model, role };
    let Some(index) = index else { return Ok(Some(shelf)) };
    let base = Base {
        owner,
        index,
        name: names.knowledge_base(name),
        source: names.data_source(name),
        prefix: tier_prefix(name),
        parameters: [knowledge_parameter(name), data_source_parameter(name)],
    };
    shelf.base(sources, desired, base)?;
    Ok(None)
}

impl Shelf {
    /// A tenant's own knowledge base, and the index that is opened by the tenant's name.
    pub(super) fn of_tenant(&self, sources: &Sources<'_>, desired: &mut Desired, tenant: &TenantId) -> Result<()> {
        let (names, owner) = (sources.names, Owner::Tenant(tenant.clone()));
        let index = VectorIndex::cosine(self.vectors.clone(), names.tenant_vector_index(tenant), self.wanted.dimensions, self.tags.clone());
        let index = desired.add(owner.clone(), "main", &index)?.at(&VectorIndex::ARN);
        let base = Base {
            owner,
            index,
            name: names.tenant_knowledge_base(tenant),
            source: names.tenant_data_source(tenant),
            prefix: tenant_prefix(&self.tier, tenant),
            parameters: [tenant_knowledge_parameter(tenant), tenant_data_source_parameter(tenant)],
        };
        self.base(sources, desired, base)
    }

    fn base(&self, sources: &Sources<'_>, desired: &mut Desired, wanted: Base) -> Result<()> {
        let owner = wanted.owner;
        let base = KnowledgeBase {
            name: wanted.name,
            description: self.wanted.description.clone(),
            role: self.role.clone(),
            embedding_model: self.model.clone(),
            dimensions: self.wanted.dimensions,
            vector_bucket: self.vectors.clone(),
            index: wanted.index,
            tags: self.tags.clone(),
            condition: Condition::default(),
        };
        let base = desired.add(owner.clone(), "main", &base)?;
        let source = DataSource {
            knowledge_base: base.at(&KnowledgeBase::ID),
            name: wanted.source,
            description: None,
            bucket: self.bucket.clone(),
            prefix: wanted.prefix,
            chunk_tokens: self.wanted.chunk_tokens,
            chunk_overlap_percent: self.wanted.chunk_overlap_percent,
            deletion_policy: DeletionPolicy::Retain,
            condition: Condition::default(),
        };
        let source = desired.add(owner.clone(), DataSource::LABEL, &source)?;
        let [id, source_id] = wanted.parameters;
        sources.publish(desired, owner.clone(), &id, base.at(&KnowledgeBase::ID))?;
        sources.publish(desired, owner, &source_id, source.at(&DataSource::ID))
    }
}
