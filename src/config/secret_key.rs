//! The secret behind pseudo-uuids: from `P_ENC_KEY`, or made once and kept in the data folder.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

const FILE: &str = "secret.key";
const LENGTH: usize = 32;

/// The configured text, or the key of the data folder, which is made when it is not there yet. Two processes
/// that start together get the same one.
pub fn secret_key(configured: &str, data: &Path) -> Result<Vec<u8>, String> {
    if !configured.is_empty() {
        return Ok(configured.as_bytes().to_vec());
    }
    let path = data.join(FILE);
    let told = |what: &str, reason: std::io::Error| format!("{what} {}: {reason}", path.display());
    match fs::read_to_string(&path) {
        Ok(text) => return check(text, &path),
        Err(reason) if reason.kind() == ErrorKind::NotFound => {}
        Err(reason) => return Err(told("cannot read", reason)),
    }
    fs::create_dir_all(data).map_err(|reason| told("cannot make the folder of", reason))?;
    // Written aside and moved into place without overwriting, so that nobody ever reads half a key.
    let aside = data.join(format!("{FILE}.{}", crate::id::token()));
    let moved = write(&aside).and_then(|()| fs::hard_link(&aside, &path));
    let _ = fs::remove_file(&aside);
    match moved {
        Err(reason) if reason.kind() != ErrorKind::AlreadyExists => Err(told("cannot write", reason)),
        _ => check(fs::read_to_string(&path).map_err(|reason| told("cannot read", reason))?, &path),
    }
}

/// The key of the data folder, if there is one.
pub fn stored_key(data: &Path) -> Result<Option<Vec<u8>>, String> {
    let path = data.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => check(text, &path).map(Some),
        Err(reason) if reason.kind() == ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(format!("cannot read {}: {reason}", path.display())),
    }
}

fn write(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(crate::id::hex_token().as_bytes())?;
    file.sync_all()
}

fn check(text: String, path: &Path) -> Result<Vec<u8>, String> {
    let key = text.trim().as_bytes();
    if key.len() >= LENGTH {
        return Ok(key.to_vec());
    }
    Err(format!("{} holds no key; restore it from a backup, or remove it to get a new one", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_stays_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let key = secret_key("", &data).unwrap();
        assert_eq!(key.len(), LENGTH);
        assert_eq!(secret_key("", &data).unwrap(), key);
        assert_eq!(secret_key("chosen", &data).unwrap(), b"chosen");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(data.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn processes_that_start_together_agree() {
        let dir = tempfile::tempdir().unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| secret_key("", dir.path()).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "short").unwrap();
        let fault = secret_key("", dir.path()).unwrap_err();
        assert!(fault.contains("secret.key") && fault.contains("backup"), "{fault}");
        assert_eq!(fs::read_to_string(dir.path().join(FILE)).unwrap(), "short");
    }
}
