//! The cut itself.

use anyhow::{Context, Result, bail, ensure};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use walrus::ir::{Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, Data, DataKind, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind,
    GlobalKind, ImportedFunction, Module, TableId,
};

use super::Halves;
use super::graph::Functions;

/// Where `lazy` imports from.
const CORE: &str = "core";

/// One of two parses of the same bytes; what stands at one position in both is the same function.
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

/// Who is where, by position.
struct Plan {
    is_lazy: Vec<bool>,
    /// Eager functions that lazy ones call.
    shared: Vec<usize>,
    /// Lazy functions that are exported: the export's name, the function and its place in the table.
    exports: Vec<(String, usize, u64)>,
    /// Lazy functions that data points to: the place in the table and the function.
    slots: Vec<(u64, usize)>,
    /// Places the table has when both are loaded.
    table_size: u64,
}

/// Cuts the module in two.
pub fn cut(bound: &[u8], names: &Functions, is_lazy: impl Fn(&str) -> bool) -> Result<Halves> {
    let mut first = Parsed::of(bound)?;
    let plan = plan(&first, names, is_lazy)?;
    make_core(&mut first, &plan)?;
    clear(&mut first.module, &names.lazy_constants)?;
    clear(&mut first.module, &names.unused_constants)?;
    let mut second = Parsed::of(bound)?;
    let constants = constants(&second.module, &names.lazy_constants)?;
    make_lazy(&mut second, &plan)?;
    add_constants(&mut second.module, constants)?;
    let (core, lazy) = (emit(first.module), emit(second.module));
    check_imports(&lazy)?;
    Ok(Halves { core, lazy })
}

fn emit(mut module: Module) -> Vec<u8> {
    for section in ["linking", "reloc.CODE", "reloc.DATA"] {
        module.customs.remove_raw(section);
    }
    walrus::passes::gc::run(&mut module);
    module.emit_wasm()
}

