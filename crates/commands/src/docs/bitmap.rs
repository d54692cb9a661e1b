//! What COMMAND DOCS says about the bitmap commands.

use super::ArgKind::{Block, Integer, Key, OneOf, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of SETBIT.
pub static SETBIT: Docs = Docs {
    summary: "Sets or clears the bit at offset of the string value. Creates the key if it doesn't exist.",
    since: "2.2.0",
    group: "bitmap",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "offset", kind: Integer, ..ARG },
        Arg { name: "value", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of GETBIT.
pub static GETBIT: Docs = Docs {
    summary: "Returns a bit value by offset.",
    since: "2.2.0",
    group: "bitmap",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "offset", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BITCOUNT.
pub static BITCOUNT: Docs = Docs {
    summary: "Counts the number of set bits (population counting) in a string.",
    since: "2.6.0",
    group: "bitmap",
    complexity: Some("O(N)"),
    history: &[("7.0.0", "Added the `BYTE|BIT` option.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "range",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "start", kind: Integer, ..ARG },
                Arg { name: "end", kind: Integer, ..ARG },
                Arg {
                    name: "unit",
                    kind: OneOf,
                    since: Some("7.0.0"),
                    optional: true,
                    args: &[
                        Arg { name: "byte", kind: PureToken, token: Some("BYTE"), ..ARG },
                        Arg { name: "bit", kind: PureToken, token: Some("BIT"), ..ARG },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of BITPOS.
pub static BITPOS: Docs = Docs {
    summary: "Finds the first set (1) or clear (0) bit in a string.",
    since: "2.8.7",
    group: "bitmap",
    complexity: Some("O(N)"),
    history: &[("7.0.0", "Added the `BYTE|BIT` option.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "bit", kind: Integer, ..ARG },
        Arg {
            name: "range",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "start", kind: Integer, ..ARG },
                Arg {
                    name: "end-unit-block",
                    kind: Block,
                    optional: true,
                    args: &[
                        Arg { name: "end", kind: Integer, ..ARG },
                        Arg {
                            name: "unit",
                            kind: OneOf,
                            since: Some("7.0.0"),
                            optional: true,
                            args: &[
                                Arg { name: "byte", kind: PureToken, token: Some("BYTE"), ..ARG },
                                Arg { name: "bit", kind: PureToken, token: Some("BIT"), ..ARG },
                            ],
                            ..ARG
                        },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of BITOP.
pub static BITOP: Docs = Docs {
    summary: "Performs bitwise operations on multiple strings, and stores the result.",
    since: "2.6.0",
    group: "bitmap",
    complexity: Some("O(N)"),
    arguments: &[
        Arg {
            name: "operation",
            kind: OneOf,
            args: &[
                Arg { name: "and", kind: PureToken, token: Some("AND"), ..ARG },
                Arg { name: "or", kind: PureToken, token: Some("OR"), ..ARG },
                Arg { name: "xor", kind: PureToken, token: Some("XOR"), ..ARG },
                Arg { name: "not", kind: PureToken, token: Some("NOT"), ..ARG },
                Arg { name: "diff", kind: PureToken, token: Some("DIFF"), ..ARG },
                Arg { name: "diff1", kind: PureToken, token: Some("DIFF1"), ..ARG },
                Arg { name: "andor", kind: PureToken, token: Some("ANDOR"), ..ARG },
                Arg { name: "one", kind: PureToken, token: Some("ONE"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "destkey", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(1), multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BITFIELD.
pub static BITFIELD: Docs = Docs {
    summary: "Performs arbitrary bitfield integer operations on strings.",
    since: "3.2.0",
    group: "bitmap",
    complexity: Some("O(1) for each subcommand specified"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "operation",
            kind: OneOf,
            optional: true,
            multiple: true,
            args: &[
                Arg {
                    name: "get-block",
                    kind: Block,
                    token: Some("GET"),
                    args: &[
                        Arg { name: "encoding", kind: String, ..ARG },
                        Arg { name: "offset", kind: Integer, ..ARG },
                    ],
                    ..ARG
                },
                Arg {
                    name: "write",
                    kind: Block,
                    args: &[
                        Arg {
                            name: "overflow-block",
                            kind: OneOf,
                            token: Some("OVERFLOW"),
                            optional: true,
                            args: &[
                                Arg { name: "wrap", kind: PureToken, token: Some("WRAP"), ..ARG },
                                Arg { name: "sat", kind: PureToken, token: Some("SAT"), ..ARG },
                                Arg { name: "fail", kind: PureToken, token: Some("FAIL"), ..ARG },
                            ],
                            ..ARG
                        },
                        Arg {
                            name: "write-operation",
                            kind: OneOf,
                            args: &[
                                Arg {
                                    name: "set-block",
                                    kind: Block,
                                    token: Some("SET"),
                                    args: &[
                                        Arg { name: "encoding", kind: String, ..ARG },
                                        Arg { name: "offset", kind: Integer, ..ARG },
                                        Arg { name: "value", kind: Integer, ..ARG },
                                    ],
                                    ..ARG
                                },
                                Arg {
                                    name: "incrby-block",
                                    kind: Block,
                                    token: Some("INCRBY"),
                                    args: &[
                                        Arg { name: "encoding", kind: String, ..ARG },
                                        Arg { name: "offset", kind: Integer, ..ARG },
                                        Arg { name: "increment", kind: Integer, ..ARG },
                                    ],
                                    ..ARG
                                },
                            ],
                            ..ARG
                        },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of BITFIELD_RO.
pub static BITFIELD_RO: Docs = Docs {
    summary: "Performs arbitrary read-only bitfield integer operations on strings.",
    since: "6.0.0",
    group: "bitmap",
    complexity: Some("O(1) for each subcommand specified"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "get-block",
            kind: Block,
            token: Some("GET"),
            optional: true,
            multiple: true,
            multiple_token: true,
            args: &[
                Arg { name: "encoding", kind: String, ..ARG },
                Arg { name: "offset", kind: Integer, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};
