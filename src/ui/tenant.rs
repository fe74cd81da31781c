//! Tenants: the list of them, one as it is declared and live, and what is left of one that leaves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sheet::Sheet;
use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count, counts};
use super::table::{Column, Table};
use crate::address::{Address, Owner};
use crate::diagnostic::plain;
use crate::kinds::{AnyFound, ApiKey, Kind as _, Prefix, TenantRow, User, rank};
use crate::manifest::{Manifest, Setting, Tenant};
use crate::names::{ROW_STATUS, TenantId, tenant_prefix};
use crate::observe::Live;
use crate::plan::{Action, Plan};

const LIST: &str = "tenantry-tenants/1.0";
const ONE: &str = "tenantry-tenant/1.0";

/// Whether anything of ours is live of an owner.
pub(crate) fn is_live(live: &Live, owner: &Owner) -> bool {
    live.iter().any(|(address, found)| address.owner() == owner && found.mark.is_ours())
}

/// Every tenant that the manifest names or that is live.
pub(crate) fn known<'a>(manifest: &'a Manifest, live: &'a Live) -> BTreeSet<&'a str> {
    let live = live.keys().filter_map(|address| match address.owner() {
        Owner::Tenant(id) => Some(id.as_str()),
        _ => None,
    });
    manifest.tenants.keys().map(TenantId::as_str).chain(live).collect()
}

pub(crate) fn list(tenants: &[(&TenantId, &Tenant)], width: usize) -> String {
    let mut sheet = Sheet::new(width);
    let columns = [Column::left("tenant"), Column::left("tier"), Column::right("users"), Column::left("state"), Column::left("name")];
    let mut table = Table::new(columns);
    for (id, tenant) in tenants {
        let style = if tenant.standing.is_active() { DIM } else { CAREFUL };
        table.row([
            id.to_string(),
            tenant.tier.value.to_string(),
            counts(&[(tenant.users.len(), "")]).trim_end().to_owned(),
            format!("{style}{}{style:#}", tenant.standing.as_str()),
            plain(&tenant.name),
        ]);
    }
    sheet.table(2, &table);
    sheet.blank();
    let users = match tenants.iter().map(|(_, t)| t.users.len()).sum() {
        0 => "no users".into(),
        n => count(n, "user"),
    };
    let suspended = match tenants.iter().filter(|(_, t)| !t.standing.is_active()).count() {
        0 => String::new(),
        n => format!("; {n} suspended"),
    };
    sheet.say(&match tenants.len() {
        0 => "No tenants.".into(),
        n => format!("{} with {users}{suspended}.", count(n, "tenant")),
    });
    sheet.end()
}

pub(crate) fn list_json(tenants: &[(&TenantId, &Tenant)]) -> Value {
    json!({ "format": LIST, "tenants": tenants.iter().map(|(id, tenant)| declared(id, tenant)).collect::<Vec<_>>() })
}

fn declared(id: &TenantId, tenant: &Tenant) -> Value {
    let setting = |setting: &Setting| match setting {
        Setting::One(text) => json!(text),
        Setting::Many(list) => json!(list),
    };
    let settings: serde_json::Map<String, Value> = tenant.settings.iter().map(|(key, value)| (key.clone(), setting(value))).collect();
    let users: Vec<Value> = tenant.users.iter().map(|user| json!({ "email": user.email, "role": user.role })).collect();
    json!({
        "id": id,
        "tier": tenant.tier.value,
        "name": tenant.name,
        "suspended": !tenant.standing.is_active(),
        "users": users,
        "settings": settings,
    })
}

/// One tenant, as the manifest and AWS have it.
pub(crate) struct Portrait<'a> {
    pub(crate) id: &'a TenantId,
    pub(crate) manifest: &'a Manifest,
    pub(crate) live: &'a Live,
    pub(crate) plan: &'a Plan,
}

/// How a resource stands: a sign, and a word beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    AsDeclared,
    ToCome,
    ToChange,
    Kept,
}

