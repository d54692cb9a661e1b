//! The keys of any command, for COMMAND GETKEYS.

use base::Args;
use commands::meta::{Flag, KeyFlags};
use commands::{CmdError, CommandTable};

/// The keys among the words of a command, with what happens to them.
pub(super) fn find<'a>(table: &CommandTable, args: Args<'a>) -> Result<Vec<(&'a [u8], KeyFlags)>, CmdError> {
    let unknown = || CmdError::text_of("ERR Invalid command specified");
    let mut id = table.find(args.arg(0)).ok_or_else(unknown)?;
    if table.is_container(id) && args.len() > 1 {
        id = table.find_subcommand(id, args.arg(1)).ok_or_else(unknown)?;
    }
    let meta = table.spec(id).meta;
    if meta.key_specs.is_empty() {
        return Err(CmdError::text_of("ERR The command has no key arguments"));
    }
    if !meta.takes(args.len()) {
        return Err(CmdError::text_of("ERR Invalid number of arguments specified for command"));
    }
    match meta.keys(args) {
        Some(keys) if !keys.is_empty() || meta.flags.contains(Flag::NoMandatoryKeys) => {
            Ok(keys.into_iter().map(|key| (args.arg(key.at), key.flags)).collect())
        }
        _ => Err(CmdError::text_of("ERR Invalid arguments specified for command")),
    }
}
