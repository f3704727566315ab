//! The XVA image format: streaming reader and writer.
