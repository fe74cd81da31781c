//! Point-in-time recovery, which AWS can't switch on while it is still preparing the backups of a new table.

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, Recovery, Table, name, refuse, tables};

fn table<'a>(world: &'a mut World, name: &str) -> Result<&'a mut Table, Refusal> {
    tables(world).get_mut(name).ok_or_else(|| refuse("TableNotFoundException", format!("Table not found: {name}")))
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let (name, now) = (name(world, body), world.now);
    Ok(shown(table(world, &name)?, now))
}

pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let (name, now) = (name(world, body), world.now);
    let table = table(world, &name)?;
    let ready = table.backups.read(now) == "ENABLED";
    world.dirty = true;
    if !ready {
        let message = format!("Backups are being enabled for the table: {name}. Please retry later");
        return Err(refuse("ContinuousBackupsUnavailableException", message));
    }
    let table = self::table(world, &name)?;
    let wanted = body.get("PointInTimeRecoverySpecification").cloned().unwrap_or_default();
    let enabled = wanted.get("PointInTimeRecoveryEnabled").and_then(Value::as_bool).unwrap_or(false);
    let days = wanted.get("RecoveryPeriodInDays").and_then(Value::as_i64).unwrap_or(35);
    let since = table.recovery.as_ref().map_or(now, |recovery| recovery.since);
    table.recovery = enabled.then_some(Recovery { since, days });
    Ok(shown(table, now))
}

fn shown(table: &Table, now: f64) -> Value {
    let mut recovery = json!({ "PointInTimeRecoveryStatus": if table.recovery.is_some() { "ENABLED" } else { "DISABLED" } });
    if let Some(Recovery { since, days }) = &table.recovery {
        shape::put(&mut recovery, "RecoveryPeriodInDays", Some(*days));
        shape::put(&mut recovery, "EarliestRestorableDateTime", Some(*since));
        shape::put(&mut recovery, "LatestRestorableDateTime", Some(now));
    }
    json!({ "ContinuousBackupsDescription": { "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery } })
}
