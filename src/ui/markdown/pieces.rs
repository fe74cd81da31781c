//! The parts of a page in Markdown, in the order in which they are read; each stands by itself, so that any may be left out.

use std::fmt::Write as _;

use super::escape::{code, fenced, html};
use crate::diagnostic::thousands as grouped;
use crate::plan::page::{Fold, Group, KeptFor, Page, Place, Risk, RiskKind, Shape, Shared, TenantAction, words_of};
use crate::plan::{Action, FieldChange};
use crate::ui::difference::secret;
use crate::ui::plan::{in_words, needs, resource_lines, resources, tenant_lines, tenants, value, whole};
use crate::ui::style::{count as counted, sign};
use crate::ui::words::{EXPLAIN_PROFILE, by_word, live, profile, says, some};

/// How much it matters that a piece is read: the first are left out last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Apply refuses to begin.
    Blocked,
    /// Something is lost, replaced, shut out, moved, opened, or was changed by somebody else.
    Risk(RiskKind),
    /// What else exists and changes, and what nobody would guess.
    Change,
    /// What is new.
    New,
}

/// A part of the page that stands by itself.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) weight: Weight,
    pub(super) text: String,
    /// In a line, where there is no room for all of it.
    pub(super) short: Option<String>,
    /// Whether it is a group of tenants.
    pub(super) is_group: bool,
}

/// Where it will run and what it comes to.
pub(super) fn top(page: &Page<'_>) -> String {
    let head = &page.header;
    let place = if head.place == Place::Sandbox { ", sandbox" } else { "" };
    // A pipeline finds its comment by this line, and writes it anew instead of adding another.
    let mut out = format!("<!-- tenantry-plan {} {} {} -->\n", head.platform, head.account, head.region);
    let tail = head.account.get(head.account.len().saturating_sub(4)..).unwrap_or_default();
    let _ = writeln!(out, "### tenantry plan: {}, account …{tail}, {}{place}\n", head.platform, head.region);
    let _ = writeln!(
        out,
        "{} ({}, {}; {}), account {}; profile {}: `{EXPLAIN_PROFILE}`\n",
        code(&head.file),
        some(head.tiers, "tier"),
        some(head.tenants, "tenant"),
        live(head.live),
        head.account,
        profile(head.profile)
    );
    out.push_str(&open(page));
    if let Some(partial) = &head.partial {
        let filters = code(&partial.filters.join(" "));
        let _ = writeln!(out, "**A part of the plan only:** {filters} leaves out {}.\n", counted(partial.left_out, "change"));
    }
    if page.is_empty() {
        let rest = match page.totals.resources.unchanged {
            0 => String::new(),
            n => format!(" {} are as the manifest says.", counted(n, "resource")),
        };
        let _ = writeln!(out, "**No changes.**{rest}\n");
        return out;
    }
    let totals = &page.totals;
    for (name, told) in [("Tenants", tenants(&totals.tenants)), ("Shared", resources(&totals.shared)), ("Plan", whole(&totals.resources))] {
        if !told.is_empty() {
            let _ = writeln!(out, "**{name}:** {told}  ");
        }
    }
    let _ = writeln!(out, "{}\n", needs(page));
    if let Some(share) = page.share {
        let _ =
            writeln!(out, "**{} % of the tenants that are there change ({}): is that intended?**\n", share.percent, grouped(share.tenants));
    }
    out
}

/// So many layers are named, and so much is said of each: the totals need room.
const OPEN: usize = 3;
const SAID: usize = 280;

/// Before all else: where tenants would not be kept apart.
fn open(page: &Page<'_>) -> String {
    if page.open.is_empty() {
        return String::new();
    }
    let mut out = "> [!CAUTION]\n".to_owned();
    for open in page.open.iter().take(OPEN) {
        let cut = if open.says.chars().count() > SAID { "…" } else { "" };
        let says = open.says.replace('`', "'").chars().take(SAID).collect::<String>() + cut;
        let says = if says.is_empty() { String::new() } else { format!(": {}", code(&says)) };
        let accepted = open.accepted().map(|accepted| format!(" ({accepted})")).unwrap_or_default();
        let _ = writeln!(out, "> **! {} at {} {}** ({}){says}{accepted}  ", open.word(), open.probe, open.layer, open.verdict.word());
    }
    if let Some(more) = page.open.len().checked_sub(OPEN).filter(|more| *more > 0) {
        let _ = writeln!(out, "> and {more} more: `tenantry verify` lists them  ");
    }
    out.push('\n');
    out
}

