//! Names as hospitals write them.
//!
//! ```
//! use tmli_protocol::AliasTable;
//!
//! let mut aliases = AliasTable::builtin();
//! for name in ["Lung_L", "Lt Lung", "LUNG LEFT", "linke Lunge", "poumon gauche", "左肺"] {
//!     assert_eq!(aliases.resolve(name), Some("Lung_L"));
//! }
//! assert_eq!(aliases.resolve("Lungs-CTV1"), None, "not one of the names, so not a structure");
//!
//! aliases.extend_toml(r#"
//!     [aliases]
//!     Bag_Bowel = ["peritoneal space"]
//! "#)?;
//! assert_eq!(aliases.resolve("Peritoneal_Space"), Some("Bag_Bowel"));
//! # Ok::<(), tmli_protocol::ProtocolError>(())
//! ```

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;

use crate::{
    error::ProtocolError,
    words::{table_keys, words},
};

const BUILTIN: &str = include_str!("../data/aliases.toml");

/// Maps names as hospitals write them to TG-263 names.
///
/// The format of its TOML is explained at the head of `data/aliases.toml`.
#[derive(Clone, Debug, Default)]
pub struct AliasTable {
    /// Key of a whole name, to its TG-263 name.
    names: HashMap<String, String>,
    /// Key of a name without its side.
    paired: HashMap<String, Sides>,
    laterality: HashMap<String, Side>,
    ignored: HashSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Sides {
    left: String,
    right: String,
    both: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    aliases: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    paired: BTreeMap<String, Pair>,
    #[serde(default)]
    laterality: Laterality,
    #[serde(default)]
    ignored: Ignored,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    left: String,
    right: String,
    both: String,
    names: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Laterality {
    left: Vec<String>,
    right: Vec<String>,
    both: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ignored {
    words: Vec<String>,
}

impl AliasTable {
    /// The table that comes with TMLI: English, German, French, Spanish, Chinese and Japanese.
    pub fn builtin() -> Self {
        static TABLE: LazyLock<AliasTable> = LazyLock::new(|| {
            let mut table = AliasTable::default();
            let result = table.extend_toml(BUILTIN);
            debug_assert_eq!(result, Ok(()), "a test reads the table that is compiled in");
            table
        });
        TABLE.clone()
    }

    /// Adds a user's table. Its names win over those already there.
    ///
    /// # Errors
    /// When the text is not such a table, when one name is given for two structures in it, or when a name has no
    /// letter or digit. The table is then left as it was.
    pub fn extend_toml(&mut self, text: &str) -> Result<(), ProtocolError> {
        let file: File = toml::from_str(text)
            .map_err(|e| ProtocolError::Syntax { what: "alias table", reason: e.to_string().trim_end().to_owned() })?;
        let mut added = Self::default();
        for (name, aliases) in &file.aliases {
            for alias in std::iter::once(name).chain(aliases) {
                added.add_name(alias, name)?;
            }
        }
        for pair in file.paired.values() {
            added.add_pair(pair)?;
        }
        let Laterality { left, right, both } = &file.laterality;
        for (side, written) in [(Side::Left, left), (Side::Right, right), (Side::Both, both)] {
            let keys = written.iter().flat_map(|word| table_keys(word));
            added.laterality.extend(keys.map(|key| (key, side)));
        }
        added.ignored.extend(file.ignored.words.iter().flat_map(|word| table_keys(word)));

        self.names.extend(added.names);
        self.paired.extend(added.paired);
        self.laterality.extend(added.laterality);
        self.ignored.extend(added.ignored);
        Ok(())
    }

    fn add_name(&mut self, alias: &str, name: &str) -> Result<(), ProtocolError> {
        for key in table_keys(alias) {
            if key.is_empty() {
                return Err(ProtocolError::EmptyAlias { alias: alias.to_owned(), name: name.to_owned() });
            }
            match self.names.insert(key, name.to_owned()) {
                Some(first) if first != name => {
                    return Err(ProtocolError::AliasConflict {
                        alias: alias.to_owned(),
                        first,
                        second: name.to_owned(),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_pair(&mut self, pair: &Pair) -> Result<(), ProtocolError> {
        for name in [&pair.left, &pair.right, &pair.both] {
            self.add_name(name, name)?;
        }
        let sides = Sides { left: pair.left.clone(), right: pair.right.clone(), both: pair.both.clone() };
        for name in &pair.names {
            self.add_name(name, &pair.both)?;
            self.paired.extend(table_keys(name).into_iter().map(|key| (key, sides.clone())));
        }
        Ok(())
    }

    /// The TG-263 name that this ROI name means, whether or not a protocol has it; `None` when the table doesn't know.
    ///
    /// Only whole names count: "Lung_L PRV" or "Liver-GTV" are not the organs. An organ of both sides without a side
    /// ("kidney") means both.
    pub fn resolve(&self, roi_name: &str) -> Option<&str> {
        let words = words(roi_name);
        if let Some(name) = self.names.get(&words.concat()) {
            return Some(name);
        }
        let mut rest = String::new();
        let mut side = None;
        for word in words.iter().flat_map(|word| self.split_side(word)) {
            match self.laterality.get(word) {
                Some(&this) => side = Some(if side.is_none_or(|side| side == this) { this } else { Side::Both }),
                None if self.ignored.contains(word) => {}
                None => rest.push_str(word),
            }
        }
        let Some(side) = side else { return self.names.get(&rest).map(String::as_str) };
        let sides = self.paired.get(&rest)?;
        Some(match side {
            Side::Left => &sides.left,
            Side::Right => &sides.right,
            Side::Both => &sides.both,
        })
    }

    /// Chinese and Japanese put no space between side and organ: "左肺", "腎臓右". The longest word for a side is cut off.
    fn split_side<'a>(&self, word: &'a str) -> Vec<&'a str> {
        let breaks = word.char_indices().map(|(at, _)| at).skip(1).filter(|_| !word.is_ascii());
        let is_side = |part: &str| !part.is_ascii() && self.laterality.contains_key(part);
        let parts: Vec<(&str, &str)> = breaks.map(|at| word.split_at(at)).collect();
        let side_first = parts.iter().rev().find(|(side, _)| is_side(side));
        match side_first.or_else(|| parts.iter().find(|(_, side)| is_side(side))) {
            Some(&(first, last)) => vec![first, last],
            None => vec![word],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_table_has_no_contradictions() {
        assert_eq!(AliasTable::default().extend_toml(BUILTIN), Ok(()));
    }

    #[test]
    fn names_in_six_languages() {
        let aliases = AliasTable::builtin();
        for (expected, names) in [
            (
                "Lung_L",
                &[
                    "Lung_L",
                    "Lt Lung",
                    "L lung",
                    "LUNG LT",
                    "lung-left",
                    "LungLeft",
                    "LtLung",
                    "Lung (L)",
                    "Lunge links",
                    "linke Lunge",
                    "poumon G",
                    "Poumon gauche",
                    "pulmón izquierdo",
                    "PULMON IZQ",
                    "左肺",
                    "肺左",
                    "左侧肺",
                    "肺_左",
                    "肺L",
                    "Ｌｕｎｇ　Ｌ",
                ][..],
            ),
            (
                "Lungs",
                &[
                    "Lungs",
                    "lung",
                    "Lung_Total",
                    "both lungs",
                    "Lung L+R",
                    "Lunge",
                    "Lunge bds.",
                    "poumons",
                    "ambos pulmones",
                    "双肺",
                    "両肺",
                    "肺",
                ],
            ),
            (
                "Kidney_R",
                &[
                    "Kidney_R",
                    "Rt. Kidney",
                    "RKidney",
                    "KIDNEY RIGHT",
                    "Niere re",
                    "rechte Niere",
                    "rein droit",
                    "Rein D",
                    "riñon dcho",
                    "右肾",
                    "右腎",
                    "右腎臓",
                    "腎臓右",
                    "右側腎",
                ],
            ),
            (
                "Parotid_L",
                &[
                    "Parotid Lt",
                    "L Parotid Gland",
                    "Parotis links",
                    "parotide gauche",
                    "parótida izq",
                    "左腮腺",
                    "左耳下腺",
                    "腮腺(左)",
                ],
            ),
            (
                "Eye_R",
                &["Eye R", "rt eyeball", "Auge rechts", "œil droit", "OEIL DROIT", "ojo derecho", "右眼", "右眼球"],
            ),
            ("Lens_L", &["lens_lt", "Left Lens", "Linse li", "cristallin gauche", "左晶体", "左水晶体"]),
            (
                "Brainstem",
                &["BrainStem", "Brain_Stem", "Hirnstamm", "tronc cérébral", "Tronco encefalico", "脑干", "脳幹"],
            ),
            ("Cavity_Oral", &["Oral Cavity", "OralCavity", "Mundhöhle", "Mundhoehle", "cavité buccale", "口腔"]),
            ("Esophagus", &["Oesophagus", "Ösophagus", "Speiseroehre", "œsophage", "esofago", "食管", "食道"]),
            ("Bowel_Small", &["SmallBowel", "small_bowel", "Dünndarm", "Duenndarm", "intestin grêle", "小肠", "小腸"]),
            ("Bag_Bowel", &["Bowel Bag", "BowelBag", "BAG_BOWEL", "肠袋"]),
            ("Glnd_Thyroid", &["Thyroid", "Schilddruese", "Thyroïde", "tiroides", "甲状腺"]),
            ("Bladder", &["BLADDER", "Harnblase", "vessie", "Vejiga", "膀胱", "OAR_Bladder"]),
            ("CTV1", &["CTV1", "ctv 1", "CTV_1", "Ctv-1"]),
            ("External", &["BODY", "External", "Außenkontur", "Aussenkontur", "体表"]),
        ] {
            for name in names {
                assert_eq!(aliases.resolve(name), Some(expected), "{name}");
            }
        }
    }

    #[test]
    fn false_friends_are_not_taken_for_organs() {
        let aliases = AliasTable::builtin();
        for (name, expected) in [
            ("Kidney", Some("Kidneys")),
            ("Lens", Some("Lenses")),
            ("Bowel", Some("Bowel")),
            ("Dickdarm", Some("Bowel_Large")),
            ("大腸", Some("Bowel_Large")),
            ("Gallbladder", Some("Gallbladder")),
            ("Spinal Cord", Some("SpinalCord")),
            ("Lung_L_PRV", None),
            ("PRV Brainstem", None),
            ("Lungs-CTV", None),
            ("Liver GTV", None),
            ("CTV", None),
            ("CTV12", None),
            ("PTV1", None),
            ("zLiver", None),
            ("Ring_2cm", None),
            ("L", None),
            ("左", None),
            ("", None),
            ("左心室", None),
            ("Left Heart", None),
        ] {
            assert_eq!(aliases.resolve(name), expected, "{name}");
        }
    }

    #[test]
    fn a_users_table_adds_names_sides_and_words_and_wins() {
        let mut aliases = AliasTable::builtin();
        let text = r#"
            [aliases]
            Heart = ["Pericardium"]
            Bowel_Small = ["intestine"]
            [paired.Adrenal]
            left = "Glnd_Adrenal_L"
            right = "Glnd_Adrenal_R"
            both = "Glnds_Adrenal"
            names = ["adrenal"]
            [laterality]
            left = ["sin"]
            [ignored]
            words = ["final"]
        "#;
        assert_eq!(aliases.extend_toml(text), Ok(()));
        for (name, expected) in [
            ("pericardium", "Heart"),
            ("Intestine", "Bowel_Small"),
            ("adrenal sin", "Glnd_Adrenal_L"),
            ("Kidney_sin", "Kidney_L"),
            ("Liver final", "Liver"),
            ("Leber", "Liver"),
        ] {
            assert_eq!(aliases.resolve(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_table_that_contradicts_itself_is_refused_and_changes_nothing() {
        let mut aliases = AliasTable::builtin();
        let conflict = aliases.extend_toml("[aliases]\nHeart = [\"core\"]\nLiver = [\"CORE\"]");
        assert!(matches!(conflict, Err(ProtocolError::AliasConflict { .. })), "{conflict:?}");
        let empty = aliases.extend_toml("[aliases]\nHeart = [\"core\", \"--\"]");
        assert!(matches!(empty, Err(ProtocolError::EmptyAlias { .. })), "{empty:?}");
        let unknown = aliases.extend_toml("[alias]\nHeart = [\"core\"]");
        assert!(unknown.is_err_and(|e| e.to_string().contains("unknown field `alias`")));
        assert_eq!(aliases.resolve("core"), None);
    }
}
