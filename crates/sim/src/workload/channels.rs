//! Channels: publishers and subscribers that come and go, and events of keys.
//!
//! Each message is unlike all others, so what a subscriber got tells which were delivered to it, how often and in which order:
//! those of one publisher in the order in which it published them, whatever the channel; each once while the subscriber was
//! subscribed throughout; none before a subscription was confirmed or after its end was. The number that PUBLISH replies with lies
//! between the subscribers that were there all the time and those that may have been there at some time.

use std::collections::{HashMap, HashSet};

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, pick};
use crate::command::Command;
use crate::history::{History, NEVER, Op, OpIndex, Violation};

/// The channels that are published on.
const CHANNELS: &[&str] = &["news", "sport", "weather"];
/// What subscribers may ask for: the channels, patterns, and events.
const TOPICS: &[&str] =
    &["news", "sport", "weather", "*s", "w*", "__keyevent@0__:set", "__keyevent@0__:rename_to"];

/// See the module page.
pub struct Channels {
    greeted: HashSet<usize>,
    next: u64,
    /// A key that was made last.
    last_key: String,
}

/// One subscription of a connection: the operations that began and ended it.
struct Subscription {
    process: usize,
    topic: &'static str,
    from: OpIndex,
    to: Option<OpIndex>,
}

impl Channels {
    /// With nothing published.
    pub fn new(_: u16, _: &mut Rng) -> Self {
        Channels { greeted: HashSet::new(), next: 0, last_key: "none".into() }
    }

    fn command(&mut self, rng: &mut Rng) -> Command {
        self.next += 1;
        let number = self.next;
        let topic = *pick::<&str>(rng, TOPICS);
        let prefix = if topic.contains('*') { "P" } else { "" };
        match rng.below(16) {
            0..3 => Command::parse(&format!("{prefix}SUBSCRIBE {topic}")),
            3 => Command::parse(&format!("{prefix}UNSUBSCRIBE {topic}")),
            4..7 => {
                self.last_key = format!("k{number}");
                Command::parse(&format!("SET {} 1", self.last_key))
            }
            7 => {
                let from = std::mem::replace(&mut self.last_key, format!("r{number}"));
                Command::parse(&format!("RENAME {from} r{number}"))
            }
            _ => Command::parse(&format!("PUBLISH {} m{number}", pick::<&str>(rng, CHANNELS))),
        }
    }
}

fn matches(topic: &str, channel: &str) -> bool {
    match topic {
        "*s" => channel.ends_with('s'),
        "w*" => channel.starts_with('w'),
        _ => topic == channel,
    }
}

fn text(value: Option<&Value>) -> &str {
    match value {
        Some(Value::Bulk(text)) => std::str::from_utf8(text).unwrap_or_default(),
        _ => "",
    }
}

/// What an operation published, if it did: channel and message.
fn published(op: &Op) -> Option<(&str, &str)> {
    let is_ok = matches!(op.reply()?, Value::Simple(text) if text == b"OK");
    match op.command.name() {
        "PUBLISH" => Some((op.command.word(1), op.command.word(2))),
        "SET" if is_ok => Some(("__keyevent@0__:set", op.command.word(1))),
        "RENAME" if is_ok => Some(("__keyevent@0__:rename_to", op.command.word(2))),
        _ => None,
    }
}

/// The subscriptions of all connections.
fn subscriptions(history: &History) -> Vec<Subscription> {
    let mut all: Vec<Subscription> = Vec::new();
    for (process, ops) in history.processes.iter().enumerate() {
        for &at in ops {
            let command = &history.ops[at].command;
            let Some(&topic) = TOPICS.iter().find(|&&topic| topic == command.word(1)) else { continue };
            let is_open =
                |one: &&mut Subscription| one.process == process && one.topic == topic && one.to.is_none();
            match (command.name(), all.iter_mut().find(is_open)) {
                ("SUBSCRIBE" | "PSUBSCRIBE", None) => {
                    all.push(Subscription { process, topic, from: at, to: None });
                }
                ("UNSUBSCRIBE" | "PUNSUBSCRIBE", Some(open)) => open.to = Some(at),
                _ => {}
            }
        }
    }
    all
}

/// Whether a connection was there to the end, and got replies to all that it called.
fn is_whole(history: &History, process: usize) -> bool {
    !history.left.contains(&process)
        && history.processes[process].iter().all(|&op| history.ops[op].returned.is_some())
}

/// By connection, subscription and text of a message, its place among all messages.
type Received<'a> = HashMap<(usize, &'a str, &'a str), usize>;

