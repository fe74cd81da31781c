//! The fields of an awsQuery request, read and checked against the model's constraints.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::super::protocol::{Refusal, Request, element};

/// Characters besides letters and digits that names of roles, policies and sessions may have.
const NAME_PUNCTUATION: &str = "_+=,.@-";

pub(in super::super) struct Form {
    fields: BTreeMap<String, String>,
}

impl Form {
    pub(in super::super) fn of(request: &Request) -> Self {
        Self { fields: request.form().into_iter().collect() }
    }

    pub(in super::super) fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    /// A field that must be there.
    pub(in super::super) fn required(&self, field: &str) -> Result<&str, Refusal> {
        self.get(field).ok_or_else(|| constraint(field, "Member must not be null"))
    }

    /// A required name of the characters that IAM allows in names.
    pub(in super::super) fn name(&self, field: &str, least: usize, most: usize) -> Result<&str, Refusal> {
        let name = self.required(field)?;
        length(field, name, least, most)?;
        if name.chars().all(|c| c.is_ascii_alphanumeric() || NAME_PUNCTUATION.contains(c)) {
            return Ok(name);
        }
        Err(constraint(field, r"Member must satisfy regular expression pattern: [\w+=,.@-]+"))
    }

    /// A number within bounds, `None` if the field is not there.
    pub(in super::super) fn number(&self, field: &str, least: u32, most: u32) -> Result<Option<u32>, Refusal> {
        let Some(text) = self.get(field) else { return Ok(None) };
        let number: u32 = text.parse().map_err(|_| Refusal::new(400, "MalformedInput", format!("`{text}` is not an integer")))?;
        if number < least {
            return Err(constraint(field, &format!("Member must have value greater than or equal to {least}")));
        }
        if number > most {
            return Err(constraint(field, &format!("Member must have value less than or equal to {most}")));
        }
        Ok(Some(number))
    }

    /// The strings of `Field.member.1`, `Field.member.2` and so on.
    pub(in super::super) fn members(&self, field: &str) -> Vec<&str> {
        (1..).map_while(|n| self.get(&format!("{field}.member.{n}"))).collect()
    }

    /// The pairs of `Field.member.1.Key` and `.Value`.
    pub(in super::super) fn tags(&self, field: &str) -> Vec<(&str, &str)> {
        let part = |n: u32, part: &str| self.get(&format!("{field}.member.{n}.{part}"));
        (1..).map_while(|n| Some((part(n, "Key")?, part(n, "Value").unwrap_or("")))).collect()
    }
}

pub(super) fn length(field: &str, text: &str, least: usize, most: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length < least {
        return Err(constraint(field, &format!("Member must have length greater than or equal to {least}")));
    }
    if length > most {
        return Err(constraint(field, &format!("Member must have length less than or equal to {most}")));
    }
    Ok(())
}

/// A value that breaks a constraint of the model; AWS names the field with a small first letter.
pub(super) fn constraint(field: &str, rule: &str) -> Refusal {
    let mut letters = field.chars();
    let field: String = letters.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(letters).collect();
    Refusal::new(400, "ValidationError", format!("1 validation error detected: Value at '{field}' failed to satisfy constraint: {rule}"))
}

/// One page of `items` in the order of their keys, as the inside of a result: the list, IsTruncated and Marker.
pub(super) fn page<'a, T: 'a>(
    form: &Form,
    list: &str,
    items: impl Iterator<Item = (&'a String, T)>,
    show: impl Fn(T) -> String,
) -> Result<String, Refusal> {
    let size = form.number("MaxItems", 1, 1000)?.unwrap_or(100);
    let after = form.get("Marker").map(marked).transpose()?;
    let mut shown = String::new();
    let mut last = None;
    for (count, (key, item)) in (0..).zip(items.filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after))) {
        if count == size {
            let marker = element("Marker", &BASE64_STANDARD.encode(last.unwrap_or("")));
            return Ok(format!("<{list}>{shown}</{list}><IsTruncated>true</IsTruncated>{marker}"));
        }
        shown.push_str(&show(item));
        last = Some(key.as_str());
    }
    Ok(format!("<{list}>{shown}</{list}><IsTruncated>false</IsTruncated>"))
}

/// The key that a marker stands for: the last one of the page before.
fn marked(marker: &str) -> Result<String, Refusal> {
    let key = BASE64_STANDARD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| Refusal::new(400, "ValidationError", "Invalid Marker."))
}
