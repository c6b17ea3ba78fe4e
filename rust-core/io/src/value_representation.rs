//! What a VR says of the bytes of a value.

use dicom_core::VR;

/// Whether an element of this VR has a length of 32 bits in Explicit VR, after two reserved bytes (DICOM PS3.5, 7.1.2).
pub(crate) const fn has_long_length(vr: VR) -> bool {
    matches!(
        vr,
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::SV
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::UV
    )
}

/// Bytes of each number in a value of this VR (DICOM PS3.5, table 6.2-1); 1 for texts and bytes.
pub(crate) const fn unit(vr: VR) -> u32 {
    match vr {
        VR::US | VR::SS | VR::OW => 2,
        VR::AT | VR::FL | VR::OF | VR::OL | VR::SL | VR::UL => 4,
        VR::FD | VR::OD | VR::OV | VR::SV | VR::UV => 8,
        _ => 1,
    }
}

/// Whether the parser splits a value of this VR into texts, at its backslashes.
pub(crate) const fn is_split(vr: VR) -> bool {
    unit(vr) == 1 && !matches!(vr, VR::LT | VR::OB | VR::ST | VR::UN | VR::UR | VR::UT)
}
