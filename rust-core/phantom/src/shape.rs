//! Implicit shapes: each tells how far a point is outside (positive) or inside (negative) of it, in mm.
//!
//! Distances are exact for round things and good near the surface for the others, which is all that painting needs.

/// A point or vector in the child's own frame: x left, y posterior, z superior, in mm.
pub(crate) type V3 = [f32; 3];

pub(crate) fn add(a: V3, b: V3) -> V3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(crate) fn sub(a: V3, b: V3) -> V3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(crate) fn mix(a: V3, b: V3, t: f32) -> V3 {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

pub(crate) fn min_each(a: V3, b: V3) -> V3 {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].min(b[2])]
}

pub(crate) fn max_each(a: V3, b: V3) -> V3 {
    [a[0].max(b[0]), a[1].max(b[1]), a[2].max(b[2])]
}

fn dot(a: V3, b: V3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Rotation by angles in degrees about x, then y, then z: the rows are the rotated shape's own axes.
pub(crate) fn rotation(about_x: f32, about_y: f32, about_z: f32) -> [V3; 3] {
    let (sx, cx) = about_x.to_radians().sin_cos();
    let (sy, cy) = about_y.to_radians().sin_cos();
    let (sz, cz) = about_z.to_radians().sin_cos();
    let turn = |p: V3| {
        let p = [p[0], cx * p[1] - sx * p[2], sx * p[1] + cx * p[2]];
        let p = [cy * p[0] + sy * p[2], p[1], -sy * p[0] + cy * p[2]];
        [cz * p[0] - sz * p[1], sz * p[0] + cz * p[1], p[2]]
    };
    [turn([1.0, 0.0, 0.0]), turn([0.0, 1.0, 0.0]), turn([0.0, 0.0, 1.0])]
}

/// One cross-section of a [`Shape::Loft`]: an oval in the axial plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    pub(crate) z: f32,
    pub(crate) centre: [f32; 2],
    /// Half the breadth.
    pub(crate) rx: f32,
    /// From the centre to the front and to the back.
    pub(crate) ry: [f32; 2],
}

impl Section {
    pub(crate) fn new(z: f32, y: f32, rx: f32, front: f32, back: f32) -> Self {
        Self { z, centre: [0.0, y], rx, ry: [front, back] }
    }

    pub(crate) fn at(mut self, x: f32) -> Self {
        self.centre[0] = x;
        self
    }
}

/// The oval at height `z` between the sections of a loft, by smooth steps; sections ascend in z.
pub(crate) fn section_at(sections: &[Section], z: f32) -> Section {
    let n = sections.len();
    let next = sections.iter().position(|s| s.z > z).unwrap_or(n);
    if next == 0 {
        return sections[0];
    }
    if next == n {
        return sections[n - 1];
    }
    let (a, b) = (sections[next - 1], sections[next]);
    let before = sections[next.saturating_sub(2)];
    let after = sections[(next + 1).min(n - 1)];
    let t = (z - a.z) / (b.z - a.z);
    // Monotone enough and smooth: cubic through the four neighbours, tangents limited at the ends.
    let cubic = |p: f32, q: f32, r: f32, s: f32| {
        let m0 = 0.5 * (r - p) * ((b.z - a.z) / (b.z - before.z).max(1e-3)) * 2.0;
        let m1 = 0.5 * (s - q) * ((b.z - a.z) / (after.z - a.z).max(1e-3)) * 2.0;
        let (t2, t3) = (t * t, t * t * t);
        (2.0 * t3 - 3.0 * t2 + 1.0) * q + (t3 - 2.0 * t2 + t) * m0 + (3.0 * t2 - 2.0 * t3) * r + (t3 - t2) * m1
    };
    let field = |f: fn(&Section) -> f32| cubic(f(&before), f(&a), f(&b), f(&after));
    Section {
        z,
        centre: [field(|s| s.centre[0]), field(|s| s.centre[1])],
        rx: field(|s| s.rx).max(0.5),
        ry: [field(|s| s.ry[0]).max(0.5), field(|s| s.ry[1]).max(0.5)],
    }
}

