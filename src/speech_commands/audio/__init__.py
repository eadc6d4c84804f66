"""Signal processing on arrays: no Kedro, no paths."""
