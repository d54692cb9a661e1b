//! COMMAND: what commands there are. All of it comes from the command table.

use base::glob::glob_match;
use bus::Wake;
use commands::{CmdError, CommandSpec, CommandTable};

use super::{help, keys};
use crate::core::Core;
use crate::route::Call;

/// A command by name, or a subcommand by `container|subcommand`.
fn find(table: &CommandTable, name: &[u8]) -> Option<&'static CommandSpec> {
    let mut words = name.splitn(2, |&byte| byte == b'|');
    let mut id = table.find(words.next()?)?;
    if let Some(sub) = words.next() {
        id = table.find_subcommand(id, sub)?;
    }
    Some(table.spec(id))
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// COMMAND, COMMAND INFO.
    pub(super) fn command_info(&mut self, call: &Call) -> Result<(), CmdError> {
        let table = &self.shared.table;
        let names = self.call_args(call).tail(2);
        let specs: Vec<Option<&CommandSpec>> = if names.is_empty() {
            table.commands().map(|(_, spec)| Some(spec)).collect()
        } else {
            names.iter().map(|name| find(table, name)).collect()
        };
        self.answer(call, |reply| {
            reply.array(specs.len());
            for spec in specs {
                match spec {
                    Some(spec) => spec.write_info(reply),
                    None => reply.null(),
                }
            }
        });
        Ok(())
    }

    pub(super) fn command_docs(&mut self, call: &Call) -> Result<(), CmdError> {
        let table = &self.shared.table;
        let names = self.call_args(call).tail(2);
        let specs: Vec<&CommandSpec> = if names.is_empty() {
            table.commands().map(|(_, spec)| spec).collect()
        } else {
            names.iter().filter_map(|name| find(table, name)).collect()
        };
        self.answer(call, |reply| {
            reply.map(specs.len());
            specs.iter().for_each(|spec| spec.write_docs(reply));
        });
        Ok(())
    }

    pub(super) fn command_count(&mut self, call: &Call) -> Result<(), CmdError> {
        let count = self.table().commands().count();
        self.answer(call, |reply| reply.int(count as i64));
        Ok(())
    }

    pub(super) fn command_list(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        let names: Vec<&str> = match (args.len(), args.arg(2)) {
            (2, _) => self.table().iter().map(|(_, spec)| spec.meta.name).collect(),
            (5, word) if word.eq_ignore_ascii_case(b"filterby") => {
                let filter = Filter::new(args.arg(3), args.arg(4))?;
                let specs = self.table().iter().map(|(_, spec)| spec);
                specs.filter(|spec| filter.has(spec)).map(|spec| spec.meta.name).collect()
            }
            _ => return Err(CmdError::Syntax),
        };
        self.answer(call, |reply| {
            reply.array(names.len());
            names.iter().for_each(|name| reply.bulk(name.as_bytes()));
        });
        Ok(())
    }

    pub(super) fn command_getkeys(&mut self, call: &Call) -> Result<(), CmdError> {
        let found = keys::find(self.table(), self.call_args(call).tail(2))?;
        let found: Vec<Vec<u8>> = found.into_iter().map(|(key, _)| key.to_vec()).collect();
        self.answer(call, |reply| {
            reply.array(found.len());
            found.iter().for_each(|key| reply.bulk(key));
        });
        Ok(())
    }

    pub(super) fn command_getkeysandflags(&mut self, call: &Call) -> Result<(), CmdError> {
        let found = keys::find(self.table(), self.call_args(call).tail(2))?;
        let found: Vec<_> = found.into_iter().map(|(key, flags)| (key.to_vec(), flags)).collect();
        self.answer(call, |reply| {
            reply.array(found.len());
            for (key, flags) in &found {
                reply.array(2);
                reply.bulk(key);
                reply.set(flags.names().count());
                flags.names().for_each(|name| reply.simple(name));
            }
        });
        Ok(())
    }

    pub(super) fn command_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::COMMAND, reply));
        Ok(())
    }

    /// OBJECT HELP.
    pub(super) fn object_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::OBJECT, reply));
        Ok(())
    }
}

/// Which commands COMMAND LIST shows.
enum Filter {
    Pattern(Vec<u8>),
    Category(Vec<u8>),
    /// Of a module; there are none.
    Module,
}

impl Filter {
    fn new(kind: &[u8], value: &[u8]) -> Result<Self, CmdError> {
        match kind.to_ascii_lowercase().as_slice() {
            b"pattern" => Ok(Filter::Pattern(value.to_vec())),
            b"aclcat" => Ok(Filter::Category(value.to_vec())),
            b"module" => Ok(Filter::Module),
            _ => Err(CmdError::Syntax),
        }
    }

    fn has(&self, spec: &CommandSpec) -> bool {
        match self {
            Filter::Pattern(pattern) => glob_match(pattern, spec.meta.name.as_bytes(), true),
            Filter::Category(category) => spec
                .meta
                .acl
                .names()
                .any(|name| name.trim_start_matches('@').as_bytes().eq_ignore_ascii_case(category)),
            Filter::Module => false,
        }
    }
}
