//! The command line: what may be typed, and which file carries it out.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anstream::ColorChoice;
use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit::{self, Exit, Stop, is_broken_pipe};
use crate::sandbox::{Broken, Faults};
use crate::ui::{Talk, Ui, json};

mod again;
mod apply;
mod ci;
mod completions;
mod costs;
mod destroy;
mod doctor;
mod documents;
mod drift;
mod explain;
mod graph;
mod init;
mod man;
mod offboard;
mod open;
mod plan;
mod sandbox;
mod saved;
mod schema;
mod shown;
mod status;
mod tenant;
mod unlock;
mod validate;
mod verify;

pub(crate) use completions::answer as complete;

const FAULTS: &str = "TENANTRY_SANDBOX_FAULTS";

const AFTER: &str = "\
Exit codes:
    0  done; a plan with or without changes        64  wrong usage, or nobody to ask
    1  any other failure                           65  the manifest or a document is wrong
    2  changes: plan --detailed-exitcode, drift    75  AWS is busy or out of reach: try again
   10  the plan is not the one that was reviewed   77  AWS denies it, or no credentials
   11  somebody else is applying                  130  interrupted
   12  a guard refused
   13  partly applied: run it again
   14  isolation is open, or not proven
   15  some reads failed: no full picture
   16  wrong account or region

Try it without an account: tenantry init, then tenantry apply --sandbox";

/// Provisions a pooled multi-tenant agent platform on Amazon Bedrock AgentCore from one file.
///
/// AWS is the state: every command reads what is live, and only apply, destroy, unlock, documents, verify --live and what is told to --apply write.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, after_help = AFTER, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The manifest; its templates/ and policies/ lie beside it.
    #[arg(short = 'f', long, global = true, value_name = "FILE", default_value = "tenants.yaml")]
    pub(crate) manifest: PathBuf,
    /// Run against AWS on this machine instead: no account, no network. The state is kept in FILE, by default
    /// .tenantry/sandbox.json beside the manifest.
    #[arg(long, global = true, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) sandbox: Option<Option<PathBuf>>,
    /// Faults of the sandbox, such as latency=100ms,throttle=0.05,slow=2s,role=3s. TENANTRY_SANDBOX_FAULTS says the same, and
    /// nothing without --sandbox.
    #[arg(long, global = true, value_name = "LIST")]
    sandbox_faults: Option<String>,
    /// Where the sandbox tells that it can't be kept.
    #[arg(skip)]
    pub(crate) broken: Broken,
    /// The profile of ~/.aws/config to use.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// How the answer on stdout is written; sarif, github and gitlab are for the findings of validate.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    /// Tell a pipeline what came of it: github writes the step's outputs and its job summary. With init: whose pipelines to write.
    #[arg(long, global = true, value_enum, value_name = "SERVICE")]
    pub(crate) ci: Option<ci::Ci>,
    /// Colour: auto follows the terminal and NO_COLOR.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_parser = color, hide_possible_values = true)]
    pub(crate) color: ColorChoice,
    /// Say nothing on stderr but errors.
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Log what happens under the hood to stderr; twice for the SDK's own log.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Steps at the same time, 1 to 64, beside those that only wait for AWS to be ready.
    #[arg(long, global = true, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) jobs: u8,
    /// Begin no new step after this long, such as 90s or 30m.
    #[arg(long, global = true, value_name = "TIME", default_value = "60m", value_parser = duration)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Yaml,
    /// Of plan: for a comment below a pull request.
    Markdown,
    /// Of plan: a page for a browser.
    Html,
    /// Of validate: for code scanning.
    Sarif,
    /// Of validate: annotations on the lines of a pull request.
    Github,
    /// Of validate: a code quality report for a merge request.
    Gitlab,
}

impl Format {
    /// As it is typed.
    fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl Global {
    pub(crate) fn talk(&self) -> Talk {
        if self.quiet { Talk::Quiet } else { Talk::Normal }
    }

    /// The faults that were asked for, by the flag or else by the environment.
    fn faults(&self) -> Result<Faults> {
        let (said, text) = match &self.sandbox_faults {
            Some(text) => ("--sandbox-faults", text.clone()),
            None => (FAULTS, std::env::var(FAULTS).unwrap_or_default()),
        };
        Faults::parse(&text).map_err(|error| Stop::at(Exit::Usage, format!("{said}: {error:#}")))
    }

    /// Refuses a form that a command does not have.
    fn has(&self, formats: &[Format]) -> Result<()> {
        if formats.contains(&self.output) {
            return Ok(());
        }
        let has = formats.iter().map(|format| format.word()).collect::<Vec<_>>().join(", ");
        Err(Stop::at(Exit::Usage, format!("--output {}: this command has {has}; nothing was read or changed", self.output.word())))
    }

    /// A program that waits for a document gets one, whatever the command came to.
    fn refuse(&self, ended: &Result<Exit>, ui: &Ui) {
        let Err(error) = ended else { return };
        if !matches!(self.output, Format::Json | Format::Yaml) || ui.has_answered() || is_broken_pipe(error) {
            return;
        }
        // The error itself is told on stderr, whether or not this can be.
        let _ = self.document(&json::refused(error, exit::of(error))).and_then(|document| ui.answer(&document));
    }

    /// A document for machines, in the form that was asked for.
    fn document(&self, document: &serde_json::Value) -> Result<String> {
        Ok(match self.output {
            Format::Yaml => serde_yaml::to_string(document)?,
            _ => format!("{document:#}\n"),
        })
    }
}

/// The forms of an answer that most commands have.
const FORMATS: &[Format] = &[Format::Text, Format::Json, Format::Yaml];

impl Command {
    /// The forms that its answer comes in.
    fn formats(&self) -> &'static [Format] {
        formats(match self {
            Self::Plan(_) => "plan",
            Self::Validate => "validate",
            Self::Graph(_) => "graph",
            _ => "",
        })
    }
}

