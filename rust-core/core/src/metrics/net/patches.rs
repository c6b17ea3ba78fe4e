//! Vertices of smooth surfaces are placed upon the largest patches that one quadratic height explains.
//!
//! A relaxed net bends little from vertex to vertex, but keeps waves as long as the steps of the voxels are apart. A
//! quadratic that has all voxels within several of them on their right sides leaves hardly any room for such waves. So
//! around seeds all over the surface the largest radius is sought at which there is one; vertices go to the mean of the
//! patches that they are on, those whose middle is near counting more. Where not even the smallest radius will do, at
//! edges and on rough surfaces, they stay where they were relaxed to.

use rayon::prelude::*;

use super::{
    extent::Extent,
    mesh::{Net, Offset, PerVertex, kept},
    region::{Region, Seed},
    relax::FARTHEST,
    walk::Site,
};

/// Radii that are tried, in units: the edge of a cube that is as large as a voxel. No voxels are just so far apart.
const RADII: [f64; 7] = [9.97, 8.7, 7.57, 6.58, 5.73, 4.98, 4.33];

/// The radius that is tried first where nothing is known of the surface yet.
const FIRST: u8 = 2;

/// Within this part of a patch's radius there are no more seeds.
const COVERED_PART: f64 = 0.65;

/// Of so many cubes one is a seed, if no patch covers it already; they are looked at in so many turns, those of each all
/// over the surface.
const EVERY: u64 = 3;
const TURNS: u64 = 8;

/// So many seeds are looked at in parallel before it is marked what they cover.
const AT_ONCE: usize = 128;

/// On what patches weigh no more than this they end: there is an edge.
const RIM: f32 = 0.03;

/// A place of [`Progress::first`] that needs no seed any more.
const COVERED: u8 = u8::MAX;

/// What the patches say of a vertex: the sum of the steps to them in mm, each as often as it weighs, and of the weights.
type Steps = [f32; 4];

/// What is known after some seeds.
struct Progress {
    steps: PerVertex<Steps>,
    /// Which radius is tried first: one more than was good beside.
    first: PerVertex<u8>,
}

/// What a seed's patch says of a vertex.
struct Said {
    site: Site,
    steps: Steps,
    first: u8,
}

/// Offsets of all vertices from the middles of their cubes, and which of them lie on patches and not at their rims.
pub(super) fn patched(net: &Net, extent: Extent) -> (PerVertex<Offset>, PerVertex<bool>) {
    let mut progress = Progress { steps: net.per_vertex(&[0.0; 4]), first: net.per_vertex(&FIRST) };
    (0..TURNS).for_each(|turn| progress.take_turn(net, seeds(net, extent, turn)));
    let offset = |k: usize, number: usize, steps: &Steps| {
        let ([.., weight], was) = (*steps, net.offset(k, number));
        kept(std::array::from_fn(|x| {
            let step = if weight > 0.0 { f64::from(steps[x] / weight) / net.spacing[x] } else { 0.0 };
            (was[x] + step).clamp(-f64::from(FARTHEST), f64::from(FARTHEST))
        }))
    };
    let of_slice = |(k, steps): (usize, &Vec<Steps>)| (0..).zip(steps).map(|(n, steps)| offset(k, n, steps)).collect();
    let offsets = progress.steps.par_iter().enumerate().map(of_slice).collect();
    let within = |steps: &Vec<Steps>| steps.iter().map(|[.., weight]| *weight > RIM).collect();
    (offsets, progress.steps.iter().map(within).collect())
}

impl Progress {
    fn take_turn(&mut self, net: &Net, seeds: Vec<Seed>) {
        let is_left = |first: &PerVertex<u8>, seed: &Seed| *seed.site.of(first) != COVERED;
        let left: Vec<Seed> = seeds.into_iter().filter(|seed| is_left(&self.first, seed)).collect();
        for seeds in left.chunks(AT_ONCE) {
            let left: Vec<Seed> = seeds.iter().copied().filter(|seed| is_left(&self.first, seed)).collect();
            let first = &self.first;
            let of_seed =
                |region: &mut Region, seed: &Seed| around(net, region, *seed, usize::from(*seed.site.of(first)));
            let said: Vec<Vec<Said>> = left.par_iter().map_init(Region::default, of_seed).collect();
            // In order, so that a comparison gives the same digits every time.
            for Said { site, steps, first } in said.into_iter().flatten() {
                let (sum, known) = (site.of_mut(&mut self.steps), site.of_mut(&mut self.first));
                (0..4).for_each(|n| sum[n] += steps[n]);
                if *known != COVERED {
                    *known = first;
                }
            }
        }
    }
}

/// The largest patch around a seed.
fn around(net: &Net, region: &mut Region, seed: Seed, first: usize) -> Vec<Said> {
    let unit = net.unit();
    let nothing = |site: Site| Said { site, steps: [0.0; 4], first: COVERED };
    let Some(out) = region.outwards(net, seed, unit) else { return vec![nothing(seed.site)] };
    let patch_of = |n: usize| Some((n, region.patch(net, seed, out, RADII[n] * unit, unit)?));
    let Some((n, patch)) = (first..RADII.len()).find_map(patch_of) else {
        // Just beside there is none either.
        let near = (COVERED_PART * RADII[RADII.len() - 1] * unit).powi(2);
        let members = region.members.iter().filter(|member| member.way.iter().map(|x| x * x).sum::<f64>() < near);
        return members.map(|member| nothing(member.site)).collect();
    };
    let said = region.members.iter().filter_map(|member| {
        let (step, part) = patch.step_from(member.way)?;
        let weight = (1.0 - part * part).powi(2) * (RADII[n] / RADII[0]).powi(4);
        let [a, b, c] = step.map(|x| (x * weight) as f32);
        let first = if part < COVERED_PART { COVERED } else { n.saturating_sub(1) as u8 };
        Some(Said { site: member.site, steps: [a, b, c, weight as f32], first })
    });
    said.collect()
}

/// The seeds of a turn.
fn seeds(net: &Net, extent: Extent, turn: u64) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for k in 0..net.bits.shape[0] {
        net.for_cubes(k, |number, cube| {
            // Large odd numbers without a pattern mix them.
            let mixed = extent
                .place_of(cube)
                .into_iter()
                .zip([0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB])
                .fold(0, |mixed: u64, (x, odd)| mixed.wrapping_add(u64::from(x)).wrapping_mul(odd));
            if (mixed >> 40) % (EVERY * TURNS) == turn {
                seeds.push((mixed, Seed { site: Site::new(k, number), cube }));
            }
        });
    }
    seeds.sort_unstable_by_key(|(mixed, Seed { site, .. })| (*mixed, *site));
    seeds.into_iter().map(|(_, seed)| seed).collect()
}
