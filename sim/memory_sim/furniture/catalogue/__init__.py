"""Models of furniture by where they are found."""
