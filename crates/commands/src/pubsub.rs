//! Publishing and subscribing: the core that owns the connection carries these commands out, so these specs name no handlers.

use crate::meta::pubsub as meta;
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::SUBSCRIBE, Route::Connection),
    CommandSpec::new(&meta::UNSUBSCRIBE, Route::Connection),
    CommandSpec::new(&meta::PSUBSCRIBE, Route::Connection),
    CommandSpec::new(&meta::PUNSUBSCRIBE, Route::Connection),
    CommandSpec::new(&meta::SSUBSCRIBE, Route::Connection),
    CommandSpec::new(&meta::SUNSUBSCRIBE, Route::Connection),
    CommandSpec::new(&meta::PUBLISH, Route::Connection),
    CommandSpec::new(&meta::SPUBLISH, Route::Connection),
    CommandSpec::container(
        &meta::PUBSUB,
        &[
            CommandSpec::new(&meta::PUBSUB_CHANNELS, Route::Connection),
            CommandSpec::new(&meta::PUBSUB_HELP, Route::Connection),
            CommandSpec::new(&meta::PUBSUB_NUMPAT, Route::Connection),
            CommandSpec::new(&meta::PUBSUB_NUMSUB, Route::Connection),
            CommandSpec::new(&meta::PUBSUB_SHARDCHANNELS, Route::Connection),
            CommandSpec::new(&meta::PUBSUB_SHARDNUMSUB, Route::Connection),
        ],
    ),
];
