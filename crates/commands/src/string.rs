//! The string commands.

mod condition;
mod counter;
mod delete;
mod expiry;
mod float;
mod get;
mod increx;
mod lcs;
mod many;
mod msetex;
mod range;
mod set;
mod text;

use resp::Reply;
use store::{Kind, Value};

use crate::meta::{string as meta, string_new as new};
use crate::{CmdError, CommandSpec, Merge, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::SET, Route::Key(set::set)),
    CommandSpec::new(&meta::GET, Route::Key(get::get)),
    CommandSpec::new(&meta::GETSET, Route::Key(set::getset)),
    CommandSpec::new(&meta::GETDEL, Route::Key(get::getdel)),
    CommandSpec::new(&meta::GETEX, Route::Key(get::getex)),
    CommandSpec::new(&meta::SETNX, Route::Key(set::setnx)),
    CommandSpec::new(&meta::SETEX, Route::Key(set::setex)),
    CommandSpec::new(&meta::PSETEX, Route::Key(set::psetex)),
    CommandSpec::new(&meta::APPEND, Route::Key(text::append)),
    CommandSpec::new(&meta::STRLEN, Route::Key(text::strlen)),
    CommandSpec::new(&meta::INCR, Route::Key(counter::incr)),
    CommandSpec::new(&meta::DECR, Route::Key(counter::decr)),
    CommandSpec::new(&meta::INCRBY, Route::Key(counter::incrby)),
    CommandSpec::new(&meta::DECRBY, Route::Key(counter::decrby)),
    CommandSpec::new(&meta::INCRBYFLOAT, Route::Key(float::incrbyfloat)),
    CommandSpec::new(&new::INCREX, Route::Key(increx::increx)),
    CommandSpec::new(&meta::GETRANGE, Route::Key(range::getrange)),
    CommandSpec::new(&meta::SUBSTR, Route::Key(range::getrange)),
    CommandSpec::new(&meta::SETRANGE, Route::Key(range::setrange)),
    CommandSpec::new(&meta::LCS, Route::Rounds(lcs::lcs, lcs::lcs_rounds)),
    CommandSpec::new(&new::DIGEST, Route::Key(condition::digest_of)),
    CommandSpec::new(&new::DELEX, Route::Key(delete::delex)),
    CommandSpec::new(&new::DELIFEQ, Route::Key(delete::delifeq)),
    CommandSpec::new(&meta::MGET, Route::Keys(many::mget, Merge::Interleave)),
    CommandSpec::new(&meta::MSET, Route::Keys(many::mset, Merge::AllOk)),
    CommandSpec::new(&meta::MSETNX, Route::Rounds(many::msetnx, many::msetnx_rounds)),
    CommandSpec::new(&new::MSETEX, Route::Rounds(msetex::msetex, msetex::msetex_rounds)),
];

/// The value as a string, or the error of a command that wants one.
#[inline]
pub(crate) fn as_string(value: Value<'_>) -> Result<Value<'_>, CmdError> {
    match value.kind() {
        Kind::String => Ok(value),
        _ => Err(CmdError::WrongType),
    }
}

/// Replies with a string.
#[inline]
fn bulk(reply: &mut Reply<'_>, value: Value<'_>) -> Result<(), CmdError> {
    match value {
        Value::Bytes(bytes) => reply.bulk(bytes),
        Value::Int(int) => reply.bulk_int(int),
        Value::Packed(_) | Value::Structure(_) => return Err(CmdError::WrongType),
    }
    Ok(())
}
