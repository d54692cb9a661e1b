//! Which arguments of a command are keys, by the key specifications of its metadata: for COMMAND GETKEYS.

use base::Args;
use base::num::parse_i64;
use commands::meta::{Begin, Find, KeyFlag, KeyFlags, KeySpec, Meta};
use commands::{CmdError, CommandTable};

/// Most keys that are looked for where a command counts them itself.
const KEYS_MAX: i64 = 1 << 20;

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
    let mut keys = Vec::new();
    for spec in meta.key_specs {
        let flags = flags_of(meta, spec, args);
        for at in
            positions(spec, args).ok_or(CmdError::text_of("ERR Invalid arguments specified for command"))?
        {
            keys.push((args.arg(at), flags));
        }
    }
    Ok(keys)
}

/// What happens to the keys of a specification. With SET it depends on an option.
fn flags_of(meta: &Meta, spec: &KeySpec, args: Args<'_>) -> KeyFlags {
    if !spec.flags.contains(KeyFlag::VariableFlags) || meta.name != "set" {
        return spec.flags;
    }
    if args.tail(3).iter().any(|arg| arg.eq_ignore_ascii_case(b"get")) {
        KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])
    } else {
        KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update])
    }
}

/// The positions of the keys that a specification finds; `None` where the arguments don't make sense.
fn positions(spec: &KeySpec, args: Args<'_>) -> Option<Vec<usize>> {
    let len = i64::try_from(args.len()).ok()?;
    let begin = match spec.begin {
        Begin::Index(index) => i64::from(index),
        Begin::Keyword(word, from) => {
            let is_word = |&at: &i64| {
                let arg = usize::try_from(at).map_or(&[][..], |at| args.arg(at));
                arg.eq_ignore_ascii_case(word.as_bytes())
            };
            let found = if from >= 0 {
                (i64::from(from)..len).find(is_word)
            } else {
                (1..=len + i64::from(from)).rev().find(is_word)
            };
            match found {
                Some(at) => at + 1,
                None => return Some(Vec::new()),
            }
        }
        Begin::Unknown => return Some(Vec::new()),
    };
    let (first, last, step) = match spec.find {
        Find::Range { last, step, limit } => {
            let last = match (last, limit) {
                (-1, 2..) => begin + (len - begin) / i64::from(limit) - 1,
                (..0, _) => len + i64::from(last),
                _ => begin + i64::from(last),
            };
            (begin, last, i64::from(step).max(1))
        }
        Find::KeyNum { at, first, step } => {
            let count = args.get(usize::try_from(begin + i64::from(at)).ok()?).and_then(parse_i64)?;
            let count = (0..=KEYS_MAX).contains(&count).then_some(count)?;
            let (first, step) = (begin + i64::from(first), i64::from(step).max(1));
            (first, first + (count - 1) * step, step)
        }
        Find::Unknown => return Some(Vec::new()),
    };
    if first < 0 || last >= len {
        return None;
    }
    let range = usize::try_from(first).ok()?..usize::try_from(last + 1).unwrap_or(0);
    Some(range.step_by(usize::try_from(step).ok()?).collect())
}
