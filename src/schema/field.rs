//! Finding a part of the manifest's schema by its path, for `explain` and for the reference.

use serde_json::Value;

/// Where a path leads nowhere, and what there would have been.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) section: String,
    pub(crate) key: String,
    pub(crate) known: Vec<String>,
    /// Fields that the path may have been meant for, with `*` for names.
    pub(crate) meant: Vec<String>,
}

/// The part that a path such as `tiers.basic.memory` leads to. Where the keys are the user's own, any name or `*` stands for one.
pub(crate) fn field<'s>(schema: &'s Value, path: &str) -> Result<&'s Value, Lost> {
    let mut walked: Vec<&str> = Vec::new();
    path.split('.').filter(|key| !key.is_empty()).try_fold(schema, |part, key| {
        let lost = |known: Vec<(&str, &Value)>| Lost {
            section: walked.join("."),
            key: key.into(),
            known: known.into_iter().map(|(key, _)| key.to_owned()).collect(),
            meant: ending_with(schema, path),
        };
        // A name that is a key one step further down is a step that was left out.
        if let Some(entry) = entry(part).filter(|entry| keys(entry).iter().any(|(known, _)| *known == key)) {
            return Err(lost(keys(entry)));
        }
        let next = below(part, key).ok_or_else(|| lost(keys(part)));
        walked.push(key);
        next
    })
}

/// The fields whose paths end as the one that was asked for does, its own names left out.
fn ending_with(schema: &Value, path: &str) -> Vec<String> {
    const MOST: usize = 5;
    let asked: Vec<&str> = path.split('.').filter(|key| !key.is_empty()).collect();
    let mut all = Vec::new();
    paths(schema, "", &mut all);
    let steps = |path: &str| -> Vec<String> { path.split('.').filter(|step| *step != "*").map(ToOwned::to_owned).collect() };
    let mut meant: Vec<String> =
        all.into_iter().filter(|path| steps(path).iter().map(String::as_str).collect::<Vec<_>>().ends_with(&asked)).collect();
    meant.sort_by_key(|path| path.matches('.').count());
    meant.truncate(MOST);
    meant
}

fn paths(part: &Value, path: &str, out: &mut Vec<String>) {
    if let Some(entry) = entry(part) {
        return paths(entry, &format!("{path}.*"), out);
    }
    for (key, below) in keys(part) {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        paths(below, &path, out);
        out.push(path);
    }
}

fn below<'s>(schema: &'s Value, key: &str) -> Option<&'s Value> {
    if let Some(ways) = schema.get("anyOf").and_then(Value::as_array) {
        return ways.iter().find_map(|way| below(way, key));
    }
    if let Some(item) = schema.get("items") {
        return if key == "*" { Some(item) } else { below(item, key) };
    }
    schema.get("properties").and_then(|keys| keys.get(key)).or_else(|| entry(schema))
}

/// What each entry of a mapping with free keys is.
pub(crate) fn entry(schema: &Value) -> Option<&Value> {
    schema.get("additionalProperties").filter(|entry| entry.is_object())
}

/// The keys of a section, wherever it stands: in a list, or as one way of writing it.
pub(crate) fn keys(schema: &Value) -> Vec<(&str, &Value)> {
    if let Some(ways) = schema.get("anyOf").and_then(Value::as_array) {
        return ways.iter().map(keys).find(|keys| !keys.is_empty()).unwrap_or_default();
    }
    if let Some(item) = schema.get("items") {
        return keys(item);
    }
    let keys = schema.get("properties").and_then(Value::as_object);
    keys.into_iter().flatten().map(|(key, schema)| (key.as_str(), schema)).collect()
}

/// Whether a section can't do without a key.
pub(crate) fn needs(schema: &Value, key: &str) -> bool {
    let section = schema.get("items").unwrap_or(schema);
    let needed = section.get("required").and_then(Value::as_array);
    needed.is_some_and(|needed| needed.iter().any(|needed| needed == key))
}

/// What may stand there, in a few words.
pub(crate) fn sort(schema: &Value) -> String {
    let number = |key: &str| schema.get(key).map(Value::to_string);
    let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), |text| format!("`{text}`"));
    if let Some(ways) = schema.get("anyOf").and_then(Value::as_array) {
        return ways.iter().map(sort).collect::<Vec<_>>().join(", or ");
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        return format!("one of {}", choices.iter().map(words).collect::<Vec<_>>().join(", "));
    }
    if let Some(only) = schema.get("const") {
        return words(only);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "text".into(),
        Some("boolean") => "true or false".into(),
        Some(kind @ ("integer" | "number")) => {
            let kind = if kind == "integer" { "whole number" } else { "number" };
            match (number("minimum"), number("maximum")) {
                (Some(least), Some(most)) => format!("{kind}, {least} to {most}"),
                _ => kind.into(),
            }
        }
        Some("array") => format!("list: {}", schema.get("items").map(sort).unwrap_or_default()),
        Some("object") => match entry(schema) {
            Some(entry) => format!("by name: {}", sort(entry)),
            None => "section".into(),
        },
        _ => "number, true or false".into(),
    }
}

/// What people are told about it.
pub(crate) fn says(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Known;
    use crate::schema::manifest;

    #[test]
    fn paths_lead_through_sections_names_and_lists() {
        let schema = manifest(&Known::default());
        for path in ["platform.region", "tiers.*.memory.expiry_days", "tiers.basic.gateway", "tenants.clinic-a.users.email", "tenants.*"] {
            let found = field(&schema, path).unwrap_or_else(|lost| panic!("{path}: {lost:?}"));
            assert!(!sort(found).is_empty(), "{path}: {found}");
        }
        let lost = field(&schema, "tiers.basic.memori").unwrap_err();
        assert_eq!((lost.section.as_str(), lost.key.as_str()), ("tiers.basic", "memori"));
        assert!(lost.known.iter().any(|key| key == "memory"), "{lost:?}");
        assert!(field(&schema, "platform.region.x").is_err());
    }

    #[test]
    fn a_step_that_was_left_out_is_no_name() {
        let schema = manifest(&Known::default());
        for (asked, meant) in [("tiers.runtime", "tiers.*.runtime"), ("runtime", "tiers.*.runtime"), ("tenants.users", "tenants.*.users")] {
            let lost = field(&schema, asked).unwrap_err();
            assert_eq!(lost.meant.first().map(String::as_str), Some(meant), "{lost:?}");
            assert!(lost.meant.iter().all(|path| field(&schema, path).is_ok()), "{lost:?}");
        }
        assert!(field(&schema, "tiers.basic.runtime").is_ok());
        assert_eq!(field(&schema, "nosuch").unwrap_err().meant, [] as [String; 0]);
    }
}
