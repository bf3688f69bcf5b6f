"""The report on the shop's pages: one HTML file with findings, gaps, periods and a map of the passages."""
