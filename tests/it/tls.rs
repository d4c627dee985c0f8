//! TLS by certificate files: what is spoken, what answers say, new certificates in the running server, faults.

use crate::app::TestApp;
use crate::kill::program;
use crate::program::{Program, read, until};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned, SupportedProtocolVersion,
    version,
};

pub const ENOUGH: Duration = Duration::from_secs(30);
pub type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A certificate for `localhost` in files.
pub struct Cert {
    pub dir: tempfile::TempDir,
    pub der: CertificateDer<'static>,
}

impl Cert {
    pub fn new() -> Cert {
        let dir = tempfile::tempdir().unwrap();
        let der = write(dir.path());
        Cert { dir, der }
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    pub fn app(&self, settings: &[(&str, &str)]) -> TestApp {
        let (cert, key) = (self.path("cert.pem"), self.path("key.pem"));
        let mut all = vec![("P_TLS_CERT", cert.as_str()), ("P_TLS_KEY", key.as_str())];
        all.extend_from_slice(settings);
        TestApp::with(&all)
    }
}

/// Makes a certificate, and puts it and its key into a folder as they would be renewed: one after the other.
fn write(dir: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(dir.join("key.pem"), KeyPair::serialize_pem(&signing_key)).unwrap();
    cert.der().clone()
}

pub fn client(trusted: &CertificateDer<'static>, protocols: &[&[u8]]) -> ClientConfig {
    client_of(trusted, protocols, &[&version::TLS13, &version::TLS12])
}

fn client_of(
    trusted: &CertificateDer<'static>,
    protocols: &[&[u8]],
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config
}

/// A connection whose handshake is done.
pub fn connect(at: SocketAddr, config: ClientConfig) -> io::Result<Stream> {
    let socket = TcpStream::connect(at)?;
    socket.set_read_timeout(Some(ENOUGH))?;
    socket.set_write_timeout(Some(ENOUGH))?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// What comes back on a connection that the request ends.
fn asked(at: SocketAddr, trusted: &CertificateDer<'static>, request: &str) -> String {
    let mut stream = connect(at, client(trusted, &[b"http/1.1"])).unwrap();
    write!(stream, "{request}\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // Some clients are told the end of TLS, others only that of the connection.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn every_answer_over_tls_asks_for_tls_alone_and_cookies_are_secure() {
    let cert = Cert::new();
    let app = cert.app(&[("P_TEST_MODE", "2")]);
    for (request, status) in [
        ("GET /api/initClient HTTP/1.1", "200"),
        ("GET /api/nothing HTTP/1.1", "200"),
        ("OPTIONS /api/initClient HTTP/1.1", "200"),
        ("HEAD /api/initClient HTTP/1.1", "200"),
        ("GET /m2/index.html HTTP/1.1", "200"),
        ("GET /nowhere HTTP/1.1", "404"),
        ("GET /healthz HTTP/1.1", "200"),
        ("GET /metrics HTTP/1.1", "200"),
        ("GET /api/initClient HTTP/1.1\r\nHost: other", "400"),
        ("POST /api/initClient HTTP/1.1\r\nContent-Length: 99999999", "200"),
    ] {
        let answer = asked(app.address, &cert.der, request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        let said = answer.to_ascii_lowercase().matches("\r\nstrict-transport-security: max-age=").count();
        assert_eq!(said, 1, "{request}: {answer}");
    }
    let answer = asked(app.address, &cert.der, "GET /api/login?uname=13800138000&code=080909 HTTP/1.1");
    let cookie = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie")).unwrap();
    assert!(cookie.ends_with("; Secure"), "{answer}");
}

#[test]
fn a_client_chooses_the_protocol_and_one_that_knows_neither_is_refused() {
    let cert = Cert::new();
    let app = cert.app(&[]);
    let chosen = |protocols: &[&[u8]]| {
        let stream = connect(app.address, client(&cert.der, protocols))?;
        io::Result::Ok(stream.conn.alpn_protocol().map(<[u8]>::to_vec))
    };
    assert_eq!(chosen(&[b"http/1.1", b"h2"]).unwrap().as_deref(), Some(&b"h2"[..]));
    assert_eq!(chosen(&[b"http/1.1"]).unwrap().as_deref(), Some(&b"http/1.1"[..]));
    assert_eq!(chosen(&[]).unwrap(), None);
    assert!(chosen(&[b"spdy/3"]).is_err());
    for (offered, spoken) in
        [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)]
    {
        let stream = connect(app.address, client_of(&cert.der, &[], &[offered])).unwrap();
        assert_eq!(stream.conn.protocol_version(), Some(spoken));
    }
    let other = Cert::new();
    assert!(connect(app.address, client(&other.der, &[])).is_err(), "another server's certificate");
}

#[test]
fn a_client_without_tls_is_told_what_to_use() {
    let cert = Cert::new();
    let app = cert.app(&[]);
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(ENOUGH)).unwrap();
    stream.write_all(b"GET /api/initClient HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.ends_with("use https: this port needs it\n"),
        "{answer}"
    );
    assert!(!answer.to_ascii_lowercase().contains("strict-transport"), "nobody listens to it without TLS");
}

/// Whether the server shows this certificate.
fn shows(at: SocketAddr, cert: &CertificateDer<'static>) -> bool {
    connect(at, client(cert, &[])).is_ok()
}

#[test]
fn files_that_change_are_taken_and_those_that_do_not_fit_are_not() {
    let (dir, cert) = (tempfile::tempdir().unwrap(), Cert::new());
    let files = [("P_TLS_CERT", cert.path("cert.pem")), ("P_TLS_KEY", cert.path("key.pem"))];
    let server = Program::start(dir.path(), &files.each_ref().map(|(name, value)| (*name, value.as_str())));
    let at: SocketAddr = server.at.parse().unwrap();
    let mut open = connect(at, client(&cert.der, &[b"http/1.1"])).unwrap();
    let renewed = write(cert.dir.path());
    until("the new certificate is shown", || shows(at, &renewed));
    assert!(!shows(at, &cert.der));
    // A connection that is open goes on.
    open.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = [0; 15];
    open.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    // Half a certificate, that of another key, none.
    let (other, half) = (Cert::new(), std::fs::read(cert.path("cert.pem")).unwrap());
    let refused = || read(&dir.path().join("log")).matches("the certificate in use stays").count();
    let keeps = |change: &dyn Fn()| {
        let before = refused();
        change();
        until("the fault is told", || refused() > before);
        assert!(shows(at, &renewed));
    };
    keeps(&|| std::fs::write(cert.path("cert.pem"), &half[..half.len() / 2]).unwrap());
    keeps(&|| assert!(std::fs::copy(other.path("cert.pem"), cert.path("cert.pem")).is_ok()));
    keeps(&|| std::fs::remove_file(cert.path("cert.pem")).unwrap());
    let last = write(cert.dir.path());
    until("the last certificate is shown", || shows(at, &last));
}

#[test]
fn sighup_takes_other_files() {
    let (dir, first, second) = (tempfile::tempdir().unwrap(), Cert::new(), Cert::new());
    let settings = dir.path().join("jindou.toml");
    let name = |cert: &str, key: &str| {
        std::fs::write(&settings, format!("tls_cert = \"{cert}\"\ntls_key = \"{key}\"\n")).unwrap();
    };
    name(&first.path("cert.pem"), &first.path("key.pem"));
    let log = std::fs::File::create(dir.path().join("log")).unwrap();
    let server = Program::start_with(program(dir.path()).env("P_LOG", "info"), Stdio::from(log));
    let at: SocketAddr = server.at.parse().unwrap();
    assert!(shows(at, &first.der));
    name(&first.path("cert.pem"), &second.path("key.pem"));
    server.signal("-HUP");
    until("the fault is told", || read(&dir.path().join("log")).contains("P_TLS_CERT, P_TLS_KEY: "));
    assert!(shows(at, &first.der));
    name(&second.path("cert.pem"), &second.path("key.pem"));
    server.signal("-HUP");
    until("the other certificate is shown", || shows(at, &second.der));
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_at_the_start_and_nothing_is_touched() {
    let (dir, cert, other) = (tempfile::tempdir().unwrap(), Cert::new(), Cert::new());
    let empty = dir.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let absent = PathBuf::from("/nonexistent/cert.pem").display().to_string();
    let (good, key) = (cert.path("cert.pem"), cert.path("key.pem"));
    for (cert, key, said) in [
        (good.as_str(), "", "P_TLS_KEY is missing"),
        ("", key.as_str(), "P_TLS_CERT is missing"),
        (absent.as_str(), key.as_str(), "P_TLS_CERT: /nonexistent/cert.pem: "),
        (good.as_str(), absent.as_str(), "P_TLS_KEY: /nonexistent/cert.pem: "),
        (empty.to_str().unwrap(), key.as_str(), "there is no certificate in it"),
        (good.as_str(), good.as_str(), "P_TLS_KEY: "),
        (good.as_str(), other.path("key.pem").as_str(), "P_TLS_CERT, P_TLS_KEY: "),
    ] {
        let mut command = program(dir.path());
        let ended = command.env("P_TLS_CERT", cert).env("P_TLS_KEY", key).arg("serve").output().unwrap();
        let text = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && text.contains(said), "{cert} {key}: {text}");
        assert!(!dir.path().join("kill.db").exists());
    }
}

#[test]
fn open_handshakes_and_idle_connections_do_not_hold_the_end_of_the_server() {
    let (dir, cert) = (tempfile::tempdir().unwrap(), Cert::new());
    let settings = [
        ("P_TLS_CERT", cert.path("cert.pem")),
        ("P_TLS_KEY", cert.path("key.pem")),
        ("P_GRACE", "60s".into()),
    ];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut server = Program::start(dir.path(), &settings);
    let at: SocketAddr = server.at.parse().unwrap();
    let _silent = TcpStream::connect(at).unwrap();
    let mut begun = TcpStream::connect(at).unwrap();
    begun.write_all(&[22, 3, 1, 2, 0]).unwrap();
    let _idle = connect(at, client(&cert.der, &[b"http/1.1"])).unwrap();
    let _idle_h2 = connect(at, client(&cert.der, &[b"h2"])).unwrap();
    server.signal("-TERM");
    let told = std::time::Instant::now();
    assert_eq!(server.ended().code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
    assert!(!read(&dir.path().join("log")).contains("did not end in time"));
}
