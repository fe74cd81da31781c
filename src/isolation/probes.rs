//! The probes: what each attacks, and the list of them. Each is answered from the platform's documents alone.

use anyhow::Result;

use super::deployed;
use super::model::Model;
use super::report::{Method, Report, Row};

mod data;
mod entrance;
mod identity;
mod rights;
mod roles;
mod templates;
mod tools;
mod usage;
mod walls;

pub(crate) use data::walls;
pub(crate) use rights::{own_parameter, with_shared};
pub(crate) use roles::trusted;
pub(crate) use walls::{Call, Kept, any, any_might};

/// One question, and how it is answered.
pub(crate) struct Probe {
    pub(crate) id: &'static str,
    pub(crate) layer: &'static str,
    pub(crate) attack: &'static str,
    judge: fn(&Model, &mut Row) -> Result<()>,
}

const fn probe(id: &'static str, layer: &'static str, attack: &'static str, judge: fn(&Model, &mut Row) -> Result<()>) -> Probe {
    Probe { id, layer, attack, judge }
}

/// In the order in which they are numbered.
pub(crate) const PROBES: &[Probe] = &[
    probe("P01", "sign-up", "a stranger signs up into a tenant", identity::sign_up),
    probe("P02", "attributes", "a user rewrites their own tenant or tier", identity::attributes),
    probe("P03", "claims", "a token names another tenant, or none", identity::claims),
    probe("P04", "runtime authorizer", "another tier's user calls the agents", entrance::runtime_authorizer),
    probe("P05", "runtime commands", "a user opens a shell, or stops the agent", entrance::runtime_commands),
    probe("P06", "sessions", "a user goes on with another's session", entrance::sessions),
    probe("P07", "agent code", "a request names another tenant than its token", entrance::agent_code),
    probe("P08", "gateway authorizer", "another tier's user calls the tools", entrance::gateway_authorizer),
    probe("P09", "tool policies", "a tool's arguments name another tenant", tools::policies),
    probe("P10", "gateway headers", "a caller writes another tenant's headers", entrance::headers),
    probe("P11", "tool schemas", "a tool takes a tenant that nothing binds", tools::schemas),
    probe("P12", "tenant role trust", "somebody else takes on a tenant's role", roles::trust),
    probe("P13", "runtime role", "the agent reaches tenants' data itself", rights::runtime),
    probe("P14", "memory events", "a session reads another's conversations", data::events),
    probe("P15", "memory records", "a session reads another's memories", data::records),
    probe("P16", "tables", "a session reads another's rows", data::rows),
    probe("P17", "documents", "a session reads another's objects", data::objects),
    probe("P18", "knowledge", "a search finds another's documents", data::knowledge),
    probe("P19", "cost projects", "use is booked on another tier's project", usage::projects),
    probe("P20", "tool functions", "somebody calls the tools past the gateway", rights::functions),
    probe("P21", "API keys", "one tenant uses up another's quota", usage::keys),
    probe("P22", "secrets", "an agent reads the platform's secrets", rights::secrets),
    probe("P23", "logs", "tokens stand in logs", usage::logs),
    probe("P24", "service trust", "another account's service uses our roles", roles::services),
    probe("P25", "leaving", "a user who left goes on with their token", identity::leaving),
];

/// Every probe's answer.
pub(crate) fn judge(model: &Model, method: Method) -> Report {
    let rows = PROBES.iter().map(|probe| row(probe, model, method)).collect();
    Report { profile: model.profile, tenants: model.tenants.len(), pairs: model.pairs(), rows }
}

fn row(probe: &Probe, model: &Model, method: Method) -> Row {
    let mut row = Row::new(probe.id, probe.layer, probe.attack, method);
    if let Err(error) = (probe.judge)(model, &mut row) {
        // What can't be read is not known to be safe.
        row.unknown("", format!("{error:#}"));
    }
    deployed::judge(model, &mut row);
    row.sort();
    row
}
