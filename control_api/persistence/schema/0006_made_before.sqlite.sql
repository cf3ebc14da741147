-- Before there was a column for it, SQLite's own numbers of rows were the order.
UPDATE conferences SET made = rowid;
