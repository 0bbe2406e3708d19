"""How virtual-asset addresses are spelled and checked; bytes and text only, no network."""
