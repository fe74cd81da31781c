//! The import of API keys: a file of comma-separated values, whose keys may be in usage plans at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, json};

use super::keys::fits;
use super::{ALPHABET, Answer, Call, Key, Refusal, Region, World, invalid, region};

const LONGEST_NAME: usize = 1024;

/// A line of the file.
struct Line {
    name: String,
    value: String,
    description: String,
    enabled: bool,
    plans: BTreeSet<String>,
}

/// A value that is there already is overwritten. With `failonwarnings`, one bad line undoes all of them; without, it is left out.
pub(super) fn keys(world: &mut World, call: &Call) -> Answer {
    if call.request.query("format") != Some("csv") {
        return Err(invalid("Invalid format specified: csv is the only supported format"));
    }
    let text = std::str::from_utf8(&call.request.body).map_err(|_| invalid("The file is not UTF-8 text"))?;
    let rows = rows(text)?;
    let ids: Vec<String> = rows.iter().map(|_| world.id(ALPHABET, 10)).collect();
    let now = world.now;
    let region = region(world);
    let (mut made, mut warnings) = (Vec::new(), Vec::new());
    let mut checked: BTreeMap<String, Line> = BTreeMap::new();
    for row in rows {
        match row.and_then(|line| region.takes(&line).map(|()| line)) {
            Ok(line) => drop(checked.insert(line.value.clone(), line)),
            Err(refusal) => warnings.push(refusal.message),
        }
    }
    if call.asks("failonwarnings") && !warnings.is_empty() {
        return Err(invalid(format!("Import failed with warnings: {}", warnings.join("; "))));
    }
    for (line, fresh) in checked.into_values().zip(ids) {
        let there = region.keys.iter().find(|(_, key)| key.value == line.value).map(|(id, _)| id.clone());
        let id = there.unwrap_or(fresh);
        let mut settings = Map::from_iter([("name".to_owned(), json!(line.name)), ("enabled".to_owned(), json!(line.enabled))]);
        if !line.description.is_empty() {
            settings.insert("description".into(), line.description.into());
        }
        let key = Key { created: now, modified: now, settings: Map::new(), value: line.value, tags: [].into() };
        let key = region.keys.entry(id.clone()).or_insert(key);
        (key.modified, key.settings) = (now, settings);
        for plan in line.plans {
            region.plan(&plan)?.keys.insert(id.clone());
        }
        made.push(id);
    }
    world.dirty = true;
    Ok(json!({ "ids": made, "warnings": warnings }))
}

impl Region {
    /// Whether a key may be what its line says.
    fn takes(&mut self, line: &Line) -> Result<(), Refusal> {
        fits(&line.value)?;
        if line.name.chars().count() > LONGEST_NAME {
            return Err(invalid(format!("API Key name exceeds maximum size of {LONGEST_NAME} characters")));
        }
        let there: BTreeSet<String> = self.keys.iter().filter(|(_, key)| key.value == line.value).map(|(id, _)| id.clone()).collect();
        for plan in &line.plans {
            let stages = self.plan(plan)?.stages.clone();
            self.alone(plan, &there, &stages)?;
        }
        Ok(())
    }
}

/// The lines below the header, which names the columns in any case and order.
fn rows(text: &str) -> Result<Vec<Result<Line, Refusal>>, Refusal> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let header: Vec<String> = fields(lines.next().unwrap_or_default()).iter().map(|name| name.to_ascii_lowercase()).collect();
    for column in ["name", "key"] {
        if !header.iter().any(|name| name == column) {
            return Err(invalid(format!("The file has no column {column}")));
        }
    }
    let read = |line: &str| {
        let fields = fields(line);
        if fields.len() > header.len() {
            return Err(invalid(format!("A line has {} values for {} columns", fields.len(), header.len())));
        }
        let values: BTreeMap<&str, String> = header.iter().map(String::as_str).zip(fields).collect();
        let text = |column: &str| values.get(column).cloned().unwrap_or_default();
        let enabled = match text("enabled").to_ascii_lowercase().as_str() {
            "" | "true" => true,
            "false" => false,
            other => return Err(invalid(format!("Invalid boolean value '{other}'"))),
        };
        let plans = text("usageplanids").split(',').map(|plan| plan.trim().to_owned()).filter(|plan| !plan.is_empty()).collect();
        Ok(Line { name: text("name"), value: text("key"), description: text("description"), enabled, plans })
    };
    Ok(lines.map(read).collect())
}

/// The values of a line; one in quotes may hold commas.
fn fields(line: &str) -> Vec<String> {
    let (mut all, mut field, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) if field.is_empty() => quote = Some(c),
            (',', None) => all.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    all.push(field);
    all
}
