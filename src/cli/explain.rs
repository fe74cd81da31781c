//! `explain`: what an error's code means, or what a field of the manifest takes.

use anyhow::Result;
use clap::Args;

use super::{Format, Global};
use crate::diagnostic::{nearest, quoted};
use crate::exit::{Exit, Stop};
use crate::explain::{explained, names};
use crate::manifest::Known;
use crate::schema::{field, manifest};
use crate::ui::{Ui, explain as show};

const EXAMPLES: &str = "\
Examples:
  tenantry explain                    codes, signs, words, probes and quotas
  tenantry explain stale              an error's code
  tenantry explain 13                 an exit code
  tenantry explain P06                a probe of verify
  tenantry explain 'tiers.*.memory'   a field of the manifest; * stands for a name of yours";

/// Say more about a code, an exit code, a word or sign of a plan, a probe, a quota or a field of the manifest; without any, list them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// A code such as unknown-key or 13, a word such as drift, a probe such as P06, a quota such as api_keys, or a field
    /// such as tenants.*.users.
    what: Option<String>,
}

impl Explain {
    pub(super) fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let Some(what) = self.what.as_deref() else {
            match global.output {
                Format::Json | Format::Yaml => {
                    let all: serde_json::Value = names().filter_map(explained).map(|one| show::topic_json(&one)).collect();
                    ui.answer(&global.document(&all)?)?;
                }
                _ => ui.answer(&show::list())?,
            }
            return Ok(Exit::Done);
        };
        let schema = manifest(&Known::default());
        let text = global.output == Format::Text;
        match (field::field(&schema, what), explained(what)) {
            (Ok(part), None) if text => ui.answer(&show::field(what, part))?,
            (Ok(part), None) => ui.answer(&global.document(part)?)?,
            (_, Some(one)) if text => ui.tell(&show::topic(&one))?,
            (_, Some(one)) => ui.answer(&global.document(&show::topic_json(&one))?)?,
            (Err(lost), None) => return Err(unknown(what, &lost)),
        }
        Ok(Exit::Done)
    }
}

/// A word alone may be a code or a section; a path is a field.
fn unknown(what: &str, lost: &field::Lost) -> anyhow::Error {
    let words: Vec<&str> = if lost.section.is_empty() { names().collect() } else { Vec::new() };
    let near = nearest(&lost.key, lost.known.iter().map(String::as_str).chain(words));
    let near = match (near, lost.meant.as_slice()) {
        (_, [_, ..]) => format!("did you mean {}? ", lost.meant.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" or ")),
        (Some(near), []) => format!("did you mean `{near}`? "),
        (None, []) => String::new(),
    };
    let what = quoted(what);
    let words = match lost.section.as_str() {
        "" => format!("{what} is no code, word, probe, quota or section of the manifest; {near}`tenantry explain` lists them"),
        section if lost.known.is_empty() => format!("`{section}` has no keys, so there is no {what}"),
        section => format!("`{section}` has no key {}; {near}its keys are: {}", quoted(&lost.key), lost.known.join(", ")),
    };
    Stop::at(Exit::Usage, words)
}
