//! Where the landmarks of one child are, and what its tissues look like. The child's frame has its origin between the
//! soles in x and z and in the middle of the chest in y; x is left, y posterior, z superior, in mm.

use crate::{
    growth::{Growth, Sex, by_age},
    paint::Material,
    random::{Concern, Draw},
    shape::{Section, V3},
};

/// Hounsfield units of one child's tissues.
#[derive(Clone, Debug)]
pub(crate) struct Tissue {
    pub(crate) skin: Material,
    pub(crate) fat: Material,
    pub(crate) muscle: Material,
    pub(crate) brain: Material,
    pub(crate) lung: Material,
    pub(crate) marrow: Material,
    pub(crate) cortical: Material,
    pub(crate) cartilage: Material,
    pub(crate) blood: f32,
    pub(crate) liver: f32,
    pub(crate) spleen: f32,
    pub(crate) kidney: f32,
    pub(crate) pancreas: f32,
    pub(crate) thyroid: f32,
    pub(crate) parotid: f32,
    pub(crate) bowel_wall: f32,
    /// Contrast agent in the veins.
    pub(crate) contrast: bool,
    /// Contrast agent in the bowel.
    pub(crate) oral_contrast: bool,
}

impl Tissue {
    fn new(age: f32, draw: &mut Draw) -> Self {
        let contrast = draw.chance(0.4);
        // Enhancement differs from child to child with dose and delay.
        let dose = if contrast { draw.uniform(0.6, 1.2) } else { 0.0 };
        let muscle = draw.bell(52.0, 5.0);
        // Marrow is red in the young and turns to fat with age.
        let marrow = by_age(age, &[(2.0, 230.0), (17.0, 190.0)]) + draw.bell(0.0, 25.0);
        Self {
            skin: Material::Flat(draw.bell(15.0, 8.0)),
            fat: Material::Mottled { hu: draw.bell(-98.0, 6.0), depth: 12.0, size: 12.0 },
            muscle: Material::Muscle { hu: muscle + 8.0 * dose, fat: -90.0 },
            brain: Material::Mottled { hu: draw.bell(34.0, 2.0) + 3.0 * dose, depth: 6.0, size: 14.0 },
            lung: Material::Mottled { hu: draw.bell(-790.0, 40.0), depth: 45.0, size: 25.0 },
            marrow: Material::Mottled { hu: marrow, depth: 60.0, size: 7.0 },
            cortical: Material::Mottled {
                hu: by_age(age, &[(2.0, 620.0), (17.0, 1050.0)]) + draw.bell(0.0, 50.0),
                depth: 120.0,
                size: 8.0,
            },
            cartilage: Material::Flat(draw.bell(95.0, 10.0)),
            blood: draw.bell(42.0, 4.0) + 100.0 * dose,
            liver: draw.bell(58.0, 7.0) + 50.0 * dose,
            spleen: draw.bell(50.0, 4.0) + 65.0 * dose,
            kidney: draw.bell(34.0, 4.0) + 110.0 * dose,
            pancreas: draw.bell(40.0, 5.0) + 50.0 * dose,
            thyroid: draw.bell(105.0, 12.0) + 60.0 * dose,
            parotid: draw.bell(by_age(age, &[(2.0, 38.0), (17.0, 5.0)]), 8.0) + 25.0 * dose,
            bowel_wall: draw.bell(42.0, 4.0) + 35.0 * dose,
            contrast,
            oral_contrast: draw.chance(0.35),
        }
    }
}

/// One child: size, landmarks, tissues.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) seed: u64,
    pub(crate) case: u32,
    pub(crate) growth: Growth,
    pub(crate) tissue: Tissue,
    /// Subcutaneous fat, mm.
    pub(crate) fat: f32,
    pub(crate) chin_z: f32,
    /// Jugular notch.
    pub(crate) notch_z: f32,
    pub(crate) perineum_z: f32,
    pub(crate) knee_z: f32,
    /// Half breadth and depth of the chest's outside.
    pub(crate) chest_x: f32,
    pub(crate) chest_y: f32,
    pub(crate) waist_x: f32,
    pub(crate) hip_x: f32,
    /// Half of the distance between the acromia.
    pub(crate) shoulder_x: f32,
    /// Centre of the brain, and half axes of the cavity of the skull.
    pub(crate) brain: V3,
    pub(crate) brain_r: V3,
    /// Thickness of the skull.
    pub(crate) skull: f32,
    pub(crate) neck_r: f32,
    /// Size relative to a median ten-year-old's height.
    pub(crate) scale: f32,
}

