//! Cuts through a volume as a person looks at them: axial from the feet, coronal from the front, sagittal from the
//! patient's left, whatever the order of the array's axes.

use tmli_core::{Contour, Mask, PointLps, SpacingMm, Volume, VolumeGeometry, trace};

/// A direction to look in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// Patient's right on the left of the picture, anterior up.
    Axial,
    /// Patient's right on the left of the picture, superior up.
    Coronal,
    /// Anterior on the left of the picture, superior up.
    Sagittal,
}

/// One axis of the picture or of the cut: an axis of the array, walked forwards or backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Walk {
    axis: usize,
    backwards: bool,
}

impl Walk {
    fn index(self, n: usize, length: usize) -> usize {
        if self.backwards { length - 1 - n } else { n }
    }
}

/// How a view lies on the array of a volume.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    shape: [usize; 3],
    spacing_mm: [f64; 3],
    normal: usize,
    right: Walk,
    down: Walk,
    /// Letters at the left and right edge and at the top and bottom of the picture.
    pub(crate) letters: [&'static str; 4],
}

/// A rectangle of a picture, in its pixels, half open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crop {
    /// First row and column.
    pub(crate) start: [usize; 2],
    /// Rows and columns.
    pub(crate) size: [usize; 2],
}

impl Plane {
    /// Fits a view to a grid; oblique grids are shown along the nearest axes.
    pub(crate) fn new(view: View, geometry: &VolumeGeometry) -> Self {
        let axes = geometry.axes();
        // The array axis nearest to each LPS dimension, each taken once.
        let mut of_lps = [0; 3];
        let mut free = vec![0, 1, 2];
        for lps in [2, 1, 0] {
            let best = free.iter().copied().max_by(|&a, &b| axes[a][lps].abs().total_cmp(&axes[b][lps].abs()));
            of_lps[lps] = best.unwrap_or(0);
            free.retain(|&a| a != of_lps[lps]);
        }
        let walk = |lps: usize, positive: bool| {
            let axis = of_lps[lps];
            Walk { axis, backwards: (axes[axis][lps] > 0.0) != positive }
        };
        let (normal, right, down, letters) = match view {
            View::Axial => (2, walk(0, true), walk(1, true), ["R", "L", "A", "P"]),
            View::Coronal => (1, walk(0, true), walk(2, false), ["R", "L", "S", "I"]),
            View::Sagittal => (0, walk(1, true), walk(2, false), ["A", "P", "S", "I"]),
        };
        let spacing_mm = geometry.spacing_mm().to_array();
        Self { shape: geometry.shape(), spacing_mm, normal: of_lps[normal], right, down, letters }
    }

    /// Number of cuts.
    pub(crate) fn cuts(&self) -> usize {
        self.shape[self.normal]
    }

    /// Rows and columns of the picture.
    pub(crate) fn size(&self) -> [usize; 2] {
        [self.shape[self.down.axis], self.shape[self.right.axis]]
    }

    /// Height and width of a pixel in mm.
    pub(crate) fn pixel_mm(&self) -> [f64; 2] {
        [self.spacing_mm[self.down.axis], self.spacing_mm[self.right.axis]]
    }

    /// The whole picture.
    pub(crate) fn whole(&self) -> Crop {
        Crop { start: [0, 0], size: self.size() }
    }

    /// The voxel `[k, j, i]` of a pixel.
    pub(crate) fn voxel(&self, cut: usize, row: usize, column: usize) -> [usize; 3] {
        let mut kji = [0; 3];
        kji[self.normal] = cut;
        kji[self.down.axis] = self.down.index(row, self.shape[self.down.axis]);
        kji[self.right.axis] = self.right.index(column, self.shape[self.right.axis]);
        kji
    }

    /// Grey levels 0..255 of a cut, row after row, from a window in Hounsfield units.
    pub(crate) fn grey(&self, volume: &Volume<i16>, cut: usize, crop: Crop, window_hu: [f64; 2]) -> Vec<u8> {
        let scale = 255.0 / (window_hu[1] - window_hu[0]);
        let mut pixels = Vec::with_capacity(crop.size[0] * crop.size[1]);
        for row in 0..crop.size[0] {
            for column in 0..crop.size[1] {
                let kji = self.voxel(cut, crop.start[0] + row, crop.start[1] + column);
                let hu = f64::from(volume.data()[kji]);
                pixels.push(((hu - window_hu[0]) * scale).clamp(0.0, 255.0) as u8);
            }
        }
        pixels
    }

