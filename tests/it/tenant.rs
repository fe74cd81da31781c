//! Tenants by command: the manifest is edited and nothing else in it, and AWS follows when it is told to.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::scenarios::{demands, flat, shell, shipped};

fn manifest(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("tenants.yaml")).unwrap()
}

fn json(folder: &Path, line: &str) -> Value {
    let printed = demands(folder, &format!("{line} -q --output json"), 0, &[]);
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// One line of `tenant show`, by its kind.
fn said(folder: &Path, id: &str, kind: &str) -> String {
    let shown = json(folder, &format!("tenantry tenant show {id} --sandbox"));
    let found = shown["resources"].as_array().unwrap().iter().find(|r| r["kind"] == kind);
    found.map(|r| format!("{} {}", r["state"].as_str().unwrap(), r["said"].as_str().unwrap())).unwrap_or_default()
}

#[test]
fn a_tenant_comes_moves_rests_and_goes() {
    let folder = shipped();
    let at = folder.path();
    let before = manifest(at);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &[]);

    // A dry run writes nothing; without --apply AWS is not touched.
    let add = "tenantry tenant add clinic-harbor --tier basic --name 'Harbor: \"No. 1\" # x' --user dr.o@harbor.com:physician \
               --user nurse@harbor.com --setting hours=8-5 --setting open=no";
    demands(at, &format!("{add} --dry-run"), 0, &["+   clinic-harbor:", "dry run"]);
    assert_eq!(manifest(at), before);
    let dry = json(at, &format!("{add} --dry-run"));
    assert_eq!((&dry["format"], &dry["written"], dry["lines"].as_array().unwrap().len()), (&"tenantry-edit/1.0".into(), &false.into(), 7));
    demands(at, &format!("{add} --sandbox"), 0, &["tenant clinic-harbor", "nurse@harbor.com", "Next: tenantry apply --sandbox"]);
    let block = "  clinic-harbor:\n    tier: basic\n    name: \"Harbor: \\\"No. 1\\\" # x\"\n    settings: { hours: \"8-5\", open: \"no\" }\n    users:\n      \
                 - { email: dr.o@harbor.com, role: physician }\n      - { email: nurse@harbor.com, role: member }\n";
    assert_eq!(manifest(at), format!("{before}{block}"));
    assert_eq!(said(at, "clinic-harbor", "user"), "to come ");
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    assert_eq!(said(at, "clinic-harbor", "user"), "live enabled, physician");
    let listed = json(at, "tenantry tenant list --tier basic");
    let ids: Vec<&str> = listed["tenants"].as_array().unwrap().iter().filter_map(|t| t["id"].as_str()).collect();
    assert_eq!(ids, ["clinic-a", "clinic-b", "clinic-c", "clinic-d", "clinic-harbor"]);

    demands(
        at,
        "tenantry tenant move clinic-harbor --to premium --sandbox --apply --yes -q",
        0,
        &["> move tenant clinic-harbor: basic -> premium"],
    );
    assert_eq!(manifest(at), format!("{before}{}", block.replace("basic", "premium")));
    demands(
        at,
        "tenantry tenant show clinic-harbor --sandbox",
        0,
        &["premium-tier/clinic-harbor/", "basic-tier/clinic-harbor/", "has left"],
    );

    // Suspending keeps everything, and resuming brings it back.
    let active = manifest(at);
    demands(at, "tenantry tenant suspend clinic-harbor --sandbox --apply --yes -q", 0, &["suspend tenant", "Done"]);
    assert!(manifest(at).contains("  clinic-harbor:\n    tier: premium\n    suspended: true\n"), "{}", manifest(at));
    assert_eq!(said(at, "clinic-harbor", "user"), "live disabled, physician");
    assert_eq!(said(at, "clinic-harbor", "tenant_row"), "live status suspended");
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
    demands(at, "tenantry tenant list", 0, &["suspended", "1 suspended"]);
    demands(at, "tenantry status --sandbox -q", 0, &["suspended"]);
    demands(at, "tenantry tenant suspend clinic-harbor --sandbox", 0, &["suspended already", "No changes"]);
    demands(at, "tenantry tenant resume clinic-harbor --sandbox --apply --yes -q", 0, &["resume tenant", "Done"]);
    assert_eq!(manifest(at), active);
    assert_eq!(said(at, "clinic-harbor", "user"), "live enabled, physician");
    assert_eq!(said(at, "clinic-harbor", "tenant_row"), "live ");

    // It leaves in two stages, and its data goes by name.
    demands(at, "tenantry offboard clinic-harbor --delete-data --confirm clinic-harbor --apply --sandbox", 12, &["not suspended yet"]);
    demands(
        at,
        "tenantry offboard clinic-harbor --apply --yes --sandbox",
        0,
        &["Stage 1 of 2", "tenantry offboard clinic-harbor --sandbox"],
    );
    demands(
        at,
        "tenantry offboard clinic-harbor --apply --yes --sandbox",
        0,
        &["kept", ", closed off", "needs you", "for good: tenantry offboard clinic-harbor --delete-data --apply --sandbox"],
    );
    assert_eq!(manifest(at), before);
    demands(at, "tenantry tenant show clinic-harbor --sandbox", 0, &["not in the manifest", "kept"]);
    demands(at, "tenantry offboard clinic-harbor --sandbox", 0, &["kept", "--delete-data --apply"]);
    demands(at, "tenantry offboard clinic-harbor --delete-data --sandbox", 64, &["--apply"]);
    demands(at, "tenantry offboard clinic-harbor --delete-data --apply --sandbox </dev/null", 64, &["--confirm clinic-harbor"]);
    demands(at, "tenantry offboard clinic-harbor --delete-data --apply --sandbox --yes </dev/null", 64, &["--confirm clinic-harbor"]);
    demands(at, "tenantry offboard clinic-harbor --delete-data --apply --sandbox --confirm clinic-a", 12, &["nothing was changed"]);
    demands(
        at,
        "tenantry offboard clinic-harbor --delete-data --apply --sandbox --confirm clinic-harbor",
        0,
        &["delete tenant clinic-harbor", "removed", "needs you"],
    );
    demands(at, "tenantry offboard clinic-harbor --sandbox", 65, &["no tenant `clinic-harbor`"]);
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
}

