//! The cut itself.

use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use walrus::ir::{Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, Data, DataKind, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind,
    GlobalKind, ImportedFunction, Module, TableId,
};

use super::graph::Functions;
use super::parts::{CORE, PARTS, common, is_before, part_of};

/// Begins the names of functions that a part exports for others. What JavaScript calls is named otherwise.
const SHARED: &str = "shared ";

/// Whether an export is for other parts.
pub fn is_shared(export: &str) -> bool {
    export.starts_with(SHARED)
}

/// Whether an export of the core is for the other parts alone.
pub fn is_own(export: &str) -> bool {
    let is_numbered = export.strip_prefix(['t', 'g']).is_some_and(|number| number.parse::<usize>().is_ok());
    is_shared(export) || export == MEMORY_NAME || is_numbered
}

/// One of several parses of the same bytes; what stands at one position in all is the same function.
struct Parsed {
    module: Module,
    functions: Vec<FunctionId>,
    positions: HashMap<FunctionId, usize>,
    table: TableId,
}

impl Parsed {
    fn of(bytes: &[u8]) -> Result<Self> {
        let module = Module::from_buffer(bytes).context("reading the bound module")?;
        let functions: Vec<_> = module.funcs.iter().map(|function| function.id()).collect();
        let positions = functions.iter().enumerate().map(|(position, id)| (*id, position)).collect();
        let table = module.tables.main_function_table()?.context("the bound module has no table of functions")?;
        Ok(Self { module, functions, positions, table })
    }

    fn position(&self, function: FunctionId) -> Result<usize> {
        self.positions.get(&function).copied().context("a function that is not there")
    }
}

/// The part of each function, by the function's position.
struct Plan {
    /// The part of each function; `None` where nothing leads to it.
    parts: Vec<Option<usize>>,
    /// For each part, the functions of parts before it that it calls.
    imports: Vec<Vec<usize>>,
    /// The names of these functions as exports.
    shared_names: BTreeMap<usize, String>,
    /// Functions outside of the core that are exported: the export's name, the function and its place in the table.
    exports: Vec<(String, usize, u64)>,
    /// Functions outside of the core that data points to: the place in the table and the function.
    slots: Vec<(u64, usize)>,
    /// Places the table has when all parts are loaded.
    table_size: u64,
}

impl Plan {
    /// Exports the functions of a part that others import.
    fn share(&self, parsed: &mut Parsed, part: usize) {
        for (position, name) in self.shared_names.iter().filter(|(position, _)| self.parts[**position] == Some(part)) {
            parsed.module.exports.add(name, parsed.functions[*position]);
        }
    }
}

/// Cuts the module into its parts.
pub fn cut(bound: &[u8], names: &Functions) -> Result<Vec<Vec<u8>>> {
    let mut core = Parsed::of(bound)?;
    let plan = plan(&core, names)?;
    make_core(&mut core, &plan)?;
    for places in names.constants.iter().skip(CORE + 1).chain([&names.unused_constants]) {
        clear(&mut core.module, places)?;
    }
    let mut modules = vec![emit(core.module)];
    for part in CORE + 1..PARTS.len() {
        let mut parsed = Parsed::of(bound)?;
        let constants = constants(&parsed.module, &names.constants[part])?;
        make_part(&mut parsed, &plan, part)?;
        add_constants(&mut parsed.module, constants)?;
        let module = emit(parsed.module);
        check_imports(&module, part)?;
        modules.push(module);
    }
    Ok(modules)
}

fn emit(mut module: Module) -> Vec<u8> {
    for section in ["linking", "reloc.CODE", "reloc.DATA"] {
        module.customs.remove_raw(section);
    }
    walrus::passes::gc::run(&mut module);
    module.emit_wasm()
}

/// Nobody gives a part anything but those before it.
fn check_imports(module: &[u8], part: usize) -> Result<()> {
    let module = Module::from_buffer(module).context("reading what was cut off")?;
    let is_given = |name: &str| (0..part).any(|other| PARTS[other].name == name && is_before(other, part));
    match module.imports.iter().find(|import| !is_given(&import.module)) {
        None => Ok(()),
        Some(import) => bail!("the part {} needs {} of {}", PARTS[part].name, import.name, import.module),
    }
}

