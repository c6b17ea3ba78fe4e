//! A model's validation as a table for the terminal.

use tmli_model::{Manifest, PieceRule};
use tmli_terminal::output::Table;

/// Scores of all structures that were validated, and what is done to their pieces.
pub(crate) fn table(manifest: &Manifest) -> Table {
    let mut table = Table::new(1, &["validation", "DSC", "HD95 mm", "cases", "pieces that stay"]);
    for score in &manifest.validation {
        table.row(vec![
            score.structure.clone(),
            format!("{:.3}", score.dsc),
            score.hd95_mm.map_or("-".to_owned(), |hd95_mm| format!("{hd95_mm:.1}")),
            score.cases.to_string(),
            in_words(manifest.post_processing.rule(&score.structure)),
        ]);
    }
    table
}

fn in_words(rule: PieceRule) -> String {
    let most = rule
        .keep_largest
        .map(|count| if count == 1 { "the largest".to_owned() } else { format!("the {count} largest") });
    // Where there is only one, there is no gap.
    let gap = rule.largest_gap_mm.filter(|_| rule.keep_largest != Some(1)).map(|gap| format!("gap {gap:.0} mm"));
    match (most, gap) {
        (None, None) => "all".to_owned(),
        (most, gap) => most.into_iter().chain(gap).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use tmli_model::{NetworkConfig, Normalisation, StructureScore, UNet2dConfig};

    use super::*;

    #[test]
    fn scores_and_rules_are_told_by_structure() {
        let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(2, 4, 2, Normalisation::None));
        let names = vec!["Liver".to_owned(), "CTV2".to_owned()];
        let mut manifest = Manifest::new("m", network, [5.0, 2.0, 2.0], [1, 32, 32], names);
        let score = |name: &str, hd95_mm| StructureScore { structure: name.into(), dsc: 0.91, hd95_mm, cases: 4 };
        manifest.validation = vec![score("Liver", None), score("CTV2", Some(4.94))];
        manifest.post_processing.set_rule("CTV2", PieceRule { keep_largest: Some(4), largest_gap_mm: Some(93.0) });
        let text = table(&manifest).to_string();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["Liver", "0.910", "-", "4", "all"]);
        assert!(lines[1].contains("4.9") && lines[1].ends_with("the 4 largest, gap 93 mm"), "{text}");
    }
}
