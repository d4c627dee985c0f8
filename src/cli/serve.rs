//! `jindou serve`.

use super::args::ServeArgs;
use super::build::{build_over, log_settings, open};
use super::reload::Reloader;
use super::signals::Signals;
use super::{Failure, build, database_watch, demo, limits, say, supervisor};
use crate::http::assets::ASSETS;
use crate::http::tls::Tls;
use crate::http::{HttpServer, serve};
use crate::plugin::Plugin;
use crate::server::Server;
use crate::workers::Workers;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub fn run(
    plugins: &'static [&'static Plugin],
    file: Option<&Path>,
    args: &ServeArgs,
) -> Result<(), Failure> {
    let mut built = build(plugins, file)?;
    let (mut demo_settings, mut overrides) = (None, Vec::new());
    if args.demo {
        let settings = demo::settings(&built.config)?;
        overrides = settings.overrides.clone();
        built = build_over(plugins, file, overrides.clone())?;
        demo_settings = Some(settings);
    }
    crate::log::start(&log_settings(&built.config)).map_err(Failure)?;
    for warning in &built.config.warnings {
        tracing::warn!("{warning}");
    }
    if built.config.text("P_AUDIT_WITNESS") == "log" && !tracing::enabled!(tracing::Level::INFO) {
        tracing::warn!("P_AUDIT_WITNESS=log: P_LOG leaves out the lines that witness the audit chain");
    }
    let scheme = if Tls::of(&built.config).map_err(Failure)?.is_some() { "https" } else { "http" };
    let listen = built.config.listen;
    limits::raise_descriptors();
    let runtime = runtime(built.config.workers)?;
    let signals = Signals::catch(&runtime)?;
    runtime.block_on(async { limits::outlive_large_files() });
    // Before the database is touched: a second server on the port must not disturb the first.
    let listener = runtime.block_on(bind(listen))?;
    let at = listener.local_addr()?;
    let server = open(built)?;
    limits::keep_temporary_files_beside(server.db.path());
    // Before anybody knows that there is a server.
    let ending = Arc::new(AtomicBool::new(false));
    database_watch::watch(server.clone(), ending.clone())?;
    match &demo_settings {
        Some(settings) => {
            server.env.show_messages(demo::show_message);
            demo::announce(at, &demo::fill(&server, &runtime, settings)?, &settings.cred_file);
        }
        None => addresses(scheme, at, &server),
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"), address = %at, database = %server.db.path().display(),
        pid = std::process::id(), "serving"
    );
    let workers = Arc::new(Workers::start(server.clone())?);
    let halting = workers.clone();
    let config = server.env.config.clone();
    let file = file.map(Path::to_owned);
    let reloader = Reloader { plugins, file, overrides, server: server.clone(), config };
    let stopped = async move {
        signals.until_stopped(reloader).await;
        ending.store(true, Ordering::SeqCst);
        halting.halt();
    };
    supervisor::ready(&runtime);
    runtime.block_on(serve(HttpServer { listener, server, assets: ASSETS }, stopped))?;
    Ok(())
}

fn runtime(workers: usize) -> Result<Runtime, Failure> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if workers > 0 {
        runtime.worker_threads(workers);
    }
    Ok(runtime.enable_all().build()?)
}

async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure(format!("P_LISTEN: {listen} is in use by another program")),
        _ => Failure(format!("P_LISTEN: cannot listen on {listen}: {error}")),
    })
}

fn addresses(scheme: &str, at: SocketAddr, server: &Server) {
    say(format_args!("{scheme}://{at}/m2/index.html      phones"));
    say(format_args!("{scheme}://{at}/web/store.html     staff"));
    say(format_args!("{scheme}://{at}/web/adm.html       administrator"));
    say(format_args!("{scheme}://{at}/api/initClient     the API"));
    if std::io::stdout().is_terminal() {
        say(format_args!("database {}", server.db.path().display()));
        say(match &server.env.config.admin {
            Some(admin) => format!("the administrator logs in as {}", admin.user),
            None => "there is no administrator: P_ADMIN_CRED=name:password makes one".into(),
        });
    }
}
