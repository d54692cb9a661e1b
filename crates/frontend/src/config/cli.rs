//! `--help` and `--version`, made from the table of parameters.

use clap::{Arg, ArgAction, Command};

use super::param::Effect;
use super::param::{IntForm, Kind, Param};
use super::table::params;

/// What a lone word of the command line asks to be shown, if it does.
pub(super) fn show(word: &str) -> Option<String> {
    match word {
        "--help" | "-h" => Some(command().render_long_help().to_string()),
        "--version" | "-v" | "-V" => Some(command().render_version()),
        _ => None,
    }
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
             A last word - reads more of the configuration from the standard input.",
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
        Kind::Words | Kind::Bits(_) | Kind::Checked(..) => "word ...",
        Kind::OutputLimits => "class hard soft seconds",
    }
}
