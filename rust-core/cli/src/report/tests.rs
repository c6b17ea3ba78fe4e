use tmli_core::{Mask, MetricOptions, PointLps, Profile, SpacingMm, VolumeGeometry, compare_masks};

use super::*;

fn sample() -> (Volume<i16>, Evaluation) {
    let geometry =
        VolumeGeometry::axial([6, 40, 40], PointLps::new(0., 0., 0.), SpacingMm::new(5., 2., 2.)).expect("valid");
    let ct =
        Volume::new(geometry.clone(), ndarray::Array3::from_shape_fn((6, 40, 40), |(_, j, i)| (10 * i + j) as i16))
            .expect("one shape");
    let ball = |r: isize| {
        Mask::from_fn(geometry.shape(), |[k, j, i]| {
            let d = |x: usize, c: isize| (x as isize - c).pow(2);
            4 * d(k, 3) + d(j, 20) + d(i, 20) <= r * r
        })
    };
    let row = |name: &str, reference: Option<Mask>, prediction: Option<Mask>, state: State| {
        let metrics = reference.as_ref().zip(prediction.as_ref());
        let metrics = metrics.map(|(a, b)| compare_masks(a, b, geometry.spacing_mm()).expect("one grid"));
        Row {
            name: name.into(),
            group: None,
            colour: [200, 60, 60],
            state,
            metrics,
            acceptance_dsc: 0.7,
            network: None,
            reference,
            prediction,
        }
    };
    let rows = vec![
        row("Liver", Some(ball(8)), Some(ball(7)), State::Compared),
        row("<script>", Some(ball(4)), None, State::MissingInPrediction),
    ];
    (ct, Evaluation { options: MetricOptions::default(), rows, findings: vec!["contour 3 was cut".into()] })
}

#[test]
fn a_report_needs_nothing_from_outside_and_shows_every_structure() {
    let (ct, evaluation) = sample();
    let html = render(&ct, "HFS", &evaluation, &Protocol::tmli()).expect("a report");
    for outside in ["http:", "https:", "src=", "<link", "<script", "@import", "url("] {
        assert!(!html.contains(outside), "the report refers to something outside: {outside}");
    }
    for there in ["For research use only", "Liver", "missing in prediction", "&lt;script&gt;", "contour 3 was cut"] {
        assert!(html.contains(there), "{there} is not in the report");
    }
    // Two overviews and two structures with voxels.
    assert_eq!(html.matches("data:image/png;base64,").count(), 4);
    assert!(html.contains("class=\"ref\"") && html.contains("class=\"pred\""));
}

#[test]
fn a_report_says_which_network_found_a_structure_where_that_is_known() {
    let (ct, mut evaluation) = sample();
    let html = |evaluation: &Evaluation| render(&ct, "HFS", evaluation, &Protocol::tmli()).expect("a report");
    assert!(!html(&evaluation).contains("Network"));
    evaluation.rows[0].network = Some("3D V-Net");
    let told = html(&evaluation);
    assert!(told.contains(">Network</th>") && told.contains("<td>3D V-Net</td>"));
    assert_eq!(told.matches("<td>&ndash;</td></tr>").count(), 1, "the other structure has none");
}

#[test]
fn a_report_of_nothing_is_still_a_report() {
    let (ct, _) = sample();
    let nothing = Evaluation { options: MetricOptions::default(), rows: Vec::new(), findings: Vec::new() };
    let html = render(&ct, "", &nothing, &Protocol::tmli()).expect("a report");
    assert!(html.contains("patient position not told"));
}

#[test]
fn a_report_says_by_which_convention_distances_are_measured() {
    let (ct, mut evaluation) = sample();
    let html = |evaluation: &Evaluation| render(&ct, "HFS", evaluation, &Protocol::tmli()).expect("a report");
    assert!(html(&evaluation).contains("profile surfel: the larger of both directions"));
    evaluation.options.profile = Profile::SlicerRt;
    assert!(html(&evaluation).contains("profile slicer-rt: the mean of both directions"));
}
