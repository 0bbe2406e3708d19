"""What the benches share: the machine, the clock, the records, and a far node."""
