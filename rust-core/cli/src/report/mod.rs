//! The report of a comparison: one HTML file with everything in it, for reading and printing. It names no patient.

mod picture;
mod plane;
mod table;

use rayon::prelude::*;
use tmli_core::{Profile, Volume};
use tmli_protocol::Protocol;

use self::{
    picture::{Picture, overview, structure_picture},
    plane::View,
};
use tmli_terminal::{assess::describe_grid, failure::Outcome};

use crate::evaluation::{Evaluation, Row, State};

const STYLE: &str = include_str!("style.css");

/// Text as HTML shows it.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

/// The whole report.
pub(crate) fn render(
    ct: &Volume<i16>,
    patient_position: &str,
    evaluation: &Evaluation,
    protocol: &Protocol,
) -> Outcome<String> {
    let rows = &evaluation.rows;
    let coronal = overview(ct, rows, View::Coronal, "coronal overview")?;
    let sagittal = overview(ct, rows, View::Sagittal, "sagittal overview")?;
    let pictures: Vec<(&Row, Option<Picture>)> =
        rows.par_iter().map(|row| Ok((row, structure_picture(ct, row)?))).collect::<Outcome<_>>()?;
    let body = [
        header(ct, patient_position, evaluation),
        table::render(evaluation, protocol),
        overviews(&coronal, &sagittal, rows),
        gallery(ct, &pictures),
        notes(evaluation),
    ]
    .concat();
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>TMLI segmentation report</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    ))
}

fn header(ct: &Volume<i16>, patient_position: &str, evaluation: &Evaluation) -> String {
    let grid = describe_grid(ct.geometry());
    let [k, j, i] = grid.shape;
    let [sk, sj, si] = grid.spacing_mm;
    let position = if patient_position.is_empty() { "not told" } else { patient_position };
    let compared = evaluation.rows.iter().filter(|r| r.state == State::Compared).count();
    let accepted = evaluation.rows.iter().filter(|r| r.accepted() == Some(true)).count();
    let judged = evaluation.rows.iter().filter(|r| r.accepted().is_some()).count();
    let mut figures = vec![
        ("Structures compared".to_owned(), format!("{compared} <small>of {}</small>", evaluation.rows.len())),
        ("Accepted by DSC".to_owned(), format!("{accepted} <small>of {judged}</small>")),
    ];
    if let Some((dsc, hd95, asd, _)) = evaluation.means() {
        figures.push(("Mean DSC".into(), format!("{dsc:.3}")));
        figures.push(("Mean HD95".into(), format!("{hd95:.2} <small>mm</small>")));
        figures.push(("Mean ASD".into(), format!("{asd:.2} <small>mm</small>")));
    }
    let tiles: String = figures
        .iter()
        .map(|(name, value)| format!("<div class=\"tile\"><dt>{name}</dt><dd>{value}</dd></div>"))
        .collect();
    format!(
        "<header>\n<p class=\"product\">TMLI {version}</p>\n<h1>Segmentation report</h1>\n\
         <p class=\"warning\"><strong>For research use only.</strong> Every contour needs review by a person before \
         clinical use.</p>\n\
         <p class=\"facts\">CT: {k} slices of {j} &times; {i}, spacing {sk:.2} &times; {sj:.2} &times; {si:.2} mm, \
         z from {z0:.1} to {z1:.1} mm, patient position {position}. No patient name or number is in this report.</p>\n\
         <dl class=\"tiles\">{tiles}</dl>\n</header>\n",
        version = env!("CARGO_PKG_VERSION"),
        position = escape(position),
        z0 = grid.z_mm[0],
        z1 = grid.z_mm[1],
    )
}

