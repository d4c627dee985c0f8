//! A crowd that sends pictures at once, to the real program in a process of its own.

use crate::files_app::{FORM, form, packed, quarters};
use image::ImageFormat;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const CROWD: usize = 200;

struct Program {
    child: Child,
    address: String,
    dir: tempfile::TempDir,
}

impl Program {
    fn start() -> Program {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_jindou"))
            .arg("serve")
            .current_dir(dir.path())
            .env("P_LISTEN", "127.0.0.1:0")
            .env("P_TEST_MODE", "0")
            .env("P_PLUGINS", "upload")
            .env("P_AUTH_KEYS", r#"[{"authType":"simple","key":"only-for-tests"}]"#)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("http://"))).unwrap();
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        // It goes on talking; nobody listening would end it.
        std::thread::spawn(move || lines.for_each(drop));
        Program { child, address, dir }
    }

    /// The most memory it ever had, in MB.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    fn upload(&self, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST /api/upload?genThumb=1 HTTP/1.1\r\nHost: localhost\r\nX-Daca-Simple: only-for-tests\r\nContent-Type: {}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            FORM.1,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn two_hundred_at_once_in_bounded_memory() {
    let program = Program::start();
    let jpeg = packed(quarters(1600, 1200), ImageFormat::Jpeg);
    let text = vec![b'a'; 2 << 20];
    let body = form(&[("file1", "a.jpg", "image/jpeg", &jpeg), ("file2", "b.txt", "text/plain", &text)]);
    assert!(program.upload(&body).contains("\"thumbId\""));
    let before = program.peak();
    std::thread::scope(|scope| {
        for _ in 0..CROWD {
            scope.spawn(|| {
                let answer = program.upload(&body);
                assert!(answer.contains("\"thumbId\""), "{answer}");
            });
        }
    });
    // The bodies alone are 400 MB, the pictures unpacked another 1.1 GB.
    let peak = program.peak();
    assert!(peak < before + 256, "{before} MB before, {peak} MB at most");
    let data = program.dir.path().join("data");
    assert_eq!(std::fs::read_dir(data.join("incoming")).unwrap().count(), 0);
    let months: Vec<_> = std::fs::read_dir(data.join("upload")).unwrap().collect();
    let kept: usize =
        months.into_iter().map(|month| std::fs::read_dir(month.unwrap().path()).unwrap().count()).sum();
    assert_eq!(kept, (CROWD + 1) * 3);
}
