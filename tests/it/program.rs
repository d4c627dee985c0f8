//! The real program as a child, for tests of what it does as a process: signals, pipes, disks, ports.

use crate::kill::program;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Ended when it is dropped.
pub struct Program {
    pub child: Child,
    /// `127.0.0.1:1234`
    pub at: String,
}

impl Program {
    /// With its log in the file `log` of the folder.
    pub fn start(dir: &Path, settings: &[(&str, &str)]) -> Program {
        let log = std::fs::File::options().create(true).append(true).open(dir.join("log")).unwrap();
        Program::start_with(program(dir).envs(settings.iter().copied()), log.into())
    }

    pub fn start_with(command: &mut Command, log: Stdio) -> Program {
        let mut child = command.arg("serve").stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.next().unwrap_or_else(|| Ok(String::new())).unwrap();
        let at =
            said.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned();
        assert!(at.contains(':'), "no address in {said:?}; it ended with {:?}", child.try_wait());
        Program { child, at }
    }

    /// Status and body of a page.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.try_get(path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn try_get(&self, path: &str) -> Result<(u16, String), ureq::Error> {
        self.send("GET", path, &[], None)
    }

    /// A call as user 1, who need not exist.
    pub fn call(&self, target: &str, body: &Value) -> Value {
        let headers = [("x-daca-simple", "kill-test-key-1"), ("content-type", "application/json")];
        let (_, text) =
            self.send("POST", &format!("/api/{target}"), &headers, Some(body.to_string())).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<(u16, String), ureq::Error> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.at));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = match body {
            Some(body) => agent.run(request.body(body)?),
            None => agent.run(request.body(())?),
        }?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        until("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
