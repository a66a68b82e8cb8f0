"""How good is it: data sets, metrics, baselines, benchmarks."""
