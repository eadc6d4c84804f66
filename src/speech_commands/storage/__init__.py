"""Files that are whole or absent: atomic writes, incremental folders, work spread over cores."""
