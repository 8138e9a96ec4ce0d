//! Conversion of results: promises, iterators, streams, values and errors.

pub mod collect;
pub mod convert;
pub mod error;
pub mod iterate;
pub mod lazy;
pub mod progress;
pub mod promise;
pub mod stream;
