//! Panics without messages. The crate sets no panic hook and the host has no standard error: nobody reads what a panic writes, and
//! then it traps. So the functions that only panic trap at once, and what they would have said is left out.

use super::cut::Called;
use anyhow::{Context, Result, ensure};
use std::collections::{HashMap, HashSet};
use walrus::ir::{Instr, InstrSeqId, Return, ReturnCall, ReturnCallIndirect, Visitor, dfs_in_order};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, ImportKind, LocalFunction, Module};

/// The module in which every function traps at once that never returns and never calls the host, and the number of parameters of
/// these, by name. A function that throws a JavaScript error calls the host for it, and stays.
pub fn silence(bound: &[u8]) -> Result<(Vec<u8>, HashMap<String, usize>)> {
    let mut module = Module::from_buffer(bound).context("reading the bound module")?;
    let calls_host = calls_host(&module);
    let panics = module.funcs.iter_local().filter(|(id, local)| !calls_host.contains(id) && never_returns(local));
    let panics: Vec<FunctionId> = panics.map(|(id, _)| id).collect();
    let mut parameters = HashMap::new();
    for id in &panics {
        let ty = module.types.get(module.funcs.get(*id).ty());
        let (params, results) = (ty.params().to_vec(), ty.results().to_vec());
        let arguments = params.iter().map(|param| module.locals.add(*param)).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        builder.func_body().unreachable();
        let function = module.funcs.get_mut(*id);
        function.kind = FunctionKind::Local(builder.local_func(arguments));
        parameters.extend(function.name.clone().map(|name| (name, params.len())));
    }
    ensure!(!parameters.is_empty(), "no function that only panics was found: this build strips nothing any more");
    Ok((module.emit_wasm(), parameters))
}

/// The functions that lead to one of the host's by calls that name it.
fn calls_host(module: &Module) -> HashSet<FunctionId> {
    let mut callers: HashMap<FunctionId, Vec<FunctionId>> = HashMap::new();
    for (id, local) in module.funcs.iter_local() {
        let mut called = Called::default();
        dfs_in_order(&mut called, local, local.entry_block());
        for callee in called.0 {
            callers.entry(callee).or_default().push(id);
        }
    }
    let mut found = HashSet::new();
    let mut waiting: Vec<FunctionId> = module
        .imports
        .iter()
        .filter_map(|import| match import.kind {
            ImportKind::Function(id) => Some(id),
            _ => None,
        })
        .collect();
    while let Some(id) = waiting.pop() {
        if found.insert(id) {
            waiting.extend(callers.get(&id).into_iter().flatten());
        }
    }
    found
}

/// Whether a function ends in a trap and has no other way out.
fn never_returns(function: &LocalFunction) -> bool {
    let entry = function.entry_block();
    let traps = matches!(function.block(entry).instrs.last(), Some((Instr::Unreachable(_), _)));
    let mut exits = Exits { entry, found: false };
    dfs_in_order(&mut exits, function, entry);
    traps && !exits.found
}

struct Exits {
    entry: InstrSeqId,
    found: bool,
}

impl<'a> Visitor<'a> for Exits {
    fn visit_instr_seq_id(&mut self, target: &InstrSeqId) {
        self.found |= *target == self.entry;
    }
    fn visit_return(&mut self, _: &Return) {
        self.found = true;
    }
    fn visit_return_call(&mut self, _: &ReturnCall) {
        self.found = true;
    }
    fn visit_return_call_indirect(&mut self, _: &ReturnCallIndirect) {
        self.found = true;
    }
}
