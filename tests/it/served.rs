//! AWS on a port while a test runs: our own sandbox, or moto.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::python;
use crate::scenarios::shell;

/// The key that requests are signed with; the judge checks signatures by it.
pub(crate) const SECRET: &str = "a-secret-for-tests";

/// A server that ends with the test.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // A server that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `tenantry sandbox serve` on a free port, with everything that goes over the wire written to the file.
pub(crate) fn sandbox(folder: &Path) -> (Served, PathBuf) {
    let record = folder.join("wire.jsonl");
    let mut serve = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    serve.args(["sandbox", "serve", "--port", "0", "--record"]).arg(&record).current_dir(folder);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("AWS_ENDPOINT_URL=").unwrap_or_else(|| panic!("the sandbox says `{line}`")).to_owned();
    (Served { child, url }, record)
}

/// moto's server on a free port.
pub(crate) fn moto() -> Served {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut serve = Command::new(python::programs().join("python"));
    serve.arg(python::here("tests/aws/moto_server.py")).arg(port.to_string());
    let child = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let served = Served { child, url: format!("http://127.0.0.1:{port}") };
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "moto's server does not listen on port {port}");
        std::thread::sleep(Duration::from_millis(100));
    }
    served
}

/// Runs a line with credentials and the given endpoints in its environment, and demands its exit code.
pub(crate) fn with(folder: &Path, endpoints: &[(&str, &str)], line: &str, code: i32) -> String {
    let mut variables = format!("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY={SECRET}");
    for (name, url) in endpoints {
        variables.push_str(&format!(" {name}={url}"));
    }
    let (printed, ended) = shell(folder, &format!("export {variables} PATH={}:$PATH; {line}", python::programs().display()));
    assert_eq!(ended, code, "`{line}` printed:\n{printed}");
    printed
}
