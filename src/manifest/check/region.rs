//! Regions that nobody has heard of: a slip of the finger is refused, and what may be newer than the list is a warning.

use crate::diagnostic::nearest;
use crate::names::Region;

/// Those of the partition `aws`, each area with the highest number in it.
const AREAS: &[(&str, u8)] = &[
    ("af-south", 1),
    ("ap-east", 2),
    ("ap-northeast", 3),
    ("ap-south", 2),
    ("ap-southeast", 7),
    ("ca-central", 1),
    ("ca-west", 1),
    ("eu-central", 2),
    ("eu-north", 1),
    ("eu-south", 2),
    ("eu-west", 3),
    ("il-central", 1),
    ("me-central", 1),
    ("me-south", 1),
    ("mx-central", 1),
    ("sa-east", 1),
    ("us-east", 2),
    ("us-west", 2),
];

/// When the list was made.
const READ: &str = "2026-09";

const DIRECTIONS: &[&str] = &["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// What is to be said of a region.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judged {
    Known,
    /// It may have opened since the list was made; the help.
    New(String),
    /// It is none; the help.
    None(String),
}

pub(super) fn judge(region: &Region) -> Judged {
    let text = region.as_str();
    let known: Vec<String> = AREAS.iter().flat_map(|(area, most)| (1..=*most).map(move |n| format!("{area}-{n}"))).collect();
    if known.iter().any(|one| one == text) {
        return Judged::Known;
    }
    let (area, number) = text.rsplit_once('-').unwrap_or((text, ""));
    let number: Option<u8> = number.parse().ok().filter(|n| *n > 0);
    let near = AREAS.iter().find(|(one, _)| *one == area).map(|(one, most)| format!("{one}-{most}"));
    let near = near.or_else(|| nearest(text, known.iter().map(String::as_str)).map(ToOwned::to_owned));
    let meant = near.as_ref().map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let next = AREAS.iter().find(|(one, _)| *one == area).map_or(1, |(_, most)| most + 1);
    let direction = area.rsplit('-').next().unwrap_or_default();
    let country = area.split('-').next().unwrap_or_default();
    let is_new_country = country.len() == 2 && area.matches('-').count() == 1 && DIRECTIONS.contains(&direction);
    let is_slip = next == 1 && known.iter().any(|one| strsim::damerau_levenshtein(one, text) == 1);
    if number == Some(next) && is_new_country && !is_slip {
        return Judged::New(format!(
            "{meant}this tenantry's list of regions is of {READ}; if the region is newer, go on: AWS says whether AgentCore is there"
        ));
    }
    Judged::None(format!("{meant}AWS has regions such as us-east-1, us-west-2, eu-central-1 and ap-southeast-2 (list of {READ})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_refused_and_news_is_not() {
        let judged = |text: &str| judge(&text.parse().unwrap());
        for known in ["us-east-1", "eu-central-2", "ap-southeast-7", "mx-central-1"] {
            assert_eq!(judged(known), Judged::Known);
        }
        for (slip, meant) in
            [("us-eats-1", "us-east-1"), ("eu-wset-1", "eu-west-1"), ("us-east-11", "us-east-2"), ("uss-east-1", "us-east-1")]
        {
            let Judged::None(help) = judged(slip) else { panic!("{slip} passes") };
            assert!(help.contains(&format!("did you mean `{meant}`")), "{help}");
        }
        for none in ["us-midwest-1", "moon-north-1", "us-east-0", "us-east-9"] {
            assert!(matches!(judged(none), Judged::None(_)), "{none}");
        }
        for new in ["us-east-3", "eu-west-4", "nz-north-1"] {
            assert!(matches!(judged(new), Judged::New(_)), "{new}: {:?}", judged(new));
        }
    }
}
