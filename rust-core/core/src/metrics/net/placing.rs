//! Vertices at flat faces are placed upon them, and where faces meet upon the edge or into the corner.

use super::{
    super::box_tree::Point,
    extent::Extent,
    flat::faces,
    mesh::{Net, Offset, PerVertex, kept},
    plane::Plane,
    solid::Solid,
    walk::{Site, Walk},
};
use crate::vectors::{length, minus};

/// So many rings around what is certain of a face a vertex may still lie on it: more than a cube is long.
const RINGS: usize = 3;

/// The vertices that have a better place, and how far that is from the middle of their cubes.
pub(super) fn placed(net: &Net, ranks: &PerVertex<[u16; 4]>, extent: Extent) -> Vec<(Site, Offset)> {
    let mut walk = Walk::new(net, ranks);
    let faces = faces(net, extent, &mut walk);
    let mut near: Vec<(Site, u32)> = Vec::new();
    for (face, n) in faces.iter().zip(0..) {
        near.extend(walk.around(&face.sites, RINGS).into_iter().map(|site| (site, n)));
    }
    near.sort_unstable();
    let better = |near: &[(Site, u32)]| {
        let site = near[0].0;
        let faces: Vec<_> =
            near.iter().map(|(_, n)| &faces[*n as usize]).map(|face| (face.plane, face.middle)).collect();
        let middle = walk.middle(site);
        place(&walk, site, &faces).map(|place| (site, kept(minus(place, middle))))
    };
    near.chunk_by(|a, b| a.0 == b.0).filter_map(better).collect()
}

/// Where the vertex lies on these faces, of as many as agree with the voxels around it: the place that is nearest.
fn place(walk: &Walk<'_>, site: Site, faces: &[(Plane, Point)]) -> Option<Point> {
    let was = walk.place(site);
    let far = |p: &Point| length(minus(*p, was));
    (1..=3).rev().find_map(|count| {
        let solids = choices(faces, count).into_iter().filter_map(|faces| Solid::of(&faces));
        let agreeing = solids.filter(|solid| walk.agrees(site, |p| solid.distance(p)));
        agreeing.filter_map(|solid| solid.place(walk.middle(site), was)).min_by(|a, b| far(a).total_cmp(&far(b)))
    })
}

/// All choices of so many things.
fn choices<T: Copy>(of: &[T], count: usize) -> Vec<Vec<T>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let with = |(n, &last): (usize, &T)| {
        let others = choices(&of[..n], count - 1);
        others.into_iter().map(move |others| others.into_iter().chain([last]).collect())
    };
    of.iter().enumerate().flat_map(with).collect()
}
