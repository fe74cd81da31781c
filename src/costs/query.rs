//! Asks CloudWatch Logs Insights for the sums of the agents' `inference_usage` lines.
//!
//! A result that reaches the limit of rows, or a query that takes too long, is asked for again in two halves of its period:
//! sums of halves are the sum of the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use tokio::time::Instant;

use super::{Line, Usage, Used};
use crate::aws::{Aws, AwsError, During as _};
use crate::exit::{Exit, Stop};
use crate::names::{Names, TierName};

/// Rows of one result (2026-09).
const ROWS: usize = 10_000;
/// Log groups of one query.
const GROUPS: usize = 50;
/// Shorter periods are not halved.
const SHORTEST: i64 = 60;

/// Where AgentCore keeps what agents print.
const RUNTIMES: &str = "/aws/bedrock-agentcore/runtimes/";

/// Whole seconds since 1970. `to` is not in it: periods that follow each other count nothing twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Period {
    fn halves(self) -> Option<[Self; 2]> {
        let middle = self.from + (self.to - self.from) / 2;
        let long = self.to - self.from > SHORTEST;
        long.then_some([Self { from: self.from, to: middle }, Self { from: middle, to: self.to }])
    }
}

/// The log groups of the platform's runtimes, those of runtimes that are gone included, and the tiers that they are of.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) names: Vec<String>,
    pub(crate) tiers: BTreeSet<String>,
}

/// A group is called `{runtime}-{ten characters}-{endpoint}`, and no runtime's name has a hyphen.
fn tier_of<'a>(group: &'a str, start: &str) -> Option<&'a str> {
    let (tier, rest) = group.strip_prefix(start)?.split_once('-')?;
    let (id, endpoint) = rest.split_once('-')?;
    let fits = id.len() == 10 && id.bytes().all(|b| b.is_ascii_alphanumeric()) && !endpoint.is_empty();
    (fits && tier.parse::<TierName>().is_ok()).then_some(tier)
}

pub(crate) async fn groups(aws: &Aws, names: &Names) -> Result<Groups> {
    let start = format!("{RUNTIMES}{}", names.runtimes());
    let mut pages = aws.logs.describe_log_groups().log_group_name_prefix(&start).limit(50).into_paginator().send();
    let mut found = Groups::default();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("listing the log groups below `{start}`"))?;
        for name in page.log_groups().iter().filter_map(|group| group.log_group_name()) {
            if let Some(tier) = tier_of(name, &start) {
                found.names.push(name.to_owned());
                found.tiers.insert(tier.to_owned());
            }
        }
    }
    Ok(found)
}

/// One row a tier, tenant and model; `claim` is what lines call the tenant.
fn usage_query(claim: &str) -> String {
    // A claim may begin with a digit, a field without backticks may not.
    let claim = if claim.starts_with(|c: char| c.is_ascii_digit()) { format!("`{claim}`") } else { claim.to_owned() };
    format!(
        "filter event = \"inference_usage\" \
         | stats sum(input_tokens) as tokens_in, sum(output_tokens) as tokens_out, sum(total_tokens) as tokens_all, count(*) as answers \
         by tier, {claim}, model_id"
    )
}

/// Lines that speak of usage and are no JSON with an `event`. What OpenTelemetry wraps has a `body`, and is the same line again.
const UNREADABLE: &str =
    "filter @message like /inference_usage/ and not ispresent(event) and not ispresent(body) | stats count(*) as lines";

/// What lines come to.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) used: Used,
    /// Whose sums are no numbers of tokens: a line among them says something impossible, and no sum tells which.
    pub(crate) unusable: BTreeSet<Line>,
}

