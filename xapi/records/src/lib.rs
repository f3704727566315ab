//! XAPI records: typed structs of the fields that XO uses.