/// The checksum by which what was reviewed is applied, and how many groups of tenants stand above it.
pub(super) fn bottom(page: &Page<'_>, isolation: Option<&str>, shown: usize) -> String {
    let mut out = String::new();
    if let Some(isolation) = isolation {
        let _ = writeln!(out, "{}\n", isolation.trim());
    }
    let groups = match page.groups.len() {
        0 => String::new(),
        all => format!(" · {} of {} shown", if shown == 0 { "none".into() } else { grouped(shown) }, counted(all, "group")),
    };
    let _ = writeln!(out, "Checksum `{}`{groups}", page.checksum);
    out
}

/// What is risky, by its kind, with as many names as there is room for.
pub(super) fn risks(page: &Page<'_>, room: usize) -> String {
    let kinds = by_word(page);
    if kinds.is_empty() {
        return String::new();
    }
    let mut out = "> [!WARNING]\n".to_owned();
    let each = room / kinds.len();
    for (word, risks) in kinds {
        let Some(kind) = risks.first().map(|risk| risk.kind) else { continue };
        let (mut names, mut shown) = (String::new(), 0);
        for risk in &risks {
            let name = named(page, risk);
            if names.len() + name.len() + 80 > each {
                break;
            }
            let _ = write!(names, "{}{name}", if shown > 0 { ", " } else { "" });
            shown += 1;
        }
        let rest = match risks.len() - shown {
            0 => String::new(),
            n if shown == 0 => format!("{} not named here", grouped(n)),
            n => format!(" and {} more", grouped(n)),
        };
        let _ = writeln!(out, "> **{} {}**: {names}{rest}  ", kind.sign(), counted(risks.len(), word));
    }
    out.push('\n');
    out
}

fn named(page: &Page<'_>, risk: &Risk) -> String {
    let mut says: Vec<String> = [says(page, risk)].iter().filter(|words| !words.is_empty()).map(|words| code(words)).collect();
    if risk.affects > 1 {
        says.push(format!("affects {}", counted(risk.affects, "tenant")));
    }
    let owner = if risk.address.is_some() { format!(" of {}", words_of(&risk.owner)) } else { String::new() };
    let says = if says.is_empty() { String::new() } else { format!(" ({})", says.join("; ")) };
    format!("{}{owner}{says}", code(&risk.what))
}

/// Everything between the risks and the end, in the order in which it is read.
pub(super) fn all(page: &Page<'_>, notes: &[String]) -> Vec<Piece> {
    let piece = |weight, text| Piece { weight, text, short: None, is_group: false };
    let mut pieces: Vec<Piece> = Vec::new();
    let told = page.notes.iter().map(|note| (Weight::Change, note)).chain(notes.iter().map(|note| (Weight::Blocked, note)));
    pieces.extend(told.map(|(weight, note)| piece(weight, format!("- **note:** {}\n\n", code_long(note)))));
    pieces.extend(page.blocked.iter().map(|b| {
        let text = format!("- **! blocked** {}: {}. {}\n\n", code(&b.address.to_string()), code(&b.why), code(&b.way_out));
        piece(Weight::Blocked, text)
    }));
    // What is risky has a piece of its own however much there is of it.
    let is_shown = |(n, group): &(usize, &Group)| *n < Group::SHOWN || group.fold == Fold::Never;
    let (shown, rest): (Vec<_>, Vec<_>) = page.groups.iter().enumerate().partition(is_shown);
    pieces.extend(shown.into_iter().map(|(_, group)| of_group(page, group)));
    if !rest.is_empty() {
        let members: usize = rest.iter().map(|(_, group)| group.members.len()).sum();
        pieces.push(piece(Weight::Change, format!("… and {}, {}\n\n", counted(rest.len(), "smaller group"), counted(members, "tenant"))));
    }
    pieces.extend(page.shared.iter().map(of_shared));
    if !page.drift.is_empty() {
        let resources: Vec<_> = page.drift.iter().collect();
        let title = format!("changed outside tenantry since the last apply · {}", counted(resources.len(), "resource"));
        let short = Some(format!("**{title}**\n\n"));
        let text = details(&title, &fenced(&resource_lines(&resources)));
        pieces.push(Piece { weight: Weight::Risk(RiskKind::Drift), text, short, is_group: false });
    }
    let kept: Vec<String> = page.kept.iter().filter(|k| k.why == KeptFor::Data).map(|k| k.address.to_string()).collect();
    if !kept.is_empty() {
        let title = format!("kept, because they hold data · {}", counted(kept.len(), "resource"));
        pieces.push(piece(Weight::Change, details(&title, &fenced(&kept.join("\n")))));
    }
    pieces
}

