"""What editors and code scanners make of what we write, tried with the programs that they use."""
