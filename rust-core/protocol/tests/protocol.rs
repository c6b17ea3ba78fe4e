//! The protocol that is compiled in, and protocols of users.

use tmli_protocol::{AliasTable, Protocol, ProtocolError, match_rois};

#[test]
fn the_tmli_protocol_has_22_organs_three_targets_and_two_derived_structures() {
    let protocol = Protocol::tmli();
    let of_type = |kind: &str| protocol.structures.iter().filter(|s| s.interpreted_type == kind).count();
    assert_eq!([of_type("ORGAN"), of_type("CTV"), of_type("PTV"), of_type("EXTERNAL")], [22, 3, 1, 1]);
    let sizes: Vec<(&str, usize)> = protocol.sets.iter().map(|s| (s.id.as_str(), s.structures.len())).collect();
    let expected = [("oar1", 8), ("oar2", 8), ("oar3", 6), ("ctv1", 1), ("ctv2", 1), ("ctv3", 1), ("all", 25)];
    assert_eq!(sizes, expected);
    assert!(protocol.structures.iter().all(|s| s.acceptance_dsc == 0.70));
    assert!(protocol.structures_of("oar9").is_empty());
}

#[test]
fn codes_and_colours_are_those_of_the_terminology() {
    let protocol = Protocol::tmli();
    let code = |name: &str| {
        let structure = protocol.structure(name).expect("a structure of the protocol");
        let code = structure.code.as_ref().map(|c| format!("{} {}", c.scheme, c.value));
        (
            code,
            structure.code_modifier.as_ref().map(|c| c.value.clone()),
            structure.category.value.clone(),
            structure.colour,
        )
    };
    let text = |s: &str| Some(s.to_owned());
    let organ = "123037004".to_owned();
    let target = "130041".to_owned();
    assert_eq!(code("Kidney_R"), (text("SCT 64033007"), text("24028007"), organ.clone(), [185, 102, 83]));
    assert_eq!(code("Eye_L"), (text("SCT 79652003"), text("7771000"), organ.clone(), [194, 142, 0]));
    assert_eq!(code("Lungs"), (text("SCT 39607008"), text("51440002"), organ.clone(), [197, 165, 145]));
    assert_eq!(code("Bag_Bowel"), (None, None, organ, [204, 142, 178]));
    assert_eq!(code("CTV3"), (text("DCM 130049"), None, target.clone(), [255, 0, 255]));
    assert_eq!(code("PTV"), (text("SCT 228793007"), None, target, [0, 0, 255]));
}

#[test]
fn every_structure_is_found_by_its_own_name_and_by_the_studys() {
    let (protocol, aliases) = (Protocol::tmli(), AliasTable::builtin());
    for structure in &protocol.structures {
        for name in [&structure.name, &structure.paper_name, &structure.name.to_uppercase()] {
            assert_eq!(aliases.resolve(name), Some(structure.name.as_str()), "{name}");
        }
    }
}

fn error(text: &str) -> ProtocolError {
    Protocol::from_toml(text).expect_err("the text is wrong")
}

#[test]
fn contradictions_in_a_users_protocol_are_named() {
    let liver = "[[structure]]\nname = \"Liver\"\n";
    let with = |more: &str| error(&format!("{liver}{more}"));
    use ProtocolError as E;
    let owned = str::to_owned;
    assert_eq!(error("name = \"x\""), E::NoStructures);
    assert_eq!(with("[[structure]]\nname = \"LIVER\""), E::DuplicateStructure { name: owned("LIVER") });
    assert_eq!(with("[[structure]]\nname = \"  \""), E::EmptyName { what: owned("structure 2") });
    assert_eq!(with("[[set]]\nid = \"a\"\nstructures = []"), E::EmptySet { id: owned("a") });
    assert_eq!(
        with("[[set]]\nid = \"a\"\nstructures = [\"Heart\"]"),
        E::UnknownStructure { set: owned("a"), structure: owned("Heart"), hint: String::new() }
    );
    assert_eq!(
        with("[[set]]\nid = \"a\"\nstructures = [\"Liver\", \"Liver\"]"),
        E::RepeatedInSet { set: owned("a"), structure: owned("Liver") }
    );
    let set = "[[set]]\nid = \"a\"\nstructures = [\"Liver\"]\n";
    assert_eq!(with(&format!("{set}{set}")), E::DuplicateSet { id: owned("a") });
    assert_eq!(
        error("[[structure]]\nname = \"PTV\"\ngroup = \"derived\"\n[[set]]\nid = \"a\"\nstructures = [\"PTV\"]"),
        E::DerivedInSet { set: owned("a"), structure: owned("PTV") }
    );
    for (wrong, field) in
        [("acceptance_dsc = 70.0", "acceptance_dsc"), ("interpreted_type = \"organ\"", "interpreted_type")]
    {
        assert!(matches!(with(wrong), E::Value { field: found, .. } if found == field), "{wrong}");
    }
    for parts in ["[\"Liver\", \"Heart\"]", "[\"Heart\"]", "[\"Heart\", \"heart\"]"] {
        assert!(matches!(with(&format!("union_of = {parts}")), E::Union { .. }), "{parts}");
    }
    for syntax in ["color = [1, 2, 3]", "colour = [1, 2, 300]", "colour = [1, 2]", "name"] {
        assert!(matches!(with(syntax), E::Syntax { .. }), "{syntax}");
    }
}