/// Reads the messages, and checks that each came once, and within a subscription.
fn received<'a>(history: &'a History, all: &[Subscription]) -> Result<Received<'a>, Violation> {
    let mut received = Received::new();
    for (place, message) in history.messages.iter().enumerate() {
        let process = history.ops[message.after].process;
        let Value::Push(items) = &message.value else { continue };
        let (topic, channel, word) = match items.len() {
            3 => (text(items.get(1)), text(items.get(1)), text(items.get(2))),
            _ => (text(items.get(1)), text(items.get(2)), text(items.get(3))),
        };
        let wrong = |problem: String| Err(Violation::new(problem, [message.after]));
        if !matches(topic, channel) {
            return wrong(format!("{channel} is not of {topic}:"));
        }
        if received.insert((process, topic, word), place).is_some() {
            return wrong(format!("{word} came twice by {topic}:"));
        }
        let within = |one: &Subscription| {
            one.process == process
                && one.topic == topic
                && one.from <= message.after
                && one.to.is_none_or(|to| to > message.after)
        };
        if !all.iter().any(within) {
            return wrong(format!("{word} came to conn {process} without a subscription to {topic}:"));
        }
    }
    Ok(received)
}

/// Checks that a published message reached those who were subscribed throughout, and how many it is said to have reached.
fn check_one(
    history: &History,
    all: &[Subscription],
    received: &Received<'_>,
    at: OpIndex,
) -> Result<u64, Violation> {
    let op = &history.ops[at];
    let Some((channel, word)) = published(op) else { return Ok(0) };
    let is_event = channel.starts_with('_');
    let (mut certain, mut possible) = (0, 0);
    for one in all.iter().filter(|one| matches(one.topic, channel)) {
        let (from, to) = (&history.ops[one.from], one.to.map(|to| &history.ops[to]));
        let own = one.process == op.process;
        let began = if own { one.from < at } else { from.precedes(op) };
        let may_have_begun = if own { one.from < at } else { !op.precedes(from) };
        let ended = to.is_some_and(|to| if own { one.to < Some(at) } else { to.precedes(op) });
        let lasted = to.is_none_or(|to| if own { one.to > Some(at) } else { op.precedes(to) });
        possible += i64::from(may_have_begun && !ended);
        // An event may be on its way for a moment after the reply.
        let lasted = if is_event { to.is_none() } else { lasted };
        if began && lasted && is_whole(history, one.process) {
            certain += 1;
            if !received.contains_key(&(one.process, one.topic, word)) {
                let text = format!("conn {} never got {word} by {}:", one.process, one.topic);
                return Err(Violation::new(text, [one.from, at].into_iter().chain(one.to)));
            }
        }
    }
    match op.reply() {
        Some(&Value::Int(count)) if !(certain..=possible).contains(&count) => {
            let text = format!("{count} receivers, of at least {certain} and at most {possible}:");
            Err(Violation::new(text, [at]))
        }
        _ => Ok(1 + certain.unsigned_abs()),
    }
}

/// Checks that each subscriber got the messages of each publisher in order.
fn check_order(history: &History, received: &Received<'_>) -> Result<u64, Violation> {
    let mut facts = 0;
    let mut receivers: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
    for (&(process, _, word), &place) in received {
        receivers.entry(word).or_default().push((process, place));
    }
    for ops in &history.processes {
        // By receiver: the last place of the messages so far.
        let mut last: HashMap<usize, (usize, OpIndex)> = HashMap::new();
        for &at in ops.iter().filter(|&&at| history.ops[at].command.name() == "PUBLISH") {
            let places = receivers.get(history.ops[at].command.word(2)).map_or(&[][..], Vec::as_slice);
            for (process, place) in places {
                if let Some(&(before, other)) = last.get(process)
                    && before > *place
                {
                    let text = format!("conn {process} got two messages in another order:");
                    return Err(Violation::new(text, [other, at]));
                }
                facts += 1;
            }
            for &(process, place) in places {
                let latest = last.entry(process).or_insert((place, at));
                *latest = (*latest).max((place, at));
            }
        }
    }
    Ok(facts)
}

impl Workload for Channels {
    fn name(&self) -> &'static str {
        "channels"
    }

    fn shape(&self) -> Shape {
        Shape { sessions: 8, ops: 500, pipeline_max: 12, unanswered_max: 40, losses_max: 50, bytes_scale: 1 }
    }

    fn first_words(&self) -> Vec<Command> {
        vec![Command::parse("CONFIG SET notify-keyspace-events KEA")]
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        let greeting = self.greeted.insert(asker.process).then(|| Command::parse("HELLO 3"));
        let commands: Vec<Command> = (0..asker.max).map(|_| self.command(rng)).collect();
        greeting.into_iter().chain(commands).collect()
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        let all = subscriptions(history);
        let received = received(history, &all)?;
        for at in 0..history.ops.len() {
            if history.ops[at].called != NEVER {
                checked.facts += check_one(history, &all, &received, at)?;
            }
        }
        checked.facts += check_order(history, &received)?;
        Ok(checked)
    }
}
