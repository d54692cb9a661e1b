//! What is wrong with a request's bytes. Each error is answered once, then the connection is closed.

use std::fmt;

/// A violation of the protocol. After one, the parser must not be used further: the caller sends the error reply and
/// closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// An inline command without line end within the limit.
    TooBigInline,
    /// An inline command with a quote that is not closed, or with text right after a closing quote.
    UnbalancedQuotes,
    /// A `*` line without end within the limit.
    TooBigMultibulkCount,
    /// A `*` line that is no integer, or more arguments than the limit.
    InvalidMultibulkLength,
    /// More arguments than a client may send before it authenticates.
    UnauthenticatedMultibulk,
    /// A `$` line without end within the limit.
    TooBigBulkCount,
    /// Something else where the `$` of an argument must stand.
    ExpectedDollar(u8),
    /// A `$` line that is no integer, a negative one, or one above the limit.
    InvalidBulkLength,
    /// A larger argument than a client may send before it authenticates.
    UnauthenticatedBulk,
}

impl ProtocolError {
    /// Appends the error's text as it stands after `-ERR ` in the reply.
    pub fn text(self, out: &mut Vec<u8>) {
        let text: &[u8] = match self {
            Self::TooBigInline => b"Protocol error: too big inline request",
            Self::UnbalancedQuotes => b"Protocol error: unbalanced quotes in request",
            Self::TooBigMultibulkCount => b"Protocol error: too big mbulk count string",
            Self::InvalidMultibulkLength => b"Protocol error: invalid multibulk length",
            Self::UnauthenticatedMultibulk => b"Protocol error: unauthenticated multibulk length",
            Self::TooBigBulkCount => b"Protocol error: too big bulk count string",
            Self::InvalidBulkLength => b"Protocol error: invalid bulk length",
            Self::UnauthenticatedBulk => b"Protocol error: unauthenticated bulk length",
            Self::ExpectedDollar(got) => {
                out.extend_from_slice(b"Protocol error: expected '$', got '");
                out.push(if matches!(got, b'\r' | b'\n') { b' ' } else { got });
                b"'"
            }
        };
        out.extend_from_slice(text);
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.text(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl std::error::Error for ProtocolError {}
