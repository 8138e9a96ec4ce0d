//! What functions that only panic are given: messages, and tables of what errors are written with. Nobody reads it once these
//! functions trap at once.

use anyhow::Result;
use std::ops::Range;
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// Where in the file the arguments of calls are that one function makes, of those functions of which `parameters` knows how many
/// they have. An argument that is more than a constant, a local or their sum is not found, nor what stands before it.
pub fn of_calls(
    module: &[u8],
    body: &Range<usize>,
    parameters: impl Fn(u32) -> Option<usize>,
) -> Result<Vec<Range<usize>>> {
    let bytes = module.get(body.clone()).unwrap_or_default();
    let mut operators = FunctionBody::new(BinaryReader::new(bytes, body.start)).get_operators_reader()?;
    let (mut found, mut pushed) = (Vec::new(), Vec::<Range<usize>>::new());
    while !operators.eof() {
        let (operator, start) = operators.read_with_offset()?;
        match operator {
            Operator::I32Const { .. } | Operator::I64Const { .. } | Operator::LocalGet { .. } => {
                pushed.push(start..operators.original_position());
            }
            Operator::I32Add if pushed.len() >= 2 => {
                let Some(second) = pushed.pop() else { continue };
                if let Some(first) = pushed.last_mut() {
                    first.end = second.end;
                }
            }
            Operator::Call { function_index } => {
                let count = parameters(function_index).unwrap_or_default();
                found.extend(pushed.drain(..).rev().take(count));
            }
            _ => pushed.clear(),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice;

    /// `local.get 0`, `i32.const 1`, `i32.const 2`, `local.get 0`, `i32.const 8`, `i32.add`, `call 7`, `end`.
    const BODY: &[u8] = &[0, 0x20, 0, 0x41, 1, 0x41, 2, 0x20, 0, 0x41, 8, 0x6a, 0x10, 7, 0x0b];

    fn found(bytes: &[u8], count: Option<usize>) -> Vec<Range<usize>> {
        let file = [&[0; 3], bytes].concat();
        of_calls(&file, &(3..file.len()), |function| count.filter(|_| function == 7)).expect("a body")
    }

    #[test]
    fn the_arguments_of_a_call_are_found() {
        assert_eq!(found(BODY, Some(2)), [10..14, 8..10]);
        assert_eq!(found(BODY, Some(3)), [10..14, 8..10, 6..8]);
        assert_eq!(found(BODY, None), []);
    }

    #[test]
    fn what_another_operator_made_ends_the_search() {
        // `local.tee 0` before the last two.
        let body = [&BODY[..7], &[0x22, 0], &BODY[7..]].concat();
        assert_eq!(found(&body, Some(2)), slice::from_ref(&(12..16)));
    }
}
