//! What `cargo xtask bench --compare metrics` must keep to, checked with what was measured in the same run.

use crate::{bench_metrics::Measured, table};

/// A number that must be so much, or at most so much.
pub(crate) struct Limit {
    what: String,
    /// Measured round by round; empty where a tool did not run.
    values: Vec<f64>,
    wanted: Wanted,
}

enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}

/// Prints a row for each limit whose tools have run.
pub(crate) fn report(limits: &[Limit]) {
    let mut rows = vec![["limit", "measured", "wanted", ""].map(str::to_owned).to_vec()];
    rows.extend(limits.iter().filter(|limit| !limit.values.is_empty()).map(Limit::row));
    if rows.len() > 1 {
        println!("{}", table::render(&rows));
    }
}

/// What the comparison of a whole body must keep to.
pub(crate) fn of_time_and_memory(measured: &[Measured]) -> Vec<Limit> {
    let of = |tool: &str, key: &str| -> Vec<f64> {
        measured.iter().filter(|m| m.tool == tool).filter_map(|m| m.totals[key].as_f64()).collect()
    };
    let ratio = |peer: &[f64], own: &[f64]| peer.iter().zip(own).map(|(peer, own)| peer / own).collect();
    let cpu = |peer: &str, own: &str| ratio(&of(peer, "cpu_s"), &of(own, "cpu_s"));
    let extra = |tool: &str| of(tool, "extra_mib");
    let (at_least, at_most) = (Limit::at_least, Limit::at_most);
    vec![
        at_least("CPU of surface-distance / tmli surfel", cpu("surface-distance", "tmli surfel"), 40.0),
        at_least("CPU of crop+cKDTree / tmli surfel", cpu("crop+cKDTree", "tmli surfel"), 8.0),
        at_most(
            "CPU of tmli labels / summing the voxels of both maps",
            ratio(&of("tmli labels", "cpu_s"), &of("tmli labels", "reading_cpu_s")),
            25.0,
        ),
        at_least("CPU of meshmetrics / tmli net", cpu("meshmetrics", "tmli net"), 5.0),
        at_least(
            "CPU of surface-distance / tmli surfel, distant organs",
            cpu("surface-distance, apart", "tmli surfel, apart"),
            1.0,
        ),
        at_most("extra MiB of tmli surfel", extra("tmli surfel"), 50.0),
        at_most("extra MiB of tmli labels", extra("tmli labels"), 50.0),
        at_most("extra MiB of tmli net", extra("tmli net"), 50.0),
    ]
}

impl Limit {
    pub(crate) fn at_least(what: &str, values: Vec<f64>, least: f64) -> Self {
        Self { what: what.to_owned(), values, wanted: Wanted::AtLeast(least) }
    }

    pub(crate) fn at_most(what: &str, values: Vec<f64>, most: f64) -> Self {
        Self { what: what.to_owned(), values, wanted: Wanted::AtMost(most) }
    }

    fn row(&self) -> Vec<String> {
        let (wanted, limit, kept) = match self.wanted {
            Wanted::AtLeast(least) => {
                (format!("at least {least}"), least, self.values.iter().all(|&value| value >= least))
            }
            Wanted::AtMost(most) => (format!("at most {most}"), most, self.values.iter().all(|&value| value <= most)),
        };
        let digits = if limit < 1.0 { 3 } else { 1 };
        let values: Vec<String> = self.values.iter().map(|value| format!("{value:.digits$}")).collect();
        let verdict = if kept { "PASS" } else { "OVER THE LIMIT" };
        vec![self.what.clone(), values.join(", "), wanted, verdict.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(tool: &'static str, cpu_s: f64) -> Measured {
        Measured { tool, totals: json!({ "cpu_s": cpu_s, "extra_mib": 20.0 }), values: Vec::new() }
    }

    #[test]
    fn every_round_must_keep_to_a_limit_and_tools_that_did_not_run_have_no_row() {
        let runs = [
            run("tmli surfel", 0.5),
            run("surface-distance", 21.0),
            run("tmli surfel", 0.5),
            run("surface-distance", 19.0),
        ];
        let rows: Vec<_> =
            of_time_and_memory(&runs).iter().filter(|limit| !limit.values.is_empty()).map(Limit::row).collect();
        let expected = ["CPU of surface-distance / tmli surfel", "42.0, 38.0", "at least 40", "OVER THE LIMIT"];
        assert_eq!(rows[0], expected);
        assert_eq!(rows[1], ["extra MiB of tmli surfel", "20.0, 20.0", "at most 50", "PASS"]);
        assert_eq!(rows.len(), 2);
    }
}