/// The functions that a body names.
#[derive(Default)]
pub struct Called(pub Vec<FunctionId>);

impl<'a> Visitor<'a> for Called {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.0.push(*function);
    }
}

/// The functions that each function names.
fn calls(parsed: &Parsed) -> Result<Vec<Vec<usize>>> {
    let mut calls = Vec::new();
    for id in &parsed.functions {
        let mut called = Called::default();
        if let FunctionKind::Local(local) = &parsed.module.funcs.get(*id).kind {
            dfs_in_order(&mut called, local, local.entry_block());
        }
        calls.push(called.0.into_iter().map(|id| parsed.position(id)).collect::<Result<_>>()?);
    }
    Ok(calls)
}

/// The part of each function: the nearest one that is loaded for all that lead to it.
fn parts(
    parsed: &Parsed,
    names: &Functions,
    calls: &[Vec<usize>],
    pointed: &[(u64, usize)],
) -> Result<Vec<Option<usize>>> {
    let Parsed { module, functions, .. } = parsed;
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    for export in module.exports.iter() {
        if let ExportItem::Function(id) = export.item {
            waiting.push((parsed.position(id)?, part_of(&export.name)));
        }
    }
    if let Some(start) = module.start {
        waiting.push((parsed.position(start)?, CORE));
    }
    for (position, id) in functions.iter().enumerate() {
        let function = module.funcs.get(*id);
        let known = function.name.as_deref().and_then(|name| names.parts.get(name));
        let is_unused = function.name.as_ref().is_some_and(|name| names.unused.contains(name));
        // Of what wasm-bindgen added, what data points to is not known to wait. JavaScript gives its functions to the core alone.
        let is_pointed = || pointed.iter().any(|(_, function)| *function == position);
        let is_import = matches!(function.kind, FunctionKind::Import(_));
        match known {
            _ if is_import => waiting.push((position, CORE)),
            Some(part) => waiting.push((position, *part)),
            None if !is_unused && is_pointed() => waiting.push((position, CORE)),
            None => {}
        }
    }
    let mut parts: Vec<Option<usize>> = vec![None; functions.len()];
    while let Some((position, part)) = waiting.pop() {
        let part = parts[position].map_or(part, |before| common(before, part));
        if parts[position].replace(part) != Some(part) {
            waiting.extend(calls[position].iter().map(|called| (*called, part)));
        }
    }
    Ok(parts)
}

fn plan(parsed: &Parsed, names: &Functions) -> Result<Plan> {
    let Parsed { module, functions, table, .. } = parsed;
    let is_silenced = |position: usize| {
        module.funcs.get(functions[position]).name.as_ref().is_some_and(|name| names.silenced.contains_key(name))
    };
    let calls = calls(parsed)?;
    let pointed = pointed(parsed)?;
    let parts = parts(parsed, names, &calls, &pointed)?;

    let mut table_size = module.tables.get(*table).initial;
    let mut exports = Vec::new();
    for export in module.exports.iter() {
        let (ExportItem::Function(id), part) = (export.item, part_of(&export.name)) else { continue };
        if part == CORE {
            continue;
        }
        let position = parsed.position(id)?;
        let is = parts[position].unwrap_or(CORE);
        ensure!(is == part, "{} is needed by the part {} already", export.name, PARTS[is].name);
        exports.push((export.name.clone(), position, table_size));
        table_size += 1;
    }
    let mut imports: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); PARTS.len()];
    for (caller, called) in calls.iter().enumerate() {
        let Some(part) = parts[caller] else { continue };
        // A function that only traps is smaller than its import.
        let others = called.iter().filter(|called| parts[**called] != Some(part));
        imports[part].extend(others.filter(|called| !is_silenced(**called)).copied());
    }
    let is_outside = |function: usize| parts[function].is_some_and(|part| part != CORE);
    let slots = pointed.into_iter().filter(|(_, function)| is_outside(*function)).collect();
    let shared: BTreeSet<usize> = imports.iter().flatten().copied().collect();
    let shared_names =
        shared.into_iter().enumerate().map(|(number, position)| (position, format!("{SHARED}{number:x}"))).collect();
    let imports = imports.into_iter().map(|imports| imports.into_iter().collect()).collect();
    Ok(Plan { parts, imports, shared_names, exports, slots, table_size })
}

