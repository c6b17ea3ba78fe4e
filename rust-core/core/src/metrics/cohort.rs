//! From many cases to one line of a table: mean, SD, median, IQR, count, and a confidence interval of the mean.
//!
//! What has no value is left out **and said**: every [`Summary`] lists the cases it leaves out with the reason.

use super::{StructureMetrics, Undefined};

/// How often cases are drawn anew for the confidence interval.
pub const RESAMPLES: usize = 2000;

/// Why a case does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    /// A mask is empty and the number is not finite.
    Undefined(Undefined),
    /// The number is infinite or not a number although both masks have voxels.
    NotFinite,
}

impl std::fmt::Display for Excluded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Undefined(undefined) => undefined.name(),
            Self::NotFinite => "not_finite",
        })
    }
}

/// One number over a cohort, `R` being why a case does not count. Without any case every value is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<R = Excluded> {
    /// Cases that count.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of a sample (divided by count - 1); NaN for one case.
    pub sd: f64,
    /// Half of the cases are at most this.
    pub median: f64,
    /// 25th and 75th percentile, interpolated between ranks.
    pub quartiles: [f64; 2],
    /// 95 % confidence interval of the mean: the 2.5th and 97.5th percentile of the means of [`RESAMPLES`] draws with
    /// replacement. The same for the same values and seed.
    pub mean_ci95: [f64; 2],
    /// Cases that do not count, with the reason.
    pub excluded: Vec<(String, R)>,
}

impl<R> Summary<R> {
    /// The interquartile range.
    pub fn iqr(&self) -> f64 {
        self.quartiles[1] - self.quartiles[0]
    }
}

/// Summarises one number of one structure over cases.
///
/// A missed or invented structure counts with DSC 0 (and surface Dice 0); its distances are infinite and are left out.
/// Both masks empty has no value at all.
///
/// ```
/// use tmli_core::{Mask, SpacingMm, compare_masks, metrics::cohort::summarise};
///
/// let row = |n: usize| Mask::from_fn([3, 9, 9], move |[k, j, i]| k > 0 && j == 4 && i < n);
/// let compare = |a: &Mask, b: &Mask| compare_masks(a, b, SpacingMm::new(5.0, 1.0, 1.0));
/// let cases = [
///     ("case 1", compare(&row(8), &row(8))?),
///     ("case 2", compare(&row(8), &row(4))?),
///     ("case 3", compare(&row(8), &row(0))?),
/// ];
/// let dsc = summarise(cases.iter().map(|(case, metrics)| (*case, metrics)), |m| m.dsc, 1);
/// let hd95 = summarise(cases.iter().map(|(case, metrics)| (*case, metrics)), |m| m.hd95_mm, 1);
/// assert_eq!((dsc.count, hd95.count), (3, 2));
/// assert_eq!(hd95.excluded[0].0, "case 3");
/// assert_eq!(hd95.excluded[0].1.to_string(), "prediction_empty");
/// # Ok::<(), tmli_core::MetricsError>(())
/// ```
pub fn summarise<'a>(
    cases: impl IntoIterator<Item = (&'a str, &'a StructureMetrics)>,
    number: impl Fn(&StructureMetrics) -> f64,
    seed: u64,
) -> Summary {
    let numbers = cases.into_iter().map(|(case, metrics)| {
        let value = number(metrics);
        let reason = || metrics.undefined.map_or(Excluded::NotFinite, Excluded::Undefined);
        (case, if value.is_finite() { Ok(value) } else { Err(reason()) })
    });
    summarise_numbers(numbers, seed)
}

