//! Some properties of an object's JSON text, without parsing the rest.
