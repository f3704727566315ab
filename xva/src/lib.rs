//! The XVA image format, and the XML-RPC value codec that its `ova.xml` is written in.

pub mod xmlrpc;
