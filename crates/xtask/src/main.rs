//! Tasks of the developers: `cargo xtask`. Each subcommand is a module.

mod compat;
mod sim;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the developers.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs the simulator over many seeds, or replays one.
    Sim(sim::Options),
    /// Writes docs/compatibility.md.
    Compat,
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Sim(options) => sim::run(&options),
        Task::Compat => compat::run(),
    }
}
