//! Checks of parameters that are more than a number, a flag or a word of a list: each takes the words of the value and
//! gives them in the form that CONFIG GET shows, or says in Redis's words what is wrong.

use std::net::{Ipv4Addr, Ipv6Addr};

type Checked = Result<Vec<u8>, &'static str>;

const WRONG_COUNT: &str = "wrong number of arguments";

/// The largest number of a CPU that is understood.
const CPU_MAX: u64 = 4095;

/// Most addresses of `bind`.
const BIND_MAX: usize = 16;

/// Longest name of a host, with the byte that ends it in C.
const HOST_NAME_MAX_BYTES: usize = 256;

fn one(words: &[Vec<u8>]) -> Result<&[u8], &'static str> {
    if let [word] = words { Ok(word) } else { Err(WRONG_COUNT) }
}

/// A number as C's `strtoll` reads it: blanks and a sign may come first, nothing at all is 0, what is too large is the
/// largest. `None` if anything comes behind.
fn lenient_number(word: &[u8]) -> Option<i64> {
    let word = &word[word.iter().take_while(|byte| byte.is_ascii_whitespace()).count()..];
    let (negative, digits) = match word {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, word),
    };
    let signed = digits.len() != word.len();
    let mut number = 0i64;
    for digit in digits {
        let digit = i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        number = number.saturating_mul(10).saturating_add(digit);
    }
    // Without a digit nothing was read, so that a sign would be left over.
    let whole = !digits.is_empty() || (!signed && word.is_empty());
    whole.then_some(if negative { -number } else { number })
}

/// `save`: pairs of seconds and changes; one empty word for none.
pub(super) fn check_save(words: &[Vec<u8>]) -> Checked {
    let words = if let [word] = words
        && word.is_empty()
    {
        &[]
    } else {
        words
    };
    if !words.len().is_multiple_of(2) {
        return Err("Invalid save parameters");
    }
    let mut shown = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let least = i64::from(at % 2 == 0);
        let number = lenient_number(word).filter(|&number| number >= least);
        shown.push(number.ok_or("Invalid save parameters")?.to_string());
    }
    Ok(shown.join(" ").into_bytes())
}

/// `bind`: addresses; one empty word for none.
pub(super) fn check_bind(words: &[Vec<u8>]) -> Checked {
    if words.len() > BIND_MAX {
        return Err("Too many bind addresses specified.");
    }
    Ok(words.join(&b' '))
}

/// `pin-cpus`: a word, or CPUs as in `0,2,4-7`.
pub(super) fn check_pin_cpus(words: &[Vec<u8>]) -> Checked {
    let lower = one(words)?.to_ascii_lowercase();
    let known = matches!(lower.as_slice(), b"auto" | b"yes" | b"no") || parse_cpus(&lower).is_some();
    if known {
        Ok(lower)
    } else {
        Err("argument must be 'auto', 'yes', 'no' or a list of CPUs as in 0,2,4-7")
    }
}

/// The CPUs of a list as in `0,2,4-7`, in its order.
pub(super) fn parse_cpus(list: &[u8]) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in list.split(|&byte| byte == b',') {
        let mut ends = part.splitn(2, |&byte| byte == b'-').map(base::num::parse_u64);
        let first = ends.next()??;
        let last = ends.next().unwrap_or(Some(first))?;
        if last < first || last > CPU_MAX {
            return None;
        }
        cpus.extend((first..=last).map(|cpu| cpu as usize));
    }
    Some(cpus)
}

/// `oom-score-adj-values`: three numbers.
pub(super) fn check_oom_values(words: &[Vec<u8>]) -> Checked {
    if words.len() != 3 {
        return Err(WRONG_COUNT);
    }
    let mut shown = Vec::new();
    for word in words {
        let number = lenient_number(word).filter(|number| (-2000..=2000).contains(number));
        let number =
            number.ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?;
        shown.push(number.to_string());
    }
    Ok(shown.join(" ").into_bytes())
}

