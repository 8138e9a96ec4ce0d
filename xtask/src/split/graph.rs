//! What leads to what in a linked module, by the relocations that the linker was told to keep (tool-conventions,
//! Linking.md).

use super::arguments;
use super::parts::{CORE, PARTS, common, empty_room, part_of, part_of_room};
use anyhow::{Context, Result, bail, ensure};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use wasmparser::{
    DataKind, DefinedDataSymbol, ExternalKind, KnownCustom, Linking, Name, Operator, Parser, Payload, RelocationEntry,
    RelocationType, SymbolInfo, TypeRef,
};

/// wasm-bindgen calls these while it binds, and takes them out.
const DESCRIBES: &str = "__wbindgen_describe";

/// Places in memory, in order.
type Ranges = Vec<Range<u32>>;

/// Names of the functions of a linked module.
pub struct Functions {
    /// The part that each is in, of those that an export leads to.
    pub parts: HashMap<String, usize>,
    /// What only wasm-bindgen calls, while it binds.
    pub unused: HashSet<String>,
    /// Memory ranges of the constants that only functions of a part read, by part and in order.
    pub constants: Vec<Ranges>,
    /// The same of constants that nobody reads.
    pub unused_constants: Ranges,
    /// Functions that panic without saying why, and how many parameters each has.
    pub silenced: HashMap<String, usize>,
}

/// A function by its index, or a data symbol by its position in the symbol table.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Function(u32),
    Data(usize),
}

/// The owner of a byte of the constants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Nobody,
    Part(usize),
}

#[derive(Default)]
struct Linked {
    imported: u32,
    exports: Vec<(String, u32)>,
    start: Option<u32>,
    /// Where in the file each function's body is.
    bodies: Vec<Range<usize>>,
    /// Where in the file each data segment's bytes are.
    segments: Vec<Range<usize>>,
    /// Where in memory each of them begins.
    addresses: Vec<u32>,
    /// The segment of what never changes.
    constants: Option<u32>,
    names: HashMap<u32, String>,
    symbols: Vec<Symbol>,
    /// Places in the file, and what the linker put there.
    relocations: Vec<(usize, RelocationEntry)>,
}

#[derive(Clone, Copy)]
enum Symbol {
    Function(u32),
    Data(DefinedDataSymbol),
    Other,
}

/// Sorts the functions of a linked module by the parts whose exports lead to them. Nothing is behind `silenced` functions.
pub fn sort(module: &[u8], silenced: HashMap<String, usize>) -> Result<Functions> {
    let mut linked = Linked::read(module)?;
    if !silenced.is_empty() {
        linked.forget_messages(module, &silenced)?;
    }
    let mut edges = linked.edges()?;
    if !silenced.is_empty() {
        linked.forget_panics(module, &silenced, &mut edges)?;
    }
    if let Some(room) = empty_room(linked.names.values()) {
        bail!("no function of {room} is there, or the linker's names have changed");
    }
    let parts = linked.parts(&edges);
    let (constants, unused_constants) = linked.constants(&parts)?;
    let parts = linked.parts_by_name(&parts);
    let unused = linked.names.values().filter(|name| !parts.contains_key(*name)).cloned().collect();
    Ok(Functions { parts, unused, constants, unused_constants, silenced })
}

impl Linked {
    /// The part of each node that an export or a part's module leads to: the nearest one that is loaded for all of these.
    fn parts(&self, edges: &HashMap<Node, Vec<Node>>) -> HashMap<Node, usize> {
        let mut parts = HashMap::new();
        for part in 0..PARTS.len() {
            let exports = self.exports.iter().filter(|(name, _)| !name.starts_with(DESCRIBES) && part_of(name) == part);
            let mut waiting: Vec<Node> = exports.map(|(_, index)| Node::Function(*index)).collect();
            if part == CORE {
                waiting.extend(self.start.map(Node::Function));
            }
            let rooms = self.names.iter().filter(|(_, name)| part_of_room(name) == Some(part));
            waiting.extend(rooms.map(|(index, _)| Node::Function(*index)));
            let mut seen = HashSet::new();
            while let Some(node) = waiting.pop() {
                if seen.insert(node) {
                    parts.entry(node).and_modify(|before| *before = common(*before, part)).or_insert(part);
                    waiting.extend(edges.get(&node).into_iter().flatten());
                }
            }
        }
        parts
    }

