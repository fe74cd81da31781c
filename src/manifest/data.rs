//! What the manifest says of the platform's tables.

use std::collections::BTreeMap;

/// The platform's own key and tables; the two that every platform with data has need no words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Data {
    /// Tables beside those two, by name.
    pub(crate) tables: BTreeMap<String, DataTable>,
}

/// Keys are texts.
#[derive(Debug, Clone)]
pub(crate) struct DataTable {
    pub(crate) key: String,
    pub(crate) sort_key: Option<String>,
    /// By name, the attribute that the index finds items by.
    pub(crate) indexes: BTreeMap<String, String>,
}
