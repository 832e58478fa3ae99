"""Everything callable in an expression, by family; importing this package fills the registry."""
