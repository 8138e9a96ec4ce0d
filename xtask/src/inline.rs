//! A module once more, as text inside of JavaScript: the one form every bundler and host takes without being configured.
//!
//! In a prefix code of ASCII: the most frequent bytes are one character each, all others two. gzip finds in that what it finds
//! in the module, where base64 hides a quarter of it, and a bundle keeps ASCII also on a page that names no charset.
//! `decode.js` of the package reads it.

use anyhow::{Context, Result, ensure};
use serde_json::json;

/// The printable characters except those that end or escape something in a string literal or in HTML: `"`, `$`, `&`, `'`,
/// `<`, `\` and the backtick. All but the last two stand for a byte; these two begin a pair.
const ALPHABET: &[u8] = b" !#%()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~";
const PREFIXES: usize = 2;

/// The text of a JavaScript module that exports `bytes`.
pub fn inline(name: &str, bytes: &[u8]) -> Result<String> {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let mut order: Vec<u8> = (0..=255).collect();
    order.sort_by_key(|byte| std::cmp::Reverse(counts[usize::from(*byte)]));
    let (singles, _) = ALPHABET.split_at(ALPHABET.len() - PREFIXES);
    let (frequent, rare) = order.split_at_mut(singles.len());
    // By rules, the text needs no list of them: a character stands for its own byte, or else for the next frequent one that has none.
    frequent.sort_unstable();
    rare.sort_unstable();
    let mut others = frequent.iter().filter(|byte| !singles.contains(byte));
    let mut codes = vec![String::new(); 256];
    for character in singles {
        let byte = if frequent.contains(character) { Some(character) } else { others.next() };
        let byte = byte.context("there are fewer frequent bytes than characters")?;
        codes[usize::from(*byte)] = char::from(*character).to_string();
    }
    for (rank, byte) in rare.iter().enumerate() {
        codes[usize::from(*byte)] = pair(rank).context("the alphabet is too small")?;
    }
    let frequent: String = (0..=255).map(|byte| if frequent.contains(&byte) { '1' } else { '0' }).collect();
    let text: String = bytes.iter().map(|byte| codes[usize::from(*byte)].as_str()).collect();
    ensure!(text.is_ascii(), "the alphabet must be ASCII");
    let alphabet = std::str::from_utf8(ALPHABET)?;
    let value = json!({ "alphabet": alphabet, "frequent": frequent, "length": bytes.len(), "text": text });
    Ok(format!("// {name} as text; see decode.js.\nexport default {value};\n"))
}

/// The code of the rare byte that has this place among them.
fn pair(rank: usize) -> Option<String> {
    let places = [ALPHABET.len() - PREFIXES + rank / ALPHABET.len(), rank % ALPHABET.len()];
    places.into_iter().map(|place| ALPHABET.get(place).copied().map(char::from)).collect()
}
