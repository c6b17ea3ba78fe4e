//! Masks on which readers and writers of contours fail.

use tmli_core::Mask;

/// Slices, rows and columns of every mask of the set.
pub(crate) const SHAPE: [usize; 3] = [4, 64, 130];

/// The masks by name: single pixels, and what is on the second and the third slice.
pub(crate) fn masks() -> Vec<(&'static str, Mask)> {
    let within = |j: usize, i: usize, margin: usize| {
        (margin..60 - margin).contains(&j) && (margin + 20..80 - margin).contains(&i)
    };
    let ring = move |j, i, outer, inner| within(j, i, outer) && !within(j, i, inner);
    let distance = |j: usize, i: usize| (j as f64 - 31.3).hypot(i as f64 - 60.8);
    let [_, rows, columns] = SHAPE;
    let at_edge = move |j: usize, i: usize| j == 0 || i == 0 || j == rows - 1 || i == columns - 1;
    let spiral = move |j: usize, i: usize| {
        let turn = (j as f64 - 31.3).atan2(i as f64 - 60.8) / std::f64::consts::TAU;
        (distance(j, i) / 6.0 - turn).rem_euclid(1.0) < 0.5 && distance(j, i) < 30.0
    };
    vec![
        ("annulus", on_two_slices(move |j, i| ring(j, i, 2, 12))),
        ("annulus_in_annulus", on_two_slices(move |j, i| ring(j, i, 1, 5) || ring(j, i, 9, 15))),
        ("round_annulus", on_two_slices(move |j, i| (12.0..25.0).contains(&distance(j, i)))),
        ("diagonal", on_two_slices(|j, i| j == i)),
        ("other_diagonal", on_two_slices(|j, i| j + i == 63)),
        ("one_pixel", Mask::from_fn(SHAPE, |at| at == [1, 20, 33])),
        ("pixel_in_a_corner", Mask::from_fn(SHAPE, move |at| at == [3, rows - 1, columns - 1])),
        ("one_row", on_two_slices(|j, i| j == 7 && (2..120).contains(&i))),
        ("one_column", on_two_slices(|_, i| i == 9)),
        ("comb", on_two_slices(|j, i| j == 0 || i % 2 == 0)),
        ("checkerboard", on_two_slices(|j, i| (j + i) % 2 == 0)),
        ("lattice_of_holes", on_two_slices(|j, i| j % 2 == 0 || i % 2 == 0)),
        (
            "holes_that_touch",
            on_two_slices(|j, i| j < 40 && i < 40 && (j == 0 || i == 0 || j == 39 || i == 39 || j != i)),
        ),
        ("border", on_two_slices(at_edge)),
        ("whole_slice", on_two_slices(|_, _| true)),
        ("spiral", on_two_slices(spiral)),
    ]
}

fn on_two_slices(inside: impl Fn(usize, usize) -> bool) -> Mask {
    Mask::from_fn(SHAPE, |[k, j, i]| (1..3).contains(&k) && inside(j, i))
}
