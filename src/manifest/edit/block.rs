//! A new tenant's lines.

use super::NewTenant;
use super::scalar::written;
use crate::names::TenantId;

/// Without line breaks; `margin` before the id, one `step` more before each level below.
pub(super) fn lines(id: &TenantId, tenant: &NewTenant, margin: &str, step: &str) -> Vec<String> {
    let inner = format!("{margin}{step}");
    let mut lines = vec![
        format!("{margin}{}:", written(id.as_str())),
        format!("{inner}tier: {}", written(tenant.tier.as_str())),
        format!("{inner}name: {}", written(&tenant.name)),
    ];
    if !tenant.settings.is_empty() {
        let settings: Vec<String> = tenant.settings.iter().map(|(key, value)| format!("{}: {}", written(key), written(value))).collect();
        lines.push(format!("{inner}settings: {{ {} }}", settings.join(", ")));
    }
    if !tenant.users.is_empty() {
        lines.push(format!("{inner}users:"));
        let user =
            |user: &super::super::User| format!("{inner}{step}- {{ email: {}, role: {} }}", written(&user.email), written(&user.role));
        lines.extend(tenant.users.iter().map(user));
    }
    lines
}
