"""The installer's wizard: answers become a store.toml, by a person in the terminal or from a file."""
