//! A simulated XCP-ng pool over real HTTP.
