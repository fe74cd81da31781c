//! `explain`: what an error's code means, or what a field of the manifest takes.

use anyhow::Result;
use clap::Args;

use super::{Format, Global};
use crate::diagnostic::nearest;
use crate::exit::{Exit, Stop};
use crate::explain::{TOPICS, topic};
use crate::manifest::Known;
use crate::schema::{field, manifest};
use crate::ui::{Ui, explain as show};

const EXAMPLES: &str = "\
Examples:
  tenantry explain
  tenantry explain stale
  tenantry explain 13
  tenantry explain tiers.*.memory";

/// Say more about an error's code, an exit code, or a field of the manifest; without any, list the codes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// A code such as unknown-key, an exit code such as 13, or a field such as tenants.*.users.
    what: Option<String>,
}

impl Explain {
    pub(super) fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let Some(what) = self.what.as_deref() else {
            match global.output {
                Format::Json | Format::Yaml => {
                    let all: serde_json::Value = TOPICS.iter().map(show::topic_json).collect();
                    ui.answer(&global.document(&all)?)?;
                }
                _ => ui.answer(&show::list())?,
            }
            return Ok(Exit::Done);
        };
        let schema = manifest(&Known::default());
        match (topic(what), field::field(&schema, what)) {
            (Some(topic), _) => match global.output {
                Format::Json | Format::Yaml => ui.answer(&global.document(&show::topic_json(topic))?)?,
                _ => ui.answer(&show::topic(topic))?,
            },
            (None, Ok(part)) => match global.output {
                Format::Json | Format::Yaml => ui.answer(&global.document(part)?)?,
                _ => ui.answer(&show::field(what, part))?,
            },
            (None, Err(lost)) => return Err(unknown(what, &lost)),
        }
        Ok(Exit::Done)
    }
}

/// A word alone may be a code or a section; a path is a field.
fn unknown(what: &str, lost: &field::Lost) -> anyhow::Error {
    let codes: Vec<&str> = if lost.section.is_empty() { TOPICS.iter().map(|topic| topic.code).collect() } else { Vec::new() };
    let near = nearest(&lost.key, lost.known.iter().map(String::as_str).chain(codes));
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let words = match lost.section.as_str() {
        "" => format!("`{what}` is no code and no section of the manifest; {near}`tenantry explain` lists the codes"),
        section if lost.known.is_empty() => format!("`{section}` has no keys"),
        section => format!("`{section}` has no key `{}`; {near}its keys are: {}", lost.key, lost.known.join(", ")),
    };
    Stop::at(Exit::Usage, words)
}
