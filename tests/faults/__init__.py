"""Everything a store depends on, broken on purpose, and counted by a witness that owes the hub nothing."""
