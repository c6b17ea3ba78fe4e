//! A tree of boxes around things in space, walked nearest first: what lies farther than the best so far is not opened.

use std::ops::Range;

/// A point in mm, `[k, j, i]`.
pub(super) type Point = [f64; 3];

/// Deep enough for the tree of any surface: every level halves what is left of at most 2^32 things.
const DEEPEST: usize = 40;

/// Bounds are rounded outwards: half the memory, and never too tight.
struct Node {
    min: [f32; 3],
    max: [f32; 3],
    /// The first thing of a leaf, or the second child (the first follows its parent).
    start: u32,
    /// Number of things of a leaf, or 0.
    count: u32,
}

/// The boxes; the things themselves stay with the caller, in the order that [`BoxTree::new`] gave them.
pub(super) struct BoxTree {
    nodes: Vec<Node>,
}

impl BoxTree {
    /// Builds the tree, with up to `leaf` things in each leaf, and brings the things into its order. `bounds` are the
    /// smallest and largest coordinates.
    pub(super) fn new<T>(things: &mut [T], leaf: usize, bounds: impl Fn(&T) -> [Point; 2]) -> Self {
        let mut tree = Self { nodes: Vec::with_capacity(things.len()) };
        if !things.is_empty() {
            tree.split(things, leaf, 0, &bounds);
        }
        tree
    }

    fn split<T>(&mut self, things: &mut [T], leaf: usize, start: usize, bounds: &impl Fn(&T) -> [Point; 2]) {
        let (mut min, mut max) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for [low, high] in things.iter().map(bounds) {
            for x in 0..3 {
                min[x] = min[x].min(low[x]);
                max[x] = max[x].max(high[x]);
            }
        }
        let here = self.nodes.len();
        let count = if things.len() <= leaf { things.len() as u32 } else { 0 };
        let outwards = (min.map(|x| (x as f32).next_down()), max.map(|x| (x as f32).next_up()));
        self.nodes.push(Node { min: outwards.0, max: outwards.1, start: start as u32, count });
        if count > 0 {
            return;
        }
        let extent = |x: usize| max[x] - min[x];
        let axis = (1..3).fold(0, |longest, x| if extent(x) > extent(longest) { x } else { longest });
        let middle = things.len() / 2;
        let centre = |thing: &T| bounds(thing).iter().map(|point| point[axis]).sum::<f64>();
        things.select_nth_unstable_by(middle, |a, b| centre(a).total_cmp(&centre(b)));
        let (first, second) = things.split_at_mut(middle);
        self.split(first, leaf, start, bounds);
        self.nodes[here].start = self.nodes.len() as u32;
        self.split(second, leaf, start + middle, bounds);
    }

    /// Calls `look` with the leaves that may hold something nearer to `at` than the squared distance `best`. It is
    /// given the numbers of the things and the best so far, and gives the best from then on.
    pub(super) fn walk(&self, at: Point, mut best: f64, mut look: impl FnMut(Range<usize>, f64) -> f64) {
        let mut waiting = [(0_u32, 0.0_f64); DEEPEST];
        let mut count = usize::from(!self.nodes.is_empty());
        while count > 0 {
            count -= 1;
            let (index, lower) = waiting[count];
            if lower >= best {
                continue;
            }
            let node = &self.nodes[index as usize];
            if node.count > 0 {
                best = look(node.start as usize..(node.start + node.count) as usize, best);
                continue;
            }
            let (first, second) = (index + 1, node.start);
            let (a, b) = (self.squared_distance(first, at), self.squared_distance(second, at));
            // What is put last is taken first: the nearer one.
            let [far, near] = if a < b { [(second, b), (first, a)] } else { [(first, a), (second, b)] };
            for child in [far, near] {
                if child.1 < best {
                    waiting[count] = child;
                    count += 1;
                }
            }
        }
    }

    /// Squared distance to the box around all things; infinite when there are none.
    pub(super) fn squared_distance_to_all(&self, at: Point) -> f64 {
        if self.nodes.is_empty() { f64::INFINITY } else { self.squared_distance(0, at) }
    }

    #[inline]
    fn squared_distance(&self, node: u32, at: Point) -> f64 {
        let Node { min, max, .. } = &self.nodes[node as usize];
        let mut sum = 0.0;
        for x in 0..3 {
            let outside = (f64::from(min[x]) - at[x]).max(at[x] - f64::from(max[x])).max(0.0);
            sum += outside * outside;
        }
        sum
    }
}