/// The same by the command's name, for whoever is still typing.
fn formats(command: &str) -> &'static [Format] {
    match command {
        "plan" => &[Format::Text, Format::Json, Format::Yaml, Format::Markdown, Format::Html],
        "validate" => &[Format::Text, Format::Json, Format::Yaml, Format::Sarif, Format::Github, Format::Gitlab],
        // A picture has languages of its own.
        "graph" => &[Format::Text],
        _ => FORMATS,
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented starter manifest with its templates and policies; nothing is overwritten.
    Init(init::Init),
    /// Check the manifest and its files, without AWS.
    Validate,
    /// Show what apply would do, and change nothing.
    Plan(plan::Plan),
    /// Show the plan, ask, and make AWS match the manifest.
    Apply(apply::Apply),
    /// Delete the platform; what holds data is kept unless it is named.
    Destroy(destroy::Destroy),
    /// Show what is live, by tier and tenant.
    Status(status::Status),
    /// Bring tenants' documents to their knowledge base, and see what is there.
    Documents(documents::Documents),
    Costs(costs::Costs),
    /// Add tenants to the manifest, move, suspend and resume them, and look at one.
    Tenant(tenant::Tenant),
    Offboard(offboard::Offboard),
    Graph(graph::Graph),
    Verify(verify::Verify),
    Drift(drift::Drift),
    Doctor(doctor::Doctor),
    Schema(schema::Schema),
    Explain(explain::Explain),
    /// Remove the lock that an apply left behind.
    Unlock(unlock::Unlock),
    /// AWS on this machine: serve it to other tools, or start it afresh.
    Sandbox(sandbox::Sandbox),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Reads the command line; help and usage errors end here, with the code they deserve.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    let cli = Cli::try_parse().map_err(|error| {
        // Printing help to a closed pipe is no failure.
        let _ = error.print();
        if error.use_stderr() {
            ci::misused(&error.to_string());
        }
        if error.use_stderr() { Exit::Usage.into() } else { ExitCode::from(Exit::Done) }
    })?;
    log(cli.global.verbose);
    Ok(cli)
}

fn log(verbose: u8) {
    let level = match verbose {
        // What the SDK has to say about a failed call is in our own errors.
        0 => "tenantry=warn",
        1 => "warn,tenantry=debug",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("TENANTRY_LOG").unwrap_or_else(|_| level.into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).without_time().init();
}

/// Carries the command out.
pub(crate) async fn run(cli: &Cli, ui: &Ui) -> Result<Exit> {
    ci::check(&cli.global, &cli.command)?;
    let ended = guarded(cli, ui).await;
    ci::ended(&cli.global, &cli.command, &ended, ui);
    cli.global.refuse(&ended, ui);
    ended
}

async fn guarded(cli: &Cli, ui: &Ui) -> Result<Exit> {
    let global = &cli.global;
    // Faults are for trials: with the flag alone forgotten, the trial would be made on AWS itself.
    if global.sandbox_faults.is_some() && global.sandbox.is_none() && !matches!(cli.command, Command::Sandbox(_)) {
        return Err(Stop::at(Exit::Usage, "--sandbox-faults needs --sandbox; nothing was read or changed"));
    }
    global.has(cli.command.formats())?;
    tokio::select! {
        biased;
        why = global.broken.why() => Err(why),
        ended = carry_out(cli, ui) => ended,
    }
}

async fn carry_out(cli: &Cli, ui: &Ui) -> Result<Exit> {
    let global = &cli.global;
    match &cli.command {
        Command::Init(init) => init.run(global, ui),
        Command::Validate => validate::run(global, ui),
        Command::Plan(plan) => plan.run(global, ui).await,
        Command::Apply(apply) => apply.run(global, ui).await,
        Command::Destroy(destroy) => destroy.run(global, ui).await,
        Command::Status(status) => status.run(global, ui).await,
        Command::Documents(documents) => documents.run(global, ui).await,
        Command::Costs(costs) => costs.run(global, ui).await,
        Command::Tenant(tenant) => tenant.run(global, ui).await,
        Command::Offboard(offboard) => offboard.run(global, ui).await,
        Command::Graph(graph) => graph.run(global, ui).await,
        Command::Verify(verify) => verify.run(global, ui).await,
        Command::Drift(_) => drift::run(global, ui).await,
        Command::Doctor(doctor) => doctor.run(global, ui).await,
        Command::Schema(schema) => schema.run(global, ui),
        Command::Explain(explain) => explain.run(global, ui),
        Command::Unlock(unlock) => unlock.run(global, ui).await,
        Command::Sandbox(sandbox) => sandbox.run(global, ui).await,
        Command::Completions(completions) => completions.run(ui),
        Command::Man(man) => man.run(ui),
    }
}

fn color(text: &str) -> Result<ColorChoice, String> {
    match text {
        "auto" => Ok(ColorChoice::Auto),
        "always" => Ok(ColorChoice::Always),
        "never" => Ok(ColorChoice::Never),
        _ => Err("expected auto, always or never".into()),
    }
}

/// `90s`, `30m`, `2h`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: expected a number and s, m or h, such as 30m");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => Some(number),
        "m" => number.checked_mul(60),
        "h" => number.checked_mul(3600),
        _ => None,
    };
    seconds.map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "90", "m", "-1s", "1d", "é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
