//! `doctor`: whether everything is there that a plan and an apply need, and room for more tenants. It writes nothing.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::init::typed;
use super::open::{connect, files, same_region};
use super::{Format, Global};
use crate::apply::lock;
use crate::aws::Aws;
use crate::compile::compile;
use crate::desired::Desired;
use crate::diagnostic::thousands;
use crate::doctor::{Examined, clock, more, region, rooms};
use crate::exit::{self, Exit, Stop};
use crate::library::{Library, overwrite};
use crate::manifest::Manifest;
use crate::names::{Arn, Names};
use crate::observe::{Live, observe, permissions, reach};
use crate::plan::{Named, diff};
use crate::quotas::estimate;
use crate::rights::{self, For, rights_of};
use crate::schedule::schedule;
use crate::ui::style::count;
use crate::ui::{Ui, doctor as show};

/// Check credentials, clock, endpoints, permissions, lock and quotas, and say what to do.
///
/// Ends with 0 if nothing fails, else with the code that the first failure has elsewhere: 16 for a wrong account or region, 77 for
/// permissions that are missing, 75 for services out of reach, 12 for a quota in the way.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Whether so many tenants more fit into each tier, and how long it would take to make them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    tenants: Option<u32>,
    /// What the credentials are for; a plan needs reads alone.
    #[arg(long = "for", value_name = "WHAT", value_enum, default_value_t = Purpose::Apply)]
    purpose: Purpose,
    /// Print the least IAM policy for the role of a pipeline's job instead: no AWS is asked. In several documents, where IAM's
    /// size demands it: a JSON list of them, unless --part or --out is given.
    #[arg(long, value_name = "WHAT", value_enum, conflicts_with = "tenants")]
    print_policy: Option<For>,
    /// Of a policy in several documents, print this one alone.
    #[arg(long, value_name = "N", requires = "print_policy")]
    part: Option<usize>,
    /// Write the policy's documents into DIR, one a file, as `aws iam create-policy --policy-document file://…` takes them.
    #[arg(long, value_name = "DIR", requires = "print_policy", conflicts_with = "part")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// Plan, status, drift, verify, doctor.
    Plan,
    /// All of that, and apply, destroy, unlock.
    Apply,
}

impl From<Purpose> for For {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Plan => Self::Plan,
            Purpose::Apply => Self::Apply,
        }
    }
}

