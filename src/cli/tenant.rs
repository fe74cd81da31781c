//! `tenant`: edits of the manifest's tenants, and a look at one or all of them.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Global;
use crate::diagnostic::quoted;
use crate::exit::{Exit, Stop};
use crate::manifest::edit::{Edit, Field, Key, NewTenant};
use crate::manifest::{Standing, User};
use crate::names::TenantId;
use crate::ui::Ui;

pub(super) mod change;
mod list;
mod show;

use change::{Draft, Go};

#[derive(Debug, Args)]
pub(crate) struct Tenant {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a tenant to the manifest, and show the plan that it makes.
    Add(Add),
    /// Give a tenant another tier; its documents stay where they are.
    Move(Move),
    /// Give a tenant another name; its id stays.
    Rename(Rename),
    /// Shut a tenant's users and API key out; its data stays.
    Suspend(One),
    /// Let a suspended tenant in again.
    Resume(One),
    /// List the tenants of the manifest.
    List(list::List),
    /// Show what the manifest says of a tenant and what of it is live.
    Show(show::Show),
}

#[derive(Debug, Args)]
struct Add {
    /// 3 to 27 lower-case letters, digits and single hyphens.
    id: String,
    /// One of the manifest's tiers.
    #[arg(long, visible_alias = "to", value_name = "TIER")]
    tier: String,
    /// The name that people know the tenant by; by default the id.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Somebody who signs in; without a role as `member`. More with the option again.
    #[arg(long = "user", value_name = "EMAIL[:ROLE]", value_parser = user)]
    users: Vec<User>,
    /// A fact about the tenant, for agents. More with the option again.
    #[arg(long = "setting", value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    #[command(flatten)]
    go: Go,
}

#[derive(Debug, Args)]
struct Move {
    /// The tenant's id.
    id: String,
    /// One of the manifest's tiers.
    #[arg(long, visible_alias = "tier", value_name = "TIER")]
    to: String,
    #[command(flatten)]
    go: Go,
}

#[derive(Debug, Args)]
struct Rename {
    /// The tenant's id.
    id: String,
    /// The name that people know the tenant by.
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    go: Go,
}

#[derive(Debug, Args)]
struct One {
    /// The tenant's id.
    id: String,
    #[command(flatten)]
    go: Go,
}

/// Of users that are added without one.
const ROLE: &str = "member";

fn user(text: &str) -> Result<User, String> {
    let (email, role) = text.split_once(':').unwrap_or((text, ROLE));
    Ok(User { email: email.into(), role: role.into() })
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("{} is no setting: expected KEY=VALUE", quoted(text)))?;
    Ok((key.into(), value.into()))
}

impl Tenant {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        match &self.command {
            Command::Add(add) => {
                add.go.is_answered(ui)?;
                let draft = Draft::read(global, ui)?;
                let edit = add.edit(&draft)?;
                draft.make(Some(&edit), &add.go).await
            }
            Command::Move(to) => {
                to.go.is_answered(ui)?;
                let draft = Draft::read(global, ui)?;
                let (id, tier) = (draft.tenant(&to.id)?, draft.tier(&to.to)?);
                let is_there = draft.manifest.tenants.get(&id).is_some_and(|tenant| tenant.tier.value == tier);
                if is_there {
                    ui.say(&format!("tenant `{id}` is in tier `{tier}` already; the manifest stays as it is"));
                }
                let edit = (!is_there).then_some(Edit::Set(id, Field::Tier(tier)));
                draft.make(edit.as_ref(), &to.go).await
            }
            Command::Rename(to) => {
                to.go.is_answered(ui)?;
                let draft = Draft::read(global, ui)?;
                let edit = Edit::Set(draft.tenant(&to.id)?, Field::Name(to.name.clone()));
                draft.make(Some(&edit), &to.go).await
            }
            Command::Suspend(one) => one.stand(Standing::Suspended, global, ui).await,
            Command::Resume(one) => one.stand(Standing::Active, global, ui).await,
            Command::List(list) => list.run(global, ui),
            Command::Show(show) => show.run(global, ui).await,
        }
    }
}

impl Add {
    fn edit(&self, draft: &Draft<'_>) -> Result<Edit> {
        let id: TenantId = self
            .id
            .parse()
            .map_err(|why| Stop::at(Exit::Manifest, format!("{} can't be a tenant's id: {why}; nothing was written", quoted(&self.id))))?;
        if draft.manifest.tenants.contains_key(&id) {
            let words = format!("tenant `{id}` is in the manifest already; nothing was written (`tenantry tenant show {id}` shows it)");
            return Err(Stop::at(Exit::Manifest, words));
        }
        let mut keys: Vec<&str> = self.settings.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        if let Some(twice) = keys.windows(2).find_map(|pair| pair.first().filter(|key| pair.last() == Some(*key))) {
            return Err(Stop::at(Exit::Usage, format!("--setting {}: given twice; nothing was written", quoted(twice))));
        }
        let tenant = NewTenant {
            tier: draft.tier(&self.tier)?,
            name: self.name.clone().unwrap_or_else(|| id.to_string()),
            settings: self.settings.clone(),
            users: self.users.clone(),
        };
        Ok(Edit::Add(id, tenant))
    }
}

impl One {
    async fn stand(&self, wanted: Standing, global: &Global, ui: &Ui) -> Result<Exit> {
        self.go.is_answered(ui)?;
        let draft = Draft::read(global, ui)?;
        let id = draft.tenant(&self.id)?;
        let standing = draft.manifest.tenants.get(&id).map(|tenant| tenant.standing).unwrap_or_default();
        let edit = match wanted {
            _ if standing == wanted => {
                ui.say(&format!("tenant `{id}` is {} already; the manifest stays as it is", wanted.as_str()));
                None
            }
            Standing::Suspended => Some(Edit::Set(id, Field::Suspended)),
            Standing::Active => Some(Edit::Unset(id, Key::Suspended)),
        };
        draft.make(edit.as_ref(), &self.go).await
    }
}
