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
    /// What keeps it from happening, for `explain`.
    pub(crate) against: &'static str,
    judge: fn(&Model, &mut Row) -> Result<()>,
}

const fn probe(
    (id, layer, attack): (&'static str, &'static str, &'static str),
    against: &'static str,
    judge: fn(&Model, &mut Row) -> Result<()>,
) -> Probe {
    Probe { id, layer, attack, against, judge }
}

/// In the order in which they are numbered.
pub(crate) const PROBES: &[Probe] = &[
    probe(("P01", "sign-up", "a stranger signs up into a tenant"), "the pool takes users from administrators alone", identity::sign_up),
    probe(
        ("P02", "attributes", "a user rewrites their own tenant or tier"),
        "every client lists what users may read and write, and none of it is a claim; the tenant attribute is immutable",
        identity::attributes,
    ),
    probe(
        ("P03", "claims", "a token names another tenant, or none"),
        "ids have one grammar, are unique whatever their case, and are never a reserved word or a tier; a user's tier is the tenant's",
        identity::claims,
    ),
    probe(
        ("P04", "runtime authorizer", "another tier's user calls the agents"),
        "the runtime takes tokens of this pool, for this client, with this tier's claim",
        entrance::runtime_authorizer,
    ),
    probe(
        ("P05", "runtime commands", "a user opens a shell, or stops the agent"),
        "a resource policy on each runtime and on its endpoint: calls of the agent, and no command, shell, stop or impersonation",
        entrance::runtime_commands,
    ),
    probe(
        ("P06", "sessions", "a user goes on with another's session"),
        "the agent, which binds a session to the user who began it, because AWS does not",
        entrance::sessions,
    ),
    probe(
        ("P07", "agent code", "a request names another tenant than its token"),
        "article: the agent, which takes the tenant from the token; strict: the broker, which believes the token alone",
        entrance::agent_code,
    ),
    probe(
        ("P08", "gateway authorizer", "another tier's user calls the tools"),
        "the gateway takes tokens of this pool, for this client, with this tier's claim",
        entrance::gateway_authorizer,
    ),
    probe(
        ("P09", "tool policies", "a tool's arguments name another tenant"),
        "Cedar policies that the gateway asks before each tool: the tier's claim, and the tenant argument equal to the tenant claim",
        tools::policies,
    ),
    probe(
        ("P10", "gateway headers", "a caller writes another tenant's headers"),
        "article: the agent, which writes the headers; strict: the interceptor, which writes them from the verified token",
        entrance::headers,
    ),
    probe(
        ("P11", "tool schemas", "a tool takes a tenant that nothing binds"),
        "no input of a tool says whose data is meant unless a policy binds it to the caller",
        tools::schemas,
    ),
    probe(
        ("P12", "tenant role trust", "somebody else takes on a tenant's role"),
        "one role may take on each tenants' role, with exactly three tags, all transitive and none empty; everybody else is denied",
        roles::trust,
    ),
    probe(
        ("P13", "runtime role", "the agent reaches tenants' data itself"),
        "the runtime role has no right to tenants' data, secrets or the platform's own control, and explicit denials of them",
        rights::runtime,
    ),
    probe(
        ("P14", "memory events", "a session reads another's conversations"),
        "the tenants' role: the actor equals what the session's tags say, and calls that name no actor are denied",
        data::events,
    ),
    probe(
        ("P15", "memory records", "a session reads another's memories"),
        "the tenants' role: the namespace equals what the session's tags say, and calls that name none are denied",
        data::records,
    ),
    probe(
        ("P16", "tables", "a session reads another's rows"),
        "the tenants' role: partition keys equal the tenant's tag, and scans, PartiQL, exports and reads without a key are denied",
        data::rows,
    ),
    probe(
        ("P17", "documents", "a session reads another's objects"),
        "the tenants' role: the tenant's own prefix with its slash, in this account's bucket",
        data::objects,
    ),
    probe(
        ("P18", "knowledge", "a search finds another's documents"),
        "article: the agent's filter; strict: an index of the tenant's own",
        data::knowledge,
    ),
    probe(
        ("P19", "cost projects", "use is booked on another tier's project"),
        "the agent, which takes its own tier's project",
        usage::projects,
    ),
    probe(
        ("P20", "tool functions", "somebody calls the tools past the gateway"),
        "only the gateway's role may call the tools' functions",
        rights::functions,
    ),
    probe(
        ("P21", "API keys", "one tenant uses up another's quota"),
        "`api.keys: tenant`, which gives each tenant a key of its own; a tier's key is shared",
        usage::keys,
    ),
    probe(
        ("P22", "secrets", "an agent reads the platform's secrets"),
        "no role of agents, tools or tenants may read a SecureString parameter",
        rights::secrets,
    ),
    probe(
        ("P23", "logs", "tokens stand in logs"),
        "nothing that is declared: what is written into logs only a live platform shows",
        usage::logs,
    ),
    probe(
        ("P24", "service trust", "another account's service uses our roles"),
        "service roles are for this account's resources alone",
        roles::services,
    ),
    probe(
        ("P25", "leaving", "a user who left goes on with their token"),
        "tokens last an hour at most, refresh tokens can be revoked, and users of a tenant that left are disabled",
        identity::leaving,
    ),
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
