//! `anax`: the server's process. It reads the configuration, listens, starts one thread a core and waits for the end.
//!
//! ```text
//! main thread = control: signals, SHUTDOWN, ended cores, samples        (control.rs)
//!   ├─ anax-0 … anax-N   one core each: reactor + frontend + shard      (cores.rs, service.rs)
//!   ├─ storage           writes and reads files of data                 (storage.rs)
//!   ├─ parcel            one each while keys go to another server      (links.rs)
//!   ├─ log-writer        writes the append-only log                     (log_writer.rs)
//!   └─ signals           turns signals into messages for the control    (control.rs)
//! ```
//!
//! Only this crate knows both the sockets (`reactor`) and the protocol (`frontend`).

mod check_aof;
mod check_rdb;
mod control;
mod cores;
mod daemon;
mod links;
mod listen;
mod loading;
mod loading_parts;
mod log_pairs;
mod log_sink;
mod log_volume;
mod log_writer;
mod logging;
mod process;
mod service;
mod start;
mod storage_thread;

use std::process::ExitCode;

use frontend::Config;
use frontend::config::ConfigError;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    if let [word, file] = args.as_slice()
        && word == "check-rdb"
    {
        return said(check_rdb::check(file.as_ref()));
    }
    if let [word, rest @ ..] = args.as_slice()
        && word == "check-aof"
    {
        let (flags, paths): (Vec<&String>, Vec<&String>) = rest.iter().partition(|arg| arg.starts_with("--"));
        let fix = flags.iter().any(|flag| *flag == "--fix");
        if let ([path], true) = (paths.as_slice(), flags.len() == usize::from(fix)) {
            return said(check_aof::check(path.as_ref(), fix, check_aof::ask));
        }
        eprintln!("usage: anax check-aof [--fix] FOLDER|MANIFEST");
        return ExitCode::FAILURE;
    }
    let config = match Config::from_args(&args) {
        Ok(config) => config,
        Err(ConfigError::Show(text)) => {
            println!("{}", text.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("anax: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = logging::check(&config) {
        eprintln!("anax: {error}");
        return ExitCode::FAILURE;
    }
    if let Some(done) = daemon::into_background(&config) {
        return done;
    }
    serve(config).unwrap_or_else(|error| {
        eprintln!("anax: {error}");
        ExitCode::FAILURE
    })
}

/// What a tool says at its end.
fn said(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(found) => {
            println!("{found}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until the end.
///
/// # Errors
/// What stands in the way before there is a log. What comes later is in the log.
fn serve(config: Config) -> Result<ExitCode, String> {
    std::env::set_current_dir(config.in_dir("")).map_err(|error| format!("can't enter `dir`: {error}"))?;
    let log_level = logging::start(&config)?;
    logging::abort_on_panic();
    sys::memory::tune();
    let result = start::start(config, log_level).and_then(control::Server::run);
    let code = match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    };
    logging::finish();
    Ok(code)
}
