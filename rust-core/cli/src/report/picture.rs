//! Cuts of the CT with contours, as SVG with the CT embedded as PNG.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use tmli_core::{Mask, Volume};

use super::plane::{Crop, Plane, View};
use tmli_terminal::failure::{Failure, Outcome};

use crate::evaluation::Row;

/// Soft tissue and bone both show: -160 to 340 HU.
const WINDOW_HU: [f64; 2] = [-160.0, 340.0];
/// Anatomy around a structure, so that one sees where it is.
const MARGIN_MM: f64 = 30.0;
/// Pictures of small structures are not magnified beyond this width.
const LEAST_WIDTH_MM: f64 = 90.0;

/// A picture and the facts for its caption.
pub(crate) struct Picture {
    /// An `<svg>` element.
    pub(crate) svg: String,
    /// From 0.
    pub(crate) cut: usize,
    /// Cuts in that direction.
    pub(crate) cuts: usize,
}

/// The axial slice on which a structure is largest, with both contours; nothing when no voxel is there.
pub(crate) fn structure_picture(ct: &Volume<i16>, row: &Row) -> Outcome<Option<Picture>> {
    let plane = Plane::new(View::Axial, ct.geometry());
    let masks: Vec<&Mask> = [&row.reference, &row.prediction].into_iter().flatten().collect();
    let mut counts = vec![0; plane.cuts()];
    for mask in &masks {
        for (sum, n) in counts.iter_mut().zip(plane.counts(mask)) {
            *sum += n;
        }
    }
    let Some((cut, &most)) = counts.iter().enumerate().max_by_key(|&(i, n)| (*n, std::cmp::Reverse(i))) else {
        return Ok(None);
    };
    if most == 0 {
        return Ok(None);
    }
    let [reference, prediction] = [&row.reference, &row.prediction].map(|m| m.as_ref().map(|m| plane.cut_mask(m, cut)));
    let crop = crop_around(&plane, [&reference, &prediction].into_iter().flatten());
    // Dark edges lie below both lines, so that the prediction's gaps show the reference.
    let (mut edges, mut lines) = (String::new(), String::new());
    for (pixels, class) in [(&reference, "ref"), (&prediction, "pred")] {
        let path = pixels.as_ref().map_or(String::new(), |p| plane.path(p, crop));
        if !path.is_empty() {
            let _ = write!(edges, "<path class=\"halo\" d=\"{path}\"/>");
            let _ = write!(lines, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }
    let shapes = edges + &lines;
    let svg = frame(&plane, ct, cut, crop, &shapes, &format!("{}, axial slice", row.name))?;
    Ok(Some(Picture { svg, cut, cuts: plane.cuts() }))
}

/// A coronal or sagittal cut through as many structures as possible: the reference as lines, the prediction filled.
pub(crate) fn overview(ct: &Volume<i16>, rows: &[Row], view: View, title: &str) -> Outcome<Picture> {
    let plane = Plane::new(view, ct.geometry());
    // Every structure counts alike, whatever its size: by its share of its own largest cut.
    let mut weight = vec![0.0; plane.cuts()];
    for mask in rows.iter().flat_map(|r| [&r.reference, &r.prediction]).flatten() {
        let counts = plane.counts(mask);
        let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
        for (sum, n) in weight.iter_mut().zip(counts) {
            *sum += n as f64 / most;
        }
    }
    let middle = plane.cuts() / 2;
    let best = weight.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(middle, |(cut, _)| cut);
    let cut = if weight[best] > 0.0 { best } else { middle };
    let crop = plane.whole();
    let mut shapes = String::new();
    for row in rows {
        let [r, g, b] = row.colour;
        let path =
            |mask: &Option<Mask>| mask.as_ref().map_or(String::new(), |m| plane.path(&plane.cut_mask(m, cut), crop));
        let (reference, prediction) = (path(&row.reference), path(&row.prediction));
        let name = super::escape(&row.name);
        if !prediction.is_empty() {
            let _ = write!(
                shapes,
                "<path class=\"area\" style=\"fill:rgb({r},{g},{b})\" d=\"{prediction}\"><title>{name}</title></path>"
            );
        }
        if !reference.is_empty() {
            let _ = write!(
                shapes,
                "<path class=\"line\" style=\"stroke:rgb({r},{g},{b})\" d=\"{reference}\"><title>{name}</title></path>"
            );
        }
    }
    let svg = frame(&plane, ct, cut, crop, &shapes, title)?;
    Ok(Picture { svg, cut, cuts: plane.cuts() })
}

/// A square around the pixels of all masks, with a margin, inside the picture.
fn crop_around<'a>(plane: &Plane, masks: impl Iterator<Item = &'a Mask>) -> Crop {
    let mut low = plane.size();
    let mut high = [0, 0];
    for bounds in masks.filter_map(Mask::bounds) {
        for axis in 0..2 {
            low[axis] = low[axis].min(bounds.min[axis + 1]);
            high[axis] = high[axis].max(bounds.max[axis + 1]);
        }
    }
    let mm = plane.pixel_mm();
    let extent = (0..2).map(|a| (high[a].saturating_sub(low[a])) as f64 * mm[a]).fold(0.0, f64::max);
    let side_mm = (extent + 2.0 * MARGIN_MM).max(LEAST_WIDTH_MM);
    let mut crop = plane.whole();
    for axis in 0..2 {
        let total = crop.size[axis];
        let size = ((side_mm / mm[axis]).round() as usize).clamp(1, total);
        let centre = (low[axis] + high[axis]) / 2;
        crop.start[axis] = centre.saturating_sub(size / 2).min(total - size);
        crop.size[axis] = size;
    }
    crop
}

/// The picture around the shapes: CT underneath, letters for directions at the edges. The viewBox is in pixels, stretched
/// to their real proportions.
fn frame(plane: &Plane, ct: &Volume<i16>, cut: usize, crop: Crop, shapes: &str, label: &str) -> Outcome<String> {
    let [rows, columns] = crop.size;
    let grey = plane.grey(ct, cut, crop, WINDOW_HU);
    let png = png_grey(&grey, columns, rows)?;
    let [mm_down, mm_right] = plane.pixel_mm();
    let (width, height) = (columns as f64 * mm_right, rows as f64 * mm_down);
    let letter = (width * height).sqrt() / 24.0;
    let [left, right, top, bottom] = plane.letters;
    let (cx, cy, edge) = (width / 2.0, height / 2.0, letter * 0.35);
    Ok(format!(
        "<svg style=\"--wide:{ratio:.4}\" viewBox=\"0 0 {width:.2} {height:.2}\" role=\"img\" aria-label=\"{label}\">\
         <image width=\"{width:.2}\" height=\"{height:.2}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{data}\"/>\
         <g transform=\"scale({mm_right} {mm_down})\">{shapes}</g>\
         <g class=\"side\" font-size=\"{letter:.2}\">\
         <text x=\"{edge:.2}\" y=\"{cy:.2}\" dominant-baseline=\"central\">{left}</text>\
         <text x=\"{x_right:.2}\" y=\"{cy:.2}\" text-anchor=\"end\" dominant-baseline=\"central\">{right}</text>\
         <text x=\"{cx:.2}\" y=\"{letter:.2}\" text-anchor=\"middle\">{top}</text>\
         <text x=\"{cx:.2}\" y=\"{y_bottom:.2}\" text-anchor=\"middle\">{bottom}</text></g></svg>",
        label = super::escape(label),
        ratio = width / height,
        data = STANDARD.encode(png),
        x_right = width - edge,
        y_bottom = height - edge,
    ))
}

/// An 8-bit grey PNG.
fn png_grey(pixels: &[u8], width: usize, height: usize) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let result = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    result.map_err(|e| Failure::new(format!("a picture of the report: {e}")))?;
    Ok(bytes)
}