#[test]
fn who_is_still_let_in_does_not_leave() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q; tenantry offboard clinic-b --sandbox -q", 0, &["Next: tenantry apply --sandbox"]);
    let suspended = manifest(at);
    // The manifest says it, AWS does not know yet.
    for go in ["", "--apply --yes"] {
        let words = ["clinic-b", "not in AWS yet", "dr.chen@clinic-b.com", "`tenantry apply --sandbox`", "nothing was written"];
        demands(at, &format!("tenantry offboard clinic-b --sandbox {go}"), 12, &words);
        assert_eq!(manifest(at), suspended);
    }
    demands(at, "tenantry offboard clinic-b", 77, &["can't be told", "nothing was written"]);
    demands(at, "tenantry offboard clinic-b --dry-run", 0, &["dry run"]);
    assert_eq!(manifest(at), suspended);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    let words = ["kept", "tokens that its user got", "60 min"];
    demands(at, "tenantry offboard clinic-b --sandbox", 0, &words);
    assert!(!manifest(at).contains("clinic-b:"));
}

#[test]
fn a_tier_is_named_by_either_word() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry tenant move clinic-a --tier premium --dry-run", 0, &["+    tier: premium"]);
    demands(at, "tenantry tenant add clinic-z --to premium --dry-run", 0, &["+    tier: premium"]);
    demands(at, "tenantry tenant move --help", 0, &["[alias: --tier]"]);
    demands(at, "tenantry tenant add --help", 0, &["[alias: --to]"]);
    demands(at, "tenantry tenant move clinic-a --to premium --tier basic --dry-run", 64, &["--to"]);
}

