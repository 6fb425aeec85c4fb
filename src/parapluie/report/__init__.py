"""The report: tables, page, workbook, manifest. It reads files of the stages and imports no stage."""