/// Tokens by line.
pub(crate) async fn usage(aws: &Aws, groups: &Groups, period: Period, claim: &str, until: Instant) -> Result<Counted> {
    let query = usage_query(claim);
    let mut counted = Counted::default();
    for row in rows(aws, groups, period, &query, until).await? {
        let said = |name: &str| row.get(name).filter(|text| !text.is_empty()).cloned();
        let number = |name: &str| row.get(name).map_or(Some(0), |text| whole(text));
        let line = Line { tier: said("tier"), tenant: said(claim), model: said("model_id") };
        let usage = || {
            let (input, output) = (number("tokens_in")?, number("tokens_out")?);
            // Lines that leave their sum to the reader.
            let total = if row.contains_key("tokens_all") { number("tokens_all")? } else { input.saturating_add(output) };
            Some(Usage { answers: number("answers")?, input, output, total })
        };
        match usage() {
            Some(usage) => counted.used.entry(line).or_default().add(usage),
            None => drop(counted.unusable.insert(line)),
        }
    }
    // Another part of the period may have had a sum for it.
    counted.used.retain(|line, _| !counted.unusable.contains(line));
    Ok(counted)
}

/// How many lines could not be read.
pub(crate) async fn unreadable(aws: &Aws, groups: &Groups, period: Period, until: Instant) -> Result<u64> {
    let rows = rows(aws, groups, period, UNREADABLE, until).await?;
    Ok(rows.iter().filter_map(|row| whole(row.get("lines")?)).sum())
}

/// A sum as Insights writes it: `1234`, `1234.0` or `1.234E9`. Insights itself counts in doubles, so this loses nothing.
fn whole(text: &str) -> Option<u64> {
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        (number.is_finite() && (0.0..=9.0e15).contains(&number)).then(|| number.round() as u64)
    })
}

type Row = BTreeMap<String, String>;

/// The rows of a query over all groups and the whole period; equal keys may come more than once.
async fn rows(aws: &Aws, groups: &Groups, period: Period, query: &str, until: Instant) -> Result<Vec<Row>> {
    let mut waiting: Vec<(&[String], Period)> = groups.names.chunks(GROUPS).map(|names| (names, period)).collect();
    let mut found = Vec::new();
    while let Some((names, period)) = waiting.pop() {
        match one(aws, names, period, query, until).await? {
            Outcome::Rows(rows) if rows.len() < ROWS => found.extend(rows),
            Outcome::Rows(_) | Outcome::TooLong => match period.halves() {
                Some(halves) => waiting.extend(halves.map(|half| (names, half))),
                None => {
                    bail!("CloudWatch Logs can't answer for even a minute of this period; ask for a shorter one with --since and --until")
                }
            },
            // One of the groups is younger than the period, and AWS does not say which.
            Outcome::TooEarly if names.len() > 1 => waiting.extend(names.chunks(1).map(|name| (name, period))),
            Outcome::TooEarly => {}
        }
    }
    Ok(found)
}

enum Outcome {
    Rows(Vec<Row>),
    TooLong,
    /// Before there was anything.
    TooEarly,
}

async fn one(aws: &Aws, names: &[String], period: Period, query: &str, until: Instant) -> Result<Outcome> {
    let mut pauses = Pauses(Duration::from_millis(100));
    // Both ends of a query are in it.
    let start = aws.logs.start_query().set_log_group_names(Some(names.to_vec())).start_time(period.from).end_time(period.to - 1);
    let start = start.query_string(query).limit(i32::try_from(ROWS)?);
    let id = loop {
        match start.clone().send().await.during("asking CloudWatch Logs for the usage") {
            Ok(reply) => break reply.query_id.context("CloudWatch Logs gives no id for the query")?,
            Err(error) => match AwsError::of(&error) {
                Some(refusal) if refusal.code == "LimitExceededException" => pauses.pause(until).await?,
                Some(refusal) if refusal.code == "MalformedQueryException" && refusal.message.contains("creation time") => {
                    return Ok(Outcome::TooEarly);
                }
                _ => return Err(error),
            },
        }
    };
    let reading = || format!("reading the answer to query `{id}`");
    loop {
        let reply = aws.logs.get_query_results().query_id(&id).send().await.during(reading())?;
        match reply.status {
            Some(QueryStatus::Complete) => {
                let mut found: Vec<Row> = reply.results.unwrap_or_default().into_iter().map(row).collect();
                let mut next = reply.next_token;
                while let Some(token) = next {
                    let page = aws.logs.get_query_results().query_id(&id).next_token(token).send().await.during(reading())?;
                    found.extend(page.results.unwrap_or_default().into_iter().map(row));
                    next = page.next_token;
                }
                return Ok(Outcome::Rows(found));
            }
            // What comes with these is a part of the rows only.
            Some(QueryStatus::Scheduled | QueryStatus::Running) => pauses.pause(until).await?,
            Some(QueryStatus::Timeout) => return Ok(Outcome::TooLong),
            other => {
                let status = other.map_or_else(|| "nothing".into(), |status| status.to_string());
                bail!("CloudWatch Logs ended query `{id}` with the status {status}; run the command again");
            }
        }
    }
}

