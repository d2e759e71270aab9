"""What an editor makes of the JSON Schema, tried with the language server that editors use."""