    /// Voxels of a mask in every cut.
    pub(crate) fn counts(&self, mask: &Mask) -> Vec<usize> {
        let mut counts = vec![0; self.cuts()];
        let Some(bounds) = mask.bounds() else { return counts };
        for k in bounds.min[0]..bounds.max[0] {
            for j in bounds.min[1]..bounds.max[1] {
                for i in bounds.min[2]..bounds.max[2] {
                    if mask.get([k, j, i]) {
                        counts[[k, j, i][self.normal]] += 1;
                    }
                }
            }
        }
        counts
    }

    /// The mask in one cut as pixels of the picture: one slice of rows and columns.
    pub(crate) fn cut_mask(&self, mask: &Mask, cut: usize) -> Mask {
        let [rows, columns] = self.size();
        Mask::from_fn([1, rows, columns], |[_, row, column]| mask.get(self.voxel(cut, row, column)))
    }

    /// The outline of pixels along their edges, as an SVG path in pixels of the crop.
    pub(crate) fn path(&self, pixels: &Mask, crop: Crop) -> String {
        let unit = SpacingMm::new(1.0, 1.0, 1.0);
        let Ok(grid) = VolumeGeometry::axial(pixels.shape(), PointLps::new(0.0, 0.0, 0.0), unit) else {
            return String::new();
        };
        trace(pixels, &grid).iter().map(|c| loop_path(c, crop)).collect::<Vec<_>>().join("")
    }
}

/// Pixel centres are whole numbers on the grid; in a picture pixel 0 reaches from 0 to 1.
fn loop_path(contour: &Contour, crop: Crop) -> String {
    let mut path = String::new();
    for (n, p) in contour.points.iter().enumerate() {
        let x = p.0[0] + 0.5 - crop.start[1] as f64;
        let y = p.0[1] + 0.5 - crop.start[0] as f64;
        path.push(if n == 0 { 'M' } else { 'L' });
        path.push_str(&format!("{} {}", short(x), short(y)));
    }
    if !path.is_empty() {
        path.push('Z');
    }
    path
}

/// Two decimals at most.
fn short(x: f64) -> String {
    let text = format!("{x:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(axes: [[f64; 3]; 3]) -> VolumeGeometry {
        VolumeGeometry::new([4, 5, 6], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 2.0, 1.0), axes)
            .expect("valid")
    }

    #[test]
    fn a_head_first_axial_cut_is_shown_as_stored() {
        let plane = Plane::new(View::Axial, &geometry([[0., 0., 1.], [0., 1., 0.], [1., 0., 0.]]));
        assert_eq!((plane.cuts(), plane.size(), plane.pixel_mm()), (4, [5, 6], [2.0, 1.0]));
        assert_eq!(plane.voxel(3, 1, 2), [3, 1, 2]);
    }

    #[test]
    fn the_patients_left_is_on_the_right_also_when_columns_run_to_the_right() {
        let plane = Plane::new(View::Axial, &geometry([[0., 0., -1.], [0., 1., 0.], [-1., 0., 0.]]));
        assert_eq!(plane.voxel(0, 0, 0), [0, 0, 5]);
    }

    #[test]
    fn superior_is_up_in_coronal_and_sagittal_cuts() {
        let axes = [[0., 0., 1.], [0., 1., 0.], [1., 0., 0.]];
        let coronal = Plane::new(View::Coronal, &geometry(axes));
        assert_eq!((coronal.cuts(), coronal.size(), coronal.pixel_mm()), (5, [4, 6], [5.0, 1.0]));
        assert_eq!(coronal.voxel(2, 0, 0), [3, 2, 0]);
        assert_eq!(Plane::new(View::Sagittal, &geometry(axes)).voxel(2, 0, 0), [3, 0, 2]);
    }

    #[test]
    fn an_outline_runs_along_pixel_edges() {
        let plane = Plane::new(View::Axial, &geometry([[0., 0., 1.], [0., 1., 0.], [1., 0., 0.]]));
        let mut mask = Mask::new([4, 5, 6]);
        mask.set([1, 2, 3], true);
        assert_eq!(plane.counts(&mask), [0, 1, 0, 0]);
        let path = plane.path(&plane.cut_mask(&mask, 1), Crop { start: [1, 1], size: [3, 4] });
        for corner in ["2 1", "3 1", "3 2", "2 2"] {
            assert!(path.contains(corner), "{path}");
        }
    }
}
