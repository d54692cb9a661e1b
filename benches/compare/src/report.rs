//! Reports as Markdown.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::machine;

/// What a suite found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Heading.
    pub title: String,
    /// What was measured, and how.
    pub method: String,
    /// Servers with versions and settings.
    pub servers: Vec<String>,
    /// Tables, each with its caption.
    pub tables: Vec<(String, Table)>,
    /// What a reader of the tables must know.
    pub notes: Vec<String>,
}

/// A table of text cells.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Column heads.
    pub head: Vec<String>,
    /// Rows as long as the head.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this head and no rows.
    pub fn new(head: &[&str]) -> Table {
        Table { head: head.iter().map(|&cell| cell.to_owned()).collect(), rows: Vec::new() }
    }

    /// As Markdown, columns padded, all but the first right-aligned.
    pub fn markdown(&self) -> String {
        let cells =
            |column: usize| self.rows.iter().chain([&self.head]).map(move |row| row[column].chars().count());
        let widths: Vec<usize> = (0..self.head.len()).map(|c| cells(c).max().unwrap_or(0).max(4)).collect();
        let line = |row: &[String]| {
            let padded = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
                0 => format!(" {cell:<width$} |"),
                _ => format!(" {cell:>width$} |"),
            });
            format!("|{}\n", padded.collect::<String>())
        };
        let rule: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, &width)| if column == 0 { "-".repeat(width) } else { "-".repeat(width - 1) + ":" })
            .collect();
        [&self.head, &rule].into_iter().chain(&self.rows).map(|row| line(row)).collect()
    }
}

impl Report {
    /// The whole report.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n{}\n\n", self.title, self.method);
        // Writing into a String cannot fail.
        let _ = writeln!(out, "Machine: {}. {}.\n", machine::describe(), machine::today());
        self.servers.iter().for_each(|server| out.push_str(&format!("- {server}\n")));
        for (caption, table) in &self.tables {
            let _ = write!(out, "\n{caption}\n\n{}", table.markdown());
        }
        if !self.notes.is_empty() {
            out.push('\n');
            self.notes.iter().for_each(|note| out.push_str(&format!("- {note}\n")));
        }
        out
    }

    /// Writes the report into `directory` as `<date>-<what>.md`.
    ///
    /// # Errors
    /// When `what` is no plain name or the file cannot be written.
    pub fn record(&self, directory: &Path, what: &str) -> Result<PathBuf> {
        let plain = what.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        ensure!(plain && !what.is_empty(), "a record's name is made of letters, digits, - and _: {what}");
        fs::create_dir_all(directory)?;
        let file = directory.join(format!("{}-{what}.md", machine::today()));
        fs::write(&file, self.markdown()).with_context(|| format!("writing {}", file.display()))?;
        Ok(file)
    }
}

/// The median; NaN of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

/// A number with thousands separated by commas, as 1,234,567.
pub fn grouped(number: f64) -> String {
    if !number.is_finite() {
        return "–".to_owned();
    }
    let digits = format!("{:.0}", number.abs());
    let mut out = String::from(if number <= -0.5 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with this many decimals, or a dash if there is none.
pub fn decimals(number: f64, decimals: usize) -> String {
    if number.is_finite() { format!("{number:.decimals$}") } else { "–".to_owned() }
}

/// A count in short: 100000 as 100k.
pub fn short(count: u64) -> String {
    match count {
        n if n >= 1_000_000 && n.is_multiple_of(100_000) => format!("{}M", n as f64 / 1e6),
        n if n >= 1_000 && n.is_multiple_of(100) => format!("{}k", n as f64 / 1e3),
        n => n.to_string(),
    }
}

/// Whether a number is at most `target`, as a cell of a table: a dash if there is no number.
pub fn at_most(number: f64, target: f64) -> String {
    let met = match number {
        n if n.is_nan() => "–",
        n if n <= target => "yes",
        _ => "**no**",
    };
    met.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median([]).is_nan());
    }

    #[test]
    fn numbers() {
        for (number, text) in [(0.0, "0"), (999.4, "999"), (1000.0, "1,000"), (-1234567.0, "-1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!((grouped(f64::NAN), decimals(1.25, 1)), ("–".to_owned(), "1.2".to_owned()));
        for (count, text) in [(999, "999"), (1_500, "1.5k"), (1_234, "1234"), (10_000_000, "10M")] {
            assert_eq!(short(count), text);
        }
        assert_eq!([0.7, 0.71, f64::NAN].map(|n| at_most(n, 0.7)), ["yes", "**no**", "–"]);
    }

    #[test]
    fn tables() {
        let mut table = Table::new(&["what", "n"]);
        table.rows.push(vec!["GET".to_owned(), "12345".to_owned()]);
        assert_eq!(table.markdown(), "| what |     n |\n| ---- | ----: |\n| GET  | 12345 |\n");
    }

    #[test]
    fn records_only_plain_names() {
        let directory = tempfile::tempdir().unwrap();
        let report = Report { title: "T".to_owned(), ..Report::default() };
        assert!(report.record(directory.path(), "../x").is_err());
        let file = report.record(directory.path(), "core").unwrap();
        assert!(fs::read_to_string(file).unwrap().starts_with("# T\n"));
    }
}
