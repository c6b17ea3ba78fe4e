//! Display colours as DICOM keeps them: CIELab under D50, in 16 bits each (DICOM PS3.3, C.10.7.1.1).

/// Linear sRGB to XYZ under D50 (Bradford adaptation), and its inverse (Lindbloom).
const XYZ_FROM_RGB: [[f64; 3]; 3] =
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]];
const RGB_FROM_XYZ: [[f64; 3]; 3] =
    [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]];
const WHITE: [f64; 3] = [0.96422, 1.0, 0.82521];
/// (6/29)^3: below, the cube root is a line.
const LINEAR_BELOW: f64 = 216.0 / 24389.0;

fn times(m: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

/// RecommendedDisplayCIELabValue of an sRGB colour.
pub(super) fn lab_from_rgb(rgb: [u8; 3]) -> [u16; 3] {
    let linear = rgb.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    let xyz = times(XYZ_FROM_RGB, linear);
    let f: [f64; 3] = std::array::from_fn(|n| {
        let t = xyz[n] / WHITE[n];
        if t > LINEAR_BELOW { t.cbrt() } else { (t * 24389.0 / 27.0 + 16.0) / 116.0 }
    });
    let (l, a, b) = (116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2]));
    [l / 100.0, (a + 128.0) / 255.0, (b + 128.0) / 255.0].map(|x| (x * 65535.0).round().clamp(0.0, 65535.0) as u16)
}

/// The sRGB colour of a RecommendedDisplayCIELabValue; what sRGB can't show is clipped.
pub(super) fn rgb_from_lab(lab: [u16; 3]) -> [u8; 3] {
    let unit = lab.map(|x| f64::from(x) / 65535.0);
    let (l, a, b) = (unit[0] * 100.0, unit[1] * 255.0 - 128.0, unit[2] * 255.0 - 128.0);
    let y = (l + 16.0) / 116.0;
    let f = [y + a / 500.0, y, y - b / 200.0];
    let xyz: [f64; 3] = std::array::from_fn(|n| {
        let cubed = f[n].powi(3);
        WHITE[n] * if cubed > LINEAR_BELOW { cubed } else { (116.0 * f[n] - 16.0) * 27.0 / 24389.0 }
    });
    times(RGB_FROM_XYZ, xyz).map(|c| {
        let c = if c <= 0.0031308 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
        (c * 255.0).round().clamp(0.0, 255.0) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_known_colours() {
        assert_eq!(lab_from_rgb([0, 0, 0]), [0, 32896, 32896]);
        let [l, a, b] = lab_from_rgb([255, 255, 255]);
        assert!(l >= 65530 && a.abs_diff(32896) <= 5 && b.abs_diff(32896) <= 5, "{l} {a} {b}");
    }

    #[test]
    fn colours_come_back() {
        for rgb in [[255, 128, 7], [0, 255, 0], [1, 2, 3], [200, 200, 255], [255, 0, 0], [0, 0, 255]] {
            let back = rgb_from_lab(lab_from_rgb(rgb));
            assert!(rgb.iter().zip(back).all(|(a, b)| a.abs_diff(b) <= 1), "{rgb:?} {back:?}");
        }
    }
}