/// What one owner's tenants share; in short, how much of what.
fn of_shared(shared: &Shared<'_>) -> Piece {
    let affects = if shared.affects == 0 { String::new() } else { format!(", affects {}", counted(shared.affects, "tenant")) };
    let resources: Vec<_> = shared.resources.iter().collect();
    let title = format!("{} · {}{affects} · {}", words_of(&shared.owner), counted(resources.len(), "change"), in_words(&resources));
    let weight = match resources.iter().filter_map(|resource| RiskKind::of(resource)).min() {
        Some(risk) => Weight::Risk(risk),
        None if resources.iter().all(|resource| resource.action == Action::Create) => Weight::New,
        None => Weight::Change,
    };
    let text = details(&title, &fenced(&resource_lines(&resources)));
    Piece { weight, text, short: Some(format!("**{title}**\n\n")), is_group: false }
}

/// Long words of our own, where a name of the user's may stand in.
fn code_long(text: &str) -> String {
    let escaped: String =
        text.chars().map(|c| if "\\`*_{}[]<>#|@~&:!".contains(c) { format!("&#{};", u32::from(c)) } else { c.to_string() }).collect();
    crate::diagnostic::plain(&escaped)
}

/// A fold; the title is ours, or escaped.
fn details(title: &str, inside: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{inside}\n</details>\n\n")
}

/// In short, what happens to how many, and to whom first.
fn of_group(page: &Page<'_>, group: &Group) -> Piece {
    let count = counted(group.members.len(), "tenant");
    let place = match (&group.action, &group.tier) {
        (TenantAction::Move { from, to }, _) => format!(" {from} -&gt; {to}"),
        (_, Some(tier)) => format!(" in tier {tier}"),
        _ => String::new(),
    };
    let shapes = group.shapes.iter().map(shape).collect::<Vec<_>>().join("; ");
    let head = format!("{} · {} {} {count}{place}", group.id, group.action.sign(), group.action.word());
    let title = format!("{head} · {shapes}");
    let names = group.examples().iter().map(|id| code(id.as_str())).collect::<Vec<_>>().join(", ");
    let rest = match group.members.len() - group.examples().len() {
        0 => String::new(),
        n => format!(" and {} more", grouped(n)),
    };
    let first = group.members.first().and_then(|id| page.tenant(id));
    let alike = if group.members.len() > 1 { "the first of them:\n\n" } else { "" };
    let inside = first.map_or_else(String::new, |tenant| format!("{alike}{}", fenced(&tenant_lines(tenant))));
    let inside = format!("{names}{rest}\n\n{inside}");
    // What destroys, moves or opens something, or shuts somebody out, is not folded away.
    let text = if group.fold == Fold::Never { format!("**{title}**\n\n{inside}\n") } else { details(&title, &inside) };
    let weight = match (group.risk, &group.action) {
        (Some(risk), _) => Weight::Risk(risk),
        (None, TenantAction::Create) => Weight::New,
        (None, _) => Weight::Change,
    };
    Piece { weight, text, short: Some(format!("**{head}**: {names}{rest}\n\n")), is_group: true }
}

fn shape(shape: &Shape) -> String {
    let fields: Vec<String> = shape.fields.iter().take(3).map(field).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" {}", fields.join(", ")) };
    format!("{} {}{fields}", sign(shape.action), shape.kind)
}

fn field(field: &FieldChange) -> String {
    match secret(field) {
        Some(said) => html(&format!("{}: {said}", field.path)),
        None => html(&format!("{} {} -> {}", field.path, value(&field.before), value(&field.after))),
    }
}
