"""Whether two maps show one place, by the things in both, and how one lies in the other."""