    /// Takes away what leads to the arguments of silenced functions.
    fn forget_messages(&mut self, module: &[u8], silenced: &HashMap<String, usize>) -> Result<()> {
        let mut arguments = Vec::new();
        for body in &self.bodies {
            let parameters = |function: u32| silenced.get(self.names.get(&function)?).copied();
            arguments.extend(arguments::of_calls(module, body, parameters)?);
        }
        arguments.sort_unstable_by_key(|argument| argument.start);
        self.relocations.retain(|(place, _)| {
            let next = arguments.partition_point(|argument| argument.end <= *place);
            arguments.get(next).is_none_or(|argument| !argument.contains(place))
        });
        Ok(())
    }

    /// The part of each name that an export leads to. Several functions may have one name: copies of a generic function, each of
    /// another crate.
    fn parts_by_name(&self, parts: &HashMap<Node, usize>) -> HashMap<String, usize> {
        let mut by_name = HashMap::new();
        for (index, name) in &self.names {
            let Some(part) = parts.get(&Node::Function(*index)) else { continue };
            by_name.entry(name.clone()).and_modify(|before| *before = common(*before, *part)).or_insert(*part);
        }
        by_name
    }

    /// Takes away what leads from silenced functions, and what leads to the places in the source that they are given: nobody else
    /// reads these.
    fn forget_panics(
        &self,
        module: &[u8],
        silenced: &HashMap<String, usize>,
        edges: &mut HashMap<Node, Vec<Node>>,
    ) -> Result<()> {
        let has_hook = self.names.values().any(|name| name.contains("9panicking8set_hook"));
        ensure!(!has_hook, "a panic hook is set: it needs --panic-messages");
        for (index, _) in self.names.iter().filter(|(_, name)| silenced.contains_key(*name)) {
            edges.remove(&Node::Function(*index));
        }
        let is_location = |node: &Node| self.is_location(module, *node, edges);
        let locations: HashSet<Node> = edges.keys().filter(|node| is_location(node)).copied().collect();
        ensure!(!locations.is_empty(), "no place in the source was found: this build strips nothing any more");
        for targets in edges.values_mut() {
            targets.retain(|target| !locations.contains(target));
        }
        Ok(())
    }

    /// Whether a constant is a `core::panic::Location`: a pointer to a file's name, its length, line and column.
    fn is_location(&self, module: &[u8], node: Node, edges: &HashMap<Node, Vec<Node>>) -> bool {
        let is_rust_file = |node: Node| {
            let bytes = self.bytes(module, node).unwrap_or_default();
            bytes.strip_suffix(b"\0").unwrap_or(bytes).ends_with(b".rs")
        };
        let has_size = self.bytes(module, node).is_some_and(|bytes| bytes.len() == 16);
        has_size && edges.get(&node).is_some_and(|targets| matches!(targets[..], [file] if is_rust_file(file)))
    }

