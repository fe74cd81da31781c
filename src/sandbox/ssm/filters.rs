//! The `ParameterFilters` of the two listings.

use serde_json::Value;

use super::super::protocol::Refusal;
use super::{Parameter, input, invalid};

pub(super) struct Filter<'a> {
    key: &'a str,
    option: &'a str,
    values: Vec<&'a str>,
}

/// Reads the filters of a request; `keys` are those that the operation takes.
pub(super) fn read<'a>(body: &'a Value, keys: &[&str]) -> Result<Vec<Filter<'a>>, Refusal> {
    let mut filters: Vec<Filter> = Vec::new();
    for given in input::list(body, "ParameterFilters")? {
        let key = input::required(given, "Key", 1, 132)?;
        let option = input::text(given, "Option")?.unwrap_or(if key == "Path" { "OneLevel" } else { "Equals" });
        let values: Vec<&str> = input::list(given, "Values")?.iter().filter_map(Value::as_str).collect();
        let kind = if key.starts_with("tag:") { "tag" } else { key };
        if !keys.contains(&kind) {
            let message = format!("The following filter key is not valid: {key}. Valid filter keys include: [{}].", keys.join(", "));
            return Err(Refusal::new(400, "InvalidFilterKey", message));
        }
        let options: &[&str] = match kind {
            "Path" => &["OneLevel", "Recursive"],
            "Name" => &["Equals", "BeginsWith", "Contains"],
            _ => &["Equals", "BeginsWith"],
        };
        if !options.contains(&option) {
            let message = format!("The following filter option is not valid: {option}. Valid options include: [{}].", options.join(", "));
            return Err(Refusal::new(400, "InvalidFilterOption", message));
        }
        if values.is_empty() && kind != "tag" {
            let message = format!("The following filter values are missing : null for filter key {key}");
            return Err(Refusal::new(400, "InvalidFilterValue", message));
        }
        input::sized("Values", values.len(), 0, 50)?;
        if filters.iter().any(|other| other.key == key) {
            return Err(invalid(
                "The following filters are duplicated in the request. A request can contain only one filter of a specific type.",
            ));
        }
        if kind == "Path" && values.iter().any(|path| !path.starts_with('/')) {
            return Err(invalid("The parameter path must begin with a forward slash \"/\"."));
        }
        filters.push(Filter { key, option, values });
    }
    Ok(filters)
}

impl Filter<'_> {
    pub(super) fn admits(&self, name: &str, parameter: &Parameter) -> bool {
        let some = |fits: &dyn Fn(&str) -> bool| self.values.iter().any(|value| fits(value));
        let compared = |found: &str| {
            some(&|value| match self.option {
                "BeginsWith" => found.starts_with(value),
                "Contains" => found.contains(value),
                _ => found == value,
            })
        };
        match self.key {
            "Name" => compared(name) || name.strip_prefix('/').is_some_and(|bare| self.option == "BeginsWith" && compared(bare)),
            "Path" => some(&|path| below(name, path, self.option == "Recursive")),
            "Type" => compared(&parameter.kind),
            "KeyId" => parameter.key.as_deref().is_some_and(compared),
            "Tier" => compared(&parameter.tier),
            "DataType" => compared(&parameter.data_type),
            key => {
                let tag = key.strip_prefix("tag:").and_then(|tag| parameter.tags.get(tag));
                tag.is_some_and(|value| self.values.is_empty() || compared(value))
            }
        }
    }
}

/// Whether a parameter stands below a path, directly or at any depth.
pub(super) fn below(name: &str, path: &str, recursive: bool) -> bool {
    let rooted = if name.starts_with('/') { name.to_owned() } else { format!("/{name}") };
    let path = path.trim_end_matches('/');
    let rest = rooted.strip_prefix(path).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| !rest.is_empty() && (recursive || !rest.contains('/')))
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn a_path_ends_at_a_slash_and_takes_one_level_unless_told_otherwise() {
        assert!(below("/clinics/north/id", "/clinics/north", false));
        assert!(!below("/clinics/northern/id", "/clinics/north", true));
        assert!(!below("/clinics/north/a/id", "/clinics/north/", false));
        assert!(below("/clinics/north/a/id", "/clinics", true));
        assert!(below("plain", "/", false));
    }
}
