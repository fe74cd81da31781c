//! Whether a text with a session's tags in it can mean two tenants at once, for all tenants that the grammar allows.
//!
//! The criterion is one of form: the tenant's place in the text must be told from the text alone, from the left and to the
//! right, by parts of fixed length and by characters that no id may have. What fails it is shown with two ids, checked to
//! collide where a pair is at hand.

use super::iam::pattern::{Piece, Text, Token};

/// How the text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// As a whole and to the letter: wildcards are letters.
    Equals,
    /// With wildcards.
    Like,
}

/// The names of the session tags that carry the ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tags<'a> {
    pub(crate) tier: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) user: &'a str,
}

/// One session's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) tier: String,
    pub(crate) tenant: String,
    pub(crate) user: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No text is of two tenants.
    Disjoint,
    /// The text of `a` may be one of `b`, of another tenant.
    Overlap { a: Ids, b: Ids, why: String },
}

/// What an id looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// `[a-z][a-z0-9]*(-[a-z0-9]+)*`
    Tenant,
    /// `[a-z][a-z0-9]{1,11}`
    Tier,
    /// A UUID: 36 characters, always.
    Uuid,
    /// `[a-z0-9-]+`
    #[cfg_attr(not(test), expect(dead_code, reason = "what looser ids would mean, as the tests ask"))]
    Word,
    /// Anything at all.
    Free,
}

impl Grammar {
    fn has(self, c: char) -> bool {
        match self {
            Self::Tenant | Self::Word => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
            Self::Tier => c.is_ascii_lowercase() || c.is_ascii_digit(),
            Self::Uuid => matches!(c, '0'..='9' | 'a'..='f' | '-'),
            Self::Free => true,
        }
    }
}

/// Which of a session's ids a variable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    Tier,
    Tenant,
    User,
    /// A tag or key that is none of the three.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Letter(char),
    One,
    Run,
    Variable(Id, Grammar),
}

/// Whether texts of this form keep all tenants apart.
pub(crate) fn disjoint(pattern: &str, operator: Operator, tags: &Tags<'_>) -> Verdict {
    decide(pattern, operator, tags, [Grammar::Tier, Grammar::Tenant, Grammar::Uuid])
}

/// The same, with the grammars of tier, tenant and user.
fn decide(pattern: &str, operator: Operator, tags: &Tags<'_>, grammars: [Grammar; 3]) -> Verdict {
    let parts = match parts(pattern, operator, tags, grammars) {
        Ok(parts) => parts,
        Err(why) => return overlap(&[], why),
    };
    let tenants: Vec<usize> = (0..).zip(&parts).filter(|(_, p)| matches!(p, Part::Variable(Id::Tenant, _))).map(|(n, _)| n).collect();
    if tenants.is_empty() {
        return overlap(&parts, "the tenant is not in it".into());
    }
    let mut why = String::new();
    for at in tenants {
        match placed(&parts, at) {
            Ok(()) => return Verdict::Disjoint,
            Err(reason) => why = reason,
        }
    }
    overlap(&parts, why)
}

fn parts(pattern: &str, operator: Operator, tags: &Tags<'_>, grammars: [Grammar; 3]) -> Result<Vec<Part>, String> {
    let [tier, tenant, user] = grammars;
    let tag = |key: &str, name: &str| {
        let name = name.to_lowercase();
        key.strip_prefix("aws:principaltag/").or_else(|| key.strip_prefix("aws:requesttag/")).is_some_and(|tag| tag == name)
    };
    let part = |piece: &Piece| match piece {
        Piece::Token(Token::Char(c) | Token::Given(c)) => Ok(Part::Letter(*c)),
        Piece::Token(Token::Run) if operator == Operator::Equals => Ok(Part::Letter('*')),
        Piece::Token(Token::One) if operator == Operator::Equals => Ok(Part::Letter('?')),
        Piece::Token(Token::Run) => Ok(Part::Run),
        Piece::Token(Token::One) => Ok(Part::One),
        Piece::Variable { key, default: Some(_) } => Err(format!("`{key}` has a default, which every session without the tag shares")),
        Piece::Variable { key, .. } if tag(key, tags.tenant) => Ok(Part::Variable(Id::Tenant, tenant)),
        Piece::Variable { key, .. } if tag(key, tags.tier) => Ok(Part::Variable(Id::Tier, tier)),
        Piece::Variable { key, .. } if tag(key, tags.user) => Ok(Part::Variable(Id::User, user)),
        Piece::Variable { .. } => Ok(Part::Variable(Id::Other, Grammar::Free)),
        Piece::Broken => Err("it has a `${` that begins no variable".into()),
    };
    Text::with_variables(pattern).0.iter().map(part).collect()
}

