"""One judged case -> a page, a spreadsheet and a file of figures.

Read `assessment` (what the protected figures show), `words` (every sentence), `tables` and `charts`, `page` (what the
notebook calls), `commentary`, `spreadsheet`, `revision`, `running` (one notebook run to one page) and `printing`.
"""
