//! The query language of Logs Insights, as far as clients here speak it: filter, fields, stats, sort and limit.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

/// The fields of one event or of one row of a result.
pub(super) type Row = BTreeMap<String, String>;

/// What Insights sees of an event: its own fields, and those of a message that is a JSON object, nested ones with dots.
pub(super) fn fields(message: &str, timestamp: i64, (account, group, stream): (&str, &str, &str)) -> Row {
    let mut row = Row::new();
    if let Ok(Value::Object(found)) = serde_json::from_str::<Value>(message) {
        flatten(&Value::Object(found), "", &mut row);
    }
    row.insert("@message".into(), message.into());
    row.insert("@timestamp".into(), timestamp.to_string());
    row.insert("@log".into(), format!("{account}:{group}"));
    row.insert("@logStream".into(), stream.into());
    row
}

fn flatten(value: &Value, path: &str, row: &mut Row) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| flatten(value, &below(name), row)),
        Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| flatten(value, &below(&n.to_string()), row)),
        Value::Null => {}
        Value::String(text) => drop(row.insert(path.into(), text.clone())),
        other => drop(row.insert(path.into(), other.to_string())),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Pattern(String),
    Number(String),
    Sign(&'static str),
}

fn tokens(query: &str) -> Result<Vec<Token>, String> {
    const SIGNS: [&str; 14] = ["!=", "<=", ">=", "=~", "=", "<", ">", "(", ")", "[", "]", ",", "*", "|"];
    let mut found = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' | '`' | '/' => {
                let inner = rest.get(1..).unwrap_or_default();
                let mut escaped = false;
                let end = inner.find(|c| {
                    let ends = c == first && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                let end = end.ok_or_else(|| format!("unexpected end of the query behind {first}"))?;
                let text = inner.get(..end).unwrap_or_default().to_owned();
                let token = match first {
                    '/' => Token::Pattern(text),
                    '`' => Token::Word(text),
                    _ => Token::Text(text),
                };
                (token, end + 2)
            }
            c if c.is_ascii_digit() => {
                let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
                (Token::Number(rest.get(..length).unwrap_or_default().into()), length)
            }
            c if c.is_ascii_alphabetic() || matches!(c, '_' | '@') => {
                let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '.'))).unwrap_or(rest.len());
                (Token::Word(rest.get(..length).unwrap_or_default().into()), length)
            }
            c => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign)).ok_or_else(|| format!("unexpected symbol found {c}"))?;
                (Token::Sign(sign), sign.len())
            }
        };
        found.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(found)
}

#[derive(Debug)]
enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    Compare(String, &'static str, String),
    Like(String, Regex),
    OneOf(String, Vec<String>),
    Present(String),
}

#[derive(Debug)]
enum Function {
    Count,
    CountOf(String),
    Sum(String),
    Least(String),
    Most(String),
    Mean(String),
}

#[derive(Debug)]
enum Command {
    Filter(Condition),
    Fields(Vec<String>),
    Stats { functions: Vec<(Function, String)>, by: Vec<String> },
    Sort { by: String, descending: bool },
    Limit(usize),
}

/// A query that was understood.
#[derive(Debug)]
pub(super) struct Pipeline(Vec<Command>);

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

/// The error is what Insights calls malformed.
pub(super) fn parse(query: &str) -> Result<Pipeline, String> {
    let mut parser = Parser { tokens: tokens(query)?.into_iter().peekable() };
    let mut commands = Vec::new();
    loop {
        commands.push(parser.command()?);
        match parser.tokens.next() {
            None => return Ok(Pipeline(commands)),
            Some(Token::Sign("|")) => {}
            Some(other) => return Err(format!("unexpected symbol found {other:?}")),
        }
    }
}

impl Parser {
    fn command(&mut self) -> Result<Command, String> {
        let name = self.word()?;
        Ok(match name.to_ascii_lowercase().as_str() {
            "filter" => Command::Filter(self.any()?),
            "fields" | "display" => Command::Fields(self.list()?),
            "stats" => self.stats()?,
            "sort" => {
                let by = self.word()?;
                let descending = self.keyword("desc") || !self.keyword("asc");
                Command::Sort { by, descending }
            }
            "limit" => match self.tokens.next() {
                Some(Token::Number(text)) => Command::Limit(text.parse().map_err(|_| format!("{text} is no limit"))?),
                _ => return Err("limit needs a number".into()),
            },
            other => return Err(format!("unknown command {other}")),
        })
    }

