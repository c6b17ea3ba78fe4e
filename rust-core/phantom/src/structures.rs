//! The 25 structures of the protocol as bits of a voxel's label.

/// TG-263 names; the place in this list is the bit of the label.
pub(crate) const NAMES: [&str; 25] = [
    "Brain",
    "Brainstem",
    "Cavity_Oral",
    "Lungs",
    "Heart",
    "Liver",
    "Stomach",
    "Bladder",
    "Eye_L",
    "Eye_R",
    "Lens_L",
    "Lens_R",
    "Parotid_L",
    "Parotid_R",
    "Kidney_L",
    "Kidney_R",
    "Glnd_Thyroid",
    "Esophagus",
    "Bowel_Small",
    "Colon",
    "Bag_Bowel",
    "Rectum",
    "CTV1",
    "CTV2",
    "CTV3",
];

pub(crate) const BRAIN: u32 = 1;
pub(crate) const BRAINSTEM: u32 = 1 << 1;
pub(crate) const CAVITY_ORAL: u32 = 1 << 2;
pub(crate) const LUNGS: u32 = 1 << 3;
pub(crate) const HEART: u32 = 1 << 4;
pub(crate) const LIVER: u32 = 1 << 5;
pub(crate) const STOMACH: u32 = 1 << 6;
pub(crate) const BLADDER: u32 = 1 << 7;
/// Left, right.
pub(crate) const EYE: [u32; 2] = [1 << 8, 1 << 9];
/// Left, right.
pub(crate) const LENS: [u32; 2] = [1 << 10, 1 << 11];
/// Left, right.
pub(crate) const PAROTID: [u32; 2] = [1 << 12, 1 << 13];
/// Left, right.
pub(crate) const KIDNEY: [u32; 2] = [1 << 14, 1 << 15];
pub(crate) const THYROID: u32 = 1 << 16;
pub(crate) const ESOPHAGUS: u32 = 1 << 17;
pub(crate) const BOWEL_SMALL: u32 = 1 << 18;
pub(crate) const COLON: u32 = 1 << 19;
pub(crate) const BAG_BOWEL: u32 = 1 << 20;
pub(crate) const RECTUM: u32 = 1 << 21;
pub(crate) const CTV1: u32 = 1 << 22;
pub(crate) const CTV2: u32 = 1 << 23;
pub(crate) const CTV3: u32 = 1 << 24;
/// Not a structure of the protocol: inside the spleen, which the lymphatic target takes in whole.
pub(crate) const SPLEEN: u32 = 1 << 25;
/// Not a structure of the protocol: inside the skin.
pub(crate) const BODY: u32 = 1 << 26;
/// Not a structure of the protocol: air passages.
pub(crate) const AIRWAY: u32 = 1 << 27;

/// What a tissue painted later takes a voxel away from. Bowel bag and lymphatic target overlap the others.
pub(crate) const EXCLUSIVE: u32 = !(BAG_BOWEL | CTV3 | BODY);

/// What holds between structures whatever the shapes: a voxel's final label.
pub(crate) fn settle(mut label: u32) -> u32 {
    for side in 0..2 {
        if label & LENS[side] != 0 {
            label |= EYE[side];
        }
    }
    if label & (BOWEL_SMALL | COLON) != 0 {
        label |= BAG_BOWEL;
    }
    if label & SPLEEN != 0 {
        label |= CTV3;
    }
    if label & CTV1 != 0 {
        label &= !CTV2;
    }
    if label & (LIVER | STOMACH | BLADDER | SPLEEN | KIDNEY[0] | KIDNEY[1] | CTV1 | RECTUM) != 0 {
        label &= !BAG_BOWEL;
    }
    if label & (CTV1 | CTV2 | LUNGS) != 0 || label & BODY == 0 {
        label &= !CTV3;
    }
    label
}
