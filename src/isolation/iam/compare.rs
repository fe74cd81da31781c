//! Comparisons of one value of a call with one value of a policy.

use std::cmp::Ordering;
use std::net::IpAddr;

use super::pattern::{Token, arn_like, glob, literal};
use super::tri::Tri;

/// What an operator compares, its negation aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Numeric(Order),
    Bool,
    Ip,
    /// An operator that AWS knows and this engine does not weigh: dates and bytes.
    Unweighed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison of that name, and whether the operator is its negation.
    pub(super) fn named(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "StringEquals" => (Self::Equals, false),
            "StringNotEquals" => (Self::Equals, true),
            "StringEqualsIgnoreCase" => (Self::EqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Self::EqualsIgnoreCase, true),
            "StringLike" => (Self::Like, false),
            "StringNotLike" => (Self::Like, true),
            "ArnLike" | "ArnEquals" => (Self::Arn, false),
            "ArnNotLike" | "ArnNotEquals" => (Self::Arn, true),
            "NumericEquals" => (Self::Numeric(Order::Equal), false),
            "NumericNotEquals" => (Self::Numeric(Order::Equal), true),
            "NumericLessThan" => (Self::Numeric(Order::Less), false),
            "NumericLessThanEquals" => (Self::Numeric(Order::LessOrEqual), false),
            "NumericGreaterThan" => (Self::Numeric(Order::Greater), false),
            "NumericGreaterThanEquals" => (Self::Numeric(Order::GreaterOrEqual), false),
            "Bool" => (Self::Bool, false),
            "IpAddress" => (Self::Ip, false),
            "NotIpAddress" => (Self::Ip, true),
            "DateNotEquals" => (Self::Unweighed, true),
            "DateEquals" | "DateLessThan" | "DateLessThanEquals" | "DateGreaterThan" | "DateGreaterThanEquals" | "BinaryEquals" => {
                (Self::Unweighed, false)
            }
            _ => return None,
        })
    }

    /// Whether the policy's values may have variables.
    pub(super) fn takes_variables(self) -> bool {
        matches!(self, Self::Equals | Self::EqualsIgnoreCase | Self::Like | Self::Arn)
    }

    pub(super) fn holds(self, wanted: &[Token], given: &str) -> Tri {
        match self {
            Self::Equals => (literal(wanted) == given).into(),
            Self::EqualsIgnoreCase => (literal(wanted).to_lowercase() == given.to_lowercase()).into(),
            Self::Like => glob(wanted, given).into(),
            Self::Arn => arn_like(wanted, given),
            Self::Numeric(order) => numeric(order, &literal(wanted), given),
            Self::Bool => match (truth(&literal(wanted)), truth(given)) {
                (Some(wanted), Some(given)) => (wanted == given).into(),
                _ => Tri::Unknown,
            },
            Self::Ip => within(&literal(wanted), given),
            Self::Unweighed => Tri::Unknown,
        }
    }
}

/// `true` or `false`, however its letters are written.
pub(super) fn truth(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

fn numeric(order: Order, wanted: &str, given: &str) -> Tri {
    let number = |text: &str| {
        let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
        text.parse::<f64>().ok().filter(|_| plain)
    };
    let Some(compared) = number(given).zip(number(wanted)).and_then(|(given, wanted)| given.partial_cmp(&wanted)) else {
        return Tri::Unknown;
    };
    let holds = match order {
        Order::Equal => compared == Ordering::Equal,
        Order::Less => compared == Ordering::Less,
        Order::LessOrEqual => compared != Ordering::Greater,
        Order::Greater => compared == Ordering::Greater,
        Order::GreaterOrEqual => compared != Ordering::Less,
    };
    holds.into()
}

/// Whether the address lies in the range, or is the address that is wanted.
fn within(range: &str, address: &str) -> Tri {
    let (base, length) = range.split_once('/').map_or((range, None), |(base, length)| (base, Some(length)));
    let (Ok(base), Ok(address)) = (base.parse::<IpAddr>(), address.parse::<IpAddr>()) else { return Tri::Unknown };
    let (base, address, bits) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => (u128::from(base.to_bits()), u128::from(address.to_bits()), 32),
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return Tri::No,
    };
    let Ok(length) = length.map_or(Ok(bits), str::parse::<u32>) else { return Tri::Unknown };
    if length > bits {
        return Tri::Unknown;
    }
    let off = bits - length;
    let head = |address: u128| address.checked_shr(off).unwrap_or(0);
    (head(base) == head(address)).into()
}
