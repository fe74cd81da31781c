//! `sandbox`: AWS on this machine, for other tools and from the beginning again.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::Global;
use super::open::{default_sandbox, sandbox_file};
use crate::exit::Exit;
use crate::manifest;
use crate::names::AccountId;
use crate::sandbox;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the sandbox on a loopback port, for the AWS CLI, boto3 or any SDK (AWS_ENDPOINT_URL).
    ///
    /// Whatever credentials you sign with are those of the account's administrator, except for what AssumeRole of the sandbox hands
    /// out: such a session may do what its role's policies say, and nothing that the sandbox can't judge. The administrator also
    /// stands for every service of AWS: a role that trusts one can be assumed, without session tags.
    Serve {
        /// 0 takes a free one.
        #[arg(long, default_value_t = 4599)]
        port: u16,
        /// The account that the sandbox plays, 12 digits; the manifest's, if there is one.
        #[arg(long, value_name = "ID", value_parser = account)]
        account: Option<AccountId>,
        /// Append every request and reply to this file, a JSON object a line. They hold secrets.
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
    },
    /// Forget everything in the sandbox.
    Reset,
}

impl Sandbox {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let file = sandbox_file(global).unwrap_or_else(|| default_sandbox(global));
        match &self.command {
            Command::Serve { port, account, record } => {
                let account = match account {
                    Some(account) => account.to_string(),
                    None => {
                        manifest::read(&global.manifest).map_or_else(|_| "111122223333".into(), |(m, _)| m.platform.account.to_string())
                    }
                };
                let faults = global.faults()?;
                let mut opened = sandbox::Sandbox::open(Some(sandbox::claim(&file).await?), &account, faults)?;
                opened.tell(global.broken.clone());
                if let Some(path) = record {
                    opened.record_to(path)?;
                }
                let listener =
                    tokio::net::TcpListener::bind(("127.0.0.1", *port)).await.with_context(|| format!("listening on port {port}"))?;
                let address = listener.local_addr()?;
                ui.answer(&format!("AWS_ENDPOINT_URL=http://{address}\n"))?;
                ui.say(&format!("serving the sandbox in `{}`; any credentials will do; Ctrl-C ends it", file.display()));
                sandbox::serve(Arc::new(opened), listener).await?;
                Ok(Exit::Done)
            }
            Command::Reset => {
                ui.answer(&match sandbox::reset(&file).await? {
                    sandbox::Reset::Removed => format!("The sandbox in `{}` is empty again.\n", file.display()),
                    sandbox::Reset::WasEmpty => format!("There was nothing in `{}`.\n", file.display()),
                })?;
                Ok(Exit::Done)
            }
        }
    }
}

fn account(text: &str) -> Result<AccountId, &'static str> {
    text.parse().map_err(|_| "an AWS account id is 12 digits, such as 111122223333")
}
