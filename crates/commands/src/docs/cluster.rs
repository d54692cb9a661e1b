//! What COMMAND DOCS says about the cluster commands.

use super::{DOCS, Docs};

/// The documentation of READONLY.
pub static READONLY: Docs = Docs {
    summary: "Enables read-only queries for a connection to a Redis Cluster replica node.",
    since: "3.0.0",
    group: "cluster",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of READWRITE.
pub static READWRITE: Docs = Docs {
    summary: "Enables read-write queries for a connection to a Reids Cluster replica node.",
    since: "3.0.0",
    group: "cluster",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of ASKING.
pub static ASKING: Docs = Docs {
    summary: "Signals that a cluster client is following an -ASK redirect.",
    since: "3.0.0",
    group: "cluster",
    complexity: Some("O(1)"),
    ..DOCS
};