fn overviews(coronal: &Picture, sagittal: &Picture, rows: &[Row]) -> String {
    let caption = |name: &str, p: &Picture| format!("{name}, cut {} of {}", p.cut + 1, p.cuts);
    let swatches: String = rows
        .iter()
        .map(|row| {
            let [r, g, b] = row.colour;
            format!("<li><i style=\"background:rgb({r},{g},{b})\"></i>{}</li>", escape(&row.name))
        })
        .collect();
    format!(
        "<section>\n<h2>Overview</h2>\n<p class=\"legend\"><span><svg viewBox=\"0 0 28 12\"><path class=\"sample-line\" \
         d=\"M1 6H27\"/></svg>line: reference</span><span><svg viewBox=\"0 0 28 12\"><path class=\"sample-area\" \
         d=\"M1 1H27V11H1Z\"/></svg>filled: prediction</span><span>each structure in its own colour</span></p>\n\
         <div class=\"overviews\">\n<figure>{}<figcaption>{}</figcaption></figure>\n<figure>{}<figcaption>{}</figcaption>\
         </figure>\n<ul class=\"swatches\">{swatches}</ul>\n</div>\n</section>\n",
        coronal.svg,
        caption("Coronal", coronal),
        sagittal.svg,
        caption("Sagittal", sagittal),
    )
}

fn gallery(ct: &Volume<i16>, pictures: &[(&Row, Option<Picture>)]) -> String {
    let mut figures = String::new();
    for (row, picture) in pictures {
        let Some(picture) = picture else { continue };
        let z = ct.geometry().point_from_index([picture.cut as f64, 0.0, 0.0]).0[2];
        let numbers = match (&row.metrics, row.state) {
            (Some(m), State::Compared) => format!("DSC {:.3}, HD95 {:.2} mm", m.dsc, m.hd95_mm),
            _ => row.state.words().to_owned(),
        };
        let [r, g, b] = row.colour;
        figures.push_str(&format!(
            "<figure>{svg}<figcaption><strong><i style=\"background:rgb({r},{g},{b})\"></i>{name}</strong>\
             <span>{numbers}</span><span>slice {n} of {all}, z {z:.1} mm</span></figcaption></figure>\n",
            svg = picture.svg,
            name = escape(&row.name),
            n = picture.cut + 1,
            all = picture.cuts,
        ));
    }
    format!(
        "<section>\n<h2>Each structure where it is largest</h2>\n<p class=\"legend\"><span><svg viewBox=\"0 0 28 12\">\
         <path class=\"ref\" d=\"M1 6H27\"/></svg>reference</span><span><svg viewBox=\"0 0 28 12\"><path class=\"pred\" \
         d=\"M1 6H27\"/></svg>prediction</span><span>axial slices, patient&rsquo;s right on the left; window -160 to 340 \
         HU</span></p>\n<div class=\"gallery\">\n{figures}</div>\n</section>\n"
    )
}

fn notes(evaluation: &Evaluation) -> String {
    const SHOWN: usize = 12;
    let mut items: Vec<String> =
        evaluation.findings.iter().take(SHOWN).map(|f| format!("<li>{}</li>", escape(f))).collect();
    if evaluation.findings.len() > SHOWN {
        items.push(format!("<li>{} more contours were odd</li>", evaluation.findings.len() - SHOWN));
    }
    let odd = if items.is_empty() {
        String::new()
    } else {
        format!("<h3>Contours that were moved, cut or left out</h3>\n<ul>{}</ul>\n", items.concat())
    };
    let (hd95, asd) = match evaluation.options.profile {
        Profile::Surfel | Profile::Net => (
            "the larger of both directions",
            "the distances from each surface to the other, summed over the area of both and divided by it",
        ),
        Profile::Voxel => (
            "the larger of both directions",
            "the distances from the border voxels of each to those of the other, summed and divided by their number",
        ),
        Profile::SlicerRt => {
            ("the mean of both directions", "the mean of the mean distances of border voxels in both directions")
        }
    };
    format!(
        "<section class=\"notes\">\n<h2>How the numbers are made</h2>\n<p>A voxel belongs to a structure when its centre \
         lies inside of the contours. <b>DSC</b>: twice the common volume, divided by the sum of both volumes. \
         <b>HD95</b>: 95th percentile of the distances between the two surfaces; profile {profile}: {hd95}. \
         <b>ASD</b>: {asd}. \
         <b>HD</b>: the largest distance. All in 3D and in mm, with the real voxel spacing. Accepted: DSC above the \
         limit of the protocol, 0.70 unless it says otherwise.</p>\n{odd}</section>\n",
        profile = evaluation.options.profile,
    )
}

#[cfg(test)]
mod tests;
