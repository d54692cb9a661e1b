//! Sans-I/O RESP2/RESP3 parser and the only reply writer.