/// The table's places and the functions in them.
fn pointed(parsed: &Parsed) -> Result<Vec<(u64, usize)>> {
    let mut pointed = Vec::new();
    for element in parsed.module.elements.iter() {
        let ElementKind::Active { table, offset } = &element.kind else { continue };
        if *table != parsed.table {
            continue;
        }
        let (ElementItems::Functions(items), ConstExpr::Value(Value::I32(start))) = (&element.items, offset) else {
            bail!("the table of functions is filled in a way that is not expected");
        };
        for (offset, id) in items.iter().enumerate() {
            pointed.push((u64::try_from(*start)? + offset as u64, parsed.position(*id)?));
        }
    }
    Ok(pointed)
}

/// A place in memory within a segment's bytes; `None` where it lies outside.
fn within(data: &Data, place: &Range<u32>) -> Option<Range<usize>> {
    let DataKind::Active { offset: ConstExpr::Value(Value::I32(start)), .. } = data.kind else { return None };
    let offset = |address: u32| usize::try_from(i64::from(address) - i64::from(start)).ok();
    let range = offset(place.start)?..offset(place.end)?;
    (range.end <= data.value.len()).then_some(range)
}

/// Takes constants away: wasm-opt leaves out what is zero.
fn clear(module: &mut Module, places: &[Range<u32>]) -> Result<()> {
    for place in places {
        let found = module.data.iter().find_map(|data| within(data, place).map(|range| (data.id(), range)));
        let (segment, range) = found.context("a constant that stands in no segment")?;
        module.data.get_mut(segment).value[range].fill(0);
    }
    Ok(())
}

/// Constants and where they stand, with the few bytes between them: these are constants too, and a segment's head takes as many.
fn constants(module: &Module, places: &[Range<u32>]) -> Result<Vec<(u32, Vec<u8>)>> {
    const GAP: u32 = 16;
    let mut found = Vec::new();
    for run in places.chunk_by(|place, next| next.start - place.end <= GAP) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let place = first.start..last.end;
        let bytes = module.data.iter().find_map(|data| within(data, &place).map(|range| data.value[range].to_vec()));
        found.push((place.start, bytes.context("a constant that stands in no segment")?));
    }
    Ok(found)
}

fn add_constants(module: &mut Module, constants: Vec<(u32, Vec<u8>)>) -> Result<()> {
    let memory = module.get_memory_id()?;
    for (address, bytes) in constants {
        let offset = ConstExpr::Value(Value::I32(i32::try_from(address)?));
        let segment = module.data.add(DataKind::Active { memory, offset }, bytes);
        module.memories.get_mut(memory).data_segments.insert(segment);
    }
    Ok(())
}

/// What the core exports the memory as, which all parts have in common. Tables and globals have numbers.
const MEMORY_NAME: &str = "m";

fn table_name(number: usize) -> String {
    format!("t{number}")
}

fn global_name(number: usize) -> String {
    format!("g{number}")
}