/// A shape in the child's frame.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// Axes are the rows of `axes`.
    Ellipsoid { centre: V3, radii: V3, axes: Option<[V3; 3]> },
    /// Like an ellipsoid but boxier: fourth powers in place of squares.
    Rounded { centre: V3, radii: V3, axes: Option<[V3; 3]> },
    /// A tapered capsule. Heights count `z_scale` times: below 1 the cross-section is taller than broad.
    Capsule { a: V3, b: V3, ra: f32, rb: f32, z_scale: f32 },
    /// Ovals stacked along z. `power` 2 is an ellipse, higher is boxier.
    Loft { sections: Vec<Section>, power: f32 },
    /// The side of a plane to which the normal doesn't point.
    HalfSpace { point: V3, normal: V3 },
}

impl Shape {
    pub(crate) fn ellipsoid(centre: V3, radii: V3) -> Self {
        Self::Ellipsoid { centre, radii, axes: None }
    }

    pub(crate) fn tilted(centre: V3, radii: V3, axes: [V3; 3]) -> Self {
        Self::Ellipsoid { centre, radii, axes: Some(axes) }
    }

    pub(crate) fn sphere(centre: V3, radius: f32) -> Self {
        Self::ellipsoid(centre, [radius; 3])
    }

    pub(crate) fn capsule(a: V3, b: V3, ra: f32, rb: f32) -> Self {
        Self::Capsule { a, b, ra, rb, z_scale: 1.0 }
    }

    /// The box that holds the inside: `[min, max]`.
    pub(crate) fn bounds(&self) -> [V3; 2] {
        match self {
            Self::Ellipsoid { centre, radii, axes } | Self::Rounded { centre, radii, axes } => {
                let boxy = if matches!(self, Self::Rounded { .. }) { 1.5 } else { 1.0 };
                let half: V3 = match axes {
                    None => *radii,
                    Some(rows) => std::array::from_fn(|x| {
                        boxy * (0..3).map(|a| (rows[a][x] * radii[a]).powi(2)).sum::<f32>().sqrt()
                    }),
                };
                [sub(*centre, half), add(*centre, half)]
            }
            Self::Capsule { a, b, ra, rb, z_scale } => {
                let r = ra.max(*rb);
                let reach = [r, r, r / z_scale];
                let low = std::array::from_fn(|x| a[x].min(b[x]) - reach[x]);
                let high = std::array::from_fn(|x| a[x].max(b[x]) + reach[x]);
                [low, high]
            }
            Self::Loft { sections, .. } => {
                let mut low = [f32::MAX; 3];
                let mut high = [f32::MIN; 3];
                for s in sections {
                    // The cubic between sections may swing out a little.
                    let (rx, front, back) = (s.rx * 1.08, s.ry[0] * 1.08, s.ry[1] * 1.08);
                    let (p, q) =
                        ([s.centre[0] - rx, s.centre[1] - front, s.z], [s.centre[0] + rx, s.centre[1] + back, s.z]);
                    low = min_each(low, p);
                    high = max_each(high, q);
                }
                [low, high]
            }
            Self::HalfSpace { .. } => [[-1e6; 3], [1e6; 3]],
        }
    }

    /// The shape prepared for points near height `z`.
    pub(crate) fn slice(&self, z: f32) -> Sliced<'_> {
        match self {
            Self::Loft { sections, power } => {
                // Points of a warped slice differ a little in z: the slope takes them along.
                let (here, above) = (section_at(sections, z), section_at(sections, z + 1.0));
                let ends = [sections[0].z, sections[sections.len() - 1].z];
                Sliced::Loft { here, above, ends, power: *power }
            }
            other => Sliced::Other(other),
        }
    }

    fn distance(&self, p: V3) -> f32 {
        match self {
            Self::Ellipsoid { centre, radii, axes } => {
                let q = local(p, *centre, axes.as_ref());
                let u = [q[0] / radii[0], q[1] / radii[1], q[2] / radii[2]];
                let v = [u[0] / radii[0], u[1] / radii[1], u[2] / radii[2]];
                let (k0, k1) = (dot(u, u).sqrt(), dot(v, v).sqrt());
                if k1 < 1e-9 { -radii[0].min(radii[1]).min(radii[2]) } else { k0 * (k0 - 1.0) / k1 }
            }
            Self::Rounded { centre, radii, axes } => {
                let q = local(p, *centre, axes.as_ref());
                let u: V3 = std::array::from_fn(|x| (q[x] / radii[x]).powi(2));
                let f4 = dot(u, u);
                let f = f4.sqrt().sqrt();
                if f < 1e-4 {
                    return -radii[0].min(radii[1]).min(radii[2]);
                }
                let g: V3 = std::array::from_fn(|x| u[x] * (q[x] / radii[x]) / radii[x]);
                (f - 1.0) * f * f * f / dot(g, g).sqrt().max(1e-9)
            }
            Self::Capsule { a, b, ra, rb, z_scale } => {
                let scale = |v: V3| [v[0], v[1], v[2] * z_scale];
                let (pa, ba) = (scale(sub(p, *a)), scale(sub(*b, *a)));
                let t = (dot(pa, ba) / dot(ba, ba).max(1e-9)).clamp(0.0, 1.0);
                let d = [pa[0] - ba[0] * t, pa[1] - ba[1] * t, pa[2] - ba[2] * t];
                dot(d, d).sqrt() - (ra + (rb - ra) * t)
            }
            Self::HalfSpace { point, normal } => dot(sub(p, *point), *normal),
            Self::Loft { .. } => self.slice(p[2]).distance(p),
        }
    }
}

