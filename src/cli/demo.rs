//! `jindou serve --demo`: a database of its own on this machine alone, with data and made-up logins that are
//! shown once.

use super::{Failure, say};
use crate::demo::{Demo, DemoLogin};
use crate::server::Server;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Settings of the demo: they win over the environment, so that no real database is ever touched.
pub struct Settings {
    pub overrides: Vec<(String, String)>,
    /// Where the administrator's credential is kept.
    pub cred_file: PathBuf,
    /// There is no demo yet.
    pub first: bool,
    /// A file that is there while the data is made.
    unfinished: PathBuf,
}

/// `given` are the settings as they would be without the demo.
pub fn settings(given: &crate::config::Config) -> Result<Settings, Failure> {
    let folder = given.data.join("demo");
    std::fs::create_dir_all(&folder).map_err(|e| Failure(format!("P_DATA: {}: {e}", folder.display())))?;
    let cred_file = folder.join("admin.cred");
    let set = |name: &str, value: String| (name.to_owned(), value);
    let db = given.data.join("demo.db");
    let (first, unfinished) = (!db.exists(), folder.join("unfinished"));
    if !first && unfinished.exists() {
        return Err(Failure(format!(
            "the demo's data is being made by another server, or its making was interrupted: remove {} to start anew",
            db.display()
        )));
    }
    let mut overrides = vec![
        set("P_DB", db.display().to_string()),
        set("P_DATA", folder.display().to_string()),
        set("P_LISTEN", loopback(given.listen).to_string()),
        // On this machine nobody listens in, and no certificate names it.
        set("P_TLS_CERT", String::new()),
        set("P_TLS_KEY", String::new()),
        set("P_MOCK_MODE", simulated(given)),
        set("P_INIT_CLIENT", told(given)),
    ];
    if given.admin.is_none() {
        overrides.push(set("P_ADMIN_CRED", credential(&cred_file)?));
    }
    Ok(Settings { overrides, cred_file, first, unfinished })
}

/// Without a service for text messages people log in by the codes that the terminal shows.
fn simulated(given: &crate::config::Config) -> String {
    match given.mock.header() {
        None => "sms".to_owned(),
        Some(mode) if mode == "1" || given.mock.covers("sms") => mode,
        Some(names) => format!("{names},sms"),
    }
}

/// Clients learn that the data is made up: their pages then say what there is to try.
fn told(given: &crate::config::Config) -> String {
    let mut told = given.init_client.clone();
    told.insert("demo".to_owned(), 1.into());
    serde_json::Value::Object(told).to_string()
}

/// Shows a simulated message.
pub fn show_message(text: &str) {
    say(format_args!("simulated SMS: {text}"));
}

fn loopback(listen: SocketAddr) -> SocketAddr {
    match listen.ip().is_loopback() {
        true => listen,
        false => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listen.port()),
    }
}

/// The one made at the first start; only the owner of the file may read it.
fn credential(file: &Path) -> Result<String, Failure> {
    let bad = |e: std::io::Error| Failure(format!("{}: {e}", file.display()));
    match std::fs::read_to_string(file) {
        Ok(text) if text.contains(':') => return Ok(text.trim().to_owned()),
        Ok(_) => std::fs::remove_file(file).map_err(bad)?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(bad(e)),
    }
    let made = format!("admin:{}", Demo::password()?);
    let mut to =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(bad)?;
    writeln!(to, "{made}").map_err(bad)?;
    Ok(made)
}

/// Lets every plugin add its data; gives the logins that were made.
pub fn fill(server: &Arc<Server>, runtime: &Runtime, settings: &Settings) -> Result<Vec<DemoLogin>, Failure> {
    let bad = |e: std::io::Error| Failure(format!("{}: {e}", settings.unfinished.display()));
    if settings.first {
        say(format_args!("making the data of the demo: some seconds"));
        std::fs::write(&settings.unfinished, "").map_err(bad)?;
    }
    let mut demo = Demo::new(server, runtime);
    for plugin in &server.env.registry.plugins {
        if let Some(make) = plugin.demo {
            make(&mut demo)?;
        }
    }
    if settings.first {
        std::fs::remove_file(&settings.unfinished).map_err(bad)?;
    }
    let mut logins = std::mem::take(&mut demo.logins);
    if let Some(admin) = server.env.config.admin.as_ref().filter(|_| !logins.is_empty()) {
        logins.push(DemoLogin { who: "admin", uname: admin.user.clone(), pwd: admin.password.clone() });
    }
    Ok(logins)
}

/// The addresses and, the first time, the logins: in a box that is hard to miss.
pub fn announce(at: SocketAddr, logins: &[DemoLogin], cred_file: &Path) {
    let mut lines = vec![
        format!("phones         http://{at}/m2/index.html"),
        format!("staff          http://{at}/web/store.html"),
        format!("administrator  http://{at}/web/adm.html"),
        String::new(),
    ];
    for DemoLogin { who, uname, pwd } in logins {
        lines.push(format!("{who:<14} {uname:<14} {pwd}"));
    }
    match logins.is_empty() {
        true => lines.push("the logins were shown at the first start".to_owned()),
        false => lines.push("shown this once; remove the folder to start anew".to_owned()),
    }
    lines.push(format!("the administrator's is kept in {}", cred_file.display()));
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let bar = "─".repeat(width + 2);
    say(format_args!("┌{bar}┐"));
    for line in lines {
        say(format_args!("│ {line:<width$} │"));
    }
    say(format_args!("└{bar}┘"));
}
