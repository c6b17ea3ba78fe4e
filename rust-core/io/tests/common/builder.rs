//! DICOM files element by element, odd ones too: what no library would write.
#![allow(dead_code, unreachable_pub)]

/// An element in Explicit VR Little Endian, the length as given by the value.
pub fn element(tag: u32, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if !value.len().is_multiple_of(2) {
        value.push(if vr == b"UI" { 0 } else { b' ' });
    }
    claiming(tag, vr, value.len() as u32, &value)
}

/// An element that claims a length.
pub fn claiming(tag: u32, vr: &[u8; 2], length: u32, value: &[u8]) -> Vec<u8> {
    let mut out = ((tag >> 16) as u16).to_le_bytes().to_vec();
    out.extend((tag as u16).to_le_bytes());
    out.extend(vr);
    if matches!(vr, b"OB" | b"OW" | b"SQ" | b"UN" | b"UT") {
        out.extend([0, 0]);
        out.extend(length.to_le_bytes());
    } else {
        out.extend((length as u16).to_le_bytes());
    }
    out.extend(value);
    out
}

/// A sequence of items.
pub fn sequence(tag: u32, items: &[Vec<u8>]) -> Vec<u8> {
    let mut value = Vec::new();
    for item in items {
        value.extend([0xFE, 0xFF, 0x00, 0xE0]);
        value.extend((item.len() as u32).to_le_bytes());
        value.extend(item);
    }
    claiming(tag, b"SQ", value.len() as u32, &value)
}

/// A file with preamble and file meta information around a data set.
pub fn file(transfer_syntax: &str, data_set: &[u8]) -> Vec<u8> {
    let mut group = element(0x0002_0001, b"OB", &[0, 1]);
    group.extend(element(0x0002_0002, b"UI", b"1.2.840.10008.5.1.4.1.1.481.3"));
    group.extend(element(0x0002_0003, b"UI", b"1.2.3.4"));
    group.extend(element(0x0002_0010, b"UI", transfer_syntax.as_bytes()));
    group.extend(element(0x0002_0012, b"UI", b"1.2.3"));
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    out.extend(element(0x0002_0000, b"UL", &(group.len() as u32).to_le_bytes()));
    out.extend(group);
    out.extend(data_set);
    out
}

/// Explicit VR Little Endian.
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";

/// A CT image of 16-bit cells at this height in mm: of rows, columns and stored bits, with further elements that end in
/// its pixels.
pub fn ct_image(transfer_syntax: &str, [rows, columns]: [u16; 2], bits: u16, z: &str, further: &[u8]) -> Vec<u8> {
    let us = |tag, value: u16| element(tag, b"US", &value.to_le_bytes());
    let mut data = element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.2");
    data.extend(element(0x0008_0018, b"UI", b"1.2.3"));
    data.extend(element(0x0008_0060, b"CS", b"CT"));
    data.extend(element(0x0020_000E, b"UI", b"1.2.3.5"));
    data.extend(element(0x0020_0032, b"DS", format!("0\\0\\{z}").as_bytes()));
    data.extend(element(0x0020_0037, b"DS", b"1\\0\\0\\0\\1\\0"));
    data.extend(us(0x0028_0002, 1));
    data.extend(element(0x0028_0004, b"CS", b"MONOCHROME2"));
    data.extend([us(0x0028_0010, rows), us(0x0028_0011, columns)].concat());
    data.extend(element(0x0028_0030, b"DS", b"1\\1"));
    data.extend([us(0x0028_0100, 16), us(0x0028_0101, bits)].concat());
    data.extend(further);
    file(transfer_syntax, &data)
}

/// Number, name, items of ContourSequence.
pub type RoiParts<'a> = (i32, &'a [u8], Vec<Vec<u8>>);

/// A structure set in Explicit VR Little Endian: names and, ROI by ROI, the items of its ContourSequence.
pub fn structure_set(character_set: &str, rois: &[RoiParts<'_>]) -> Vec<u8> {
    let mut data = element(0x0008_0005, b"CS", character_set.as_bytes());
    data.extend(element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.481.3"));
    data.extend(element(0x0008_0018, b"UI", b"1.2.3.4"));
    data.extend(element(0x0008_0060, b"CS", b"RTSTRUCT"));
    let names = rois.iter().map(|(number, name, _)| {
        let mut item = element(0x3006_0022, b"IS", number.to_string().as_bytes());
        item.extend(element(0x3006_0024, b"UI", b"1.2.826.1"));
        item.extend(element(0x3006_0026, b"LO", name));
        item
    });
    data.extend(sequence(0x3006_0020, &names.collect::<Vec<_>>()));
    let contours = rois.iter().map(|(number, _, contours)| {
        let mut item = sequence(0x3006_0040, contours);
        item.extend(element(0x3006_0084, b"IS", number.to_string().as_bytes()));
        item
    });
    data.extend(sequence(0x3006_0039, &contours.collect::<Vec<_>>()));
    file(EXPLICIT, &data)
}

/// An item of ContourSequence whose ContourData has this type.
pub fn contour(points: usize, vr: &[u8; 2], data: &[u8]) -> Vec<u8> {
    let mut item = element(0x3006_0042, b"CS", b"CLOSED_PLANAR");
    item.extend(element(0x3006_0046, b"IS", points.to_string().as_bytes()));
    item.extend(element(0x3006_0050, vr, data));
    item
}
