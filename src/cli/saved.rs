//! Plans in files: keeping one, reading it back, and saying why it can't be applied any more.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Error, Result};
use serde_json::Value;

use super::again::shell_word;
use super::init::typed;
use super::open::Opened;
use crate::exit::{Exit, Stop};
use crate::library::{replace, text_of};
use crate::manifest;
use crate::plan::Plan;
use crate::plan::saved::{PLAN, Saved, Wrong, is_plan};

/// Whether a plan may be kept there, before AWS is asked for anything.
pub(super) fn may_keep(file: &Path) -> Result<()> {
    let shown = file.display();
    if file == Path::new("-") {
        return Err(Stop::at(Exit::Usage, "--out -: stdout has the plan already, with --output json; name a file"));
    }
    let about = match std::fs::metadata(file) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let there =
                std::fs::metadata(folder).with_context(|| format!("--out {shown}: looking at the folder `{}`", folder.display()))?;
            return match there.is_dir() {
                true => Ok(()),
                false => Err(Stop::at(Exit::Usage, format!("--out {shown}: `{}` is no folder", folder.display()))),
            };
        }
        Err(error) => return Err(error).with_context(|| format!("--out {shown}")),
    };
    if about.is_dir() {
        return Err(Stop::at(Exit::Usage, format!("--out {shown}: that is a directory; name a file in it")));
    }
    if !about.is_file() {
        return Err(Stop::at(Exit::Usage, format!("--out {shown}: that is a pipe or device; name a file, which can be read again")));
    }
    if about.len() > 0 && !text_of(file).is_ok_and(|text| is_plan(&text)) {
        let words = format!("--out {shown}: that file is there and is no plan of tenantry; name another, or remove it (nothing was read)");
        return Err(Stop::at(Exit::Guarded, words));
    }
    Ok(())
}

pub(super) fn keep(file: &Path, document: &Value) -> Result<()> {
    replace(file, &format!("{document:#}\n"))
}

/// A plan from its file.
pub(super) fn read(file: &Path) -> Result<Saved> {
    let shown = file.display();
    let refuse = |words: String| Stop::at(Exit::Manifest, format!("{words} (nothing was read or changed)"));
    let anew = format!("make one with `tenantry plan --out {}`", typed(file));
    let about = match std::fs::metadata(file) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(refuse(format!("there is no plan `{shown}`: {anew}"))),
        Err(error) => return Err(error).with_context(|| format!("opening the plan `{shown}`")),
    };
    if !about.is_file() {
        let what = if about.is_dir() { "a directory" } else { "a pipe or device" };
        return Err(refuse(format!("`{shown}` is {what}: name a file that `tenantry plan --out` has written")));
    }
    let text = match text_of(file) {
        Ok(text) => text,
        Err(error) if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::InvalidData) => {
            return Err(refuse(format!("`{shown}` is no plan: it is not UTF-8; {anew}")));
        }
        Err(error) => return Err(error),
    };
    Saved::read(&text).map_err(|wrong| {
        refuse(match wrong {
            Wrong::NotJson(why) => {
                format!("`{shown}` is no plan: it is not JSON ({why}); a plan is a file that `tenantry plan --out` has written, and the manifest is named with -f")
            }
            Wrong::Truncated => format!("the plan `{shown}` ends in the middle: it was cut off on its way; {anew}"),
            Wrong::NoPlan => format!("`{shown}` is JSON, and no plan of tenantry; {anew}"),
            Wrong::Version(other) => {
                let other = crate::diagnostic::quoted(&other);
                format!("the plan `{shown}` has the format {other}, and this tenantry reads `{PLAN}`; {anew} and this version")
            }
            Wrong::Edited => {
                format!("the plan `{shown}` was edited: its content is not what its seal says; change the manifest instead, then {anew}")
            }
        })
    })
}

/// Refuses a plan of another platform, account or region, or of the sandbox where AWS is meant.
pub(super) fn is_for(file: &Path, saved: &Saved, opened: &Opened) -> Result<()> {
    let here = (&opened.names).into();
    if saved.is_for(&here, opened.place) {
        return Ok(());
    }
    let place = |place: &str| if place == "sandbox" { "the sandbox" } else { "AWS" }.to_owned();
    let there = &saved.target;
    let words = format!(
        "the plan `{}` is for platform {}, account {}, {} in {}; this is platform {}, account {}, {} in {} (nothing was read or changed)",
        file.display(),
        there.platform,
        there.account,
        there.region,
        place(&saved.place),
        here.platform,
        here.account,
        here.region,
        place(opened.place.as_str()),
    );
    Err(Stop::at(Exit::WrongAccount, words))
}

/// The options that a plan was made with, as they are typed, each with a space before it.
fn options(saved: &Saved) -> String {
    let filters = saved.filters.iter().map(|filter| match filter.split_once(' ') {
        Some((option, value)) => format!(" {option} {}", shell_word(value)),
        None => format!(" {filter}"),
    });
    let replace = saved.named.replace.iter().map(|address| format!(" --allow-replace {}", shell_word(&address.to_string())));
    let delete = saved.named.delete.iter().map(|which| format!(" --delete {}", shell_word(&which.to_string())));
    filters.chain(replace).chain(delete).collect()
}

/// What has changed since the plan was made.
pub(super) fn stale(file: &Path, saved: &Saved, now: &Plan, opened: &Opened) -> Error {
    let mut words = format!("the plan `{}` is no longer what would be done (nothing was changed)", file.display());
    if saved.may_be_applied_already(now) {
        words.push_str("\n  nothing is left of it to do: it may have been applied already");
    } else {
        for difference in saved.differences(now) {
            let _ = write!(words, "\n  {difference}");
        }
        let manifest = match manifest::sha256(&opened.manifest.path) {
            Ok(sha256) if sha256 == saved.manifest => "the manifest's text is the same: AWS, or a file beside it, has changed",
            _ => "the manifest's text has changed",
        };
        let _ = write!(words, "\n  {manifest}");
    }
    let _ = write!(words, "\n\nhint: review what would be done now: `tenantry plan --out {}{}`", typed(file), options(saved));
    Stop::at(Exit::Stale, words)
}
