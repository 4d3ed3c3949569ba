"""What came out: measures, months, statistics, results, traces."""
