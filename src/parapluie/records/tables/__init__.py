"""Tables of records: the dialects of databases and tools, one file of data each."""
