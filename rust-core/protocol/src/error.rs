//! What can be wrong with a protocol or an alias table.

/// Why a protocol or an alias table was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProtocolError {
    /// Not TOML, or not the fields that a protocol has.
    #[error("the {what} can't be read: {reason}")]
    Syntax {
        /// "protocol file" or "alias table".
        what: &'static str,
        /// Line, column and what was expected, from the TOML reader.
        reason: String,
    },
    /// A name is empty.
    #[error("{what} needs a name, got an empty one")]
    EmptyName {
        /// What has no name, e.g. "structure 3".
        what: String,
    },
    /// No structure is defined.
    #[error("the protocol defines no structure; add at least one [[structure]]")]
    NoStructures,
    /// Two structures have one name.
    #[error("structure \"{name}\" is defined twice; names must differ, also when case and punctuation are ignored")]
    DuplicateStructure {
        /// The name.
        name: String,
    },
    /// Two training sets have one id.
    #[error("training set \"{id}\" is defined twice; give each an id of its own")]
    DuplicateSet {
        /// The id.
        id: String,
    },
    /// A training set names no structure.
    #[error("training set \"{id}\" has no structures; name at least one, or remove the set")]
    EmptySet {
        /// The id.
        id: String,
    },
    /// A training set names a structure that is not defined.
    #[error("training set \"{set}\" names \"{structure}\", which is no structure of the protocol{hint}")]
    UnknownStructure {
        /// The set's id.
        set: String,
        /// The name that was not found.
        structure: String,
        /// Empty, or "; did you mean ...?".
        hint: String,
    },
    /// A training set names a structure twice.
    #[error("training set \"{set}\" names \"{structure}\" twice")]
    RepeatedInSet {
        /// The set's id.
        set: String,
        /// The structure.
        structure: String,
    },
    /// A training set names a structure of the group "derived".
    #[error("training set \"{set}\" names \"{structure}\", which is derived from others and can't be trained")]
    DerivedInSet {
        /// The set's id.
        set: String,
        /// The structure.
        structure: String,
    },
    /// A value is not one of those allowed.
    #[error("{what}: {field} is \"{got}\", expected {expected}")]
    Value {
        /// What the field belongs to, e.g. `structure "Liver"`.
        what: String,
        /// The field.
        field: &'static str,
        /// What the file says.
        got: String,
        /// What it may say.
        expected: &'static str,
    },
    /// A union is of itself, of one part, or names a part twice.
    #[error(
        "structure \"{structure}\": union_of must name two or more different ROIs other than itself, got {parts:?}"
    )]
    Union {
        /// The structure.
        structure: String,
        /// Its parts as given.
        parts: Vec<String>,
    },
    /// One alias is given for two structures.
    #[error("alias \"{alias}\" is given for \"{first}\" and for \"{second}\"; keep one of the two")]
    AliasConflict {
        /// As written the second time.
        alias: String,
        /// Where it already leads.
        first: String,
        /// Where the new line leads.
        second: String,
    },
    /// An alias has no letter or digit.
    #[error("alias \"{alias}\" of \"{name}\" has no letter or digit")]
    EmptyAlias {
        /// As written.
        alias: String,
        /// Where it leads.
        name: String,
    },
}
