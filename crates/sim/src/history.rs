//! What happened: each operation with the instants of its arrival and of its reply's departure, in the order of its
//! connection.

use std::collections::HashSet;
use std::fmt;

use resp::decode::Value;

use crate::command::{Command, SHOWN_MAX};

/// An instant that never comes.
pub const NEVER: u64 = u64::MAX;

/// Index of an operation in its history.
pub type OpIndex = usize;

/// The clocks of the cores at one instant, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// What the slowest core shows now: no stamp from now on is lower.
    pub low_ms: u64,
    /// The most that any core has ever shown: no stamp until now is higher.
    pub high_ms: u64,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Op {
    /// The connection that it was called on; connections are never reused.
    pub process: usize,
    /// What was called.
    pub command: Command,
    /// When it was there whole, in steps of the simulation; [`NEVER`] if it never was.
    pub called: u64,
    /// The clocks at that time.
    pub called_at: Clocks,
    /// When its reply left, and the reply. `None`: the connection was lost before, so the operation may or may not have
    /// happened, and may yet.
    pub returned: Option<(u64, Value)>,
    /// The clocks at that time.
    pub returned_at: Clocks,
    /// It had no reply when the power was lost: by then it had happened or it never will, whatever became of the others of its
    /// connection that had none either.
    pub cut_off: Option<u64>,
}

impl Op {
    /// When it returned; never, for one without a reply.
    pub fn end(&self) -> u64 {
        self.returned.as_ref().map_or(NEVER, |&(at, _)| at)
    }

    /// The reply.
    pub fn reply(&self) -> Option<&Value> {
        self.returned.as_ref().map(|(_, value)| value)
    }

    /// Whether it was over before the other began.
    pub fn precedes(&self, other: &Op) -> bool {
        self.end() < other.called
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.called == NEVER {
            return write!(f, "conn {:<3}     (never arrived) {}", self.process, self.command);
        }
        write!(f, "conn {:<3} {:>7}..", self.process, self.called)?;
        match &self.returned {
            Some((at, value)) => write!(f, "{at:<7} {}  ->  {}", self.command, show(value)),
            None => write!(f, "lost    {}", self.command),
        }
    }
}

/// A reply as text.
pub fn show(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    if let Some((end, _)) = text.char_indices().nth(4 * SHOWN_MAX) {
        text.truncate(end);
        text.push_str("..");
    }
    text
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Simple(text) | Value::Bulk(text) => out.push_str(&String::from_utf8_lossy(text)),
        Value::Error(text) => out.push_str(&format!("({})", String::from_utf8_lossy(text))),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Null => out.push_str("nil"),
        Value::Array(items) | Value::Set(items) | Value::Push(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_value(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&format!("{other:?}")),
    }
}

/// A message of a subscription.
#[derive(Clone, Debug)]
pub struct Message {
    /// The operation of its connection that was answered last before it left.
    pub after: OpIndex,
    /// The message as a push.
    pub value: Value,
}

/// All operations of a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// In the order of their calls.
    pub ops: Vec<Op>,
    /// By connection, its operations in program order.
    pub processes: Vec<Vec<OpIndex>>,
    /// Operations that wait for others when nothing moves any more.
    pub still_waiting: Vec<OpIndex>,
    /// Connections whose clients left before the end.
    pub left: HashSet<usize>,
    /// Messages of subscriptions, in the order in which they left.
    pub messages: Vec<Message>,
    /// When the power was lost, and what of all that was answered since the time before may be lost by that.
    pub outages: Vec<(u64, HashSet<OpIndex>)>,
    /// Rewrites of the log that were good, and outages in the middle of one.
    pub rewrites: (u64, u64),
}

impl History {
    /// A connection opens: its number.
    pub fn open(&mut self) -> usize {
        self.processes.push(Vec::new());
        self.processes.len() - 1
    }

    /// An operation is on its way.
    pub fn call(&mut self, process: usize, command: Command) -> OpIndex {
        let index = self.ops.len();
        self.ops.push(Op {
            process,
            command,
            called: NEVER,
            called_at: Clocks::default(),
            returned: None,
            returned_at: Clocks::default(),
            cut_off: None,
        });
        self.processes[process].push(index);
        index
    }

    /// It is there.
    pub fn arrive(&mut self, op: OpIndex, at: u64, clocks: Clocks) {
        self.ops[op].called = at;
        self.ops[op].called_at = clocks;
    }

    /// Its reply leaves.
    pub fn finish(&mut self, op: OpIndex, reply: Value, at: u64, clocks: Clocks) {
        self.ops[op].returned = Some((at, reply));
        self.ops[op].returned_at = clocks;
    }

    /// The power is lost, and with it maybe what these did.
    pub fn lose_power(&mut self, at: u64, undone: Vec<OpIndex>) {
        for op in self.ops.iter_mut().filter(|op| op.returned.is_none()) {
            op.cut_off.get_or_insert(at);
        }
        self.outages.push((at, undone.into_iter().collect()));
    }

    /// Forgets operations that never arrived.
    pub fn forget_unarrived(&mut self) {
        let ops = &self.ops;
        self.processes.iter_mut().for_each(|process| process.retain(|&op| ops[op].called != NEVER));
    }

    /// How many operations have no reply.
    pub fn lost(&self) -> usize {
        self.ops.iter().filter(|op| op.returned.is_none()).count()
    }
}

/// Operations of a violation that are shown.
const OPS_SHOWN_MAX: usize = 60;

/// What a checker found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// In words.
    pub text: String,
    /// The operations that show it.
    pub ops: Vec<OpIndex>,
}

impl Violation {
    /// A violation shown by some operations.
    pub fn new(text: impl Into<String>, ops: impl IntoIterator<Item = OpIndex>) -> Self {
        Violation { text: text.into(), ops: ops.into_iter().collect() }
    }

    /// With the operations in full.
    pub fn explain(&self, history: &History) -> String {
        let mut text = self.text.clone();
        for op in self.ops.iter().take(OPS_SHOWN_MAX).filter_map(|&op| history.ops.get(op)) {
            text.push_str(&format!("\n    {op}"));
        }
        if let Some(more) = self.ops.len().checked_sub(OPS_SHOWN_MAX).filter(|&more| more > 0) {
            text.push_str(&format!("\n    and {more} more"));
        }
        text
    }
}
