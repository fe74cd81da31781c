//! How far the platform closes itself off: the profile of its isolation.

use super::super::Profile;
use super::super::section::{Findings, Section};
use crate::diagnostic::{choices, quoted};

const PROFILES: &[Profile] = &[Profile::Article, Profile::Strict];

pub(super) fn read(top: &Section, findings: &mut Findings) -> Profile {
    let Some(section) = top.section("isolation", "`isolation`", &["profile"], findings) else { return Profile::Article };
    let Some(node) = section.get("profile") else { return Profile::Article };
    let Some(text) = findings.text(node, "`profile` of `isolation`") else { return Profile::Article };
    let known = PROFILES.iter().find(|profile| profile.as_str() == text);
    if known.is_none() {
        let help = choices(text, "it is one of", PROFILES.iter().map(|profile| profile.as_str()));
        findings.error(node.span, format!("{} can't be `profile` of `isolation`", quoted(text)), "", help);
    }
    known.copied().unwrap_or(Profile::Article)
}
