//! Distances between the surfaces of two masks: only where the surfaces differ is anything searched.

use rayon::prelude::*;

use super::{
    Profile, SurfaceDistances,
    lattice::{BITS, Boxed, Codes, SurfaceBits, ones},
    near_steps::NearSteps,
    nearest::{Nearest, Search},
    net,
    statistics::Distribution,
    surface_area::SurfaceAreas,
};

/// Steps between lattice points are kept as 16-bit numbers; a row may start up to a word before its box.
pub(super) const LONGEST_BOX: usize = u16::MAX as usize - 1 - BITS;

/// Slices of the lattice that are one piece of work.
const SLAB: usize = 4;

/// Steps below these are counted in a table; farther ones are listed.
const NEAR: [u32; 3] = [8, 16, 16];

/// All distances between two masks, both of which lie in the boxes' common bounds.
pub(super) fn between(
    reference: Boxed<'_>,
    prediction: Boxed<'_>,
    spacing: [f64; 3],
    areas: &SurfaceAreas,
    profile: Profile,
) -> SurfaceDistances {
    if profile == Profile::Net {
        return net::between(reference, prediction, spacing);
    }
    let surfels = profile == Profile::Surfel;
    let surface = |mask: &Boxed<'_>| if surfels { mask.surfels() } else { mask.border_voxels() };
    let (a, b) = rayon::join(|| surface(&reference), || surface(&prediction));
    let one_way = |mask: &Boxed<'_>, from: &SurfaceBits, to: &SurfaceBits| {
        let (near, nearest) = (NearSteps::new(spacing), Nearest::new(to, spacing));
        let slabs: Vec<usize> = (0..from.shape[0]).step_by(SLAB).collect();
        let weigh = |code: u8| if surfels { areas.of(code) } else { 1.0 };
        let tallies: Vec<Tally> = slabs
            .into_par_iter()
            .map(|first| {
                let mut tally = Tally::new(&near);
                let mut search = nearest.search();
                for k in first..(first + SLAB).min(from.shape[0]) {
                    tally.add_slice(k, surfels.then_some(mask), [from, to], &near, &mut search, &weigh);
                }
                tally
            })
            .collect();
        // Added in order, so that a comparison gives the same digits every time.
        let tally = tallies.into_iter().fold(Tally::new(&near), Tally::merged);
        tally.into_distribution(&near, spacing, weigh)
    };
    let forth = one_way(&reference, &a, &b);
    let back = one_way(&prediction, &b, &a);
    SurfaceDistances::new(profile, forth, back)
}

/// How much surface is how many steps from the other one.
struct Tally {
    /// Elements on both surfaces, by their code.
    common: Vec<u64>,
    /// By the number of the distance in [`NearSteps`].
    near: Vec<f64>,
    /// By the steps along k, j, i, where a point was searched for; empty while none was.
    searched: Vec<f64>,
    /// Steps along k, j, i (16 bits each) and code.
    far: Vec<u64>,
    /// Elements without any counterpart: the other surface is empty.
    alone: f64,
    /// Whether the points before were all farther than [`NearSteps`] tries, so that trying is a waste.
    apart: bool,
    /// Room for [`NearSteps::resolve`].
    words: Vec<[u64; 3]>,
}

impl Tally {
    fn new(near: &NearSteps) -> Self {
        let near = vec![0.0; near.distances_mm().len()];
        Self {
            common: vec![0; 256],
            near,
            searched: Vec::new(),
            far: Vec::new(),
            alone: 0.0,
            apart: false,
            words: Vec::new(),
        }
    }

