//! The order of functions, and the names that parts of the module know each other's functions by: both are chosen for the download,
//! which is compressed. gzip finds again what stood in the last 32 KB: functions that resemble each other should be neighbours.

use anyhow::{Context, Result};
use std::collections::{BTreeSet, HashMap, HashSet};
use walrus::ir::Value;
use walrus::{ConstExpr, ElementItems, ElementKind, ExportItem, FunctionId, Module, RefType};
use wasmparser::{Parser, Payload};

/// As many bytes of code count as one piece.
const PIECE: usize = 4;
/// A piece that more functions have tells nothing about them.
const COMMON: usize = 500;
/// The advantage of long functions: what they share helps more than the same share of short ones.
const HEAD_START: usize = 200;

/// The export of a part through which the parts behind it get its functions: a table. As exports, all of them would cost every
/// start, where one that comes from a table costs only the part that asks for it.
const SHARED: &str = "s";

/// Functions that parts import: the new name of each, by the exporting part and the old name.
#[derive(Default)]
pub struct Shared(HashMap<(String, String), String>);

impl Shared {
    /// Gives what a part imports of the parts before it their new names.
    pub fn rename_imports(&self, module: &[u8]) -> Result<Vec<u8>> {
        let mut module = Module::from_buffer(module).context("reading a part")?;
        for import in module.imports.iter_mut() {
            if let Some(name) = self.0.get(&(import.module.clone(), import.name.clone())) {
                import.name.clone_from(name);
            }
        }
        Ok(module.emit_wasm())
    }

    /// Names the functions of an optimized part by the order they should have, for wasm-opt's `--reorder-functions-by-name`, and
    /// moves those that `is_shared` from the exports into a table in this order: a list that ascends is compressed best. Their
    /// names are their places in it.
    pub fn arrange(&mut self, part: &str, module: &[u8], is_shared: impl Fn(&str) -> bool) -> Result<Vec<u8>> {
        let bodies = bodies(module)?;
        let mut module = Module::from_buffer(module).context("reading an optimized part")?;
        let functions: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
        anyhow::ensure!(functions.len() == bodies.len(), "functions and their code are not as many");
        let mut ranks = HashMap::new();
        for (rank, position) in order(&bodies).into_iter().enumerate() {
            let id = functions[position];
            module.funcs.get_mut(id).name = Some(format!("{rank:06}"));
            ranks.insert(id, rank);
        }
        let mut shared = Vec::new();
        for export in module.exports.iter() {
            if let ExportItem::Function(id) = export.item
                && is_shared(&export.name)
            {
                // A function of the host has no rank.
                shared.push((ranks.get(&id).copied(), id, export.name.clone()));
            }
        }
        shared.sort();
        let mut items = Vec::new();
        for (number, (_, id, old)) in shared.into_iter().enumerate() {
            module.exports.remove(&old)?;
            self.0.insert((part.to_owned(), old), format!("{number:x}"));
            items.push(id);
        }
        if !items.is_empty() {
            let size = items.len() as u64;
            let table = module.tables.add_local(false, size, Some(size), RefType::FUNCREF);
            let offset = ConstExpr::Value(Value::I32(0));
            let kind = ElementKind::Active { table, offset };
            let element = module.elements.add(kind, ElementItems::Functions(items));
            module.tables.get_mut(table).elem_segments.insert(element);
            module.exports.add(SHARED, table);
        }
        Ok(module.emit_wasm())
    }
}

/// The code of each function.
fn bodies(module: &[u8]) -> Result<Vec<&[u8]>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload.context("reading an optimized part")? {
            bodies.push(&module[body.range()]);
        }
    }
    Ok(bodies)
}

/// Puts behind each function, of those left, the one that resembles it most.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let pieces: Vec<HashSet<&[u8]>> = bodies.iter().map(|body| body.windows(PIECE).collect()).collect();
    let mut owners: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, pieces) in pieces.iter().enumerate() {
        for piece in pieces {
            owners.entry(piece).or_default().push(function);
        }
    }
    owners.retain(|_, owners| owners.len() <= COMMON);

    let mut left: BTreeSet<usize> = (0..bodies.len()).collect();
    let mut order = Vec::new();
    let mut next = left.first().copied();
    while let Some(current) = next {
        left.remove(&current);
        order.push(current);
        let mut shared = vec![0; bodies.len()];
        for owner in pieces[current].iter().filter_map(|piece| owners.get(piece)).flatten() {
            shared[*owner] += 1;
        }
        let likeness = |other: usize| {
            let all = pieces[current].len() + pieces[other].len() - shared[other] + HEAD_START;
            shared[other] as f64 / all as f64
        };
        next = left.iter().copied().max_by(|one, other| likeness(*one).total_cmp(&likeness(*other)));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_resembles_each_other_are_neighbours() {
        let bodies: [&[u8]; 5] = [b"abcdefgh", b"12345678", b"abcdefgx", b"1234567x", b"abcdefxx"];
        assert_eq!(order(&bodies), [0, 2, 4, 3, 1]);
        assert!(order(&[]).is_empty());
    }
}
