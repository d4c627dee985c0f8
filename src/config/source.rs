//! Where values come from: presets of a start mode, the file, the environment, the command line, the later
//! ones winning. Texts only; what they mean is decided by `load`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Written by deployments beside the program: its first line is the revision when no key says it.
const REVISION_FILE: &str = "revision.txt";

/// The file that is read when it exists and no other is named.
pub const DEFAULT_FILE: &str = "jindou.toml";

#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Other defaults, such as the demo's.
    pub presets: Vec<(String, String)>,
    /// Name and text of the file.
    pub file: Option<(String, String)>,
    pub env: BTreeMap<String, String>,
    /// From the command line.
    pub overrides: Vec<(String, String)>,
}

impl Sources {
    /// The process's environment and the named file, or `jindou.toml` when it is there.
    pub fn of_process(file: Option<&Path>) -> Result<Sources, Vec<String>> {
        let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let env = std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect();
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let file = match std::fs::read_to_string(path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound && file.is_none() => None,
            Err(reason) => return Err(vec![format!("configuration file {}: {reason}", path.display())]),
        };
        let revision = std::fs::read_to_string(REVISION_FILE).unwrap_or_default();
        let revision = revision.split_whitespace().next().map(str::to_owned);
        let presets = revision.map(|text| ("P_SERVER_REV".to_owned(), text)).into_iter().collect();
        Ok(Sources { presets, file, env, ..Sources::default() })
    }
}

/// Which of the sources a value came from, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    Preset,
    File(String),
    Environment,
    CommandLine,
}

impl Origin {
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Origin::Default => "default".into(),
            Origin::Preset => "preset".into(),
            Origin::File(name) => name.clone().into(),
            Origin::Environment => "environment".into(),
            Origin::CommandLine => "command line".into(),
        }
    }
}
