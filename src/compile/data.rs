//! The platform's data: one key, the tables under it, and a row for each tenant.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};

use super::Sources;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Key, Table, TableIndex, TenantRow};
use crate::late::Late;
use crate::manifest::{Setting, Tenant};
use crate::names::{CLINIC_CONFIG, PATIENT_METADATA, ROW_ATTRIBUTES, ROW_STATUS, TenantId, tenant_prefix};

const PATIENT: &str = "patient_id";
/// How a tenant's agent finds that tenant's patients; `policies/tvm.json` opens it by this name.
const BY_TENANT: &str = "clinic-index";

/// What tenants' rows refer to.
pub(super) struct Data {
    config: Late,
    /// The attribute that holds a tenant's id: named like the claim that it is compared with.
    tenant: String,
}

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired) -> Result<Option<Data>> {
    let Some(wanted) = &sources.manifest.data else { return Ok(None) };
    let (names, tenant) = (sources.names, &sources.manifest.identity.claims.tenant);
    let description = format!("Encrypts what platform {} keeps of its tenants", names.platform);
    let key = Key::rotating(names.data_key(), &description, sources.policy("key", &[])?, sources.tags(None));
    let key = desired.add(Owner::Platform, "data", &key)?.at(&Key::ARN);

    let mut add = |label: &str, table: Table| -> Result<Late> {
        let name = desired.add(Owner::Platform, label, &table)?.at(&Table::TABLE);
        let parameter = format!("dynamodb/{}_table_name", label.replace('-', "_"));
        sources.publish(desired, Owner::Platform, &parameter, name.clone())?;
        Ok(name)
    };
    let table = |label: &str, attribute: &str| Table::closed(names.table(label), attribute, key.clone(), sources.tags(None));
    let by_tenant = [(BY_TENANT.to_owned(), TableIndex::by(tenant))].into();
    add(PATIENT_METADATA, Table { indexes: by_tenant, ..table(PATIENT_METADATA, PATIENT) })?;
    let config = add(CLINIC_CONFIG, table(CLINIC_CONFIG, tenant))?;
    for (label, more) in &wanted.tables {
        let indexes = more.indexes.iter().map(|(name, attribute)| (name.clone(), TableIndex::by(attribute))).collect();
        add(label, Table { sort_key: more.sort_key.clone(), indexes, ..table(label, &more.key) })?;
    }
    Ok(Some(Data { config, tenant: tenant.clone() }))
}

impl Data {
    pub(super) fn row(&self, desired: &mut Desired, id: &TenantId, tenant: &Tenant) -> Result<()> {
        let tier = &tenant.tier.value;
        let own = ROW_ATTRIBUTES.map(str::to_owned).into_iter().zip([json!(tenant.name), json!(tier), json!(tenant_prefix(tier, id))]);
        let settings = tenant.settings.iter().map(|(name, setting)| (name.clone(), fact(setting)));
        let status = (!tenant.standing.is_active()).then(|| (ROW_STATUS.to_owned(), json!(tenant.standing.as_str())));
        let attributes: BTreeMap<String, Value> = settings.chain(own).chain(status).collect();
        let row = TenantRow { table: self.config.clone(), id: id.to_string(), attributes, key_attribute: self.tenant.clone() };
        desired.add(Owner::Tenant(id.clone()), TenantRow::TABLE, &row)?;
        Ok(())
    }
}

fn fact(setting: &Setting) -> Value {
    match setting {
        Setting::One(text) => json!(text),
        Setting::Many(texts) => json!(texts),
    }
}