/// A terminal and its user: what is typed goes to the question.
#[test]
fn yes_to_an_edit_is_no_yes_to_what_was_due_before() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &[]);
    demands(at, "tenantry tenant move clinic-b --to premium --sandbox -q", 0, &["Next: tenantry apply --sandbox"]);
    let due = "3 changes of this plan were due before the edit:";
    let told = demands(at, "tenantry tenant suspend clinic-a --sandbox --apply --yes", 12, &[due, "--yes agrees to the edit alone"]);
    assert!(flat(&told).contains("`tenantry apply --sandbox` does all of it") && told.contains("clinic-b"), "{told}");
    let both = json(at, "tenantry plan --sandbox");
    assert_eq!((&both["summary"]["tenants"]["move"], &both["summary"]["tenants"]["suspend"]), (&1.into(), &1.into()), "{both}");
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    let alone = demands(at, "tenantry tenant resume clinic-a --sandbox --apply --yes", 0, &["Done"]);
    assert!(!alone.contains("due before"), "{alone}");
    // Nothing of an edit that was made before is due before it.
    demands(at, "tenantry tenant move clinic-b --to basic --sandbox -q", 0, &[]);
    demands(at, "tenantry tenant move clinic-b --to basic --sandbox --apply --yes -q", 0, &["Done"]);
}

fn typed(folder: &Path, line: &str, answer: &str) -> (String, i32) {
    shell(folder, &format!("(sleep 2; echo {answer}; sleep 1) | script -qec {line:?} /dev/null"))
}

#[test]
fn a_no_leaves_the_edit_and_says_how_to_take_it_back() {
    let folder = shipped();
    let at = folder.path();
    let before = manifest(at);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    for (line, back) in [
        ("tenant move clinic-a --to premium", "`tenantry tenant move clinic-a --to basic --sandbox` takes the edit back"),
        ("tenant rename clinic-a --name Other", "`tenantry tenant rename clinic-a --name 'Family Practice Medical Center' --sandbox`"),
        ("tenant suspend clinic-a", "`tenantry tenant resume clinic-a --sandbox`"),
        ("tenant add clinic-z --tier basic", "deleting the lines of `clinic-z`"),
    ] {
        let (printed, code) = typed(at, &format!("tenantry {line} --sandbox --apply -q --color never"), "no");
        let flat = crate::scenarios::flat(&printed);
        assert_eq!(code, 12, "{line}: {printed}");
        assert!(flat.contains("`tenants.yaml` was edited and AWS was not") && flat.contains(back), "{line}: {flat}");
        assert_ne!(manifest(at), before);
        std::fs::write(at.join("tenants.yaml"), &before).unwrap();
        demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
    }
}

#[test]
fn a_key_of_a_suspended_tenant_is_shut_and_opened_again() {
    let folder = shipped();
    let at = folder.path();
    demands(
        at,
        "sed -i.old 's/^  proxy_lambda: proxy$/  proxy_lambda: proxy\\n  keys: tenant/' tenants.yaml; tenantry apply --sandbox --yes -q",
        0,
        &[],
    );
    assert_eq!(said(at, "hospital-b", "api_key"), "live enabled");
    demands(at, "tenantry tenant suspend hospital-b --sandbox --apply --yes -q", 0, &["suspend tenant"]);
    assert_eq!(said(at, "hospital-b", "api_key"), "live disabled");
    assert_eq!(said(at, "hospital-a", "api_key"), "live enabled");
    demands(at, "tenantry tenant resume hospital-b --sandbox --apply --yes -q", 0, &["resume tenant"]);
    assert_eq!(said(at, "hospital-b", "api_key"), "live enabled");
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
}

