//! Tasks of the developers: `cargo xtask`. Each subcommand is a module.

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
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Sim(options) => sim::run(&options),
    }
}