impl Body {
    pub(crate) fn new(seed: u64, case: u32, age: f32) -> Self {
        let growth = Growth::new(age, &mut Draw::new(seed, case, Concern::Body));
        let tissue = Tissue::new(age, &mut Draw::new(seed, case, Concern::Tissue));
        let mut draw = Draw::numbered(seed, case, Concern::Body, 100);
        let h = growth.height;
        let g = growth.girth;
        let chin_z = h - growth.head_height;
        let notch_z =
            chin_z - by_age(age, &[(2.0, 26.0), (5.0, 38.0), (10.0, 52.0), (17.0, 66.0)]) * draw.bell(1.0, 0.08);
        let perineum_z = h - growth.sitting;
        let female = growth.sex == Sex::Female;
        let breadth = by_age(age, &[(2.0, 0.194), (5.0, 0.175), (10.0, 0.164), (17.0, 0.165)]);
        let chest_x = 0.5 * h * breadth * g * draw.bell(1.0, 0.02);
        let chest_y = chest_x * by_age(age, &[(2.0, 0.76), (10.0, 0.72), (17.0, 0.73)]) * draw.bell(1.0, 0.03);
        let waist_x = chest_x * by_age(age, &[(2.0, 0.97), (17.0, 0.87)]) * draw.bell(1.0, 0.03);
        let hips = by_age(age, &[(2.0, 0.186), (5.0, 0.176), (10.0, 0.174), (17.0, 0.186)]);
        let wide = if female && age > 11.0 { 1.06 } else { 1.0 };
        let hip_x = 0.5 * h * hips * wide * g * draw.bell(1.0, 0.02);
        let shoulder_x = 0.5 * h * if female { 0.215 } else { 0.222 } * draw.bell(1.0, 0.02);
        let fat = (by_age(age, &[(2.0, 7.0), (6.0, 6.0), (12.0, 9.0), (17.0, 11.0)]) + 55.0 * (g - 1.0)).max(3.5);
        let skull = by_age(age, &[(2.0, 4.0), (6.0, 5.0), (17.0, 7.0)]) * draw.bell(1.0, 0.08);
        let scalp = by_age(age, &[(2.0, 4.0), (17.0, 5.5)]);
        let shell = skull + scalp + 1.0;
        let brain_y = 0.5 * growth.head_length - shell;
        let brain_r = [
            0.5 * growth.head_breadth - shell + 1.0,
            brain_y,
            brain_y * by_age(age, &[(2.0, 0.785), (17.0, 0.775)]) * draw.bell(1.0, 0.015),
        ];
        // The occiput lies about as low as the back.
        let back = chest_y + draw.bell(4.0, 3.0);
        let brain = [0.0, back - 0.5 * growth.head_length, h - shell - brain_r[2]];
        let neck_r = 0.5 * by_age(age, &[(2.0, 72.0), (5.0, 78.0), (10.0, 90.0), (17.0, 112.0)]) * (0.5 + 0.5 * g);
        let hip_z = perineum_z + 0.13 * (notch_z - perineum_z);
        let knee_z = hip_z * by_age(age, &[(2.0, 0.51), (17.0, 0.53)]);
        let scale = h / 1385.0;
        Self {
            seed,
            case,
            growth,
            tissue,
            fat,
            chin_z,
            notch_z,
            perineum_z,
            knee_z,
            chest_x,
            chest_y,
            waist_x,
            hip_x,
            shoulder_x,
            brain,
            brain_r,
            skull,
            neck_r,
            scale,
        }
    }