/// Summarises finite numbers of cases, or why a case has none.
///
/// ```
/// use tmli_core::metrics::cohort::summarise_numbers;
///
/// let summary = summarise_numbers([("case 1", Ok(0.8)), ("case 2", Ok(0.9)), ("case 3", Err("not contoured"))], 1);
/// assert!((summary.mean - 0.85).abs() < 1e-12);
/// assert_eq!(summary.excluded, [("case 3".to_owned(), "not contoured")]);
/// ```
pub fn summarise_numbers<'a, R>(cases: impl IntoIterator<Item = (&'a str, Result<f64, R>)>, seed: u64) -> Summary<R> {
    let (mut values, mut excluded) = (Vec::new(), Vec::new());
    for (case, value) in cases {
        match value {
            Ok(value) => values.push(value),
            Err(reason) => excluded.push((case.to_owned(), reason)),
        }
    }
    values.sort_unstable_by(f64::total_cmp);
    let mean = mean(&values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Summary {
        count: values.len(),
        mean,
        sd: if values.len() > 1 { (squares / (values.len() - 1) as f64).sqrt() } else { f64::NAN },
        median: quantile(&values, 0.5),
        quartiles: [quantile(&values, 0.25), quantile(&values, 0.75)],
        mean_ci95: confidence(&values, seed),
        excluded,
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of sorted values, interpolated between ranks; NaN when there are none.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let rank = part * last as f64;
    let (below, above) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
    below + (above - below) * rank.fract()
}

fn confidence(values: &[f64], seed: u64) -> [f64; 2] {
    if values.is_empty() {
        return [f64::NAN; 2];
    }
    let mut state = seed;
    let mut draw = || {
        // SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        values[((z ^ (z >> 31)) % values.len() as u64) as usize]
    };
    let mut means: Vec<f64> =
        (0..RESAMPLES).map(|_| (0..values.len()).map(|_| draw()).sum::<f64>() / values.len() as f64).collect();
    means.sort_unstable_by(f64::total_cmp);
    [quantile(&means, 0.025), quantile(&means, 0.975)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{geometry::SpacingMm, mask::Mask, metrics::compare_masks};

    fn summary(values: &[f64]) -> Summary {
        let empty = Mask::new([1; 3]);
        let metrics = compare_masks(&empty, &empty, SpacingMm::new(1.0, 1.0, 1.0)).expect("one grid");
        let cases: Vec<_> = values.iter().map(|&dsc| StructureMetrics { dsc, undefined: None, ..metrics }).collect();
        summarise(cases.iter().map(|metrics| ("case", metrics)), |m| m.dsc, 7)
    }

    #[test]
    fn mean_deviation_median_and_quartiles_are_those_of_the_textbook() {
        let s = summary(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!((s.count, s.mean, s.median, s.quartiles, s.iqr()), (4, 2.5, 2.5, [1.75, 3.25], 1.5));
        assert!((s.sd - (5.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn the_interval_holds_the_mean_narrows_with_cases_and_is_the_same_again() {
        let few: Vec<f64> = (0..10).map(f64::from).collect();
        let many: Vec<f64> = (0..400).map(|n| f64::from(n % 10)).collect();
        let (few_ci, many_ci) = (summary(&few).mean_ci95, summary(&many).mean_ci95);
        assert!(few_ci[0] < 4.5 && 4.5 < few_ci[1]);
        // 1.96 standard errors (2.87 / sqrt(400)) to each side.
        assert!((many_ci[1] - many_ci[0] - 2.0 * 1.96 * 0.1436).abs() < 0.06, "{many_ci:?}");
        assert_eq!(summary(&few), summary(&few));
    }

    #[test]
    fn what_is_infinite_or_no_number_is_left_out_with_the_reason() {
        let s = summary(&[1.0, f64::INFINITY, f64::NAN]);
        assert_eq!((s.count, s.mean), (1, 1.0));
        assert!(s.sd.is_nan());
        assert!(s.excluded.iter().all(|(_, reason)| *reason == Excluded::NotFinite));
        assert_eq!(s.excluded.len(), 2);
        let none = summary(&[]);
        assert!(none.mean.is_nan() && none.median.is_nan() && none.mean_ci95[0].is_nan());
    }
}
