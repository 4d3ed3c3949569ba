"""Questions about policies: choose, search, sensitivity, futures, explain, warm-up, rankings."""
