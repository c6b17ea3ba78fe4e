//! Results on standard output. A reader that stops reading (`| head`) is no error.

use std::io::{ErrorKind, Write};

use crate::failure::{Failure, Outcome};

/// Prints a text and a newline.
pub fn print(text: impl std::fmt::Display) -> Outcome {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::advise(format!("standard output can't be written: {e}"), "check where it is redirected to"))
        }
        _ => Ok(()),
    }
}

/// A table with aligned columns: the first to the left, the others to the right.
pub struct Table {
    rows: Vec<Vec<String>>,
    left: usize,
}

impl Table {
    /// A table with these headings; the first `left` columns are aligned to the left.
    pub fn new(left: usize, headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(ToString::to_string).collect()], left }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width =
            |c: usize| self.rows.iter().filter_map(|r| r.get(c)).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (n, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(c, (cell, w))| if c < self.left { format!("{cell:<w$}") } else { format!("{cell:>w$}") })
                .collect();
            let line = cells.join("  ");
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", line.trim_end())?;
            if n == 0 {
                write!(f, "\n{}", "-".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(1, &["structure", "DSC"]);
        table.row(vec!["Liver".into(), "0.9".into()]);
        assert_eq!(table.to_string(), "structure  DSC\n--------------\nLiver      0.9");
    }
}
