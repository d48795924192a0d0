"""revrec: ASC 606 revenue recognition. Facts in, postings out."""
