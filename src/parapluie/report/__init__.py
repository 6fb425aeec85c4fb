"""The report: tables, page, workbook, manifest. It reads files and imports no stage."""
