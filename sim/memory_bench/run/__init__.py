"""Episodes over cores or a cluster, and their records."""
