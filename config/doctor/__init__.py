"""The doctor: checks everything a store needs, one line each with the mend, and disturbs nothing that runs."""
