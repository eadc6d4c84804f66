"""Reading the tables that benchmarks print."""


def read_table(text):
    """Rows of all Markdown tables, by their first cell; headers are rows, too."""
    lines = (line for line in text.splitlines() if line.startswith("| "))
    rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
    return {name: cells for name, *cells in rows}
