//! `costs`: the tokens that agents used, and what they cost, by tenant, tier or model.

use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format as TimeFormat;
use clap::Args;
use tokio::time::Instant;

use super::open::open;
use super::{Format, Global};
use crate::costs::query::{self, Period};
use crate::costs::tags::{self, Activation};
use crate::costs::{Account, By};
use crate::exit::{Exit, Stop};
use crate::ui::Ui;
use crate::ui::costs::{self as show, Report};

const AFTER: &str = "\
What is read:
  Agents print a JSON line after each answer, with \"event\": \"inference_usage\", the tier, the tenant (under the name of the tenant \
claim), model_id, input_tokens, output_tokens and total_tokens. CloudWatch Logs sums them up, in the log groups of the platform's \
runtimes; AWS charges for each gigabyte that a query reads. Lines that are no JSON are counted and left out; so are, by name, tenants \
whose sums are no numbers of tokens.
  Agents write these lines themselves: they are an account of usage, and no invoice.

What it costs:
  The manifest says it, in US dollars for a million tokens:
    prices: { mistral.ministral-3-8b-instruct: { input: 0.10, output: 0.30 } }
  Sums are exact, and shown to the millionth of a dollar. Tokens of a model without a price are shown, their money is not.
  Money on AWS's own bill is told apart by the tags of the tiers' projects, once they are activated as cost allocation tags: whether \
they are takes one request to Cost Explorer, for which AWS charges $0.01 (--no-tag-check leaves it out).

TIME is a number with m, h, d or w (30 days ago: 30d), a day such as 2026-09-01, or a time such as 2026-09-01T12:00:00Z (UTC).

Examples:
  tenantry costs --since 30d
  tenantry costs --since 2026-09-01 --until 2026-10-01 --by tier
  tenantry costs --since 12h --by model --output json";

/// Show the tokens that agents used and what they cost, by tenant, tier or model.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Costs {
    /// From when.
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = moment)]
    since: Moment,
    /// Up to when, without that moment itself; now, if it is left out.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,
    /// What a line of the table is about.
    #[arg(long, value_enum, default_value_t = By::Tenant)]
    by: By,
    /// Don't ask whether the projects' tags are activated as cost allocation tags.
    #[arg(long)]
    no_tag_check: bool,
}

impl Costs {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let period = self.period(now())?;
        let opened = open(global, ui).await?;
        let (aws, manifest) = (&opened.aws, &opened.manifest);
        let until = Instant::now() + global.timeout;
        let keys = if self.no_tag_check { std::collections::BTreeSet::new() } else { tags::keys(manifest) };
        let asked = async { if keys.is_empty() { Ok(Activation::NotAsked) } else { tags::activation(aws, &keys).await } };
        let counted = async {
            let groups = query::groups(aws, &opened.names).await?;
            let claim = &manifest.identity.claims.tenant;
            let usage = query::usage(aws, &groups, period, claim, until);
            let (counted, unreadable) = futures::try_join!(usage, query::unreadable(aws, &groups, period, until))?;
            Ok((groups, counted, unreadable))
        };
        let ((groups, counted, unreadable), activation) = futures::try_join!(counted, asked)?;
        // Queries are a part of the sandbox's state.
        opened.aws.save()?;
        let silent = manifest.tiers.iter().filter(|(name, tier)| tier.runtime.is_some() && !groups.tiers.contains(name.as_str()));
        let report = Report {
            period,
            by: self.by,
            account: Account::of(&counted.used, self.by, manifest),
            used: &counted.used,
            unusable: &counted.unusable,
            manifest,
            unreadable,
            silent: silent.map(|(name, _)| name.as_str()).collect(),
            activation,
        };
        match global.output {
            Format::Text => ui.answer(&show::text(&report, ui.width_of_stdout()))?,
            _ => ui.answer(&global.document(&show::json(&report))?)?,
        }
        Ok(Exit::Done)
    }

    fn period(&self, now: i64) -> Result<Period> {
        // This very second is a part of what has been.
        let end = now + 1;
        let (from, to) = (self.since.at(now), self.until.map_or(end, |until| until.at(now)).min(end));
        if from >= to {
            let words = "--since is not before --until, or lies in the future; `--since 30d` is the last 30 days";
            return Err(Stop::at(Exit::Usage, words));
        }
        Ok(Period { from, to })
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// A point in time as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Seconds ago.
    Ago(i64),
    /// Seconds since 1970.
    At(i64),
}

impl Moment {
    fn at(self, now: i64) -> i64 {
        match self {
            Self::Ago(seconds) => now.saturating_sub(seconds).max(0),
            Self::At(at) => at,
        }
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    let wrong = || format!("`{text}` is no time: write a number with m, h, d or w, such as 30d, or a day such as 2026-09-01");
    if text.contains('-') {
        let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
        let at = DateTime::from_str(&whole, TimeFormat::DateTime).map_err(|_| wrong())?;
        return Ok(Moment::At(at.secs()));
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number = u32::from_str(number).map_err(|_| wrong())?;
    let seconds = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    if number == 0 { Err(wrong()) } else { Ok(Moment::Ago(i64::from(number) * seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        assert_eq!(moment("30d"), Ok(Moment::Ago(30 * 86_400)));
        assert_eq!(moment("2w"), Ok(Moment::Ago(14 * 86_400)));
        assert_eq!(moment("90m"), Ok(Moment::Ago(5400)));
        assert_eq!(moment("1970-01-02"), Ok(Moment::At(86_400)));
        assert_eq!(moment("1970-01-01T00:01:00Z"), Ok(Moment::At(60)));
        for wrong in ["", "d", "30", "-1d", "30s", "0d", "é", "2026-13-01", "2026-09-01T", "99999999999d", "yesterday"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_period_has_a_beginning_and_an_end() {
        let costs = |since, until| Costs { since, until, by: By::Tenant, no_tag_check: false };
        assert_eq!(costs(Moment::Ago(100), None).period(1000).unwrap(), Period { from: 900, to: 1001 });
        assert_eq!(costs(Moment::At(5), Some(Moment::At(2000))).period(1000).unwrap(), Period { from: 5, to: 1001 });
        assert_eq!(costs(Moment::At(5), Some(Moment::At(10))).period(1000).unwrap(), Period { from: 5, to: 10 });
        assert!(costs(Moment::Ago(1), Some(Moment::Ago(2))).period(1000).is_err());
        assert!(costs(Moment::At(1001), None).period(1000).is_err());
    }
}
