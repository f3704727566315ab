//! XO objects, how they derive from XAPI records, and the filter language.
