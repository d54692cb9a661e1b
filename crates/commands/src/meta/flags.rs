//! The sets of flags and categories in a command's metadata.
//!
//! The members are declared in the order in which Redis prints them.

/// A property of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Flag {
    /// Changes data.
    Write,
    /// Reads data and changes none.
    ReadOnly,
    /// Refused while memory is over its limit.
    DenyOom,
    /// Brought by a module.
    Module,
    /// Administers the server.
    Admin,
    /// Publishes or subscribes.
    PubSub,
    /// Not allowed in scripts.
    NoScript,
    /// May block the client.
    Blocking,
    /// Allowed while the data set is being loaded.
    Loading,
    /// Allowed on a replica with stale data.
    Stale,
    /// Not shown by MONITOR.
    SkipMonitor,
    /// Not recorded by the slow log.
    SkipSlowlog,
    /// Treated as if after ASKING in a cluster.
    Asking,
    /// Takes constant or logarithmic time.
    Fast,
    /// Allowed before authentication.
    NoAuth,
    /// May be called without any key.
    NoMandatoryKeys,
    /// Refused during asynchronous loading on a replica.
    NoAsyncLoading,
    /// Not allowed in a transaction.
    NoMulti,
    /// The first, last and step positions do not find all keys.
    MovableKeys,
    /// Allowed while a script runs for too long.
    AllowBusy,
}

/// The names of the flags, by discriminant.
const FLAG_NAMES: [&str; 20] = [
    "write",
    "readonly",
    "denyoom",
    "module",
    "admin",
    "pubsub",
    "noscript",
    "blocking",
    "loading",
    "stale",
    "skip_monitor",
    "skip_slowlog",
    "asking",
    "fast",
    "no_auth",
    "no_mandatory_keys",
    "no_async_loading",
    "no_multi",
    "movablekeys",
    "allow_busy",
];

impl Flag {
    /// The name that replies show.
    pub const fn name(self) -> &'static str {
        FLAG_NAMES[self as usize]
    }
}

/// A set of [`Flag`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags(u32);

impl Flags {
    /// The set of `members`.
    pub const fn of(members: &[Flag]) -> Flags {
        let mut bits = 0;
        let mut i = 0;
        while i < members.len() {
            bits |= 1 << members[i] as u8;
            i += 1;
        }
        Flags(bits)
    }

    /// Whether `member` is in the set.
    pub const fn contains(self, member: Flag) -> bool {
        self.0 & (1 << member as u8) != 0
    }

    /// The names of the members in the order in which replies show them.
    pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        FLAG_NAMES.into_iter().enumerate().filter(move |(i, _)| self.0 & (1 << i) != 0).map(|(_, name)| name)
    }
}

/// An ACL category, by which users are granted commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Category {
    /// Handles keys of any type.
    Keyspace,
    /// Reads values.
    Read,
    /// Changes values.
    Write,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// Lists.
    List,
    /// Hashes.
    Hash,
    /// Strings.
    String,
    /// Bitmaps.
    Bitmap,
    /// HyperLogLogs.
    HyperLogLog,
    /// Geospatial indexes.
    Geo,
    /// Streams.
    Stream,
    /// Publishing and subscribing.
    PubSub,
    /// Administers the server.
    Admin,
    /// Takes constant or logarithmic time.
    Fast,
    /// Everything that is not fast.
    Slow,
    /// May block the client.
    Blocking,
    /// Worth a second thought: may harm the server or its data.
    Dangerous,
    /// Handles the connection.
    Connection,
    /// Transactions.
    Transaction,
    /// Scripts and functions.
    Scripting,
    /// Arrays.
    Array,
}

/// The names of the categories, by discriminant.
const CATEGORY_NAMES: [&str; 22] = [
    "@keyspace",
    "@read",
    "@write",
    "@set",
    "@sortedset",
    "@list",
    "@hash",
    "@string",
    "@bitmap",
    "@hyperloglog",
    "@geo",
    "@stream",
    "@pubsub",
    "@admin",
    "@fast",
    "@slow",
    "@blocking",
    "@dangerous",
    "@connection",
    "@transaction",
    "@scripting",
    "@array",
];

impl Category {
    /// The name that replies show.
    pub const fn name(self) -> &'static str {
        CATEGORY_NAMES[self as usize]
    }
}

/// A set of ACL [`Category`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Acl(u32);

impl Acl {
    /// The set of `members`.
    pub const fn of(members: &[Category]) -> Acl {
        let mut bits = 0;
        let mut i = 0;
        while i < members.len() {
            bits |= 1 << members[i] as u8;
            i += 1;
        }
        Acl(bits)
    }

    /// Whether `member` is in the set.
    pub const fn contains(self, member: Category) -> bool {
        self.0 & (1 << member as u8) != 0
    }

    /// The names of the members in the order in which replies show them.
    pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        CATEGORY_NAMES
            .into_iter()
            .enumerate()
            .filter(move |(i, _)| self.0 & (1 << i) != 0)
            .map(|(_, name)| name)
    }
}

/// What a command does to the keys that a key specification finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum KeyFlag {
    /// The value is read.
    ReadOnly,
    /// The value is read and changed.
    ReadWrite,
    /// The value is replaced without being read.
    Overwrite,
    /// The key is removed without its value being read.
    Remove,
    /// The reply tells something of the value.
    Access,
    /// The value is changed.
    Update,
    /// Something is added to the value.
    Insert,
    /// Something is removed from the value, or the key altogether.
    Delete,
    /// Not the name of a key, but routed like one.
    NotKey,
    /// The specification may miss keys.
    Incomplete,
    /// What happens to the keys depends on the arguments.
    VariableFlags,
}

/// The names of the key flags, by discriminant.
const KEYFLAG_NAMES: [&str; 11] = [
    "RO",
    "RW",
    "OW",
    "RM",
    "access",
    "update",
    "insert",
    "delete",
    "not_key",
    "incomplete",
    "variable_flags",
];

impl KeyFlag {
    /// The name that replies show.
    pub const fn name(self) -> &'static str {
        KEYFLAG_NAMES[self as usize]
    }
}

/// A set of [`KeyFlag`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KeyFlags(u16);

impl KeyFlags {
    /// The set of `members`.
    pub const fn of(members: &[KeyFlag]) -> KeyFlags {
        let mut bits = 0;
        let mut i = 0;
        while i < members.len() {
            bits |= 1 << members[i] as u8;
            i += 1;
        }
        KeyFlags(bits)
    }

    /// Whether `member` is in the set.
    pub const fn contains(self, member: KeyFlag) -> bool {
        self.0 & (1 << member as u8) != 0
    }

    /// The names of the members in the order in which replies show them.
    pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        KEYFLAG_NAMES
            .into_iter()
            .enumerate()
            .filter(move |(i, _)| self.0 & (1 << i) != 0)
            .map(|(_, name)| name)
    }
}