    /// `mask` is given when elements have codes.
    fn add_slice(
        &mut self,
        k: usize,
        mask: Option<&Boxed<'_>>,
        [from, to]: [&SurfaceBits; 2],
        near: &NearSteps,
        search: &mut Search<'_>,
        weigh: &impl Fn(u8) -> f64,
    ) {
        for j in 0..from.shape[1] {
            let (row, other) = (from.row(k, j), to.row(k, j));
            if row.iter().all(|&word| word == 0) {
                continue;
            }
            let around = mask.map(|mask| mask.rows_around(k, j));
            for (w, (&word, &other)) in row.iter().zip(other).enumerate().filter(|(_, (word, _))| **word != 0) {
                let codes = around.as_ref().map(|rows| Codes::new(rows, w));
                let code_of = |bit: u32| codes.as_ref().map_or(0, |codes| codes.of(bit));
                match codes {
                    Some(_) => ones(word & other).for_each(|bit| self.common[usize::from(code_of(bit))] += 1),
                    None => self.common[0] += u64::from((word & other).count_ones()),
                }
                let mut points = word & !other;
                if points != 0 && !self.apart {
                    let all = points;
                    points = near.resolve(to, [k, j, w], points, &mut self.words, |number, met| {
                        self.near[number] += ones(met).map(|bit| weigh(code_of(bit))).sum::<f64>();
                    });
                    self.apart = points == all;
                }
                for bit in ones(points) {
                    let at = [k as u32, j as u32, (w * BITS) as u32 + bit];
                    match search.find(at) {
                        Some(found) => self.add(std::array::from_fn(|x| at[x].abs_diff(found[x])), code_of(bit), weigh),
                        None => self.alone += weigh(code_of(bit)),
                    }
                }
            }
        }
    }

    fn add(&mut self, steps: [u32; 3], code: u8, weigh: &impl Fn(u8) -> f64) {
        let [k, j, i] = steps;
        if k < NEAR[0] && j < NEAR[1] && i < NEAR[2] {
            if self.searched.is_empty() {
                self.searched = vec![0.0; NEAR.iter().product::<u32>() as usize];
            }
            self.searched[((k * NEAR[1] + j) * NEAR[2] + i) as usize] += weigh(code);
            self.apart = false;
        } else {
            self.far.push((u64::from(k) << 16 | u64::from(j)) << 24 | u64::from(i) << 8 | u64::from(code));
        }
    }

    fn merged(mut self, other: Self) -> Self {
        self.common.iter_mut().zip(other.common).for_each(|(a, b)| *a += b);
        self.near.iter_mut().zip(other.near).for_each(|(a, b)| *a += b);
        if self.searched.is_empty() {
            self.searched = other.searched;
        } else {
            self.searched.iter_mut().zip(other.searched).for_each(|(a, b)| *a += b);
        }
        if self.far.is_empty() {
            self.far = other.far;
        } else {
            self.far.extend(other.far);
        }
        self.alone += other.alone;
        self
    }

    fn into_distribution(mut self, near: &NearSteps, spacing: [f64; 3], weigh: impl Fn(u8) -> f64) -> Distribution {
        let distance =
            |steps: [u32; 3]| -> f64 { (0..3).map(|x| (f64::from(steps[x]) * spacing[x]).powi(2)).sum::<f64>().sqrt() };
        let common: f64 = (0..=u8::MAX).map(|code| self.common[usize::from(code)] as f64 * weigh(code)).sum();
        let mut steps = vec![(0.0, common), (f64::INFINITY, self.alone)];
        steps.extend(near.distances_mm().iter().copied().zip(self.near.iter().copied()));
        for (n, &weight) in self.searched.iter().enumerate() {
            let n = n as u32;
            steps.push((distance([n / NEAR[2] / NEAR[1], n / NEAR[2] % NEAR[1], n % NEAR[2]]), weight));
        }
        // Sorting brings equal steps together, so that what is kept is short.
        self.far.sort_unstable();
        for same in self.far.chunk_by(|a, b| a >> 8 == b >> 8) {
            let step = same[0] >> 8;
            let at = [step >> 32, step >> 16 & 0xffff, step & 0xffff].map(|x| x as u32);
            steps.push((distance(at), same.iter().map(|code| weigh((code & 0xff) as u8)).sum()));
        }
        steps.retain(|(_, weight)| *weight > 0.0);
        Distribution::new(steps)
    }
}