fn row(fields: Vec<ResultField>) -> Row {
    fields.into_iter().filter_map(|field| Some((field.field?, field.value?))).collect()
}

struct Pauses(Duration);

impl Pauses {
    #[expect(clippy::disallowed_methods, reason = "a query is looked at now and then until it is answered")]
    async fn pause(&mut self, until: Instant) -> Result<()> {
        if Instant::now() >= until {
            let words = "CloudWatch Logs has not answered within --timeout; give more, or ask for a shorter period with --since";
            return Err(Stop::at(Exit::TryAgain, words));
        }
        tokio::time::sleep(self.0).await;
        self.0 = self.0.mul_f64(1.5).min(Duration::from_secs(2));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_cloudwatchlogs::types::InputLogEvent;

    use super::*;
    use crate::sandbox::{Faults, Sandbox};

    /// A sandbox with one log group, and these lines in it, one a second from now on.
    async fn logged(faults: &str, lines: impl Iterator<Item = String>) -> (Aws, Groups, Period) {
        let sandbox = Sandbox::open(None, "111122223333", Faults::parse(faults).unwrap()).unwrap();
        let aws = Aws::sandbox(Arc::new(sandbox), &"us-east-1".parse().unwrap());
        let group = format!("{RUNTIMES}healthcare_basic-AbCdEf1234-DEFAULT");
        aws.logs.create_log_group().log_group_name(&group).send().await.unwrap();
        aws.logs.create_log_stream().log_group_name(&group).log_stream_name("s").send().await.unwrap();
        let now = aws_smithy_types::DateTime::from(std::time::SystemTime::now()).secs();
        let event = |(n, line): (usize, String)| {
            let at = (now + i64::try_from(n % 3600).unwrap()) * 1000;
            InputLogEvent::builder().timestamp(at).message(line).build().unwrap()
        };
        let mut events: Vec<InputLogEvent> = lines.enumerate().map(event).collect();
        events.sort_by_key(InputLogEvent::timestamp);
        for batch in events.chunks(10_000) {
            let put = aws.logs.put_log_events().log_group_name(&group).log_stream_name("s").set_log_events(Some(batch.to_vec()));
            let reply = put.send().await.unwrap();
            assert!(reply.rejected_log_events_info.is_none());
        }
        let groups = groups(&aws, &names()).await.unwrap();
        assert_eq!((groups.names.as_slice(), groups.tiers.len()), ([group].as_slice(), 1));
        (aws, groups, Period { from: now, to: now + 3600 })
    }

    fn names() -> Names {
        Names { platform: "healthcare".parse().unwrap(), account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[tokio::test]
    async fn more_rows_than_an_answer_has_are_asked_for_in_halves() {
        let line = |n: usize| {
            format!(
                "{{\"event\": \"inference_usage\", \"tier\": \"basic\", \"clinic_id\": \"clinic-{n}\", \"model_id\": \"m.m\", \"input_tokens\": 2, \"output_tokens\": 1}}"
            )
        };
        let (aws, groups, period) = logged("", (0..12_000).map(line)).await;
        let used = usage(&aws, &groups, period, "clinic_id", soon()).await.unwrap().used;
        let mut all = Usage::default();
        used.values().for_each(|usage| all.add(*usage));
        assert_eq!((used.len(), all), (12_000, Usage { answers: 12_000, input: 24_000, output: 12_000, total: 36_000 }));
    }

    #[tokio::test]
    async fn what_a_running_query_shows_is_not_taken_for_its_answer() {
        let lines = ["a", "b", "c"].map(|tenant| format!("{{\"event\": \"inference_usage\", \"who\": \"{tenant}\", \"total_tokens\": 5}}"));
        let unread = ["inference_usage as text".into(), "{\"body\": \"inference_usage\"}".into(), "else".into()];
        let (aws, groups, period) = logged("slow=300ms", lines.into_iter().chain(unread)).await;
        let used = usage(&aws, &groups, period, "who", soon()).await.unwrap().used;
        let a = &used[&Line { tenant: Some("a".into()), ..Line::default() }];
        assert_eq!((used.len(), *a), (3, Usage { answers: 1, input: 0, output: 0, total: 5 }));
        assert_eq!(unreadable(&aws, &groups, period, soon()).await.unwrap(), 1);
        let late = usage(&aws, &groups, period, "who", Instant::now()).await.unwrap_err();
        assert_eq!(crate::exit::of(&late), Exit::TryAgain, "{late:#}");
        // Before the group was there, AWS refuses to look.
        let before = Period { from: 0, to: 1000 };
        assert!(usage(&aws, &groups, before, "who", soon()).await.unwrap().used.is_empty());
    }

    #[tokio::test]
    async fn impossible_numbers_spoil_the_sums_of_their_tenant_alone() {
        let line = |tenant: &str, tokens: &str| {
            format!("{{\"event\": \"inference_usage\", \"who\": \"{tenant}\", \"input_tokens\": {tokens}, \"output_tokens\": 1}}")
        };
        let lines = [line("good", "5"), line("less", "-7"), line("less", "1"), line("huge", "1e300")];
        let (aws, groups, period) = logged("", lines.into_iter()).await;
        let counted = usage(&aws, &groups, period, "who", soon()).await.unwrap();
        let tenants = |lines: Vec<&Line>| lines.into_iter().filter_map(|line| line.tenant.clone()).collect::<Vec<_>>();
        assert_eq!(tenants(counted.used.keys().collect()), ["good"]);
        assert_eq!(tenants(counted.unusable.iter().collect()), ["huge", "less"]);
    }

    #[tokio::test]
    async fn periods_that_follow_each_other_count_a_line_once() {
        let line = "{\"event\": \"inference_usage\", \"who\": \"a\", \"total_tokens\": 5}".to_owned();
        let (aws, groups, Period { from: at, .. }) = logged("", std::iter::once(line)).await;
        let answers = async |from, to| {
            let counted = usage(&aws, &groups, Period { from, to }, "who", soon()).await.unwrap();
            counted.used.values().map(|usage| usage.answers).sum::<u64>()
        };
        assert_eq!((answers(at - 60, at).await, answers(at, at + 60).await), (0, 1));
    }

    #[test]
    fn sums_are_whole_however_they_are_written() {
        for (text, number) in
            [("0", 0), ("1234", 1234), ("1234.0", 1234), ("1.234E9", 1_234_000_000), ("9007199254740993", 9_007_199_254_740_993)]
        {
            assert_eq!(whole(text), Some(number), "{text}");
        }
        for text in ["", "-1", "NaN", "x", "1e300"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn halves_meet_and_do_not_overlap() {
        let halves = Period { from: 100, to: 300 }.halves().unwrap();
        assert_eq!(halves, [Period { from: 100, to: 200 }, Period { from: 200, to: 300 }]);
        assert_eq!(Period { from: 100, to: 150 }.halves(), None);
    }

    #[test]
    fn groups_are_told_by_the_runtimes_names() {
        let start = "/aws/bedrock-agentcore/runtimes/healthcare_";
        let of = |name: &str| tier_of(&format!("/aws/bedrock-agentcore/runtimes/{name}"), start).map(str::to_owned);
        assert_eq!(of("healthcare_basic-AbCdEf1234-DEFAULT").as_deref(), Some("basic"));
        for other in [
            "healthcare_basic-AbCdEf1234",
            "healthcare_basic-short-DEFAULT",
            "healthcare_x_y-AbCdEf1234-DEFAULT",
            "other_basic-AbCdEf1234-DEFAULT",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
