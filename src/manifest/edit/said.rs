//! What a file says, without its places: so that two texts can be compared.

use super::super::yaml::{Node, Value};
use super::{Edit, NewTenant};
use crate::diagnostic::Span;

/// A value of the file, by its meaning and in the file's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    /// A number or truth value, as it is written.
    Word(String),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl Said {
    pub(super) fn of(node: &Node, text: &str) -> Self {
        let word = |span: Span| Self::Word(text.get(span.start..span.end).unwrap_or_default().to_owned());
        match &node.value {
            Value::Null => Self::Nothing,
            Value::Bool | Value::Number => word(node.span),
            Value::Text(text) => Self::Text(text.clone()),
            Value::List(items) => Self::List(items.iter().map(|item| Self::of(item, text)).collect()),
            Value::Map(entries) => Self::Map(entries.iter().map(|(k, v)| (Self::of(k, text), Self::of(v, text))).collect()),
        }
    }

    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    fn members(&mut self) -> Option<&mut Vec<(Self, Self)>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    fn get(&mut self, key: &str) -> Option<&mut Self> {
        self.members()?.iter_mut().find(|(k, _)| *k == Self::text(key)).map(|(_, value)| value)
    }

    /// Makes the edit, where there is something to edit.
    pub(super) fn change(&mut self, edit: &Edit) -> bool {
        self.changed(edit).is_some()
    }

    fn changed(&mut self, edit: &Edit) -> Option<()> {
        let tenants = self.get("tenants")?;
        match edit {
            Edit::Add(id, tenant) => {
                if tenants.get(id.as_str()).is_some() {
                    return None;
                }
                tenants.members()?.push((Self::text(id.as_str()), Self::new(tenant)));
            }
            Edit::Set(id, field) => {
                let tenant = tenants.get(id.as_str())?;
                match tenant.get(field.key().word()) {
                    Some(value) => *value = field.said(),
                    None => {
                        let members = tenant.members()?;
                        let tier = members.iter().position(|(key, _)| *key == Self::text("tier"))?;
                        members.insert(tier + 1, (Self::text(field.key().word()), field.said()));
                    }
                }
            }
            Edit::Unset(id, key) => {
                let members = tenants.get(id.as_str())?.members()?;
                let at = members.iter().position(|(k, _)| *k == Self::text(key.word()))?;
                members.remove(at);
            }
            Edit::Remove(id) => {
                let members = tenants.members()?;
                let at = members.iter().position(|(key, _)| *key == Self::text(id.as_str()))?;
                members.remove(at);
            }
        }
        Some(())
    }

    fn new(tenant: &NewTenant) -> Self {
        let pair = |key: &str, value: &str| (Self::text(key), Self::text(value));
        let mut members = vec![pair("tier", tenant.tier.as_str()), pair("name", &tenant.name)];
        if !tenant.settings.is_empty() {
            let settings = tenant.settings.iter().map(|(key, value)| pair(key, value)).collect();
            members.push((Self::text("settings"), Self::Map(settings)));
        }
        if !tenant.users.is_empty() {
            let users = tenant.users.iter().map(|user| Self::Map(vec![pair("email", &user.email), pair("role", &user.role)]));
            members.push((Self::text("users"), Self::List(users.collect())));
        }
        Self::Map(members)
    }
}
