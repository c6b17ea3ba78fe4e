//! Which ROI of a structure set is which structure of the protocol.
//!
//! Nothing is chosen silently: a name that is not known, a structure that two ROIs claim, and a union with a part
//! missing are each listed.
//!
//! ```
//! use tmli_protocol::{AliasTable, Protocol, match_rois};
//!
//! let names = ["Leber", "Lt Lung", "RT LUNG", "SpinalCord", "Ring_2cm", "Heart", "heart_old", "HEART"];
//! let matching = match_rois(names, &AliasTable::builtin(), &Protocol::tmli());
//! assert_eq!(matching.matched, [(0, "Liver".to_owned())]);
//! assert_eq!(matching.unions, [("Lungs".to_owned(), vec![1, 2])]);
//! assert_eq!(matching.not_in_protocol, [(3, "SpinalCord".to_owned())]);
//! assert_eq!(matching.unrecognised, [4, 6]);
//! assert_eq!(matching.ambiguous, [("Heart".to_owned(), vec![5, 7])]);
//! ```

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    aliases::AliasTable,
    structures::{Protocol, Structure},
    words::key,
};

/// Which ROI is which structure. Every ROI's index is in at least one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoiMatching {
    /// ROI index and structure, by ROI index. One ROI per structure.
    pub matched: Vec<(usize, String)>,
    /// Structures for which no ROI stands, but all their parts do ([`Structure::union_of`]), and the parts' ROIs in the
    /// order of the parts. In protocol order. A part that is a structure itself is in `matched` too.
    pub unions: Vec<(String, Vec<usize>)>,
    /// Structures for which no ROI stands, and only some of their parts: structure, and names of the missing parts.
    pub incomplete_unions: Vec<(String, Vec<String>)>,
    /// ROIs whose name is known, but that neither are nor complete a structure of the protocol: index and TG-263 name.
    pub not_in_protocol: Vec<(usize, String)>,
    /// ROIs whose name is not known.
    pub unrecognised: Vec<usize>,
    /// Names (of structures, or of parts of a union) for which several ROIs stand. None of them is chosen.
    pub ambiguous: Vec<(String, Vec<usize>)>,
}

/// Matches ROI names to structures.
///
/// A name that equals a structure's (but for case and punctuation) is that structure; otherwise the aliases decide. A
/// ROI for the structure as a whole wins over ROIs of its parts.
pub fn match_rois<'a>(
    names: impl IntoIterator<Item = &'a str>,
    aliases: &AliasTable,
    protocol: &Protocol,
) -> RoiMatching {
    let mut matching = RoiMatching::default();
    let own: HashMap<String, &Structure> = protocol.structures.iter().map(|s| (key(&s.name), s)).collect();
    // By the key of the canonical name; in order of first appearance.
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    let mut group_of: HashMap<String, usize> = HashMap::new();
    for (index, name) in names.into_iter().enumerate() {
        let canonical = match own.get(&key(name)) {
            Some(structure) => structure.name.as_str(),
            None => match aliases.resolve(name) {
                Some(canonical) => own.get(&key(canonical)).map_or(canonical, |structure| structure.name.as_str()),
                None => {
                    matching.unrecognised.push(index);
                    continue;
                }
            },
        };
        let group = *group_of.entry(key(canonical)).or_insert(groups.len());
        if group == groups.len() {
            groups.push((canonical.to_owned(), Vec::new()));
        }
        groups[group].1.push(index);
    }
    let rois_of = |name: &str| group_of.get(&key(name)).map(|&group| groups[group].1.as_slice());

    // Parts are needed only where there is no ROI for the whole.
    let mut needed_parts: Vec<String> = Vec::new();
    for structure in protocol.structures.iter().filter(|s| !s.union_of.is_empty() && rois_of(&s.name).is_none()) {
        let (present, missing): (Vec<&String>, Vec<&String>) =
            structure.union_of.iter().partition(|part| rois_of(part).is_some());
        if present.is_empty() {
            continue;
        }
        if missing.is_empty() {
            let single: Option<Vec<usize>> = structure.union_of.iter().map(|part| one_of(rois_of(part))).collect();
            needed_parts.extend(structure.union_of.iter().map(|part| key(part)));
            matching.unions.extend(single.map(|parts| (structure.name.clone(), parts)));
        } else {
            let missing = missing.into_iter().cloned().collect();
            matching.incomplete_unions.push((structure.name.clone(), missing));
        }
    }

    for (name, rois) in &groups {
        let is_own = own.contains_key(&key(name));
        let is_part = needed_parts.contains(&key(name));
        match rois[..] {
            [roi] if is_own => matching.matched.push((roi, name.clone())),
            [_] if is_part => {}
            _ if is_own || is_part => matching.ambiguous.push((name.clone(), rois.clone())),
            _ => matching.not_in_protocol.extend(rois.iter().map(|&roi| (roi, name.clone()))),
        }
    }
    matching.matched.sort_unstable();
    matching.not_in_protocol.sort_unstable();
    matching
}

fn one_of(rois: Option<&[usize]>) -> Option<usize> {
    match rois {
        Some([roi]) => Some(*roi),
        _ => None,
    }
}
