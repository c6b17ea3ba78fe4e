//! What is done with points and ways in space.

type Point = [f64; 3];

pub(crate) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn length(a: Point) -> f64 {
    dot(a, a).sqrt()
}

pub(crate) fn minus(a: Point, b: Point) -> Point {
    std::array::from_fn(|x| a[x] - b[x])
}

/// From `a` by so much of `way`.
pub(crate) fn along(a: Point, way: Point, part: f64) -> Point {
    std::array::from_fn(|x| a[x] + part * way[x])
}

pub(crate) fn cross(a: Point, b: Point) -> Point {
    std::array::from_fn(|x| {
        let (y, z) = ((x + 1) % 3, (x + 2) % 3);
        a[y] * b[z] - a[z] * b[y]
    })
}
