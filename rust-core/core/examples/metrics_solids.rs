//! Writes the masks of solids and of the same solids moved, for `cargo xtask bench --compare metrics --solids`.
//!
//! Arguments: folder, spacing in mm along slices, rows and columns. The folder is made as `metrics_bench` reads it, with
//! the true ASD and HD95 in `pairs.json` beside.

#[path = "../tests/metrics_net/moved.rs"]
mod moved;
#[path = "../tests/metrics_net/solids.rs"]
mod solids;

use std::{error::Error, fs, path::Path};

use serde_json::{Map, Value, json};
use tmli_core::Mask;

use self::moved::Pair;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, folder, k, j, i] = &words[..] else { return Err("folder and spacing along k, j and i are needed".into()) };
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let spacing: [f64; 3] = [k.parse()?, j.parse()?, i.parse()?];
    let (mut shape, mut truth) = ([0; 3], Map::new());
    for Pair { group, name, reference, prediction, asd_mm, hd95_mm } in moved::pairs(spacing, &moved::THREE) {
        let name = format!("{group}, {name}");
        for (which, mask) in [("reference", &reference), ("prediction", &prediction)] {
            fs::write(folder.join(format!("{name}.{which}.bits")), bits(mask))?;
        }
        shape = reference.shape();
        truth.insert(name, json!({ "asd_mm": asd_mm, "hd95_mm": hd95_mm }));
    }
    let names: Vec<&String> = truth.keys().collect();
    let pairs: Value = json!({ "shape": shape, "spacing_mm": spacing, "names": names, "truth": truth });
    fs::write(folder.join("pairs.json"), serde_json::to_vec_pretty(&pairs)?)?;
    Ok(())
}

/// A bit for each voxel, lowest first.
fn bits(mask: &Mask) -> Vec<u8> {
    let bytes = mask.to_bytes().into_raw_vec_and_offset().0;
    bytes.chunks(8).map(|eight| eight.iter().rev().fold(0, |byte, &inside| byte << 1 | inside)).collect()
}
