//! The files of the front ends, carried inside the binary with their compressed forms. Which address means
//! which file, and the headers, are the business of `page`.

/// One file as the build script found it.
#[derive(Debug)]
pub struct Asset {
    /// Without a slash in front, such as `web/store.html`.
    pub path: &'static str,
    pub mime: &'static str,
    /// Without quotes; the same for all three forms.
    pub etag: &'static str,
    /// A hash in the name: the content under this name never changes.
    pub immutable: bool,
    pub identity: &'static [u8],
    pub gzip: Option<&'static [u8]>,
    pub brotli: Option<&'static [u8]>,
}

// `ASSETS`, sorted by path.
include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file of that very path in a sorted list; no folder, no `..`, nothing from the disk.
pub fn find(list: &'static [Asset], path: &str) -> Option<&'static Asset> {
    list.binary_search_by(|asset| asset.path.cmp(path)).ok().map(|at| &list[at])
}

#[cfg(test)]
#[allow(dead_code, reason = "its main belongs to the build")]
#[path = "../../build.rs"]
mod build_script;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_build_lists_files_with_their_compressed_forms() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("web/store.html", "<html>"),
            ("assets/main-B4kf93_x.js", "js"),
            ("assets/main-B4kf93_x.js.br", "b"),
            ("assets/main-B4kf93_x.js.gz", "g"),
            ("assets/notes.gz", "alone"),
            ("logo.svg", "<svg>"),
            (".vite/manifest.json", "{}"),
        ] {
            let file = dir.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let text = build_script::list(dir.path()).unwrap().replace(&dir.path().display().to_string(), "");
        expect_test::expect![[r#"
            pub static ASSETS: &[Asset] = &[
                Asset { path: "assets/main-B4kf93_x.js", mime: "text/javascript; charset=UTF-8", etag: "16cedf80ade01c62bdd1ae93", immutable: true, identity: include_bytes!("/assets/main-B4kf93_x.js"), gzip: Some(include_bytes!("/assets/main-B4kf93_x.js.gz")), brotli: Some(include_bytes!("/assets/main-B4kf93_x.js.br")) },
                Asset { path: "assets/notes.gz", mime: "application/octet-stream", etag: "facf8b54e5c0b8c426bb1c4b", immutable: false, identity: include_bytes!("/assets/notes.gz"), gzip: None, brotli: None },
                Asset { path: "logo.svg", mime: "image/svg+xml", etag: "880485a05a519b27d5adda3e", immutable: false, identity: include_bytes!("/logo.svg"), gzip: None, brotli: None },
                Asset { path: "web/store.html", mime: "text/html; charset=UTF-8", etag: "b7d082ee12e91b756ea22e85", immutable: false, identity: include_bytes!("/web/store.html"), gzip: None, brotli: None },
            ];
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn without_front_ends_the_list_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let text = build_script::list(&dir.path().join("missing")).unwrap();
        assert_eq!(text, "pub static ASSETS: &[Asset] = &[\n];\n");
    }

    #[test]
    fn only_hashed_names_last_for_ever() {
        for (name, lasts) in [
            ("assets/main-B4kf93_x.js", true),
            ("assets/a-b-B4kf-3_x.css", true),
            ("assets/main.js", false),
            ("assets/main-short.js", false),
            ("web/main-B4kf93_x.html", false),
        ] {
            assert_eq!(build_script::hashed(name), lasts, "{name}");
        }
    }

    #[test]
    fn every_file_inside_is_found_by_its_path_alone() {
        for asset in ASSETS {
            assert!(std::ptr::eq(find(ASSETS, asset.path).unwrap(), asset), "{}", asset.path);
        }
        for path in ["", "/", "..", "web", "../Cargo.toml", "assets/../web/store.html"] {
            assert!(find(ASSETS, path).is_none(), "{path}");
        }
    }
}
