//! The forms of the commands that the differential test sends: what belongs where, before anything is made wrong.

/// A place of a command line.
#[derive(Clone, Copy)]
pub(super) enum Arg {
    /// The name of a key, mostly one that exists.
    Key,
    /// A number, or what looks like one.
    Int,
    /// A time to live or a time: none within the next hours, so that no test sees a key expire.
    Time,
    /// A floating-point number, or what looks like one.
    Float,
    /// Any text.
    Value,
    /// A name that a client gives itself.
    Name,
    /// A word that means something in some command.
    Word,
}

/// A command: what it needs, and the groups of words that it may have.
pub(super) struct Shape {
    pub(super) needs: Vec<Place>,
    pub(super) options: Vec<Vec<Place>>,
}

/// A word of a form.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// This one.
    Is(&'static str),
    /// One of a kind.
    Of(Arg),
}

/// The forms of the commands of the groups string, generic, connection and server, as far as their replies can be compared.
/// Options stand behind bars; `<x>` is a place to fill.
const FORMS: &str = "
SET <key> <value> | NX | XX | GET | KEEPTTL | EX <time> | PX <time> | EXAT <time> | PXAT <time>
GET <key>
GETDEL <key>
GETSET <key> <value>
SETNX <key> <value>
SETEX <key> <time> <value>
PSETEX <key> <time> <value>
GETEX <key> | EX <time> | PX <time> | EXAT <time> | PXAT <time> | PERSIST
APPEND <key> <value>
STRLEN <key>
SETRANGE <key> <int> <value>
GETRANGE <key> <int> <int>
SUBSTR <key> <int> <int>
INCR <key>
DECR <key>
INCRBY <key> <int>
DECRBY <key> <int>
INCRBYFLOAT <key> <float>
MGET <key> | <key>
MSET <key> <value> | <key> <value>
MSETNX <key> <value> | <key> <value>
LCS <key> <key> | LEN | IDX | MINMATCHLEN <int> | WITHMATCHLEN
DEL <key> | <key>
UNLINK <key> | <key>
EXISTS <key> | <key>
TOUCH <key> | <key>
TYPE <key>
EXPIRE <key> <time> | NX | XX | GT | LT
PEXPIRE <key> <time> | NX | XX | GT | LT
EXPIREAT <key> <time> | NX | XX | GT | LT
PEXPIREAT <key> <time> | NX | XX | GT | LT
TTL <key>
PTTL <key>
EXPIRETIME <key>
PEXPIRETIME <key>
PERSIST <key>
RENAME <key> <key>
RENAMENX <key> <key>
COPY <key> <key> | DB <int> | REPLACE
MOVE <key> <int>
SWAPDB <int> <int>
SORT <key> | ALPHA | LIMIT <int> <int> | DESC | ASC | BY <value> | GET <value> | STORE <key>
SORT_RO <key> | ALPHA | LIMIT <int> <int> | DESC | ASC | BY <value> | GET <value>
OBJECT ENCODING <key>
OBJECT FREQ <key>
OBJECT IDLETIME <key>
OBJECT REFCOUNT <key>
OBJECT HELP
OBJECT <word> <key>
SCAN <int> | MATCH <value> | COUNT <int> | TYPE <value> | TYPE string | NOVALUES
KEYS <value>
RANDOMKEY
DBSIZE
PING | <value>
ECHO <value>
SELECT <int>
AUTH <value> | <value>
HELLO | 2 | 3 | <int> | AUTH <value> <value> | SETNAME <name>
RESET
QUIT
READONLY
READWRITE
ASKING
CLIENT SETNAME <name>
CLIENT GETNAME
CLIENT ID
CLIENT INFO
CLIENT LIST | TYPE normal | TYPE <word> | ID <int>
CLIENT KILL | ID <int> | TYPE <word> | ADDR <value> | LADDR <value> | USER <value> | SKIPME <word> | MAXAGE <int>
CLIENT KILL <value>
CLIENT PAUSE 0 | ALL | WRITE | <word>
CLIENT PAUSE <word>
CLIENT UNPAUSE
CLIENT REPLY <value>
CLIENT REPLY ON
CLIENT NO-EVICT <word>
CLIENT NO-TOUCH <word>
CLIENT UNBLOCK <int> | TIMEOUT | ERROR | <word>
CLIENT SETINFO LIB-NAME <name>
CLIENT SETINFO LIB-VER <name>
CLIENT SETINFO <word> <name>
CLIENT TRACKINGINFO
CLIENT GETREDIR
CLIENT CACHING <word>
CLIENT <word> | <name>
CONFIG GET <value> | maxmemory | save
CONFIG SET | hz <int> | slowlog-max-len <int> | BOGUS <value> | maxmemory-policy <word> | loglevel <word>
CONFIG SET | hash-max-listpack-entries <int> | lfu-log-factor <int> | databases <int> | oom-score-adj-values <value>
CONFIG SET | notify-keyspace-events <word> | client-output-buffer-limit <value>
CONFIG RESETSTAT
CONFIG REWRITE
CONFIG <word> | <value>
COMMAND COUNT
COMMAND INFO get
COMMAND DOCS get
COMMAND LIST | FILTERBY MODULE <value> | FILTERBY ACLCAT <word> | FILTERBY PATTERN g*t | FILTERBY <word> <value>
COMMAND GETKEYS | GET <key> | MSET <key> <value> | SORT <key> STORE <key> | PING | BOGUS
COMMAND GETKEYSANDFLAGS | GET <key> | SET <key> <value> | COPY <key> <key>
COMMAND <word> | <value>
SLOWLOG GET | <int>
SLOWLOG LEN
SLOWLOG RESET
SLOWLOG <word>
LATENCY LATEST
LATENCY HISTORY <word>
LATENCY RESET | <word>
LATENCY GRAPH <word>
LATENCY DOCTOR
LATENCY HISTOGRAM | get | <word>
LATENCY <word>
MEMORY USAGE <key> | SAMPLES <int>
MEMORY DOCTOR
MEMORY STATS
MEMORY PURGE
MEMORY <word> | <key>
MODULE UNLOAD <value>
MODULE <word>
INFO | server | bogus | everything
TIME
LOLWUT | VERSION <int>
FLUSHDB | ASYNC | SYNC | <word>
FLUSHALL | ASYNC | SYNC | <word>
DEBUG ERROR <value>
DEBUG PROTOCOL <word> | string | map
DEBUG <word> | <value>
NOSUCH <value> | <value>
";

/// The forms, read.
pub(super) fn shapes() -> Vec<Shape> {
    let place = |word: &'static str| match word {
        "<key>" => Place::Of(Arg::Key),
        "<int>" => Place::Of(Arg::Int),
        "<time>" => Place::Of(Arg::Time),
        "<float>" => Place::Of(Arg::Float),
        "<value>" => Place::Of(Arg::Value),
        "<name>" => Place::Of(Arg::Name),
        "<word>" => Place::Of(Arg::Word),
        word => Place::Is(word),
    };
    let group = |words: &'static str| words.split_whitespace().map(place).collect::<Vec<_>>();
    let shape = |line: &'static str| {
        let mut groups = line.split('|').map(group);
        Shape { needs: groups.next().unwrap_or_default(), options: groups.collect() }
    };
    FORMS.lines().filter(|line| !line.is_empty()).map(shape).collect()
}