/// Whether the part's length is the same in every text.
fn fixed(part: &Part) -> bool {
    // Not a wildcard, even if it stands for one character: what belongs to a tenant may be spelled without it.
    matches!(part, Part::Letter(_) | Part::Variable(_, Grammar::Uuid))
}

fn separates(letter: Option<&Part>, grammar: Grammar) -> bool {
    matches!(letter, Some(Part::Letter(c)) if !grammar.has(*c))
}

/// Whether the text alone tells where the variable at `at` begins and ends.
fn placed(parts: &[Part], at: usize) -> Result<(), String> {
    let Some(Part::Variable(_, own)) = parts.get(at) else { return Err("it has no tenant".into()) };
    for (n, part) in parts.iter().enumerate().take(at) {
        match part {
            _ if fixed(part) => {}
            Part::Variable(_, grammar) if separates(parts.get(n + 1), *grammar) => {}
            Part::Run | Part::One => return Err("a wildcard stands before the tenant, so that it may begin anywhere".into()),
            _ => return Err("what stands before the tenant does not tell where it ends".into()),
        }
    }
    // The end of the text, or the first character that nothing since the tenant can have.
    let closes = |end: usize| match parts.get(end) {
        None => true,
        Some(Part::Letter(c)) => !own.has(*c) && parts.get(at + 1..end).is_some_and(|between| between.iter().all(|part| lacks(part, *c))),
        Some(_) => false,
    };
    let told = |end: usize| {
        (at + 1..end).rev().all(|n| match parts.get(n) {
            Some(Part::Variable(_, grammar)) if !parts.get(n).is_some_and(fixed) => n > at + 1 && separates(parts.get(n - 1), *grammar),
            Some(part) => fixed(part),
            None => false,
        })
    };
    if (at + 1..=parts.len()).any(|end| closes(end) && told(end)) {
        return Ok(());
    }
    Err(match parts.get(at + 1) {
        Some(Part::Run | Part::One) => {
            "a wildcard follows the tenant at once: a tenant whose id begins with the other's fits as well".into()
        }
        Some(Part::Letter(c)) if own.has(*c) => {
            format!("`{c}` follows the tenant, which may stand in an id, and nothing after it tells where the tenant ends")
        }
        _ => "what follows the tenant does not tell where it ends".into(),
    })
}

fn lacks(part: &Part, c: char) -> bool {
    match part {
        Part::Letter(other) => *other != c,
        Part::Variable(_, grammar) => !grammar.has(c),
        Part::One | Part::Run => false,
    }
}