/// `latency-tracking-info-percentiles`: numbers from 0 to 100; one empty word for none.
pub(super) fn check_percentiles(words: &[Vec<u8>]) -> Checked {
    if let [word] = words
        && word.is_empty()
    {
        return Ok(Vec::new());
    }
    let mut shown = Vec::new();
    for word in words {
        let number =
            base::num::parse_f64(word).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&number) {
            return Err("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
        }
        let text = format!("{number:.6}");
        shown.push(text.trim_end_matches('0').trim_end_matches('.').to_owned());
    }
    Ok(shown.join(" ").into_bytes())
}

/// `replicaof`: nothing, or a host and a port.
pub(super) fn check_replica_of(words: &[Vec<u8>]) -> Checked {
    match words {
        [] => Ok(Vec::new()),
        [empty] if empty.is_empty() => Ok(Vec::new()),
        [no, one] if no.eq_ignore_ascii_case(b"no") && one.eq_ignore_ascii_case(b"one") => Ok(Vec::new()),
        [_, port] => match lenient_number(port) {
            Some(0..=65535) => Err("replication is not supported yet"),
            _ => Err("Invalid master port"),
        },
        _ => Err(WRONG_COUNT),
    }
}

/// The classes of keyspace events in the order in which they are shown: those that `A` stands for, those that it leaves
/// out, and the kinds of channels with the last class.
const EVENTS_OF_A: &[u8] = b"g$lshzxetd";
const EVENTS_BEYOND_A: &[u8] = b"noca";
const EVENTS_OTHER: &[u8] = b"KEm";