    fn stats(&mut self) -> Result<Command, String> {
        let mut functions = Vec::new();
        loop {
            let name = self.word()?.to_ascii_lowercase();
            self.sign("(")?;
            let of = if self.takes("*") { None } else { self.tokens.next_if(|t| matches!(t, Token::Word(_))) };
            self.sign(")")?;
            let field = of.map(|token| if let Token::Word(word) = token { word } else { String::new() });
            let text = format!("{name}({})", field.as_deref().unwrap_or("*"));
            let function = match (name.as_str(), field) {
                ("count", None) => Function::Count,
                ("count", Some(field)) => Function::CountOf(field),
                ("sum", Some(field)) => Function::Sum(field),
                ("min", Some(field)) => Function::Least(field),
                ("max", Some(field)) => Function::Most(field),
                ("avg", Some(field)) => Function::Mean(field),
                _ => return Err(format!("invalid arguments or unknown function in {text}")),
            };
            let called = if self.keyword("as") { self.word()? } else { text };
            functions.push((function, called));
            if !self.takes(",") {
                break;
            }
        }
        let by = if self.keyword("by") { self.list()? } else { Vec::new() };
        Ok(Command::Stats { functions, by })
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        let mut list = vec![self.word()?];
        while self.takes(",") {
            list.push(self.word()?);
        }
        Ok(list)
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut all = vec![self.all()?];
        while self.keyword("or") {
            all.push(self.all()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::Any(all) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut all = vec![self.not()?];
        while self.keyword("and") {
            all.push(self.not()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn not(&mut self) -> Result<Condition, String> {
        if self.keyword("not") {
            return Ok(Condition::Not(Box::new(self.not()?)));
        }
        if self.takes("(") {
            let inner = self.any()?;
            self.sign(")")?;
            return Ok(inner);
        }
        let field = self.word()?;
        if field.eq_ignore_ascii_case("ispresent") {
            self.sign("(")?;
            let field = self.word()?;
            self.sign(")")?;
            return Ok(Condition::Present(field));
        }
        if self.keyword("not") {
            return Ok(Condition::Not(Box::new(self.matching(field)?)));
        }
        self.matching(field)
    }

    fn matching(&mut self, field: String) -> Result<Condition, String> {
        if self.keyword("like") || self.takes("=~") {
            let pattern = match self.tokens.next() {
                Some(Token::Pattern(pattern)) => pattern,
                Some(Token::Text(text)) => regex::escape(&text),
                _ => return Err("like needs a text or a regular expression".into()),
            };
            return Ok(Condition::Like(field, Regex::new(&pattern).map_err(|why| why.to_string())?));
        }
        if self.keyword("in") {
            self.sign("[")?;
            let mut values = Vec::new();
            loop {
                match self.tokens.next() {
                    Some(Token::Text(value) | Token::Number(value)) => values.push(value),
                    other => return Err(format!("unexpected symbol found {other:?} in a list")),
                }
                if !self.takes(",") {
                    break;
                }
            }
            self.sign("]")?;
            return Ok(Condition::OneOf(field, values));
        }
        match self.tokens.next() {
            Some(Token::Sign(sign @ ("=" | "!=" | "<" | "<=" | ">" | ">="))) => {
                let Some(Token::Text(value) | Token::Number(value)) = self.tokens.next() else {
                    return Err(format!("{field} {sign} needs a text or a number"));
                };
                Ok(Condition::Compare(field, sign, value))
            }
            other => Err(format!("unexpected symbol found {other:?} behind {field}")),
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(format!("unexpected symbol found {other:?}")),
        }
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(found) if found.eq_ignore_ascii_case(word))).is_some()
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        self.tokens.next_if(|token| *token == Token::Sign(sign)).is_some()
    }

    fn sign(&mut self, sign: &'static str) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(format!("{sign} is missing")) }
    }
}

impl Condition {
    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::Any(all) => all.iter().any(|c| c.holds(row)),
            Self::All(all) => all.iter().all(|c| c.holds(row)),
            Self::Not(inner) => !inner.holds(row),
            Self::Present(field) => row.contains_key(field),
            Self::Like(field, pattern) => row.get(field).is_some_and(|value| pattern.is_match(value)),
            Self::OneOf(field, values) => row.get(field).is_some_and(|value| values.contains(value)),
            Self::Compare(field, sign, wanted) => row.get(field).is_some_and(|value| {
                let order = match (value.parse::<f64>(), wanted.parse::<f64>()) {
                    (Ok(a), Ok(b)) => a.partial_cmp(&b),
                    _ => Some(value.cmp(wanted)),
                };
                order.is_some_and(|order| match *sign {
                    "=" => order.is_eq(),
                    "!=" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }),
        }
    }
}

impl Function {
    /// Over one group; `None` where no event has a number.
    fn of(&self, rows: &[Row]) -> Option<f64> {
        let numbers = |field: &str| rows.iter().filter_map(|row| row.get(field)?.parse::<f64>().ok()).collect::<Vec<_>>();
        let some = |field: &str, fold: fn(&[f64]) -> f64| Some(numbers(field)).filter(|all| !all.is_empty()).map(|all| fold(&all));
        match self {
            Self::Count => Some(rows.len() as f64),
            Self::CountOf(field) => Some(rows.iter().filter(|row| row.contains_key(field)).count() as f64),
            Self::Sum(field) => some(field, |all| all.iter().sum()),
            Self::Least(field) => some(field, |all| all.iter().copied().fold(f64::INFINITY, f64::min)),
            Self::Most(field) => some(field, |all| all.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            Self::Mean(field) => some(field, |all| all.iter().sum::<f64>() / all.len() as f64),
        }
    }
}

impl Pipeline {
    /// How many events matched, and the rows.
    pub(super) fn run(&self, mut rows: Vec<Row>) -> (usize, Vec<Row>) {
        let mut matched = rows.len();
        let (mut shown, mut filtering) = (None, true);
        for command in &self.0 {
            match command {
                Command::Filter(condition) => {
                    rows.retain(|row| condition.holds(row));
                    if filtering {
                        matched = rows.len();
                    }
                }
                Command::Fields(fields) => shown = Some(fields.clone()),
                Command::Stats { functions, by } => {
                    (rows, filtering) = (grouped(rows, functions, by), false);
                    shown = Some(by.iter().chain(functions.iter().map(|(_, name)| name)).cloned().collect());
                }
                Command::Sort { by, descending } => {
                    rows.sort_by(|a, b| {
                        let number = |row: &Row| row.get(by).and_then(|value| value.parse::<f64>().ok());
                        let order = number(a).partial_cmp(&number(b)).unwrap_or(std::cmp::Ordering::Equal);
                        let order = order.then_with(|| a.get(by).cmp(&b.get(by)));
                        if *descending { order.reverse() } else { order }
                    });
                }
                Command::Limit(most) => rows.truncate(*most),
            }
        }
        let shown = shown.unwrap_or_else(|| vec!["@timestamp".into(), "@message".into()]);
        rows.iter_mut().for_each(|row| row.retain(|name, _| shown.contains(name)));
        (matched, rows)
    }
}

fn grouped(rows: Vec<Row>, functions: &[(Function, String)], by: &[String]) -> Vec<Row> {
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(by.iter().map(|field| row.get(field).cloned()).collect()).or_default().push(row);
    }
    let row = |(key, rows): (Vec<Option<String>>, Vec<Row>)| {
        let mut row: Row = by.iter().cloned().zip(key).filter_map(|(field, value)| Some((field, value?))).collect();
        row.extend(functions.iter().filter_map(|(function, name)| Some((name.clone(), function.of(&rows)?.to_string()))));
        row
    };
    groups.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str, messages: &[&str]) -> Vec<Row> {
        let events = messages.iter().map(|message| fields(message, 5, ("111122223333", "group", "stream"))).collect();
        parse(query).unwrap_or_else(|why| panic!("{query}: {why}")).run(events).1
    }

    #[test]
    fn sums_by_what_lines_say_and_nothing_for_what_they_lack() {
        let lines = [
            r#"{"event": "use", "who": "a", "n": 2, "deep": {"n": 5}}"#,
            r#"{"event": "use", "who": "a", "n": 3}"#,
            r#"{"event": "use", "n": 7}"#,
            r#"{"event": "other", "who": "a", "n": 100}"#,
            "no json about use",
        ];
        let found = ask(r#"filter event = "use" | stats sum(n) as all, sum(deep.n) as deep, count(*) as lines by who"#, &lines);
        let row = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Row>();
        assert_eq!(found, [row(&[("all", "7"), ("lines", "1")]), row(&[("who", "a"), ("all", "5"), ("deep", "5"), ("lines", "2")])]);
        let other = ask("filter @message like /use/ and not ispresent(event) | stats count(*) as lines", &lines);
        assert_eq!(other, [row(&[("lines", "1")])]);
        assert!(ask("filter event = 'none' | stats count(*) as lines", &lines).is_empty());
        assert_eq!(ask("filter who in ['a', 'b'] and n not like /100/", &lines).len(), 2);
        assert_eq!(ask("fields n | filter n >= 3 and (who = 'a' or n = 7) | sort n asc | limit 2", &lines).len(), 2);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for query in
            ["", "stats", "filter", "filter a", "stats sum() as x", "explode a", "filter a = \"b", "stats count(*) by", "filter a like"]
        {
            assert!(parse(query).is_err(), "{query}");
        }
    }
}
