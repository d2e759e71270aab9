"""What the decision promises: pure values in, a plan out."""
