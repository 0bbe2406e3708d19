"""How the schema came to be: one file for each step in `versions`, carried out from code by `comity.adapters.store.schema`."""