fn make_core(parsed: &mut Parsed, plan: &Plan) -> Result<()> {
    let Parsed { module, functions, table, .. } = parsed;
    let mut stub = FunctionBuilder::new(&mut module.types, &[], &[]);
    stub.func_body().unreachable();
    let stub = stub.finish(Vec::new(), &mut module.funcs);
    let others: HashSet<FunctionId> =
        functions.iter().zip(&plan.parts).filter(|(_, part)| **part != Some(CORE)).map(|(id, _)| *id).collect();
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(items) = &mut element.items {
            for item in items.iter_mut().filter(|item| others.contains(item)) {
                *item = stub;
            }
        }
    }
    let places = module.tables.get_mut(*table);
    places.initial = plan.table_size;
    places.maximum = places.maximum.map(|maximum| maximum.max(plan.table_size));

    for (name, position, slot) in &plan.exports {
        let ty = module.funcs.get(functions[*position]).ty();
        let (params, results) = (module.types.params(ty).to_vec(), module.types.results(ty).to_vec());
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        let arguments: Vec<_> = params.iter().map(|param| module.locals.add(*param)).collect();
        let mut body = builder.func_body();
        for argument in &arguments {
            body.local_get(*argument);
        }
        body.i32_const(i32::try_from(*slot)?).call_indirect(ty, *table);
        let thunk = builder.finish(arguments, &mut module.funcs);
        module.exports.remove(name)?;
        module.exports.add(name, thunk);
    }
    let tables: Vec<_> = module.tables.iter().map(|table| table.id()).collect();
    for (number, id) in tables.into_iter().enumerate() {
        module.exports.add(&table_name(number), id);
    }
    let globals: Vec<_> = module.globals.iter().map(|global| global.id()).collect();
    for (number, id) in globals.into_iter().enumerate() {
        module.exports.add(&global_name(number), id);
    }
    let memory = module.get_memory_id()?;
    module.exports.add(MEMORY_NAME, memory);
    plan.share(parsed, CORE);
    Ok(())
}

fn make_part(parsed: &mut Parsed, plan: &Plan, part: usize) -> Result<()> {
    let Parsed { module, functions, table, .. } = parsed;
    let exports: Vec<_> = module.exports.iter().map(|export| export.id()).collect();
    for id in exports {
        module.exports.delete(id);
    }
    module.start = None;

    let core = PARTS[CORE].name;
    let memory = module.get_memory_id()?;
    let import = module.imports.add(core, MEMORY_NAME, memory);
    let segments: Vec<_> = module.memories.get_mut(memory).data_segments.drain().collect();
    for segment in segments {
        module.data.delete(segment);
    }
    module.memories.get_mut(memory).import = Some(import);

    let tables: Vec<_> = module.tables.iter().map(|table| table.id()).collect();
    for (number, id) in tables.into_iter().enumerate() {
        let import = module.imports.add(core, &table_name(number), id);
        let segments: Vec<_> = module.tables.get_mut(id).elem_segments.drain().collect();
        for segment in segments {
            module.elements.delete(segment);
        }
        module.tables.get_mut(id).import = Some(import);
    }
    let places = module.tables.get_mut(*table);
    places.initial = plan.table_size;
    places.maximum = places.maximum.map(|maximum| maximum.max(plan.table_size));

    let globals: Vec<_> = module.globals.iter().map(|global| global.id()).collect();
    for (number, id) in globals.into_iter().enumerate() {
        let import = module.imports.add(core, &global_name(number), id);
        module.globals.get_mut(id).kind = GlobalKind::Import(import);
    }
    for position in &plan.imports[part] {
        let id = functions[*position];
        let ty = module.funcs.get(id).ty();
        if let FunctionKind::Import(imported) = &module.funcs.get(id).kind {
            module.imports.delete(imported.import);
        }
        let from = plan.parts[*position].context("an import that is in no part")?;
        let import = module.imports.add(PARTS[from].name, &plan.shared_names[position], id);
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }

    let mut slots = plan.slots.clone();
    slots.extend(plan.exports.iter().map(|(_, function, slot)| (*slot, *function)));
    slots.retain(|(_, function)| plan.parts[*function] == Some(part));
    slots.sort_unstable();
    for run in slots.chunk_by(|before, after| before.0 + 1 == after.0) {
        let Some((start, _)) = run.first() else { continue };
        let offset = ConstExpr::Value(Value::I32(i32::try_from(*start)?));
        let items = run.iter().map(|(_, function)| functions[*function]).collect();
        let element =
            module.elements.add(ElementKind::Active { table: *table, offset }, ElementItems::Functions(items));
        module.tables.get_mut(*table).elem_segments.insert(element);
    }
    plan.share(parsed, part);
    Ok(())
}
