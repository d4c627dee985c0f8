//! `jindou serve`.

use super::args::ServeArgs;
use super::build::{build_over, open};
use super::{Failure, build, complain, demo, say};
use crate::db::FileId;
use crate::http::assets::ASSETS;
use crate::http::{Server, serve};
use crate::jobs::scheduler::Scheduler;
use crate::plugin::Plugin;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub fn run(
    plugins: &'static [&'static Plugin],
    file: Option<&Path>,
    args: &ServeArgs,
) -> Result<(), Failure> {
    let mut built = build(plugins, file)?;
    let mut cred_file = None;
    if args.demo {
        let settings = demo::settings(&built.config)?;
        built = build_over(plugins, file, settings.overrides)?;
        cred_file = Some(settings.cred_file);
    }
    crate::log::start(&built.config.log).map_err(Failure)?;
    for warning in &built.config.warnings {
        tracing::warn!("{warning}");
    }
    if built.config.text("P_AUDIT_WITNESS") == "log" && !tracing::enabled!(tracing::Level::INFO) {
        tracing::warn!("P_AUDIT_WITNESS=log: P_LOG leaves out the lines that witness the audit chain");
    }
    let listen = built.config.listen;
    let runtime = runtime(built.config.workers)?;
    // Before the database is touched: a second server on the port must not disturb the first.
    let listener = runtime.block_on(bind(listen))?;
    let at = listener.local_addr()?;
    let house = open(built)?;
    // Before anybody knows that there is a server.
    watch_database(house.db.path())?;
    match &cred_file {
        Some(cred_file) => {
            house.env.show_messages(demo::show_message);
            demo::announce(at, &demo::fill(&house, &runtime)?, cred_file);
        }
        None => addresses(at),
    }
    let _scheduler = Scheduler::start(house.clone())?;
    runtime.block_on(serve(Server { listener, house, assets: ASSETS }, stopped()))?;
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

fn addresses(at: SocketAddr) {
    say(format_args!("http://{at}/m2/index.html      phones"));
    say(format_args!("http://{at}/web/store.html     staff"));
    say(format_args!("http://{at}/web/adm.html       administrator"));
    say(format_args!("http://{at}/api/initClient     the API"));
}

/// How often to look whether the database is still the file that was opened.
const LOOK: Duration = Duration::from_secs(2);

/// Ends the program when another file has taken the place of the database: what it would acknowledge from then on goes
/// into a file that nobody finds.
fn watch_database(path: &Path) -> Result<(), Failure> {
    let (path, opened) = (path.to_owned(), FileId::of(path)?);
    let look = move || {
        while !opened.has_left(&path) {
            std::thread::sleep(LOOK);
        }
        let path = path.display();
        tracing::error!("P_DB: {path} was replaced or removed under the server, which ends without writing");
        complain(&format!("P_DB: the database {path} was replaced or removed under the server"));
        std::process::exit(1);
    };
    std::thread::Builder::new().name("database-watch".into()).spawn(look)?;
    Ok(())
}

/// SIGTERM or Ctrl-C.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping");
}