impl Doctor {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let (manifest, library, names, warnings) = files(global)?;
        if let Some(purpose) = self.print_policy {
            let boundary = manifest.platform.permissions_boundary.as_ref().map(Arn::as_str);
            return self.print((purpose, boundary), &names, global, ui);
        }
        let mut examined = Examined::default();
        let told = format!("{} and {}", count(manifest.tiers.len(), "tier"), count(manifest.tenants.len(), "tenant"));
        let reads = concat!("tenantry ", env!("CARGO_PKG_VERSION"), " reads its version 1");
        if warnings.is_empty() {
            examined.ok("manifest", format!("{told}; {reads}"));
        } else {
            examined.warn("manifest", format!("{told}, with warnings; {reads}"), "`tenantry validate` shows them");
        }
        let memory = manifest.tiers.values().any(|tier| tier.memory.is_some());
        region(&mut examined, names.region.as_str(), memory);
        let desired = compile(&manifest, &library, &names)?;
        let place = if global.sandbox.is_some() { "the sandbox's account" } else { "account" };
        ui.say(&format!("{}: asking {place} {}, {}, platform {}", manifest.path.display(), names.account, names.region, names.platform));
        let aws = connect(global, &names).await?;
        if let Some(who) = identity(&mut examined, &aws, &names, global).await {
            clock(&mut examined, aws.calls().ahead());
            services(&mut examined, &aws).await;
            allowed(&mut examined, (&aws, &names), &who, &desired, self.purpose).await;
            held(&mut examined, &aws, &names).await;
            self.room(&mut examined, &aws, (&manifest, &library, &names), &desired).await?;
        }
        match global.output {
            Format::Text => ui.tell(&show::text(&examined, ui.width_of_stdout()))?,
            _ => ui.answer(&global.document(&show::document(&examined))?)?,
        }
        Ok(examined.exit())
    }

    /// The policy on stdout, ready for IAM, and beside it what a reviewer would ask.
    fn print(&self, (purpose, boundary): (For, Option<&str>), names: &Names, global: &Global, ui: &Ui) -> Result<Exit> {
        let documents = rights::documents(purpose, names, boundary);
        if let Some(folder) = &self.out {
            let stem = format!("{}-{}", names.platform, purpose.word());
            let many = documents.len() > 1;
            let name = |n: usize| if many { format!("{stem}-{}", n + 1) } else { stem.clone() };
            let mut files = Vec::new();
            for (n, document) in documents.iter().enumerate() {
                let file = folder.join(format!("{}.json", name(n)));
                overwrite(&file, &format!("{:#}\n", document.policy))?;
                files.push((name(n), typed(&file), document.characters()));
            }
            ui.answer(&show::written(&files))?;
            ui.say(&show::about((purpose, boundary), &documents, Some(usize::MAX)));
            return Ok(Exit::Done);
        }
        if let Some(part) = self.part {
            let Some(document) = part.checked_sub(1).and_then(|n| documents.get(n)) else {
                let words = format!("there is no part {part}: the policy comes in {}", count(documents.len(), "document"));
                return Err(Stop::at(Exit::Usage, words));
            };
            ui.answer(&global.document(&document.policy)?)?;
        } else if let [document] = documents.as_slice() {
            ui.answer(&global.document(&document.policy)?)?;
        } else {
            ui.answer(&global.document(&json!(documents.iter().map(|d| &d.policy).collect::<Vec<_>>()))?)?;
        }
        ui.say(&show::about((purpose, boundary), &documents, self.part));
        Ok(Exit::Done)
    }

    async fn room(
        &self,
        examined: &mut Examined,
        aws: &Aws,
        (manifest, library, names): (&Manifest, &Library, &Names),
        desired: &Desired,
    ) -> Result<()> {
        let live = match observe(aws, names, desired).await {
            Ok(live) => live,
            Err(error) => {
                let todo = "quotas are counted without what is live and no longer declared";
                examined.fail(exit::of(&error), "live", format!("what is live can't be read: {error:#}"), todo);
                Live::new()
            }
        };
        let plan = diff(names, desired, &live, &Named::default())?;
        for blocked in &plan.blocked {
            examined.fail(Exit::Guarded, "plan", format!("{}: {}", blocked.address, blocked.why), blocked.way_out.clone());
        }
        for note in &plan.close {
            examined.warn("quotas", note.clone(), "have AWS raise it in time, or split the platform");
        }
        for room in rooms(manifest, library, names, &plan, &live)? {
            let tier = &room.tier;
            let fits = match &room.bound {
                None => match &room.fullest {
                    Some(fullest) => format!(
                        "tier {tier}: none of {} quotas grows with its tenants; the one that binds next, whatever grows, is {} ({} of {} taken \
                         {})",
                        fullest.of,
                        fullest.unit,
                        thousands(fullest.taken),
                        thousands(fullest.most),
                        fullest.place
                    ),
                    None => format!("tier {tier}: no quota grows with its tenants"),
                },
                Some(bound) => format!(
                    "tier {tier}: {} more tenants fit; {} are full first ({} {})",
                    thousands(bound.tenants),
                    bound.unit,
                    thousands(bound.most),
                    bound.place
                ),
            };
            match (self.tenants, &room.bound) {
                (Some(wanted), Some(bound)) if u64::from(wanted) > bound.tenants => {
                    let says = format!("{fits}, and {} are wanted", thousands(wanted));
                    examined.fail(Exit::Guarded, "quotas", says, bound.way_out.clone());
                }
                (Some(wanted), _) => {
                    let grown = compile(&more(manifest, tier, wanted)?, library, names)?;
                    let plan = diff(names, &grown, &live, &Named::default())?;
                    let cost = estimate(&plan, &schedule(&plan));
                    let bound = cost.bound_by.map(|bound| format!(", bound by {}", bound.text())).unwrap_or_default();
                    let (writes, seconds) = (thousands(cost.writes), thousands(cost.seconds));
                    let pending =
                        format!("with what is pending, {} more take {writes} writes and about {seconds} s{bound}", thousands(wanted));
                    examined.ok("quotas", format!("{fits}; {pending}"));
                }
                (None, _) => examined.ok("quotas", fits),
            }
        }
        Ok(())
    }
}

