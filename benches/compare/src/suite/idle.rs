//! `idle`: resident bytes of a connection that does nothing.

use anyhow::{Context, Result, ensure};

use super::{CLIENTS_SPARE, Options, Suite};
use crate::info::Client;
use crate::proc::raise_open_files;
use crate::report::{Report, Table, grouped};
use crate::server::Server;

pub(super) const SUITE: Suite = Suite { name: "idle", about: "resident bytes of an idle connection", run };

fn run(options: &Options) -> Result<Report> {
    let files = usize::try_from(raise_open_files()).unwrap_or(usize::MAX);
    let count = options.idle_connections.min(files.saturating_sub(2 * CLIENTS_SPARE));
    ensure!(count > 0, "too few files may be open: {files}");
    let head = ["server", "connections", "before KiB", "silent ones, bytes each", "after a PING, bytes each"];
    let mut table = Table::new(&head);
    let mut servers = Vec::new();
    for candidate in &options.candidates {
        options.say(&format!("{count} idle connections to {}", candidate.name));
        let server = Server::start(candidate, &options.setting(1))?;
        let before = server.settled_rss_bytes(options.settle)? as f64;
        let connect = || server.client();
        let mut clients: Vec<Client> =
            (0..count).map(|_| connect()).collect::<Result<_>>().context("connecting an idle client")?;
        // The last to connect is answered only after all the others were accepted.
        clients.last_mut().context("no connection")?.ping()?;
        let silent = server.settled_rss_bytes(options.settle)? as f64;
        clients.iter_mut().try_for_each(Client::ping).context("a PING on each connection")?;
        let spoken = server.settled_rss_bytes(options.settle)? as f64;
        let each = |after: f64| grouped((after - before) / count as f64);
        let row = [count.to_string(), grouped(before / 1024.0), each(silent), each(spoken)];
        table.rows.push([candidate.name.clone()].into_iter().chain(row).collect());
        servers.push(server.description().to_owned());
    }
    Ok(Report {
        title: "Memory of an idle connection".to_owned(),
        method: format!(
            "{count} connections opened one after the other; resident size of the server process once it is stable, \
             first with connections that never spoke, then after one PING each. Kernel memory is not in it."
        ),
        servers,
        tables: vec![("Less is better.".to_owned(), table)],
        notes: Vec::new(),
    })
}
