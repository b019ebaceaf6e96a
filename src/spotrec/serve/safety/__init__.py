"""Who may ask what, and how much of it: one file for each rule, and the gate that applies them to every request."""
