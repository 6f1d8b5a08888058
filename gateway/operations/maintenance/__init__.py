"""What keeps the ledger in order: how long things are kept, new keys, backups and the sheet that opens them."""
