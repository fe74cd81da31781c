//! What the manifest asks for: one document a resource, in the order of declaration.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::address::{Address, Owner};
use crate::kinds::Kind;
use crate::late::{Handle, document, slots};

/// Declared resources. A resource refers only to what was declared before it, so there are no cycles.
#[derive(Debug, Default)]
pub(crate) struct Desired {
    order: Vec<Address>,
    specs: BTreeMap<Address, Value>,
    /// Quotas that AWS has raised for the account, as the manifest has it.
    pub(crate) raised: BTreeMap<String, u64>,
}

impl Desired {
    /// Declares a resource; the handle is what others refer to it by.
    pub(crate) fn add<K: Kind>(&mut self, owner: Owner, label: &str, spec: &K) -> Result<Handle<K>> {
        let address = Address::new(K::NAME, owner, label);
        let document = document(spec)?;
        for slot in slots(&document) {
            ensure!(self.specs.contains_key(&slot.address), "{address} refers to {}, which is not declared before it", slot.address);
        }
        ensure!(self.specs.insert(address.clone(), document).is_none(), "{address} is declared twice");
        self.order.push(address.clone());
        Ok(Handle::new(address))
    }

    /// The resources in the order of their declaration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Address, &Value)> {
        self.order.iter().filter_map(|a| self.specs.get_key_value(a))
    }

    pub(crate) fn specs(&self) -> &BTreeMap<Address, Value> {
        &self.specs
    }
}
