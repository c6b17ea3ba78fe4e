//! The table of the report: a part for each group of structures, as the study prints it.

use tmli_core::StructureMetrics;
use tmli_protocol::Protocol;

use super::escape;
use crate::evaluation::{Evaluation, Row, State};

/// The table as a `<section>`.
pub(crate) fn render(evaluation: &Evaluation, protocol: &Protocol) -> String {
    let mut groups: Vec<Option<&str>> = Vec::new();
    for row in &evaluation.rows {
        if !groups.contains(&row.group.as_deref()) {
            groups.push(row.group.as_deref());
        }
    }
    let networks = evaluation.rows.iter().any(|row| row.network.is_some());
    let columns = 8 + usize::from(networks);
    let network = if networks { "<th scope=\"col\">Network</th>" } else { "" };
    let parts: String = groups
        .iter()
        .map(|group| {
            let rows = evaluation.rows.iter().filter(|r| r.group.as_deref() == *group);
            let rows: String = rows.map(|row| table_row(row, networks)).collect();
            format!(
                "<tbody>\n<tr class=\"group\"><th colspan=\"{columns}\" scope=\"rowgroup\">{}</th></tr>\n{rows}</tbody>\n",
                title(*group, protocol)
            )
        })
        .collect();
    let mean = evaluation.means().map_or(String::new(), |(dsc, hd95, asd, n)| {
        format!(
            "<tfoot><tr><th scope=\"row\">Mean of {n}</th><td>{dsc:.3}</td><td>{hd95:.2}</td><td>{asd:.2}</td>\
             <td colspan=\"{rest}\"></td></tr></tfoot>\n",
            rest = columns - 4
        )
    });
    format!(
        "<section>\n<h2>Agreement</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Structure</th>\
         <th scope=\"col\">DSC</th><th scope=\"col\">HD95<br><small>mm</small></th><th scope=\"col\">ASD<br><small>mm\
         </small></th><th scope=\"col\">HD<br><small>mm</small></th><th scope=\"col\">Reference<br><small>ml</small></th>\
         <th scope=\"col\">Prediction<br><small>ml</small></th><th scope=\"col\">Accepted</th>{network}</tr></thead>\n\
         {parts}{mean}</table></div>\n</section>\n"
    )
}

/// A group's name in words: the title of the training set of the same id.
fn title(group: Option<&str>, protocol: &Protocol) -> String {
    let Some(group) = group else { return "Not in the protocol".into() };
    let title = protocol.set(group).map_or(group, |s| s.title.as_str());
    escape(if title == "derived" { "Derived" } else { title })
}

fn table_row(row: &Row, networks: bool) -> String {
    let [r, g, b] = row.colour;
    let name = format!("<th scope=\"row\"><i style=\"background:rgb({r},{g},{b})\"></i>{}</th>", escape(&row.name));
    let network = if networks { format!("<td>{}</td>", row.network.unwrap_or("&ndash;")) } else { String::new() };
    let Some(m) = &row.metrics else {
        let words = row.state.words();
        return format!("<tr class=\"absent\">{name}<td colspan=\"7\" class=\"words\">{words}</td>{network}</tr>\n");
    };
    let cell = |value: f64, decimals: usize| {
        if value.is_finite() { format!("<td>{value:.decimals$}</td>") } else { "<td>&ndash;</td>".to_owned() }
    };
    let mark = match row.accepted() {
        Some(true) => "<td class=\"yes\">&#10003; yes</td>",
        Some(false) => "<td class=\"no\">&#10007; no</td>",
        None => "<td>&ndash;</td>",
    };
    let distances = if row.state == State::Compared {
        [cell(m.hd95_mm, 2), cell(m.asd_mm, 2), cell(m.hd_mm, 2)].concat()
    } else {
        format!("<td colspan=\"3\" class=\"words\">{}</td>", row.state.words())
    };
    format!(
        "<tr>{name}{}{distances}{}{}{mark}{network}</tr>\n",
        dsc_cell(m),
        cell(m.reference_volume_ml, 2),
        cell(m.prediction_volume_ml, 2)
    )
}

/// The number with a bar as long as it is.
fn dsc_cell(m: &StructureMetrics) -> String {
    if m.dsc.is_nan() {
        return "<td>&ndash;</td>".into();
    }
    let percent = 100.0 * m.dsc.clamp(0.0, 1.0);
    format!("<td class=\"dsc\"><span class=\"bar\"><span style=\"width:{percent:.1}%\"></span></span>{:.3}</td>", m.dsc)
}
