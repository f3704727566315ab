//! Pure functions that give a meaning to the free-form words of the command line.

pub mod assignment;
pub mod glob;
pub mod options;
pub mod selection;
pub mod set_path;
