"""Ready bakeries: stages, routes and stations to begin with."""
