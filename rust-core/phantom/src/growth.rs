//! How large a child of an age is.
//!
//! Median heights and body-mass indices follow the growth charts of the US Centers for Disease Control (2000), head
//! sizes and segment lengths published anthropometry of US children (Snyder 1977), both rounded to what a phantom needs.

use crate::random::Draw;

/// The youngest and oldest child made, in years.
pub(crate) const AGE_RANGE: [f32; 2] = [2.0, 17.0];

/// Sex, as far as body size and the pelvis are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// A boy.
    Male,
    /// A girl.
    Female,
}

/// Size of one child, in mm.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    pub(crate) age: f32,
    pub(crate) sex: Sex,
    pub(crate) height: f32,
    /// Breadths relative to a median child of that height.
    pub(crate) girth: f32,
    /// Crown to seat.
    pub(crate) sitting: f32,
    /// Crown to chin.
    pub(crate) head_height: f32,
    pub(crate) head_length: f32,
    pub(crate) head_breadth: f32,
}

/// Straight lines between `(age, value)` points, flat beyond the ends.
pub(crate) fn by_age(age: f32, table: &[(f32, f32)]) -> f32 {
    let (Some(first), Some(last)) = (table.first(), table.last()) else { return 0.0 };
    if age <= first.0 {
        return first.1;
    }
    for pair in table.windows(2) {
        let ((a0, v0), (a1, v1)) = (pair[0], pair[1]);
        if age <= a1 {
            return v0 + (v1 - v0) * (age - a0) / (a1 - a0);
        }
    }
    last.1
}

const HEIGHT_BOYS: [(f32, f32); 9] = [
    (2.0, 870.0),
    (4.0, 1025.0),
    (6.0, 1155.0),
    (8.0, 1280.0),
    (10.0, 1385.0),
    (12.0, 1490.0),
    (14.0, 1640.0),
    (16.0, 1735.0),
    (17.0, 1755.0),
];
const HEIGHT_GIRLS: [(f32, f32); 9] = [
    (2.0, 855.0),
    (4.0, 1010.0),
    (6.0, 1150.0),
    (8.0, 1275.0),
    (10.0, 1385.0),
    (12.0, 1515.0),
    (14.0, 1605.0),
    (16.0, 1625.0),
    (17.0, 1630.0),
];

impl Growth {
    /// A child of that age: size from the charts, with a person's own deviation.
    pub(crate) fn new(age: f32, draw: &mut Draw) -> Self {
        let sex = if draw.chance(25.0 / 36.0) { Sex::Male } else { Sex::Female };
        let table = if sex == Sex::Male { &HEIGHT_BOYS } else { &HEIGHT_GIRLS };
        let height = by_age(age, table) * draw.bell(1.0, 0.035);
        let girth = draw.bell(1.0, 0.055).clamp(0.89, 1.12);
        let sitting =
            height * by_age(age, &[(2.0, 0.585), (5.0, 0.555), (10.0, 0.53), (17.0, 0.52)]) + draw.bell(0.0, 6.0);
        let head = if sex == Sex::Male { 1.0 } else { 0.975 } * draw.bell(1.0, 0.018);
        Self {
            age,
            sex,
            height,
            girth,
            sitting,
            head_height: head * by_age(age, &[(2.0, 176.0), (5.0, 190.0), (10.0, 205.0), (17.0, 225.0)]),
            head_length: head
                * draw.bell(1.0, 0.015)
                * by_age(age, &[(2.0, 170.0), (5.0, 178.0), (10.0, 184.0), (17.0, 194.0)]),
            head_breadth: head
                * draw.bell(1.0, 0.02)
                * by_age(age, &[(2.0, 134.0), (5.0, 140.0), (10.0, 145.0), (17.0, 152.0)]),
        }
    }
}