/// Who we are, if AWS says so and it is whom the manifest means.
async fn identity(examined: &mut Examined, aws: &Aws, names: &Names, global: &Global) -> Option<String> {
    let caller = match aws.caller().await {
        Ok(caller) => caller,
        Err(error) => {
            let todo = "sign in (`aws sso login`, or set AWS_PROFILE), or check the network; nothing else can be asked before";
            examined.fail(exit::of(&error), "identity", format!("{error:#}"), todo);
            return None;
        }
    };
    if caller.account != names.account {
        let says = format!("you are {}, and the manifest is about account {}", caller.arn, names.account);
        examined.fail(Exit::WrongAccount, "identity", says, "sign in to that account, or correct `account` in the manifest");
        return None;
    }
    examined.ok("identity", format!("you are {}", caller.arn));
    match same_region(names) {
        Err(error) if global.sandbox.is_none() => {
            examined.fail(exit::of(&error), "region", error.to_string(), "one of the two is a mistake");
            return None;
        }
        _ => examined.ok("region", format!("account {} and region {} are the manifest's", names.account, names.region)),
    }
    Some(caller.arn)
}

async fn services(examined: &mut Examined, aws: &Aws) {
    let reached = reach(aws).await;
    let all = reached.len();
    let mut silent = 0;
    for (service, error) in reached.into_iter().filter_map(|r| Some((r.service, r.silent?))) {
        silent += 1;
        let todo = "check the network, a proxy or VPC endpoint for it, and whether the region has the service";
        examined.fail(exit::of(&error), "services", format!("{service} does not answer: {error:#}"), todo);
    }
    if silent == 0 {
        examined.ok("services", format!("all {all} answer"));
    }
}

/// How many missing actions a line names.
const NAMED: usize = 8;

async fn allowed(examined: &mut Examined, (aws, names): (&Aws, &Names), who: &str, desired: &Desired, purpose: Purpose) {
    const TOPIC: &str = "permissions";
    let purposes: &[Purpose] = if purpose == Purpose::Plan { &[Purpose::Plan] } else { &[Purpose::Plan, Purpose::Apply] };
    for &purpose in purposes {
        let word = if purpose == Purpose::Plan { "plan" } else { "apply" };
        let needed = rights_of(purpose.into(), desired.specs().keys().map(crate::address::Address::kind));
        let todo = format!("`tenantry doctor --print-policy {word}` prints the policy that these credentials need");
        match permissions(aws, names, who, &needed).await {
            Ok(lacks) if lacks.is_empty() => examined.ok(TOPIC, format!("{word}: IAM's simulator allows all that this manifest needs")),
            Ok(lacks) => {
                let some: Vec<String> = lacks.iter().take(NAMED).map(|lack| format!("{} on {}", lack.action, lack.resource)).collect();
                let rest = lacks.len().saturating_sub(NAMED);
                let rest = if rest > 0 { format!("; and {rest} more") } else { String::new() };
                examined.fail(Exit::Denied, TOPIC, format!("{word}: not allowed are {}{rest}", some.join("; ")), todo);
            }
            Err(error) => {
                let says = format!("{word}: IAM's simulator gives no answer: {error:#}");
                examined.warn(
                    TOPIC,
                    says,
                    "allow iam:SimulatePrincipalPolicy and iam:GetRole on the role, or compare by hand: see --print-policy",
                );
                return;
            }
        }
    }
}

async fn held(examined: &mut Examined, aws: &Aws, names: &Names) {
    let state = async {
        if !lock::is_in_ours(aws, names).await? {
            return Ok(None);
        }
        lock::read(aws, names).await
    };
    match state.await {
        Ok(None) => examined.ok("lock", "nobody is applying"),
        Ok(Some((holder, _))) => examined.warn(
            "lock",
            format!("`{}` holds it since {}", holder.who, holder.since),
            "wait until they are done, or remove a lock left behind with `tenantry unlock`",
        ),
        Err(error) => {
            let _: &anyhow::Error = &error;
            examined.fail(exit::of(&error), "lock", format!("{error:#}"), "the lock lies in the platform's own bucket: allow reading it");
        }
    }
}