    /// What stands in a data symbol.
    fn bytes<'m>(&self, module: &'m [u8], node: Node) -> Option<&'m [u8]> {
        let Node::Data(position) = node else { return None };
        let Some(Symbol::Data(data)) = self.symbols.get(position) else { return None };
        let start = self.segments.get(data.index as usize)?.start + data.offset as usize;
        module.get(start..start + data.size as usize)
    }

    /// Where in memory the constants of each part are, and those of none. The linker lays a text over the end of a longer one
    /// where it can: bytes may belong to several.
    fn constants(&self, parts: &HashMap<Node, usize>) -> Result<(Vec<Ranges>, Ranges)> {
        let index = self.constants.context("the linked module has no segment called .rodata")?;
        let segment = self.segments.get(index as usize).context("no bytes of .rodata")?;
        // Bytes between symbols stay in the core.
        let mut owners = vec![Owner::Part(CORE); segment.len()];
        let symbols = || {
            let positions = (0..self.symbols.len()).map(|position| (position, self.symbols[position]));
            positions.filter_map(|(position, symbol)| match symbol {
                Symbol::Data(data) if data.index == index => Some((data, parts.get(&Node::Data(position)).copied())),
                _ => None,
            })
        };
        for (data, _) in symbols() {
            let start = data.offset as usize;
            let bytes = owners.get_mut(start..start + data.size as usize);
            bytes.context("a symbol that ends behind its segment")?.fill(Owner::Nobody);
        }
        for (data, part) in symbols() {
            let (start, Some(part)) = (data.offset as usize, part) else { continue };
            for owner in owners.iter_mut().skip(start).take(data.size as usize) {
                *owner = match *owner {
                    Owner::Nobody => Owner::Part(part),
                    Owner::Part(other) => Owner::Part(common(other, part)),
                };
            }
        }
        let mut address = *self.addresses.get(index as usize).context("no address of .rodata")?;
        let (mut constants, mut unused) = (vec![Vec::new(); PARTS.len()], Vec::new());
        for run in owners.chunk_by(|one, next| one == next) {
            let end = address + u32::try_from(run.len())?;
            match run.first() {
                Some(Owner::Part(part)) => constants[*part].push(address..end),
                _ => unused.push(address..end),
            }
            address = end;
        }
        Ok((constants, unused))
    }

    fn read(module: &[u8]) -> Result<Self> {
        let mut linked = Self::default();
        // By the section's number, which relocations name: where its content starts.
        let mut sections = Vec::new();
        let mut relocations = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.context("reading the linked module")?;
            if let Some((_, content)) = payload.as_section() {
                sections.push(content.start);
            }
            match payload {
                Payload::ImportSection(imports) => {
                    for group in imports {
                        for import in group? {
                            linked.imported += u32::from(matches!(import?.1.ty, TypeRef::Func(_)));
                        }
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            linked.exports.push((export.name.to_owned(), export.index));
                        }
                    }
                }
                Payload::StartSection { func, .. } => linked.start = Some(func),
                Payload::CodeSectionEntry(body) => linked.bodies.push(body.range()),
                Payload::DataSection(segments) => {
                    for segment in segments {
                        let segment = segment?;
                        if let DataKind::Active { offset_expr, .. } = &segment.kind {
                            let first = offset_expr.get_operators_reader().read()?;
                            let Operator::I32Const { value } = first else {
                                bail!("a data segment without a fixed place")
                            };
                            linked.addresses.push(u32::try_from(value)?);
                        }
                        linked.segments.push(segment.range.end - segment.data.len()..segment.range.end);
                    }
                }
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Name(names) => linked.read_names(names)?,
                    KnownCustom::Reloc(entries) => relocations.push(entries),
                    KnownCustom::Linking(linking) => linked.read_symbols(linking)?,
                    _ => {}
                },
                _ => {}
            }
        }
        ensure!(!relocations.is_empty(), "the linked module has no relocations: it was linked without --emit-relocs");
        for section in relocations {
            let index = section.section_index() as usize;
            let start = *sections.get(index).context("relocations of a section that is not there")?;
            for entry in section.entries() {
                let entry = entry?;
                linked.relocations.push((start + entry.offset as usize, entry));
            }
        }
        Ok(linked)
    }

    fn read_names(&mut self, names: wasmparser::NameSectionReader<'_>) -> Result<()> {
        for name in names {
            match name? {
                Name::Function(functions) => {
                    for function in functions {
                        let function = function?;
                        self.names.insert(function.index, function.name.to_owned());
                    }
                }
                Name::Data(segments) => {
                    for segment in segments {
                        let segment = segment?;
                        if segment.name == ".rodata" {
                            self.constants = Some(segment.index);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read_symbols(&mut self, linking: wasmparser::LinkingSectionReader<'_>) -> Result<()> {
        for part in linking.subsections() {
            if let Linking::SymbolTable(symbols) = part? {
                for symbol in symbols {
                    self.symbols.push(match symbol? {
                        SymbolInfo::Func { index, .. } => Symbol::Function(index),
                        SymbolInfo::Data { symbol: Some(defined), .. } => Symbol::Data(defined),
                        _ => Symbol::Other,
                    });
                }
            }
        }
        Ok(())
    }

    fn edges(&self) -> Result<HashMap<Node, Vec<Node>>> {
        let mut data: Vec<(u32, u32, u32, usize)> = Vec::new();
        for (position, symbol) in self.symbols.iter().enumerate() {
            if let Symbol::Data(defined) = symbol {
                data.push((defined.index, defined.offset, defined.size, position));
            }
        }
        data.sort_unstable();
        let mut edges: HashMap<Node, Vec<Node>> = HashMap::new();
        for (place, entry) in &self.relocations {
            let Some(target) = self.target(entry)? else { continue };
            for source in self.sources(*place, &data)? {
                edges.entry(source).or_default().push(target);
            }
        }
        Ok(edges)
    }

    fn target(&self, entry: &RelocationEntry) -> Result<Option<Node>> {
        use RelocationType::{
            FunctionIndexLeb, GlobalIndexLeb, MemoryAddrI32, MemoryAddrLeb, MemoryAddrSleb, TableIndexI32,
            TableIndexSleb, TableNumberLeb, TypeIndexLeb,
        };
        let symbol = || self.symbols.get(entry.index as usize).context("a relocation of a symbol that is not there");
        Ok(match entry.ty {
            FunctionIndexLeb | TableIndexSleb | TableIndexI32 => match symbol()? {
                Symbol::Function(index) => Some(Node::Function(*index)),
                _ => bail!("a relocation to a function names something else"),
            },
            MemoryAddrLeb | MemoryAddrSleb | MemoryAddrI32 => match symbol()? {
                Symbol::Data(_) => Some(Node::Data(entry.index as usize)),
                // The linker's own, as the end of the heap: nothing is behind it.
                _ => None,
            },
            TypeIndexLeb | GlobalIndexLeb | TableNumberLeb => None,
            other => bail!("a relocation of a kind that is not expected: {other:?}"),
        })
    }

    /// What has this place of the file in it: a function, or the data symbols there.
    fn sources(&self, place: usize, data: &[(u32, u32, u32, usize)]) -> Result<Vec<Node>> {
        let body = self.bodies.partition_point(|body| body.end <= place);
        if self.bodies.get(body).is_some_and(|body| body.contains(&place)) {
            return Ok(vec![Node::Function(self.imported + u32::try_from(body)?)]);
        }
        // Custom sections have relocations too (debugging information): nothing runs from there.
        let Some(segment) = self.segments.iter().position(|segment| segment.contains(&place)) else {
            return Ok(Vec::new());
        };
        let offset = u32::try_from(place - self.segments[segment].start)?;
        let segment = u32::try_from(segment)?;
        let holds = |(index, start, size, _): &&(u32, u32, u32, usize)| {
            *index == segment && (*start..start + size).contains(&offset)
        };
        let found: Vec<Node> = data.iter().filter(holds).map(|symbol| Node::Data(symbol.3)).collect();
        ensure!(!found.is_empty(), "data that points somewhere belongs to no symbol");
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_several_functions_is_in_the_part_that_all_have_in_common() {
        let [read, write, cleanup] = ["repository_manifest", "repository_tag", "repository_planCleanup"].map(part_of);
        let parts = [(1, read), (2, write), (3, cleanup), (4, CORE)];
        let parts: HashMap<Node, usize> =
            parts.into_iter().map(|(index, part)| (Node::Function(index), part)).collect();
        // Of the maps' order, which is another one each time, nothing depends.
        for _ in 0..20 {
            let names = [(0, "a"), (1, "b"), (2, "b"), (3, "c"), (2, "b"), (5, "c")];
            let names = names.into_iter().map(|(index, name)| (index, name.to_owned())).collect();
            let by_name = Linked { names, ..Linked::default() }.parts_by_name(&parts);
            assert_eq!(by_name, HashMap::from([("b".to_owned(), read), ("c".to_owned(), cleanup)]));
        }
    }
}
