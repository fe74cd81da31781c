//! Documents: pushed once, kept in step, finished after an interruption, and refused where they would harm.

use std::path::Path;

use serde_json::Value;

use crate::scenarios::{demands, shell, shipped};

fn json(folder: &Path, line: &str, code: i32) -> Value {
    let printed = demands(folder, &format!("{line} -q --output json"), code, &[]);
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// A provisioned platform, and documents of clinic-a.
fn provisioned() -> tempfile::TempDir {
    let folder = shipped();
    demands(folder.path(), "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    let files = "mkdir -p docs/guides docs/leaflets/old; echo one > docs/guides/one.txt; echo two > docs/guides/two.md; \
                 echo three > docs/leaflets/old/three.csv; echo four > docs/four.pdf; echo x > docs/.hidden; \
                 echo '{\"metadataAttributes\": {\"year\": 2025}}' > docs/guides/two.md.metadata.json";
    demands(folder.path(), files, 0, &[]);
    folder
}

const PUSH: &str = "tenantry documents push clinic-a docs --sandbox";

#[test]
fn only_what_changed_is_pushed_and_read() {
    let folder = provisioned();
    let at = folder.path();
    demands(at, &format!("{PUSH} --dry-run"), 0, &["+ general/four.pdf", "Would upload 4 documents", "Would start an ingestion"]);
    demands(at, "tenantry documents status --sandbox", 0, &["clinic-a no documents", "no ingestion yet"]);
    let first = json(at, PUSH, 0);
    assert_eq!((&first["sent"]["documents"], &first["sent"]["sidecars"]), (&4.into(), &4.into()), "{first}");
    assert_eq!((&first["ingestion"]["job"]["status"], &first["ingestion"]["job"]["new"]), (&"COMPLETE".into(), &4.into()), "{first}");
    assert_eq!(first["left_out"][0], ".hidden");
    demands(at, "tenantry documents status clinic-a --sandbox", 0, &["4 documents", "ingested", "COMPLETE", "4 scanned"]);

    let same = json(at, PUSH, 0);
    assert_eq!((&same["unchanged"], &same["ingestion"]["state"]), (&4.into(), &"not_due".into()), "{same}");
    assert!(same["calls"].as_u64().unwrap() <= 7, "a push of nothing: {}", same["calls"]);

    // One document, and one sidecar alone.
    demands(
        at,
        "echo changed > docs/guides/one.txt; sed -i.old s/2025/2026/ docs/guides/two.md.metadata.json; rm docs/guides/*.old",
        0,
        &[],
    );
    let changed = json(at, PUSH, 0);
    assert_eq!((&changed["sent"]["documents"], &changed["sent"]["sidecars"]), (&1.into(), &1.into()), "{changed}");
    assert_eq!(changed["ingestion"]["job"]["modified"], 2, "{changed}");

    demands(at, "rm docs/four.pdf", 0, &[]);
    demands(at, PUSH, 0, &["Nothing to upload", "In S3 and not in `docs`", "general/four.pdf", "--delete"]);
    let deleted = json(at, &format!("{PUSH} --delete"), 0);
    assert_eq!((&deleted["deletes"], &deleted["ingestion"]["job"]["deleted"]), (&true.into(), &1.into()), "{deleted}");
    let stock = json(at, "tenantry documents status --sandbox", 0);
    let clinic = stock.pointer("/tiers/0/tenants/0").unwrap();
    assert_eq!((&clinic["id"], &clinic["documents"], &clinic["ingested"]), (&"clinic-a".into(), &3.into(), &true.into()), "{stock}");
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
}

/// Whoever moves to another tier leaves documents behind; once these are deleted, the old tier must no longer find them.
#[test]
fn what_was_deleted_is_forgotten_with_the_next_ingestion() {
    let folder = provisioned();
    let at = folder.path();
    json(at, PUSH, 0);
    demands(at, "sed -i '/^  clinic-a:/,/tier:/s/tier: basic/tier: premium/' tenants.yaml", 0, &[]);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry apply --sandbox --yes -q --delete prefix/tenant:clinic-a/basic", 0, &["Done"]);
    let read = json(at, "tenantry documents ingest tier:basic --sandbox", 0);
    assert_eq!((&read["job"]["status"], &read["job"]["deleted"]), (&"COMPLETE".into(), &4.into()), "{read}");
    demands(at, "tenantry documents ingest tenant:clinic-a --sandbox", 0, &["Ingestion", "of tier premium"]);
    demands(at, "tenantry documents ingest tier:gold --sandbox -q", 64, &["no tier `gold`", "basic, premium"]);
    demands(at, "tenantry documents ingest platform --sandbox -q", 64, &["name a tier or a tenant"]);
}

#[test]
fn what_is_wrong_is_said_at_once_and_nothing_is_uploaded() {
    let folder = provisioned();
    let at = folder.path();
    let wrong = "ln -s /etc/hostname docs/out.txt; ln -s .. docs/guides/up; true > docs/empty.txt; echo x > docs/program.exe; \
                 echo '{}' > docs/lost.txt.metadata.json; head -c 52428801 /dev/zero > docs/large.pdf; \
                 echo '{\"metadataAttributes\": {\"clinic_id\": \"clinic-b\"}}' > docs/guides/one.txt.metadata.json";
    let words =
        ["leads out of", "leads back", "is empty", "`exe`", "no document `lost.txt`", "51 MB", "`clinic_id` of this sidecar is `clinic-b`"];
    demands(at, &format!("{wrong}; {PUSH} -q"), 65, &words);
    demands(at, "tenantry documents status --sandbox -q", 0, &["clinic-a no documents"]);
    demands(at, "tenantry documents push clinic-z docs --sandbox -q", 64, &["no tenant `clinic-z`", "did you mean", "tenantry apply"]);
    demands(at, "tenantry documents push clinic-a gone --sandbox -q", 64, &["`gone` does not exist"]);
    demands(at, "mkdir none; tenantry documents push clinic-a none --delete --sandbox -q", 65, &["no document in this folder"]);
    let fresh = "mkdir good; echo x > good/a.txt; tenantry documents push clinic-a good --sandbox=fresh.json -q";
    demands(at, fresh, 1, &["not provisioned", "tenantry apply"]);
    demands(at, "tenantry documents status --sandbox=fresh.json -q", 0, &["not provisioned yet"]);
}

#[test]
fn the_next_push_finishes_what_one_left() {
    let folder = provisioned();
    let at = folder.path();
    // Killed at the fourth write: the memory, a sidecar, and what came next.
    demands(at, &format!("{PUSH} -q --jobs 1 --sandbox-faults kill=4"), 137, &[]);
    let finished = json(at, PUSH, 0);
    assert_eq!(finished["ingestion"]["job"]["new"], 4, "{finished}");
    assert_eq!(json(at, PUSH, 0)["ingestion"]["state"], "not_due");

    // An ingestion that was left out is not forgotten.
    demands(at, &format!("echo more > docs/guides/more.txt; {PUSH} --no-ingest -q"), 0, &["next push without --no-ingest"]);
    demands(at, "tenantry documents status clinic-a --sandbox -q", 0, &["5 documents"]);
    let late = json(at, PUSH, 0);
    assert_eq!((&late["sent"]["documents"], &late["ingestion"]["job"]["new"]), (&0.into(), &1.into()), "{late}");

    // Refused half-way, then allowed.
    demands(
        at,
        &format!("echo again > docs/guides/again.txt; {PUSH} -q --sandbox-faults denied=bedrock:StartIngestionJob"),
        77,
        &["StartIngestionJob"],
    );
    assert_eq!(json(at, PUSH, 0)["ingestion"]["job"]["new"], 1);
    demands(at, &format!("echo lost > docs/guides/lost.txt; {PUSH} -q --sandbox-faults lost=1"), 0, &["1 new"]);
}

#[test]
fn a_job_that_runs_already_is_waited_for_and_time_has_an_end() {
    let folder = provisioned();
    let at = folder.path();
    // Long enough that a busy machine comes to the next command meanwhile.
    let slow = "--sandbox-faults slow=10s";
    let short = "--jobs 1 --timeout 1s --sandbox-faults latency=200ms";
    demands(at, &format!("{PUSH} {short}"), 13, &["time limit", "documents were pushed; run the command again"]);
    demands(at, &format!("{PUSH} {slow} --timeout 1s"), 13, &["time limit", "documents status", "ingestion"]);
    // The first job still runs when this one begins.
    demands(at, &format!("{PUSH} --sandbox-faults slow=1s"), 0, &["waiting for ingestion", "COMPLETE"]);
}

#[test]
fn thousands_of_documents_cost_pages_once_they_are_there() {
    let folder = provisioned();
    let at = folder.path();
    demands(at, "mkdir docs/many; for n in $(seq 1 1500); do echo $n > docs/many/$n.txt; done", 0, &[]);
    let first = json(at, PUSH, 0);
    assert_eq!(first["sent"]["documents"], 1504, "{}", first["sent"]);
    let again = json(at, PUSH, 0);
    assert_eq!(again["unchanged"], 1504);
    assert!(again["calls"].as_u64().unwrap() <= 10, "{}", again["calls"]);
}

#[test]
fn a_push_may_be_killed_at_every_write() {
    let folder = provisioned();
    let at = folder.path();
    demands(at, &format!("{PUSH} -q"), 0, &["COMPLETE"]);
    for write in 1..=7 {
        let (printed, code) = shell(at, &format!("echo {write} > docs/guides/{write}.txt; {PUSH} -q --sandbox-faults kill={write}"));
        assert!(code == 137 || code == 0, "{write}: {printed}");
        demands(at, &format!("{PUSH} -q"), 0, &[]);
        let after = json(at, PUSH, 0);
        assert_eq!((&after["unchanged"], &after["ingestion"]["state"]), (&(4 + write).into(), &"not_due".into()), "{write}: {after}");
        let stock = json(at, "tenantry documents status clinic-a --sandbox", 0);
        assert_eq!(stock.pointer("/tiers/0/last_ingestion/scanned").unwrap(), 4 + write, "{write}: {stock}");
    }
}

#[test]
fn documents_that_bedrock_could_not_read_are_told_to_whom_they_are() {
    let folder = provisioned();
    let at = folder.path();
    demands(at, &format!("{PUSH} -q"), 0, &["COMPLETE"]);
    let (aws, _) = crate::served::sandbox(at);
    let run =
        |line: &str, code| crate::served::with(at, &[("AWS_ENDPOINT_URL", &aws.url), ("AWS_DEFAULT_REGION", "us-east-1")], line, code);
    run("echo x | aws s3 cp - s3://healthcare-basic-111122223333-us-east-1/basic-tier/clinic-b/old/program.exe", 0);
    let other = run("echo more > docs/guides/more.txt; tenantry documents push clinic-a docs -q", 0);
    assert!(other.contains("1 failed") && other.contains("None of the reasons is about a document of clinic-a"), "{other}");
    let own = run("tenantry documents push clinic-b docs -q", 13);
    assert!(own.contains("clinic-b/old/program.exe") && own.contains("--delete"), "{own}");
    let status = run("tenantry documents status -q", 0);
    assert!(status.contains("some failed in the last ingestion") && status.contains("program.exe"), "{status}");
    let mended = run("tenantry documents push clinic-b docs -q --delete", 0);
    assert!(mended.contains("Deleted 1 document") && !mended.contains("failed"), "{mended}");
}

#[test]
fn a_data_source_that_takes_anothers_place_reads_what_is_there() {
    let folder = provisioned();
    let at = folder.path();
    demands(at, &format!("{PUSH} -q"), 0, &["COMPLETE"]);
    demands(at, "sed -i.old 's/^    knowledge_base: {}/    knowledge_base: { chunk: { tokens: 200 } }/' tenants.yaml", 0, &[]);
    demands(
        at,
        "tenantry plan --sandbox -q",
        0,
        &["documents of tier basic are not found until the next `tenantry documents push --sandbox`"],
    );
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    let again = json(at, PUSH, 0);
    assert_eq!((&again["sent"]["documents"], &again["ingestion"]["job"]["new"]), (&0.into(), &4.into()), "{again}");
    assert_eq!(json(at, PUSH, 0)["ingestion"]["state"], "not_due");
}

#[test]
fn names_that_others_chose_reach_no_terminal_as_they_are() {
    let folder = provisioned();
    let at = folder.path();
    let (aws, _) = crate::served::sandbox(at);
    let run =
        |line: &str, code| crate::served::with(at, &[("AWS_ENDPOINT_URL", &aws.url), ("AWS_DEFAULT_REGION", "us-east-1")], line, code);
    run("tenantry apply --yes -q", 0);
    let key = "$(printf 'basic-tier/evil\\033[31m\\342\\200\\256/a.txt')";
    run(&format!("echo x > x; aws s3api put-object --bucket healthcare-basic-111122223333-us-east-1 --key \"{key}\" --body x"), 0);
    let status = run("tenantry documents status -q --color always", 0);
    assert!(status.contains(r"evil\u{1b}[31m\u{202e}"), "{status:?}");
    let sidecar = "d=$(printf 'docs/ev\\033[32mil'); mkdir \"$d\"; echo x > \"$d/a.txt\"; \
                   echo '{\"metadataAttributes\": {\"clinic_id\": \"clinic-b\"}}' > \"$d/a.txt.metadata.json\"";
    let found = run(&format!("{sidecar}; tenantry documents push clinic-a docs --color always"), 65);
    assert!(found.contains(r"ev\u{1b}[32mil/a.txt.metadata.json") && !found.contains("ev\u{1b}"), "{found:?}");
}
