//! Finding what was asked about among codes, words, signs, probes and quotas.

use super::{TOPICS, Topic, WORDS, Word, topic};
use crate::diagnostic::thousands;
use crate::isolation::probes::{PROBES, Probe};
use crate::quotas::{QUOTAS, Quota};

/// One thing, at length.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Explained {
    pub(crate) code: String,
    /// The exit code, where a whole command ends with it.
    pub(crate) exit: Option<u8>,
    pub(crate) title: String,
    pub(crate) text: String,
}

impl From<&Topic> for Explained {
    fn from(topic: &Topic) -> Self {
        Self { code: topic.code.into(), exit: topic.exit, title: topic.title.into(), text: topic.text.into() }
    }
}

impl From<&Word> for Explained {
    fn from(word: &Word) -> Self {
        let code = if word.sign.is_empty() { word.word.to_owned() } else { format!("{}  {}", word.sign, word.word) };
        Self { code, exit: None, title: word.title.into(), text: word.text.into() }
    }
}

impl From<&Probe> for Explained {
    fn from(probe: &Probe) -> Self {
        let text = format!(
            "What is against it: {}. `tenantry verify` answers it for your platform: PASS, FAIL with a counterexample, or NOT-ENFORCED where \
             application code alone keeps it. docs/isolation.md has the whole table.",
            probe.against
        );
        Self { code: probe.id.into(), exit: None, title: format!("{}: {}", probe.layer, probe.attack), text }
    }
}

impl From<&Quota> for Explained {
    fn from(quota: &Quota) -> Self {
        let title = format!("AWS's quota: {} {} {}", thousands(quota.most), quota.unit, quota.within());
        let text = format!(
            "A plan beyond it is refused before anything is written, and from 80 % on a plan says so. Where it is too little: {}.",
            quota.way_out(quota.most.saturating_add(1))
        );
        Self { code: quota.id.into(), exit: None, title, text }
    }
}

/// What was asked about, unless it is a field of the manifest.
pub(crate) fn explained(asked: &str) -> Option<Explained> {
    let word = || WORDS.iter().find(|word| word.word == asked || (!word.sign.is_empty() && word.sign == asked)).map(Into::into);
    let probe = || PROBES.iter().find(|probe| probe.id.eq_ignore_ascii_case(asked)).map(Into::into);
    let id = asked.strip_prefix("quotas.").unwrap_or(asked);
    let quota = || QUOTAS.iter().find(|quota| quota.id == id).map(Into::into);
    topic(asked).map(Into::into).or_else(word).or_else(probe).or_else(quota)
}

/// Everything that can be asked about by a word of its own.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let words = WORDS.iter().map(|word| word.word);
    let probes = PROBES.iter().map(|probe| probe.id);
    TOPICS.iter().map(|topic| topic.code).chain(words).chain(probes).chain(QUOTAS.iter().map(|quota| quota.id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::Action;
    use crate::plan::page::RiskKind;

    #[test]
    fn every_name_leads_to_one_explanation() {
        let all: BTreeSet<&str> = names().collect();
        assert_eq!(all.len(), names().count(), "a name stands for two things");
        for name in names() {
            let found = explained(name).unwrap_or_else(|| panic!("{name}"));
            assert!(!found.title.is_empty() && !found.title.ends_with('.') && found.text.ends_with('.'), "{found:?}");
        }
    }

    #[test]
    fn signs_probes_and_quotas_are_known_as_they_are_met() {
        let code = |asked: &str| explained(asked).map(|e| e.code).unwrap_or_default();
        for action in [Action::Create, Action::Update, Action::Replace, Action::Close, Action::Delete] {
            let (sign, word) = (crate::ui::style::sign(action), crate::ui::style::word(action));
            assert_eq!(code(sign), format!("{sign}  {word}"));
            assert_eq!(code(word), code(sign));
        }
        for risk in [RiskKind::Move, RiskKind::Widen] {
            assert!(!code(risk.sign()).is_empty(), "{risk:?}");
        }
        assert_eq!((code("p06"), code("14")), ("P06".into(), "isolation".into()));
        let keys = explained("quotas.api_keys").unwrap();
        assert!(keys.title.contains("10,000") && keys.text.contains("keys: tier"), "{keys:?}");
        for unknown in ["", "P99", "tiers", "x"] {
            assert_eq!(explained(unknown), None, "{unknown}");
        }
    }
}