/// Nobody else gives `lazy` anything.
fn check_imports(lazy: &[u8]) -> Result<()> {
    let module = Module::from_buffer(lazy).context("reading what was cut off")?;
    match module.imports.iter().find(|import| import.module != CORE) {
        None => Ok(()),
        Some(import) => bail!("the lazy module needs {} of {}", import.name, import.module),
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

fn plan(parsed: &Parsed, names: &Functions, is_lazy: impl Fn(&str) -> bool) -> Result<Plan> {
    let Parsed { module, functions, table, .. } = parsed;
    let mut calls: Vec<Vec<usize>> = Vec::new();
    for id in functions {
        let mut called = Called::default();
        if let FunctionKind::Local(local) = &module.funcs.get(*id).kind {
            dfs_in_order(&mut called, local, local.entry_block());
        }
        calls.push(called.0.into_iter().map(|id| parsed.position(id)).collect::<Result<_>>()?);
    }
    let pointed = pointed(parsed)?;

    let mut waiting: Vec<usize> = Vec::new();
    for export in module.exports.iter() {
        if let (ExportItem::Function(id), false) = (export.item, is_lazy(&export.name)) {
            waiting.push(parsed.position(id)?);
        }
    }
    if let Some(start) = module.start {
        waiting.push(parsed.position(start)?);
    }
    // Of what wasm-bindgen added, what data points to is not known to wait.
    for (position, id) in functions.iter().enumerate() {
        let is_eager = match module.funcs.get(*id).name.as_deref() {
            Some(name) if names.eager.contains(name) => true,
            Some(name) if names.lazy.contains(name) || names.unused.contains(name) => false,
            _ => pointed.iter().any(|(_, function)| *function == position),
        };
        // JavaScript gives its functions to the core alone.
        if is_eager || matches!(module.funcs.get(*id).kind, FunctionKind::Import(_)) {
            waiting.push(position);
        }
    }
    let mut is_eager = vec![false; functions.len()];
    while let Some(position) = waiting.pop() {
        if !std::mem::replace(&mut is_eager[position], true) {
            waiting.extend(&calls[position]);
        }
    }

    let mut table_size = module.tables.get(*table).initial;
    let mut exports = Vec::new();
    for export in module.exports.iter().filter(|export| is_lazy(&export.name)) {
        let ExportItem::Function(id) = export.item else { continue };
        let position = parsed.position(id)?;
        ensure!(!is_eager[position], "{} is needed at the start: it cannot be loaded lazily", export.name);
        exports.push((export.name.clone(), position, table_size));
        table_size += 1;
    }
    let is_lazy: Vec<bool> = is_eager.iter().map(|is_eager| !is_eager).collect();
    let called = calls.iter().enumerate().filter(|(caller, _)| is_lazy[*caller]).flat_map(|(_, called)| called);
    let mut shared: Vec<usize> =
        called.copied().filter(|called| is_eager[*called]).collect::<HashSet<_>>().into_iter().collect();
    // What only traps is smaller than its import.
    let is_silenced = |function: &usize| {
        let name = module.funcs.get(functions[*function]).name.as_deref();
        name.is_some_and(|name| names.silenced.contains(name))
    };
    shared.retain(|function| !is_silenced(function));
    shared.sort_unstable();
    let is_unused = |function: usize| {
        let name = module.funcs.get(functions[function]).name.as_deref();
        name.is_some_and(|name| names.unused.contains(name))
    };
    let slots = pointed.into_iter().filter(|(_, function)| is_lazy[*function] && !is_unused(*function)).collect();
    Ok(Plan { is_lazy, shared, exports, slots, table_size })
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

/// What an eager function is exported as.
fn shared_name(number: usize) -> String {
    format!("_{number:x}")
}

fn make_core(parsed: &mut Parsed, plan: &Plan) -> Result<()> {
    let Parsed { module, functions, table, .. } = parsed;
    let mut stub = FunctionBuilder::new(&mut module.types, &[], &[]);
    stub.func_body().unreachable();
    let stub = stub.finish(Vec::new(), &mut module.funcs);
    let lazy: HashSet<FunctionId> =
        functions.iter().zip(&plan.is_lazy).filter(|(_, is_lazy)| **is_lazy).map(|(id, _)| *id).collect();
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(items) = &mut element.items {
            for item in items.iter_mut().filter(|item| lazy.contains(item)) {
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
    for (number, position) in plan.shared.iter().enumerate() {
        module.exports.add(&shared_name(number), functions[*position]);
    }
    let tables: Vec<_> = module.tables.iter().map(|table| table.id()).collect();
    for (number, id) in tables.into_iter().enumerate() {
        module.exports.add(&format!("t{number}"), id);
    }
    let globals: Vec<_> = module.globals.iter().map(|global| global.id()).collect();
    for (number, id) in globals.into_iter().enumerate() {
        module.exports.add(&format!("g{number}"), id);
    }
    let memory = module.get_memory_id()?;
    module.exports.add("m", memory);
    Ok(())
}

fn make_lazy(parsed: &mut Parsed, plan: &Plan) -> Result<()> {
    let Parsed { module, functions, table, .. } = parsed;
    let exports: Vec<_> = module.exports.iter().map(|export| export.id()).collect();
    for id in exports {
        module.exports.delete(id);
    }
    module.start = None;

    let memory = module.get_memory_id()?;
    let import = module.imports.add(CORE, "m", memory);
    let segments: Vec<_> = module.memories.get_mut(memory).data_segments.drain().collect();
    for segment in segments {
        module.data.delete(segment);
    }
    module.memories.get_mut(memory).import = Some(import);

    let tables: Vec<_> = module.tables.iter().map(|table| table.id()).collect();
    for (number, id) in tables.into_iter().enumerate() {
        let import = module.imports.add(CORE, &format!("t{number}"), id);
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
        let import = module.imports.add(CORE, &format!("g{number}"), id);
        module.globals.get_mut(id).kind = GlobalKind::Import(import);
    }
    for (number, position) in plan.shared.iter().enumerate() {
        let id = functions[*position];
        let ty = module.funcs.get(id).ty();
        if let FunctionKind::Import(imported) = &module.funcs.get(id).kind {
            module.imports.delete(imported.import);
        }
        let import = module.imports.add(CORE, &shared_name(number), id);
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }

    let mut slots = plan.slots.clone();
    slots.extend(plan.exports.iter().map(|(_, function, slot)| (*slot, *function)));
    slots.sort_unstable();
    for run in slots.chunk_by(|before, after| before.0 + 1 == after.0) {
        let Some((start, _)) = run.first() else { continue };
        let offset = ConstExpr::Value(Value::I32(i32::try_from(*start)?));
        let items = run.iter().map(|(_, function)| functions[*function]).collect();
        let element =
            module.elements.add(ElementKind::Active { table: *table, offset }, ElementItems::Functions(items));
        module.tables.get_mut(*table).elem_segments.insert(element);
    }
    Ok(())
}