/// `notify-keyspace-events`: a set of letters, brought into order. [`shown_events`] shows it.
pub(super) fn check_events(words: &[Vec<u8>]) -> Checked {
    let letters = one(words)?;
    let sets = [EVENTS_OF_A, EVENTS_BEYOND_A, EVENTS_OTHER];
    let known = |letter: &u8| *letter == b'A' || sets.iter().any(|set| set.contains(letter));
    if !letters.iter().all(known) {
        return Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
    let has = |letter: &u8| letters.contains(letter);
    let mut ordered = Vec::new();
    if has(&b'A') || EVENTS_OF_A.iter().all(has) {
        ordered.push(b'A');
    } else {
        ordered.extend(EVENTS_OF_A.iter().filter(|letter| has(letter)));
    }
    ordered.extend(EVENTS_BEYOND_A.iter().chain(EVENTS_OTHER).filter(|letter| has(letter)));
    Ok(ordered)
}

/// What CONFIG GET shows of a set of events: Redis leaves out what `A` leaves out, though it is in effect.
pub(super) fn shown_events(letters: &[u8]) -> Vec<u8> {
    let all = letters.contains(&b'A');
    letters.iter().copied().filter(|letter| !(all && EVENTS_BEYOND_A.contains(letter))).collect()
}

/// The name of a file without a folder.
fn file_name(words: &[Vec<u8>], empty: Option<&'static str>, path: &'static str) -> Checked {
    match (one(words)?, empty) {
        ([], Some(problem)) => Err(problem),
        (name, _) if name.iter().any(|byte| b"/\\".contains(byte)) => Err(path),
        (name, _) => Ok(name.to_vec()),
    }
}

/// `dbfilename`.
pub(super) fn check_db_file(words: &[Vec<u8>]) -> Checked {
    file_name(words, None, "dbfilename can't be a path, just a filename")
}

/// `appendfilename`.
pub(super) fn check_aof_file(words: &[Vec<u8>]) -> Checked {
    let path = "appendfilename can't be a path, just a filename";
    file_name(words, Some("appendfilename can't be empty"), path)
}

/// `appenddirname`.
pub(super) fn check_aof_folder(words: &[Vec<u8>]) -> Checked {
    let path = "appenddirname can't be a path, just a dirname";
    file_name(words, Some("appenddirname can't be empty"), path)
}

/// `cluster-announce-hostname`.
pub(super) fn check_host_name(words: &[Vec<u8>]) -> Checked {
    let name = one(words)?.split(|&byte| byte == 0).next().unwrap_or_default();
    if name.len() >= HOST_NAME_MAX_BYTES {
        return Err("Hostnames must be less than 256 characters");
    }
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.".contains(byte);
    if !name.iter().all(fits) {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots");
    }
    Ok(name.to_vec())
}

/// `cluster-announce-human-nodename`: without what separates the fields of a cluster's file.
pub(super) fn check_announced_name(words: &[Vec<u8>]) -> Checked {
    let name = one(words)?;
    let fits = |byte: &u8| !b"\0!#$%&()*+:;<>?@[]^{|}~".contains(byte);
    if !name.iter().all(fits) {
        return Err("Announced human node name contained invalid character");
    }
    Ok(name.to_vec())
}

/// `locale-collate`: strings are compared byte by byte, whatever it says; the names of locales of any system are those.
pub(super) fn check_locale(words: &[Vec<u8>]) -> Checked {
    match one(words)? {
        name @ (b"" | b"C" | b"POSIX" | b"C.UTF-8" | b"C.utf8") => Ok(name.to_vec()),
        _ => Err("Invalid locale name"),
    }
}

/// The variables of `proc-title-template`.
const TITLE_VARIABLES: [&str; 7] =
    ["title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"];

/// `proc-title-template`: text with variables in braces.
pub(super) fn check_title(words: &[Vec<u8>]) -> Checked {
    let problem = "template format is invalid or contains unknown variables";
    let template = one(words)?;
    let (mut rest, mut shows) = (template, false);
    while let Some(open) = rest.iter().position(|&byte| byte == b'{') {
        let after = rest.get(open + 1..).unwrap_or_default();
        let close = after.iter().position(|&byte| byte == b'}').ok_or(problem)?;
        let name = after.get(..close).unwrap_or_default();
        if !TITLE_VARIABLES.iter().any(|variable| variable.as_bytes() == name) {
            return Err(problem);
        }
        // The title alone may be empty.
        shows |= name != b"title" || !rest.get(..open).unwrap_or_default().trim_ascii().is_empty();
        rest = after.get(close + 1..).unwrap_or_default();
    }
    if shows || !rest.trim_ascii().is_empty() { Ok(template.to_vec()) } else { Err(problem) }
}

/// `cluster-announce-client-ipv4`.
pub(super) fn check_ipv4(words: &[Vec<u8>]) -> Checked {
    address::<Ipv4Addr>(words, "Invalid IPv4 address")
}

/// `cluster-announce-client-ipv6`.
pub(super) fn check_ipv6(words: &[Vec<u8>]) -> Checked {
    address::<Ipv6Addr>(words, "Invalid IPv6 address")
}

fn address<T: std::str::FromStr>(words: &[Vec<u8>], problem: &'static str) -> Checked {
    let word = one(words)?;
    let valid = word.is_empty() || std::str::from_utf8(word).is_ok_and(|text| text.parse::<T>().is_ok());
    if valid { Ok(word.to_vec()) } else { Err(problem) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_in_c() {
        for (text, number) in [
            ("", Some(0)),
            ("7", Some(7)),
            ("  +7", Some(7)),
            ("-7", Some(-7)),
            ("99999999999999999999", Some(i64::MAX)),
            ("7 ", None),
            ("-", None),
            ("7x", None),
        ] {
            assert_eq!(lenient_number(text.as_bytes()), number, "{text:?}");
        }
    }

    #[test]
    fn cpus_are_listed_with_ranges() {
        assert_eq!(parse_cpus(b"0,2,4-6"), Some(vec![0, 2, 4, 5, 6]));
        for wrong in ["1-", "-1", "3-2", "0,,1", "x", "0-99999999999"] {
            assert_eq!(parse_cpus(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
