//! Values as bytes: DUMP, RESTORE, MIGRATE. Snapshots, which cores begin themselves: SAVE, BGSAVE, LASTSAVE.

mod dump;
mod migrate;

use crate::meta::persistence as meta;
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::DUMP, Route::Key(dump::dump)),
    CommandSpec::new(&meta::RESTORE, Route::Key(dump::restore)),
    CommandSpec::new(&meta::RESTORE_ASKING, Route::Key(dump::restore)),
    CommandSpec::new(&meta::MIGRATE, Route::Task(migrate::migrate)),
    CommandSpec::new(&meta::SAVE, Route::Connection),
    CommandSpec::new(&meta::BGSAVE, Route::Connection),
    CommandSpec::new(&meta::LASTSAVE, Route::Connection),
    CommandSpec::new(&meta::BGREWRITEAOF, Route::Connection),
    CommandSpec::new(&meta::WAIT, Route::Connection),
    CommandSpec::new(&meta::WAITAOF, Route::Connection),
];
