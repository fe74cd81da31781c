//! Words that people read in every language of a plan, so that each thing has one name. docs/reference/words.md says what they mean.

use super::style::count;
use crate::address::Owner;
use crate::manifest::Profile;
use crate::plan::page::{Page, Risk, RiskKind, TenantAction};

/// A profile, for who meets the word here for the first time.
pub(crate) fn profile(name: &str) -> String {
    let clause = match name {
        name if name == Profile::Strict.as_str() => "tokens name the tenant",
        _ => "agents name the tenant",
    };
    format!("{name} ({clause})")
}

/// Who wants to know more about a profile types this.
pub(crate) const EXPLAIN_PROFILE: &str = "tenantry explain isolation.profile";

/// What is risky about one, in a word: a tenant is suspended or leaves, a user of theirs is closed off.
pub(crate) fn risk(page: &Page<'_>, risk: &Risk) -> &'static str {
    match (risk.kind, &risk.owner, &risk.address) {
        (RiskKind::Close, Owner::Tenant(id), None) => match page.tenant(id).map(|tenant| &tenant.action) {
            Some(TenantAction::Suspend) => "suspended tenant",
            _ => "leaving tenant",
        },
        (kind, ..) => kind.word(),
    }
}

/// Risks that have one word, the worst first.
pub(crate) fn by_word<'p>(page: &'p Page<'_>) -> Vec<(&'static str, Vec<&'p Risk>)> {
    let mut groups: Vec<(&'static str, Vec<&Risk>)> = Vec::new();
    for one in &page.risks {
        let word = risk(page, one);
        match groups.iter_mut().find(|(known, risks)| *known == word && risks.iter().all(|risk| risk.kind == one.kind)) {
            Some((_, risks)) => risks.push(one),
            None => groups.push((word, vec![one])),
        }
    }
    groups
}

/// Why it is told, where its word does not say that.
pub(crate) fn says(page: &Page<'_>, risk: &Risk) -> String {
    match (risk.kind, &risk.owner, &risk.address) {
        // Which tier it is in; that it is suspended is said.
        (RiskKind::Close, Owner::Tenant(id), None) => {
            page.tenant(id).and_then(|tenant| tenant.tier.as_ref()).map(|tier| format!("tier {tier}")).unwrap_or_default()
        }
        _ => risk.says.clone(),
    }
}

/// `8 tenants`, `no tenants`.
pub(crate) fn some(n: usize, one: &str) -> String {
    if n == 0 { format!("no {one}s") } else { count(n, one) }
}

/// How many tenants are there already: `8 live`, `none live`.
pub(crate) fn live(n: usize) -> String {
    if n == 0 { "none live".into() } else { format!("{} live", crate::diagnostic::thousands(n)) }
}
