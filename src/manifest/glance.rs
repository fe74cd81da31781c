//! The names in a manifest and where they stand, read without judging it: for whoever is still typing, or wants to point at them.

use std::collections::BTreeMap;
use std::path::Path;

use super::read::text_of;
use super::yaml::{self, Node, Value};
use crate::diagnostic::Source;

/// What a manifest names. Empty where it can't be read.
#[derive(Debug, Default)]
pub(crate) struct Glance {
    pub(crate) platform: Option<String>,
    pub(crate) tiers: Vec<String>,
    /// Ids, and the names that people know them by.
    pub(crate) tenants: Vec<(String, String)>,
}

impl Glance {
    pub(crate) fn at(path: &Path) -> Self {
        text_of(path).ok().and_then(|text| yaml::parse(&text).ok()).map(|root| Self::of(&root)).unwrap_or_default()
    }

    fn of(root: &Node) -> Self {
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).map(ToOwned::to_owned);
        let entries = |key: &str| match root.get(key).map(|node| &node.value) {
            Some(Value::Map(entries)) => entries.iter().filter_map(|(key, value)| Some((key.as_text()?.to_owned(), value))).collect(),
            _ => Vec::new(),
        };
        Self {
            platform: root.get("platform").and_then(|platform| text(platform, "name")),
            tiers: entries("tiers").into_iter().map(|(name, _)| name).collect(),
            tenants: entries("tenants").into_iter().map(|(id, tenant)| (id, text(tenant, "name").unwrap_or_default())).collect(),
        }
    }

    /// As addresses write them.
    pub(crate) fn owners(&self) -> Vec<String> {
        let tiers = self.tiers.iter().map(|tier| format!("tier:{tier}"));
        let tenants = self.tenants.iter().map(|(tenant, _)| format!("tenant:{tenant}"));
        std::iter::once("platform".to_owned()).chain(tiers).chain(tenants).collect()
    }
}

/// Line and column where something begins, and behind its end.
type Place = ((usize, usize), (usize, usize));

/// Where the sections of a manifest, its tiers and its tenants begin. Empty where it can't be read.
#[derive(Debug, Default)]
pub(crate) struct Landmarks {
    sections: BTreeMap<String, Place>,
    tiers: BTreeMap<String, Place>,
    tenants: BTreeMap<String, Place>,
}

impl Landmarks {
    pub(crate) fn at(path: &Path) -> Self {
        let read = || {
            let text = text_of(path).ok()?;
            let root = yaml::parse(&text).ok()?;
            Some(Self::of(&root, &Source::new(path, text)))
        };
        read().unwrap_or_default()
    }

    fn of(root: &Node, source: &Source) -> Self {
        let keys = |node: Option<&Node>| -> BTreeMap<String, Place> {
            let Some(Value::Map(entries)) = node.map(|node| &node.value) else { return BTreeMap::new() };
            let place = |key: &Node| (source.position(key.span.start), source.position(key.span.end));
            entries.iter().filter_map(|(key, _)| Some((key.as_text()?.to_owned(), place(key)))).collect()
        };
        Self { sections: keys(Some(root)), tiers: keys(root.get("tiers")), tenants: keys(root.get("tenants")) }
    }

    /// The tenant that a text names, of several the first; else the tier; else the section.
    pub(crate) fn about(&self, texts: &[&str], section: &str) -> Option<Place> {
        let words = |text: &str| -> Vec<String> {
            text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).map(ToOwned::to_owned).collect()
        };
        // Ids have hyphens, and AWS's names have a tier between theirs.
        let whole = |known: &BTreeMap<String, Place>, text: &str| words(text).iter().find_map(|word| known.get(word).copied());
        let part = |known: &BTreeMap<String, Place>, text: &str| {
            words(text).iter().flat_map(|word| word.split(['-', '_'])).find_map(|word| known.get(word).copied())
        };
        texts
            .iter()
            .find_map(|text| whole(&self.tenants, text).or_else(|| whole(&self.tiers, text)).or_else(|| part(&self.tiers, text)))
            .or_else(|| self.sections.get(section).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_is_about_is_found_where_it_stands() {
        let text = "platform: { name: healthcare }\nidentity: {}\ntiers:\n  basic: {}\n  premium: {}\ntenants:\n  clinic-a: { tier: basic }\n  clinic-ab: {}\n";
        let landmarks = Landmarks::of(&yaml::parse(text).unwrap(), &Source::new(Path::new("tenants.yaml"), text));
        let at = |said: &str, section: &str| landmarks.about(&[said], section).map(|(from, _)| from);
        assert_eq!(at("basic-tier/clinic-ab/notes.txt can be read", "tiers"), Some((8, 3)));
        assert_eq!(at("user/tenant:clinic-a/a@b.example", "tiers"), Some((7, 3)));
        assert_eq!(at("healthcare-us-east-1-premium-kb", "platform"), Some((5, 3)));
        assert_eq!(at("the pool takes anybody", "identity"), Some((2, 1)));
        assert_eq!(at("clinic-abc", "data"), None);
        assert_eq!(landmarks.about(&["", "clinic-a reads clinic-ab's"], "data"), Some(((7, 3), (7, 11))));
    }

    #[test]
    fn names_are_read_from_what_is_not_yet_valid() {
        let text =
            "platform: { name: healthcare }\ntiers: { basic: { modle: x } }\ntenants:\n  clinic-a: { tier: nosuch, name: A }\n  b:\n";
        let glance = Glance::of(&yaml::parse(text).unwrap());
        assert_eq!(glance.platform.as_deref(), Some("healthcare"));
        assert_eq!(glance.owners(), ["platform", "tier:basic", "tenant:clinic-a", "tenant:b"]);
        assert_eq!(glance.tenants[0].1, "A");
        assert!(Glance::at(Path::new("/nowhere/tenants.yaml")).owners().len() == 1);
    }
}
