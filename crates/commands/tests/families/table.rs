//! What the table holds.

use commands::{CommandTable, FAMILIES, Route};

#[test]
fn all_commands_are_there() {
    let table = CommandTable::new(FAMILIES);
    let names = "set get getset getdel getex setnx setex psetex append strlen incr decr incrby decrby mget mset msetnx \
                 del unlink exists touch type expire pexpire expireat pexpireat ttl pttl expiretime pexpiretime persist \
                 rename renamenx copy scan keys randomkey dbsize flushdb flushall debug";
    for name in names.split_whitespace() {
        let id = table.find(name.as_bytes()).unwrap_or_else(|| panic!("{name} is missing"));
        let route = table.spec(id).route;
        assert!(!matches!(route, Route::Connection | Route::Container), "{name} has no handler");
    }
}

#[test]
fn routes_fit_the_keys() {
    for (_, spec) in CommandTable::new(FAMILIES).iter() {
        let (name, meta) = (spec.meta.name, spec.meta);
        match spec.route {
            Route::Key(_) if !meta.has_movable_keys() => {
                assert!(meta.first_key >= 1 && meta.first_key == meta.last_key, "{name}");
            }
            Route::Key(_) => {}
            Route::Keys(..) => {
                assert!(meta.first_key == 1 && meta.last_key == -1, "{name}");
                assert!(!meta.has_movable_keys(), "{name}");
            }
            Route::AllShards(..) | Route::OneShard(..) => assert_eq!(meta.first_key, 0, "{name}"),
            Route::Walk(_) => assert!(meta.key_specs.is_empty(), "{name}"),
            Route::Rounds(..)
            | Route::Task(_)
            | Route::Blocking(_)
            | Route::Connection
            | Route::Container => {}
        }
    }
}