#[test]
fn whatever_is_refused_leaves_the_manifest_as_it_was() {
    let folder = shipped();
    let at = folder.path();
    let before = manifest(at);
    for (line, code, words) in [
        ("tenantry tenant add clinic-a --tier basic", 65, &["already"][..]),
        ("tenantry tenant add clinic-z --tier basik", 65, &["did you mean `basic`", "basic, premium"]),
        ("tenantry tenant add '../x' --tier basic", 65, &["`../x` can't be a tenant's id"]),
        ("tenantry tenant add 'no' --tier basic", 65, &["3 to 27 characters"]),
        ("tenantry tenant add 'clinic:a' --tier basic", 65, &["`:`"]),
        ("tenantry tenant add -- '-x' --tier basic", 64, &[]),
        ("tenantry tenant add clinic-z --tier basic --user nobody", 65, &["tenants.yaml:", "`nobody`"]),
        ("tenantry tenant add clinic-z --tier basic --user dr.chen@clinic-b.com", 65, &["dr.chen@clinic-b.com"]),
        ("tenantry tenant add clinic-z --tier basic --name \"$(printf 'a\\033[2Jb')\"", 65, &["\\u{1b}"]),
        ("tenantry tenant add clinic-z --tier basic --name ''", 65, &["nothing was written"]),
        ("tenantry tenant add clinic-z --tier basic --setting open", 64, &["KEY=VALUE"]),
        ("tenantry tenant add clinic-z --tier basic --setting a=1 --setting a=2", 64, &["given twice"]),
        ("tenantry tenant add clinic-z --tier basic --setting status=open", 65, &["status"]),
        ("tenantry tenant add clinic-z --tier basic --dry-run --apply", 64, &["--apply"]),
        ("tenantry tenant add clinic-z --tier basic --apply --sandbox </dev/null", 64, &["--yes", "nothing was written"]),
        ("tenantry tenant move clinic-aa --to premium", 65, &["did you mean `clinic-a`"]),
        ("tenantry tenant move clinic-a --to premum", 65, &["did you mean `premium`"]),
        ("tenantry tenant suspend clinik-b", 65, &["did you mean `clinic-b`"]),
        ("tenantry tenant show clinik-b --sandbox", 65, &["did you mean `clinic-b`"]),
        ("tenantry offboard hospitl-b --sandbox", 65, &["did you mean `hospital-b`"]),
        ("tenantry offboard '../x' --sandbox", 65, &["no tenant `../x`"]),
        ("tenantry tenant list --tier premum", 65, &["did you mean `premium`"]),
    ] {
        let printed = demands(at, line, code, words);
        assert_eq!(manifest(at), before, "`{line}` changed the manifest:\n{printed}");
        assert!(!printed.contains('\u{1b}'), "`{line}` printed what a terminal acts on:\n{printed}");
    }
}

#[test]
fn an_aws_that_is_out_of_reach_leaves_the_edit_and_says_how_to_plan() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry tenant suspend clinic-a", 0, &["Wrote tenants.yaml", "can't be told now", "Next: tenantry plan"]);
    assert!(manifest(at).contains("suspended: true"));
    demands(at, "tenantry tenant resume clinic-a --apply --yes", 77, &["the edit is in the manifest", "tenantry plan", "credentials"]);
    assert!(!manifest(at).contains("suspended"));
    // The commands that come next are typed for the same place.
    let printed =
        demands(at, "mv tenants.yaml 'a b.yaml'; tenantry tenant suspend clinic-a -f 'a b.yaml' --sandbox='s t.json'", 0, &["Next:"]);
    assert!(printed.ends_with("Next: tenantry apply -f 'a b.yaml' --sandbox='s t.json'\n"), "{printed}");
}

