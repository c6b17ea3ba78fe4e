//! `tmli_protocol_t`: the structures of the TMLI protocol.

use std::ffi::{CString, c_char};

use tmli_api::checks;
use tmli_protocol::{AliasTable, Protocol as CoreProtocol};

use crate::{
    boundary::{Out, Text, c_text, given},
    error::{Error, free, guard},
};

/// The TMLI protocol: which structures there are, their colours, types and limits. Never changes.
///
/// Free it with `tmli_protocol_free`. May be used by several threads at once.
#[derive(Debug)]
pub struct Protocol {
    structures: Vec<Words>,
    protocol: CoreProtocol,
    aliases: AliasTable,
}

#[derive(Debug)]
struct Words {
    name: CString,
    paper_name: CString,
    group: CString,
    interpreted_type: CString,
}

/// One structure of the protocol. The texts live as long as the protocol.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct StructureInfo {
    /// AAPM TG-263 name, e.g. "Kidney_L".
    pub name: *const c_char,
    /// The name in the study's tables, e.g. "left kidney".
    pub paper_name: *const c_char,
    /// "oar1" to "oar3", "ctv1" to "ctv3", or "derived".
    pub group: *const c_char,
    /// DICOM RTROIInterpretedType: "ORGAN", "CTV", "PTV", "EXTERNAL".
    pub interpreted_type: *const c_char,
    /// A DSC above this counts as clinically acceptable.
    pub acceptance_dsc: f64,
    /// Display colour: red, green, blue.
    pub colour: [u8; 3],
}

/// The protocol that is built in.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_protocol_new(protocol: Out<'_, Box<Protocol>>) -> Option<Box<Error>> {
    guard(|| {
        let slot = protocol.needed("protocol")?;
        let protocol = CoreProtocol::tmli();
        let words = |s: &tmli_protocol::Structure| Words {
            name: c_text(&s.name),
            paper_name: c_text(&s.paper_name),
            group: c_text(&s.group),
            interpreted_type: c_text(&s.interpreted_type),
        };
        let structures = protocol.structures.iter().map(words).collect();
        slot.put(Box::new(Protocol { structures, protocol, aliases: AliasTable::builtin() }));
        Ok(())
    })
}

/// How many structures there are.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_protocol_count(protocol: Option<&Protocol>, count: Out<'_, usize>) -> Option<Box<Error>> {
    guard(|| {
        let (protocol, slot) = (given(protocol, "protocol")?, count.needed("count")?);
        slot.put(protocol.structures.len());
        Ok(())
    })
}

/// What the protocol says about the structure at `index`, from 0 on.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_protocol_structure(
    protocol: Option<&Protocol>,
    index: usize,
    structure: Out<'_, StructureInfo>,
) -> Option<Box<Error>> {
    guard(|| {
        let (protocol, slot) = (given(protocol, "protocol")?, structure.needed("structure")?);
        let count = protocol.structures.len();
        let words = protocol.structures.get(index).ok_or_else(|| checks::no_such_index("structures", index, count))?;
        let structure = &protocol.protocol.structures[index];
        slot.put(StructureInfo {
            name: words.name.as_ptr(),
            paper_name: words.paper_name.as_ptr(),
            group: words.group.as_ptr(),
            interpreted_type: words.interpreted_type.as_ptr(),
            acceptance_dsc: structure.acceptance_dsc,
            colour: structure.colour,
        });
        Ok(())
    })
}

/// The index of the structure that a hospital calls `roi_name`, e.g. "Lt Kidney"; `TMLI_ERROR_NO_SUCH_STRUCTURE` when the
/// name is not known.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_protocol_find(
    protocol: Option<&Protocol>,
    roi_name: Text<'_>,
    index: Out<'_, usize>,
) -> Option<Box<Error>> {
    guard(|| {
        let (protocol, slot) = (given(protocol, "protocol")?, index.needed("index")?);
        let roi_name = roi_name.needed("roi_name")?;
        let structures = &protocol.protocol.structures;
        let found = protocol.aliases.resolve(roi_name).and_then(|name| structures.iter().position(|s| s.name == name));
        let names = structures.iter().map(|s| s.name.as_str());
        slot.put(found.ok_or_else(|| checks::no_such_structure(roi_name, names))?);
        Ok(())
    })
}

/// Frees the protocol. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_protocol_free(protocol: Option<Box<Protocol>>) {
    free(protocol);
}