impl Stand {
    fn word(self) -> &'static str {
        match self {
            Self::AsDeclared => "live",
            Self::ToCome => "to come",
            Self::ToChange => "to change",
            Self::Kept => "kept",
        }
    }

    fn sign(self) -> String {
        match self {
            Self::AsDeclared => format!("{GOOD}✓{GOOD:#}"),
            Self::ToCome => format!("{GOOD}+{GOOD:#}"),
            Self::ToChange => format!("{CAREFUL}~{CAREFUL:#}"),
            Self::Kept => format!("{CAREFUL}={CAREFUL:#}"),
        }
    }
}

impl Portrait<'_> {
    /// Everything of the tenant's that is live or declared, users first, then by kind.
    fn resources(&self) -> Vec<(&Address, Option<&AnyFound>, Stand)> {
        let owner = Owner::Tenant(self.id.clone());
        let ours = |found: &AnyFound| found.mark.is_ours();
        let live = self.live.iter().filter(|(a, f)| *a.owner() == owner && ours(f)).map(|(a, f)| {
            let stand = match () {
                () if self.plan.kept.contains(a) => Stand::Kept,
                () if self.plan.changes.iter().any(|c| c.address == *a) => Stand::ToChange,
                () => Stand::AsDeclared,
            };
            (a, Some(f), stand)
        });
        let new = self.plan.changes.iter().filter(|c| c.action == Action::Create && *c.address.owner() == owner);
        let mut all: Vec<_> = live.chain(new.map(|c| (&c.address, None, Stand::ToCome))).collect();
        all.sort_by_key(|(a, ..)| (a.kind() != User::NAME, rank(a.kind()), (*a).clone()));
        all
    }

    pub(crate) fn text(&self, width: usize) -> String {
        let mut sheet = Sheet::new(width);
        let declared = self.manifest.tenants.get(self.id);
        let name = declared.map(|tenant| format!("  {}", plain(&tenant.name))).unwrap_or_default();
        sheet.say(&format!("{BOLD}tenant {}{BOLD:#}{name}", self.id));
        match declared {
            None => sheet.line(2, 4, "not in the manifest"),
            Some(tenant) => sheet.table(2, &facts(tenant)),
        }
        sheet.blank();
        let resources = self.resources();
        if resources.is_empty() {
            sheet.say("Nothing of it is live.");
            return sheet.end();
        }
        sheet.heading("in AWS");
        let mut table = Table::new([Column::plain(), Column::plain(), Column::plain()]);
        for (address, found, stand) in &resources {
            let kind = address.kind().replace('_', " ");
            let said = self.said(address, *found);
            let said = if said.is_empty() { said } else { format!("; {said}") };
            table.row([format!("{} {kind}", stand.sign()), name_of(address), format!("{DIM}{}{said}{DIM:#}", stand.word())]);
        }
        sheet.table(2, &table);
        sheet.blank();
        let changes = resources.iter().filter(|(.., stand)| matches!(stand, Stand::ToCome | Stand::ToChange)).count();
        sheet.say(&match changes {
            0 => "Nothing to do: AWS is as the manifest says.".into(),
            n => format!("{} to make: `tenantry plan` shows them.", count(n, "change")),
        });
        sheet.end()
    }

    /// What is worth knowing of a live resource; never a secret.
    fn said(&self, address: &Address, found: Option<&AnyFound>) -> String {
        let Some(spec) = found.map(|found| &found.spec) else { return String::new() };
        let able = |spec: &Value| match spec.get("enabled").and_then(Value::as_bool) {
            Some(true) => "enabled",
            Some(false) => "disabled",
            None => "",
        };
        match address.kind() {
            User::NAME => {
                let role = spec.get("claims").and_then(|claims| claims.get(&self.manifest.identity.claims.role)).and_then(Value::as_str);
                let role = role.map(|role| format!(", {}", plain(role))).unwrap_or_default();
                format!("{}{role}", able(spec))
            }
            ApiKey::NAME => able(spec).into(),
            TenantRow::NAME => {
                let status = spec.get("attributes").and_then(|a| a.get(ROW_STATUS)).and_then(Value::as_str);
                status.map(|status| format!("status {}", plain(status))).unwrap_or_default()
            }
            Prefix::NAME if self.plan.kept.contains(address) => match self.manifest.tenants.contains_key(self.id) {
                true => "documents in a tier that it has left".into(),
                false => "its documents".into(),
            },
            _ => String::new(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let resources: Vec<Value> = self
            .resources()
            .into_iter()
            .map(|(address, found, stand)| {
                json!({
                    "address": address,
                    "kind": address.kind(),
                    "name": name_of(address),
                    "state": stand.word(),
                    "said": self.said(address, found),
                })
            })
            .collect();
        let declared = self.manifest.tenants.get(self.id).map(|tenant| declared(self.id, tenant));
        json!({ "format": ONE, "id": self.id, "manifest": declared, "resources": resources })
    }
}

/// What the manifest says of a tenant.
fn facts(tenant: &Tenant) -> Table {
    let mut table = Table::new([Column::plain(), Column::plain()]);
    let mut row = |name: &str, value: String| {
        let name = if name.is_empty() { String::new() } else { format!("{DIM}{name}{DIM:#}") };
        table.row([name, value]);
    };
    let state = tenant.standing.as_str();
    row("tier", tenant.tier.value.to_string());
    row("state", if tenant.standing.is_active() { state.into() } else { format!("{CAREFUL}{state}{CAREFUL:#}") });
    for (n, (key, setting)) in tenant.settings.iter().enumerate() {
        let value = match setting {
            Setting::One(text) => text.clone(),
            Setting::Many(list) => list.join(", "),
        };
        row(if n == 0 { "settings" } else { "" }, format!("{key}: {}", plain(&value)));
    }
    for (n, user) in tenant.users.iter().enumerate() {
        row(if n == 0 { "users" } else { "" }, format!("{}, {}", plain(&user.email), plain(&user.role)));
    }
    table
}

/// What a reader calls a resource of a tenant.
fn name_of(address: &Address) -> String {
    match (address.kind(), address.owner(), address.label().parse()) {
        (Prefix::NAME, Owner::Tenant(id), Ok(tier)) => tenant_prefix(&tier, id),
        _ => plain(address.label()),
    }
}

/// What is removed of a tenant that leaves, what stays, and what this tool can't decide on.
pub(crate) struct Farewell<'a> {
    pub(crate) id: &'a TenantId,
    pub(crate) plan: &'a Plan,
    pub(crate) needs: &'a [String],
    pub(crate) is_done: bool,
}

