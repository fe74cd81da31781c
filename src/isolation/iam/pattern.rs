//! Texts of a policy: wildcards, variables, and how they are laid against what a call carries.

use super::tri::Tri;
use super::{Context, Found};

/// A text as the policy spells it.
#[derive(Debug, Clone)]
pub(in crate::isolation) struct Text(pub(in crate::isolation) Vec<Piece>);

#[derive(Debug, Clone)]
pub(in crate::isolation) enum Piece {
    Token(Token),
    Variable {
        key: String,
        default: Option<String>,
    },
    /// `${` and what follows is no variable that AWS describes.
    Broken,
}

/// A part of a pattern whose variables are filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::isolation) enum Token {
    /// A character of the policy's text.
    Char(char),
    /// A character that the call brought in, or an escaped one: it never is a wildcard, nor ends a part of an ARN.
    Given(char),
    /// `*`
    Run,
    /// `?`
    One,
}

/// A text for one call.
#[derive(Debug, Clone)]
pub(super) enum Resolved {
    Pattern(Vec<Token>),
    /// A variable in it has no value, so that it equals nothing.
    Null,
    Unknown,
}

impl Text {
    /// A text without variables, as in an action or in a policy of the old version.
    pub(super) fn plain(text: &str) -> Self {
        Self(text.chars().map(|c| Piece::Token(token(c))).collect())
    }

    pub(in crate::isolation) fn with_variables(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            pieces.extend(before.chars().map(|c| Piece::Token(token(c))));
            let Some((inner, next)) = after.split_once('}') else {
                pieces.push(Piece::Broken);
                return Self(pieces);
            };
            pieces.push(variable(inner));
            rest = next;
        }
        pieces.extend(rest.chars().map(|c| Piece::Token(token(c))));
        Self(pieces)
    }

    /// What its variables stand for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key.as_str()),
            Piece::Token(_) | Piece::Broken => None,
        })
    }

    /// The text with the call's values in it.
    pub(super) fn resolve(&self, context: &Context) -> Resolved {
        let mut tokens = Vec::with_capacity(self.0.len() + 32);
        let (mut null, mut unknown) = (false, false);
        for piece in &self.0 {
            match piece {
                Piece::Token(token) => tokens.push(*token),
                Piece::Broken => unknown = true,
                Piece::Variable { key, default } => match (context.get(key), default) {
                    (Found::Values([value]), _) => tokens.extend(value.chars().map(Token::Given)),
                    (Found::Absent | Found::Values([]), Some(default)) => tokens.extend(default.chars().map(Token::Given)),
                    (Found::Absent | Found::Values([]), None) => null = true,
                    // A key of several values is no variable, and AWS does not say what comes of one.
                    (Found::Unknown | Found::Values(_), _) => unknown = true,
                },
            }
        }
        match (unknown, null) {
            (true, _) => Resolved::Unknown,
            (false, true) => Resolved::Null,
            (false, false) => Resolved::Pattern(tokens),
        }
    }
}

/// A text without variables as a pattern of its own.
pub(in crate::isolation) fn tokens(text: &str) -> Vec<Token> {
    text.chars().map(token).collect()
}

fn token(c: char) -> Token {
    match c {
        '*' => Token::Run,
        '?' => Token::One,
        c => Token::Char(c),
    }
}

/// What stands between `${` and `}`.
fn variable(inner: &str) -> Piece {
    if let "*" | "?" | "$" = inner {
        return inner.chars().next().map_or(Piece::Broken, |c| Piece::Token(Token::Given(c)));
    }
    let (key, default) = match inner.split_once(',') {
        None => (inner, None),
        Some((key, default)) => {
            let quoted = default.trim().strip_prefix('\'').and_then(|d| d.strip_suffix('\''));
            // Whether a wildcard in a default is one, AWS does not say.
            let Some(default) = quoted.filter(|d| !d.contains(['*', '?', '\'', '$'])) else { return Piece::Broken };
            (key.trim(), Some(default.to_owned()))
        }
    };
    if !key.contains(':') || key.contains(['*', '?', '$', '{', '\'', '"']) || key.trim() != key {
        return Piece::Broken;
    }
    Piece::Variable { key: key.to_lowercase(), default }
}

/// The pattern as a text of its own, its wildcards mere characters.
pub(super) fn literal(tokens: &[Token]) -> String {
    let letter = |token: &Token| match token {
        Token::Char(c) | Token::Given(c) => *c,
        Token::Run => '*',
        Token::One => '?',
    };
    tokens.iter().map(letter).collect()
}

/// IAM's wildcards: `*` for any run of characters, `?` for one; both take slashes and colons.
pub(in crate::isolation) fn glob(pattern: &[Token], text: &str) -> bool {
    // Most texts differ from most patterns at once.
    let begins = |token: &Token| match token {
        Token::Char(wanted) | Token::Given(wanted) => text.starts_with(*wanted),
        Token::Run | Token::One => true,
    };
    if !pattern.first().is_none_or(begins) {
        return false;
    }
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t, mut star) = (0, 0, None);
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some(Token::Run) => {
                star = Some((p, t));
                p += 1;
            }
            Some(Token::One) => {
                p += 1;
                t += 1;
            }
            Some(Token::Char(wanted) | Token::Given(wanted)) if wanted == letter => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern.get(p..).is_none_or(|rest| rest.iter().all(|token| *token == Token::Run))
}

/// Whether the pattern of an ARN, split at its first five colons, fits part by part; `None` if it has fewer.
fn by_parts(pattern: &[Token], arn: &str) -> Option<bool> {
    let parts: Vec<&[Token]> = pattern.splitn(6, |token| *token == Token::Char(':')).collect();
    if parts.len() < 6 {
        return None;
    }
    let given: Vec<&str> = arn.splitn(6, ':').collect();
    Some(given.len() == 6 && parts.iter().zip(given).all(|(pattern, text)| glob(pattern, text)))
}

/// How `Resource` is read: AWS lets some wildcards run past a colon, and where that makes a difference nothing is certain.
pub(super) fn covers(pattern: &[Token], resource: &str) -> Tri {
    if pattern == [Token::Run] {
        return Tri::Yes;
    }
    let (whole, parts) = (glob(pattern, resource), by_parts(pattern, resource).unwrap_or(false));
    if whole == parts { whole.into() } else { Tri::Unknown }
}

/// How `ArnLike` and `ArnEquals` compare.
pub(super) fn arn_like(pattern: &[Token], arn: &str) -> Tri {
    match by_parts(pattern, arn) {
        Some(fits) => fits.into(),
        None if glob(pattern, arn) => Tri::Unknown,
        None => Tri::No,
    }
}