#[test]
fn files_of_every_sort_keep_what_they_are() {
    let folder = shipped();
    let at = folder.path();
    let path = at.join("tenants.yaml");
    let text = manifest(at);

    // A link stays one, and permissions stay.
    let real = at.join("real");
    std::fs::create_dir(&real).unwrap();
    std::fs::rename(&path, real.join("m.yaml")).unwrap();
    std::os::unix::fs::symlink("real/m.yaml", &path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    demands(at, "tenantry tenant suspend clinic-b --sandbox -q", 0, &[]);
    assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(manifest(at).contains("    suspended: true\n"));
    assert_eq!(std::fs::read_dir(&real).unwrap().count(), 1);
    demands(at, "tenantry tenant resume clinic-b --sandbox -q", 0, &[]);
    assert_eq!(manifest(at), text);

    // Nobody writes into a file that is not to be written.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    demands(at, "tenantry tenant suspend clinic-b --sandbox", 12, &["read-only", "nothing was written"]);
    assert_eq!(manifest(at), text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();

    // Line breaks of another system, and a last line without any.
    for odd in [text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
        std::fs::write(&path, &odd).unwrap();
        demands(at, "tenantry tenant add clinic-z --tier basic --sandbox -q; tenantry tenant suspend clinic-z --sandbox -q", 0, &[]);
        let now = manifest(at);
        assert!(
            now.starts_with(&odd) && now.matches('\r').count() == if odd.contains('\r') { now.matches('\n').count() } else { 0 },
            "{now}"
        );
        demands(at, "tenantry offboard clinic-z --sandbox -q", 0, &[]);
        assert_eq!(manifest(at), odd);
    }

    // What is wrong already is told with its place, and stays.
    let section = text.find("\ntenants:").unwrap();
    for (wrong, words) in [
        (text[..section + 1].to_owned(), "tenants: {}"),
        (format!("{text}  clinic-a:\n    tier: basic\n    name: Again\n"), "stands twice"),
        (text.replace("tier: premium", "tier: premum"), "premum"),
    ] {
        std::fs::write(&path, &wrong).unwrap();
        demands(at, "tenantry tenant add clinic-z --tier basic --sandbox", 65, &[words]);
        assert_eq!(manifest(at), wrong);
    }

    // Between brackets there is nothing that could be edited line by line.
    let flow = format!("{}\ntenants: {{ clinic-a: {{ tier: basic, name: A }} }}\n", &text[..section]);
    std::fs::write(&path, &flow).unwrap();
    demands(
        at,
        "tenantry tenant add clinic-z --tier basic --sandbox",
        65,
        &["tenants.yaml:", "brackets", "clinic-z:", "nothing was written"],
    );
    assert_eq!(manifest(at), flow);
    demands(at, "tenantry tenant suspend clinic-a --sandbox -q", 0, &["suspended: true"]);
    assert_eq!(manifest(at), flow.replace("tier: basic, name: A", "tier: basic, suspended: true, name: A"));

    // The first tenant of all.
    std::fs::write(&path, format!("{}\ntenants: {{}} # none\n", &text[..section])).unwrap();
    demands(at, "tenantry tenant add clinic-z --tier basic --sandbox -q", 0, &[]);
    assert!(manifest(at).ends_with("\ntenants: # none\n  clinic-z:\n    tier: basic\n    name: clinic-z\n"), "{}", manifest(at));
    let (printed, code) = shell(at, "tenantry tenant list");
    assert!(code == 0 && printed.contains("1 tenant with no users"), "{printed}");
}

/// Nothing of a tenant without users is to be deleted or shut, and still it leaves: in every form of the plan, once.
#[test]
fn a_tenant_that_leaves_is_a_line_of_the_plan_and_none_of_the_next() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &[]);
    let without = "awk '/^  clinic-d:/{skip=1; next} /^  [a-z]/{skip=0} !skip' tenants.yaml > t && mv t tenants.yaml";
    demands(at, without, 0, &[]);
    let words = [
        "× leave tenant clinic-d, tier basic",
        "attributes.status (none) -> \"left\"",
        "kept: documents under basic-tier/clinic-d/, its row; `--delete tenant:clinic-d` deletes that for good",
        "× 1 leaving tenant: clinic-d (tier basic)",
        "1 to leave",
    ];
    demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 2, &words);
    let plan: serde_json::Value = serde_json::from_str(&demands(at, "tenantry plan --sandbox -q --output json", 0, &[])).unwrap();
    assert_eq!((&plan["changes"][0]["action"], &plan["summary"]["tenants"]["leave"]), (&"leave".into(), &1.into()), "{plan:#}");
    demands(at, "tenantry plan --sandbox -q --output markdown", 0, &["× leave 1 tenant in tier basic", "1 to leave"]);
    demands(at, "tenantry plan --sandbox -q --output html", 0, &["</span>leave</span> clinic-d"]);
    demands(at, "tenantry status --sandbox -q", 0, &["not in the manifest; leaves with the next apply"]);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done: 1 step"]);
    demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 0, &["No changes", "tenant_row/tenant:clinic-d/clinic-config"]);
    demands(at, "tenantry offboard clinic-d --sandbox --delete-data --apply --confirm clinic-d -q", 0, &["- delete tenant clinic-d"]);
    let printed = demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 0, &["No changes"]);
    assert!(!printed.contains("clinic-d"), "{printed}");
}
