//! `--help` and `--version`, made from the table of parameters.

use clap::{Arg, ArgAction, Command};

use super::param::Effect;
use super::param::{IntForm, Kind, Param};
use super::table::params;

/// What the command line asks to be shown, if that is all it does.
pub(super) fn show(args: &[String]) -> Option<String> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["--help" | "-h"] => Some(command().render_long_help().to_string()),
        ["--version" | "-v" | "-V"] => Some(command().render_version()),
        ["--completions", shell] => completions(shell),
        _ => None,
    }
}

/// A script that completes parameters in a shell.
fn completions(shell: &str) -> Option<String> {
    let shell: clap_complete::Shell = shell.parse().ok()?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "anax", &mut script);
    String::from_utf8(script).ok()
}

/// The command line as clap knows it: Anax's own parameters and those of Redis that have an effect.
pub fn command() -> Command {
    Command::new("anax")
        .version(env!("CARGO_PKG_VERSION"))
        .about("An in-memory data store that speaks the Redis protocol and uses every core")
        .override_usage("anax [/path/to/redis.conf] [--name value ...] [-]")
        .arg(Arg::new("file").help("Configuration file, as redis-server takes it").required(false))
        .args(params().filter(|param| !matches!(param.effect, Effect::None)).map(|param| {
            let arg = Arg::new(param.name).long(param.name).value_name(value_name(param)).help(param.help);
            let arg = arg.default_value(param.default).action(ArgAction::Set);
            if let Kind::Enum(names) = param.kind { arg.value_parser(names.to_vec()) } else { arg }
        }))
        .after_help(
            "Every parameter of redis.conf is taken, in the file or as --name value; `CONFIG GET *` lists them. \
             A first or last word - reads more of the configuration from the standard input. \
             `anax --completions bash` (or zsh, fish, elvish, powershell) prints a script for that shell.",
        )
}

fn value_name(param: &Param) -> &'static str {
    match param.kind {
        Kind::Flag => "yes|no",
        Kind::Enum(_) => "word",
        Kind::Int(int) => match int.form {
            IntForm::Decimal => "number",
            IntForm::Octal => "octal",
            IntForm::Memory | IntForm::MemoryOrPercent => "bytes",
        },
        Kind::Text => "text",
        Kind::Events => "letters",
        Kind::Bits(_) | Kind::Checked(..) => "word ...",
        Kind::OutputLimits => "class hard soft seconds",
    }
}