    /// A stream of random numbers of this child.
    pub(crate) fn draw(&self, concern: Concern) -> Draw {
        Draw::new(self.seed, self.case, concern)
    }

    /// Height at a fraction of the trunk: 0 is the perineum, 1 the jugular notch.
    pub(crate) fn z(&self, trunk: f32) -> f32 {
        self.perineum_z + trunk * self.trunk()
    }

    /// Length of the trunk.
    pub(crate) fn trunk(&self) -> f32 {
        self.notch_z - self.perineum_z
    }

    /// Foramen magnum.
    pub(crate) fn foramen(&self) -> V3 {
        [0.0, self.brain[1] + 0.16 * self.brain_r[1], self.brain[2] - 0.97 * self.brain_r[2]]
    }

    /// Middle of the vertebral bodies at a height: the curves of neck, chest, loin and sacrum.
    pub(crate) fn spine(&self, z: f32) -> V3 {
        let d = self.chest_y;
        let foramen = self.foramen();
        let top = (foramen[2] - self.perineum_z) / self.trunk();
        let knots = [
            (0.02, 0.62 * d),
            (0.10, 0.72 * d),
            (0.20, 0.64 * d),
            (0.29, 0.36 * d),
            (0.40, 0.20 * d),
            (0.55, 0.28 * d),
            (0.75, 0.44 * d),
            (0.92, 0.40 * d),
            (1.04, 0.26 * d),
            (0.5 * (1.06 + top), 0.5 * (0.14 * d + foramen[1])),
            (top, foramen[1] - 0.10 * self.brain_r[1]),
            (top + 0.2, foramen[1] - 0.10 * self.brain_r[1]),
        ];
        let sections: Vec<Section> = knots.iter().map(|&(t, y)| Section::new(self.z(t), y, 1.0, 1.0, 1.0)).collect();
        [0.0, crate::shape::section_at(&sections, z).centre[1], z]
    }

    /// Centre of a hip joint; `side` is 1 on the left and -1 on the right.
    pub(crate) fn hip(&self, side: f32) -> V3 {
        [side * 0.53 * (self.hip_x - self.fat * 0.5), 0.10 * self.chest_y, self.z(0.135)]
    }

    /// Radius of the femoral head.
    pub(crate) fn femoral_head_r(&self) -> f32 {
        by_age(self.growth.age, &[(2.0, 11.0), (5.0, 14.5), (10.0, 19.0), (17.0, 23.5)])
    }

    /// Centre of a shoulder joint.
    pub(crate) fn shoulder(&self, side: f32) -> V3 {
        [side * (self.shoulder_x - 0.35 * self.humeral_head_r()), 0.22 * self.chest_y, self.z(0.955)]
    }

    /// Radius of the humeral head.
    pub(crate) fn humeral_head_r(&self) -> f32 {
        0.94 * self.femoral_head_r()
    }

    /// Middle of a knee joint.
    pub(crate) fn knee(&self, side: f32) -> V3 {
        [side * 0.42 * self.hip_x, 0.25 * self.chest_y, self.knee_z]
    }

    /// The inside of the chest wall, from the bottom of the recess to the apex.
    pub(crate) fn thorax(&self) -> Vec<Section> {
        let wall = self.fat + 2.0 + 11.0 * self.scale;
        let (x, y) = (self.chest_x - wall, self.chest_y - 0.6 * wall);
        [
            (0.49, 0.88, 0.60, 0.84),
            (0.55, 0.95, 0.74, 0.90),
            (0.63, 1.00, 0.80, 0.92),
            (0.72, 0.98, 0.80, 0.93),
            (0.80, 0.95, 0.77, 0.93),
            (0.88, 0.87, 0.66, 0.89),
            (0.95, 0.69, 0.48, 0.80),
            (1.00, 0.50, 0.25, 0.66),
            (1.045, 0.27, 0.05, 0.44),
        ]
        .map(|(t, w, front, back)| {
            // The middle of the oval lies a little behind the middle of the chest, more so at the apex.
            let middle = 0.06 * y;
            Section::new(self.z(t), middle, w * x, front * y + middle, back * y - middle)
        })
        .to_vec()
    }
}