impl Farewell<'_> {
    pub(crate) fn text(&self, width: usize) -> String {
        let owner = Owner::Tenant(self.id.clone());
        let mut table = Table::new([Column::plain(), Column::plain()]);
        let mut row = |sign: String, word: &str, what: String| table.row([format!("{sign} {word}"), what]);
        let kind = |address: &Address| address.kind().replace('_', " ");
        let resource = |address: &Address| format!("{:<16} {}", kind(address), name_of(address));
        let changes = |action: Action| self.plan.changes.iter().filter(move |c| c.action == action).filter(|c| *c.address.owner() == owner);
        let (removed, closed) = if self.is_done { ("removed", "closed off") } else { ("to remove", "to close off") };
        for change in changes(Action::Delete) {
            row(format!("{BAD}-{BAD:#}"), removed, resource(&change.address));
        }
        for change in changes(Action::Close) {
            row(format!("{CAREFUL}×{CAREFUL:#}"), closed, resource(&change.address));
        }
        for address in self.plan.kept.iter().filter(|a| *a.owner() == owner) {
            let disabled = if address.kind() == User::NAME { ", closed off" } else { "" };
            row(format!("{CAREFUL}={CAREFUL:#}"), "kept", format!("{}{disabled}", resource(address)));
        }
        for need in self.needs {
            row(format!("{CAREFUL}!{CAREFUL:#}"), "needs you", plain(need));
        }
        let mut sheet = Sheet::new(width);
        sheet.say(&format!("{BOLD}tenant {}{BOLD:#}", self.id));
        sheet.table(2, &table);
        format!("\n{}", sheet.end())
    }
}
