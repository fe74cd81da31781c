//! A tier's guardrail: the draft, and the version of its content that agents apply.

use anyhow::Result;

use super::Sources;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Condition, Guardrail, GuardrailContent, GuardrailVersion};
use crate::manifest::Tier;
use crate::names::TierName;

pub(super) fn declare(
    sources: &Sources<'_>,
    desired: &mut Desired,
    name: &TierName,
    tier: &Tier,
    content: &GuardrailContent,
) -> Result<()> {
    let owner = || Owner::Tier(name.clone());
    let draft = Guardrail {
        name: sources.names.guardrail(name),
        content: content.clone(),
        tags: sources.tags(Some(tier)),
        condition: Condition::default(),
    };
    let guardrail = desired.add(owner(), "main", &draft)?;
    // Other content is another version: whoever refers to this one learns of the new number.
    let digest = content.digest()?;
    let label = GuardrailVersion::label(&digest);
    let version = GuardrailVersion { guardrail: guardrail.at(&Guardrail::ID), name: draft.name, digest };
    let version = desired.add(owner(), &label, &version)?;
    let mut publish = |key: &str, value| sources.publish(desired, owner(), &format!("guardrails/{name}_{key}"), value);
    publish("id", guardrail.at(&Guardrail::ID))?;
    publish("arn", guardrail.at(&Guardrail::ARN).text())?;
    publish("version", version.at(&GuardrailVersion::VERSION))
}
