"""Measuring a PDF through PDFium: pages, text with its fonts and sizes, rules and images, links, outline."""