/// Two ids that show the overlap: the first pair whose texts meet, or a tenant and its longer neighbour.
fn overlap(parts: &[Part], why: String) -> Verdict {
    const USERS: [&str; 3] = ["1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "9c2f0a1e-5d3b-4c7a-8e6f-0123456789ab", "ab-north"];
    const TENANTS: [(&str, &str); 4] =
        [("clinic-a", "clinic-ab"), ("clinic-a", "clinic-a-b"), ("clinic-a", "hospital-b"), ("clinic-abc", "abc")];
    const TIERS: [(&str, &str); 3] = [("basic", "basic"), ("basic", "premium"), ("basic", "basic-clinic")];
    let allowed = |id: Id, text: &str| {
        parts.iter().all(|part| match part {
            Part::Variable(of, Grammar::Uuid) if *of == id => text.len() == 36,
            Part::Variable(of, grammar) if *of == id => text.chars().all(|c| grammar.has(c)),
            _ => true,
        })
    };
    let ids = |tier: &str, tenant: &str, user: &str| Ids { tier: tier.into(), tenant: tenant.into(), user: user.into() };
    let pairs = TENANTS.iter().flat_map(|tenants| TIERS.iter().map(move |tiers| (tenants, tiers))).flat_map(|(tenants, tiers)| {
        let users = ["b-u2", "u2"].into_iter().chain(USERS);
        users.clone().flat_map(move |one| users.clone().map(move |other| (ids(tiers.0, tenants.0, one), ids(tiers.1, tenants.1, other))))
    });
    let proper = |ids: &Ids| allowed(Id::Tier, &ids.tier) && allowed(Id::User, &ids.user);
    let meets = |(a, b): &(Ids, Ids)| proper(a) && proper(b) && meet(&filled(parts, a), &filled(parts, b));
    let [user, other, _] = USERS;
    let (a, b) = pairs.into_iter().find(meets).unwrap_or_else(|| (ids("basic", "clinic-a", user), ids("basic", "clinic-ab", other)));
    Verdict::Overlap { a, b, why }
}

/// The pattern with a session's ids in it.
fn filled(parts: &[Part], ids: &Ids) -> Vec<Part> {
    let letters = |text: &str| text.chars().map(Part::Letter).collect::<Vec<_>>();
    let fill = |part: &Part| match part {
        Part::Variable(Id::Tier, _) => letters(&ids.tier),
        Part::Variable(Id::Tenant, _) => letters(&ids.tenant),
        Part::Variable(Id::User, _) => letters(&ids.user),
        Part::Variable(Id::Other, _) => vec![Part::Run],
        part => vec![part.clone()],
    };
    parts.iter().flat_map(fill).collect()
}

/// Whether some text is of both patterns.
fn meet(one: &[Part], other: &[Part]) -> bool {
    // Row by row: whether what is left of one pattern from here meets what is left of the other.
    let run = |pattern: &[Part], at: usize| matches!(pattern.get(at), Some(Part::Run));
    let mut below = vec![false; other.len() + 1];
    for i in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for j in (0..=other.len()).rev() {
            let at = |row: &[bool], j: usize| row.get(j).copied().unwrap_or(false);
            let meets = match (one.get(i), other.get(j)) {
                (None, None) => true,
                _ if run(one, i) => at(&below, j) || (j < other.len() && at(&row, j + 1)),
                _ if run(other, j) => at(&row, j + 1) || (i < one.len() && at(&below, j)),
                (Some(Part::Letter(a)), Some(Part::Letter(b))) => a == b && at(&below, j + 1),
                (Some(_), Some(_)) => at(&below, j + 1),
                _ => false,
            };
            if let Some(cell) = row.get_mut(j) {
                *cell = meets;
            }
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGS: Tags<'_> = Tags { tier: "Tier", tenant: "ClinicId", user: "UserId" };
    const T: &str = "${aws:PrincipalTag/Tier}";
    const C: &str = "${aws:PrincipalTag/ClinicId}";
    const U: &str = "${aws:PrincipalTag/UserId}";

    fn text(form: &str) -> String {
        form.replace("{t}", T).replace("{c}", C).replace("{u}", U)
    }

    /// The ids of a proven pair.
    fn pair(verdict: Verdict, form: &str) -> (Ids, Ids, String) {
        let Verdict::Overlap { a, b, why } = verdict else { panic!("`{form}` keeps tenants apart") };
        assert_ne!(a.tenant, b.tenant, "`{form}`");
        (a, b, why)
    }

    fn overlaps(form: &str, operator: Operator) -> String {
        let (a, b, why) = pair(disjoint(&text(form), operator, &TAGS), form);
        let parts = parts(&text(form), operator, &TAGS, [Grammar::Tier, Grammar::Tenant, Grammar::Uuid]).unwrap();
        assert!(meet(&filled(&parts, &a), &filled(&parts, &b)), "`{form}`: {a:?} and {b:?} do not meet");
        why
    }

    #[test]
    fn forms_that_keep_tenants_apart() {
        use Operator::{Equals, Like};
        for (form, operator) in [
            ("{c}", Equals),
            ("{c}", Like),
            ("T#{c}", Equals),
            ("{t}-{c}-{u}", Equals),
            ("{c}_{u}", Equals),
            ("{c}-{t}", Equals),
            ("{u}{c}", Equals),
            ("/a/{c}_{u}/", Equals),
            ("/a/{c}_{u}/*", Like),
            ("t/{c}/*", Like),
            ("t/{c}/", Like),
            ("clinic/{t}-{c}-{u}/*", Like),
            ("{t}-tier/{c}/*", Like),
            ("arn:aws:s3:::acme-{t}-111122223333-us-east-1/{t}-tier/{c}/*", Like),
            ("{c}*", Equals),
            ("{c}${*}", Like),
            ("{c}/${aws:username}", Like),
            ("${aws:RequestTag/ClinicId}_${aws:RequestTag/UserId}", Like),
            ("${AWS:principaltag/CLINICID}", Equals),
        ] {
            assert_eq!(disjoint(&text(form), operator, &TAGS), Verdict::Disjoint, "`{form}`");
        }
    }

    #[test]
    fn forms_that_do_not_and_a_pair_that_shows_it() {
        use Operator::{Equals, Like};
        assert!(overlaps("t/{c}*", Like).contains("follows the tenant at once"));
        assert!(overlaps("*{c}/", Like).contains("before the tenant"));
        assert!(overlaps("*/{c}/*", Like).contains("before the tenant"));
        assert!(overlaps("{c}-*", Like).contains("`-` follows the tenant"));
        assert!(overlaps("{c}b*", Like).contains("`b` follows the tenant"));
        let (_, _, why) = pair(disjoint(&text("?/{c}/*"), Like, &TAGS), "?/{c}/*");
        assert!(why.contains("before the tenant"));
        // The text of one is the other's id.
        let (a, b, why) = pair(disjoint(&text("{c}?"), Like, &TAGS), "{c}?");
        assert!(why.contains("at once") && b.tenant == format!("{}b", a.tenant));
        assert!(overlaps("{t}-tier/*", Like).contains("the tenant is not in it"));
        assert!(overlaps("{t}-{u}", Equals).contains("the tenant is not in it"));
        assert!(overlaps("{t}{c}*", Like).contains("does not tell where it ends"));
        assert!(overlaps("${aws:username}/{c}/*", Like).contains("does not tell where it ends"));
        assert!(overlaps("", Equals).contains("not in it"));
        let (_, _, why) = pair(disjoint("${aws:PrincipalTag/ClinicId, 'none'}", Equals, &TAGS), "default");
        assert!(why.contains("default"));
        let (_, _, why) = pair(disjoint("${aws:PrincipalTag/ClinicId", Equals, &TAGS), "broken");
        assert!(why.contains("begins no variable"));
    }

    /// What a solver found of composite ids, form by form.
    #[test]
    fn a_solver_says_the_same() {
        use Grammar::{Free, Tenant, Tier, Uuid, Word};
        use Operator::{Equals, Like};
        for (form, operator, grammars, apart) in [
            ("{t}-{c}-{u}", Equals, [Word, Tenant, Free], false),
            ("{t}-{c}-{u}", Equals, [Word, Tenant, Uuid], false),
            ("{t}-{c}-{u}", Equals, [Tier, Tenant, Uuid], true),
            ("{c}_{u}", Equals, [Tier, Tenant, Uuid], true),
            ("{c}_{u}", Equals, [Tier, Tenant, Word], true),
            ("{c}-{u}", Equals, [Tier, Tenant, Uuid], true),
            ("{c}-{u}", Equals, [Tier, Tenant, Word], false),
            ("clinic/{t}-{c}-{u}/*", Like, [Tier, Tenant, Free], false),
            ("/a/{c}_{u}/*", Like, [Tier, Tenant, Word], true),
            ("/a/{c}/*", Like, [Tier, Word, Uuid], true),
            ("/a/{c}*", Like, [Tier, Word, Uuid], false),
            ("{t}-tier/{c}/*", Like, [Tier, Tenant, Uuid], true),
        ] {
            let verdict = decide(&text(form), operator, &TAGS, grammars);
            assert_eq!(verdict == Verdict::Disjoint, apart, "`{form}` with {grammars:?}: {verdict:?}");
            if let Verdict::Overlap { a, b, .. } = verdict {
                let parts = parts(&text(form), operator, &TAGS, grammars).unwrap();
                assert!(meet(&filled(&parts, &a), &filled(&parts, &b)), "`{form}`: {a:?} and {b:?} do not meet");
            }
        }
        // A session's name is cut at 64 characters: the longest tenant and a UUID just fit.
        assert_eq!(27 + "_".len() + 36, 64);
    }

    #[test]
    fn patterns_that_meet() {
        let of = |form: &str| parts(form, Operator::Like, &TAGS, [Grammar::Tier, Grammar::Tenant, Grammar::Uuid]).unwrap();
        for (one, other, meets) in [
            ("a*", "*b", true),
            ("a?c", "abc", true),
            ("a*c", "ab", false),
            ("", "*", true),
            ("a", "", false),
            ("*a*", "b?b", true),
            ("*a", "b*b", false),
        ] {
            assert_eq!(meet(&of(one), &of(other)), meets, "{one} {other}");
            assert_eq!(meet(&of(other), &of(one)), meets, "{one} {other}");
        }
    }
}