fn local(p: V3, centre: V3, axes: Option<&[V3; 3]>) -> V3 {
    let d = sub(p, centre);
    axes.map_or(d, |rows| [dot(d, rows[0]), dot(d, rows[1]), dot(d, rows[2])])
}

/// A shape prepared for one slice.
pub(crate) enum Sliced<'a> {
    Loft { here: Section, above: Section, ends: [f32; 2], power: f32 },
    Other(&'a Shape),
}

impl Sliced<'_> {
    /// How far `p` is outside (negative: inside), mm.
    pub(crate) fn distance(&self, p: V3) -> f32 {
        match self {
            Self::Other(shape) => shape.distance(p),
            Self::Loft { here, above, ends, power } => {
                let dz = p[2] - here.z;
                let lean = |a: f32, b: f32| a + (b - a) * dz;
                let x = p[0] - lean(here.centre[0], above.centre[0]);
                let y = p[1] - lean(here.centre[1], above.centre[1]);
                let side = usize::from(y > 0.0);
                let rx = lean(here.rx, above.rx).max(0.5);
                let ry = lean(here.ry[side], above.ry[side]).max(0.5);
                let (u, v) = ((x / rx).abs(), (y / ry).abs());
                let f = if *power == 2.0 {
                    (u * u + v * v).sqrt()
                } else {
                    (u.powf(*power) + v.powf(*power)).powf(1.0 / power)
                };
                // Along the gradient, so that layers under the skin have an even thickness.
                let gx = u.powf(power - 1.0) / rx;
                let gy = v.powf(power - 1.0) / ry;
                let gradient = (gx * gx + gy * gy).sqrt();
                let plane = if f < 0.1 { -rx.min(ry) } else { (f - 1.0) * f.powf(power - 1.0) / gradient.max(1e-9) };
                plane.max(ends[0] - p[2]).max(p[2] - ends[1])
            }
        }
    }
}

/// Points along a smooth curve through `through` (Catmull-Rom), `steps` to each stretch.
pub(crate) fn spline(through: &[V3], steps: usize) -> Vec<V3> {
    let n = through.len();
    if n < 3 {
        return through.to_vec();
    }
    let mut points = Vec::with_capacity(n * steps);
    for i in 0..n - 1 {
        let (p, q, r, s) = (through[i.saturating_sub(1)], through[i], through[i + 1], through[(i + 2).min(n - 1)]);
        for step in 0..steps {
            let t = step as f32 / steps as f32;
            let (t2, t3) = (t * t, t * t * t);
            points.push(std::array::from_fn(|x| {
                0.5 * (2.0 * q[x]
                    + (r[x] - p[x]) * t
                    + (2.0 * p[x] - 5.0 * q[x] + 4.0 * r[x] - s[x]) * t2
                    + (3.0 * q[x] - p[x] - 3.0 * r[x] + s[x]) * t3)
            }));
        }
    }
    points.push(through[n - 1]);
    points
}

/// Capsules along a curve; `radius` gives the radius at 0..=1 of the way.
pub(crate) fn tube(points: &[V3], radius: impl Fn(f32) -> f32) -> Vec<Shape> {
    let n = points.len().saturating_sub(1).max(1) as f32;
    points
        .windows(2)
        .enumerate()
        .map(|(i, w)| Shape::capsule(w[0], w[1], radius(i as f32 / n), radius((i + 1) as f32 / n)))
        .collect()
}

/// The mirror image of a curve where `side` is -1.
pub(crate) fn on_side(side: f32, points: &[V3]) -> Vec<V3> {
    points.iter().map(|p| [p[0] * side, p[1], p[2]]).collect()
}
