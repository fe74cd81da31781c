//! Tenants: the list of them, one as it is declared and live, and what is left of one that leaves.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count};
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

pub(crate) fn list(tenants: &[(&TenantId, &Tenant)]) -> String {
    let width = |least: usize, words: &mut dyn Iterator<Item = &str>| words.map(str::len).max().unwrap_or(0).max(least);
    let ids = width(6, &mut tenants.iter().map(|(id, _)| id.as_str()));
    let tiers = width(4, &mut tenants.iter().map(|(_, t)| t.tier.value.as_str()));
    let mut out = format!("  {BOLD}{:<ids$}  {:<tiers$}  {:>5}  {:<9}  {}{BOLD:#}\n", "tenant", "tier", "users", "state", "name");
    for (id, tenant) in tenants {
        let state = tenant.standing.as_str();
        let style = if tenant.standing.is_active() { DIM } else { CAREFUL };
        let (tier, users, name) = (&tenant.tier.value.as_str(), tenant.users.len(), plain(&tenant.name));
        let _ = writeln!(out, "  {:<ids$}  {tier:<tiers$}  {users:>5}  {style}{state:<9}{style:#}  {name}", id.as_str());
    }
    let suspended = tenants.iter().filter(|(_, t)| !t.standing.is_active()).count();
    let users = tenants.iter().map(|(_, t)| t.users.len()).sum();
    let shut = if suspended > 0 { format!("; {suspended} suspended") } else { String::new() };
    let _ = writeln!(out, "\n{} with {}{shut}.", count(tenants.len(), "tenant"), count(users, "user"));
    out
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

    pub(crate) fn text(&self) -> String {
        let mut out = format!("{BOLD}tenant {}{BOLD:#}", self.id);
        let line = |name: &str, value: &str| format!("  {DIM}{name:<12}{DIM:#} {value}\n");
        match self.manifest.tenants.get(self.id) {
            None => out.push_str("\n  not in the manifest\n"),
            Some(tenant) => {
                let _ = writeln!(out, "  {}", plain(&tenant.name));
                out.push_str(&line("tier", tenant.tier.value.as_str()));
                let state = tenant.standing.as_str();
                out.push_str(&line(
                    "state",
                    &if tenant.standing.is_active() { state.into() } else { format!("{CAREFUL}{state}{CAREFUL:#}") },
                ));
                for (n, (key, setting)) in tenant.settings.iter().enumerate() {
                    let value = match setting {
                        Setting::One(text) => text.clone(),
                        Setting::Many(list) => list.join(", "),
                    };
                    out.push_str(&line(if n == 0 { "settings" } else { "" }, &format!("{key}: {}", plain(&value))));
                }
                for (n, user) in tenant.users.iter().enumerate() {
                    out.push_str(&line(if n == 0 { "users" } else { "" }, &format!("{}, {}", plain(&user.email), plain(&user.role))));
                }
            }
        }
        out.push('\n');
        let resources = self.resources();
        if resources.is_empty() {
            out.push_str("Nothing of it is live.\n");
            return out;
        }
        let _ = writeln!(out, "{BOLD}in AWS{BOLD:#}");
        let width = resources.iter().map(|(a, ..)| name(a).width()).max().unwrap_or(0).min(44);
        for (address, found, stand) in &resources {
            let kind = address.kind().replace('_', " ");
            let (name, said) = (name(address), self.said(address, *found));
            let said = if said.is_empty() { said } else { format!("; {said}") };
            let pad = " ".repeat(width.saturating_sub(name.width()));
            let _ = writeln!(out, "  {} {kind:<16} {name}{pad}  {DIM}{}{said}{DIM:#}", stand.sign(), stand.word());
        }
        let changes = resources.iter().filter(|(.., stand)| matches!(stand, Stand::ToCome | Stand::ToChange)).count();
        let _ = match changes {
            0 => writeln!(out, "\nNothing to do: AWS is as the manifest says."),
            n => writeln!(out, "\n{} to make: `tenantry plan` shows them.", count(n, "change")),
        };
        out
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
                    "name": name(address),
                    "state": stand.word(),
                    "said": self.said(address, found),
                })
            })
            .collect();
        let declared = self.manifest.tenants.get(self.id).map(|tenant| declared(self.id, tenant));
        json!({ "format": ONE, "id": self.id, "manifest": declared, "resources": resources })
    }
}

/// What a reader calls a resource of a tenant.
fn name(address: &Address) -> String {
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
    pub(crate) fn text(&self) -> String {
        let owner = Owner::Tenant(self.id.clone());
        let mut out = format!("\n{BOLD}tenant {}{BOLD:#}\n", self.id);
        let mut row = |sign: String, word: &str, what: &str| {
            let _ = writeln!(out, "  {sign} {word:<12} {what}");
        };
        let resource = |address: &Address| format!("{:<16} {}", address.kind().replace('_', " "), name(address));
        let changes = |action: Action| self.plan.changes.iter().filter(move |c| c.action == action).filter(|c| *c.address.owner() == owner);
        let (removed, closed) = if self.is_done { ("removed", "closed off") } else { ("to remove", "to close off") };
        for change in changes(Action::Delete) {
            row(format!("{BAD}-{BAD:#}"), removed, &resource(&change.address));
        }
        for change in changes(Action::Close) {
            row(format!("{CAREFUL}×{CAREFUL:#}"), closed, &resource(&change.address));
        }
        for address in self.plan.kept.iter().filter(|a| *a.owner() == owner) {
            let shut = if address.kind() == User::NAME { ", disabled" } else { "" };
            row(format!("{CAREFUL}={CAREFUL:#}"), "kept", &format!("{}{shut}", resource(address)));
        }
        for need in self.needs {
            row(format!("{CAREFUL}!{CAREFUL:#}"), "needs you", need);
        }
        out
    }
}
