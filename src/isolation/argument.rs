//! The whole argument for one ordered pair of tenants: each call on the first's own data, and on the second's.

use anyhow::{Result, bail};

use super::iam::Decision;
use super::model::Model;
use super::probes::{any, any_might, walls};
use super::roles::{Caller, tagged};
use crate::names::TenantId;

/// What the first may do.
pub(crate) struct Argument {
    pub(crate) from: TenantId,
    pub(crate) to: TenantId,
    pub(crate) steps: Vec<Step>,
}

/// One call.
pub(crate) struct Step {
    pub(crate) layer: &'static str,
    pub(crate) is_own: bool,
    pub(crate) call: String,
    pub(crate) decision: Decision,
    /// The statement that decides.
    pub(crate) by: Option<String>,
}

impl Argument {
    pub(crate) fn is_sound(&self) -> bool {
        self.steps.iter().all(|s| if s.is_own { s.decision == Decision::Allow } else { s.decision.is_denied() })
    }
}

pub(crate) fn argument(model: &Model, from: &TenantId, to: &TenantId) -> Result<Argument> {
    let of = |id: &TenantId| {
        let Some(tier) = model.tenants.get(id) else {
            bail!("the manifest has no tenant `{id}`; its tenants are listed by `tenantry status`")
        };
        Ok((tier.to_string(), id.to_string()))
    };
    let (first, second) = (of(from)?, of(to)?);
    let (caller, victim) = (Caller::of(&first.0, &first.1), Caller::of(&second.0, &second.1));
    let tagged = tagged(model)?;
    let mut steps = Vec::new();
    for (layer, wall) in walls(model)? {
        for (is_own, target) in [(true, &caller), (false, &victim)] {
            for call in wall.own(target) {
                let judged = if is_own { any(&tagged, &caller, &call) } else { any_might(&tagged, &caller, &call) };
                steps.push(Step {
                    layer,
                    is_own,
                    call: format!("{} on {}", call.action, call.words),
                    decision: judged.decision,
                    by: judged.by,
                });
            }
        }
    }
    Ok(Argument { from: from.clone(), to: to.clone(), steps })
}
