"""Measure a PDF with PDFium: pages, text with its fonts and sizes, rules and images, links, outline."""
