"""A request becomes places: candidates, their log-odds, and the choice among them."""
