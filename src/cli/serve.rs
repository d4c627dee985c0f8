//! `jindou serve`.

use super::args::ServeArgs;
use super::{Failure, build, open, say};
use crate::http::assets::ASSETS;
use crate::http::{Server, serve};
use crate::plugin::Plugin;
use std::path::Path;
use tokio::net::TcpListener;

pub fn run(
    plugins: &'static [&'static Plugin],
    file: Option<&Path>,
    _args: &ServeArgs,
) -> Result<(), Failure> {
    let built = build(plugins, file)?;
    crate::log::start(&built.config.log).map_err(Failure)?;
    for warning in &built.config.warnings {
        tracing::warn!("{warning}");
    }
    let listen = built.config.listen;
    let workers = built.config.workers;
    let house = open(built)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if workers > 0 {
        runtime.worker_threads(workers);
    }
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                Failure(format!("P_LISTEN: {listen} is in use by another program"))
            }
            _ => Failure(format!("P_LISTEN: cannot listen on {listen}: {error}")),
        })?;
        let at = listener.local_addr()?;
        say(format_args!("http://{at}/m2/index.html      phones"));
        say(format_args!("http://{at}/web/store.html     staff"));
        say(format_args!("http://{at}/web/adm.html       administrator"));
        say(format_args!("http://{at}/api/initClient     the API"));
        serve(Server { listener, house, assets: ASSETS }, stopped()).await?;
        Ok(())
    })
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