mod matching {
    use super::*;

    fn owned(list: &[(usize, &str)]) -> Vec<(usize, String)> {
        list.iter().map(|&(roi, name)| (roi, name.to_owned())).collect()
    }

    fn matched(names: &[&str]) -> tmli_protocol::RoiMatching {
        match_rois(names.iter().copied(), &AliasTable::builtin(), &Protocol::tmli())
    }

    #[test]
    fn one_lung_is_not_the_lungs() {
        let one = matched(&["Lung_L", "Heart"]);
        assert_eq!(one.matched, owned(&[(1, "Heart")]));
        assert_eq!(one.incomplete_unions, [("Lungs".to_owned(), vec!["Lung_R".to_owned()])]);
        assert_eq!(one.not_in_protocol, owned(&[(0, "Lung_L")]));
        assert!(one.unions.is_empty());
    }

    #[test]
    fn two_lungs_are_the_lungs_in_the_order_of_the_parts() {
        let two = matched(&["右肺", "左肺"]);
        assert_eq!(two.unions, [("Lungs".to_owned(), vec![1, 0])]);
        assert!(two.not_in_protocol.is_empty() && two.matched.is_empty() && two.ambiguous.is_empty());
    }

    #[test]
    fn a_roi_of_the_whole_wins_over_its_parts() {
        let all = matched(&["Lung_L", "Lungs", "Lung_R"]);
        assert_eq!(all.matched, owned(&[(1, "Lungs")]));
        assert_eq!(all.not_in_protocol, owned(&[(0, "Lung_L"), (2, "Lung_R")]));
        assert!(all.unions.is_empty() && all.incomplete_unions.is_empty());
    }

    #[test]
    fn a_part_that_is_there_twice_is_ambiguous() {
        let twice = matched(&["Lung_L", "Lt Lung", "Lung_R"]);
        assert_eq!(twice.ambiguous, [("Lung_L".to_owned(), vec![0, 1])]);
        assert!(twice.unions.is_empty());
    }

    #[test]
    fn kidneys_in_one_are_known_but_not_a_structure_of_the_protocol() {
        assert_eq!(matched(&["Kidneys"]).not_in_protocol, owned(&[(0, "Kidneys")]));
    }

    #[test]
    fn every_roi_is_listed_somewhere() {
        let names =
            ["Brain", "brain_2", "Lung L", "Lung R", "GTV-1", "", "Cord", "BRAIN", "肝", "Kidneys", "Eye_L", "Auge li"];
        let found = matched(&names);
        let mut listed: Vec<usize> = found.matched.iter().chain(&found.not_in_protocol).map(|(roi, _)| *roi).collect();
        listed.extend(found.unions.iter().chain(&found.ambiguous).flat_map(|(_, rois)| rois));
        listed.extend(&found.unrecognised);
        listed.sort_unstable();
        assert_eq!(listed, (0..names.len()).collect::<Vec<_>>());
        assert_eq!(found.unrecognised, [1, 4, 5]);
    }

    #[test]
    fn structures_of_a_users_protocol_are_found_by_their_own_names() {
        let protocol = Protocol::from_toml(
            "[[structure]]\nname = \"GTV-1\"\n[[structure]]\nname = \"lung left\"\n[[structure]]\nname = \"Kidneys\"\n\
             union_of = [\"Kidney_L\", \"Kidney_R\"]",
        )
        .expect("a valid protocol");
        let names = ["gtv 1", "Lung_Left", "Niere links", "右肾"];
        let found = match_rois(names, &AliasTable::builtin(), &protocol);
        assert_eq!(found.matched, owned(&[(0, "GTV-1"), (1, "lung left")]));
        assert_eq!(found.unions, [("Kidneys".to_owned(), vec![2, 3])]);
    }
}

#[test]
fn a_matching_survives_json() {
    let found = match_rois(["Leber", "x"], &AliasTable::builtin(), &Protocol::tmli());
    let text = serde_json::to_string(&found).expect("plain data");
    assert_eq!(serde_json::from_str::<tmli_protocol::RoiMatching>(&text).expect("what was written"), found);
}
