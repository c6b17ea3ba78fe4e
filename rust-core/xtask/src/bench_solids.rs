//! `cargo xtask bench --compare metrics --solids`: how far each tool is from the truth.
//!
//! The pairs are those of `tmli-core`'s test `metrics_net`: spheres, shells, boxes and turned solids, and the same moved.

use std::{collections::BTreeMap, fs};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    bench_limits::{self, Limit},
    bench_metrics::{Bench, Measured},
    process,
    repo::Repo,
    table,
};

/// Spacing in mm along slices, rows and columns, and what `net` must keep to there: root mean squares of the errors of
/// ASD and HD95 in mm.
const GRIDS: [([&str; 3], [f64; 2]); 2] = [(["1", "1", "1"], [0.02, 0.05]), (["5", "1", "1"], [0.08, 0.6])];

/// What the errors are of.
const MEASURES: [(&str, &str); 2] = [("asd_mm", "ASD"), ("hd95_mm", "HD95")];

/// Makes the pairs, has every tool compare them, and prints the errors.
pub(crate) fn run(repo: &Repo, bench: &Bench, tools: &[&'static str]) -> Result<()> {
    let build = ["build", "--release", "--package", "tmli-core", "--example", "metrics_solids"];
    process::run(&mut process::cargo(repo.root(), &build))?;
    let mut rows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let (mut heading, mut limits) = (vec!["tool".to_owned()], Vec::new());
    for (spacing, most) in GRIDS {
        let grid = format!("{} x {} x {} mm", spacing[0], spacing[1], spacing[2]);
        let folder = bench.beside(&format!("solids-{}", spacing.join("-")));
        // Anew each time: it takes a second, and the solids may be others than last time.
        let program = repo.target().join("release/examples/metrics_solids");
        process::run(process::command(program, repo.root()).arg(&folder).args(spacing))?;
        let pairs: Value = serde_json::from_slice(&fs::read(folder.join("pairs.json"))?)?;
        for (n, &tool) in tools.iter().enumerate() {
            let measured = bench.measure(tool, &folder)?;
            let row = rows.entry(n).or_insert_with(|| vec![tool.to_owned()]);
            for ((key, name), most) in MEASURES.into_iter().zip(most) {
                let error = root_mean_square_error(&measured, &pairs["truth"], key)?;
                row.push(error.map_or("-".to_owned(), |error| format!("{error:.3}")));
                if tool == "tmli net" {
                    let what = format!("mm that {tool}'s {name} is off, {grid}");
                    limits.push(Limit::at_most(&what, error.into_iter().collect(), most));
                }
            }
        }
        heading.extend(MEASURES.map(|(_, name)| format!("{grid}: {name}")));
    }
    println!("\nRoot mean squares of the errors in mm:\n");
    println!("{}", table::render(&std::iter::once(heading).chain(rows.into_values()).collect::<Vec<_>>()));
    bench_limits::report(&limits);
    Ok(())
}

/// Over all pairs; `None` where the tool has no such measure.
fn root_mean_square_error(measured: &Measured, truth: &Value, key: &str) -> Result<Option<f64>> {
    let mut squares = Vec::new();
    for value in &measured.values {
        let name = value["name"].as_str().unwrap_or_default();
        let expected = truth[name][key].as_f64().with_context(|| format!("{name} has no true {key}"))?;
        squares.extend(value[key].as_f64().map(|found| (found - expected).powi(2)));
    }
    Ok((!squares.is_empty()).then(|| (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_are_those_from_the_truth_and_a_measure_that_a_tool_lacks_has_none() {
        let values =
            [("a", 1.0), ("b", 3.0)].map(|(name, asd)| json!({ "name": name, "asd_mm": asd, "hd95_mm": null }));
        let measured = Measured { tool: "tool", totals: Value::Null, values: values.to_vec() };
        let truth = json!({ "a": { "asd_mm": 1.0, "hd95_mm": 2.0 }, "b": { "asd_mm": 2.0, "hd95_mm": 2.0 } });
        let error = root_mean_square_error(&measured, &truth, "asd_mm").expect("all are there");
        assert_eq!(error, Some(0.5_f64.sqrt()));
        assert_eq!(root_mean_square_error(&measured, &truth, "hd95_mm").expect("all are there"), None);
        assert!(root_mean_square_error(&measured, &json!({}), "asd_mm").is_err());
    }
}
