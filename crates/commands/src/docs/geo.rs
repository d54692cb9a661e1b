//! What COMMAND DOCS says about the geo commands.

use super::ArgKind::{Block, Double, Integer, Key, OneOf, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of GEOADD.
pub static GEOADD: Docs = Docs {
    summary: "Adds one or more members to a geospatial index. The key is created if it doesn't exist.",
    since: "3.2.0",
    group: "geo",
    complexity: Some("O(log(N)) for each item added, where N is the number of elements in the sorted set."),
    history: &[("6.2.0", "Added the `CH`, `NX` and `XX` options.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            since: Some("6.2.0"),
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "change",
            kind: PureToken,
            token: Some("CH"),
            since: Some("6.2.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "data",
            kind: Block,
            multiple: true,
            args: &[
                Arg { name: "longitude", kind: Double, ..ARG },
                Arg { name: "latitude", kind: Double, ..ARG },
                Arg { name: "member", kind: String, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of GEODIST.
pub static GEODIST: Docs = Docs {
    summary: "Returns the distance between two members of a geospatial index.",
    since: "3.2.0",
    group: "geo",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member1", kind: String, ..ARG },
        Arg { name: "member2", kind: String, ..ARG },
        Arg {
            name: "unit",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of GEOHASH.
pub static GEOHASH: Docs = Docs {
    summary: "Returns members from a geospatial index as geohash strings.",
    since: "3.2.0",
    group: "geo",
    complexity: Some("O(1) for each member requested."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of GEOPOS.
pub static GEOPOS: Docs = Docs {
    summary: "Returns the longitude and latitude of members from a geospatial index.",
    since: "3.2.0",
    group: "geo",
    complexity: Some("O(1) for each member requested."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of GEORADIUS.
pub static GEORADIUS: Docs = Docs {
    summary: "Queries a geospatial index for members within a distance from a coordinate, optionally stores the result.",
    since: "3.2.0",
    group: "geo",
    complexity: Some(
        "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"),
    history: &[
        ("6.2.0", "Added the `ANY` option for `COUNT`."),
        ("7.0.0", "Added support for uppercase unit names."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "longitude", kind: Double, ..ARG },
        Arg { name: "latitude", kind: Double, ..ARG },
        Arg { name: "radius", kind: Double, ..ARG },
        Arg {
            name: "unit",
            kind: OneOf,
            args: &[
                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "withcoord", kind: PureToken, token: Some("WITHCOORD"), optional: true, ..ARG },
        Arg { name: "withdist", kind: PureToken, token: Some("WITHDIST"), optional: true, ..ARG },
        Arg { name: "withhash", kind: PureToken, token: Some("WITHHASH"), optional: true, ..ARG },
        Arg {
            name: "count-block",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "count", kind: Integer, token: Some("COUNT"), ..ARG },
                Arg {
                    name: "any",
                    kind: PureToken,
                    token: Some("ANY"),
                    since: Some("6.2.0"),
                    optional: true,
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "order",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "asc", kind: PureToken, token: Some("ASC"), ..ARG },
                Arg { name: "desc", kind: PureToken, token: Some("DESC"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "store",
            kind: OneOf,
            optional: true,
            args: &[
                Arg {
                    name: "storekey",
                    kind: Key,
                    display_text: Some("key"),
                    key_spec_index: Some(1),
                    token: Some("STORE"),
                    ..ARG
                },
                Arg {
                    name: "storedistkey",
                    kind: Key,
                    display_text: Some("key"),
                    key_spec_index: Some(2),
                    token: Some("STOREDIST"),
                    ..ARG
                },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of GEORADIUS_RO.
pub static GEORADIUS_RO: Docs = Docs {
    summary: "Returns members from a geospatial index that are within a distance from a coordinate.",
    since: "3.2.10",
    group: "geo",
    complexity: Some(
        "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`GEOSEARCH` with the `BYRADIUS` argument"),
    history: &[
        ("6.2.0", "Added the `ANY` option for `COUNT`."),
        ("7.0.0", "Added support for uppercase unit names."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "longitude", kind: Double, ..ARG },
        Arg { name: "latitude", kind: Double, ..ARG },
        Arg { name: "radius", kind: Double, ..ARG },
        Arg {
            name: "unit",
            kind: OneOf,
            args: &[
                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "withcoord", kind: PureToken, token: Some("WITHCOORD"), optional: true, ..ARG },
        Arg { name: "withdist", kind: PureToken, token: Some("WITHDIST"), optional: true, ..ARG },
        Arg { name: "withhash", kind: PureToken, token: Some("WITHHASH"), optional: true, ..ARG },
        Arg {
            name: "count-block",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "count", kind: Integer, token: Some("COUNT"), ..ARG },
                Arg {
                    name: "any",
                    kind: PureToken,
                    token: Some("ANY"),
                    since: Some("6.2.0"),
                    optional: true,
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "order",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "asc", kind: PureToken, token: Some("ASC"), ..ARG },
                Arg { name: "desc", kind: PureToken, token: Some("DESC"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of GEORADIUSBYMEMBER.
pub static GEORADIUSBYMEMBER: Docs = Docs {
    summary: "Queries a geospatial index for members within a distance from a member, optionally stores the result.",
    since: "3.2.0",
    group: "geo",
    complexity: Some(
        "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"),
    history: &[
        ("6.2.0", "Added the `ANY` option for `COUNT`."),
        ("7.0.0", "Added support for uppercase unit names."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, ..ARG },
        Arg { name: "radius", kind: Double, ..ARG },
        Arg {
            name: "unit",
            kind: OneOf,
            args: &[
                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "withcoord", kind: PureToken, token: Some("WITHCOORD"), optional: true, ..ARG },
        Arg { name: "withdist", kind: PureToken, token: Some("WITHDIST"), optional: true, ..ARG },
        Arg { name: "withhash", kind: PureToken, token: Some("WITHHASH"), optional: true, ..ARG },
        Arg {
            name: "count-block",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "count", kind: Integer, token: Some("COUNT"), ..ARG },
                Arg { name: "any", kind: PureToken, token: Some("ANY"), optional: true, ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "order",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "asc", kind: PureToken, token: Some("ASC"), ..ARG },
                Arg { name: "desc", kind: PureToken, token: Some("DESC"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "store",
            kind: OneOf,
            optional: true,
            args: &[
                Arg {
                    name: "storekey",
                    kind: Key,
                    display_text: Some("key"),
                    key_spec_index: Some(1),
                    token: Some("STORE"),
                    ..ARG
                },
                Arg {
                    name: "storedistkey",
                    kind: Key,
                    display_text: Some("key"),
                    key_spec_index: Some(2),
                    token: Some("STOREDIST"),
                    ..ARG
                },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of GEORADIUSBYMEMBER_RO.
pub static GEORADIUSBYMEMBER_RO: Docs = Docs {
    summary: "Returns members from a geospatial index that are within a distance from a member.",
    since: "3.2.10",
    group: "geo",
    complexity: Some(
        "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"),
    history: &[
        ("6.2.0", "Added the `ANY` option for `COUNT`."),
        ("7.0.0", "Added support for uppercase unit names."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, ..ARG },
        Arg { name: "radius", kind: Double, ..ARG },
        Arg {
            name: "unit",
            kind: OneOf,
            args: &[
                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "withcoord", kind: PureToken, token: Some("WITHCOORD"), optional: true, ..ARG },
        Arg { name: "withdist", kind: PureToken, token: Some("WITHDIST"), optional: true, ..ARG },
        Arg { name: "withhash", kind: PureToken, token: Some("WITHHASH"), optional: true, ..ARG },
        Arg {
            name: "count-block",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "count", kind: Integer, token: Some("COUNT"), ..ARG },
                Arg { name: "any", kind: PureToken, token: Some("ANY"), optional: true, ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "order",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "asc", kind: PureToken, token: Some("ASC"), ..ARG },
                Arg { name: "desc", kind: PureToken, token: Some("DESC"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of GEOSEARCH.
pub static GEOSEARCH: Docs = Docs {
    summary: "Queries a geospatial index for members inside an area of a box or a circle.",
    since: "6.2.0",
    group: "geo",
    complexity: Some(
        "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape",
    ),
    history: &[("7.0.0", "Added support for uppercase unit names.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "from",
            kind: OneOf,
            args: &[
                Arg { name: "member", kind: String, token: Some("FROMMEMBER"), ..ARG },
                Arg {
                    name: "fromlonlat",
                    kind: Block,
                    token: Some("FROMLONLAT"),
                    args: &[
                        Arg { name: "longitude", kind: Double, ..ARG },
                        Arg { name: "latitude", kind: Double, ..ARG },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "by",
            kind: OneOf,
            args: &[
                Arg {
                    name: "circle",
                    kind: Block,
                    args: &[
                        Arg { name: "radius", kind: Double, token: Some("BYRADIUS"), ..ARG },
                        Arg {
                            name: "unit",
                            kind: OneOf,
                            args: &[
                                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
                            ],
                            ..ARG
                        },
                    ],
                    ..ARG
                },
                Arg {
                    name: "box",
                    kind: Block,
                    args: &[
                        Arg { name: "width", kind: Double, token: Some("BYBOX"), ..ARG },
                        Arg { name: "height", kind: Double, ..ARG },
                        Arg {
                            name: "unit",
                            kind: OneOf,
                            args: &[
                                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
                            ],
                            ..ARG
                        },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "order",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "asc", kind: PureToken, token: Some("ASC"), ..ARG },
                Arg { name: "desc", kind: PureToken, token: Some("DESC"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "count-block",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "count", kind: Integer, token: Some("COUNT"), ..ARG },
                Arg { name: "any", kind: PureToken, token: Some("ANY"), optional: true, ..ARG },
            ],
            ..ARG
        },
        Arg { name: "withcoord", kind: PureToken, token: Some("WITHCOORD"), optional: true, ..ARG },
        Arg { name: "withdist", kind: PureToken, token: Some("WITHDIST"), optional: true, ..ARG },
        Arg { name: "withhash", kind: PureToken, token: Some("WITHHASH"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of GEOSEARCHSTORE.
pub static GEOSEARCHSTORE: Docs = Docs {
    summary: "Queries a geospatial index for members inside an area of a box or a circle, optionally stores the result.",
    since: "6.2.0",
    group: "geo",
    complexity: Some(
        "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape",
    ),
    history: &[("7.0.0", "Added support for uppercase unit names.")],
    arguments: &[
        Arg { name: "destination", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "source", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg {
            name: "from",
            kind: OneOf,
            args: &[
                Arg { name: "member", kind: String, token: Some("FROMMEMBER"), ..ARG },
                Arg {
                    name: "fromlonlat",
                    kind: Block,
                    token: Some("FROMLONLAT"),
                    args: &[
                        Arg { name: "longitude", kind: Double, ..ARG },
                        Arg { name: "latitude", kind: Double, ..ARG },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "by",
            kind: OneOf,
            args: &[
                Arg {
                    name: "circle",
                    kind: Block,
                    args: &[
                        Arg { name: "radius", kind: Double, token: Some("BYRADIUS"), ..ARG },
                        Arg {
                            name: "unit",
                            kind: OneOf,
                            args: &[
                                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
                            ],
                            ..ARG
                        },
                    ],
                    ..ARG
                },
                Arg {
                    name: "box",
                    kind: Block,
                    args: &[
                        Arg { name: "width", kind: Double, token: Some("BYBOX"), ..ARG },
                        Arg { name: "height", kind: Double, ..ARG },
                        Arg {
                            name: "unit",
                            kind: OneOf,
                            args: &[
                                Arg { name: "m", kind: PureToken, token: Some("M"), ..ARG },
                                Arg { name: "km", kind: PureToken, token: Some("KM"), ..ARG },
                                Arg { name: "ft", kind: PureToken, token: Some("FT"), ..ARG },
                                Arg { name: "mi", kind: PureToken, token: Some("MI"), ..ARG },
                            ],
                            ..ARG
                        },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "order",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "asc", kind: PureToken, token: Some("ASC"), ..ARG },
                Arg { name: "desc", kind: PureToken, token: Some("DESC"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "count-block",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "count", kind: Integer, token: Some("COUNT"), ..ARG },
                Arg { name: "any", kind: PureToken, token: Some("ANY"), optional: true, ..ARG },
            ],
            ..ARG
        },
        Arg { name: "storedist", kind: PureToken, token: Some("STOREDIST"), optional: true, ..ARG },
    ],
    ..DOCS
};
