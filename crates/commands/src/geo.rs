//! The geo commands: positions on the earth, kept as scores of sorted sets.

mod cell;
mod points;
mod query;
mod search;
mod shape;

use crate::meta::geo as meta;
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::GEOADD, Route::Key(points::geoadd)),
    CommandSpec::new(&meta::GEODIST, Route::Key(points::geodist)),
    CommandSpec::new(&meta::GEOHASH, Route::Key(points::geohash)),
    CommandSpec::new(&meta::GEOPOS, Route::Key(points::geopos)),
    CommandSpec::new(&meta::GEORADIUS, Route::Rounds(search::georadius, search::georadius_rounds)),
    CommandSpec::new(&meta::GEORADIUS_RO, Route::Key(search::georadius_ro)),
    CommandSpec::new(
        &meta::GEORADIUSBYMEMBER,
        Route::Rounds(search::georadiusbymember, search::georadiusbymember_rounds),
    ),
    CommandSpec::new(&meta::GEORADIUSBYMEMBER_RO, Route::Key(search::georadiusbymember_ro)),
    CommandSpec::new(&meta::GEOSEARCH, Route::Key(search::geosearch)),
    CommandSpec::new(
        &meta::GEOSEARCHSTORE,
        Route::Rounds(search::geosearchstore, search::geosearchstore_rounds),
    ),
];
