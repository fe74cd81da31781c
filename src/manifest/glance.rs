//! The names in a manifest, read without judging it: for whoever is still typing.

use std::path::Path;

use super::read::text_of;
use super::yaml::{self, Node, Value};

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

#[cfg(test)]
mod tests {
    use super::*;

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
